//! An argument that goes nowhere.

use super::words::{near, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "unmapped-argument",
    severity: Severity::Error,
    explanation: r#"An argument fills the request field of its name. One that fills nothing would be ignored, and the client would not
know.

Name the field with `@from(path:)` on the argument, or with `with` of `@rpc`: `with: {page: {size: "$args.first"}}`.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnmappedArgument { coordinate, argument, span, message } = fault else {
        return None;
    };
    let finding =
        rule.finding(format!("nothing takes the argument `{argument}` of `{coordinate}`"));
    let finding = finding.at(*span, format!("`{}` has no such field", simple(&message.name)));
    let (finding, meant) = near(finding, argument, message);
    Some(finding.help(match meant {
        Some(meant) => format!("write `{argument}: … @from(path: \"{meant}\")`"),
        None => format!("say where it goes: `with: {{…: \"$args.{argument}\"}}`"),
    }))
}
