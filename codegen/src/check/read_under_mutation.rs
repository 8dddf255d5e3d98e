//! A method that seems to read, behind a field that writes.

use super::{Check, Rule};
use apollo_compiler::ast::OperationType;

use super::words::{first_word, says_idempotency};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "read-under-mutation",
    severity: Severity::Warning,
    explanation: r#"Fields of Mutation are called once, in order, never retried, shared or cached. The name of this method says that it
only reads: under Query it would be faster and safer.

Move the field to Query; or say in the proto what the method does with `idempotency_level`.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in model.sites.iter().filter(|site| site.operation == Some(OperationType::Mutation)) {
        let Some(method) = site.call.as_ref().and_then(|call| call.method.as_ref()) else {
            continue;
        };
        if says_idempotency(method) || !READS.contains(&first_word(method.name()).as_str()) {
            continue;
        }
        let finding = rule.finding(format!(
            "`{}` is a mutation, but `{}` sounds like a read",
            site.coordinate(),
            method.name()
        ));
        let finding = finding
            .at(site.call.as_ref().and_then(|call| call.span), "never retried, shared or cached");
        let finding = finding.also(model.input.protos.method_span(method), "this method");
        findings.push(finding.help("move the field to Query"));
    }
    findings
}

const READS: [&str; 9] =
    ["get", "list", "search", "find", "lookup", "query", "read", "fetch", "count"];
