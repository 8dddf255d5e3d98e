//! `anabranch explain`: what a rule is about, and what can be set.

use anabranch_codegen::{explain, rules};

use crate::outcome::{Failure, Outcome, Result};

/// Explain a rule of `anabranch check`, or all settings of `anabranch.toml`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch explain                      # all rules
  anabranch explain fragile-non-null
  anabranch explain settings             # each with its default and what it does")]
pub(crate) struct Arguments {
    /// The name in brackets behind `error` or `warning`, or `settings`
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let Some(rule) = &arguments.rule else {
        return Ok(Outcome::said(rules().map(|rule| format!("{rule}\n")).collect::<String>()));
    };
    if rule == "settings" {
        return Ok(Outcome::said(anabranch::config::REFERENCE));
    }
    match explain(rule) {
        Some(text) => Ok(Outcome::said(format!("{}\n", text.trim_end()))),
        None => {
            Err(Failure::Usage(format!("there is no rule `{rule}`; `anabranch explain` lists all")))
        }
    }
}
