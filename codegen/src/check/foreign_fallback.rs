//! A fallback that answers with something else than the field reads.

use prost_reflect::MethodDescriptor;

use super::{Check, Rule};
use crate::contract::{Join, Leaf, Source, join, source, wire};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Model, Site};

pub(super) const RULE: Rule = Rule {
    name: "foreign-fallback",
    severity: Severity::Error,
    explanation: r#"What the method of `@fallback(rpc:)` answers stands in for what the field's own call answers, as the bytes that it is.
So both have to answer with the same message, or with a value of the same type; where it stands in the response may
differ.

Let the other method answer with the message of the first one, or fall back to a `value`.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in &model.sites {
        let Some(own) = model.join(site) else { continue };
        let fallback = own.policy.as_ref().and_then(|policy| policy.fallback.as_ref());
        let Some(other) = fallback.and_then(|fallback| fallback.rpc.as_deref()) else { continue };
        let (Some(own_value), Some(other_value)) = (own.then.as_deref(), other.then.as_deref())
        else {
            continue;
        };
        if !stands_in(model, own_value, other_value) {
            findings.push(finding(rule, model, site, [own_value, other_value], other));
        }
    }
    findings
}

fn finding(
    rule: &Rule,
    model: &Model<'_>,
    site: &Site,
    [own, other]: [&Source; 2],
    fallback: &Join,
) -> Diagnostic {
    let [own, other] = [own, other].map(|source| shown(model, source));
    let message = format!(
        "the fallback of `{}` answers with {other}, the field reads {own}",
        site.coordinate()
    );
    let span = model.argument_span(site, "fallback", "rpc");
    let mut finding = rule.finding(message).at(span, "cannot stand in for the field's own call");
    let protos = &model.input.protos;
    if let Some(method) = method_of(model, fallback) {
        finding = finding.also(protos.method_span(&method), format!("answers with {other}"));
    }
    if let Some(method) = site.call.as_ref().and_then(|call| call.method.as_ref()) {
        finding = finding.also(protos.method_span(method), format!("answers with {own}"));
    }
    finding
        .help("let both methods answer with the same message, or write `value` in place of `rpc`")
}

/// Whether one value can be read where the other one is expected.
fn stands_in(model: &Model<'_>, own: &Source, other: &Source) -> bool {
    use source::Kind::{Join, Wire};
    match (&own.kind, &other.kind) {
        (Some(Join(own)), Some(Join(other))) => {
            let paths = |join: &crate::contract::Join| {
                join.key.iter().map(|part| (part.path.clone(), part.scalar)).collect::<Vec<_>>()
            };
            paths(own) == paths(other)
        }
        (Some(Wire(own)), Some(Wire(other))) => match (&own.value, &other.value) {
            (Some(wire::Value::Leaf(left)), Some(wire::Value::Leaf(right))) => {
                left == right && own.map_key == other.map_key
            }
            (Some(wire::Value::Binding(left)), Some(wire::Value::Binding(right))) => {
                message(model, *left) == message(model, *right)
            }
            _ => false,
        },
        _ => false,
    }
}

fn message<'m>(model: &'m Model<'_>, binding: u32) -> Option<&'m str> {
    Some(model.bindings.get(binding as usize)?.message.as_str())
}

fn shown(model: &Model<'_>, source: &Source) -> String {
    match &source.kind {
        Some(source::Kind::Wire(wire)) => match &wire.value {
            Some(wire::Value::Binding(id)) => {
                format!("`{}`", message(model, *id).unwrap_or_default())
            }
            Some(wire::Value::Leaf(leaf)) => scalar(leaf),
            None => "nothing".to_owned(),
        },
        _ => "keys of objects".to_owned(),
    }
}

fn scalar(leaf: &Leaf) -> String {
    leaf.scalar().as_str_name().to_lowercase()
}

fn method_of(model: &Model<'_>, fallback: &Join) -> Option<MethodDescriptor> {
    let Some(join::Target::Method(id)) = fallback.target else { return None };
    let method = model.methods.get(id as usize)?;
    let service = model.input.protos.pool.get_service_by_name(&method.service)?;
    service.methods().find(|candidate| candidate.name() == method.name)
}
