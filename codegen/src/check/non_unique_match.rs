//! One value matched by what several items may share.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "non-unique-match",
    severity: Severity::Warning,
    explanation: r#"The field shows one object, and items are matched by a field that is not their own id: two items may have the same
key, and only one of them would be shown.

If the service sends at most one item for each key, say so by writing the match: `@batch(match: "book_id")`. Else make
the field a list.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in &model.sites {
        let says_match = model.argument_span(site, "batch", "match").is_some();
        let Some(call) =
            site.call.as_ref().filter(|_| !site.definition.ty.is_list() && !says_match)
        else {
            continue;
        };
        let Some(item) = call
            .item
            .as_ref()
            .filter(|_| model.join(site).is_some_and(|join| join.batch.is_some()))
        else {
            continue;
        };
        let Some(id) = item.get_field_by_name("id").filter(|_| call.match_fields.len() == 1) else {
            continue;
        };
        let Some(key) =
            call.match_fields.first().filter(|key| **key != id && key.parent_message() == item)
        else {
            continue;
        };
        let finding = rule.finding(format!(
            "several `{}` may have the key of one `{}`",
            item.name(),
            site.coordinate()
        ));
        let finding = finding.at(call.span, "one of them would be shown");
        let finding = finding.also(model.input.protos.field_span(key), "matched by this");
        let finding = finding.also(model.input.protos.field_span(&id), "but identified by this");
        findings.push(
            finding.help(
                "make the field a list, or write `match` if the service sends one for each key",
            ),
        );
    }
    findings
}
