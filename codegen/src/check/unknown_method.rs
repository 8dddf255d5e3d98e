//! A method that no proto has.

use super::words::meant;
use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "unknown-method",
    severity: Severity::Error,
    explanation: r#"`method` names an RPC by its full name: package, service, slash, method.

wrong:  @rpc(method: "Pricing/GetPrice")
right:  @rpc(method: "bookshop.pricing.v1.Pricing/GetPrice")
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::UnknownMethod { name, span, known } = fault else { return None };
    let finding = rule.finding(format!("there is no method `{name}`")).at(*span, "no proto has it");
    let tail = name.rsplit(['/', '.']).next().unwrap_or(name);
    let same_tail = || known.iter().find(|(known, _)| known.ends_with(&format!("/{tail}")));
    let Some((meant, place)) = meant(name, known).or_else(same_tail) else {
        return Some(finding.help("write `package.Service/Method`, as the proto has them"));
    };
    Some(
        finding.also(*place, "did you mean this one?").help(format!("write `method: \"{meant}\"`")),
    )
}
