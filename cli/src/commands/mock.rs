//! `anabranch mock`: answers without any service.

use anabranch::gateway::Gateway;

use super::serve::until_stopped;
use crate::{
    outcome::Result,
    project::{Origin, Setting},
};

/// Answer queries from the schema alone, before there is a service
///
/// Answers are plausible and always the same: book 42 has one title, wherever it appears, tomorrow and on a colleague's
/// machine. A mutation says again what was written; nothing is kept.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch mock
  anabranch mock --schema schema/ --listen 127.0.0.1:4001
  anabranch mock --seed 7                        # other books

Bad days are asked for with the header `x-mock`, several parts with commas between:
  slow=800ms            every call waits       slow=reviews:800ms   the calls of one field do
  error=reviews         its calls fail         error=reviews:NOT_FOUND
  empty                 lists are empty        long                 texts are far too long

Waiting counts: a call that is slower than its field's @timeout, or than the request's deadline, fails.

`@mock(value:, as:, latency:, error:)` in the schema shapes one field for good. A field that is asked with
`$identity.sub` alone, such as `me`, is null unless the configuration names a trusted header that says who calls.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    setting: Setting,
    /// Another number gives other titles, prices and lists [default: what the configuration says, or 0]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let (contract, mut config) = arguments.origin.with(arguments.setting.config())?;
    if let Some(seed) = arguments.seed {
        config.mock.seed = seed;
    }
    let gateway = Gateway::from_bytes(contract).configured(config).mocked();
    until_stopped(async { Ok(gateway.build().await?) })
}
