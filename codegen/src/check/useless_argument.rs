//! An argument of a value that no call answers.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "useless-argument",
    severity: Severity::Error,
    explanation: r#"The value comes with its parent: the call that brought it knows nothing of this field's arguments, so they would be
ignored, and the client would not know.

Remove the argument, or answer the field by a call of its own: `@rpc`, or `@resolve`.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UselessArgument { coordinate, argument, span } = fault else { return None };
    let finding =
        rule.finding(format!("the argument `{argument}` of `{coordinate}` changes nothing"));
    let finding = finding.at(*span, "the value comes with its parent");
    Some(finding.help("remove it, or answer the field by `@rpc` or `@resolve`"))
}
