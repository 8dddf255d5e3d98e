//! Messages that no proto has: for promised fields, and for what Rust functions take and give.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type as ProtoType};
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
};

use super::fault::MessageFacts;
use super::names::{screaming, snake};
use crate::contract::{Leaf, Scalar};

/// Packages of messages that only a contract has.
pub(super) const PACKAGES: [&str; 2] = ["anabranch.promised.v1", "anabranch.resolved.v1"];
const SERVICE: &str = "Promised";

/// What a synthetic message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// A mock answers it: objects inside are calls of their own, so that recursion ends.
    Promised,
    /// A Rust function answers it at once: objects are inside.
    Resolved,
}

/// A leaf in a synthetic message.
#[derive(Clone, Debug)]
pub(super) struct SyntheticField {
    /// The GraphQL field; empty for what the schema does not show.
    pub(super) graphql: String,
    pub(super) name: String,
    pub(super) number: u32,
    /// For messages the scalar is MESSAGE, and `message` tells which.
    pub(super) leaf: Leaf,
    pub(super) message: Option<String>,
    pub(super) repeated: bool,
    pub(super) presence: bool,
}

/// One object type as a message of ours.
#[derive(Clone, Debug)]
pub(super) struct SyntheticMessage {
    pub(super) full_name: String,
    pub(super) is_promised: bool,
    pub(super) fields: Vec<SyntheticField>,
}

impl SyntheticMessage {
    pub(super) fn field(&self, name: &str) -> Option<&SyntheticField> {
        self.fields.iter().find(|field| field.name == name || field.graphql == name)
    }

    /// What identifies an object of this type.
    pub(super) fn key(&self) -> Option<&SyntheticField> {
        let plain = |field: &&SyntheticField| {
            !field.repeated && field.leaf.scalar != Scalar::Message as i32
        };
        self.field("id").filter(|field| plain(field)).or_else(|| self.fields.first().filter(plain))
    }

    /// The field that gives the key of that name.
    pub(super) fn key_named(&self, type_name: &str, key: &str) -> Option<&SyntheticField> {
        let own = format!("{}_id", snake(type_name));
        self.field(key).or_else(|| (key == own).then(|| self.field("id"))?)
    }

    pub(super) fn facts(&self) -> MessageFacts {
        let fields = self.fields.iter().filter(|field| !field.graphql.is_empty());
        MessageFacts {
            name: self.full_name.clone(),
            span: None,
            fields: fields.map(|field| (field.name.clone(), None)).collect(),
        }
    }
}

/// A message while it is put together.
#[derive(Default)]
pub(super) struct MessageBuilder {
    proto: DescriptorProto,
    used: HashSet<String>,
    optional: Vec<usize>,
}

/// How a field is written down.
#[derive(Clone)]
pub(super) struct FieldType {
    pub(super) scalar: Scalar,
    /// The full name of a message or an enum.
    pub(super) name: Option<String>,
    pub(super) repeated: bool,
    pub(super) optional: bool,
}

impl MessageBuilder {
    pub(super) fn new(name: &str) -> MessageBuilder {
        let proto = DescriptorProto { name: Some(name.to_owned()), ..Default::default() };
        MessageBuilder { proto, ..Default::default() }
    }

    /// Adds a field with the next number; gives its name and number.
    pub(super) fn field(&mut self, graphql: &str, ty: FieldType) -> (String, u32) {
        let number = self.proto.field.len() + 1;
        let name = self.unused(graphql, number);
        let label = if ty.repeated { Label::Repeated } else { Label::Optional };
        let mut field = FieldDescriptorProto {
            name: Some(name.clone()),
            number: i32::try_from(number).ok(),
            label: Some(label as i32),
            r#type: Some(proto_type(ty.scalar) as i32),
            type_name: ty.name.map(|name| format!(".{name}")),
            ..Default::default()
        };
        if ty.optional && !ty.repeated && ty.scalar != Scalar::Message {
            field.proto3_optional = Some(true);
            self.optional.push(self.proto.field.len());
        }
        self.proto.field.push(field);
        (name, u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Puts all fields into one oneof.
    pub(super) fn into_oneof(mut self, name: &str) -> DescriptorProto {
        self.proto
            .oneof_decl
            .push(OneofDescriptorProto { name: Some(name.to_owned()), ..Default::default() });
        for field in &mut self.proto.field {
            field.oneof_index = Some(0);
        }
        self.proto
    }

    pub(super) fn build(mut self) -> DescriptorProto {
        for index in self.optional {
            let field = &mut self.proto.field[index];
            field.oneof_index = i32::try_from(self.proto.oneof_decl.len()).ok();
            let name = format!("_{}", field.name());
            self.proto
                .oneof_decl
                .push(OneofDescriptorProto { name: Some(name), ..Default::default() });
        }
        self.proto
    }

    /// A name that is one in every language: with a letter, and different from the others without case and underscores.
    fn unused(&mut self, graphql: &str, number: usize) -> String {
        let mut name = snake(graphql).trim_start_matches('_').to_owned();
        if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            name = format!("field_{number}");
        }
        let same = |name: &str| name.replace('_', "");
        if !self.used.insert(same(&name)) {
            name = format!("{name}_{number}");
            self.used.insert(same(&name));
        }
        name
    }
}

/// One file of synthetic messages.
struct SyntheticFile {
    proto: FileDescriptorProto,
    names: HashSet<String>,
    service: Vec<MethodDescriptorProto>,
    dependencies: BTreeSet<String>,
}

impl SyntheticFile {
    fn new(package: &str) -> SyntheticFile {
        let folder = package.replace('.', "/");
        let name = package.split('.').nth(1).unwrap_or_default();
        let proto = FileDescriptorProto {
            name: Some(format!("{folder}/{name}.proto")),
            package: Some(package.to_owned()),
            syntax: Some("proto3".to_owned()),
            ..Default::default()
        };
        let names = HashSet::from([SERVICE.to_owned()]);
        SyntheticFile { proto, names, service: Vec::new(), dependencies: BTreeSet::new() }
    }

    fn encode(mut self) -> Option<Vec<u8>> {
        if self.proto.message_type.is_empty() && self.proto.enum_type.is_empty() {
            return None;
        }
        if !self.service.is_empty() {
            let name = Some(SERVICE.to_owned());
            self.proto.service.push(ServiceDescriptorProto {
                name,
                method: self.service,
                options: None,
            });
        }
        self.proto.dependency = self.dependencies.into_iter().collect();
        Some(self.proto.encode_to_vec())
    }
}

/// All synthetic messages of a contract.
pub(super) struct Synthetics {
    promised: SyntheticFile,
    resolved: SyntheticFile,
    /// Names given to types, before their messages are complete.
    pub(super) names: HashMap<(Purpose, &'static str, String), String>,
    pub(super) messages: HashMap<String, Rc<SyntheticMessage>>,
}

impl Default for Synthetics {
    fn default() -> Synthetics {
        let [promised, resolved] = PACKAGES.map(SyntheticFile::new);
        Synthetics { promised, resolved, names: HashMap::new(), messages: HashMap::new() }
    }
}

impl Synthetics {
    fn file(&mut self, purpose: Purpose) -> &mut SyntheticFile {
        match purpose {
            Purpose::Promised => &mut self.promised,
            Purpose::Resolved => &mut self.resolved,
        }
    }

    /// A name of the package that nothing else has: the simple one, and the full one.
    pub(super) fn claim(&mut self, purpose: Purpose, name: &str) -> (String, String) {
        let file = self.file(purpose);
        let mut unused = name.trim_start_matches('_').to_owned();
        if unused.is_empty() {
            unused = "Type".to_owned();
        }
        while !file.names.insert(unused.clone()) {
            unused.push('_');
        }
        let full = format!("{}.{unused}", file.proto.package());
        (unused, full)
    }

    pub(super) fn add_message(&mut self, purpose: Purpose, message: DescriptorProto) {
        self.file(purpose).proto.message_type.push(message);
    }

    pub(super) fn depend_on(&mut self, purpose: Purpose, file: &str) {
        let files = self.file(purpose);
        if files.proto.name() != file {
            files.dependencies.insert(file.to_owned());
        }
    }

    /// An enum with these GraphQL values; gives its full name and the number of each value.
    pub(super) fn add_enum(
        &mut self,
        purpose: Purpose,
        name: &str,
        values: &[String],
    ) -> (String, Vec<i32>) {
        let (simple, full) = self.claim(purpose, name);
        let prefix = screaming(&simple);
        let mut proto = EnumDescriptorProto { name: Some(simple), ..Default::default() };
        let mut add = |synthetics: &mut Synthetics, value: &str, number: i32| {
            let (name, _) = synthetics.claim(purpose, &format!("{prefix}_{value}"));
            proto.value.push(EnumValueDescriptorProto {
                name: Some(name),
                number: Some(number),
                options: None,
            });
        };
        add(self, "UNSPECIFIED", 0);
        let mut numbers = Vec::new();
        let mut next = 0;
        for value in values {
            if value == "UNSPECIFIED" {
                numbers.push(0);
                continue;
            }
            next += 1;
            add(self, value, next);
            numbers.push(next);
        }
        self.file(purpose).proto.enum_type.push(proto);
        (full, numbers)
    }

    /// A method of the promised service; gives service and method name.
    pub(super) fn add_method(
        &mut self,
        name: &str,
        input: &str,
        output: &str,
        streaming: bool,
    ) -> (String, String) {
        let method = MethodDescriptorProto {
            name: Some(name.to_owned()),
            input_type: Some(format!(".{input}")),
            output_type: Some(format!(".{output}")),
            server_streaming: streaming.then_some(true),
            ..Default::default()
        };
        self.promised.service.push(method);
        (format!("{}.{SERVICE}", PACKAGES[0]), name.to_owned())
    }

    /// The files that synthetic messages import.
    pub(super) fn imports(&self) -> BTreeSet<String> {
        self.promised.dependencies.union(&self.resolved.dependencies).cloned().collect()
    }

    /// The files that are not empty, encoded.
    pub(super) fn encode(self) -> Vec<Vec<u8>> {
        [self.promised, self.resolved].into_iter().filter_map(SyntheticFile::encode).collect()
    }
}

fn proto_type(scalar: Scalar) -> ProtoType {
    // The numbers are those of google.protobuf.FieldDescriptorProto.Type.
    ProtoType::try_from(scalar as i32).unwrap_or(ProtoType::String)
}
