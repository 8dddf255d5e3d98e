//! Keys or items that have to be named.

use super::words::{has, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "ambiguous-batch",
    severity: Severity::Error,
    explanation: r#"Without `keys`, a batch takes the only repeated field of the request that nothing else fills; without `items`, the
only repeated message of the response. Here there are none or several.

@batch(keys: "book_ids", items: "prices")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::AmbiguousBatch { coordinate, part, span, message, candidates } = fault else {
        return None;
    };
    let name = simple(&message.name);
    let (text, help) = match candidates.first() {
        None => (
            format!("`{name}` has no repeated field for the {part} of `{coordinate}`"),
            "bind a method that takes and gives many".to_owned(),
        ),
        Some(first) => (
            format!("several fields of `{name}` could be the {part} of `{coordinate}`"),
            format!("say which: `{part}: \"{first}\"`"),
        ),
    };
    Some(rule.finding(text).at(*span, "the batch").also(message.span, has(message)).help(help))
}
