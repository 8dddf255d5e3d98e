//! A proto in a package of ours.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "reserved-package",
    severity: Severity::Error,
    explanation: r#"The packages `anabranch.promised.v1` and `anabranch.resolved.v1` hold messages that only a contract has. A proto of
your own in one of them would be mixed up with them.

Rename the package. A skeleton written by `anabranch proto` belongs into a package of your own.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::ReservedPackage { package, span } = fault else { return None };
    let finding =
        rule.finding(format!("the package `{package}` is reserved")).at(*span, "declared in it");
    Some(finding.help("give the file a package of its own"))
}
