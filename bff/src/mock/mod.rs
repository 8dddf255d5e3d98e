//! Answers calls without a network, always the same for the same seed, type and key.
//!
//! An object's values follow from the seed, its GraphQL type, its key and the names of its fields: book 42 has one
//! title, whether it is asked for alone, stands in a list, or comes from a service that does not exist yet. Nothing is
//! kept: what a mutation writes is in its answer only.
//!
//! It has the limits of a service: a page has at most 100 items, and a reply of more than 4 MiB, or one for which the
//! deadline leaves no time, is an error.

mod given;
mod hash;
mod identity;
mod make;
mod request;
mod resolver;
mod scenario;
mod tables;
mod values;
mod wire;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use http::HeaderMap;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

pub use self::scenario::{HEADER, Scenario};
use self::{
    make::{Maker, Room},
    request::Request,
    scenario::Aim,
    tables::{Method, Tables},
};
use crate::{
    call::{Call, CallService, Replies, Reply},
    contract::{self, Contract},
    error::{Code, Error, Origin, Result},
};

/// How the mock answers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Another seed gives other titles, prices and lists, as plausible as those of seed 0.
    pub seed: u64,
    /// Whether requests may ask for bad days with `x-mock: slow=800ms, error=reviews, empty, long`. For development: a
    /// caller who can send it can make any mocked field fail.
    pub scenarios: bool,
}

/// Answers every method of a contract, those that no service has yet among them.
#[derive(Clone, Debug)]
pub struct Mock {
    tables: Arc<Tables>,
    config: Config,
}

impl Mock {
    /// Works out what every method answers.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] where the contract names what its descriptor set does not have, or shapes a mock in a
    /// way that is not known.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "every part of the runtime is given its share of the contract"
    )]
    pub fn new(contract: Arc<Contract>, config: Config) -> Result<Self> {
        Ok(Self { tables: Arc::new(Tables::new(&contract)?), config })
    }

    /// Reads what a request asks for in its `x-mock` headers; an ordinary day where the configuration says so.
    ///
    /// # Errors
    ///
    /// [`Code::BadRequest`], with the accepted forms, for a header that is not understood or names no field, method or
    /// service.
    pub fn scenario(&self, headers: &HeaderMap) -> Result<Scenario> {
        if !self.config.scenarios {
            return Ok(Scenario::default());
        }
        let scenario = Scenario::from_headers(headers)?;
        for name in scenario.names() {
            if !self.tables.methods().any(|method| method.is_meant(name)) {
                return Err(scenario::refusal(&format!("`{name}`, which no call answers")));
            }
        }
        Ok(scenario)
    }

    fn answer(&self, call: &Call, message: usize) -> Result<Plan> {
        let Some(method) = self.tables.method(&call.method.service, &call.method.name) else {
            return Err(Error::new(Code::Unimplemented, "the contract does not have this method"));
        };
        self.plan(method, &call.message, &call.context.headers, message, call.deadline)
    }

    /// What a request gets as the answer with this number in a stream.
    fn plan(
        &self,
        method: &Method,
        request: &[u8],
        headers: &HeaderMap,
        message: usize,
        deadline: Instant,
    ) -> Result<Plan> {
        let scenario = self.scenario(headers)?;
        let mut request = Request::read(method, request)?;
        if message > 0 {
            request.question.push_str(&format!("@{message}"));
        }
        let latency = latency(method, request.role.latency, &scenario);
        let result = match failure(method, request.role.error, &scenario) {
            Some(code) => Err(Error::new(code, "the mock was asked to fail here")),
            None => {
                let (tables, seed) = (&*self.tables, self.config.seed);
                let room = Room::until(deadline);
                let maker =
                    Maker { tables, seed, scenario: &scenario, request: &request, room: &room };
                let response = maker.response(&method.response);
                room.check().map(|()| Bytes::from(response))
            }
        };
        Ok(Plan { latency, result })
    }
}

/// What a call gets, and when.
struct Plan {
    latency: Duration,
    result: Result<Bytes>,
}

fn latency(method: &Method, own: Duration, scenario: &Scenario) -> Duration {
    let slow = scenario.slow.iter().filter(|(aim, _)| hits(aim, method)).map(|(_, span)| *span);
    slow.chain([own]).max().unwrap_or_default()
}

fn failure(method: &Method, own: Option<Code>, scenario: &Scenario) -> Option<Code> {
    let asked = scenario.errors.iter().find(|(aim, _)| hits(aim, method)).map(|(_, code)| *code);
    asked.or(own)
}

fn hits(aim: &Aim, method: &Method) -> bool {
    match aim {
        Aim::Every => true,
        Aim::Named(name) => method.is_meant(name),
    }
}

/// Waits as long as the mock was told to, but not beyond the deadline.
async fn wait(latency: Duration, deadline: Instant) -> Result<()> {
    if latency.is_zero() {
        return Ok(());
    }
    let ready = Instant::now() + latency;
    sleep_until(ready.min(deadline)).await;
    if ready <= deadline {
        return Ok(());
    }
    Err(Error::new(Code::DeadlineExceeded, "the time for this call was over"))
}

fn origin(method: &contract::Method) -> Origin {
    Origin { service: method.service.as_str().into(), method: method.name.as_str().into() }
}

/// How many messages a mocked stream has.
const STREAMED: usize = 3;

impl CallService for Mock {
    fn source(&self, _: &contract::Method) -> &'static str {
        "mock"
    }

    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply>> {
        let plan = self.answer(&call, 0);
        async move {
            let from_method = |error: Error| error.from_method(origin(&call.method));
            let plan = plan.map_err(from_method)?;
            wait(plan.latency, call.deadline).await.map_err(from_method)?;
            plan.result.map(|message| Reply { message }).map_err(from_method)
        }
        .boxed()
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies>> {
        let mock = self.clone();
        async move {
            let from_method = |error: Error| error.from_method(origin(&call.method));
            let first = mock.answer(&call, 0).map_err(from_method)?;
            wait(first.latency, call.deadline).await.map_err(from_method)?;
            first.result.map_err(from_method)?;
            let messages = (0..STREAMED).map(move |message| {
                mock.answer(&call, message)
                    .and_then(|plan| plan.result)
                    .map_err(|error| error.from_method(origin(&call.method)))
            });
            Ok(stream::iter(messages).boxed())
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
