//! A schema without any service: a mock answers all of it, and the same tomorrow.

use anabranch::config::Config;
use anabranch::gateway::Gateway;

anabranch::contract!();

#[tokio::main]
async fn main() -> anabranch::error::Result<()> {
    let config = Config::load(None, std::env::vars())?;
    Gateway::builder(contract()).configured(config).mocked().build().await?.serve().await
}
