//! A directive that is not ours.

use super::words::list;
use super::{Check, Rule};
use crate::diagnostic::did_you_mean;
use crate::diagnostic::{Diagnostic, Severity};
use crate::input::Fault as ReadFault;

pub(super) const RULE: Rule = Rule {
    name: "unknown-directive",
    severity: Severity::Error,
    explanation: r#"The schema applies or defines a directive that is none of ours and none of GraphQL's. It would do nothing, which is
worse than an error: a misspelled `@cahce` is no cache.

wrong:  price: Money @cahce(maxAge: "30s", scope: PUBLIC)
right:  price: Money @cache(maxAge: "30s", scope: PUBLIC)

`@tag(name:)` is there for labels of your own.
"#,
    check: Check::Read(check),
};

fn check(rule: &Rule, fault: &ReadFault) -> Option<Diagnostic> {
    let ReadFault::UnknownDirective { name, span, known } = fault else { return None };
    let help = match did_you_mean(name, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `@{meant}`?"),
        None => format!("known are {}", list(known.iter().map(String::as_str))),
    };
    Some(
        rule.finding(format!("there is no directive `@{name}`"))
            .at(*span, "it would do nothing")
            .help(help),
    )
}
