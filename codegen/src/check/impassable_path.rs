//! A path through something that has no parts.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "impassable-path",
    severity: Severity::Error,
    explanation: r#"A path goes through singular message fields; only its last part may be something else, and that must be what the place
needs: a list for `keys`, a list of messages or a map for `items`, one plain value for `match` and for tags. `select`
and `@from` may end in a oneof, which is one value of a union or of an interface. A `key` from the parent may go through
lists of messages too: `"$parent.lines.sku"` is one key for each line, and the field a list.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::BadPath { path, reason, span, proto } = fault else { return None };
    let finding =
        rule.finding(format!("the path `{path}` cannot be followed")).at(*span, reason.as_str());
    Some(
        finding
            .also(*proto, "declared here")
            .help("go through singular messages, and end in what the place needs"),
    )
}
