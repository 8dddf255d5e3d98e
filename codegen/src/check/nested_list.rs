//! A list of lists.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "nested-list",
    severity: Severity::Error,
    explanation: r#"Protobuf has no list of lists, so no service can send one. Put a message in between: a list of objects, each with a
list of its own.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::NestedList { coordinate, graphql, span } = fault else { return None };
    let finding = rule
        .finding(format!("`{coordinate}` is a list of lists"))
        .at(*span, format!("{graphql} here"));
    Some(finding.help("put an object type in between"))
}
