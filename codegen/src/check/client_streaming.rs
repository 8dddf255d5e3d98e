//! A method that takes a stream.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "client-streaming",
    severity: Severity::Error,
    explanation: r#"A GraphQL field asks once. A client-streaming or bidirectional RPC takes a stream of requests, which no field can
give.

Add a unary (or, for a subscription, a server-streaming) RPC to the service.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::ClientStreaming { coordinate, method, span, proto } = fault else { return None };
    let finding =
        rule.finding(format!("`{coordinate}` cannot be answered by a method that takes a stream"));
    let finding = finding
        .at(*span, format!("`{method}` takes a stream"))
        .also(*proto, "declared with `stream`");
    Some(finding.help("bind a unary method, or a server-streaming one under Subscription"))
}
