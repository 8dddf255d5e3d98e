//! The executor against an obvious one, over random schemas, data, failures and operations.

mod dice;
mod model;
mod naive;
mod oracle;
mod query;

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

/// One schema, with some operations at once, and then once more with what is kept by then.
async fn check(seed: u64) {
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
            let prepared = prepare(plan, &contract).unwrap();
            let executor = executor.clone();
            async move {
                let context = Arc::new(within(10_000));
                executor.execute(&prepared, Vec::new(), context, &()).await
            }
        });
        let answers = futures::future::join_all(answers).await;
        for (operation, answer) in operations.iter().zip(answers) {
            let expected = naive::execute(&oracle, operation);
            let actual = read(&answer.body);
            assert_eq!(
                actual, expected,
                "seed {seed}, round {round}: the executor on the left; of\n{operation:#?}"
            );
        }
    }
    assert!(executor.0.in_flight.is_empty(), "seed {seed}");
}

#[tokio::test(start_paused = true)]
async fn it_answers_as_the_obvious_executor_does() {
    // Panics of services are part of it, and need no stack traces.
    let seeds = std::env::var("ANABRANCH_SEEDS").ok().and_then(|text| text.parse().ok());
    for seed in 0..seeds.unwrap_or(300) {
        check(seed).await;
    }
}
