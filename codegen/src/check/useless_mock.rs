//! A mock of a call that no field makes.

use std::collections::{BTreeSet, HashSet};

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Model, Site};

pub(super) const RULE: Rule = Rule {
    name: "useless-mock",
    severity: Severity::Error,
    explanation: r#"`latency` and `error` of `@mock` shape a call: how long it takes, and how it fails. A value that comes with its parent
has no call of its own, so nothing would wait or fail.

Write them on the field whose call answers the parent, or show the value as missing: `@mock(value: null)`.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    // A type may be sent as several messages: in one of them the field may be a call.
    let called: HashSet<String> = model
        .sites
        .iter()
        .filter(|site| {
            model.join(site).is_some()
                || model.field(site).is_none_or(|field| field.source.is_none())
        })
        .map(Site::coordinate)
        .collect();
    let mut findings = Vec::new();
    for site in model.sites.iter().filter(|site| !called.contains(&site.coordinate())) {
        for argument in ["latency", "error"] {
            let Some(span) = model.argument_span(site, "mock", argument) else { continue };
            let coordinate = site.coordinate();
            let finding = rule
                .finding(format!("`@mock({argument}:)` has no effect on `{coordinate}`"))
                .at(span, "comes with its parent: no call that could be late or fail");
            findings.push(finding.help(match callers(model, &coordinate).as_slice() {
                [] => format!("write it on the field whose call answers `{}`", site.type_name),
                callers => format!("write it on {}, whose call answers it", callers.join(" or ")),
            }));
        }
    }
    findings
}

/// The fields whose calls answer the objects that the field is in.
fn callers(model: &Model<'_>, coordinate: &str) -> Vec<String> {
    let own = model.sites.iter().filter(|site| site.coordinate() == coordinate);
    let mut open: Vec<u32> = own.map(|site| site.binding).collect();
    let mut seen: HashSet<u32> = open.iter().copied().collect();
    let mut callers = BTreeSet::new();
    while let Some(binding) = open.pop() {
        for site in model.sites.iter().filter(|site| model.inner_binding(site) == Some(binding)) {
            if model.join(site).is_some() {
                callers.insert(format!("`{}`", site.coordinate()));
            } else if seen.insert(site.binding) {
                open.push(site.binding);
            }
        }
    }
    callers.into_iter().take(3).collect()
}
