//! Streams that several subscriptions read.

use futures::{StreamExt, stream::BoxStream};
use tokio::time::timeout;

use super::{contracts::book_message, *};

const TITLE: &str = "subscription { bookChanged(id: 7) { title } }";
const PRICE: &str = "subscription { bookChanged(id: 7) { title price { amount } } }";
/// Longer than the pauses of a series of failures.
const PATIENCE: Duration = Duration::from_secs(120);

type Answers = BoxStream<'static, Answer>;

/// A shop whose changes and prices everybody may share.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.method("Catalog/WatchBook").shareable = true;
    shop.method("Pricing/BatchGet").shareable = true;
    shop
}

fn world(shop: Shop, config: Config) -> World {
    let world = World::with(shop, config);
    world.services.offer_streams();
    world
}

impl World {
    fn watch(&self, prepared: &Arc<Prepared>, context: Context) -> Answers {
        self.executor.subscribe(prepared, Vec::new(), Arc::new(context), None)
    }

    /// As many subscriptions to the same, each once its stream is open.
    async fn watchers<const N: usize>(&self, query: &str) -> [Answers; N] {
        let prepared = self.prepared(query);
        let watchers = [(); N].map(|()| self.watch(&prepared, within(1_000)));
        sleep(1).await;
        watchers
    }

    /// A change of a book.
    async fn change(&self, id: &str) {
        self.services.tell(&Ok(book_message(id).encode().into()));
        sleep(1).await;
    }

    async fn fail(&self, code: Code) {
        self.services.tell(&Err(Error::with_source(code, "it broke", "disk 3")));
        sleep(1).await;
    }

    fn streams(&self) -> Vec<End> {
        self.services.ends("Catalog/WatchBook")
    }
}

async fn next(answers: &mut Answers) -> Option<Bytes> {
    Some(timeout(PATIENCE, answers.next()).await.expect("nothing comes")?.body)
}

async fn check(answers: &mut Answers, expected: &str) {
    let body = next(answers).await.expect("it is over");
    assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
}

fn title(id: &str) -> String {
    format!(r#"{{"data":{{"bookChanged":{{"title":"Book {id}"}}}}}}"#)
}

fn price(id: &str) -> String {
    let data = format!(r#"{{"title":"Book {id}","price":{{"amount":{id}00}}}}"#);
    format!(r#"{{"data":{{"bookChanged":{data}}}}}"#)
}

#[tokio::test(start_paused = true)]
async fn the_same_subscriptions_have_one_stream_and_one_answer_to_each_event() {
    let world = world(shop(), Config::default());
    let [mut one, mut other] = world.watchers(PRICE).await;
    world.change("1").await;
    let (first, second) = tokio::join!(next(&mut one), next(&mut other));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(std::str::from_utf8(&first).unwrap(), price("1"));
    assert_eq!(first.as_ptr(), second.as_ptr(), "the same bytes");
    world.change("2").await;
    // One is answered before the other asks.
    let first = next(&mut one).await.unwrap();
    assert_eq!(first.as_ptr(), next(&mut other).await.unwrap().as_ptr());
    world.check_calls("Catalog/WatchBook 7\nPricing/BatchGet 1\nPricing/BatchGet 2");
}

#[tokio::test(start_paused = true)]
async fn who_selects_something_else_is_answered_apart_from_the_same_stream() {
    let world = world(shop(), Config::default());
    let [mut titles] = world.watchers(TITLE).await;
    let [mut prices] = world.watchers(PRICE).await;
    world.change("1").await;
    check(&mut titles, &title("1")).await;
    assert_eq!(world.services.count("Pricing/BatchGet"), 0);
    check(&mut prices, &price("1")).await;
    assert_eq!(world.streams().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_something_else_has_another_stream() {
    let world = world(shop(), Config::default());
    let [_one] = world.watchers(TITLE).await;
    let [_other] = world.watchers("subscription { bookChanged(id: 8) { title } }").await;
    world.check_calls("Catalog/WatchBook 7\nCatalog/WatchBook 8");
}

#[tokio::test(start_paused = true)]
async fn who_comes_later_gets_what_comes_from_then_on() {
    let world = world(shop(), Config::default());
    let [mut early] = world.watchers(TITLE).await;
    world.change("1").await;
    let [mut late] = world.watchers(TITLE).await;
    world.change("2").await;
    check(&mut late, &title("2")).await;
    check(&mut early, &title("1")).await;
    check(&mut early, &title("2")).await;
    assert_eq!(world.streams().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_to_leave_cancels_the_stream_and_nobody_before() {
    let world = world(shop(), Config::default());
    let [opened_it, mut stayed] = world.watchers(TITLE).await;
    drop(opened_it);
    world.change("1").await;
    check(&mut stayed, &title("1")).await;
    assert_eq!(world.streams(), [End::None]);
    drop(stayed);
    tokio::task::yield_now().await;
    assert_eq!(world.streams(), [End::Dropped]);
    assert!(world.executor.0.streams.is_empty());
    let [_again] = world.watchers(TITLE).await;
    assert_eq!(world.streams(), [End::Dropped, End::None]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_answer_keeps_it_when_the_first_who_waited_leaves() {
    let world = world(shop(), Config::default());
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    let [mut first, mut second] = world.watchers(PRICE).await;
    world.change("1").await;
    let left = timeout(Duration::from_millis(50), first.next());
    let answer = price("1");
    let (left, ()) = tokio::join!(left, check(&mut second, &answer));
    assert!(left.is_err());
    assert_eq!(world.services.count("Pricing/BatchGet"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_waited_for_to_its_end_is_made_again_in_time_of_its_own() {
    let world = world(shop(), Config::default());
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    let [mut first, mut second] = world.watchers(PRICE).await;
    world.change("1").await;
    assert!(timeout(Duration::from_millis(50), first.next()).await.is_err());
    drop(first);
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
    // Long after the time that the first one had.
    sleep(60_000).await;
    check(&mut second, &price("1")).await;
}

#[tokio::test(start_paused = true)]
async fn who_reads_too_slowly_ends_alone() {
    let mut config = Config::default();
    config.subscriptions.queue = 2;
    let world = world(shop(), config);
    let [mut slow, mut fast] = world.watchers(TITLE).await;
    for id in ["1", "2", "3"] {
        world.change(id).await;
        check(&mut fast, &title(id)).await;
    }
    check(&mut slow, &title("1")).await;
    check(&mut slow, &title("2")).await;
    let told = next(&mut slow).await.unwrap();
    assert!(std::str::from_utf8(&told).unwrap().contains("RESOURCE_EXHAUSTED"), "{told:?}");
    assert_eq!(next(&mut slow).await, None);
    assert_eq!(world.streams(), [End::None]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_all_read_too_slowly_is_over_and_the_next_one_opens_another() {
    let mut config = Config::default();
    config.subscriptions.queue = 1;
    let world = world(shop(), config);
    let [mut slow] = world.watchers(TITLE).await;
    world.change("1").await;
    world.change("2").await;
    let [mut late] = world.watchers(TITLE).await;
    assert_eq!(world.streams(), [End::Dropped, End::None]);
    // It leaves with what waited, and the place of the later stream is not its own.
    check(&mut slow, &title("1")).await;
    drop(slow);
    let [_later] = world.watchers(TITLE).await;
    assert_eq!(world.streams().len(), 2);
    world.change("3").await;
    check(&mut late, &title("3")).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_opened_again_once_and_all_are_told() {
    let world = world(shop(), Config::default());
    let [mut one, mut other] = world.watchers(TITLE).await;
    world.fail(Code::Unavailable).await;
    sleep(200).await;
    let [mut late] = world.watchers(TITLE).await;
    world.change("2").await;
    let resumed = r#"{"data":{"bookChanged":{"title":"Book 2"}},"extensions":{"resumed":true}}"#;
    check(&mut one, resumed).await;
    check(&mut other, resumed).await;
    check(&mut late, &title("2")).await;
    assert_eq!(world.streams().len(), 2);
    world.change("3").await;
    check(&mut one, &title("3")).await;
}

#[tokio::test(start_paused = true)]
async fn a_denial_is_final_for_all_and_the_next_one_asks_again() {
    let world = world(shop(), Config::default());
    let [mut one, mut other] = world.watchers(TITLE).await;
    world.fail(Code::PermissionDenied).await;
    let [mut late] = world.watchers(TITLE).await;
    for answers in [&mut one, &mut other] {
        let told = next(answers).await.unwrap();
        assert!(std::str::from_utf8(&told).unwrap().contains("PERMISSION_DENIED"), "{told:?}");
        assert_eq!(next(answers).await, None);
    }
    world.change("1").await;
    check(&mut late, &title("1")).await;
    assert_eq!(world.streams().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn of_a_latest_field_each_is_told_how_many_it_missed_in_one_answer() {
    let mut config = Config::default();
    config.subscriptions.latest = vec!["bookChanged".to_owned()];
    let world = world(shop(), config);
    let [mut fast, mut slow] = world.watchers(PRICE).await;
    world.change("1").await;
    check(&mut fast, &price("1")).await;
    world.change("2").await;
    world.change("3").await;
    let told = |skipped| {
        let answer = price("3");
        format!(r#"{},"extensions":{{"skipped":{skipped}}}}}"#, &answer[..answer.len() - 1])
    };
    check(&mut fast, &told(1)).await;
    check(&mut slow, &told(2)).await;
    world.check_calls("Catalog/WatchBook 7\nPricing/BatchGet 1\nPricing/BatchGet 3");
}

/// How many streams, and how many calls for prices, two callers of the same cost.
async fn cost(shop: Shop, one: Context, other: Context) -> (usize, usize) {
    let world = world(shop, Config::default());
    let prepared = world.prepared(PRICE);
    let (mut one, mut other) = (world.watch(&prepared, one), world.watch(&prepared, other));
    sleep(1).await;
    world.change("1").await;
    // One after the other, so that no call is shared because it is under way.
    next(&mut one).await.unwrap();
    next(&mut other).await.unwrap();
    (world.streams().len(), world.services.count("Pricing/BatchGet"))
}

#[tokio::test(start_paused = true)]
async fn without_permission_each_has_a_stream_of_its_own() {
    let mut private = shop();
    private.method("Catalog/WatchBook").shareable = false;
    assert_eq!(cost(private, user("ann"), user("ann")).await, (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_told_who_asks_is_for_nobody_else() {
    let mut told = shop();
    told.method("Catalog/WatchBook").forward_identity = true;
    assert_eq!(cost(told, user("ann"), user("bob")).await, (2, 2));
    let mut told = shop();
    told.method("Catalog/WatchBook").forward_headers = vec!["authorization".to_owned()];
    let bearing = |token: &str| {
        let mut context = within(1_000);
        context.headers.insert("authorization", token.parse().unwrap());
        context
    };
    assert_eq!(cost(told, bearing("1"), bearing("2")).await, (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_one_lane_is_not_joined_from_another() {
    let blue = Context { lane: Some("blue".into()), ..within(1_000) };
    assert_eq!(cost(shop(), blue, within(1_000)).await, (2, 2));
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_a_call_that_is_told_who_asks_is_for_nobody_else() {
    let told = || {
        let mut told = shop();
        told.method("Pricing/BatchGet").forward_identity = true;
        told
    };
    assert_eq!(cost(told(), user("ann"), user("robert")).await, (1, 2));
    assert_eq!(cost(told(), user("ann"), user("ann")).await, (1, 1));
    // The service adds the length of the caller's name.
    let world = world(told(), Config::default());
    let prepared = world.prepared(PRICE);
    let (mut ann, mut robert) =
        (world.watch(&prepared, user("ann")), world.watch(&prepared, user("robert")));
    sleep(1).await;
    world.change("1").await;
    let (ann, robert) = tokio::join!(next(&mut ann), next(&mut robert));
    assert!(ann.unwrap().ends_with(br#""amount":103}}}}"#));
    assert!(robert.unwrap().ends_with(br#""amount":106}}}}"#));
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_a_call_that_requests_do_not_share_is_made_for_each() {
    let mut private = shop();
    private.method("Pricing/BatchGet").shareable = false;
    assert_eq!(cost(private, user("ann"), user("ann")).await, (1, 2));
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_what_is_kept_for_a_user_is_for_that_user() {
    let kept = || {
        let mut kept = shop();
        kept.method("Pricing/BatchGet").shareable = false;
        kept.policy("Book.price").cache = Some(cached(Scope::User));
        kept
    };
    assert_eq!(cost(kept(), user("ann"), user("ann")).await, (1, 1));
    assert_eq!(cost(kept(), user("ann"), user("bob")).await, (1, 2));
    assert_eq!(cost(kept(), within(1_000), within(1_000)).await, (1, 2));
}
