//! A member that no message shows.

use super::words::has;
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "unknown-member",
    severity: Severity::Error,
    explanation: r#"A union or an interface is sent as a message with a oneof: each member type is the message of one oneof field, found
by `@message`, by the message's name, or by the field's name.

message SearchHit { oneof hit { Book book = 1; Author author = 2; } }
union SearchHit = Book | Author
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnknownMember { graphql, member, span, message } = fault else { return None };
    let finding = rule.finding(format!("`{}` never shows a `{member}`", message.name));
    let finding = finding
        .at(*span, format!("`{member}` is one of `{graphql}`"))
        .also(message.span, has(message));
    Some(finding.help(format!("give a oneof field the message of `{member}`, or name that message with `@message` on `{member}`")))
}
