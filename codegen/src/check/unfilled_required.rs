//! A request that may go out without a field that the proto requires.

use std::collections::BTreeSet;

use apollo_compiler::ast::Type;
use apollo_compiler::schema::InputValueDefinition;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::words::simple;
use super::{Check, Rule};
use crate::contract::{Input, InputField, InputValue, Join, fill, input_value, join};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::input::Protos;
use crate::model::{Model, Site};

pub(super) const RULE: Rule = Rule {
    name: "unfilled-required",
    severity: Severity::Error,
    explanation: r#"Fields of proto2 may be `required` (in editions `LEGACY_REQUIRED`): a service refuses a request without one. So each is
filled by what is always there: an argument or an input field with `!`, a constant, a part of the key. A part of the
caller (`$identity.sub`, `$tenant`, `$header.x`, `$context.x`) may fill one, too: where it is not there the request is
not sent, and the field is an error.

wrong:  type Query { book(id: ID): Book }
right:  type Query { book(id: ID!): Book }
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Findings { rule, model, found: Vec::new(), inputs: BTreeSet::new() };
    for site in &model.sites {
        for (join, call) in model.joins(site) {
            let name = model.input.schema.span(site.definition.name.location());
            let span = call.and_then(|call| call.span).or(name);
            findings.join(site, join, span);
        }
    }
    findings.found
}

struct Findings<'m> {
    rule: &'m Rule,
    model: &'m Model<'m>,
    found: Vec<Diagnostic>,
    /// Input objects that were looked into.
    inputs: BTreeSet<u32>,
}

/// What fills a field of a message, or a part of it.
struct Filling<'m> {
    /// Field numbers.
    path: Vec<u32>,
    /// What may be null, and where its type stands; `None`: it is always there.
    nullable: Option<(String, Option<Span>)>,
    value: Option<&'m InputValue>,
}

/// A filling, and what is left of its path inside of the message at hand.
type Left<'f, 'm> = (&'f [u32], &'f Filling<'m>);

impl<'m> Findings<'m> {
    fn join(&mut self, site: &Site, join: &'m Join, span: Option<Span>) {
        let Some(join::Target::Method(method)) = join.target else { return };
        let Some(method) = self.model.methods.get(method as usize) else { return };
        let pool = &self.model.input.protos.pool;
        let Some(message) = pool.get_message_by_name(&method.input) else { return };
        let fillings = self.fillings(site, join);
        let left: Vec<Left<'_, '_>> = fillings.iter().map(|it| (&*it.path, it)).collect();
        self.message(&message, &left, span);
    }

    fn fillings(&self, site: &Site, join: &'m Join) -> Vec<Filling<'m>> {
        let always = |path| Filling { path, nullable: None, value: None };
        let keys = join.batch.as_ref().map(|batch| &*batch.keys).unwrap_or_default();
        let mut fillings: Vec<Filling<'_>> =
            join.key.iter().map(|part| always([keys, &part.target].concat())).collect();
        fillings.extend(join.selection.iter().map(|selection| always(selection.path.clone())));
        for fill in &join.fills {
            let value = fill.value.as_ref();
            fillings.push(match &fill.source {
                Some(fill::Source::Constant(bytes)) => {
                    let number = prost::encoding::decode_key(&mut &**bytes).ok();
                    let number = number.map(|(number, _)| number);
                    always(fill.path.iter().copied().chain(number).collect())
                }
                Some(fill::Source::Argument(argument)) => {
                    let path = fill.path.clone();
                    Filling { path, nullable: self.nullable(site, argument), value }
                }
                _ => always(fill.path.clone()),
            });
        }
        fillings
    }

    /// The part of `page.size` that may be null, and where its type stands.
    fn nullable(&self, site: &Site, path: &str) -> Option<(String, Option<Span>)> {
        let mut segments = path.split('.');
        let first = segments.next()?;
        let mut definition =
            &**site.definition.arguments.iter().find(|argument| argument.name == first)?;
        let mut coordinate = format!("{}({first}:)", site.coordinate());
        loop {
            if !definition.ty.is_non_null() {
                return Some((coordinate, self.type_span(&definition.ty)));
            }
            let named = definition.ty.inner_named_type().as_str();
            let segment = segments.next()?;
            definition = self.input_field(named, segment)?;
            coordinate = format!("{named}.{segment}");
        }
    }

    fn input_field(&self, named: &str, field: &str) -> Option<&'m InputValueDefinition> {
        let schema = &self.model.input.schema.definitions;
        schema.get_input_object(named)?.fields.get(field).map(|field| &**field)
    }

    fn type_span(&self, ty: &Type) -> Option<Span> {
        self.model.input.schema.span(ty.inner_named_type().location())
    }

    /// Looks at the required fields of a message that is sent. `span` is what lacks those that nothing fills.
    fn message(
        &mut self,
        message: &MessageDescriptor,
        fillings: &[Left<'_, 'm>],
        span: Option<Span>,
    ) {
        for field in message.fields() {
            let here: Vec<Left<'_, '_>> = fillings
                .iter()
                .filter_map(|(path, filling)| match path.split_first() {
                    Some((first, rest)) if *first == field.number() => Some((rest, *filling)),
                    _ => None,
                })
                .collect();
            let told = self.found.len();
            if let Kind::Message(inner) = field.kind()
                && !here.is_empty()
            {
                self.inside(&inner, &here, span);
            }
            // What a message lacks inside says the same of the message.
            let protos = &self.model.input.protos;
            let is_required = protos.is_required(&field);
            if is_required && self.found.len() == told && !is_endless(protos, &field) {
                self.required(&field, &here, span);
            }
        }
    }

    fn inside(
        &mut self,
        message: &MessageDescriptor,
        fillings: &[Left<'_, 'm>],
        span: Option<Span>,
    ) {
        let (whole, parts): (Vec<Left<'_, '_>>, Vec<_>) =
            fillings.iter().copied().partition(|(rest, _)| rest.is_empty());
        match (whole.as_slice(), parts.as_slice()) {
            ([], parts) => self.message(message, parts, span),
            // What fills the field as a whole fills all of it.
            (whole, []) => {
                whole.iter().filter_map(|(_, it)| it.value).for_each(|it| self.input(it));
            }
            // The message is there without an argument that is null.
            (whole, parts) => {
                let inner: Vec<Filling<'_>> =
                    whole.iter().flat_map(|(_, filling)| self.of_whole(filling)).collect();
                let left = inner.iter().map(|it| (&*it.path, it));
                let left: Vec<Left<'_, '_>> = left.chain(parts.iter().copied()).collect();
                self.message(message, &left, span);
            }
        }
    }

    /// What the fields of an input object fill, that is itself null at times.
    fn of_whole(&self, filling: &Filling<'m>) -> Vec<Filling<'m>> {
        let input = filling.value.and_then(|value| value.value);
        let Some(input_value::Value::Input(id)) = input else { return Vec::new() };
        let nullable = |it| Filling { nullable: filling.nullable.clone(), ..it };
        let of_input = self.of_input(id).into_iter();
        of_input.map(|it| if it.nullable.is_none() { nullable(it) } else { it }).collect()
    }

    fn required(&mut self, field: &FieldDescriptor, here: &[Left<'_, '_>], span: Option<Span>) {
        if here.iter().any(|(_, filling)| filling.nullable.is_none()) {
            return;
        }
        let (name, message) = (field.name(), field.parent_message());
        let message = simple(message.full_name()).to_owned();
        let nullable = here.iter().find_map(|(_, filling)| filling.nullable.as_ref());
        let finding = match nullable {
            Some((coordinate, ty)) => {
                let text = format!("`{coordinate}` may be null, but `{message}` requires `{name}`");
                self.rule.finding(text).at(*ty, "may be null").help("write the type with `!`")
            }
            None => {
                let text = format!("nothing fills `{name}`, which `{message}` requires");
                let finding = self.rule.finding(text).at(span, "a request without it is refused");
                finding.help(format!(
                    "add an argument or an input field `{name}`, or fill it by `with`"
                ))
            }
        };
        let proto = self.model.input.protos.field_span(field);
        self.found.push(finding.also(proto, "required"));
    }

    /// What the fields of an input object fill.
    fn of_input(&self, id: u32) -> Vec<Filling<'m>> {
        let Some(Input { r#type, fields, .. }) = self.model.inputs.get(id as usize) else {
            return Vec::new();
        };
        let filling = |field: &'m InputField| {
            let definition = self.input_field(r#type, &field.name);
            let nullable = definition
                .filter(|it| !it.ty.is_non_null())
                .map(|it| (format!("{}.{}", r#type, field.name), self.type_span(&it.ty)));
            Filling { path: field.path.clone(), nullable, value: field.value.as_ref() }
        };
        fields.iter().map(filling).collect()
    }

    /// Looks into an input object.
    fn input(&mut self, value: &InputValue) {
        let Some(input_value::Value::Input(id)) = value.value else { return };
        if !self.inputs.insert(id) {
            return;
        }
        let model = self.model;
        let Some(Input { r#type, message, .. }) = model.inputs.get(id as usize) else { return };
        let Some(message) = model.input.protos.pool.get_message_by_name(message) else { return };
        let fillings = self.of_input(id);
        let left: Vec<Left<'_, '_>> = fillings.iter().map(|it| (&*it.path, it)).collect();
        let ty = model.input.schema.definitions.get_input_object(r#type);
        let span = ty.and_then(|ty| model.input.schema.span(ty.name.location()));
        self.message(&message, &left, span);
    }
}

/// Whether a message that requires this field requires itself in the end. No value has all that it requires, and GraphQL
/// refuses such input objects.
fn is_endless(protos: &Protos, field: &FieldDescriptor) -> bool {
    let parent = field.parent_message();
    let (mut seen, mut open) = (BTreeSet::new(), vec![field.kind()]);
    while let Some(kind) = open.pop() {
        let Kind::Message(message) = kind else { continue };
        if message == *parent {
            return true;
        }
        if seen.insert(message.full_name().to_owned()) {
            let required = message.fields().filter(|it| protos.is_required(it));
            open.extend(required.map(|it| it.kind()));
        }
    }
    false
}
