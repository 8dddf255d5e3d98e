//! The services as they run: where they listen, and what can be done to them.

mod instrument;
mod server;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::calls::{Ledger, Seen};
use crate::faults::Faults;
use crate::library::{Library, LibraryError};
use crate::options::{Options, Service};
use crate::services::{self, reviews};
use instrument::Instrumented;
use server::Server;

/// Why the services, or one of them, did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not of this machine.
    #[error("{service} cannot listen on {address}")]
    Listen {
        /// Which service.
        service: Service,
        /// Where it should listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// `data/books.toml` is not as it should be.
    #[error("the list of books cannot be read")]
    Library(#[from] LibraryError),
    /// The file with the reviews cannot be made or read.
    #[error("the reviews cannot be opened")]
    Reviews(#[from] reviews::StoreError),
}

/// Starts the services that the options name. It comes back when all of them take calls.
///
/// # Errors
/// When an address is taken, or when the reviews cannot be opened. Nothing runs then.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let library = Arc::new(Library::load(options.seed)?);
    let mut running = Running {
        library,
        ledger: Ledger::new(),
        parts: BTreeMap::new(),
        options: options.clone(),
    };
    for (position, &service) in options.services.iter().enumerate() {
        let address = options.listen_at(position);
        running.parts.insert(service, Part { address, faults: Faults::default(), server: None });
        running.start(service).await?;
    }
    Ok(running)
}

/// Services that run. When it is dropped they are killed.
#[derive(Debug)]
pub struct Running {
    options: Options,
    library: Arc<Library>,
    ledger: Ledger,
    parts: BTreeMap<Service, Part>,
}

/// One service and its switches.
#[derive(Debug)]
struct Part {
    address: SocketAddr,
    faults: Faults,
    server: Option<Server>,
}

impl Running {
    /// Where all services listen, or did before they were stopped.
    pub fn addresses(&self) -> BTreeMap<Service, SocketAddr> {
        self.parts.iter().map(|(&service, part)| (service, part.address)).collect()
    }

    /// Where one service listens, or did before it was stopped. It keeps its address for as long as this lives.
    ///
    /// # Panics
    /// When the options did not name the service.
    pub fn address(&self, service: Service) -> SocketAddr {
        self.part(service).address
    }

    /// The fault switches of one service.
    ///
    /// # Panics
    /// When the options did not name the service.
    pub fn faults(&self, service: Service) -> &Faults {
        &self.part(service).faults
    }

    /// What was seen of a method such as "bookshop.pricing.v1.Pricing/BatchGetPrices".
    pub fn seen(&self, method: &str) -> Seen {
        self.ledger.seen(method)
    }

    /// How many calls have come, of all methods together.
    pub fn calls(&self) -> u64 {
        self.ledger.started("")
    }

    /// How many calls of one service have come.
    pub fn calls_of(&self, service: Service) -> u64 {
        self.ledger.started(&format!("bookshop.{service}."))
    }

    /// Counts from zero again.
    pub fn forget_calls(&self) {
        self.ledger.forget();
    }

    /// Waits until `enough` is true of what was seen of a method; for ever, if it never is.
    pub async fn until(&self, method: &str, enough: impl Fn(&Seen) -> bool) -> Seen {
        self.ledger.until(method, enough).await
    }

    /// Whether a service takes calls.
    pub fn runs(&self, service: Service) -> bool {
        self.parts.get(&service).is_some_and(|part| part.server.is_some())
    }

    /// Starts a service at its address. One that runs is left alone.
    ///
    /// # Errors
    /// When its address was taken by another program, or the reviews cannot be opened.
    ///
    /// # Panics
    /// When the options did not name the service.
    pub async fn start(&mut self, service: Service) -> Result<(), StartError> {
        let part = self.part(service);
        if part.server.is_some() {
            return Ok(());
        }
        let routes = services::routes(service, &self.library, &self.options)?;
        let instrumented = Instrumented::new(routes, part.faults.clone(), self.ledger.clone());
        let server = Server::start(part.address, instrumented)
            .await
            .map_err(|source| StartError::Listen { service, address: part.address, source })?;
        let part = self.part_mut(service);
        part.address = server.address();
        part.server = Some(server);
        Ok(())
    }

    /// Stops a service as a good operator does: no new calls, and those under way are answered.
    ///
    /// # Panics
    /// When the options did not name the service.
    pub async fn stop(&mut self, service: Service) {
        if let Some(server) = self.part_mut(service).server.take() {
            server.stop().await;
        }
    }

    /// Stops a service as a power cut does: its connections break, whatever is under way.
    ///
    /// # Panics
    /// When the options did not name the service.
    pub async fn kill(&mut self, service: Service) {
        if let Some(server) = self.part_mut(service).server.take() {
            server.kill().await;
        }
    }

    /// Stops all services gently, each at most two seconds.
    pub async fn stop_all(&mut self) {
        for part in self.parts.values_mut() {
            if let Some(server) = part.server.take() {
                server.stop().await;
            }
        }
    }

    /// Stops all services gently, for good.
    pub async fn shutdown(mut self) {
        self.stop_all().await;
    }

    fn part(&self, service: Service) -> &Part {
        self.parts
            .get(&service)
            .unwrap_or_else(|| panic!("{service} is not one of the services that were asked for"))
    }

    fn part_mut(&mut self, service: Service) -> &mut Part {
        self.parts
            .get_mut(&service)
            .unwrap_or_else(|| panic!("{service} is not one of the services that were asked for"))
    }
}
