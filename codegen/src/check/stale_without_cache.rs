//! A promise of old answers that nobody keeps.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "stale-without-cache",
    severity: Severity::Warning,
    explanation: r#"`staleIfError` shows an answer that was kept before. Without `@cache` on the field nothing is kept, so there is
nothing to show.

Add `@cache(maxAge: …, scope: …)`, or remove `staleIfError`.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in &model.sites {
        let Some(policy) = model.join(site).and_then(|join| join.policy.as_ref()) else { continue };
        let stale = policy.fallback.as_ref().is_some_and(|fallback| fallback.stale_if_error_ms > 0);
        if !stale || policy.cache.is_some() {
            continue;
        }
        let finding = rule
            .finding(format!("`{}` wants to show old answers, but keeps none", site.coordinate()));
        let finding = finding.at(model.directive_span(site, "fallback"), "nothing to fall back to");
        findings.push(finding.help("add `@cache(maxAge: …, scope: …)`"));
    }
    findings
}
