//! A list that could be limited, and is not.

use super::{Check, Rule};
use crate::contract::{Join, fill};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "unbounded-list",
    severity: Severity::Warning,
    explanation: r#"The method takes a limit, and nothing fills it: the service decides how much comes, and a page may become very long.

Give the field an argument for it (`first: Int` with `@from(path: "page_size")`), or a constant:
`with: {page_size: 50}`.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in &model.sites {
        let Some(join) = model.join(site).filter(|_| site.definition.ty.is_list()) else {
            continue;
        };
        let Some(method) = site.call.as_ref().and_then(|call| call.method.as_ref()) else {
            continue;
        };
        let limit = method
            .input()
            .fields()
            .find(|field| LIMITS.contains(&field.name()) && !field.is_list());
        let Some(limit) = limit.filter(|limit| !fills(join, limit.number())) else { continue };
        let finding = rule.finding(format!("nothing limits `{}`", site.coordinate()));
        let name = model.input.schema.span(site.definition.name.location());
        let finding = finding.at(name, "as many as the service likes");
        let finding = finding.also(model.input.protos.field_span(&limit), "would limit them");
        findings
            .push(finding.help(format!("write `with: {{{}: 50}}`, or an argument", limit.name())));
    }
    findings
}

/// What services call a limit.
const LIMITS: [&str; 7] =
    ["page_size", "limit", "first", "max_results", "per_page", "count", "max_items"];

fn fills(join: &Join, number: u32) -> bool {
    join.fills.iter().any(|fill| match &fill.source {
        // A constant carries its own tag behind the path.
        Some(fill::Source::Constant(bytes)) => {
            fill.path.first() == Some(&number)
                || (fill.path.is_empty() && tag(bytes) == Some(number))
        }
        _ => fill.path.first() == Some(&number),
    })
}

fn tag(mut bytes: &[u8]) -> Option<u32> {
    prost::encoding::decode_key(&mut bytes).ok().map(|(number, _)| number)
}
