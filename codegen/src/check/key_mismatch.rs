//! A key of one type where another is needed.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "key-mismatch",
    severity: Severity::Error,
    explanation: r#"What the parent gives, what the request takes and what an item shows must be the same kind of value: text, integer,
bytes or boolean. A composite key has the same parts everywhere.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::KeyMismatch { coordinate, reason, span, proto } = fault else { return None };
    let finding = rule
        .finding(format!("the key of `{coordinate}` does not fit: {reason}"))
        .at(*span, "this key");
    Some(finding.also(*proto, "here").help("give, take and match the same kind of value"))
}
