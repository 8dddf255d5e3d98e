//! A comment that allows what is not there, or must not be.

use super::{Check, RULES, Rule};
use crate::diagnostic::{Diagnostic, Severity, did_you_mean};
use crate::model::Model;

pub(super) const RULE: Rule = Rule {
    name: "useless-allow",
    severity: Severity::Warning,
    explanation: r#"A warning that somebody has looked at and accepts is silenced by a comment in the schema, on a line of its own above
the definition that the warning points at:

    # anabranch: allow(fragile-non-null)
    price: Money! @rpc(method: "shop.v1.Pricing/BatchGetPrices")

Above a type it holds for all its fields; several rules are parted by commas. Errors cannot be silenced. An allow
that silences nothing is told, so that none outlives its reason.
"#,
    check: Check::Found(check),
};

/// Takes out what is allowed; tells what allows nothing.
fn check(rule: &Rule, model: &Model<'_>, findings: &mut Vec<Diagnostic>) {
    let is_whole = findings.iter().all(|finding| finding.severity() == Severity::Warning);
    let mut useless = Vec::new();
    let mut silenced = vec![false; findings.len()];
    for allow in &model.input.schema.allows {
        let mut tell = |label: String, help: String| {
            let finding = rule.finding("an allow that silences nothing");
            useless.push(finding.at(allow.span, label).help(help));
        };
        if allow.rules.is_empty() {
            let help = "write `# anabranch: allow(rule-name)`";
            tell("not understood".to_owned(), help.to_owned());
        }
        for name in &allow.rules {
            let remove = "remove it".to_owned();
            let Some(known) = RULES.iter().find(|known| known.name == name) else {
                let meant = did_you_mean(name, RULES.iter().map(|known| known.name));
                let help =
                    meant.map_or(remove, |meant| format!("write `# anabranch: allow({meant})`"));
                tell(format!("there is no rule `{name}`"), help);
                continue;
            };
            if known.severity == Severity::Error {
                tell(format!("`{name}` is an error: it cannot be silenced"), remove);
                continue;
            }
            let Some(scope) = allow.scope else {
                let help = "put it on a line of its own above a field or a type".to_owned();
                tell("no definition below".to_owned(), help);
                continue;
            };
            let mut is_used = false;
            for (finding, silenced) in findings.iter().zip(&mut silenced) {
                let is_meant = finding.rule() == name
                    && finding.severity() == Severity::Warning
                    && finding.place().is_some_and(|place| scope.contains(place));
                is_used |= is_meant;
                *silenced |= is_meant;
            }
            // Beside errors not every warning has been looked for.
            if !is_used && is_whole {
                tell(format!("there is no `{name}` here"), remove);
            }
        }
    }
    let mut silenced = silenced.into_iter();
    findings.retain(|_| !silenced.next().unwrap_or_default());
    findings.extend(useless);
}
