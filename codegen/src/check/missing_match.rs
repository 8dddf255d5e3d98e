//! A batch whose items do not show their key.

use super::words::{has, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "missing-match",
    severity: Severity::Error,
    explanation: r#"Items are matched with their parents by key, never by position: services leave items out and reorder them. Without
`match` the key is the field of the item that is named like one key (`book_id` for `book_ids`), or the item's `id`.

@batch(match: "book_id")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::MissingMatch { coordinate, span, key, item } = fault else { return None };
    let finding = rule.finding(format!(
        "no field of `{}` is known to be the key of `{coordinate}`",
        simple(&item.name)
    ));
    let finding = finding.at(*span, format!("looked for `{key}`")).also(item.span, has(item));
    Some(finding.help(
        "write `@batch(match: \"…\")`; a service that does not send the key back cannot be batched",
    ))
}
