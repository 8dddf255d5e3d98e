//! Calls of generated clients.

use std::sync::{Arc, OnceLock};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use prost::Message;

use crate::{
    call::Call,
    contract::{Method, SideEffects},
    error::{Code, Error, Origin, Result},
    resolver::Context,
};

/// The messages of a server-streaming method. It ends after an error.
pub type Stream<T> = BoxStream<'static, Result<T>>;

/// Calls as the request of a resolver does: with its deadline, its caller and the policies of each method.
#[derive(Clone, Debug)]
pub struct Client {
    context: Context,
}

/// A method as generated code knows it.
#[derive(Debug)]
pub struct Rpc {
    service: &'static str,
    name: &'static str,
    messages: [&'static str; 2],
    server_streaming: bool,
    promised: bool,
    shareable: bool,
    forwarded: Forwarded,
    side_effects: SideEffects,
    method: OnceLock<Arc<Method>>,
}

#[derive(Debug)]
struct Forwarded {
    identity: bool,
    tenant: bool,
    headers: &'static [&'static str],
}

impl Rpc {
    /// A method that takes and gives these messages, forwards nothing of the caller and is sent once.
    #[must_use]
    pub const fn new(
        service: &'static str,
        name: &'static str,
        input: &'static str,
        output: &'static str,
    ) -> Self {
        Self {
            service,
            name,
            messages: [input, output],
            server_streaming: false,
            promised: false,
            shareable: false,
            forwarded: Forwarded { identity: false, tenant: false, headers: &[] },
            side_effects: SideEffects::Any,
            method: OnceLock::new(),
        }
    }

    /// It answers with a stream.
    #[must_use]
    pub const fn server_streaming(mut self) -> Self {
        self.server_streaming = true;
        self
    }

    /// No service has it yet.
    #[must_use]
    pub const fn promised(mut self) -> Self {
        self.promised = true;
        self
    }

    /// Identical calls of different requests may share one answer.
    #[must_use]
    pub const fn shareable(mut self) -> Self {
        self.shareable = true;
        self
    }

    /// The caller's identity goes along.
    #[must_use]
    pub const fn forwards_identity(mut self) -> Self {
        self.forwarded.identity = true;
        self
    }

    /// The caller's tenant goes along.
    #[must_use]
    pub const fn forwards_tenant(mut self) -> Self {
        self.forwarded.tenant = true;
        self
    }

    /// These headers of the request go along.
    #[must_use]
    pub const fn forwards_headers(mut self, names: &'static [&'static str]) -> Self {
        self.forwarded.headers = names;
        self
    }

    /// It may be sent again.
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.side_effects = SideEffects::Idempotent;
        self
    }

    /// It may be sent again, to several endpoints, and shared.
    #[must_use]
    pub const fn no_side_effects(mut self) -> Self {
        self.side_effects = SideEffects::NoSideEffects;
        self
    }

    fn method(&self) -> Arc<Method> {
        let [input, output] = self.messages;
        let method = self.method.get_or_init(|| {
            Arc::new(Method {
                service: self.service.to_owned(),
                name: self.name.to_owned(),
                input: input.to_owned(),
                output: output.to_owned(),
                server_streaming: self.server_streaming,
                promised: self.promised,
                shareable: self.shareable,
                forward_identity: self.forwarded.identity,
                forward_tenant: self.forwarded.tenant,
                forward_headers: self.forwarded.headers.iter().map(|&name| name.into()).collect(),
            })
        });
        Arc::clone(method)
    }
}

impl Client {
    /// A client for one request.
    #[must_use]
    pub fn new(context: &Context) -> Self {
        Self { context: context.clone() }
    }

    /// One request, one response. The request is encoded before this returns.
    pub fn unary<I, O>(&self, rpc: &'static Rpc, request: &I) -> BoxFuture<'static, Result<O>>
    where
        I: Message,
        O: Message + Default,
    {
        let reply = self.context.calls().unary(self.call(rpc, request));
        async move { decode(rpc, &reply.await?.message) }.boxed()
    }

    /// One request, many responses. The request is encoded before this returns.
    pub fn server_stream<I, O>(
        &self,
        rpc: &'static Rpc,
        request: &I,
    ) -> BoxFuture<'static, Result<Stream<O>>>
    where
        I: Message,
        O: Message + Default + 'static,
    {
        let replies = self.context.calls().server_stream(self.call(rpc, request));
        async move {
            let decoded = replies.await?.map(move |message| decode(rpc, &message?));
            Ok(decoded.boxed())
        }
        .boxed()
    }

    fn call(&self, rpc: &Rpc, request: &impl Message) -> Call {
        Call {
            method: rpc.method(),
            message: request.encode_to_vec().into(),
            deadline: self.context.deadline,
            open_ended: true,
            side_effects: rpc.side_effects,
            context: Arc::clone(self.context.request()),
        }
    }
}

fn decode<O: Message + Default>(rpc: &Rpc, message: &[u8]) -> Result<O> {
    O::decode(message).map_err(|error| {
        let origin = Origin { service: rpc.service.into(), method: rpc.name.into() };
        let text = "the reply could not be read";
        Error::with_source(Code::DataLoss, text, error).from_method(origin)
    })
}
