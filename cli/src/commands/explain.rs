//! `anabranch explain`: what a rule is about, and what can be said and set.

use anabranch_codegen::{DIRECTIVES, OPTIONS, explain, rules};

use crate::outcome::{Failure, Outcome, Result};

/// Explain a rule of `anabranch check`, or all directives, options of protos or settings
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch explain                      # all rules
  anabranch explain fragile-non-null
  anabranch explain directives           # what a schema can say
  anabranch explain options              # what a proto can say of a method
  anabranch explain settings             # each with its default and what it does")]
pub(crate) struct Arguments {
    /// The name in brackets behind `error` or `warning`, or `directives`, `options` or `settings`
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let Some(rule) = &arguments.rule else {
        return Ok(Outcome::said(rules().map(|rule| format!("{rule}\n")).collect::<String>()));
    };
    let text = match rule.as_str() {
        "directives" => Some(DIRECTIVES.to_owned()),
        "options" => Some(OPTIONS.to_owned()),
        "settings" => Some(anabranch::config::REFERENCE.to_owned()),
        rule => explain(rule),
    };
    match text {
        Some(text) => Ok(Outcome::said(format!("{}\n", text.trim_end()))),
        None => {
            Err(Failure::Usage(format!("there is no rule `{rule}`; `anabranch explain` lists all")))
        }
    }
}
