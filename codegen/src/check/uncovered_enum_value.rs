//! An enum value that the schema does not know.

use super::{Check, Rule};
use prost_reflect::EnumValueDescriptor;

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "uncovered-enum-value",
    severity: Severity::Warning,
    explanation: r#"A service may send a value that the GraphQL enum does not have; a field with it is an error then, and null.

Add the value to the GraphQL enum. The value 0 that means "unspecified" is left out of this rule.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (mapped, proto) in model.enums.iter().zip(&model.enum_protos) {
        let Some(proto) = proto else { continue };
        // Where a value of the schema has no counterpart, another rule has said so.
        let graphql = model.input.schema.definitions.get_enum(&mapped.r#type);
        let Some(graphql) = graphql.filter(|graphql| graphql.values.len() == mapped.values.len())
        else {
            continue;
        };
        for value in proto.values().filter(|value| !is_unspecified(value)) {
            if mapped.values.iter().any(|known| known.number == value.number()) {
                continue;
            }
            let finding =
                rule.finding(format!("`{}` has no value for `{}`", mapped.r#type, value.name()));
            let finding = finding.at(
                model.input.schema.span(graphql.name.location()),
                "a field with it would be an error",
            );
            let finding =
                finding.also(model.input.protos.enum_value_span(&value), "a service may send this");
            findings.push(finding.help("add the value to the GraphQL enum"));
        }
    }
    findings
}

fn is_unspecified(value: &EnumValueDescriptor) -> bool {
    let name = value.name();
    value.number() == 0
        && ["UNSPECIFIED", "UNKNOWN", "INVALID", "NONE"].iter().any(|word| name.ends_with(word))
}
