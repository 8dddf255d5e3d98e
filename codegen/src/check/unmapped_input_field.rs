//! A field of an input object that goes nowhere.

use super::words::{near, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "unmapped-input-field",
    severity: Severity::Error,
    explanation: r#"Each field of an input object fills the message field of its name. One that fills nothing would be ignored, and the
client would not know.

Name the field with `@from(path:)`, or remove it.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnmappedInputField { coordinate, field, span, message } = fault else { return None };
    let finding = rule.finding(format!("nothing takes `{coordinate}`"));
    let finding = finding.at(*span, format!("`{}` has no such field", simple(&message.name)));
    let (finding, meant) = near(finding, field, message);
    Some(finding.help(match meant {
        Some(meant) => format!("write `@from(path: \"{meant}\")`"),
        None => "name the field with `@from(path: …)`, or remove it".to_owned(),
    }))
}
