//! Root fields that no call answers: beside the others in a query, in their turn in a mutation, and never in the way.

use std::{collections::HashMap, sync::Mutex};

use futures::StreamExt;

use super::*;
use crate::{
    call::{Call, CallService, Replies, Reply},
    plan::{Plan, Source},
    transcoder::{FieldError, PathSegment, Spliced},
};

/// Answers a field with its response key, so many milliseconds later.
#[derive(Default)]
struct Lane {
    delays: HashMap<&'static str, u64>,
    began: Arc<Mutex<Vec<(String, Instant)>>>,
}

impl SlowLane for Lane {
    fn answer(
        &self,
        response_key: &str,
        _: resolver::Context,
    ) -> BoxFuture<'static, Result<Spliced>> {
        let key = response_key.to_owned();
        assert_ne!(key, "panics", "it panics before it begins");
        self.began.lock().unwrap().push((key.clone(), Instant::now()));
        let delay = self.delays.get(response_key).copied().unwrap_or_default();
        async move {
            sleep(delay).await;
            assert_ne!(key, "panics_later", "it panics on its way");
            let failed = key == "fails";
            let error = FieldError {
                path: vec![PathSegment::Key(key.clone().into()), PathSegment::Index(2)],
                location: crate::operation::Location { line: 7, column: 3 },
                error: Error::new(Code::NotFound, "not there"),
                step: None,
            };
            let json = if failed { "null".to_owned() } else { format!("{key:?}") };
            let errors = if failed { vec![error] } else { Vec::new() };
            Ok(Spliced { json: json.into(), errors })
        }
        .boxed()
    }
}

/// A plan whose `__typename`s are fields of the slow lane; those with the name of a type that is never null may not be null.
fn plan(world: &World, query: &str, nullable: bool) -> Plan {
    let operation = world.shop.schema.operation(query);
    let mut plan = planner::plan(&operation, &world.shop.contract).unwrap();
    let root = plan.root.0;
    for field in &mut plan.shapes[root].fields {
        if field.name == "__typename" {
            (field.source, field.nullable) = (Source::Slow, nullable);
        }
    }
    plan
}

async fn ask(world: &World, plan: Plan, lane: Lane) -> String {
    let prepared = prepare(plan, &world.shop.contract, &LazyTypes::default()).unwrap();
    let beside = Beside { slow: Some(Arc::new(lane)), plan: None };
    let context = Arc::new(within(1_000));
    let answer = world.executor.execute(&prepared, Vec::new(), context, beside).await;
    String::from_utf8(answer.body.to_vec()).unwrap()
}

fn delayed<const N: usize>(delays: [(&'static str, u64); N]) -> Lane {
    Lane { delays: delays.into(), ..Lane::default() }
}

#[tokio::test(start_paused = true)]
async fn a_query_asks_them_beside_the_services() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/GetBook", 100, Then::Answer);
    let plan = plan(&world, "{ a: __typename book(id: 1) { id } b: __typename }", true);
    let began = Instant::now();
    let answer = ask(&world, plan, delayed([("a", 90), ("b", 80)])).await;
    assert_eq!(answer, r#"{"data":{"a":"a","book":{"id":"1"},"b":"b"}}"#);
    assert_eq!(began.elapsed().as_millis(), 100);
}

/// Notes how many calls the services have begun to answer when it is asked, before it waits for anything.
struct Busy(Services, Arc<Mutex<Vec<usize>>>);

impl SlowLane for Busy {
    fn answer(&self, _: &str, _: resolver::Context) -> BoxFuture<'static, Result<Spliced>> {
        self.1.lock().unwrap().push(self.0.seen().len());
        std::future::ready(Ok(Spliced { json: "1".into(), errors: Vec::new() })).boxed()
    }
}

/// Services that are sent their calls by a task, as connections have one.
struct Driven(Services);

impl CallService for Driven {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply>> {
        let services = self.0.clone();
        let sent = tokio::spawn(async move { services.unary(call).await });
        async move { sent.await.unwrap() }.boxed()
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies>> {
        self.0.server_stream(call)
    }
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_the_steps_are_on_their_way_before_a_field_takes_the_thread() {
    let world = World::new(Shop::new());
    let calls = Arc::new(Driven(world.services.clone()));
    let config = Config::default();
    let executor =
        Executor::new(&world.shop.contract, calls, vec![length(&world.services)], &config);
    let plan =
        plan(&world, "{ a: __typename book(id: 1) { id } books { id } b: __typename }", true);
    let prepared = prepare(plan, &world.shop.contract, &LazyTypes::default()).unwrap();
    let seen = Arc::default();
    let lane = Busy(world.services.clone(), Arc::clone(&seen));
    let beside = Beside { slow: Some(Arc::new(lane)), plan: None };
    executor.unwrap().execute(&prepared, Vec::new(), Arc::new(within(1_000)), beside).await;
    assert_eq!(*seen.lock().unwrap(), [2, 2]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_late_is_null_with_an_error_and_the_rest_is_there() {
    let world = World::new(Shop::new());
    let plan = plan(&world, "{ a: __typename book(id: 1) { id } b: __typename }", true);
    let answer = ask(&world, plan, delayed([("a", 2_000)])).await;
    assert!(
        answer.starts_with(r#"{"data":{"a":null,"book":{"id":"1"},"b":"b"},"errors":[{"message":"the field was not answered in time""#),
        "{answer}"
    );
    assert!(
        answer.contains(r#""path":["a"],"extensions":{"code":"DEADLINE_EXCEEDED"}"#),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_the_error_of_its_field() {
    let world = World::new(Shop::new());
    let query = "{ panics: __typename a: __typename panics_later: __typename book(id: 1) { id } }";
    let answer = ask(&world, plan(&world, query, true), Lane::default()).await;
    let data = r#"{"data":{"panics":null,"a":"a","panics_later":null,"book":{"id":"1"}},"errors""#;
    assert!(answer.starts_with(data), "{answer}");
    assert_eq!(answer.matches("the field failed inside the gateway").count(), 2, "{answer}");
    assert!(!answer.contains("it panics"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn errors_inside_keep_their_own_place() {
    let world = World::new(Shop::new());
    let error = r#""errors":[{"message":"not there","locations":[{"line":7,"column":3}],"path":["fails",2],"extensions":{"code":"NOT_FOUND"}}]}"#;
    let query = "{ fails: __typename a: __typename }";
    let answer = ask(&world, plan(&world, query, true), Lane::default()).await;
    assert_eq!(answer, format!(r#"{{"data":{{"fails":null,"a":"a"}},{error}"#));
    let answer = ask(&world, plan(&world, query, false), Lane::default()).await;
    assert_eq!(answer, format!(r#"{{"data":null,{error}"#));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_large_is_refused() {
    let config = Config { max_answer_size: crate::units::ByteSize(10), ..Config::default() };
    let world = World::with(Shop::new(), config);
    let answer = ask(&world, plan(&world, "{ a_name: __typename }", true), Lane::default()).await;
    assert!(answer.contains("RESOURCE_EXHAUSTED"), "{answer}");
}

const CHANGES: &str = "mutation { a: __typename r: rename(id: 1, title: One) { title price { amount } } b: __typename \
                       c: __typename s: rename(id: 2, title: Two) { title } }";

#[tokio::test(start_paused = true)]
async fn a_mutation_asks_each_in_its_turn() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/Rename", 100, Then::Answer);
    world.services.set("Pricing/BatchGet", 5, Then::Answer);
    let (plan, lane) = (plan(&world, CHANGES, true), delayed([("a", 10), ("b", 20), ("c", 30)]));
    let (began, log) = (Instant::now(), Arc::clone(&lane.began));
    let answer = ask(&world, plan, lane).await;
    assert_eq!(
        answer,
        r#"{"data":{"a":"a","r":{"title":"One","price":{"amount":100}},"b":"b","c":"c","s":{"title":"Two"}}}"#
    );
    let log = log.lock().unwrap().clone();
    let at = |at: Instant| (at - began).as_millis();
    let slow: Vec<_> = log.iter().map(|(key, begun)| (key.as_str(), at(*begun))).collect();
    assert_eq!(slow, [("a", 0), ("b", 115), ("c", 135)]);
    let calls: Vec<_> = world.services.seen().iter().map(|seen| at(seen.at)).collect();
    assert_eq!(calls, [10, 110, 165]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_deadline_cuts_has_an_unknown_outcome_and_nothing_later_starts() {
    let world = World::new(Shop::new());
    let (plan, lane) = (plan(&world, CHANGES, true), delayed([("b", 60_000)]));
    let log = Arc::clone(&lane.began);
    let answer = ask(&world, plan, lane).await;
    assert!(answer.contains(r#""b":null,"c":null,"s":null}"#), "{answer}");
    assert!(answer.contains("was not answered in time: the outcome is unknown"), "{answer}");
    assert_eq!(answer.matches("this was not sent").count(), 2, "{answer}");
    assert_eq!(log.lock().unwrap().len(), 2);
    assert_eq!(world.services.seen().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_event_of_a_subscription_has_an_answer_and_a_panic_is_the_last() {
    let world = World::new(Shop::new());
    let mut plan = plan(&world, "{ a: __typename }", true);
    plan.kind = OperationKind::Subscription;
    let prepared = prepare(plan, &world.shop.contract, &LazyTypes::default()).unwrap();
    let event = |json: &'static str| Ok(Spliced { json: json.into(), errors: Vec::new() });
    let events = futures::stream::iter(0..3).map(move |number| {
        assert_ne!(number, 2, "the third one panics");
        event(if number == 0 { "10" } else { "20" })
    });
    let answers = world.executor.show(&prepared, Arc::new(within(1)), None, |_| events.boxed());
    sleep(50).await;
    let answers: Vec<String> = answers
        .map(|answer| String::from_utf8(answer.body.to_vec()).unwrap())
        .collect::<Vec<_>>()
        .await;
    assert_eq!(answers[..2], [r#"{"data":{"a":10}}"#, r#"{"data":{"a":20}}"#]);
    assert!(answers[2].contains("the subscription failed inside the gateway"), "{}", answers[2]);
    assert_eq!(answers.len(), 3);
}
