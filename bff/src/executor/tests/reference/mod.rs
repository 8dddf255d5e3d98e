//! The executor against an obvious one, over random schemas, data, failures and operations.

mod contract;
mod deferred;
pub(super) mod dice;
mod model;
mod naive;
mod oracle;
mod query;

use std::panic::AssertUnwindSafe;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::{dice::Dice, model::Model, oracle::Oracle};
use super::*;
use crate::operation::Operation;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow, default)]
    errors: Vec<BodyError<'a>>,
    #[serde(borrow, default)]
    extensions: BodyExtensions<'a>,
}

#[derive(Deserialize)]
struct BodyError<'a> {
    #[serde(borrow)]
    path: &'a RawValue,
    extensions: BodyCode,
}

#[derive(Deserialize)]
struct BodyCode {
    code: String,
}

#[derive(Deserialize, Default)]
struct BodyExtensions<'a> {
    #[serde(borrow, default)]
    degraded: Vec<BodyDegraded<'a>>,
}

#[derive(Deserialize)]
struct BodyDegraded<'a> {
    #[serde(borrow)]
    path: &'a RawValue,
    cause: String,
    source: String,
}

fn read(body: &[u8]) -> naive::Answer {
    let body: Body<'_> = serde_json::from_slice(body).unwrap();
    naive::Answer {
        data: body.data.get().to_owned(),
        errors: body
            .errors
            .into_iter()
            .map(|error| (error.path.get().to_owned(), error.extensions.code))
            .collect(),
        degraded: body
            .extensions
            .degraded
            .into_iter()
            .map(|place| (place.path.get().to_owned(), place.cause, place.source))
            .collect(),
    }
}

/// What came up, so that nobody believes in a test of empty answers.
#[derive(Debug, Default)]
struct Seen {
    answers: usize,
    with_errors: usize,
    degraded: usize,
    /// Some field waits less long than the call lasts.
    hasty: usize,
    /// Some call starts with the one whose object it is asked for.
    early: usize,
    bytes: usize,
}

impl Seen {
    fn note(&mut self, answer: &naive::Answer) {
        self.answers += 1;
        self.with_errors += usize::from(!answer.errors.is_empty());
        self.degraded += usize::from(!answer.degraded.is_empty());
        self.bytes += answer.data.len();
    }

    fn is_rich(&self) -> bool {
        self.with_errors * 4 > self.answers
            && self.degraded * 10 > self.answers
            && self.hasty * 20 > self.answers
            && self.early * 12 > self.answers
            && self.bytes > self.answers * 120
    }
}

/// One schema, with some operations at once, and then once more with what is kept by then.
async fn check(seed: u64, seen: &mut Seen) {
    let mut dice = Dice::new(seed);
    let oracle = Oracle { model: Arc::new(Model::random(&mut dice)), seed };
    let contract = oracle.model.contract(|ask| oracle.last(ask).encode());
    let config = Config::default();
    let executor = Executor::new(&contract, Arc::new(oracle.clone()), Vec::new(), &config).unwrap();
    let operations: Vec<Operation> =
        (0..3).map(|_| query::random(&oracle.model, &mut dice)).collect();
    for round in 0..2 {
        let answers = operations.iter().map(|operation| {
            let plan = planner::plan(operation, &contract).unwrap();
            let prepared = prepare(plan, &contract, &LazyTypes::default()).unwrap();
            let executor = executor.clone();
            async move {
                let context = Arc::new(within(10_000));
                executor.execute(&prepared, Vec::new(), context, Beside::default()).await
            }
        });
        let answers = futures::future::join_all(answers).await;
        for (operation, answer) in operations.iter().zip(answers) {
            let mut expected = naive::execute(&oracle, operation);
            let actual = read(&answer.body);
            let told = (expected.errors.len() as u64, expected.degraded.len() as u64);
            assert_eq!((answer.errors, answer.degraded), told, "round {round}");
            // For each step at most 100 are listed, the others counted.
            if answer.errors > actual.errors.len() as u64 {
                expected.errors.retain(|place| actual.errors.contains(place));
            }
            if answer.degraded > actual.degraded.len() as u64 {
                expected.degraded.retain(|place| actual.degraded.contains(place));
            }
            seen.note(&actual);
            let plan = planner::plan(operation, &contract).unwrap();
            seen.hasty += usize::from(plan.sites.iter().any(|site| site.timeout.is_some()));
            seen.early += usize::from(plan.steps.iter().any(|step| step.early));
            assert_eq!(
                actual,
                expected,
                "round {round}: the executor on the left; of\n{:?} {}\n{}",
                operation.kind,
                query::text(&operation.fields),
                plan.display(&contract)
            );
        }
    }
    assert!(executor.0.in_flight.is_empty());
}

/// All seeds below 200; with `ANABRANCH_SEEDS=5000` so many, with `ANABRANCH_SEEDS=7..8` those.
pub(super) fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("ANABRANCH_SEEDS") else { return 0..200 };
    let (from, to) = text.split_once("..").unwrap_or(("0", &text));
    from.parse().unwrap()..to.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn it_answers_as_the_obvious_executor_does() {
    let mut seen = Seen::default();
    for seed in seeds() {
        let checked = AssertUnwindSafe(check(seed, &mut seen)).catch_unwind().await;
        if let Err(panic) = checked {
            let told = panic.downcast_ref::<String>().map_or("no words", String::as_str);
            panic!("seed {seed}: {told}");
        }
    }
    if seeds().end - seeds().start >= 200 {
        assert!(seen.is_rich(), "these seeds show too little: {seen:?}");
    }
}
