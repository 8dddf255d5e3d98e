//! Nobody sees what is another's: not by the cache, not by a shared call, not by a batch.

use super::*;
use crate::contract::{Fill, fill};

const ME: &str = "{ me { name } }";

/// A shop that keeps each user's account for that user.
fn world() -> World {
    let mut shop = Shop::new();
    shop.method("Accounts/Me").forward_identity = true;
    shop.policy("Query.me").cache = Some(cached(Scope::User));
    World::new(shop)
}

fn account(subject: &str) -> String {
    format!(r#"{{"data":{{"me":{{"name":"I am {subject}"}}}}}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_kept_item_of_one_user_is_not_shown_to_another() {
    let world = world();
    assert_eq!(world.ask_as(ME, user("ann")).await, account("ann"));
    assert_eq!(world.ask_as(ME, user("bob")).await, account("bob"));
    assert_eq!(world.ask_as(ME, user("ann")).await, account("ann"));
    assert_eq!(
        world.services.count("Accounts/Me"),
        2,
        "ann's second question is answered by the cache"
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_item_of_one_user_is_not_shown_to_another_when_the_service_fails() {
    let mut shop = Shop::new();
    let policy = shop.policy("Query.me");
    policy.cache = Some(cached(Scope::User));
    let fallback = crate::contract::Fallback { stale_if_error_ms: 60_000, ..Default::default() };
    policy.fallback = Some(fallback.into());
    let world = World::new(shop);
    world.ask_as(ME, user("ann")).await;
    sleep(11_000).await;
    world.services.set("Accounts/Me", 0, Then::Fail(Code::Unavailable));
    assert!(world.ask_as(ME, user("ann")).await.contains("I am ann"));
    for stranger in [user("bob"), within(1_000)] {
        let answer = world.ask_as(ME, stranger).await;
        assert!(answer.contains(r#"{"me":null}"#), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_for_one_user_is_not_joined_by_another() {
    let world = world();
    world.services.set("Accounts/Me", 100, Then::Answer);
    let (ann, bob, again) = tokio::join!(
        world.ask_as(ME, user("ann")),
        world.ask_as(ME, user("bob")),
        world.ask_as(ME, user("ann"))
    );
    assert_eq!((ann, bob, again), (account("ann"), account("bob"), account("ann")));
    assert_eq!(world.services.count("Accounts/Me"), 2, "ann joins ann");
}

#[tokio::test(start_paused = true)]
async fn without_identity_nothing_of_a_user_is_kept_or_shared() {
    let world = world();
    world.services.set("Accounts/Me", 100, Then::Answer);
    tokio::join!(world.ask(ME), world.ask(ME));
    world.ask(ME).await;
    assert_eq!(world.services.count("Accounts/Me"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_question_about_the_caller_is_not_asked_for_a_guest() {
    let identity = |number| Fill {
        path: vec![number],
        source: Some(fill::Source::Identity("sub".to_owned())),
        value: None,
        required: 0,
    };
    let mut shop = Shop::new();
    shop.method("Accounts/Me").forward_identity = true;
    shop.join("Query.me").fills = vec![identity(1)];
    // Who asks is only one thing among others.
    shop.join("Query.book").fills.push(identity(2));
    let world = World::new(shop);
    assert_eq!(world.ask(ME).await, r#"{"data":{"me":null}}"#);
    assert_eq!(world.services.count("Accounts/Me"), 0);
    assert_eq!(world.ask_as(ME, user("ann")).await, account("ann"));
    assert!(world.ask("{ book(id: 1) { title } }").await.contains("Book 1"));
}

#[tokio::test(start_paused = true)]
async fn one_subject_in_two_tenants_is_two_users() {
    let world = world();
    let of = |tenant: &str| Context { tenant: Some(tenant.into()), ..user("ann") };
    world.ask_as(ME, of("acme")).await;
    world.ask_as(ME, of("apex")).await;
    assert_eq!(world.services.count("Accounts/Me"), 2);
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_two_users_never_go_in_one_batch() {
    let mut shop = Shop::new();
    shop.method("Pricing/BatchGet").forward_identity = true;
    shop.method("Pricing/BatchGet").shareable = true;
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    let price = "{ book(id: 1) { price { amount } } }";
    let (ann, robert) =
        tokio::join!(world.ask_as(price, user("ann")), world.ask_as(price, user("robert")));
    // The service adds the length of the caller's name.
    assert_eq!(ann, r#"{"data":{"book":{"price":{"amount":103}}}}"#);
    assert_eq!(robert, r#"{"data":{"book":{"price":{"amount":106}}}}"#);
    let batches: Vec<_> = world
        .services
        .seen()
        .into_iter()
        .filter(|seen| seen.method == "Pricing/BatchGet")
        .map(|seen| (seen.subject.unwrap(), seen.keys.concat()))
        .collect();
    assert_eq!(batches.len(), 2, "{batches:?}");
    assert_ne!(batches[0].0, batches[1].0);
}

#[tokio::test(start_paused = true)]
async fn a_tenants_items_stay_with_the_tenant() {
    let mut shop = Shop::new();
    shop.policy("Query.books").cache = Some(cached(Scope::Tenant));
    let world = World::new(shop);
    let of = |tenant: Option<&str>| Context { tenant: tenant.map(Into::into), ..within(1_000) };
    let books = "{ books { id } }";
    for tenant in [Some("acme"), Some("acme"), Some("apex"), None, None] {
        world.ask_as(books, of(tenant)).await;
    }
    // One for each tenant, and one for each who has none.
    assert_eq!(world.services.count("Catalog/ListBooks"), 4);
}

#[tokio::test(start_paused = true)]
async fn a_header_that_varies_parts_what_is_kept() {
    let mut shop = Shop::new();
    let mut cache = cached(Scope::Public);
    cache.vary = vec!["accept-language".to_owned()];
    shop.policy("Query.books").cache = Some(cache);
    let world = World::new(shop);
    for language in ["de", "fr", "de"] {
        let mut context = within(1_000);
        context.headers.insert("accept-language", language.parse().unwrap());
        world.ask_as("{ books { id } }", context).await;
    }
    assert_eq!(world.services.count("Catalog/ListBooks"), 2);
}
