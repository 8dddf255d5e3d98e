//! A file or folder that the system does not hand out.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::input::Fault as ReadFault;

pub(super) const RULE: Rule = Rule {
    name: "unreadable-file",
    severity: Severity::Error,
    explanation: r#"A file or a folder among the sources could not be read. Nothing is guessed in its place.

Check the path, its permissions, and that the file is UTF-8.
"#,
    check: Check::Read(check),
};

fn check(rule: &Rule, fault: &ReadFault) -> Option<Diagnostic> {
    match fault {
        ReadFault::Unreadable { path, reason } => Some(
            rule.finding(format!("cannot read `{path}`: {reason}"))
                .help("check the path and its permissions"),
        ),
        ReadFault::NotUtf8 { path, span } => Some(
            rule.finding(format!("`{path}` is not UTF-8"))
                .at(*span, "the first byte that is not")
                .help("save it as UTF-8"),
        ),
        _ => None,
    }
}
