//! Lists that streams answer: gathered whole, or not at all.

use futures::channel::mpsc::UnboundedSender;

use super::{
    contracts::{book_message, call, list},
    wire::Message,
    *,
};
use crate::{
    contract::{Fallback, fallback::Last},
    units::ByteSize,
};

pub(super) const STREAM: &str = "Catalog/StreamBooks";
const IDS: &str = "{ books { id } }";
const BROKEN: &str = concat!(
    r#"{"data":{"books":null},"errors":[{"message":"the service is not available","locations":[{"line":0,"column":0}],"#,
    r#""path":["books"],"extensions":{"code":"UNAVAILABLE","service":"Catalog","method":"StreamBooks"}}]}"#
);

pub(super) type Sender = UnboundedSender<Result<Bytes>>;

pub(super) fn send(stream: &Sender, message: &Message) {
    stream.unbounded_send(Ok(message.encode().into())).unwrap();
}

pub(super) fn send_books<const N: usize>(stream: &Sender, ids: [&str; N]) {
    ids.iter().for_each(|id| send(stream, &book_message(id)));
}

pub(super) fn broken() -> Result<Bytes> {
    Err(Error::with_source(Code::Unavailable, "the service is not available", "disk 3"))
}

pub(super) fn page<const N: usize>(ids: [&str; N]) -> Message {
    ids.iter().fold(Message::new(), |page, id| page.message(1, &book_message(id)))
}

fn falling_back(fallback: Fallback) -> Shop {
    let mut shop = Shop::with_gathering(true);
    shop.policy("Query.books").fallback = Some(fallback.into());
    shop
}

#[tokio::test(start_paused = true)]
async fn each_message_is_an_item_and_joins_are_batched_over_all_of_them() {
    let world = World::new(Shop::with_gathering(true));
    send_books(&world.services.offer_stream(), ["3", "1", "2"]);
    assert_eq!(
        world.ask("{ books { id price { amount } } }").await,
        r#"{"data":{"books":[{"id":"3","price":{"amount":300}},{"id":"1","price":{"amount":100}},{"id":"2","price":{"amount":200}}]}}"#
    );
    world.check_calls("Catalog/StreamBooks \n Pricing/BatchGet 3 1 2");
    assert_eq!(world.services.ends(STREAM), [End::Replied]);
}

#[tokio::test(start_paused = true)]
async fn the_lists_of_all_messages_follow_one_another() {
    let world = World::new(Shop::with_gathering(false));
    let stream = world.services.offer_stream();
    [page(["2", "1"]), page([]), page(["3"])].iter().for_each(|page| send(&stream, page));
    drop(stream);
    assert_eq!(
        world.ask("{ books { id author { name } } }").await,
        r#"{"data":{"books":[{"id":"2","author":{"name":"User u2"}},{"id":"1","author":{"name":"User u1"}},{"id":"3","author":{"name":"User u0"}}]}}"#
    );
    world.check_calls("Catalog/StreamBooks \n Users/BatchGet u2 u1 u0");
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_messages_is_an_empty_list() {
    for each_is_a_book in [true, false] {
        let world = World::new(Shop::with_gathering(each_is_a_book));
        drop(world.services.offer_stream());
        assert_eq!(world.ask(IDS).await, r#"{"data":{"books":[]}}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_no_shorter_list() {
    let world = World::new(Shop::with_gathering(true));
    let stream = world.services.offer_stream();
    send_books(&stream, ["1", "2"]);
    stream.unbounded_send(broken()).unwrap();
    assert_eq!(world.ask(IDS).await, BROKEN);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_none_fails_the_list() {
    for each_is_a_book in [true, false] {
        let world = World::new(Shop::with_gathering(each_is_a_book));
        let stream = world.services.offer_stream();
        send(&stream, &Message::new());
        stream.unbounded_send(Ok(Bytes::from_static(&[0x0a, 9, 1]))).unwrap();
        send(&stream, &page(["1"]));
        drop(stream);
        let answer = world.ask(IDS).await;
        assert!(answer.contains(r#""books":null"#) && answer.contains("DATA_LOSS"), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_ladder_stands_in_for_the_whole_list() {
    let value = Message::new().message(1, &book_message("9")).encode();
    let fallback = Fallback { last: Some(Last::Value(value)), ..Fallback::default() };
    let world = World::new(falling_back(fallback));
    let stream = world.services.offer_stream();
    send_books(&stream, ["1"]);
    stream.unbounded_send(broken()).unwrap();
    assert_eq!(
        world.ask(IDS).await,
        r#"{"data":{"books":[{"id":"9"}]},"extensions":{"degraded":[{"path":["books"],"cause":"UNAVAILABLE","source":"value"}]}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_unary_method_stands_in_for_a_stream() {
    let unary = call("Catalog/ListBooks", list(1, 2));
    let world =
        World::new(falling_back(Fallback { rpc: Some(unary.into()), ..Fallback::default() }));
    world.services.refuse_stream(Code::Unavailable);
    let answer = world.ask(IDS).await;
    assert!(
        answer.starts_with(r#"{"data":{"books":[{"id":"1"},{"id":"2"},{"id":"3"}]}"#),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_time_of_the_field_is_for_all_of_the_stream() {
    let mut shop = Shop::with_gathering(true);
    shop.policy("Query.books").timeout_ms = 100;
    let world = World::new(shop);
    let (stream, began) = (world.services.offer_stream(), Instant::now());
    let talk = tokio::spawn(async move {
        // Never silent for long, and never at its end.
        while stream.unbounded_send(Ok(book_message("1").encode().into())).is_ok() {
            sleep(30).await;
        }
    });
    let answer = world.ask(IDS).await;
    assert!(answer.contains("DEADLINE_EXCEEDED"), "{answer}");
    assert_eq!(began.elapsed(), Duration::from_millis(100));
    assert_eq!(world.services.ends(STREAM), [End::Dropped]);
    talk.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_service_is_told_until_when_the_stream_may_last() {
    let world = World::new(Shop::with_gathering(true));
    drop(world.services.offer_stream());
    world.ask(IDS).await;
    let [seen] = &*world.services.seen() else { panic!("one call") };
    assert!(!seen.open_ended);
}

#[tokio::test(start_paused = true)]
async fn a_stream_beyond_its_bounds_is_cancelled_and_fails_the_list() {
    let bounds = [
        (Gathering { max_messages: 2, ..Gathering::default() }, "2 messages"),
        (Gathering { max_size: ByteSize(80), ..Gathering::default() }, "80B"),
    ];
    for (gathering, limit) in bounds {
        let config = Config { gathering, ..Config::default() };
        let world = World::with(Shop::with_gathering(true), config);
        let stream = world.services.offer_stream();
        send_books(&stream, ["1", "2", "3", "4"]);
        let answer = world.ask(IDS).await;
        let message = format!("the service's stream has more than {limit}, the limit for a list");
        assert!(answer.contains(&message) && answer.contains("RESOURCE_EXHAUSTED"), "{answer}");
        assert_eq!(world.services.ends(STREAM), [End::Dropped]);
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_messages_as_are_allowed_are_a_list() {
    let gathering = Gathering { max_messages: 2, ..Gathering::default() };
    let config = Config { gathering, ..Config::default() };
    let world = World::with(Shop::with_gathering(true), config);
    send_books(&world.services.offer_stream(), ["1", "2"]);
    assert_eq!(world.ask(IDS).await, r#"{"data":{"books":[{"id":"1"},{"id":"2"}]}}"#);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_cancels_the_stream() {
    let world = World::new(Shop::with_gathering(true));
    let stream = world.services.offer_stream();
    send_books(&stream, ["1"]);
    let asking = tokio::spawn(world.answer(IDS, within(1_000)));
    sleep(10).await;
    assert_eq!(world.services.ends(STREAM), [End::None]);
    asking.abort();
    sleep(10).await;
    assert_eq!(world.services.ends(STREAM), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn a_gathered_list_is_kept_for_its_scope_and_for_nobody_else() {
    let mut shop = Shop::with_gathering(true);
    shop.policy("Query.books").cache = Some(cached(Scope::User));
    let world = World::new(shop);
    send_books(&world.services.offer_stream(), ["1"]);
    let first = world.ask_as(IDS, user("ada")).await;
    assert_eq!(first, r#"{"data":{"books":[{"id":"1"}]}}"#);
    assert_eq!(world.ask_as(IDS, user("ada")).await, first);
    assert_eq!(world.services.count(STREAM), 1);
    send_books(&world.services.offer_stream(), ["2"]);
    assert_eq!(world.ask_as(IDS, user("bob")).await, r#"{"data":{"books":[{"id":"2"}]}}"#);
}

#[tokio::test(start_paused = true)]
async fn half_a_list_is_never_kept() {
    let mut shop = Shop::with_gathering(true);
    shop.policy("Query.books").cache = Some(cached(Scope::Public));
    let world = World::new(shop);
    let stream = world.services.offer_stream();
    send_books(&stream, ["1"]);
    stream.unbounded_send(broken()).unwrap();
    assert_eq!(world.ask(IDS).await, BROKEN);
    send_books(&world.services.offer_stream(), ["1", "2"]);
    assert_eq!(world.ask(IDS).await, r#"{"data":{"books":[{"id":"1"},{"id":"2"}]}}"#);
}

#[tokio::test(start_paused = true)]
async fn requests_share_a_stream_only_where_its_method_says_so() {
    for (shareable, streams) in [(true, 1), (false, 2)] {
        let mut shop = Shop::with_gathering(true);
        shop.method(STREAM).shareable = shareable;
        let world = World::new(shop);
        let senders = [world.services.offer_stream(), world.services.offer_stream()];
        let both = tokio::spawn(futures::future::join(
            world.answer(IDS, within(1_000)),
            world.answer(IDS, within(1_000)),
        ));
        sleep(10).await;
        for stream in &senders[..streams] {
            send_books(stream, ["1"]);
        }
        drop(senders);
        let (one, other) = both.await.unwrap();
        assert_eq!(one.body, r#"{"data":{"books":[{"id":"1"}]}}"#);
        assert_eq!(one.body, other.body);
        assert_eq!(world.services.count(STREAM), streams);
    }
}
