//! A connection as tonic's client needs it, for streams.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http_body_util::BodyExt;
use tonic::{Status, body::Body, client::GrpcService};

use super::{
    connection::Place,
    guard::{Guarded, guard},
    status,
};

/// A place for one call, as tonic's client needs it.
#[derive(Debug)]
pub(super) struct Line {
    /// Until the call goes out.
    pub(super) place: Option<Place>,
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
        let (place, max_size) = (self.place.take(), self.max_response_size);
        Box::pin(async move {
            let place = place.ok_or_else(status::unsent)?;
            let (head, body) = request.into_parts();
            // One message, which is there already.
            let message = body.collect().await?.to_bytes();
            let response = place.send(http::Request::from_parts(head, ()), message).await?;
            guard(response, max_size)
        })
    }
}
