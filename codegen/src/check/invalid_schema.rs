//! SDL that is no valid GraphQL schema.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::input::Fault as ReadFault;

pub(super) const RULE: Rule = Rule {
    name: "invalid-schema",
    severity: Severity::Error,
    explanation: r#"A schema file is not GraphQL, or is no valid schema: a type that nobody defines, a type defined twice, an object that
lacks a field of its interface, a wrong argument of a directive.

The rules are those of the GraphQL specification of September 2025, section 3. Our own directives and the scalars
DateTime, Duration, Int64, UInt64, Base64, JSON, FieldMask and Any need no definition.
"#,
    check: Check::Read(check),
};

fn check(rule: &Rule, fault: &ReadFault) -> Option<Diagnostic> {
    let (message, span, help) = match fault {
        ReadFault::SchemaSyntax { message, span } => (message, span, "this is no GraphQL"),
        ReadFault::Schema { message, span } => {
            (message, span, "the GraphQL specification does not allow it")
        }
        _ => return None,
    };
    Some(rule.finding(message.as_str()).at(*span, "").help(help))
}
