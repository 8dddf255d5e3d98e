//! Stands in for the functions of a program, which a mocked gateway does not have.

use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};

use super::Mock;
use crate::{
    contract::Contract,
    error::{Code, Error},
    resolver::{Batch, Context, Registration, Resolve},
};

struct Function {
    mock: Mock,
    /// In the contract.
    index: usize,
}

impl Mock {
    /// A function for each field with `@resolve`. Called once at start-up: names live as long as the program.
    #[must_use]
    pub fn resolvers(&self, contract: &Contract) -> Vec<Registration> {
        let leaked = |name: &str| -> &'static str { String::leak(name.to_owned()) };
        let registration = |(index, declared): (usize, &crate::contract::Resolver)| Registration {
            type_name: leaked(&declared.r#type),
            field: leaked(&declared.field),
            fingerprint: leaked(&declared.fingerprint),
            resolve: Box::new(Function { mock: self.clone(), index }),
        };
        contract.resolvers.iter().enumerate().map(registration).collect()
    }
}

impl Resolve for Function {
    fn resolve<'a>(
        &'a self,
        context: &'a Context,
        parents: &'a [Bytes],
        _: Bytes,
    ) -> BoxFuture<'a, Batch<Bytes>> {
        async move {
            let Some(function) = self.mock.tables.resolver(self.index) else {
                let unknown =
                    Error::new(Code::Unimplemented, "the contract does not have this function");
                return vec![Err(unknown); parents.len()];
            };
            let request = Arc::clone(context.request());
            let mut results = Vec::with_capacity(parents.len());
            let mut latency = std::time::Duration::ZERO;
            for parent in parents {
                let plan = self.mock.plan(function, parent, &request.headers, 0, request.deadline);
                results.push(plan.and_then(|plan| {
                    latency = latency.max(plan.latency);
                    plan.result
                }));
            }
            match super::wait(latency, request.deadline).await {
                Ok(()) => results,
                Err(late) => vec![Err(late); parents.len()],
            }
        }
        .boxed()
    }
}
