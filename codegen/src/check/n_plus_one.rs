//! A call for each element of a list.

use super::{Check, Rule};
use std::collections::BTreeSet;

use crate::contract::{Cardinality, Source, join, source, wire};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "n-plus-one",
    severity: Severity::Warning,
    explanation: r#"The field is answered by one call for each parent, and the parents come in lists: a page of 100 makes 100 calls.

Bind a method that takes many keys (BatchGet in the AIP conventions), with `@batch` where names do not say enough. If
the service has none, it is worth asking for one.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let in_lists = bindings_in_lists(model);
    let mut findings = Vec::new();
    for site in &model.sites {
        let Some(join) = model.join(site) else { continue };
        let by_method = matches!(join.target, Some(join::Target::Method(_)));
        let many = in_lists.contains(&site.binding) || join.many;
        if !by_method || join.batch.is_some() || join.key.is_empty() || !many {
            continue;
        }
        let finding = rule.finding(format!(
            "`{}` makes one call for each `{}`",
            site.coordinate(),
            site.type_name
        ));
        let call = site.call.as_ref();
        let finding = finding.at(call.and_then(|call| call.span), "these parents come in lists");
        let method = call.and_then(|call| call.method.as_ref());
        let finding = finding.also(
            method.and_then(|method| model.input.protos.method_span(method)),
            "takes one key",
        );
        findings.push(finding.help("bind a method that takes many keys"));
    }
    findings
}

/// Bindings whose objects some list leads to.
fn bindings_in_lists(model: &Model<'_>) -> BTreeSet<u32> {
    let mut in_lists = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<(u32, bool)> = [model.query, model.mutation, model.subscription]
        .iter()
        .flatten()
        .map(|id| (*id, false))
        .collect();
    while let Some((id, many)) = open.pop() {
        if !seen.insert((id, many)) {
            continue;
        }
        if many {
            in_lists.insert(id);
        }
        let Some(binding) = model.bindings.get(id as usize) else { continue };
        open.extend(binding.members.iter().map(|member| (member.binding, many)));
        for source in binding.fields.iter().filter_map(|field| field.source.as_ref()) {
            open.extend(target(source, many));
        }
    }
    in_lists
}

fn target(source: &Source, many: bool) -> Option<(u32, bool)> {
    match source.kind.as_ref()? {
        source::Kind::Join(join) => target(join.then.as_ref()?, many || join.many),
        source::Kind::Wire(wire) => match wire.value.as_ref()? {
            wire::Value::Binding(id) => {
                Some((*id, many || wire.cardinality() == Cardinality::Repeated))
            }
            wire::Value::Leaf(_) => None,
        },
    }
}
