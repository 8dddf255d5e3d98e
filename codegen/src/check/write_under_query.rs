//! A method that seems to write, behind a field that reads.

use super::{Check, Rule};
use apollo_compiler::ast::OperationType;

use super::words::{first_word, says_idempotency};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "write-under-query",
    severity: Severity::Warning,
    explanation: r#"Fields of Query, and joins, are read: their calls are retried, shared and cached, by GraphQL's own rule. The name of
this method says that it changes something.

Move the field to Mutation; or, if the method only reads, say so in the proto:
`option idempotency_level = NO_SIDE_EFFECTS;`.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in model.sites.iter().filter(|site| site.operation != Some(OperationType::Mutation)) {
        let Some(method) = site.call.as_ref().and_then(|call| call.method.as_ref()) else {
            continue;
        };
        if says_idempotency(method) || !WRITES.contains(&first_word(method.name()).as_str()) {
            continue;
        }
        let finding = rule.finding(format!(
            "`{}` reads, but `{}` sounds like a write",
            site.coordinate(),
            method.name()
        ));
        let finding = finding
            .at(site.call.as_ref().and_then(|call| call.span), "may be retried, shared and cached");
        let finding =
            finding.also(model.input.protos.method_span(method), "nothing says that it only reads");
        findings.push(finding.help(
            "move the field to Mutation, or write `option idempotency_level = NO_SIDE_EFFECTS;`",
        ));
    }
    findings
}

const WRITES: [&str; 22] = [
    "create",
    "update",
    "delete",
    "set",
    "add",
    "remove",
    "insert",
    "upsert",
    "put",
    "patch",
    "replace",
    "send",
    "submit",
    "place",
    "cancel",
    "approve",
    "reject",
    "undelete",
    "write",
    "publish",
    "increment",
    "reset",
];
