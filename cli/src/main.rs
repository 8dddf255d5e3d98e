//! The `anabranch` command: code generation and runtime behind one name, with no logic of its own.

mod commands;
mod outcome;
mod project;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::{commands as run, outcome::Outcome};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One GraphQL endpoint over many gRPC services.
///
/// A schema says what frontends see, protos say what services do. `check` holds the two against each other, `mock`
/// answers before there is a service, `serve` answers from the services.
#[derive(Debug, Parser)]
#[command(name = "anabranch", version, after_help = EXAMPLES, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
A first hour:
  anabranch new shop && cd shop     a project with a proto, a schema and a README
  anabranch mock                    answers at http://127.0.0.1:4000/graphql, without any service
  anabranch check                   what does not fit between schema and protos
  anabranch serve                   the services of anabranch.toml

Without --proto and --schema the folders `proto` and `schema` here are read.
Exit codes: 0 all is well, 1 something was found or failed, 2 the command was not understood.";

#[derive(Debug, Subcommand)]
enum Command {
    New(run::new::Arguments),
    Import(run::import::Arguments),
    Check(run::check::Arguments),
    Build(run::build::Arguments),
    Serve(run::serve::Arguments),
    Mock(run::mock::Arguments),
    Status(run::status::Arguments),
    Explain(run::explain::Arguments),
    Plan(run::plan::Arguments),
    Sdl(run::sdl::Arguments),
    Proto(run::proto::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::New(arguments) => run::new::run(&arguments),
        Command::Import(arguments) => run::import::run(&arguments),
        Command::Check(arguments) => run::check::run(&arguments),
        Command::Build(arguments) => run::build::run(&arguments),
        Command::Serve(arguments) => run::serve::run(&arguments),
        Command::Mock(arguments) => run::mock::run(&arguments),
        Command::Status(arguments) => run::status::run(&arguments),
        Command::Explain(arguments) => run::explain::run(&arguments),
        Command::Plan(arguments) => run::plan::run(&arguments),
        Command::Sdl(arguments) => run::sdl::run(&arguments),
        Command::Proto(arguments) => run::proto::run(&arguments),
    };
    outcome.unwrap_or_else(Outcome::from).finish()
}
