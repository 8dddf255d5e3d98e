//! A non-null field that the proto may leave out.

use prost_reflect::{FieldDescriptor, Kind};

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::input::Protos;
use crate::model::{Model, path::has_presence};

pub(super) const RULE: Rule = Rule {
    name: "non-null-optional",
    severity: Severity::Warning,
    explanation: r#"The field has presence: by `optional`, as a member of a oneof, or by the rules of its edition. So the service may send
no value, and means it. A non-null field without a value makes its parent null.

Make the field nullable. Or, if the value is always there, say so in the proto: drop `optional` in proto3, declare a
default in proto2 and editions, or `features.field_presence = IMPLICIT` in editions.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in &model.sites {
        let Some(field) = site.wire.as_ref().filter(|_| site.definition.ty.is_non_null()) else {
            continue;
        };
        if !may_be_absent(&model.input.protos, field) {
            continue;
        }
        let finding = rule.finding(format!(
            "`{}` is never null, but the proto may leave it out",
            site.coordinate()
        ));
        let ty = site.definition.ty.inner_named_type().location();
        let finding = finding.at(model.input.schema.span(ty), "never null");
        let finding = finding.also(model.input.protos.field_span(field), "may be absent");
        findings.push(finding.help("write the type without `!`"));
    }
    findings
}

/// Messages are left out: whether one may be absent no proto says.
fn may_be_absent(protos: &Protos, field: &FieldDescriptor) -> bool {
    has_presence(field)
        && !protos.is_required(field)
        && field.field_descriptor_proto().default_value.is_none()
        && !matches!(field.kind(), Kind::Message(_))
}
