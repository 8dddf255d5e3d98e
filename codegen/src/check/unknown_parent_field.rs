//! A field that the parent does not have.

use super::words::{near, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Fault, Side};

pub(super) const RULE: Rule = Rule {
    name: "unknown-parent-field",
    severity: Severity::Error,
    explanation: r#"`$parent` paths and `requires` name fields of the message that holds the parent, as the proto spells them. They may
name fields that the schema does not show.

wrong:  @batch(key: "$parent.bookId")     for  message Book { string id = 1; }
right:  @batch(key: "$parent.id")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnknownField { side: Side::Parent, name, argument, span, message } = fault else {
        return None;
    };
    let finding = rule.finding(format!("`{}` has no field `{name}`", simple(&message.name)));
    let finding = finding.at(*span, "the parent gives this");
    let (finding, meant) = near(finding, name, message);
    let help = match meant {
        Some(meant) if argument.is_empty() || argument == "with" => format!("write `{meant}`"),
        Some(meant) => format!("write `{meant}`"),
        None => "write one of the names that it has".to_owned(),
    };
    Some(finding.help(help))
}
