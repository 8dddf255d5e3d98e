//! Calls over real sockets: what services, and what stands in for them, do wrong.

mod faults;
mod metadata;
mod refusals;
pub(crate) mod service;
mod stream_pool;
mod streams;
mod turns;
mod wire;

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout};

use super::*;
use crate::{context::Context, contract};

/// Longer than anything here takes; only a test that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mesh that calls `test.Scripted` at these addresses, with settings of the test.
fn mesh_with(endpoints: &[std::net::SocketAddr], change: impl FnOnce(&mut ServiceConfig)) -> Mesh {
    let endpoints = endpoints.iter().map(|address| format!("http://{address}").parse().unwrap());
    let mut service = ServiceConfig {
        endpoints: Some(endpoints.collect()),
        // The machine may be busy.
        connect_wait: Some(crate::units::Span(PATIENCE)),
        ..ServiceConfig::default()
    };
    change(&mut service);
    Mesh::new(&Config { services: [("test.Scripted".to_owned(), service)].into() }, 0)
}

fn mesh(endpoints: &[std::net::SocketAddr]) -> Mesh {
    mesh_with(endpoints, |_| {})
}

/// A call of one of the methods of [`service`], with much time.
fn call(method: &str, message: &'static [u8]) -> Call {
    call_within(method, message, PATIENCE)
}

fn call_within(method: &str, message: &'static [u8], within: Duration) -> Call {
    let deadline = Instant::now() + within;
    let method = contract::Method {
        service: "test.Scripted".to_owned(),
        name: method.to_owned(),
        ..contract::Method::default()
    };
    Call {
        method: Arc::new(method),
        message: Bytes::from_static(message),
        deadline,
        open_ended: true,
        side_effects: contract::SideEffects::NoSideEffects,
        context: Arc::new(Context::anonymous(deadline)),
    }
}

/// What comes of a call, which must not hang.
async fn answer(mesh: &Mesh, call: Call) -> Result<Bytes> {
    let answer = timeout(PATIENCE * 2, mesh.unary(call)).await.expect("the call hangs");
    answer.map(|reply| reply.message)
}

/// Calls until an answer comes: for what becomes true a little later.
async fn answer_at_last(mesh: &Mesh, method: &str) -> Bytes {
    let trying = async {
        loop {
            match mesh.unary(call(method, b"again")).await {
                Ok(reply) => return reply.message,
                Err(error) => assert_eq!(error.code(), Code::Unavailable, "{error:?}"),
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, trying).await.expect("the service does not come back")
}
