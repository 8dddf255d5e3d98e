//! A non-null field that the proto may leave out.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "non-null-optional",
    severity: Severity::Warning,
    explanation: r#"The proto says `optional`: the service may send no value, and means it. A non-null field without a value makes its
parent null.

Make the field nullable, or drop `optional` in the proto if the value is always there.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in &model.sites {
        let Some(field) = site.wire.as_ref().filter(|_| site.definition.ty.is_non_null()) else {
            continue;
        };
        if !field.field_descriptor_proto().proto3_optional() {
            continue;
        }
        let finding = rule.finding(format!(
            "`{}` is never null, but the proto may leave it out",
            site.coordinate()
        ));
        let ty = site.definition.ty.inner_named_type().location();
        let finding = finding.at(model.input.schema.span(ty), "never null");
        let finding = finding.also(model.input.protos.field_span(field), "optional");
        findings.push(finding.help("write the type without `!`"));
    }
    findings
}
