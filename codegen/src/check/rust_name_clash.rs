//! Names that Rust cannot tell apart.

use super::{Check, Rule};
use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, MessageDescriptor};

use crate::diagnostic::Span;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;
use crate::model::names::{pascal, snake};

pub(super) const RULE: Rule = Rule {
    name: "rust-name-clash",
    severity: Severity::Warning,
    explanation: r#"Typed Rust spells methods in snake_case and types in UpperCamelCase. Two names of a proto become one there, or a name
has no letter at all, so that no Rust can be generated from this file: `anabranch build --rust` and build scripts
refuse it with an error. Serving it without typed Rust works, so that `anabranch check` only warns. Fields and enum
values of such names are no trouble: Rust adds their numbers.

Two fields with `@resolve` can become one name too, such as `A.bC` and `A_b.c`: only a build with Rust looks for that.

Rename one of the two.
"#,
    check: Check::Whole(check),
};

const HELP_ONE: &str = "rename it in the proto: `anabranch build --rust` refuses it";
const HELP_TWO: &str = "rename one of them in the proto: `anabranch build --rust` refuses them";

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let own = model.input.protos.pool.files().filter(|file| model.input.protos.is_own(file.name()));
    for file in own {
        let messages: Vec<MessageDescriptor> = file.messages().collect();
        let enums: Vec<EnumDescriptor> = file.enums().collect();
        types(rule, model, &messages, &enums, &mut findings);
        for service in file.services() {
            let methods = service
                .methods()
                .map(|method| (method.name().to_owned(), model.input.protos.method_span(&method)));
            clashes(rule, service.full_name(), methods, snake, &mut findings);
        }
    }
    findings
}

fn types(
    rule: &Rule,
    model: &Model<'_>,
    messages: &[MessageDescriptor],
    enums: &[EnumDescriptor],
    findings: &mut Vec<Diagnostic>,
) {
    let protos = &model.input.protos;
    let messages_named =
        messages.iter().map(|message| (message.name().to_owned(), protos.message_span(message)));
    let enums_named =
        enums.iter().map(|descriptor| (descriptor.name().to_owned(), protos.enum_span(descriptor)));
    let scope =
        messages.first().map(MessageDescriptor::full_name).and_then(|name| name.rsplit_once('.'));
    clashes(
        rule,
        scope.map_or("", |(scope, _)| scope),
        messages_named.chain(enums_named),
        pascal,
        findings,
    );
    for message in messages.iter().filter(|message| !message.is_map_entry()) {
        let inner: Vec<MessageDescriptor> = message.child_messages().collect();
        let enums: Vec<EnumDescriptor> = message.child_enums().collect();
        types(rule, model, &inner, &enums, findings);
    }
}

fn clashes(
    rule: &Rule,
    scope: &str,
    names: impl Iterator<Item = (String, Option<Span>)>,
    spell: fn(&str) -> String,
    findings: &mut Vec<Diagnostic>,
) {
    let mut seen: BTreeMap<String, (String, Option<Span>)> = BTreeMap::new();
    for (name, span) in names {
        let spelled = spell(&name);
        if !spelled.contains(|letter: char| letter.is_ascii_alphanumeric()) {
            let finding =
                rule.finding(format!("`{scope}` has the name `{name}`, which Rust cannot have"));
            findings.push(finding.at(span, "no letter in it").help(HELP_ONE));
        } else if let Some((other, place)) = seen.get(&spelled) {
            let finding = rule.finding(format!(
                "`{name}` and `{other}` of `{scope}` are both `{spelled}` in Rust"
            ));
            findings.push(finding.at(span, "this one").also(*place, "and this one").help(HELP_TWO));
        } else {
            seen.insert(spelled, (name, span));
        }
    }
}
