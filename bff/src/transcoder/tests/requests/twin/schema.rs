//! Random requests: which fields they have, and what fills them.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, FileDescriptorSet, MessageOptions, OneofDescriptorProto,
    field_descriptor_proto::Label,
};

use super::*;

/// The message of a request, and what fills it.
pub(super) struct Schema {
    pub(super) fills: Vec<Fill>,
    pub(super) inputs: Vec<Input>,
    pool: DescriptorPool,
}

/// Half of the inputs stand in messages of their own; the other half are oneofs, each in the message of one of the first.
const INPUTS: usize = 3;
pub(super) const COLORS: [(&str, i32); 3] = [("NONE", 0), ("RED", -2), ("BLUE", 70_000)];
pub(super) const INTEGERS: [Scalar; 10] = [
    Scalar::Int32,
    Scalar::Int64,
    Scalar::Uint32,
    Scalar::Uint64,
    Scalar::Sint32,
    Scalar::Sint64,
    Scalar::Fixed32,
    Scalar::Fixed64,
    Scalar::Sfixed32,
    Scalar::Sfixed64,
];
/// Numbers of messages around others.
const AROUND: u32 = 40;
/// The first number of a oneof's members.
const MEMBERS: u32 = 20;

/// A message.
#[derive(Default)]
pub(super) struct Node {
    /// Its fields by number.
    places: BTreeMap<u32, Place>,
    /// Which of them are members of its oneof.
    oneof: BTreeSet<u32>,
}

enum Place {
    Value(InputValue),
    Message(Node),
    /// A list of them.
    Messages(Node),
}

impl Schema {
    pub(super) fn random(random: &mut Random<'_>) -> Self {
        let mut nodes: Vec<Node> = (0..INPUTS).map(|_| Node::default()).collect();
        let mut inputs = Vec::new();
        for at in 0..INPUTS * 2 {
            let first = if at < INPUTS { 1 } else { MEMBERS };
            let mut fields: Vec<InputField> = (first..=first + random.below(4) as u32)
                .map(|number| {
                    let value = value(random);
                    let path = nodes[at % INPUTS].take(random, number, &value);
                    InputField { name: format!("f{number}"), path, value: Some(value) }
                })
                .collect();
            if at < INPUTS && random.once_in(2) {
                let value = Some(input_object(at + INPUTS));
                fields.push(InputField { name: "oneof".to_owned(), path: Vec::new(), value });
            }
            inputs.push(Input {
                r#type: format!("I{at}"),
                message: format!("t.I{}", at % INPUTS),
                fields,
            });
        }
        let mut request = Node::default();
        let fills = (1..=1 + random.below(5) as u32).map(|number| {
            let value = value(random);
            // A constant is a field, tag included; sometimes it says nothing.
            if random.once_in(6) {
                let mut bytes = message().varint(number, 5).0;
                bytes.truncate(bytes.len() * random.below(2));
                let path = request.take(random, number, &number_value());
                let source = fill::Source::Constant(bytes);
                return Fill {
                    path: path[..path.len() - 1].to_vec(),
                    source: Some(source),
                    value: None,
                    required: 0,
                };
            }
            let (source, value) = match random.below(8) {
                0 => (fill::Source::Identity("sub".to_owned()), text_value()),
                1 => (fill::Source::Header("x-page".to_owned()), number_value()),
                2 => (fill::Source::Header("x-nothing".to_owned()), text_value()),
                3 => (fill::Source::Tenant(true), number_value()),
                4 => (fill::Source::Argument(format!("a{number}.in")), value),
                _ => (fill::Source::Argument(format!("a{number}")), value),
            };
            let path = request.take(random, number, &value);
            Fill { path, source: Some(source), value: Some(value), required: 0 }
        });
        let fills: Vec<Fill> = fills.collect();
        nodes.iter_mut().for_each(|node| node.join(random));
        // What a schema says itself an argument may replace.
        if fills.iter().all(|fill| matches!(fill.source, Some(fill::Source::Argument(_)))) {
            request.join(random);
        }
        let named = nodes.iter().enumerate().map(|(at, node)| node.message(&format!("I{at}")));
        let messages = named.chain([request.message("Request")]).collect();
        Self { fills, inputs, pool: pool(messages) }
    }

    pub(super) fn declare(&self, contract: &mut contract::Contract) {
        let value = |(name, number): &(&str, i32)| contract::EnumValue {
            name: (*name).to_owned(),
            number: *number,
        };
        let values = COLORS.iter().map(value).collect();
        contract.enums = vec![contract::Enum { r#type: "Color".to_owned(), values }];
        contract.inputs = self.inputs.clone();
        let input = "t.Request".to_owned();
        contract.methods = vec![contract::Method { input, ..Default::default() }];
        let file = self.request().parent_file().file_descriptor_proto().clone();
        contract.descriptor_set = FileDescriptorSet { file: vec![file] }.encode_to_vec();
    }

    pub(super) fn request(&self) -> MessageDescriptor {
        self.pool.get_message_by_name("t.Request").expect("it is there")
    }
}

impl Node {
    /// Takes a place for a value, here or in a message around it.
    pub(super) fn take(
        &mut self,
        random: &mut Random<'_>,
        number: u32,
        value: &InputValue,
    ) -> Vec<u32> {
        let mut path = around(random);
        self.put(&path, number, value);
        path.push(number);
        path
    }

    /// Takes a place for messages like this one.
    pub(super) fn take_messages(
        &mut self,
        random: &mut Random<'_>,
        number: u32,
        message: Self,
    ) -> Vec<u32> {
        let mut path = around(random);
        self.inside(&path).places.insert(number, Place::Messages(message));
        path.push(number);
        path
    }

    pub(super) fn put(&mut self, path: &[u32], number: u32, value: &InputValue) {
        self.inside(path).places.insert(number, Place::Value(*value));
    }

    fn inside(&mut self, path: &[u32]) -> &mut Self {
        path.iter().fold(self, |node, around| {
            let inside =
                node.places.entry(*around).or_insert_with(|| Place::Message(Self::default()));
            let Place::Message(inside) = inside else { unreachable!("values have lower numbers") };
            inside
        })
    }

    /// Makes members of a oneof of some fields, here and in the messages inside.
    fn join(&mut self, random: &mut Random<'_>) {
        for (number, place) in &mut self.places {
            let is_singular = match place {
                Place::Value(value) => {
                    !matches!(value.cardinality(), Cardinality::Repeated | Cardinality::Map)
                }
                Place::Message(inside) => {
                    inside.join(random);
                    true
                }
                Place::Messages(_) => false,
            };
            if is_singular && !random.once_in(3) {
                self.oneof.insert(*number);
            }
        }
    }

    pub(super) fn message(&self, name: &str) -> DescriptorProto {
        let mut message = DescriptorProto { name: Some(name.to_owned()), ..Default::default() };
        if !self.oneof.is_empty() {
            let name = Some("oneof".to_owned());
            message.oneof_decl.push(OneofDescriptorProto { name, ..Default::default() });
        }
        for (number, place) in &self.places {
            let (nested, field) = match place {
                Place::Message(inside) | Place::Messages(inside) => {
                    let nested = inside.message(&format!("M{number}"));
                    // Relative to the message in which it stands.
                    let field = field(*number, Scalar::Message, format!("M{number}"));
                    let is_list = matches!(place, Place::Messages(_));
                    (Some(nested), if is_list { repeated(field) } else { field })
                }
                Place::Value(value) => declared(*number, value),
            };
            message.nested_type.extend(nested);
            let oneof_index = self.oneof.contains(number).then_some(0);
            message.field.push(FieldDescriptorProto { oneof_index, ..field });
        }
        message
    }
}

/// A singular field, and with presence whatever the contract says: so a zero that was sent is seen.
fn field(number: u32, scalar: Scalar, type_name: String) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(format!("f{number}")),
        number: Some(number as i32),
        label: Some(Label::Optional.into()),
        r#type: Some(scalar.into()),
        type_name: Some(type_name).filter(|name| !name.is_empty()),
        ..Default::default()
    }
}

fn repeated(field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto { label: Some(Label::Repeated.into()), ..field }
}

/// A field, and the entries of a map.
fn declared(number: u32, value: &InputValue) -> (Option<DescriptorProto>, FieldDescriptorProto) {
    let (scalar, type_name) = match value.value.as_ref().expect("a value") {
        input_value::Value::Input(index) => (Scalar::Message, format!(".t.I{index}")),
        input_value::Value::Leaf(leaf) => type_of(leaf),
    };
    let one = field(number, scalar, type_name.clone());
    let Some(key) = &value.map_key else {
        let is_list = value.cardinality() == Cardinality::Repeated;
        return (None, if is_list { repeated(one) } else { one });
    };
    let name = |it: FieldDescriptorProto, name: &str| FieldDescriptorProto {
        name: Some(name.to_owned()),
        ..it
    };
    let entry = DescriptorProto {
        name: Some(format!("F{number}Entry")),
        field: vec![
            name(field(1, key.scalar(), String::new()), "key"),
            name(field(2, scalar, type_name), "value"),
        ],
        options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
        ..Default::default()
    };
    let type_name = Some(format!("F{number}Entry"));
    let r#type = Some(Scalar::Message.into());
    (Some(entry), repeated(FieldDescriptorProto { r#type, type_name, ..one }))
}

fn type_of(leaf: &contract::Leaf) -> (Scalar, String) {
    let known = |name: &str| (Scalar::Message, format!(".google.protobuf.{name}"));
    match (leaf.scalar(), leaf.format()) {
        (scalar, _) if leaf.wrapped => known(&format!("{}Value", wrapper(scalar))),
        (Scalar::Message, format) => known(well_known(format)),
        (Scalar::Enum, _) => (Scalar::Enum, ".t.Color".to_owned()),
        (scalar, _) => (scalar, String::new()),
    }
}

fn wrapper(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Int32 => "Int32",
        Scalar::Int64 => "Int64",
        Scalar::Uint32 => "UInt32",
        Scalar::Uint64 => "UInt64",
        Scalar::Double => "Double",
        Scalar::Float => "Float",
        Scalar::Bool => "Bool",
        Scalar::Bytes => "Bytes",
        _ => "String",
    }
}

fn well_known(format: Format) -> &'static str {
    match format {
        Format::Timestamp => "Timestamp",
        Format::Duration => "Duration",
        Format::FieldMask => "FieldMask",
        Format::Struct => "Struct",
        Format::Value => "Value",
        Format::ListValue => "ListValue",
        Format::Any => "Any",
        _ => "Empty",
    }
}

pub(super) fn pool(message_type: Vec<DescriptorProto>) -> DescriptorPool {
    let known = ["any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"];
    let color = |(name, number): &(&str, i32)| EnumValueDescriptorProto {
        name: Some((*name).to_owned()),
        number: Some(*number),
        options: None,
    };
    let colors = EnumDescriptorProto {
        name: Some("Color".to_owned()),
        value: COLORS.iter().map(color).collect(),
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("t.proto".to_owned()),
        package: Some("t".to_owned()),
        dependency: known.map(|name| format!("google/protobuf/{name}.proto")).into(),
        message_type,
        enum_type: vec![colors],
        ..Default::default()
    };
    let mut pool = DescriptorPool::global();
    pool.add_file_descriptor_proto(file).expect("a file");
    pool
}

/// Messages around a field, none mostly.
fn around(random: &mut Random<'_>) -> Vec<u32> {
    let mut path = Vec::new();
    while path.len() < 2 && random.once_in(4) {
        path.push(AROUND + random.below(2) as u32);
    }
    path
}

/// What a field takes.
fn value(random: &mut Random<'_>) -> InputValue {
    if random.once_in(4) {
        let value = input_object(random.below(INPUTS));
        return many(random, value);
    }
    let (scalar, format) = match random.below(16) {
        0 => (Scalar::Bool, Format::Boolean),
        1 => (Scalar::Double, Format::Float),
        2 => (Scalar::Float, Format::Float),
        3 => (Scalar::Enum, Format::Enum),
        4 => (Scalar::Bytes, Format::Base64),
        5 | 6 => (Scalar::String, Format::String),
        7 => {
            let formats = [Format::Timestamp, Format::Duration, Format::FieldMask, Format::Any];
            (Scalar::Message, formats[random.below(4)])
        }
        8 => {
            let formats = [Format::Struct, Format::Value, Format::ListValue, Format::Empty];
            (Scalar::Message, formats[random.below(4)])
        }
        _ => {
            let formats = [Format::Int, Format::Decimal];
            (INTEGERS[random.below(INTEGERS.len())], formats[random.below(2)])
        }
    };
    let has_wrapper = wrapper(scalar) != "String" || scalar == Scalar::String;
    let wrapped = has_wrapper && random.once_in(4);
    let leaf = contract::Leaf { wrapped, ..leaf(scalar, format) };
    let has_presence = wrapped || scalar == Scalar::Message || random.once_in(2);
    let cardinality = if has_presence { Cardinality::Explicit } else { Cardinality::Implicit };
    many(random, input(cardinality, leaf))
}

/// A list or a map of it, sometimes.
fn many(random: &mut Random<'_>, value: InputValue) -> InputValue {
    match random.below(6) {
        0 => InputValue { cardinality: Cardinality::Repeated.into(), ..value },
        1 => {
            let keys = [Scalar::String, Scalar::Bool, Scalar::Sint32, Scalar::Fixed64];
            let map_key = Some(leaf(keys[random.below(4)], Format::Unspecified));
            InputValue { cardinality: Cardinality::Map.into(), map_key, ..value }
        }
        _ => value,
    }
}

fn input_object(index: usize) -> InputValue {
    InputValue {
        cardinality: Cardinality::Explicit.into(),
        value: Some(input_value::Value::Input(index as u32)),
        map_key: None,
    }
}

fn text_value() -> InputValue {
    input(Cardinality::Implicit, leaf(Scalar::String, Format::String))
}

fn number_value() -> InputValue {
    input(Cardinality::Implicit, leaf(Scalar::Int32, Format::Int))
}
