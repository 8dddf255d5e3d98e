//! A batch that does not know what the parent gives.

use super::words::{has, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "missing-key",
    severity: Severity::Error,
    explanation: r#"The key of a batch comes from the parent. Without `key` it is the field named like one key (`book_id` for `book_ids`),
the parent's `id` where the key is named after it, or `author_id` where the field is `author`.

@batch(key: "$parent.id")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::MissingKey { coordinate, span, keys, parent } = fault else { return None };
    let finding = rule.finding(format!(
        "`{coordinate}` does not say which field of `{}` is the key",
        simple(&parent.name)
    ));
    let finding =
        finding.at(*span, format!("wants `{keys}` of each parent")).also(parent.span, has(parent));
    Some(finding.help("write `@batch(key: \"$parent.…\")`"))
}
