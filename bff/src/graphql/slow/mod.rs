//! The slow lane: root fields that async-graphql answers with a program's own objects. Each is asked for with a document of
//! its own, made of just what is selected of it, and its answer is put into the response as bytes.

mod answer;
mod document;
mod join;
mod write;

use std::{collections::HashMap, fmt, sync::Arc};

use async_graphql::{
    ObjectType, Request, Response, SDLExportOptions, Schema, SubscriptionType, dynamic,
};
use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, ready},
    stream::BoxStream,
};

pub(super) use join::{Joined, OwnFields, join};

use crate::{
    error::Result,
    executor::SlowLane,
    operation::{Field, NeverNull, OperationKind, Value, Variables},
    resolver::Context,
    transcoder::Spliced,
};

/// A schema of async-graphql whose root fields join those of the contract. Its resolvers find the request's
/// [`Context`] with `ctx.data::<anabranch::Context>()`.
pub trait OwnSchema: Send + Sync + 'static {
    /// The schema in the schema language.
    fn sdl(&self) -> String;

    /// Answers a query or a mutation.
    fn execute(&self, request: Request) -> BoxFuture<'static, Response>;

    /// Begins a subscription.
    fn stream(&self, request: Request) -> BoxStream<'static, Response>;
}

impl<Q, M, S> OwnSchema for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn sdl(&self) -> String {
        self.sdl_with_options(SDLExportOptions::new().include_specified_by())
    }

    fn execute(&self, request: Request) -> BoxFuture<'static, Response> {
        let schema = self.clone();
        async move { Schema::execute(&schema, request).await }.boxed()
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        self.execute_stream(request).boxed()
    }
}

impl OwnSchema for dynamic::Schema {
    fn sdl(&self) -> String {
        self.sdl_with_options(SDLExportOptions::new().include_specified_by())
    }

    fn execute(&self, request: Request) -> BoxFuture<'static, Response> {
        let schema = self.clone();
        async move { dynamic::Schema::execute(&schema, request).await }.boxed()
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        self.execute_stream(request).boxed()
    }
}

/// A program's own fields of one operation.
#[derive(Clone)]
pub(super) struct Own {
    pub(super) schema: Arc<dyn OwnSchema>,
    pub(super) kind: OperationKind,
    pub(super) fields: Arc<[Field]>,
}

impl fmt::Debug for Own {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Own").field("fields", &self.fields).finish_non_exhaustive()
    }
}

impl Own {
    /// The events of a subscription's only field.
    pub(super) fn events(
        &self,
        variables: &Variables,
        context: Context,
    ) -> BoxStream<'static, Result<Spliced>> {
        let Some(field) = self.fields.first().cloned() else {
            return futures::stream::empty().boxed();
        };
        match self.request(&field, variables, context) {
            Ok(request) => {
                let events = self.schema.stream(request);
                events.map(move |event| answer::spliced(event, &field)).boxed()
            }
            Err(error) => futures::stream::once(ready(Err(error))).boxed(),
        }
    }

    fn request(&self, field: &Field, variables: &Variables, context: Context) -> Result<Request> {
        NeverNull::check(&NeverNull::of(&field.arguments), variables)?;
        let mut request = Request::new(String::new()).data(context);
        request.set_parsed_query(document::document(self.kind, field, variables));
        Ok(request)
    }
}

/// The JSON of introspection fields, by response key.
pub(super) type Introspections = HashMap<String, Result<Bytes>>;

/// What answers the slow fields of one request.
pub(super) struct Lane {
    pub(super) introspected: Arc<Introspections>,
    pub(super) own: Option<Own>,
    pub(super) variables: Vec<Option<Value>>,
}

impl SlowLane for Lane {
    fn answer(&self, response_key: &str, context: Context) -> BoxFuture<'static, Result<Spliced>> {
        let spliced = |json| Spliced { json, errors: Vec::new() };
        if let Some(json) = self.introspected.get(response_key) {
            return ready(json.clone().map(spliced)).boxed();
        }
        let mine =
            |own: &Own| own.fields.iter().position(|field| field.response_key == response_key);
        let Some((own, at)) = self.own.as_ref().and_then(|own| Some((own, mine(own)?))) else {
            return ready(Ok(spliced(Bytes::from_static(b"null")))).boxed();
        };
        let request = match own.request(&own.fields[at], &self.variables, context) {
            Ok(request) => request,
            Err(error) => return ready(Err(error)).boxed(),
        };
        let answer = own.schema.execute(request);
        let fields = Arc::clone(&own.fields);
        async move { answer::spliced(answer.await, &fields[at]) }.boxed()
    }
}

#[cfg(test)]
mod tests;
