//! `anabranch check`: schema and protos against each other, and against what clients have.

use std::path::PathBuf;

use anabranch_codegen::{
    Compiled,
    against::{Change, Level, Version, changes},
    contract::Contract,
};

use crate::{
    outcome::{Failure, Outcome, Result, color},
    project::{Project, decode},
};

/// Hold schema and protos against each other
///
/// All faults are told at once, each with its place in the schema and in the proto. Nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch check
  anabranch check --proto proto --schema schema/shop.graphql
  anabranch check --against released.contract   # what would break those who use what was released

A warning that is accepted is silenced in the schema, on the line above the field or the type:
  # anabranch: allow(fragile-non-null)
Errors cannot be silenced. Names that only typed Rust cannot tell apart are warnings here, and errors of `build --rust`.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    project: Project,
    /// A contract of before, written by `anabranch build`: what breaks for those who use it? What is only dangerous (another
    /// default, an enum value that is new) is told, and does not fail
    #[arg(long, value_name = "CONTRACT")]
    against: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let compiled = arguments.project.compile()?;
    let rendered = compiled.diagnostics.render(color());
    let Some(contract) = &compiled.contract else {
        return Ok(Outcome::said(summary(&compiled)).noting(rendered).found());
    };
    let Some(old) = &arguments.against else {
        return Ok(Outcome::said(summary(&compiled)).noting(rendered));
    };
    let old = decode(old)?;
    let changes = changes(version(&old), version(contract))
        .map_err(|unreadable| Failure::Found(unreadable.to_string()))?;
    let breaking = changes.iter().filter(|change| change.level == Level::Breaking).count();
    let lines: String = changes.iter().map(line).collect();
    let mut counted_changes = counted(breaking, "breaking change");
    if breaking < changes.len() {
        let dangerous = counted(changes.len() - breaking, "dangerous one");
        counted_changes = format!("{}, {dangerous}", counted_changes.trim_end());
    }
    let summary = format!("{}{lines}{counted_changes}", summary(&compiled));
    let outcome = Outcome::said(summary).noting(rendered);
    Ok(if breaking == 0 { outcome } else { outcome.found() })
}

fn line(change: &Change) -> String {
    let mark = match change.level {
        Level::Breaking => "",
        Level::Dangerous => "dangerous: ",
    };
    format!("{mark}{}: {}\n", change.place, change.message)
}

fn version(contract: &Contract) -> Version<'_> {
    let Contract { sdl, descriptor_set, bindings, .. } = contract;
    Version { sdl, descriptor_set, bindings }
}

fn summary(compiled: &Compiled) -> String {
    let diagnostics = &compiled.diagnostics;
    let (errors, warnings) =
        (counted(diagnostics.errors(), "error"), counted(diagnostics.warnings(), "warning"));
    format!("{}, {warnings}", errors.trim_end())
}

fn counted(many: usize, what: &str) -> String {
    match many {
        0 => format!("no {what}s\n"),
        1 => format!("1 {what}\n"),
        many => format!("{many} {what}s\n"),
    }
}
