//! A member of a oneof that no type shows.

use prost_reflect::{FieldDescriptor, Kind};

use super::{Check, Rule};
use crate::contract::Binding;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Model, leaf::natural};

pub(super) const RULE: Rule = Rule {
    name: "uncovered-oneof-member",
    severity: Severity::Warning,
    explanation: r#"A service may send a member of a oneof that no type of the union (or interface) shows; the field is null then, as if
nothing had been sent.

Add the type of its message to the union, as `anabranch import` does. A scalar is no member of a union: put it in a
message, or show it in a field of its own beside the union:

message Found { oneof hit { Book book = 1; string text = 2; } }
type Found { hit: Hit, text: String }
union Hit = Book
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let uncovered = model.uncovered.iter().filter(|(id, member)| !is_beside(model, *id, member));
    let findings = uncovered.filter_map(|(id, member)| {
        Some(finding(rule, model, model.bindings.get(*id as usize)?, member))
    });
    findings.collect()
}

/// Whether each object that has the union shows the member in another field.
fn is_beside(model: &Model<'_>, id: u32, member: &FieldDescriptor) -> bool {
    let mut with =
        model.sites.iter().filter(|site| model.inner_binding(site) == Some(id)).peekable();
    let shows_it = |binding: u32| {
        model.sites.iter().any(|site| site.binding == binding && site.wire.as_ref() == Some(member))
    };
    with.peek().is_some() && with.all(|site| shows_it(site.binding))
}

fn finding(
    rule: &Rule,
    model: &Model<'_>,
    binding: &Binding,
    member: &FieldDescriptor,
) -> Diagnostic {
    let named = &binding.r#type;
    let ty = model.input.schema.definitions.types.get(named.as_str());
    let span = ty.and_then(|ty| model.input.schema.span(ty.name().location()));
    let is_union = ty.is_some_and(|ty| ty.is_union());
    let help = match member.kind() {
        Kind::Message(message)
            if !member.is_group()
                && natural(&member.kind()).is_none()
                && message.fields().len() > 0 =>
        {
            let message = message.name();
            if is_union {
                format!("add the type of `{message}` to the union, as `anabranch import` does")
            } else {
                format!("let the type of `{message}` implement the interface")
            }
        }
        _ => {
            format!("put `{}` in a message, or show it in a field beside `{named}`", member.name())
        }
    };
    let oneof = member.containing_oneof().map(|oneof| oneof.full_name().to_owned());
    let text = format!(
        "`{named}` shows no `{}` of `{}`",
        member.name(),
        oneof.as_deref().unwrap_or(&binding.message)
    );
    let finding = rule.finding(text).at(span, "a field with it would be null");
    finding.also(model.input.protos.field_span(member), "a service may send this").help(help)
}
