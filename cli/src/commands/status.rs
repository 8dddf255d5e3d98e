//! `anabranch status`: every field, real, promised or drifted.

use anabranch_codegen::{FieldState, FieldStatus, status};

use crate::{
    outcome::{Failure, Outcome, Result, color},
    project::Project,
};

/// List every field: real, promised or drifted
///
/// A real field has a message, a method or a function behind it. A promised one has nothing yet: a mock answers it. A
/// drifted one says what its proto does not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch status
  anabranch status Book            # one type
  anabranch status Book.reviews    # one field")]
pub(crate) struct Arguments {
    #[command(flatten)]
    project: Project,
    /// A type or a field
    #[arg(value_name = "TYPE[.FIELD]")]
    coordinate: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let compiled = arguments.project.compile()?;
    let mut fields = status(&compiled);
    if fields.is_empty() && compiled.diagnostics.errors() > 0 {
        return Err(Failure::Found(compiled.diagnostics.render(color())));
    }
    if let Some(wanted) = &arguments.coordinate {
        let of_type = format!("{wanted}.");
        fields
            .retain(|field| field.coordinate == *wanted || field.coordinate.starts_with(&of_type));
        if fields.is_empty() {
            return Err(Failure::Usage(format!("no root type leads to `{wanted}`")));
        }
    }
    Ok(Outcome::said(table(&fields)))
}

fn table(fields: &[FieldStatus]) -> String {
    let width = fields.iter().map(|field| field.coordinate.len()).max().unwrap_or(0);
    let line = |field: &FieldStatus| {
        let (state, detail) = match field.state {
            FieldState::Real => ("real", field.detail.clone()),
            FieldState::Drifted => ("drifted", field.detail.clone()),
            FieldState::Promised => {
                ("promised", format!("mocked; skeleton: anabranch proto {}", field.coordinate))
            }
        };
        format!("{:width$}  {state:8}  {detail}", field.coordinate).trim_end().to_owned() + "\n"
    };
    fields.iter().map(line).collect()
}
