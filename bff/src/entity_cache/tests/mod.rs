//! What is shown how long, to whom, and what an invalidation does. Time is stopped and moved by hand.

mod random;
mod segments;

use tokio::time::advance;

use super::*;
use crate::{
    call::ShareInput,
    context::{Context, Identity},
    contract,
    error::Code,
    units::Span,
};

const SECOND: Duration = Duration::from_secs(1);

fn cache() -> EntityCache {
    EntityCache::new(&Config { jitter: 0.0, ..Config::default() })
}

fn rules() -> Rules {
    Rules {
        max_age: 10 * SECOND,
        stale_while_revalidate: 5 * SECOND,
        stale_if_error: 60 * SECOND,
        tagging: 1,
    }
}

fn user(subject: Option<&str>) -> Context {
    let identity = subject.map(|subject| Identity { subject: subject.into(), claims: Vec::new() });
    Context { identity, ..Context::anonymous(Instant::now()) }
}

fn share(scope: contract::Scope, context: &Context) -> ShareKey {
    ShareKey::new(ShareInput {
        form: Bytes::new(),
        contract: 1,
        method: &std::sync::Arc::default(),
        request: Bytes::new(),
        cache: Some(&contract::Cache { scope: scope.into(), ..contract::Cache::default() }),
        side_effects: contract::SideEffects::NoSideEffects,
        context,
    })
}

fn public() -> ShareKey {
    share(contract::Scope::Public, &user(None))
}

fn view(cache: &EntityCache) -> View<'_> {
    cache.view(&public(), rules(), None).unwrap()
}

fn put(cache: &EntityCache, item: &'static str, tags: &[&str]) {
    let tags = tags.iter().map(|tag| (*tag).into()).collect();
    view(cache).put(b"7", Answer::Item(item.into(), None, tags), cache.begin());
}

fn told(lookup: &Lookup) -> String {
    match lookup {
        Lookup::Fresh(bytes) => format!("fresh {}", bytes.escape_ascii()),
        Lookup::Stale(bytes, _) => format!("stale {}", bytes.escape_ascii()),
        Lookup::Missing(error) => format!("missing {}", error.is_some()),
        Lookup::Absent(..) => "absent".to_owned(),
    }
}

fn check(cache: &EntityCache, expected: &str) {
    assert_eq!(told(&view(cache).get(b"7")), expected);
}

#[tokio::test(start_paused = true)]
async fn an_item_is_fresh_then_stale_then_of_use_only_after_a_failure() {
    let cache = cache();
    put(&cache, "item", &[]);
    check(&cache, "fresh item");
    advance(10 * SECOND).await;
    check(&cache, "stale item");
    advance(5 * SECOND).await;
    check(&cache, "absent");
    assert_eq!(view(&cache).stale_if_error(b"7"), Some(("item".into(), 15 * SECOND)));
    advance(55 * SECOND).await;
    assert_eq!(view(&cache).stale_if_error(b"7"), None);
}

#[tokio::test(start_paused = true)]
async fn each_reader_judges_by_its_own_rules() {
    let cache = cache();
    put(&cache, "item", &[]);
    advance(2 * SECOND).await;
    let hasty = Rules { max_age: SECOND, stale_while_revalidate: Duration::ZERO, ..rules() };
    assert_eq!(told(&cache.view(&public(), hasty, None).unwrap().get(b"7")), "absent");
    check(&cache, "fresh item");
}

#[tokio::test(start_paused = true)]
async fn jitter_only_ever_shortens_a_life() {
    let cache = EntityCache::new(&Config { jitter: 0.5, seed: Some(3), ..Config::default() });
    for key in 0..100_u8 {
        view(&cache).put(&[key], Answer::Item(Bytes::new(), None, Vec::new()), cache.begin());
    }
    let fresh = || {
        let is_fresh = |key: &u8| matches!(view(&cache).get(&[*key]), Lookup::Fresh(_));
        (0..100).filter(is_fresh).count()
    };
    advance(5 * SECOND - Duration::from_millis(1)).await;
    assert_eq!(fresh(), 100);
    advance(SECOND).await;
    let some = fresh();
    assert!((50..100).contains(&some), "{some} of seed 3");
    advance(4 * SECOND).await;
    assert_eq!(fresh(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_remembered_briefly_and_evicts_what_was_there() {
    let cache = cache();
    put(&cache, "item", &[]);
    let gone = Error::new(Code::NotFound, "there is no such book");
    view(&cache).put(b"7", Answer::Missing(Some(gone)), cache.begin());
    check(&cache, "missing true");
    advance(SECOND).await;
    check(&cache, "absent");
    assert_eq!(view(&cache).stale_if_error(b"7"), None);
}

#[tokio::test(start_paused = true)]
async fn an_invalidated_tag_takes_its_items_along_and_no_others() {
    let cache = cache();
    put(&cache, "item", &["book-7", "shelf-1"]);
    cache.invalidate(["book-8".into()]);
    check(&cache, "fresh item");
    cache.invalidate(["shelf-1".into()]);
    check(&cache, "absent");
    assert_eq!(view(&cache).stale_if_error(b"7"), None);
    put(&cache, "new", &["book-7", "shelf-1"]);
    check(&cache, "fresh new");
}

#[tokio::test(start_paused = true)]
async fn a_fill_that_began_before_an_invalidation_is_refused() {
    let cache = cache();
    let began = cache.begin();
    cache.invalidate(["book-7".into()]);
    view(&cache).put(b"7", Answer::Item("old".into(), None, vec!["book-7".into()]), began);
    check(&cache, "absent");
    view(&cache).put(b"7", Answer::Item("new".into(), None, vec!["book-7".into()]), cache.begin());
    check(&cache, "fresh new");
}

#[tokio::test(start_paused = true)]
async fn after_any_invalidation_what_did_not_exist_is_asked_for_again() {
    let cache = cache();
    view(&cache).put(b"7", Answer::Missing(None), cache.begin());
    check(&cache, "missing false");
    cache.invalidate(["book-7".into()]);
    check(&cache, "absent");
}

#[tokio::test(start_paused = true)]
async fn fields_that_tag_differently_do_not_see_each_others_items() {
    let cache = cache();
    put(&cache, "item", &["book-7"]);
    let untagged = Rules { tagging: 0, ..rules() };
    assert_eq!(told(&cache.view(&public(), untagged, None).unwrap().get(b"7")), "absent");
}

#[tokio::test(start_paused = true)]
async fn a_users_item_is_found_by_that_user_alone() {
    let cache = cache();
    let of = |subject| share(contract::Scope::User, &user(Some(subject)));
    let get = |subject| told(&cache.view(&of(subject), rules(), None).unwrap().get(b"7"));
    let anns = cache.view(&of("ann"), rules(), None).unwrap();
    anns.put(b"7", Answer::Item("of ann".into(), None, Vec::new()), cache.begin());
    assert_eq!(get("ann"), "fresh of ann");
    assert_eq!(get("bob"), "absent");
    check(&cache, "absent");
}

#[tokio::test(start_paused = true)]
async fn without_identity_there_is_nothing_to_see_of_scope_user() {
    assert!(cache().view(&share(contract::Scope::User, &user(None)), rules(), None).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_removed_item_is_gone() {
    let cache = cache();
    put(&cache, "item", &[]);
    view(&cache).remove(b"7");
    check(&cache, "absent");
}

#[tokio::test(start_paused = true)]
async fn without_capacity_nothing_is_kept() {
    let config = Config { capacity: crate::units::ByteSize(0), ..Config::default() };
    let cache = EntityCache::new(&config);
    put(&cache, "item", &[]);
    cache.entries.settle();
    check(&cache, "absent");
}

#[test]
fn the_configuration_is_read_by_name_and_strictly() {
    let read = |text: &str| serde_json::from_str::<Config>(text);
    let config = read(r#"{"capacity": "1MiB", "negative_max_age": "2s"}"#).unwrap();
    assert_eq!(config.negative_max_age, Span(2 * SECOND));
    assert!(read(r#"{"capcity": "1MiB"}"#).is_err());
}

#[tokio::test]
async fn a_missing_item_is_kept_without_what_only_the_log_shows() {
    let cache = cache();
    let error = Error::with_source(Code::NotFound, "the thing does not exist", "x".repeat(2_000));
    let entry = view(&cache);
    entry.put(b"7", Answer::Missing(Some(error.with_extension("hint", "y"))), cache.begin());
    let Lookup::Missing(Some(kept)) = entry.get(b"7") else { panic!("it is not kept") };
    assert!(std::error::Error::source(&kept).is_none());
    assert_eq!((kept.message(), kept.extensions().len()), ("the thing does not exist", 1));
}

#[tokio::test]
async fn all_that_a_missing_item_holds_is_counted() {
    let fetched = |error: Error| {
        let cache = cache();
        view(&cache).put(b"7", Answer::Missing(Some(error)), cache.begin());
        view(&cache).entry(b"7").unwrap().weight()
    };
    let long = "z".repeat(1_000);
    let short = fetched(Error::new(Code::NotFound, ""));
    assert!(fetched(Error::new(Code::NotFound, long.clone())) >= short + 1_000);
    let extended = Error::new(Code::NotFound, "").with_extension("hint", &long);
    assert!(fetched(extended) >= short + 1_000);
}
