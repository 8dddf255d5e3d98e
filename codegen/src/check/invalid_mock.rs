//! A mock that says nothing useful.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "invalid-mock",
    severity: Severity::Error,
    explanation: r#"`as` is one of `name`, `email`, `title`, `sentence`, `paragraph`, `url`, `isbn`, `city`, `country`, `phone`, `word`.
`error` is a gRPC code by its canonical name, like `UNAVAILABLE`.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::InvalidMock { word, known, span } = fault else { return None };
    let finding = rule.finding(format!("no mock knows `{word}`")).at(*span, "not one of the words");
    Some(finding.help(format!("write one of {known}")))
}
