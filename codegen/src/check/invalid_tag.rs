//! A cache tag that is no template.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "invalid-tag",
    severity: Severity::Error,
    explanation: r#"A tag is a text with holes: `"book-{book_id}"`. A hole is a path to one plain value in the item (for `@invalidates`:
in the response), or an argument: `"book-{$args.bookId}"`.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::InvalidTag { text, reason, span } = fault else { return None };
    let finding = rule.finding(format!("`{text}` is no tag")).at(*span, reason.as_str());
    Some(finding.help("write a text with holes: `\"book-{book_id}\"`"))
}
