//! A list on one side only.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "list-mismatch",
    severity: Severity::Error,
    explanation: r#"A repeated field is a list in GraphQL, and a singular field is none.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::ListMismatch { coordinate, graphql, graphql_is_list, span, proto, proto_span } =
        fault
    else {
        return None;
    };
    let (message, here, there, help) = if *graphql_is_list {
        let help = "write the type without brackets, or bind a repeated field";
        (
            format!("`{coordinate}` is a list, `{proto}` is not"),
            format!("{graphql} here"),
            "one value here",
            help,
        )
    } else {
        (
            format!("`{coordinate}` is no list, `{proto}` is one"),
            format!("{graphql} here"),
            "many values here",
            "write `[…]`",
        )
    };
    Some(rule.finding(message).at(*span, here).also(*proto_span, there).help(help))
}
