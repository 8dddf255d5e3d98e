//! `anabranch plan`: how a query is answered.

use std::{io::Read, path::PathBuf};

use anabranch::{contract, graphql::plan_text};

use crate::{
    outcome::{Failure, Outcome, Result},
    project::{Configuration, Origin, read},
};

/// Print which calls answer a query, and in which order
///
/// A query that the configured limits refuse is refused here too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch plan queries/book_page.graphql
  anabranch plan queries/all.graphql --operation BookPage
  echo '{ book(id: \"42\") { title } }' | anabranch plan -")]
pub(crate) struct Arguments {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    configuration: Configuration,
    /// A file with a GraphQL document; `-` is standard input
    #[arg(value_name = "FILE")]
    query: PathBuf,
    /// Which operation of the document is meant, where it has several
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let query = if arguments.query.as_os_str() == "-" {
        let mut text = Vec::new();
        let done = std::io::stdin().read_to_end(&mut text);
        done.map_err(|error| Failure::File("cannot read standard input".to_owned(), error))?;
        text
    } else {
        read(&arguments.query)?
    };
    let query = String::from_utf8(query)
        .map_err(|_| Failure::Found(format!("`{}` is not text", arguments.query.display())))?;
    let (contract, config) = arguments.origin.with(arguments.configuration.read())?;
    let contract = contract::load(&contract)?;
    let text = plan_text(&contract, &query, arguments.operation.as_deref(), &config.graphql)?;
    Ok(Outcome::said(format!("{}\n", text.trim_end())))
}
