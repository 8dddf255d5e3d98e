//! Joins all parts to a running server.

mod builder;
mod route;
mod signal;

use std::net::SocketAddr;

pub use builder::{Builder, File};

use crate::{error::Result, resolver::Embedded, server::Server};

/// A gateway that has its port, and takes requests once it is served.
#[derive(Debug)]
pub struct Gateway {
    server: Server,
    announcement: String,
}

impl Gateway {
    /// Begins with the contract that a program carries, as generated code has it.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "it reads as `Gateway::builder(contract())`")]
    pub fn builder<C: Embedded>(contract: C) -> Builder<C> {
        Builder::new(contract.bytes().into())
    }

    /// Begins with the bytes of a contract, which `anabranch build` writes.
    #[must_use]
    pub fn from_bytes(contract: impl Into<bytes::Bytes>) -> Builder<File> {
        Builder::new(contract.into())
    }

    /// Where requests come in, with the port that it got where the configuration says 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The schema that clients see, in the schema language, with the root fields that the program adds.
    #[must_use]
    pub fn sdl(&self) -> String {
        self.server.sdl()
    }

    /// One line for a person: what is served, and where.
    #[must_use]
    pub fn announcement(&self) -> &str {
        &self.announcement
    }

    /// Serves until SIGTERM or Ctrl-C, then lets requests in flight end as the configuration says. A second signal stops at
    /// once. Signals are heard from this call on, and not only when the future is polled.
    ///
    /// # Errors
    ///
    /// [`crate::error::Code::Internal`] where the system takes no handler for its signals.
    pub fn serve(self) -> impl Future<Output = Result<()>> {
        let stop = signal::stop();
        async move {
            signal::announce(&self.announcement);
            self.serve_until(stop?).await
        }
    }

    /// Serves until `stop` is done, then lets requests in flight end as the configuration says.
    ///
    /// # Errors
    ///
    /// [`crate::error::Code::ResourceExhausted`] where the system does not give the threads of the configuration.
    pub async fn serve_until(self, stop: impl Future<Output = ()>) -> Result<()> {
        self.server.serve(stop).await
    }
}

#[cfg(test)]
mod tests;
