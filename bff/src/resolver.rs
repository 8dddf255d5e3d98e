//! Functions of the embedding program that answer fields: asked once for all parents of a level.
//!
//! To the engine a resolver is one more call: parents and arguments go in as messages, results come out as messages.
//! Generated code stands between these bytes and the typed trait that a program implements.

use std::{fmt, ops::Deref, sync::Arc};

use bytes::Bytes;
use futures::future::BoxFuture;

use crate::{call::CallService, context, error::Error};

/// One result for each parent, in the order of the parents.
pub type Batch<T> = Vec<Result<T, Error>>;

/// What a resolver may know and use: the request's context, and clients that call as the request does.
#[derive(Clone)]
pub struct Context {
    request: Arc<context::Context>,
    calls: Arc<dyn CallService>,
}

impl Context {
    /// A context whose clients call through `calls`.
    #[must_use]
    pub fn new(request: Arc<context::Context>, calls: Arc<dyn CallService>) -> Self {
        Self { request, calls }
    }

    /// The request's own context.
    #[must_use]
    pub fn request(&self) -> &Arc<context::Context> {
        &self.request
    }

    /// What generated clients call through: deadline, identity, policies and telemetry of this request hold.
    #[must_use]
    pub fn calls(&self) -> &Arc<dyn CallService> {
        &self.calls
    }
}

impl Deref for Context {
    type Target = context::Context;

    fn deref(&self) -> &context::Context {
        &self.request
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Context").field("request", &self.request).finish_non_exhaustive()
    }
}

/// A resolver as the engine sees it. Generated code implements it.
pub trait Resolve: Send + Sync + 'static {
    /// Answers one field for all `parents`: encoded messages that hold what the field requires. `arguments` is the
    /// encoded message of its arguments. There are as many results as parents, in their order.
    fn resolve<'a>(
        &'a self,
        context: &'a Context,
        parents: &'a [Bytes],
        arguments: Bytes,
    ) -> BoxFuture<'a, Batch<Bytes>>;
}

/// A resolver and the field that it answers.
pub struct Registration {
    /// The GraphQL type.
    pub type_name: &'static str,
    /// The GraphQL field.
    pub field: &'static str,
    /// As in the contract that the program was compiled with.
    pub fingerprint: &'static str,
    /// The function.
    pub resolve: Box<dyn Resolve>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{} ({})", self.type_name, self.field, self.fingerprint)
    }
}

/// A generated contract whose resolver traits `R` implements.
///
/// Codegen implements it for a type of the program's own: `impl<R: BookResolvers> Bind<R> for C`.
pub trait Bind<R> {
    /// All resolvers of the contract, answered by `resolvers`.
    fn bind(resolvers: R) -> Vec<Registration>;
}

/// A contract that a program carries: what `contract()` in generated code returns.
pub trait Embedded {
    /// The encoded `anabranch.v1.Contract`.
    fn bytes(&self) -> &'static [u8];
}
