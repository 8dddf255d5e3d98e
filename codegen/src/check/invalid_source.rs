//! A source that does not exist.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "invalid-source",
    severity: Severity::Error,
    explanation: r#"A text in `with` that begins with a dollar names a source:

$parent.id        a field of the parent's message, in proto names (not in a batch: there `key` says it)
$args.page.size   an argument, or a part of it
$identity.sub     a claim of the caller's identity
$tenant           the caller's tenant
$header.x-locale  a request header
$context.key      a value that the embedding program has set
$selection        the fields that a query reads, for a mask: see `anabranch explain invalid-selection`

Everything else is a constant; `$$` begins a text with a dollar.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::InvalidSource { text, reason, span } = fault else { return None };
    let finding =
        rule.finding(format!("`{text}` cannot fill the request")).at(*span, reason.as_str());
    Some(finding.help("sources are `$parent.…`, `$args.…`, `$identity.…`, `$tenant`, `$header.…`, `$context.…` and `$selection`"))
}
