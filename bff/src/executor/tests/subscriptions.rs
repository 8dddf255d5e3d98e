//! Streams of services, each message answered as a query is.

use futures::{StreamExt, channel::mpsc::UnboundedSender, stream::BoxStream};
use tokio::time::timeout;

use super::{contracts::book_message, *};
use crate::contract::{Fill, fill};

pub(super) const TITLE: &str = "subscription { bookChanged(id: 7) { title } }";
/// Longer than the pauses of a series of failures.
const PATIENCE: Duration = Duration::from_secs(120);

type Sender = UnboundedSender<Result<Bytes>>;

impl World {
    pub(super) fn subscribe(&self, query: &str, context: Context) -> BoxStream<'static, Answer> {
        self.executor.subscribe(&self.prepared(query), Vec::new(), Arc::new(context), None)
    }

    /// How often a stream was begun.
    pub(super) fn opened(&self) -> usize {
        self.services.count("Catalog/WatchBook")
    }
}

fn send(sender: &Sender, id: &str) {
    sender.unbounded_send(Ok(book_message(id).encode().into())).unwrap();
}

fn fail(sender: &Sender, code: Code) {
    sender.unbounded_send(Err(Error::with_source(code, "it broke", "disk 3"))).unwrap();
}

pub(super) async fn next(answers: &mut BoxStream<'static, Answer>) -> Option<String> {
    let answer = timeout(PATIENCE, answers.next()).await.expect("nothing comes")?;
    Some(String::from_utf8(answer.body.to_vec()).unwrap())
}

pub(super) async fn check(answers: &mut BoxStream<'static, Answer>, expected: &str) {
    assert_eq!(next(answers).await.as_deref(), Some(expected));
}

pub(super) fn title(id: &str) -> String {
    format!(r#"{{"data":{{"bookChanged":{{"title":"Book {id}"}}}}}}"#)
}

pub(super) fn broken(message: &str, code: &str) -> String {
    format!(
        r#"{{"data":null,"errors":[{{"message":"{message}","locations":[{{"line":0,"column":0}}],"path":["bookChanged"],"extensions":{{"code":"{code}","service":"Catalog","method":"WatchBook"}}}}]}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn each_message_is_an_answer_until_the_service_ends_its_stream() {
    let world = World::new(Shop::new());
    let sender = world.services.offer_stream();
    let mut answers = world.subscribe(TITLE, within(1_000));
    send(&sender, "1");
    check(&mut answers, &title("1")).await;
    // Long after the request's own deadline.
    sleep(60_000).await;
    send(&sender, "2");
    send(&sender, "3");
    drop(sender);
    check(&mut answers, &title("2")).await;
    check(&mut answers, &title("3")).await;
    assert_eq!(next(&mut answers).await, None);
    world.check_calls("Catalog/WatchBook 7");
    assert_eq!(world.services.ends("Catalog/WatchBook"), [End::Replied]);
}

#[tokio::test(start_paused = true)]
async fn joins_inside_an_event_are_batched_and_asked_for_who_subscribed() {
    let mut shop = Shop::new();
    shop.method("Pricing/BatchGet").forward_identity = true;
    let world = World::new(shop);
    let sender = world.services.offer_stream();
    let query = "subscription { bookChanged(id: 7) { related { id price { amount } } } }";
    let mut answers = world.subscribe(query, user("ann"));
    send(&sender, "1");
    check(
        &mut answers,
        r#"{"data":{"bookChanged":{"related":[{"id":"2","price":{"amount":203}},{"id":"3","price":{"amount":303}}]}}}"#,
    )
    .await;
    send(&sender, "2");
    check(
        &mut answers,
        r#"{"data":{"bookChanged":{"related":[{"id":"3","price":{"amount":303}},{"id":"4","price":{"amount":403}}]}}}"#,
    )
    .await;
    world.check_calls(
        "Catalog/WatchBook 7
         Catalog/BatchGetBooks 2 3
         Pricing/BatchGet 2 3
         Catalog/BatchGetBooks 3 4
         Pricing/BatchGet 3 4",
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_has_time_of_its_own_and_leaves_with_what_is_there() {
    let world = World::new(Shop::new());
    let sender = world.services.offer_stream();
    world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    let query = "subscription { bookChanged(id: 7) { title price { amount } } }";
    let mut answers = world.subscribe(query, within(1_000));
    sleep(30_000).await;
    send(&sender, "1");
    let began = Instant::now();
    let answer = next(&mut answers).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_millis(4_995));
    assert!(answer.starts_with(r#"{"data":{"bookChanged":{"title":"Book 1","price":null}},"errors":[{"message":"the service did not answer in time""#), "{answer}");
    world.services.set("Pricing/BatchGet", 0, Then::Answer);
    send(&sender, "2");
    check(&mut answers, r#"{"data":{"bookChanged":{"title":"Book 2","price":{"amount":200}}}}"#)
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_fails_in_one_event_is_null_up_to_the_nearest_nullable_place_and_the_next_event_comes()
{
    let world = World::new(Shop::new());
    let sender = world.services.offer_stream();
    world.services.set("Pricing/BatchGet", 0, Then::Refuse("1", Code::Unavailable));
    let query = "subscription { bookChanged(id: 7) { title firmPrice { amount } } }";
    let mut answers = world.subscribe(query, within(1_000));
    send(&sender, "1");
    let answer = next(&mut answers).await.unwrap();
    assert!(answer.starts_with(r#"{"data":{"bookChanged":null},"errors":["#), "{answer}");
    assert!(answer.contains(r#""path":["bookChanged","firmPrice"]"#), "{answer}");
    sender.unbounded_send(Ok(Bytes::from_static(b"\xff"))).unwrap();
    let answer = next(&mut answers).await.unwrap();
    assert!(answer.starts_with(r#"{"data":{"bookChanged":null},"errors":["#), "{answer}");
    assert!(
        answer.contains(r#""code":"DATA_LOSS","service":"Catalog","method":"WatchBook""#),
        "{answer}"
    );
    send(&sender, "2");
    check(
        &mut answers,
        r#"{"data":{"bookChanged":{"title":"Book 2","firmPrice":{"amount":200}}}}"#,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_cancels_the_stream_at_once() {
    let world = World::new(Shop::new());
    let sender = world.services.offer_stream();
    let mut answers = world.subscribe(TITLE, within(1_000));
    send(&sender, "1");
    check(&mut answers, &title("1")).await;
    assert_eq!(world.services.ends("Catalog/WatchBook"), [End::None]);
    drop(answers);
    tokio::task::yield_now().await;
    assert_eq!(world.services.ends("Catalog/WatchBook"), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_opened_again_and_the_next_event_says_so() {
    let world = World::new(Shop::new());
    let (first, second) = (world.services.offer_stream(), world.services.offer_stream());
    let mut answers = world.subscribe(TITLE, within(1_000));
    send(&first, "1");
    check(&mut answers, &title("1")).await;
    let broke = Instant::now();
    fail(&first, Code::Unavailable);
    send(&second, "2");
    check(
        &mut answers,
        r#"{"data":{"bookChanged":{"title":"Book 2"}},"extensions":{"resumed":true}}"#,
    )
    .await;
    let pause = broke.elapsed();
    assert!(pause >= Duration::from_millis(50) && pause <= Duration::from_millis(101), "{pause:?}");
    send(&second, "3");
    check(&mut answers, &title("3")).await;
    world.check_calls("Catalog/WatchBook 7\nCatalog/WatchBook 7");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_stays_down_is_given_up_with_an_error() {
    let world = World::new(Shop::new());
    for _ in 0..20 {
        world.services.refuse_stream(Code::Unavailable);
    }
    let mut answers = world.subscribe(TITLE, within(1_000));
    let began = Instant::now();
    check(&mut answers, &broken("it failed", "UNAVAILABLE")).await;
    assert_eq!(next(&mut answers).await, None);
    assert_eq!(world.opened(), 1 + 8);
    // 100 ms, doubled up to 10 s, of each at least half.
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(11) && took <= Duration::from_secs(23), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_begin_in_time_has_failed() {
    let mut shop = Shop::new();
    shop.policy("Subscription.bookChanged").timeout_ms = 200;
    let mut config = Config::default();
    config.subscriptions.resume_attempts = 0;
    let world = World::with(shop, config);
    let mut answers = world.subscribe(TITLE, within(1_000));
    let began = Instant::now();
    let late = broken("the service did not begin its stream in time", "DEADLINE_EXCEEDED");
    check(&mut answers, &late).await;
    assert_eq!(began.elapsed(), Duration::from_millis(200));
    assert_eq!(world.services.ends("Catalog/WatchBook"), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_before_it_begins_says_of_which_field() {
    let mut shop = Shop::new();
    let caller = fill::Source::Identity("sub".to_owned());
    let fill = Fill { path: vec![1], source: Some(caller), ..Fill::default() };
    shop.join("Subscription.bookChanged").fills = vec![fill];
    let world = World::new(shop);
    let mut answers =
        world.subscribe("subscription { mine: bookChanged(id: 7) { title } }", within(1_000));
    let answer = next(&mut answers).await.unwrap();
    assert!(answer.contains(r#""locations":[{"line":0,"column":0}],"path":["mine"]"#), "{answer}");
    assert!(answer.contains("UNAUTHENTICATED"), "{answer}");
    assert_eq!(next(&mut answers).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_denial_is_final() {
    let world = World::new(Shop::new());
    let sender = world.services.offer_stream();
    let mut answers = world.subscribe(TITLE, within(1_000));
    send(&sender, "1");
    fail(&sender, Code::PermissionDenied);
    check(&mut answers, &title("1")).await;
    check(&mut answers, &broken("it broke", "PERMISSION_DENIED")).await;
    assert_eq!(next(&mut answers).await, None);
    assert_eq!(world.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_method_has_side_effects_is_not_opened_again() {
    let world = World::new(Shop::new());
    let sender = world.services.offer_stream();
    let mut answers = world.subscribe("subscription { bookSold(id: 7) { title } }", within(1_000));
    fail(&sender, Code::Unavailable);
    let answer = next(&mut answers).await.unwrap();
    assert!(answer.starts_with(r#"{"data":null,"errors":[{"message":"it broke""#), "{answer}");
    assert_eq!(next(&mut answers).await, None);
    assert_eq!(world.services.count("Catalog/WatchSales"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_too_slowly_gets_what_waits_and_an_error() {
    let mut config = Config::default();
    config.subscriptions.queue = 2;
    let world = World::with(Shop::new(), config);
    let sender = world.services.offer_stream();
    let mut answers = world.subscribe(TITLE, within(1_000));
    for id in ["1", "2", "3"] {
        send(&sender, id);
    }
    sleep(1).await;
    assert_eq!(world.services.ends("Catalog/WatchBook"), [End::Dropped], "nobody reads it further");
    check(&mut answers, &title("1")).await;
    check(&mut answers, &title("2")).await;
    let message =
        "events came faster than they were read: the subscription ends after the 2 that waited";
    let error = format!(
        r#"{{"data":null,"errors":[{{"message":"{message}","locations":[{{"line":0,"column":0}}],"path":["bookChanged"],"extensions":{{"code":"RESOURCE_EXHAUSTED"}}}}]}}"#
    );
    check(&mut answers, &error).await;
    assert_eq!(next(&mut answers).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_of_a_latest_field_gets_the_newest_event_and_how_many_it_missed() {
    let mut config = Config::default();
    config.subscriptions.latest = vec!["bookChanged".to_owned()];
    let world = World::with(Shop::new(), config);
    let sender = world.services.offer_stream();
    let query = "subscription { bookChanged(id: 7) { title price { amount } } }";
    let mut answers = world.subscribe(query, within(1_000));
    for id in ["1", "2", "3"] {
        send(&sender, id);
    }
    sleep(1).await;
    check(
        &mut answers,
        r#"{"data":{"bookChanged":{"title":"Book 3","price":{"amount":300}}},"extensions":{"skipped":2}}"#,
    )
    .await;
    world.check_calls("Catalog/WatchBook 7\nPricing/BatchGet 3");
}

#[test]
fn a_latest_field_that_the_schema_lacks_is_refused() {
    let mut config = Config::default();
    config.subscriptions.latest = vec!["bookSold".to_owned(), "bookBurnt".to_owned()];
    let shop = Shop::new();
    let calls = Arc::new(Services::default());
    let error = Executor::new(&shop.contract, calls, Vec::new(), &config).unwrap_err();
    assert_eq!(
        error.message(),
        "executor.subscriptions.latest: there is no subscription `bookBurnt`; those of the schema are `bookChanged`, `bookSold`"
    );
}

fn check_unprepared(shop: &Shop, query: &str, message: &str) {
    let plan = planner::plan(&shop.schema.operation(query), &shop.contract).unwrap();
    assert_eq!(
        prepare(plan, &shop.contract, &LazyTypes::default()).unwrap_err().message(),
        message
    );
}

#[test]
fn a_subscription_is_one_stream_and_nothing_else() {
    let one = "A subscription selects exactly one field, and not one of introspection.";
    let shop = Shop::new();
    check_unprepared(&shop, "subscription { __typename }", one);
    check_unprepared(&shop, "subscription { }", one);
    let mut shop = Shop::new();
    shop.method("Catalog/WatchBook").server_streaming = false;
    check_unprepared(
        &shop,
        TITLE,
        "`Catalog/WatchBook` answers once: a subscription, or a list that gathers, needs a stream",
    );
    shop.method("Catalog/GetBook").server_streaming = true;
    let message =
        "`Catalog/GetBook` is a stream: it answers subscriptions, and lists that gather it";
    check_unprepared(&shop, "{ book(id: 1) { id } }", message);
}
