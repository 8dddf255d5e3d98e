//! A `@from` that leads nowhere.

use super::words::{near, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Fault, Side};

pub(super) const RULE: Rule = Rule {
    name: "unknown-from",
    severity: Severity::Error,
    explanation: r#"`@from(path:)` is the name in the proto, where it differs from the name in the schema. A dotted path goes through
singular messages.

wrong:  title: String! @from(path: "heading")     for  message Book { string headline = 1; }
right:  title: String! @from(path: "headline")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnknownField { side: Side::From, name, argument, span, message } = fault else {
        return None;
    };
    let finding = rule.finding(format!("`{}` has no field `{name}`", simple(&message.name)));
    let finding = finding.at(*span, "the name in the proto");
    let (finding, meant) = near(finding, name, message);
    let help = match meant {
        Some(meant) if argument.is_empty() || argument == "with" => format!("write `{meant}`"),
        Some(meant) => format!("write `{argument}: \"{meant}\"`"),
        None => "write one of the names that it has".to_owned(),
    };
    Some(finding.help(help))
}
