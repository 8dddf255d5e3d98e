//! Requests that take masks: what they name, and who shares what was answered.

use super::{contracts::target, *};
use crate::contract::{Fallback, Join};

fn world(change: impl FnOnce(&mut Shop)) -> World {
    let mut shop = Shop::with_masks();
    change(&mut shop);
    World::new(shop)
}

#[tokio::test(start_paused = true)]
async fn a_service_is_asked_for_what_is_read() {
    let world = world(|_| {});
    let answer = world.ask("{ book(id: 1) { title } books { id author { name } } }").await;
    assert!(answer.contains(r#"{"title":"Book 1"}"#), "{answer}");
    assert!(answer.contains(r#"{"id":"3","author":{"name":"User u0"}}"#), "{answer}");
    world.check_calls(
        "Catalog/GetBook 1 [title]
         Catalog/ListBooks  [author_id,id]
         Users/BatchGet u1 u2 u0",
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_asked_for_its_keys_too() {
    let world = world(|_| {});
    let answer = world.ask("{ book(id: 1) { related { title } } }").await;
    assert_eq!(answer, r#"{"data":{"book":{"related":[{"title":"Book 2"},{"title":"Book 3"}]}}}"#);
    world.check_calls(
        "Catalog/GetBook 1 [related_ids]
         Catalog/BatchGetBooks 2 3 [id,title,status]",
    );
}

#[tokio::test(start_paused = true)]
async fn requests_that_read_other_fields_do_not_share_a_call() {
    let world = world(|shop| shop.policy("Query.book").cache = Some(cached(Scope::Public)));
    world.services.set("Catalog/GetBook", 50, Then::Answer);
    let (title, id) =
        tokio::join!(world.ask("{ book(id: 1) { title } }"), world.ask("{ book(id: 1) { id } }"));
    assert_eq!(title, r#"{"data":{"book":{"title":"Book 1"}}}"#);
    assert_eq!(id, r#"{"data":{"book":{"id":"1"}}}"#);
    world.check_calls("Catalog/GetBook 1 [title]\nCatalog/GetBook 1 [id]");
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_is_asked_for_everything() {
    let world = world(|shop| {
        let other = Join {
            target: Some(target("Catalog/BatchGetBooks")),
            ..shop.join("Book.related").clone()
        };
        let rpc = Some(Box::new(Join { selection: None, policy: None, ..other }));
        let policy = shop.policy("Book.related");
        policy.fallback = Some(Box::new(Fallback { rpc, ..Fallback::default() }));
        shop.join("Book.related").target = Some(target("Inventory/Get"));
        shop.join("Book.related").batch.as_mut().unwrap().items = vec![7];
    });
    world.services.set("Inventory/Get", 0, Then::Fail(Code::Unavailable));
    let answer = world.ask("{ book(id: 1) { related { title } } }").await;
    assert!(answer.contains(r#"{"title":"Book 2"}"#), "{answer}");
    world.check_calls(
        "Catalog/GetBook 1 [related_ids]
         Inventory/Get 2 3 [id,title,status]
         Catalog/BatchGetBooks 2 3",
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_is_asked_to_answer_with_what_is_read() {
    let world = world(|shop| {
        shop.policy("Mutation.rename").invalidates = vec![contracts::book_tag()];
    });
    world.ask("mutation { rename(id: 2, title: New) { title } }").await;
    // The id, for what is invalidated.
    world.check_calls("Catalog/Rename 2 [id,title]");
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_asked_for_what_is_read_of_its_events() {
    let world = world(|_| {});
    let prepared = world.prepared("subscription { bookChanged(id: 1) { title } }");
    let context = Arc::new(within(1_000));
    let mut answers = world.executor.subscribe(&prepared, Vec::new(), context, None);
    let _ = futures::poll!(futures::StreamExt::next(&mut answers));
    sleep(1).await;
    world.check_calls("Catalog/WatchBook 1 [title]");
}
