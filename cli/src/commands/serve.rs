//! `anabranch serve`: the gateway over its services.

use anabranch::gateway::Gateway;

use crate::{
    outcome::{Failure, Outcome, Result, say},
    project::{Origin, Setting},
};

/// Answer queries from the services that the configuration names
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch serve
  anabranch serve --proto proto --schema schema --config anabranch.toml
  anabranch serve --contract anabranch.contract --listen 0.0.0.0:4000

Every setting can come from the environment too: ANABRANCH_SERVER__MAX_TIMEOUT=5s.
ANABRANCH_LOG=info says more, ANABRANCH_LOG=anabranch=debug much more.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    setting: Setting,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let (contract, config) = arguments.origin.with(arguments.setting.config())?;
    let gateway = Gateway::from_bytes(contract).configured(config);
    until_stopped(async { Ok(gateway.build().await?) })
}

/// Says where the gateway is and serves until it is told to stop.
pub(super) fn until_stopped(
    build: impl Future<Output = std::result::Result<Gateway, Failure>>,
) -> Result {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_env_var("ANABRANCH_LOG")
        .with_default_directive(tracing_subscriber::filter::LevelFilter::WARN.into())
        .from_env()
        .map_err(|error| Failure::Usage(format!("ANABRANCH_LOG cannot be read: {error}")))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    // It only gives connections to the threads that answer.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::File("the runtime cannot start".to_owned(), error))?;
    runtime.block_on(async {
        let gateway = build.await?;
        let announcement = format!("{}\n", gateway.announcement());
        // Whoever reads that it runs may tell it to stop.
        let serving = gateway.serve();
        say(&announcement);
        serving.await?;
        Ok(Outcome::default())
    })
}
