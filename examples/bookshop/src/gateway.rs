//! The gateway in front of the services: its contract, its configuration, and the one field that needs code.

use anabranch::{
    config::Config,
    error::Result,
    gateway::{Builder, Gateway},
    resolver::{Batch, Context},
};

use crate::{Running, Service};
use generated::{BookResolvers, EmbeddedContract, ReadingTimeParent};

mod generated {
    anabranch::contract!();
}

/// A gateway that calls the services where they listen now.
///
/// # Errors
/// When the configuration, or the environment that goes before it, cannot be used.
pub fn gateway(shop: &Running) -> Result<Builder<EmbeddedContract>> {
    Ok(Gateway::builder(generated::contract()).configured(configuration(shop)?).resolvers(Clerk))
}

/// Who knows about books what no service does.
struct Clerk;

impl BookResolvers for Clerk {
    /// Minutes to read, at two minutes a page. Asked once for all books of a level.
    async fn reading_time(&self, _: &Context, books: &[ReadingTimeParent<'_>]) -> Batch<i32> {
        books.iter().map(|book| Ok(book.page_count.saturating_mul(2))).collect()
    }
}

/// `anabranch.toml`, with the services where they are, and then the environment.
fn configuration(shop: &Running) -> Result<Config> {
    let endpoints = shop.addresses().into_iter().map(|(service, address)| {
        (
            format!("ANABRANCH_SERVICES__{}__ENDPOINTS", variable(service)),
            format!("http://{address}"),
        )
    });
    let file = include_str!("../anabranch.toml");
    Config::parse("examples/bookshop/anabranch.toml", file, endpoints.chain(std::env::vars()))
}

/// The full name of a service as the environment writes it: `BOOKSHOP_PRICING_V1_PRICING`.
fn variable(service: Service) -> String {
    let name = service.name().to_uppercase();
    format!("BOOKSHOP_{name}_V1_{name}")
}
