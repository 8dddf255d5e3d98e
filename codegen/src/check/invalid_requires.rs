//! A function that wants what the parent cannot give.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "invalid-requires",
    severity: Severity::Error,
    explanation: r#"`requires` names singular scalars of the parent's message, separated by blanks, in proto names: `"page_count id"`.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::InvalidRequires { coordinate, reason, span, proto } = fault else { return None };
    let finding = rule
        .finding(format!("the function of `{coordinate}` cannot get that"))
        .at(*span, reason.as_str());
    Some(
        finding
            .also(*proto, "this field")
            .help("require singular scalars: `requires: \"page_count id\"`"),
    )
}
