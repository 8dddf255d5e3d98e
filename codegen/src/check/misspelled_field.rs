//! A promised field that looks like one that exists.

use super::{Check, Rule};
use prost_reflect::FieldDescriptor;

use crate::contract::State;
use crate::diagnostic::did_you_mean;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "misspelled-field",
    severity: Severity::Warning,
    explanation: r#"A field without a counterpart in the proto is promised: only a mock answers it. Here the message has a field of nearly
the same name that the schema does not show, which looks like a slip.

Correct the name, or name the field with `@from(path:)`. If the two are different things, write `@mock` to say so.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in &model.sites {
        let promised = model.field(site).is_some_and(|field| field.state() == State::Promised);
        let said_so = site.definition.directives.has("mock");
        let Some(message) = site.parent.as_ref().filter(|_| promised && !said_so) else { continue };
        let shown: Vec<&str> = model
            .sites
            .iter()
            .filter(|other| other.binding == site.binding)
            .filter_map(|other| other.wire.as_ref().map(FieldDescriptor::name))
            .collect();
        let fields: Vec<FieldDescriptor> =
            message.fields().filter(|field| !shown.contains(&field.name())).collect();
        let Some(meant) =
            did_you_mean(&site.definition.name, fields.iter().map(FieldDescriptor::name))
        else {
            continue;
        };
        let field = fields.iter().find(|field| field.name() == meant);
        let finding = rule.finding(format!(
            "`{}` is promised, but `{}` has `{meant}`",
            site.coordinate(),
            message.full_name()
        ));
        let name = model.input.schema.span(site.definition.name.location());
        let finding = finding.at(name, "only a mock answers this");
        let finding = finding.also(
            field.and_then(|field| model.input.protos.field_span(field)),
            "did you mean this one?",
        );
        findings.push(
            finding.help(format!(
                "write `@from(path: \"{meant}\")`, or `@mock` if it is another thing"
            )),
        );
    }
    findings
}
