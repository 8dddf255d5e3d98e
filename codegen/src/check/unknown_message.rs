//! A message that no proto has.

use super::words::simple;
use super::{Check, Rule};
use crate::diagnostic::did_you_mean;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "unknown-message",
    severity: Severity::Error,
    explanation: r#"`@message(name:)` is the full name of a message (on an enum: of an enum) in the protos: package and name.

wrong:  type Book @message(name: "Book")
right:  type Book @message(name: "bookshop.catalog.v1.Book")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnknownMessage { name, span, known } = fault else { return None };
    let finding =
        rule.finding(format!("there is no message `{name}`")).at(*span, "no proto has it");
    let same_tail = || known.iter().find(|known| simple(known) == simple(name)).map(String::as_str);
    let meant = did_you_mean(name, known.iter().map(String::as_str)).or_else(same_tail);
    Some(finding.help(match meant {
        Some(meant) => format!("write `name: \"{meant}\"`"),
        None => "write the full name: `package.Message`".to_owned(),
    }))
}
