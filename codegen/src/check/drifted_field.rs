//! The schema says something that the proto does not.

use super::words::near;
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "drifted-field",
    severity: Severity::Error,
    explanation: r#"The type is sent as a message that has no field of this name, and the object has no id by which the field could be
asked for by itself.

Add the field to the proto, name it with `@from(path:)`, or remove it from the schema. To go on without it for now,
say that it is invented: `@mock`.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::Drifted { coordinate, field, span, message } = fault else { return None };
    let finding =
        rule.finding(format!("schema says `{coordinate}`, `{}` has no `{field}`", message.name));
    let finding = finding.at(*span, "nothing stands behind it");
    let (finding, meant) = near(finding, field, message);
    Some(finding.help(match meant {
        Some(meant) => format!("write `@from(path: \"{meant}\")`"),
        None => "add it to the proto, or write `@mock` until it is there".to_owned(),
    }))
}
