//! An enum value without a counterpart.

use super::words::{list, meant};
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "unknown-enum-value",
    severity: Severity::Error,
    explanation: r#"Each value of a GraphQL enum needs a value of the protobuf enum: of the same name, with or without the prefix that
protobuf style asks for (`ACTIVE` is `PRODUCT_STATUS_ACTIVE`), or the one that `@from(path:)` names.
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnknownEnumValue { value, graphql, span, proto, proto_span, known } = fault else {
        return None;
    };
    let finding = rule
        .finding(format!("`{proto}` has no value for `{graphql}.{value}`"))
        .at(*span, "no counterpart");
    let suffixes: Vec<(String, _)> =
        known.iter().map(|(name, span)| (unprefixed(name, known), *span)).collect();
    let (finding, help) = match meant(value, &suffixes).or_else(|| meant(value, known)) {
        Some((meant, place)) => (
            finding.also(*place, "did you mean this one?"),
            format!("write `{meant}`, or `@from(path: …)`"),
        ),
        None => (
            finding.also(*proto_span, "the enum"),
            format!("it has {}", list(known.iter().map(|(name, _)| name.as_str()))),
        ),
    };
    Some(finding.help(help))
}

/// The name without the words that all values begin with.
fn unprefixed(name: &str, known: &[(String, Option<crate::diagnostic::Span>)]) -> String {
    let shared = known.iter().map(|(other, _)| {
        name.bytes().zip(other.bytes()).take_while(|(left, right)| left == right).count()
    });
    let shared = shared.min().unwrap_or_default();
    let prefix = name[..shared.min(name.len())].rfind('_').map_or(0, |underscore| underscore + 1);
    name[prefix..].to_owned()
}
