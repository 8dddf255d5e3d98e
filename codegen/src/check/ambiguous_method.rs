//! A root field that several methods could answer.

use super::words::list;
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "ambiguous-method",
    severity: Severity::Error,
    explanation: r#"A root field without `@rpc` is answered by the method of its name: `book` by `GetBook`, `books` by `ListBooks`,
`addReview` by `AddReview`. Here several services have such a method.

Say which: `@rpc(method: "bookshop.catalog.v1.Catalog/GetBook")`.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::AmbiguousMethod { coordinate, span, candidates } = fault else { return None };
    let finding = rule.finding(format!("several methods could answer `{coordinate}`"));
    let candidates_listed = list(candidates.iter().map(String::as_str));
    let first = candidates.first().map(String::as_str).unwrap_or_default();
    let finding = finding.at(*span, format!("could be {candidates_listed}"));
    Some(finding.help(format!("write `@rpc(method: \"{first}\")`, or another one")))
}
