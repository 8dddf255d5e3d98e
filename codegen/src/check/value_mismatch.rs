//! A value that does not fit its type.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "value-mismatch",
    severity: Severity::Error,
    explanation: r#"Values in `@fallback`, `@mock` and `with` are checked against the type of their place at build time, so that they
cannot fail on the bad day for which they were written.

An object needs its non-null fields. A value of a union or an interface says what it is: `__typename: "Book"`.
Fields that other calls answer cannot be part of a value.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::ValueMismatch { coordinate, reason, span, proto } = fault else { return None };
    let finding =
        rule.finding(format!("the value does not fit `{coordinate}`")).at(*span, reason.as_str());
    Some(finding.also(*proto, "goes here").help("write a value of the type"))
}
