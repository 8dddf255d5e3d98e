//! A value that protobuf cannot hold.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "unholdable-value",
    severity: Severity::Error,
    explanation: r#"Fallbacks and mocks are the bytes that a service would have sent. Protobuf has no null list, no null inside a list,
and no null for a scalar without presence; so neither has such a value.

wrong:  tags: [String]   @mock(value: [null])
right:  tags: [String!]! @mock(value: [])
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnholdableValue { coordinate, reason, span } = fault else { return None };
    let finding = rule
        .finding(format!("protobuf cannot hold this value of `{coordinate}`"))
        .at(*span, reason.as_str());
    Some(finding.help("write a value that a service could send"))
}
