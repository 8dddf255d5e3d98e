//! Lists that are told while the service still sends them.

use super::{
    gathering::{STREAM, Sender, broken, page, send, send_books},
    incremental::Parts,
    *,
};

const JOINED: &str = "{ books *1 more { id price { amount } } }";
const IDS: &str = "{ books *1 { id } }";
const LATE: &str = r#"{"message":"the service did not end its stream in time","locations":[{"line":0,"column":0}],"path":["books"],"extensions":{"code":"DEADLINE_EXCEEDED","service":"Catalog","method":"StreamBooks"}}"#;
const BROKEN: &str = r#"{"message":"the service is not available","locations":[{"line":0,"column":0}],"path":["books"],"extensions":{"code":"UNAVAILABLE","service":"Catalog","method":"StreamBooks"}}"#;

/// A shop, and the stream that it opens next.
fn shop_with(shop: Shop) -> (World, Sender) {
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 50, Then::Answer);
    let stream = world.services.offer_stream();
    (world, stream)
}

fn shop() -> (World, Sender) {
    shop_with(Shop::with_gathering(true))
}

impl Parts {
    async fn check(&mut self, expected: &str) {
        assert_eq!(self.next().await.as_deref(), Some(expected));
    }

    /// Nothing comes before something else happens.
    async fn check_quiet(&mut self) {
        let quiet = tokio::time::timeout(Duration::from_millis(1), self.next()).await;
        assert!(quiet.is_err(), "{quiet:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn items_leave_while_the_service_still_sends() {
    let (world, stream) = shop();
    let mut parts = world.parts(JOINED, Incremental::Pending, within(1_000));
    parts.check_quiet().await;
    send_books(&stream, ["3"]);
    parts
        .check(r#"51 {"data":{"books":[{"id":"3","price":{"amount":300}}]},"pending":[{"id":"0","path":["books"],"label":"more"}],"hasNext":true}"#)
        .await;
    parts.check_quiet().await;
    send_books(&stream, ["1", "2"]);
    parts
        .check(r#"102 {"incremental":[{"items":[{"id":"1","price":{"amount":100}},{"id":"2","price":{"amount":200}}],"id":"0","path":["books",1]}],"hasNext":true}"#)
        .await;
    assert_eq!(world.services.ends(STREAM), [End::None]);
    send_books(&stream, ["4"]);
    drop(stream);
    parts
        .check(r#"152 {"incremental":[{"items":[{"id":"4","price":{"amount":400}}],"id":"0","path":["books",3]}],"completed":[{"id":"0"}],"hasNext":false}"#)
        .await;
    assert_eq!(parts.next().await, None);
    world.check_calls(
        "Catalog/StreamBooks \n Pricing/BatchGet 3 \n Pricing/BatchGet 1 2 \n Pricing/BatchGet 4",
    );
}

#[tokio::test(start_paused = true)]
async fn in_the_older_form_too() {
    let (world, stream) = shop();
    let mut parts = world.parts(JOINED, Incremental::Patches, within(1_000));
    send_books(&stream, ["3"]);
    parts
        .check(r#"50 {"data":{"books":[{"id":"3","price":{"amount":300}}]},"hasNext":true}"#)
        .await;
    send_books(&stream, ["1"]);
    parts
        .check(r#"100 {"incremental":[{"items":[{"id":"1","price":{"amount":100}}],"path":["books",1],"label":"more"}],"hasNext":true}"#)
        .await;
    drop(stream);
    parts.check(r#"100 {"hasNext":false}"#).await;
    assert_eq!(parts.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_joins_are_asked_goes_together() {
    let (world, stream) = shop();
    let mut parts =
        world.parts("{ books *0 { price { amount } } }", Incremental::Patches, within(1_000));
    parts.check(r#"0 {"data":{"books":[]},"hasNext":true}"#).await;
    for id in ["1", "2", "3"] {
        send_books(&stream, [id]);
        sleep(20).await;
    }
    drop(stream);
    parts
        .check(r#"60 {"incremental":[{"items":[{"price":{"amount":100}}],"path":["books",0]}],"hasNext":true}"#)
        .await;
    parts
        .check(r#"100 {"incremental":[{"items":[{"price":{"amount":200}},{"price":{"amount":300}}],"path":["books",1]}],"hasNext":true}"#)
        .await;
    parts.check(r#"100 {"hasNext":false}"#).await;
    world.check_calls("Catalog/StreamBooks \n Pricing/BatchGet 1 \n Pricing/BatchGet 2 3");
}

#[tokio::test(start_paused = true)]
async fn more_than_come_first_are_told_before_more_is_read() {
    let (world, stream) = shop_with(Shop::with_gathering(false));
    send(&stream, &page(["1", "2", "3"]));
    let mut parts = world.parts(JOINED, Incremental::Patches, within(1_000));
    parts
        .check(r#"50 {"data":{"books":[{"id":"1","price":{"amount":100}}]},"hasNext":true}"#)
        .await;
    send(&stream, &page([]));
    send(&stream, &page(["4"]));
    parts
        .check(r#"50 {"incremental":[{"items":[{"id":"2","price":{"amount":200}},{"id":"3","price":{"amount":300}}],"path":["books",1],"label":"more"}],"hasNext":true}"#)
        .await;
    parts
        .check(r#"100 {"incremental":[{"items":[{"id":"4","price":{"amount":400}}],"path":["books",3],"label":"more"}],"hasNext":true}"#)
        .await;
    drop(stream);
    parts.check(r#"100 {"hasNext":false}"#).await;
}

#[tokio::test(start_paused = true)]
async fn a_list_that_has_ended_by_then_is_one_as_any_other() {
    let (world, stream) = shop();
    send_books(&stream, ["1", "2"]);
    drop(stream);
    world
        .check_told(
            JOINED,
            Incremental::Patches,
            r#"
50 {"data":{"books":[{"id":"1","price":{"amount":100}}]},"hasNext":true}
50 {"incremental":[{"items":[{"id":"2","price":{"amount":200}}],"path":["books",1],"label":"more"}],"hasNext":false}
"#,
        )
        .await;
    drop(world.services.offer_stream());
    world.check_told(JOINED, Incremental::Patches, r#"0 {"data":{"books":[]}}"#).await;
}

#[tokio::test(start_paused = true)]
async fn items_that_were_told_stay_when_the_stream_breaks() {
    for (how, last) in [
        (
            Incremental::Patches,
            format!(
                r#"{{"incremental":[{{"items":[{{"id":"3"}}],"path":["books",2]}},{{"items":null,"path":["books",3],"errors":[{BROKEN}]}}],"hasNext":false}}"#
            ),
        ),
        (
            Incremental::Pending,
            format!(
                r#"{{"incremental":[{{"items":[{{"id":"3"}}],"id":"0","path":["books",2]}}],"completed":[{{"id":"0","errors":[{BROKEN}]}}],"hasNext":false}}"#
            ),
        ),
    ] {
        let (world, stream) = shop();
        let mut parts = world.parts(IDS, how, within(1_000));
        send_books(&stream, ["1"]);
        assert!(parts.next().await.unwrap().starts_with(r#"0 {"data":{"books":[{"id":"1"}]}"#));
        send_books(&stream, ["2"]);
        assert!(parts.next().await.unwrap().contains(r#""items":[{"id":"2"}]"#));
        send_books(&stream, ["3"]);
        stream.unbounded_send(broken()).unwrap();
        parts.check(&format!("0 {last}")).await;
        assert_eq!(parts.next().await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn that_nothing_is_found_ends_a_list_of_which_something_was_told_with_an_error() {
    let (world, stream) = shop();
    let mut parts = world.parts(IDS, Incremental::Pending, within(1_000));
    send_books(&stream, ["1"]);
    assert!(parts.next().await.unwrap().starts_with(r#"0 {"data":{"books":[{"id":"1"}]}"#));
    stream.unbounded_send(Err(Error::new(Code::NotFound, "there is no such list"))).unwrap();
    let last = parts.next().await.unwrap();
    assert!(last.contains(r#""completed":[{"id":"0","errors":["#), "{last}");
    assert!(last.contains("NOT_FOUND") && !last.contains(r#""items""#), "{last}");
    assert_eq!(parts.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn before_its_first_items_are_there_a_broken_stream_fails_as_a_whole() {
    let (world, stream) = shop();
    send_books(&stream, ["1"]);
    stream.unbounded_send(broken()).unwrap();
    let expected = format!(r#"0 {{"data":{{"books":null}},"errors":[{BROKEN}]}}"#);
    world.check_told("{ books *2 { id } }", Incremental::Pending, &expected).await;
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_what_came_is_there_and_the_list_ends_with_an_error() {
    let (world, stream) = shop();
    let mut parts = world.parts(IDS, Incremental::Pending, within(500));
    send_books(&stream, ["1"]);
    assert!(parts.next().await.unwrap().starts_with("0 "));
    parts
        .check(&format!(r#"495 {{"completed":[{{"id":"0","errors":[{LATE}]}}],"hasNext":false}}"#))
        .await;
    assert_eq!(parts.next().await, None);
    assert_eq!(world.services.ends(STREAM), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn a_list_is_no_longer_than_one_that_comes_whole() {
    let gathering = Gathering { max_messages: 2, ..Gathering::default() };
    let config = Config { gathering, ..Config::default() };
    let world = World::with(Shop::with_gathering(true), config);
    let stream = world.services.offer_stream();
    let mut parts = world.parts(IDS, Incremental::Pending, within(500));
    send_books(&stream, ["1", "2", "3"]);
    assert!(parts.next().await.unwrap().starts_with("0 "));
    let last = parts.next().await.unwrap();
    assert!(last.starts_with(r#"0 {"incremental":[{"items":[{"id":"2"}],"id":"0","#), "{last}");
    assert!(last.contains("more than 2 messages, the limit for a list"), "{last}");
    assert_eq!(parts.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn an_item_that_may_not_be_null_ends_the_list_and_cancels_the_stream() {
    let (world, stream) = shop();
    world.services.set("Pricing/BatchGet", 50, Then::Omit("3"));
    let query = "{ books *1 { firmPrice { amount } } }";
    let mut parts = world.parts(query, Incremental::Pending, within(1_000));
    send_books(&stream, ["1"]);
    assert!(parts.next().await.unwrap().starts_with("50 "));
    send_books(&stream, ["2"]);
    assert!(
        parts.next().await.unwrap().starts_with(r#"100 {"incremental":[{"items":[{"firmPrice""#)
    );
    send_books(&stream, ["4", "3"]);
    let last = parts.next().await.unwrap();
    assert!(
        last.starts_with(r#"150 {"completed":[{"id":"0","errors":[{"message":"there is no value"#),
        "{last}"
    );
    assert!(last.contains(r#""path":["books",3,"firmPrice"]"#), "{last}");
    assert_eq!(parts.next().await, None);
    assert_eq!(world.services.ends(STREAM), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_cancels_the_stream() {
    let (world, stream) = shop();
    let mut parts = world.parts(IDS, Incremental::Pending, within(1_000));
    send_books(&stream, ["1"]);
    assert!(parts.next().await.is_some());
    drop(parts);
    sleep(1).await;
    assert_eq!(world.services.ends(STREAM), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_back_the_service() {
    use futures::{StreamExt, channel::mpsc};
    let (world, stream) = shop();
    let (mut few, messages) = mpsc::channel(1);
    world.services.offer(messages.boxed());
    drop(stream);
    let _over = world.told(IDS, Incremental::Pending).await;
    let mut parts = world.parts(IDS, Incremental::Pending, within(100_000));
    let mut sent = 0_u32;
    let message = || Ok(super::contracts::book_message("1").encode().into());
    let mut quiet = 0;
    while quiet < 3 {
        quiet = if few.try_send(message()).is_ok() { 0 } else { quiet + 1 };
        sent += u32::from(quiet == 0);
        assert!(sent < 50, "all of it is read");
        sleep(1).await;
    }
    // Parts wait for the client, and behind them messages.
    let mut told = 0;
    drop(few);
    while let Some(part) = parts.next().await {
        told += u32::try_from(part.matches(r#"{"id":"1"}"#).count()).unwrap();
    }
    assert_eq!(told, sent);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_has_ended_well_is_kept_and_then_whole() {
    let mut shop = Shop::with_gathering(true);
    shop.policy("Query.books").cache = Some(cached(Scope::Public));
    let (world, stream) = shop_with(shop);
    let mut parts = world.parts(IDS, Incremental::Pending, within(1_000));
    send_books(&stream, ["1"]);
    assert!(parts.next().await.is_some());
    send_books(&stream, ["2", "3"]);
    assert!(parts.next().await.is_some());
    drop(stream);
    assert!(parts.next().await.is_some());
    assert_eq!(
        world.ask("{ books { id } }").await,
        r#"{"data":{"books":[{"id":"1"},{"id":"2"},{"id":"3"}]}}"#
    );
    world
        .check_told(
            IDS,
            Incremental::Patches,
            r#"
0 {"data":{"books":[{"id":"1"}]},"hasNext":true}
0 {"incremental":[{"items":[{"id":"2"},{"id":"3"}],"path":["books",1]}],"hasNext":false}
"#,
        )
        .await;
    assert_eq!(world.services.count(STREAM), 1);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_broke_is_not_kept() {
    let mut shop = Shop::with_gathering(true);
    shop.policy("Query.books").cache = Some(cached(Scope::Public));
    let (world, stream) = shop_with(shop);
    send_books(&stream, ["1", "2"]);
    stream.unbounded_send(broken()).unwrap();
    assert!(world.told(IDS, Incremental::Pending).await.contains("UNAVAILABLE"));
    drop(world.services.offer_stream());
    assert_eq!(world.ask("{ books { id } }").await, r#"{"data":{"books":[]}}"#);
}

#[tokio::test(start_paused = true)]
async fn what_is_deferred_in_items_is_told_behind_them() {
    let (world, stream) = shop();
    let query = "{ books *0 { id ... slow { price { amount } } } }";
    let mut parts = world.parts(query, Incremental::Pending, within(1_000));
    parts
        .check(r#"0 {"data":{"books":[]},"pending":[{"id":"0","path":["books"]}],"hasNext":true}"#)
        .await;
    send_books(&stream, ["1"]);
    parts
        .check(r#"0 {"incremental":[{"items":[{"id":"1"}],"id":"0","path":["books",0]}],"pending":[{"id":"1","path":["books",0],"label":"slow"}],"hasNext":true}"#)
        .await;
    sleep(10).await;
    send_books(&stream, ["2"]);
    parts
        .check(r#"10 {"incremental":[{"items":[{"id":"2"}],"id":"0","path":["books",1]}],"pending":[{"id":"2","path":["books",1],"label":"slow"}],"hasNext":true}"#)
        .await;
    parts
        .check(r#"50 {"incremental":[{"data":{"price":{"amount":100}},"id":"1"}],"completed":[{"id":"1"}],"hasNext":true}"#)
        .await;
    drop(stream);
    parts.check(r#"50 {"completed":[{"id":"0"}],"hasNext":true}"#).await;
    parts
        .check(r#"60 {"incremental":[{"data":{"price":{"amount":200}},"id":"2"}],"completed":[{"id":"2"}],"hasNext":false}"#)
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_deferred_list_goes_on_once_it_was_told() {
    let (world, stream) = shop();
    let query = "{ book(id: 1) { title } ... later { books *1 { id } } }";
    let mut parts = world.parts(query, Incremental::Pending, within(1_000));
    parts
        .check(r#"0 {"data":{"book":{"title":"Book 1"}},"pending":[{"id":"0","path":[],"label":"later"}],"hasNext":true}"#)
        .await;
    send_books(&stream, ["1"]);
    parts
        .check(r#"0 {"incremental":[{"data":{"books":[{"id":"1"}]},"id":"0"}],"pending":[{"id":"1","path":["books"]}],"completed":[{"id":"0"}],"hasNext":true}"#)
        .await;
    send_books(&stream, ["2"]);
    parts
        .check(r#"0 {"incremental":[{"items":[{"id":"2"}],"id":"1","path":["books",1]}],"hasNext":true}"#)
        .await;
    drop(stream);
    parts.check(r#"0 {"completed":[{"id":"1"}],"hasNext":false}"#).await;
}

#[tokio::test(start_paused = true)]
async fn who_takes_one_answer_gets_the_whole_list() {
    let (world, stream) = shop();
    send_books(&stream, ["1", "2"]);
    drop(stream);
    assert_eq!(
        world.ask("{ books { id } }").await,
        r#"{"data":{"books":[{"id":"1"},{"id":"2"}]}}"#
    );
}
