//! A mask that cannot be filled with what is read.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "invalid-selection",
    severity: Severity::Error,
    explanation: r#"`$selection` in `with` fills a `google.protobuf.FieldMask` of the request with the fields that a query reads,
so that a service sends no others. A field called `read_mask` (AIP-157) is filled without being named; one that `with`
or an argument fills is left to them.

$selection           paths begin in the resource: in what Get answers, in each of what List and BatchGet answer
$selection.books     paths begin in the messages that the response has in `books`
$selection.response  paths begin in the response itself

Paths go into single messages (`price.amount`) and end at lists, maps and oneofs. A service that honours `price.amount`
sends `price` where there is one, though its amount be 0: a message that is left out is null.

A mask says what is read of the answer. `update_mask` says what is changed: an argument or a constant fills it.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::InvalidSelection { text, reason, known, span, proto } = fault else { return None };
    let finding =
        rule.finding(format!("`{text}` cannot fill this mask")).at(*span, reason.as_str());
    let finding = finding.also(*proto, "the field of the request");
    Some(match known.as_slice() {
        [] => finding.help(
            "`$selection` fills a `google.protobuf.FieldMask` with what is read of the response",
        ),
        known => {
            let known: Vec<String> =
                known.iter().map(|name| format!("`$selection.{name}`")).collect();
            finding.help(format!(
                "say where its paths begin: {}, `$selection.response`",
                known.join(", ")
            ))
        }
    })
}
