//! A stream where one answer is needed, or the other way round.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "streaming-mismatch",
    severity: Severity::Error,
    explanation: r#"Fields of Subscription are answered by server-streaming RPCs, all other fields by unary ones.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::StreamingMismatch { coordinate, method, streaming, span, proto } = fault else {
        return None;
    };
    let (message, here, help) = if *streaming {
        (
            format!("`{coordinate}` needs one answer, `{method}` streams"),
            "it streams",
            "move the field to Subscription, or bind a unary method",
        )
    } else {
        (
            format!("`{coordinate}` needs a stream, `{method}` answers once"),
            "it answers once",
            "bind a server-streaming method, or move the field to Query",
        )
    };
    Some(rule.finding(message).at(*span, here).also(*proto, "the method").help(help))
}
