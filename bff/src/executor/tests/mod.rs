//! Runs the plans of small queries against a bookshop in memory. Time is stopped: a call of 80 ms takes 80 ms exactly.

mod alone;
mod apart;
mod batching;
mod contracts;
mod deadlines;
mod denials;
mod document;
mod early;
mod fallbacks;
mod gathering;
mod hasty;
mod incremental;
mod isolation;
mod keeping;
mod lists;
mod live;
mod masks;
mod mutations;
mod reference;
mod resuming;
mod returning;
mod rungs;
mod segments;
mod service;
mod sharing;
mod slow;
mod steps;
mod streams;
mod streams_apart;
mod subscriptions;
mod trouble;
mod watch;
mod wire;

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use tokio::time::Instant;

use self::{
    contracts::Shop,
    service::{End, Services, Then},
};
use super::*;
use crate::{
    context::Identity,
    contract::{LazyTypes, Scope},
    planner,
    resolver::{self, Batch, Resolve},
};

/// An executor of a shop, and the shop's services.
#[derive(Clone)]
struct World {
    executor: Executor,
    services: Services,
    shop: Arc<Shop>,
}

impl World {
    fn new(shop: Shop) -> Self {
        Self::with(shop, Config::default())
    }

    fn with(shop: Shop, mut config: Config) -> Self {
        config.entity_cache.jitter = 0.0;
        let services = Services::default();
        let calls = Arc::new(services.clone());
        let executor =
            Executor::new(&shop.contract, calls, vec![length(&services)], &config).unwrap();
        Self { executor, services, shop: Arc::new(shop) }
    }

    fn prepared(&self, query: &str) -> Arc<Prepared> {
        let operation = self.shop.schema.operation(query);
        let plan = planner::plan(&operation, &self.shop.contract).unwrap();
        prepare(plan, &self.shop.contract, &LazyTypes::default()).unwrap()
    }

    fn answer(&self, query: &str, context: Context) -> BoxFuture<'static, Answer> {
        let (prepared, executor) = (self.prepared(query), self.executor.clone());
        async move {
            executor.execute(&prepared, Vec::new(), Arc::new(context), Beside::default()).await
        }
        .boxed()
    }

    async fn ask_as(&self, query: &str, context: Context) -> String {
        String::from_utf8(self.answer(query, context).await.body.to_vec()).unwrap()
    }

    /// Asks with a second of time.
    async fn ask(&self, query: &str) -> String {
        self.ask_as(query, within(1_000)).await
    }

    #[track_caller]
    fn check_calls(&self, expected: &str) {
        let actual = self.services.calls();
        let mut calls: Vec<&str> = actual.lines().map(str::trim).collect();
        let mut wanted: Vec<&str> = expected.lines().map(str::trim).collect();
        calls.sort_unstable();
        wanted.retain(|line| !line.is_empty());
        wanted.sort_unstable();
        assert_eq!(calls, wanted);
    }
}

fn length(services: &Services) -> Registration {
    let resolve = Box::new(TitleLength(services.clone()));
    Registration { type_name: "Book", field: "length", fingerprint: "1", resolve }
}

/// A caller of whom nothing is known, with so many milliseconds.
fn within(milliseconds: u64) -> Context {
    Context::anonymous(Instant::now() + Duration::from_millis(milliseconds))
}

fn user(subject: &str) -> Context {
    let identity = Identity { subject: subject.into(), claims: Vec::new() };
    Context { identity: Some(identity), ..within(1_000) }
}

/// `Book.length`: the letters of the title, unless it is told to fail.
struct TitleLength(Services);

impl Resolve for TitleLength {
    fn resolve<'a>(
        &'a self,
        _: &'a resolver::Context,
        parents: &'a [Bytes],
        _: Bytes,
    ) -> BoxFuture<'a, Batch<Bytes>> {
        let length = |parent: &Bytes| {
            let title = &wire::Message::decode(parent).unwrap().texts(1)[0];
            assert_ne!(title, "Book 13", "nobody counts these letters");
            let letters = i64::try_from(title.len()).unwrap();
            Ok(wire::Message::new().int(1, letters).encode().into())
        };
        let failure = self.0.failure("Book/length");
        let answer = |parent| failure.clone().map_or_else(|| length(parent), Err);
        let answers = parents.iter().map(answer).collect();
        async move { answers }.boxed()
    }
}

/// A cache policy of ten seconds.
fn cached(scope: Scope) -> crate::contract::Cache {
    crate::contract::Cache {
        max_age_ms: 10_000,
        scope: scope.into(),
        ..crate::contract::Cache::default()
    }
}

async fn sleep(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
