//! Who shares with whom, one case a sentence.

use super::*;
use crate::context::Identity;

fn caller(subject: Option<&str>, tenant: Option<&str>) -> Context {
    Context {
        identity: subject.map(|subject| Identity { subject: subject.into(), claims: Vec::new() }),
        tenant: tenant.map(Into::into),
        ..Context::anonymous(Instant::now())
    }
}

fn with_header(mut context: Context, name: &'static str, value: &'static str) -> Context {
    context.headers.insert(name, HeaderValue::from_static(value));
    context
}

fn cache(scope: contract::Scope) -> contract::Cache {
    contract::Cache {
        scope: scope.into(),
        vary: vec!["accept-language".to_owned()],
        ..contract::Cache::default()
    }
}

fn key(method: &contract::Method, cache: Option<&contract::Cache>, context: &Context) -> ShareKey {
    let side_effects = contract::SideEffects::NoSideEffects;
    ShareKey::new(ShareInput {
        form: Bytes::new(),
        contract: 1,
        method: &Arc::new(method.clone()),
        request: Bytes::new(),
        cache,
        side_effects,
        context,
    })
}

fn check(scope: contract::Scope, one: &Context, other: &Context, shared: bool) {
    let method = contract::Method::default();
    let cache = cache(scope);
    assert_eq!(key(&method, Some(&cache), one) == key(&method, Some(&cache), other), shared);
}

#[tokio::test]
async fn public_items_are_everybodys() {
    check(contract::Scope::Public, &caller(Some("ann"), None), &caller(None, Some("acme")), true);
}

#[tokio::test]
async fn a_tenants_items_are_the_tenants() {
    check(
        contract::Scope::Tenant,
        &caller(Some("ann"), Some("acme")),
        &caller(Some("bob"), Some("acme")),
        true,
    );
    check(
        contract::Scope::Tenant,
        &caller(Some("ann"), Some("acme")),
        &caller(Some("ann"), Some("apex")),
        false,
    );
    check(contract::Scope::Tenant, &caller(Some("ann"), None), &caller(Some("ann"), None), false);
}

#[tokio::test]
async fn a_users_items_are_the_users_within_one_tenant() {
    check(contract::Scope::User, &caller(Some("ann"), None), &caller(Some("ann"), None), true);
    check(contract::Scope::User, &caller(Some("ann"), None), &caller(Some("bob"), None), false);
    check(
        contract::Scope::User,
        &caller(Some("ann"), Some("acme")),
        &caller(Some("ann"), Some("apex")),
        false,
    );
}

#[tokio::test]
async fn without_identity_nothing_of_a_user_is_shared() {
    check(contract::Scope::User, &caller(None, None), &caller(None, None), false);
}

#[tokio::test]
async fn headers_that_vary_part_the_items() {
    let plain = || caller(None, None);
    check(
        contract::Scope::Public,
        &with_header(plain(), "accept-language", "de"),
        &with_header(plain(), "accept-language", "fr"),
        false,
    );
    check(contract::Scope::Public, &with_header(plain(), "accept-language", "de"), &plain(), false);
    check(
        contract::Scope::Public,
        &with_header(plain(), "accept", "a"),
        &with_header(plain(), "accept", "b"),
        true,
    );
}

#[tokio::test]
async fn without_cache_only_a_shareable_method_leaves_the_request() {
    let (one, other) = (caller(None, None), caller(None, None));
    let private = contract::Method::default();
    let shareable = contract::Method { shareable: true, ..contract::Method::default() };
    assert_ne!(key(&private, None, &one), key(&private, None, &other));
    assert_eq!(key(&private, None, &one), key(&private, None, &one));
    assert_eq!(key(&shareable, None, &one), key(&shareable, None, &other));
}

#[tokio::test]
async fn forwarded_metadata_parts_even_what_is_declared_public() {
    let method =
        contract::Method { shareable: true, forward_identity: true, ..contract::Method::default() };
    assert_ne!(
        key(&method, None, &caller(Some("ann"), None)),
        key(&method, None, &caller(Some("bob"), None))
    );
}

#[tokio::test]
async fn calls_with_side_effects_are_never_shared_beyond_their_request() {
    let (one, other) = (caller(None, None), caller(None, None));
    let method = contract::Method { shareable: true, ..contract::Method::default() };
    let side_effects = contract::SideEffects::Idempotent;
    let key = |context| {
        ShareKey::new(ShareInput {
            form: Bytes::new(),
            contract: 1,
            method: &Arc::new(method.clone()),
            request: Bytes::new(),
            cache: None,
            side_effects,
            context,
        })
    };
    assert_ne!(key(&one), key(&other));
}

/// What a key weighs where one of its parts has so many bytes.
fn weight(part: &str, size: usize) -> usize {
    let text = "x".repeat(size);
    let mut context = caller(Some("ann"), Some("acme"));
    let method = contract::Method {
        forward_headers: vec!["x-forwarded".to_owned()],
        ..contract::Method::default()
    };
    let (mut form, mut request) = (Bytes::new(), Bytes::new());
    let mut cache = cache(contract::Scope::User);
    let header = text.parse::<HeaderValue>().unwrap();
    match part {
        "form" => form = text.into(),
        "request" => request = text.into(),
        "a name in vary" => cache.vary.push(text),
        "a header in vary" => context.headers.extend([(http::header::ACCEPT_LANGUAGE, header)]),
        "a forwarded header" => {
            context.headers.extend([(HeaderName::from_static("x-forwarded"), header)]);
        }
        "the subject" => context = caller(Some(&text), Some("acme")),
        "the tenant" => context = caller(Some("ann"), Some(&text)),
        "the lane" => context.lane = Some(text.into()),
        other => panic!("{other}"),
    }
    let key = ShareKey::new(ShareInput {
        contract: 1,
        method: &Arc::new(method),
        form,
        request,
        cache: Some(&cache),
        side_effects: contract::SideEffects::NoSideEffects,
        context: &context,
    });
    assert!(key.outlives_request(), "{part}");
    key.weight()
}

#[tokio::test]
async fn a_key_weighs_what_its_parts_hold() {
    for part in [
        "form",
        "request",
        "a name in vary",
        "a header in vary",
        "a forwarded header",
        "the subject",
        "the tenant",
        "the lane",
    ] {
        let grown = weight(part, 8_000) - weight(part, 1_000);
        assert_eq!(grown, 7_000, "{part}");
    }
}

#[tokio::test]
async fn headers_in_keys_have_no_room_to_spare() {
    let mut context = caller(None, None);
    for value in ["a", "bc", "def"] {
        context.headers.append("accept-language", HeaderValue::from_static(value));
    }
    for kept in [header(&context, "accept-language").unwrap(), fingerprint(&context.headers)] {
        let length = kept.len();
        assert_eq!(kept.try_into_mut().unwrap().capacity(), length);
    }
}

#[tokio::test]
async fn who_sends_very_long_headers_shares_with_nobody() {
    let public = cache(contract::Scope::Public);
    let method = contract::Method {
        forward_headers: vec!["x-forwarded".to_owned()],
        ..contract::Method::default()
    };
    for name in ["accept-language", "x-forwarded"] {
        let shares = |size: usize| {
            let mut context = caller(None, None);
            context.headers.insert(name, "x".repeat(size).parse().unwrap());
            key(&method, Some(&public), &context).outlives_request()
        };
        assert!(shares(MAX_HEADERS - 100) && !shares(MAX_HEADERS + 1), "{name}");
    }
}
