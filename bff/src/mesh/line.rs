//! A connection as tonic's client needs it, for streams.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http_body_util::BodyExt;
use tonic::{Status, body::Body, client::GrpcService};

use super::{
    connection::Connection,
    guard::{Guarded, guard},
};

/// A connection for one call, as tonic's client needs it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) connection: Connection,
    pub(super) max_response_size: u64,
}

impl GrpcService<Body> for Line {
    type ResponseBody = Guarded;
    type Error = Status;
    type Future = BoxFuture<'static, Result<http::Response<Guarded>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let (connection, max_size) = (self.connection.clone(), self.max_response_size);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            // One message, which is there already.
            let message = body.collect().await?.to_bytes();
            let response = connection.send(http::Request::from_parts(head, ()), message).await?;
            guard(response, max_size)
        })
    }
}
