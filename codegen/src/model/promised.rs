//! Fields that nobody answers yet: synthetic messages and methods, so that a mock can.

use std::rc::Rc;

use apollo_compiler::ast::{OperationType, Type};
use apollo_compiler::schema::ExtendedType;
use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::binder::{At, Binder, Shape};
use super::enums::enum_leaf;
use super::fault::Fault;
use super::leaf::scalar_of;
use super::path::is_plain;
use super::synthetic::{FieldType, MessageBuilder, Purpose, SyntheticField, SyntheticMessage};
use crate::contract::{
    Batch, Cardinality, EnumValue, Fill, Format, InputField, InputValue, Join, KeyPart, Leaf,
    Match, Member, Method, Scalar, SideEffects, Source, Wire, fill, input_value, join, source,
    wire,
};

/// What identifies an object that has no `id`.
const MOCK_KEY: &str = "mock_key";

/// A value in a synthetic message.
struct Value {
    ty: FieldType,
    wire: wire::Value,
}

impl Binder<'_> {
    pub(super) fn promised_root(&mut self, at: &At, operation: OperationType) -> Option<Source> {
        self.promised(at, None, operation == OperationType::Subscription)
    }

    /// A field that the message does not have: promised where the object has a key to ask by, else drifted.
    pub(super) fn promised_on_message(
        &mut self,
        at: &At,
        message: &MessageDescriptor,
    ) -> Option<Source> {
        let has_mock = at.field.directives.has("mock");
        let key = self.identity(at, message).or_else(|| has_mock.then(|| any_key(message))?);
        let part = key.map(|key| KeyPart {
            path: vec![key.number()],
            scalar: scalar_of(&key.kind()) as i32,
            presence: key.supports_presence(),
            ..Default::default()
        });
        if part.is_none() && !has_mock {
            let (coordinate, field) = (at.coordinate(), at.field.name.to_string());
            let (span, message) = (self.name_span(at), self.facts(message));
            self.fault(Fault::Drifted { coordinate, field, span, message });
            return None;
        }
        self.promised(at, part, false)
    }

    pub(super) fn synthetic_field(
        &mut self,
        at: &At,
        message: &SyntheticMessage,
    ) -> Option<Source> {
        if let Some(from) = self.directive(at, "from").map(|from| from.span()) {
            let reason = format!("no proto has a message for `{}`", at.type_name);
            let directive = "from".to_owned();
            self.fault(Fault::MisplacedDirective {
                coordinate: at.coordinate(),
                directive,
                reason,
                span: from,
            });
        }
        let Some(field) =
            message.fields.iter().find(|field| field.graphql == at.field.name.as_str())
        else {
            let key = message.key().map(|key| KeyPart {
                path: vec![key.number],
                scalar: key.leaf.scalar,
                presence: key.presence,
                ..Default::default()
            });
            return self.promised(at, key, false);
        };
        let value = match &field.message {
            None => wire::Value::Leaf(field.leaf),
            Some(_) => {
                let named = at.field.ty.inner_named_type().to_string();
                self.value(at, Purpose::Resolved, &named)?.wire
            }
        };
        let wire = Wire {
            number: field.number,
            cardinality: cardinality(field.repeated, field.presence) as i32,
            value: Some(value),
            ..Default::default()
        };
        Some(Source { kind: Some(source::Kind::Wire(wire)) })
    }

    /// A call of a method that does not exist, by the parent's key where there is one.
    fn promised(&mut self, at: &At, key: Option<KeyPart>, streaming: bool) -> Option<Source> {
        let value = self.checked_value(at, Purpose::Promised, &at.field.ty.clone())?;
        let (name, full_name) = self
            .synthetics
            .claim(Purpose::Promised, &format!("{}_{}", at.type_name, at.field.name));
        let mut request = MessageBuilder::new("Request");
        let mut message = MessageBuilder::new(&name).build();
        let mut response = MessageBuilder::new("Response");
        if let Some(key) = &key {
            let ty = FieldType {
                scalar: key_type(key.scalar()),
                name: None,
                repeated: true,
                optional: false,
            };
            request.field("keys", ty.clone());
            let mut item = MessageBuilder::new("Item");
            item.field("key", FieldType { repeated: false, ..ty });
            item.field(if value.ty.repeated { "values" } else { "value" }, value.ty.clone());
            message.nested_type.push(item.build());
            let name = Some(format!("{full_name}.Item"));
            response.field(
                "items",
                FieldType { scalar: Scalar::Message, name, repeated: true, optional: false },
            );
        } else {
            response.field(if value.ty.repeated { "values" } else { "value" }, value.ty.clone());
        }
        let fills = self.synthetic_arguments(at, Purpose::Promised, &mut request);
        message.nested_type.extend([request.build(), response.build()]);
        self.synthetics.add_message(Purpose::Promised, message);
        let method = self.promised_method(&name, &full_name, streaming);
        self.call = Some(super::Call { span: self.name_span(at), ..Default::default() });
        let wire = Wire {
            number: if key.is_some() { 2 } else { 1 },
            cardinality: cardinality(value.ty.repeated, presence(&value.ty)) as i32,
            value: Some(value.wire),
            ..Default::default()
        };
        let key = key.map(|key| KeyPart { target_scalar: key_type(key.scalar()) as i32, ..key });
        let is_mutation = at.operation == Some(OperationType::Mutation);
        let side_effects = if is_mutation { SideEffects::Any } else { SideEffects::NoSideEffects };
        let join = Join {
            target: Some(join::Target::Method(method)),
            fills: fills?,
            batch: key.as_ref().map(|key| Batch {
                keys: vec![1],
                items: vec![1],
                r#match: vec![Match { path: vec![1], scalar: key.target_scalar }],
                ..Default::default()
            }),
            key: key.into_iter().collect(),
            then: Some(Box::new(Source { kind: Some(source::Kind::Wire(wire)) })),
            side_effects: side_effects as i32,
            ..Default::default()
        };
        Some(Source { kind: Some(source::Kind::Join(Box::new(join))) })
    }

    fn promised_method(&mut self, name: &str, full_name: &str, streaming: bool) -> u32 {
        let (input, output) = (format!("{full_name}.Request"), format!("{full_name}.Response"));
        let (service, name) = self.synthetics.add_method(name, &input, &output, streaming);
        self.method_entry(&format!("{service}.{name}"), || Method {
            service,
            name,
            input,
            output,
            server_streaming: streaming,
            promised: true,
            ..Default::default()
        })
    }

    /// The arguments of the field as fields of a request.
    pub(super) fn synthetic_arguments(
        &mut self,
        at: &At,
        purpose: Purpose,
        request: &mut MessageBuilder,
    ) -> Option<Vec<Fill>> {
        let mut fills = Vec::new();
        for argument in &at.field.arguments {
            let coordinate = format!("{}({}:)", at.coordinate(), argument.name);
            let (ty, mut value) = self.synthetic_input(&coordinate, purpose, &argument.ty)?;
            let (_, number) = request.field(&argument.name, ty.clone());
            value.cardinality = cardinality(ty.repeated, presence(&ty)) as i32;
            let source = Some(fill::Source::Argument(argument.name.to_string()));
            fills.push(Fill { path: vec![number], source, value: Some(value) });
        }
        Some(fills)
    }

    fn synthetic_input(
        &mut self,
        coordinate: &str,
        purpose: Purpose,
        ty: &Type,
    ) -> Option<(FieldType, InputValue)> {
        self.no_nested_list(coordinate, ty)?;
        let named = ty.inner_named_type().to_string();
        let (scalar, name, value) = match self.type_of(&named)? {
            ExtendedType::InputObject(_) => {
                let (full_name, id) = self.synthetic_input_object(purpose, &named)?;
                (Scalar::Message, Some(full_name), input_value::Value::Input(id))
            }
            _ => {
                let (leaf, name) = self.synthetic_leaf(purpose, &named)?;
                (leaf.scalar(), name, input_value::Value::Leaf(leaf))
            }
        };
        let ty = FieldType { scalar, name, repeated: ty.is_list(), optional: !ty.is_non_null() };
        Some((ty, InputValue { value: Some(value), ..Default::default() }))
    }

    fn synthetic_input_object(&mut self, purpose: Purpose, named: &str) -> Option<(String, u32)> {
        let key = (purpose, "input", named.to_owned());
        if let Some(full_name) = self.synthetics.names.get(&key).cloned() {
            let id = *self.input_ids.get(&(named.to_owned(), full_name.clone()))?;
            return Some((full_name, id));
        }
        let input = self.type_of(named)?.as_input_object()?.clone();
        let (name, full_name) = self.synthetics.claim(purpose, named);
        self.synthetics.names.insert(key, full_name.clone());
        let id = self.new_input((named.to_owned(), full_name.clone()));
        let mut message = MessageBuilder::new(&name);
        let mut fields = Vec::new();
        for field in input.fields.values() {
            let coordinate = format!("{named}.{}", field.name);
            let (ty, mut value) = self.synthetic_input(&coordinate, purpose, &field.ty)?;
            value.cardinality = cardinality(ty.repeated, presence(&ty)) as i32;
            let (_, number) = message.field(&field.name, ty);
            fields.push(InputField {
                name: field.name.to_string(),
                path: vec![number],
                value: Some(value),
            });
        }
        self.synthetics.add_message(purpose, message.build());
        self.model.inputs[id as usize].fields = fields;
        Some((full_name, id))
    }

    /// The value of a field in a synthetic message.
    fn checked_value(&mut self, at: &At, purpose: Purpose, ty: &Type) -> Option<Value> {
        self.no_nested_list(&at.coordinate(), ty)?;
        let mut value = self.value(at, purpose, ty.inner_named_type())?;
        value.ty.repeated = ty.is_list();
        value.ty.optional = !ty.is_non_null();
        Some(value)
    }

    /// The type and the reading of a value for the output of a Rust function.
    pub(super) fn resolved_value(
        &mut self,
        at: &At,
        ty: &Type,
    ) -> Option<(FieldType, wire::Value, Cardinality)> {
        let value = self.checked_value(at, Purpose::Resolved, ty)?;
        let cardinality = cardinality(value.ty.repeated, presence(&value.ty));
        Some((value.ty, value.wire, cardinality))
    }

    fn no_nested_list(&mut self, coordinate: &str, ty: &Type) -> Option<()> {
        if !ty.item_type().is_list() {
            return Some(());
        }
        let span = self.type_span(ty);
        let (coordinate, graphql) = (coordinate.to_owned(), ty.to_string());
        self.fault(Fault::NestedList { coordinate, graphql, span });
        None
    }

    fn value(&mut self, at: &At, purpose: Purpose, named: &str) -> Option<Value> {
        if !self.is_composite(named) {
            let (leaf, name) = self.synthetic_leaf(purpose, named)?;
            let ty = FieldType { scalar: leaf.scalar(), name, repeated: false, optional: false };
            return Some(Value { ty, wire: wire::Value::Leaf(leaf) });
        }
        let (full_name, id) = match self.real_message(named) {
            Some(message) => {
                self.synthetics.depend_on(purpose, message.parent_file().name());
                (message.full_name().to_owned(), self.composite(at, named, &message)?)
            }
            None => self.synthetic_composite(at, purpose, named)?,
        };
        let ty = FieldType {
            scalar: Scalar::Message,
            name: Some(full_name),
            repeated: false,
            optional: false,
        };
        Some(Value { ty, wire: wire::Value::Binding(id) })
    }

    /// The first message that is known to be the type.
    fn real_message(&self, named: &str) -> Option<MessageDescriptor> {
        let pool = &self.input.protos.pool;
        let listed = self.listed_messages(named);
        if !listed.is_empty() {
            return listed.iter().find_map(|name| pool.get_message_by_name(name));
        }
        self.object_type(named)?;
        let mut same: Vec<MessageDescriptor> = pool
            .all_messages()
            .filter(|message| {
                message.name() == named && self.input.protos.is_own(message.parent_file().name())
            })
            .collect();
        same.sort_by(|left, right| left.full_name().cmp(right.full_name()));
        same.into_iter().next()
    }

    fn synthetic_composite(
        &mut self,
        at: &At,
        purpose: Purpose,
        named: &str,
    ) -> Option<(String, u32)> {
        if self.object_type(named).is_some() {
            let full_name = self.synthetic_object(at, purpose, named)?;
            let key = (named.to_owned(), full_name.clone());
            let id = match (
                self.binding_ids.get(&key),
                self.synthetics.messages.get(&full_name).cloned(),
            ) {
                (Some(id), _) => *id,
                (None, Some(message)) => self.object(named, &Shape::Synthetic(message)),
                // The message is being put together further up: its binding follows.
                (None, None) => self.new_binding(key),
            };
            return Some((full_name, id));
        }
        self.synthetic_abstract(at, purpose, named)
    }

    fn synthetic_abstract(
        &mut self,
        at: &At,
        purpose: Purpose,
        named: &str,
    ) -> Option<(String, u32)> {
        let key = (purpose, "output", named.to_owned());
        if let Some(full_name) = self.synthetics.names.get(&key).cloned() {
            let id = *self.binding_ids.get(&(named.to_owned(), full_name.clone()))?;
            return Some((full_name, id));
        }
        let (name, full_name) = self.synthetics.claim(purpose, named);
        self.synthetics.names.insert(key, full_name.clone());
        let id = self.new_binding((named.to_owned(), full_name.clone()));
        let mut message = MessageBuilder::new(&name);
        for possible in self.possible_types(named) {
            let value = self.value(at, purpose, &possible)?;
            let (_, number) = message.field(&possible, value.ty);
            if let wire::Value::Binding(binding) = value.wire {
                self.model.bindings[id as usize].members.push(Member { number, binding });
            }
        }
        self.synthetics.add_message(purpose, message.into_oneof("value"));
        Some((full_name, id))
    }

    fn synthetic_object(&mut self, at: &At, purpose: Purpose, named: &str) -> Option<String> {
        let key = (purpose, "output", named.to_owned());
        if let Some(full_name) = self.synthetics.names.get(&key) {
            return Some(full_name.clone());
        }
        let (name, full_name) = self.synthetics.claim(purpose, named);
        self.synthetics.names.insert(key, full_name.clone());
        let is_promised = purpose == Purpose::Promised;
        let mut message = MessageBuilder::new(&name);
        let mut fields = Vec::new();
        if is_promised {
            let ty =
                FieldType { scalar: Scalar::String, name: None, repeated: false, optional: false };
            let (name, number) = message.field(MOCK_KEY, ty);
            let leaf = Leaf {
                scalar: Scalar::String as i32,
                format: Format::String as i32,
                ..Default::default()
            };
            let graphql = String::new();
            fields.push(SyntheticField {
                graphql,
                name,
                number,
                leaf,
                message: None,
                repeated: false,
                presence: false,
            });
        }
        for field in self.object_type(named)?.fields.values() {
            let elsewhere = field.directives.has("rpc") || field.directives.has("resolve");
            let is_call = is_promised
                && (self.is_composite(field.ty.inner_named_type()) || !field.arguments.is_empty());
            if elsewhere || is_call {
                continue;
            }
            let at =
                At { type_name: named.to_owned(), field: field.clone(), operation: at.operation };
            let value = self.checked_value(&at, purpose, &field.ty)?;
            let leaf = match value.wire {
                wire::Value::Leaf(leaf) => leaf,
                wire::Value::Binding(_) => {
                    Leaf { scalar: Scalar::Message as i32, ..Default::default() }
                }
            };
            let is_message = matches!(value.wire, wire::Value::Binding(_));
            let (repeated, presence) = (value.ty.repeated, presence(&value.ty));
            let of_message = value.ty.name.clone().filter(|_| is_message);
            let (name, number) = message.field(&field.name, value.ty);
            let graphql = field.name.to_string();
            fields.push(SyntheticField {
                graphql,
                name,
                number,
                leaf,
                message: of_message,
                repeated,
                presence,
            });
        }
        self.synthetics.add_message(purpose, message.build());
        let message =
            Rc::new(SyntheticMessage { full_name: full_name.clone(), is_promised, fields });
        self.synthetics.messages.insert(full_name.clone(), message.clone());
        self.adopt(named, &full_name, message);
        Some(full_name)
    }

    /// Queues the binding that was handed out while its message was put together.
    fn adopt(&mut self, named: &str, full_name: &str, message: Rc<SyntheticMessage>) {
        let key = (named.to_owned(), full_name.to_owned());
        if let Some(id) = self.binding_ids.get(&key).copied() {
            self.queue_object(id, named, Shape::Synthetic(message));
        }
    }

    /// A leaf in a message of ours: the proto type that a service would have chosen.
    pub(super) fn synthetic_leaf(
        &mut self,
        purpose: Purpose,
        named: &str,
    ) -> Option<(Leaf, Option<String>)> {
        if let Some(graphql) = self.input.schema.definitions.get_enum(named) {
            let values: Vec<String> = graphql.values.keys().map(ToString::to_string).collect();
            return Some(self.synthetic_enum(purpose, named, &values));
        }
        let (scalar, format, message) = match named {
            "Int" => (Scalar::Int32, Format::Int, None),
            "Float" => (Scalar::Double, Format::Float, None),
            "Boolean" => (Scalar::Bool, Format::Boolean, None),
            "Int64" | "Long" | "BigInt" => (Scalar::Int64, Format::Decimal, None),
            "UInt64" => (Scalar::Uint64, Format::Decimal, None),
            "Base64" | "Bytes" => (Scalar::Bytes, Format::Base64, None),
            "DateTime" | "Timestamp" => {
                (Scalar::Message, Format::Timestamp, Some(("timestamp", "Timestamp")))
            }
            "Duration" => (Scalar::Message, Format::Duration, Some(("duration", "Duration"))),
            "JSON" | "JSONObject" => (Scalar::Message, Format::Value, Some(("struct", "Value"))),
            "FieldMask" => (Scalar::Message, Format::FieldMask, Some(("field_mask", "FieldMask"))),
            "Any" => (Scalar::Message, Format::Any, Some(("any", "Any"))),
            _ => (Scalar::String, Format::String, None),
        };
        let name = message.map(|(file, message)| {
            self.synthetics.depend_on(purpose, &format!("google/protobuf/{file}.proto"));
            format!("google.protobuf.{message}")
        });
        Some((Leaf { scalar: scalar as i32, format: format as i32, ..Default::default() }, name))
    }

    fn synthetic_enum(
        &mut self,
        purpose: Purpose,
        named: &str,
        values: &[String],
    ) -> (Leaf, Option<String>) {
        let key = (purpose, "enum", named.to_owned());
        if let Some(full_name) = self.synthetics.names.get(&key).cloned() {
            let id = self
                .enum_ids
                .get(&(named.to_owned(), full_name.clone()))
                .copied()
                .unwrap_or_default();
            return (enum_leaf(id), Some(full_name));
        }
        let (full_name, numbers) = self.synthetics.add_enum(purpose, named, values);
        self.synthetics.names.insert(key, full_name.clone());
        let id = self.new_enum((named.to_owned(), full_name.clone()), None);
        let values = values
            .iter()
            .zip(numbers)
            .map(|(name, number)| EnumValue { name: name.clone(), number });
        self.model.enums[id as usize].values = values.collect();
        (enum_leaf(id), Some(full_name))
    }

    /// The field by which an object can be asked for again: the one that the schema shows as an ID.
    fn identity(&self, at: &At, message: &MessageDescriptor) -> Option<FieldDescriptor> {
        let object = self.object_type(&at.type_name)?;
        let ids = object
            .fields
            .values()
            .filter(|field| field.ty.inner_named_type() == "ID" && !field.ty.is_list());
        let ids = ids.filter_map(|field| super::names::field_of(message, &field.name));
        let mut ids = ids.filter(|field| is_plain(field) && !field.is_list());
        ids.clone().find(|field| field.name() == "id").or_else(|| ids.next())
    }
}

/// For a field that says `@mock`: whatever may tell objects apart.
fn any_key(message: &MessageDescriptor) -> Option<FieldDescriptor> {
    let plain = || message.fields().filter(|field| is_plain(field) && !field.is_list());
    let texts = || plain().filter(|field| scalar_of(&field.kind()) == Scalar::String);
    let id = plain().find(|field| field.name() == "id" || field.name().ends_with("_id"));
    id.filter(|field| super::batch::same_class(scalar_of(&field.kind()), scalar_of(&field.kind())))
        .or_else(|| texts().next())
}

/// An enum cannot be a key of a message that does not know it.
fn key_type(scalar: Scalar) -> Scalar {
    if scalar == Scalar::Enum { Scalar::Int32 } else { scalar }
}

fn presence(ty: &FieldType) -> bool {
    !ty.repeated && (ty.optional || ty.scalar == Scalar::Message)
}

fn cardinality(repeated: bool, presence: bool) -> Cardinality {
    match (repeated, presence) {
        (true, _) => Cardinality::Repeated,
        (false, true) => Cardinality::Explicit,
        (false, false) => Cardinality::Implicit,
    }
}
