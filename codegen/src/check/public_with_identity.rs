//! A public cache of what depends on the caller.

use super::{Check, Rule};
use crate::contract::{Cache, Scope, join};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "public-with-identity",
    severity: Severity::Error,
    explanation: r#"A method that gets the caller's identity or tenant may answer each caller differently. What is kept with scope PUBLIC
is shown to everybody, so one caller would see what is another's.

Use `scope: USER` (or `scope: TENANT` where only the tenant is forwarded), or do not forward the caller to this
method.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let calls = model.sites.iter().flat_map(|site| model.joins(site).map(move |call| (site, call)));
    for (site, (join, call)) in calls {
        let scope = join.policy.as_ref().and_then(|policy| policy.cache.as_ref()).map(Cache::scope);
        let Some(join::Target::Method(id)) = join.target else { continue };
        let Some(method) = model.methods.get(id as usize).filter(|_| scope == Some(Scope::Public))
        else {
            continue;
        };
        let (what, help) = match (method.forward_identity, method.forward_tenant) {
            (true, _) => ("identity", "write `scope: USER`"),
            (false, true) => ("tenant", "write `scope: TENANT`"),
            (false, false) => continue,
        };
        let name = format!("{}/{}", method.service, method.name);
        let finding = rule
            .finding(format!("`{}` would show one caller's answer to another", site.coordinate()));
        let finding = finding.at(model.policy_span(site, "cache"), "kept for everybody");
        let proto = call.and_then(|call| call.method.as_ref());
        let proto = proto.and_then(|method| model.input.protos.method_span(method));
        let finding = finding.also(proto, format!("`{name}` gets the caller's {what}"));
        findings.push(finding.help(format!("{help}, or do not forward the {what}")));
    }
    findings
}
