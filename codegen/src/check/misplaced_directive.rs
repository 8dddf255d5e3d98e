//! A directive where it can do nothing.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "misplaced-directive",
    severity: Severity::Error,
    explanation: r#"Some directives only make sense together or in some places: `@batch` needs `@rpc`; `@timeout`, `@cache` and
`@fallback` need a call behind the field; `@invalidates` needs a mutation; on a type, `@timeout` and `@cache` need
`@load`. A field of Subscription is a stream: neither `@resolve`, nor `@cache`, nor `@fallback` can do anything for it,
and `@timeout` is for its beginning. What answers the field of an interface is said by the types that implement it.
Beside `@batch` it is the batch that says what to `select`; `match`, `status` and `max` of `@load` are of a batch.
`@fallback(rpc:)` names another method than the one that failed: a call that may be repeated is retried without it.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::MisplacedDirective { coordinate, directive, reason, span } = fault else {
        return None;
    };
    let finding = rule
        .finding(format!("`@{directive}` has no effect on `{coordinate}`"))
        .at(*span, reason.as_str());
    Some(finding.help(format!("remove `@{directive}`")))
}
