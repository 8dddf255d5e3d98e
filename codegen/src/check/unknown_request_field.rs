//! A request field that the message does not have.

use super::words::{near, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Fault, Side};

pub(super) const RULE: Rule = Rule {
    name: "unknown-request-field",
    severity: Severity::Error,
    explanation: r#"`with`, `keys` and `@from` on arguments name fields of the request message, as the proto spells them.

wrong:  @batch(keys: "book_id")
right:  @batch(keys: "book_ids")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnknownField { side: Side::Request, name, argument, span, message } = fault else {
        return None;
    };
    let finding = rule.finding(format!("`{}` has no field `{name}`", simple(&message.name)));
    let finding = finding.at(
        *span,
        match argument.as_str() {
            "keys" => "the keys of one call go here",
            "key" => "a part of the key goes here",
            _ => "this fills the request",
        },
    );
    let (finding, meant) = near(finding, name, message);
    let help = match meant {
        Some(meant) if argument.is_empty() || argument == "with" => format!("write `{meant}`"),
        Some(meant) => format!("write `{argument}: \"{meant}\"`"),
        None => "write one of the names that it has".to_owned(),
    };
    Some(finding.help(help))
}
