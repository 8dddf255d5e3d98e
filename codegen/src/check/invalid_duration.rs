//! A text that is no duration.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "invalid-duration",
    severity: Severity::Error,
    explanation: r#"A duration is a number and a unit: `80ms`, `2s`, `1.5m`, `1h`, `7d`. A `@timeout` and a
`staleIfError` cannot be zero.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::InvalidDuration { text, span } = fault else { return None };
    let finding = rule
        .finding(format!("`{text}` is no duration that can be used here"))
        .at(*span, "a span of time");
    Some(finding.help("write a number and a unit: `80ms`, `2s`, `1m`, `1h`, `7d`"))
}
