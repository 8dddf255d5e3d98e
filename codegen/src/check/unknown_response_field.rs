//! A response field that the message does not have.

use super::words::{near, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Fault, Side};

pub(super) const RULE: Rule = Rule {
    name: "unknown-response-field",
    severity: Severity::Error,
    explanation: r#"`select`, `items`, `match`, `status` and the holes of tags name fields of the response (in a batch, of one item), as
the proto spells them.

wrong:  @batch(items: "price")
right:  @batch(items: "prices")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnknownField { side: Side::Response, name, argument, span, message } = fault else {
        return None;
    };
    let finding = rule.finding(format!("`{}` has no field `{name}`", simple(&message.name)));
    let finding = finding.at(
        *span,
        match argument.as_str() {
            "items" => "the items of the answer are here",
            "match" => "an item's key is here",
            "select" => "the value is here",
            _ => "this is read from the answer",
        },
    );
    let (finding, meant) = near(finding, name, message);
    let help = match meant {
        Some(meant) if argument.is_empty() || argument == "with" => format!("write `{meant}`"),
        Some(meant) => format!("write `{meant}`"),
        None => "write one of the names that it has".to_owned(),
    };
    Some(finding.help(help))
}
