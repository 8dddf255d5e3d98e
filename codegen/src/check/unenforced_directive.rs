//! A directive that no gateway enforces yet.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::input::ENFORCED;
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "unenforced-directive",
    severity: Severity::Warning,
    explanation: r#"`@authenticated`, `@requiresScopes`, `@cost` and `@listSize` are part of the schema language, but no gateway enforces
them yet. One that took no notice would show to everybody what the schema keeps from them, so `anabranch serve` refuses
to start with such a contract. The contract names them as required features all the same.

Until then let the services decide who may see what, and remove the directive from the schema that you serve.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let used = &model.input.schema.used_directives;
    let places = ENFORCED
        .iter()
        .flat_map(|name| used.get(*name).into_iter().flatten().map(move |at| (name, at)));
    let finding = |(name, span): (&&str, &crate::diagnostic::Span)| {
        rule.finding(format!("no gateway enforces `@{name}` yet"))
            .at(*span, "`anabranch serve` refuses to start")
            .help("remove it from a schema that is served")
    };
    places.map(finding).collect()
}
