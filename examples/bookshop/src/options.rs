//! What runs, and where.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::SystemTime;

/// One of the seven services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Books and authors.
    Catalog,
    /// Prices.
    Pricing,
    /// Stock.
    Inventory,
    /// Reviews, the one service that keeps something.
    Reviews,
    /// Readers.
    Accounts,
    /// Offers.
    Promotions,
    /// What to read next.
    Recommendations,
}

impl Service {
    /// All services, in the order of their ports.
    pub const ALL: [Self; 7] = [
        Self::Catalog,
        Self::Pricing,
        Self::Inventory,
        Self::Reviews,
        Self::Accounts,
        Self::Promotions,
        Self::Recommendations,
    ];

    /// The name, as in the packages of the protos: "catalog".
    pub fn name(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Pricing => "pricing",
            Self::Inventory => "inventory",
            Self::Reviews => "reviews",
            Self::Accounts => "accounts",
            Self::Promotions => "promotions",
            Self::Recommendations => "recommendations",
        }
    }

    /// The port of this service when nobody says otherwise: 50011 for the catalog, then one up for each service.
    pub fn default_port(self) -> u16 {
        FIRST_PORT + self as u16
    }
}

const FIRST_PORT: u16 = 50_011;

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|service| service.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no service `{name}`; the services are {names}")
        })
    }
}

/// How to run the services.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which services run.
    pub services: Vec<Service>,
    /// Where the first of them listens. The others take the next ports; with port 0 each takes one that is free.
    pub listen: SocketAddr,
    /// Where the reviews are kept. Without it they are forgotten when their service stops.
    pub data: Option<PathBuf>,
    /// What is made up is made from this number: the same number, the same shop.
    pub seed: u64,
    /// The time of day, which decides when prices and offers end and when a new review was written.
    pub clock: fn() -> SystemTime,
}

impl Options {
    /// All services on free ports of loopback, keeping nothing.
    pub fn for_tests() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..Self::default() }
    }

    /// Where the service at this position of `services` listens.
    pub(crate) fn listen_at(&self, position: usize) -> SocketAddr {
        let mut address = self.listen;
        if address.port() != 0 {
            let position = u16::try_from(position).expect("there are seven services");
            address.set_port(address.port().saturating_add(position));
        }
        address
    }
}

impl Default for Options {
    /// All services on loopback, from port 50011 on, keeping nothing.
    fn default() -> Self {
        Self {
            services: Service::ALL.to_vec(),
            listen: SocketAddr::from(([127, 0, 0, 1], FIRST_PORT)),
            data: None,
            seed: 1,
            clock: SystemTime::now,
        }
    }
}
