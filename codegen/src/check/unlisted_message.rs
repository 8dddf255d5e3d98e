//! A message that the type does not list.

use super::words::simple;
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "unlisted-message",
    severity: Severity::Error,
    explanation: r#"A type with `@message` is sent as the messages that it lists, and no others. Here a field of this type is answered
with another message.

Add `@message(name:)` for it, or select the right part of the answer.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnlistedMessage { graphql, message, span, proto } = fault else { return None };
    let finding = rule.finding(format!("`{graphql}` is not said to be sent as `{message}`"));
    let finding = finding
        .at(*span, format!("here it is a `{}`", simple(message)))
        .also(*proto, "this message");
    Some(finding.help(format!("add `@message(name: \"{message}\")` to `{graphql}`")))
}
