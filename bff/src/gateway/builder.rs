//! What a gateway is made of, and the order in which it is put together.

use std::{marker::PhantomData, num::NonZeroU16, path::Path, sync::Arc};

use bytes::Bytes;
use http::HeaderValue;

use super::{
    Gateway,
    route::{Route, promised_fields, refuse_promised, refuse_unknown, services},
};
use crate::{
    call::CallService,
    config::Config,
    contract::{self, Contract},
    error::{Code, Error, Result},
    executor::Executor,
    graphql::{Front, OwnSchema},
    mesh::Mesh,
    mock::{self, Mock},
    resolver::{Bind, Registration},
    server::{Mocking, OnThread, Page, Server},
};

/// A contract that came from a file: no resolvers are compiled for it.
#[derive(Debug)]
pub enum File {}

/// A gateway that is being put together.
pub struct Builder<C> {
    contract: Bytes,
    config: Config,
    resolvers: Vec<Registration>,
    own: Option<Arc<dyn OwnSchema>>,
    pages: Vec<Page>,
    calls: Calls,
    of: PhantomData<fn() -> C>,
}

/// Who answers calls.
enum Calls {
    /// Services, by the configuration.
    Mesh,
    /// The mock, all of them.
    Mock,
    /// What the program gave.
    Given(Arc<dyn CallService>),
}

impl<C> std::fmt::Debug for Builder<C> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Builder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl<C> Builder<C> {
    pub(super) fn new(contract: Bytes) -> Self {
        Self {
            contract,
            config: Config::default(),
            resolvers: Vec::new(),
            own: None,
            pages: Vec::new(),
            calls: Calls::Mesh,
            of: PhantomData,
        }
    }

    /// Reads the configuration from a file and from the environment, which goes before the file.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] with all faults, one a line.
    pub fn config(self, file: impl AsRef<Path>) -> Result<Self> {
        let config = Config::load(Some(file.as_ref()), std::env::vars())?;
        Ok(self.configured(config))
    }

    /// Takes a configuration that is already there.
    #[must_use]
    pub fn configured(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// Where requests come in, whatever the configuration says: `127.0.0.1:4000`, or port 0 for a free one.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] for what is no address.
    pub fn listen(mut self, address: impl AsRef<str>) -> Result<Self> {
        let text = address.as_ref();
        self.config.server.listen = text.parse().map_err(|_| {
            let message =
                format!("`{text}` is no address to listen at; write `127.0.0.1:4000`, for example");
            Error::new(Code::FailedPrecondition, message)
        })?;
        Ok(self)
    }

    /// The functions that answer the fields with `@resolve`.
    #[must_use]
    pub fn resolvers<R>(mut self, resolvers: R) -> Self
    where
        C: Bind<R>,
    {
        self.resolvers.extend(C::bind(resolvers));
        self
    }

    /// Root fields that async-graphql answers, beside those of the contract: `Schema::build(Query, Mutation,
    /// Subscription).finish()` of async-graphql 7, or one of its dynamic schemas. Types and root fields must have names that
    /// the contract has not, scalars excepted.
    ///
    /// Such a field costs more than one of the contract: it goes through async-graphql, and the others do not. Its resolvers
    /// find who asks, until when, and what calls services in `ctx.data::<anabranch::Context>()`.
    #[must_use]
    pub fn graphql(self, schema: impl OwnSchema) -> Self {
        Self { own: Some(Arc::new(schema)), ..self }
    }

    /// A page or file of the program beside `/graphql`.
    #[must_use]
    pub fn page(mut self, path: &str, content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        self.pages.push(Page { path: path.to_owned(), content_type, bytes: bytes.into() });
        self
    }

    /// Lets the mock answer every call, and requests shape it by `x-mock` headers. No service is asked.
    #[must_use]
    pub fn mocked(self) -> Self {
        Self { calls: Calls::Mock, ..self }
    }

    /// Lets `calls` answer what services would answer, for tests and for transports of one's own.
    #[must_use]
    pub fn call_service(self, calls: Arc<dyn CallService>) -> Self {
        Self { calls: Calls::Given(calls), ..self }
    }

    /// Puts everything together and takes the port. Nothing runs in the background yet, and no service is connected: that is for the
    /// runtime that serves, which may be another one.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] where the contract cannot be served, by this runtime, these resolvers or this
    /// configuration, or the port is taken.
    pub async fn build(self) -> Result<Gateway> {
        let contract = Arc::new(match self.calls {
            Calls::Mock => contract::load_for_mock(&self.contract)?,
            Calls::Mesh | Calls::Given(_) => contract::load(&self.contract)?,
        });
        let (mut config, mut resolvers) = (self.config, self.resolvers);
        config.name_services(&services(&contract))?;
        let mut on_thread: OnThread = Arc::new(|_| {});
        let mut mocking = Mocking::Ignored;
        let calls: Arc<dyn CallService> = match self.calls {
            Calls::Mock => {
                let mock = mock(&contract, &config, true)?;
                resolvers = with_mocked(resolvers, mock.resolvers(&contract));
                mocking = Mocking::Allowed(mock.clone());
                Arc::new(mock)
            }
            Calls::Given(calls) => route(calls, &contract, &config)?,
            Calls::Mesh => {
                let threads = config.server.threads.map_or(0, NonZeroU16::get);
                let mesh = Arc::new(Mesh::new(&config.services, threads.into()));
                refuse_unknown(&contract, |service| mesh.knows(service))?;
                let connections = Arc::clone(&mesh);
                on_thread = Arc::new(move |number| connections.on_thread(number));
                route(mesh, &contract, &config)?
            }
        };
        let executor = Executor::new(&contract, calls, resolvers, &config.executor)?;
        let front =
            Front::new(Arc::clone(&contract), Arc::new(executor), config.graphql, self.own)?;
        let graphiql = config.server.graphiql;
        let mocked = matches!(mocking, Mocking::Allowed(_));
        let server = Server::bind(config.server, front, mocking, self.pages).await?;
        let server = server.on_thread(on_thread);
        let announcement = announcement(&contract, mocked, server.address(), graphiql);
        Ok(Gateway { server, announcement })
    }
}

/// Promised calls to the mock where the configuration allows it.
fn route(
    real: Arc<dyn CallService>,
    contract: &Arc<Contract>,
    config: &Config,
) -> Result<Arc<dyn CallService>> {
    if !config.mock.promised {
        refuse_promised(contract)?;
        return Ok(real);
    }
    Ok(Arc::new(Route { real, promised: Arc::new(mock(contract, config, false)?) }))
}

fn mock(contract: &Arc<Contract>, config: &Config, scenarios: bool) -> Result<Mock> {
    Mock::new(Arc::clone(contract), mock::Config { seed: config.mock.seed, scenarios })
}

/// The functions of a program, and mocked ones where it has none.
fn with_mocked(mut own: Vec<Registration>, mocked: Vec<Registration>) -> Vec<Registration> {
    for function in mocked {
        let same =
            |own: &Registration| (own.type_name, own.field) == (function.type_name, function.field);
        if !own.iter().any(same) {
            own.push(function);
        }
    }
    own
}

/// `anabranch 0.1.0 · 14 types, 31 fields, 2 promised · http://127.0.0.1:4000/graphql (GraphiQL in the browser)`
pub(super) fn announcement(
    contract: &Contract,
    mocked: bool,
    address: std::net::SocketAddr,
    graphiql: bool,
) -> String {
    let types: std::collections::BTreeSet<_> =
        contract.bindings.iter().map(|binding| binding.r#type.as_str()).collect();
    let fields: std::collections::BTreeSet<_> = contract
        .bindings
        .iter()
        .flat_map(|binding| binding.fields.iter().map(|field| (&binding.r#type, &field.name)))
        .collect();
    let promised = match promised_fields(contract).len() {
        0 => String::new(),
        all if all == fields.len() => ", all promised".to_owned(),
        some => format!(", {some} promised"),
    };
    let mock = if mocked { " · mock" } else { "" };
    let browser = if graphiql { " (GraphiQL in the browser)" } else { "" };
    format!(
        "anabranch {}{mock} · {}, {}{promised} · http://{address}/graphql{browser}",
        env!("CARGO_PKG_VERSION"),
        counted(types.len(), "type"),
        counted(fields.len(), "field"),
    )
}

fn counted(many: usize, what: &str) -> String {
    format!("{many} {what}{}", if many == 1 { "" } else { "s" })
}
