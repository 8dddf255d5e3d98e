//! One service that can void the page.

use super::{Check, Rule};
use apollo_compiler::ast::OperationType;

use crate::contract::{Join, State, join};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "fragile-non-null",
    severity: Severity::Warning,
    explanation: r#"A non-null field without a value makes its parent null, and so on upwards. When the call behind such a field fails,
one service takes the whole object with it.

Make the field nullable, or say what is shown instead: `@fallback(value: [])`.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in &model.sites {
        let fragile = |join: &Join| {
            let fallback = join.policy.as_ref().and_then(|policy| policy.fallback.as_ref());
            // A stream cannot fail for an event: what it did not send is none.
            let asks = |index: u32| {
                join.gather.is_some() || !model.methods[index as usize].server_streaming
            };
            matches!(join.target, Some(join::Target::Method(index)) if asks(index))
                && fallback.is_none_or(|fallback| fallback.last.is_none())
        };
        let Some((_, call)) = model.joins(site).find(|(join, _)| fragile(join)) else { continue };
        let is_write = site.operation == Some(OperationType::Mutation);
        let real = model.field(site).is_some_and(|field| field.state() == State::Real);
        if !site.definition.ty.is_non_null() || is_write || !real {
            continue;
        }
        let whole = match site.operation {
            Some(_) => "answer".to_owned(),
            None => format!("`{}`", site.type_name),
        };
        let finding = rule.finding(format!(
            "when `{}` fails, the whole {whole} becomes null",
            site.definition.name
        ));
        let ty = site.definition.ty.inner_named_type().location();
        let finding = finding.at(model.input.schema.span(ty), "never null, without a fallback");
        let method = call.and_then(|call| call.method.as_ref());
        let finding = finding.also(
            method.and_then(|method| model.input.protos.method_span(method)),
            "the call that may fail",
        );
        findings.push(finding.help(if site.definition.ty.is_list() {
            "write `@fallback(value: [])`, or make the field nullable"
        } else {
            "make the field nullable, or write `@fallback(value: …)`"
        }));
    }
    findings
}
