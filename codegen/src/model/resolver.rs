//! `@resolve`: fields that a Rust function of the embedding program answers.

use prost_reflect::prost_types::DescriptorProto;

use super::binder::{At, Binder, Shape, position};
use super::call::Parent;
use super::directives::Text;
use super::fault::{Fault, Side};
use super::leaf::scalar_of;
use super::path::{Place, has_presence, is_plain, numbers};
use super::synthetic::{FieldType, MessageBuilder, Purpose};
use crate::contract::{Join, KeyPart, Resolver, Scalar, SideEffects, Source, Wire, join, source};
use crate::diagnostic::Span;

impl Binder<'_> {
    pub(super) fn resolve(
        &mut self,
        at: &At,
        shape: &Shape,
        (span, requires): (Option<Span>, Option<Text>),
    ) -> Option<Source> {
        let (value, reading, cardinality) = self.resolved_value(at, &at.field.ty.clone())?;
        let requires = requires.unwrap_or(Text { value: String::new(), span });
        let mut parent = MessageBuilder::new("Parent");
        let key = self.required(at, &Parent::of(shape), &requires, &mut parent)?;
        let mut arguments = MessageBuilder::new("Arguments");
        let fills = self.synthetic_arguments(at, Purpose::Resolved, &mut arguments)?;
        let mut output = MessageBuilder::new("Output");
        output.field("value", value);
        let (name, full_name) = self
            .synthetics
            .claim(Purpose::Resolved, &format!("{}_{}", at.type_name, at.field.name));
        let mut message = MessageBuilder::new(&name).build();
        message.nested_type = vec![parent.build(), arguments.build(), output.build()];
        let resolver = position(self.model.resolvers.len());
        self.model.resolvers.push(Resolver {
            r#type: at.type_name.clone(),
            field: at.field.name.to_string(),
            fingerprint: fingerprint(&at.field.ty.to_string(), &message),
            parent: format!("{full_name}.Parent"),
            arguments: format!("{full_name}.Arguments"),
            output: format!("{full_name}.Output"),
        });
        self.synthetics.add_message(Purpose::Resolved, message);
        self.call = Some(super::Call { span, ..Default::default() });
        let wire = Wire {
            number: 1,
            cardinality: cardinality as i32,
            value: Some(reading),
            ..Default::default()
        };
        let join = Join {
            target: Some(join::Target::Resolver(resolver)),
            fills,
            key,
            then: Some(Box::new(Source { kind: Some(source::Kind::Wire(wire)) })),
            side_effects: self.resolver_side_effects(at) as i32,
            ..Default::default()
        };
        Some(Source { kind: Some(source::Kind::Join(Box::new(join))) })
    }

    fn resolver_side_effects(&self, at: &At) -> SideEffects {
        let is_mutation = at.operation == Some(apollo_compiler::ast::OperationType::Mutation);
        if is_mutation { SideEffects::Any } else { SideEffects::NoSideEffects }
    }

    /// The fields that the function reads of its parent, as fields of the message that it gets.
    fn required(
        &mut self,
        at: &At,
        parent: &Parent<'_>,
        requires: &Text,
        message: &mut MessageBuilder,
    ) -> Option<Vec<KeyPart>> {
        let parts: Vec<KeyPart> = requires
            .value
            .split_whitespace()
            .filter_map(|path| self.required_part(at, parent, (path, requires.span), message))
            .collect();
        (parts.len() == requires.value.split_whitespace().count()).then_some(parts)
    }

    fn required_part(
        &mut self,
        at: &At,
        parent: &Parent<'_>,
        (path, span): (&str, Option<Span>),
        message: &mut MessageBuilder,
    ) -> Option<KeyPart> {
        let place = Place { side: Side::Parent, argument: "requires", span };
        let (mut part, optional) = match parent {
            Parent::Message(parent) => {
                let fields = self.path(parent, path, place)?;
                let last = fields.last()?;
                if last.is_list() || !is_plain(last) {
                    let reason = format!("`{path}` is no singular scalar");
                    let proto = self.field_span(last);
                    return self.invalid_requires(at, reason, span, proto);
                }
                let part = KeyPart {
                    path: numbers(&fields),
                    scalar: scalar_of(&last.kind()) as i32,
                    presence: has_presence(last),
                    ..Default::default()
                };
                (part, has_presence(last) || fields.len() > 1)
            }
            Parent::Synthetic(parent) => {
                let Some(field) =
                    parent.field(path).filter(|field| !field.repeated && field.message.is_none())
                else {
                    return self.invalid_requires(
                        at,
                        format!("`{path}` is no singular scalar"),
                        span,
                        None,
                    );
                };
                let part = KeyPart {
                    path: vec![field.number],
                    scalar: field.leaf.scalar,
                    presence: field.presence,
                    ..Default::default()
                };
                (part, field.presence)
            }
            Parent::Unknown => return None,
            Parent::Root | Parent::Key(_) => {
                return self.invalid_requires(
                    at,
                    "a root field has no parent".to_owned(),
                    span,
                    None,
                );
            }
        };
        let scalar = if part.scalar() == Scalar::Enum { Scalar::Int32 } else { part.scalar() };
        let ty = FieldType { scalar, name: None, repeated: false, optional };
        let (_, number) = message.field(&path.replace('.', "_"), ty);
        part.target = vec![number];
        part.target_scalar = scalar as i32;
        Some(part)
    }

    fn invalid_requires<T>(
        &mut self,
        at: &At,
        reason: String,
        span: Option<Span>,
        proto: Option<Span>,
    ) -> Option<T> {
        self.fault(Fault::InvalidRequires { coordinate: at.coordinate(), reason, span, proto });
        None
    }
}

/// FNV-1a over what the function takes and gives: it changes when they change, and with nothing else.
fn fingerprint(ty: &str, message: &DescriptorProto) -> String {
    use prost_reflect::prost::Message as _;
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in ty.bytes().chain([0]).chain(message.encode_to_vec()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}
