//! No part of an answer, or several, could be the value.

use super::words::{has, list, simple};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "ambiguous-value",
    severity: Severity::Error,
    explanation: r#"The value of a field is found in the answer by name and by type. Where nothing fits, or several parts do, `select`
says which: a path in the response, in a batch a path in one item.

books: [Book!]! @rpc(method: "…/ListBooks", select: "books")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::NoValue { coordinate, graphql, span, message, candidates } = fault else {
        return None;
    };
    let name = simple(&message.name);
    let (text, help) = match candidates.first() {
        None => (
            format!("nothing in `{name}` fits `{coordinate}`"),
            "bind a method that answers with it".to_owned(),
        ),
        Some(first) => {
            let text = format!("several parts of `{name}` fit `{coordinate}`");
            (
                text,
                format!(
                    "say which: `select: \"{first}\"`, or another of {}",
                    list(candidates.iter().map(String::as_str))
                ),
            )
        }
    };
    Some(
        rule.finding(text)
            .at(*span, format!("{graphql} wanted"))
            .also(message.span, has(message))
            .help(help),
    )
}
