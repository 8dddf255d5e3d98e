//! A cache of calls that do something.

use super::{Check, Rule};
use crate::contract::SideEffects;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "cached-write",
    severity: Severity::Error,
    explanation: r#"Only what has no side effects may be kept: a kept answer means that the call was not made. The proto says
`idempotency_level = IDEMPOTENT`, or the field is a mutation.

Where the method only reads, say so in the proto: `option idempotency_level = NO_SIDE_EFFECTS;`.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let calls = model.sites.iter().flat_map(|site| model.joins(site).map(move |call| (site, call)));
    for (site, (join, call)) in calls {
        let is_cached = join.policy.as_ref().is_some_and(|policy| policy.cache.is_some());
        if !is_cached || join.side_effects() == SideEffects::NoSideEffects {
            continue;
        }
        let finding = rule.finding(format!(
            "the call behind `{}` does something: it cannot be kept",
            site.coordinate()
        ));
        let finding =
            finding.at(model.policy_span(site, "cache"), "a kept answer is a call not made");
        let method = call.and_then(|call| call.method.as_ref());
        let finding = finding
            .also(method.and_then(|method| model.input.protos.method_span(method)), "this method");
        findings.push(finding.help(
            "remove `@cache`; a method that only reads says `idempotency_level = NO_SIDE_EFFECTS`",
        ));
    }
    findings
}
