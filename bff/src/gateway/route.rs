//! Which calls go to services and which to the mock.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::{
    call::{Call, CallService, Replies, Reply},
    contract::{Contract, Method, State},
    error::{Code, Error, Result},
};

/// Services answer what they have, the mock what is promised.
pub(super) struct Route {
    pub(super) real: Arc<dyn CallService>,
    pub(super) promised: Arc<dyn CallService>,
}

impl Route {
    fn to(&self, method: &Method) -> &Arc<dyn CallService> {
        if method.promised { &self.promised } else { &self.real }
    }
}

impl CallService for Route {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        self.to(&call.method).unary(call)
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies, Error>> {
        self.to(&call.method).server_stream(call)
    }

    fn reconnected(&self, method: &Method) -> BoxFuture<'static, ()> {
        self.to(method).reconnected(method)
    }

    fn source(&self, method: &Method) -> &'static str {
        self.to(method).source(method)
    }
}

/// Fields that no service answers yet, as `Type.field`.
pub(super) fn promised_fields(contract: &Contract) -> Vec<String> {
    let fields = contract.bindings.iter().flat_map(|binding| {
        let promised = binding.fields.iter().filter(|field| field.state() == State::Promised);
        promised.map(|field| format!("{}.{}", binding.r#type, field.name))
    });
    let mut fields: Vec<_> = fields.collect();
    fields.sort();
    fields.dedup();
    fields
}

/// Refuses a contract whose promised fields nobody answers.
pub(super) fn refuse_promised(contract: &Contract) -> Result<()> {
    let fields = promised_fields(contract);
    if fields.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Code::FailedPrecondition,
        format!(
            "no service answers {}; a mock answers them with `mock.promised = true` in the configuration",
            listed(&fields)
        ),
    ))
}

/// The names of the services that answer fields.
pub(super) fn services(contract: &Contract) -> Vec<&str> {
    let real = contract.methods.iter().filter(|method| !method.promised);
    let mut services: Vec<_> = real.map(|method| method.service.as_str()).collect();
    services.sort_unstable();
    services.dedup();
    services
}

/// Refuses a contract with services that nobody can find.
pub(super) fn refuse_unknown(contract: &Contract, knows: impl Fn(&str) -> bool) -> Result<()> {
    let services: Vec<_> =
        services(contract).into_iter().filter(|service| !knows(service)).collect();
    let Some(first) = services.first() else { return Ok(()) };
    Err(Error::new(
        Code::FailedPrecondition,
        format!(
            "the configuration does not say where to find {}; write, for example:\n  [services.\"{first}\"]\n  \
             endpoints = [\"http://127.0.0.1:50051\"]",
            listed(&services)
        ),
    ))
}

fn listed<T: std::borrow::Borrow<str>>(names: &[T]) -> String {
    format!("`{}`", names.join("`, `"))
}
