//! A stream where one answer is needed, or the other way round.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Fault, Mismatch};

pub(super) const RULE: Rule = Rule {
    name: "streaming-mismatch",
    severity: Severity::Error,
    explanation: r#"A field of Subscription is answered by a server-streaming RPC: each message is an event. Elsewhere such an RPC answers a
field whose type is a list, below Query or in a type: its messages are gathered until the stream ends. Each is an item,
or has one where `select` says; where that is a list itself, the lists of all messages follow one another. All other
fields are answered by unary RPCs.

A stream that breaks, is late or is longer than `executor.gathering` allows fails its field, and the ladder of
`@fallback` follows: no part of a list is shown as the whole. Where a query says `@stream`, items are shown as they
come, and of a stream that breaks behind the first ones those that were shown stay.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::StreamingMismatch { coordinate, method, reason, span, proto } = fault else {
        return None;
    };
    let (field, help) = match reason {
        Mismatch::AnswersOnce => {
            let help = "bind a server-streaming method, or move the field to Query";
            let message = format!("`{coordinate}` needs a stream, `{method}` answers once");
            let finding = rule.finding(message).at(*span, "it answers once");
            return Some(finding.also(*proto, "the method").help(help));
        }
        Mismatch::NoList => (
            "needs one answer",
            "write a list type, whose items the messages are; or move the field to Subscription, or bind a unary method",
        ),
        Mismatch::Batch => {
            ("asks for many keys at once", "leave `@batch` out, or bind a unary method")
        }
        Mismatch::ManyKeys => (
            "asks for each key of a list",
            "take one key of the parent: each would have a list, and lists of lists are not supported",
        ),
        Mismatch::Load => ("is loaded by its key", "bind a unary method in `@load`"),
        Mismatch::Mutation => ("changes something and needs one answer", "bind a unary method"),
    };
    let finding = rule.finding(format!("`{coordinate}` {field}, `{method}` streams"));
    Some(finding.at(*span, "it streams").also(*proto, "the method").help(help))
}
