//! The work list of bindings: one for each type and message that a root type leads to.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use apollo_compiler::Node;
use apollo_compiler::ast::{FieldDefinition, OperationType, Type};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::{ExtendedType, ObjectType};
use prost_reflect::{FieldDescriptor, MessageDescriptor, MethodDescriptor};

use super::fault::{Fault, MessageFacts};
use super::literal::Deferred;
use super::selection::MaskMessages;
use super::synthetic::{SyntheticMessage, Synthetics};
use super::{Model, Site, directives::Reader};
use crate::contract;
use crate::diagnostic::Span;
use crate::input::{Fault as InputFault, Input, Schema};

/// What a type is bound to.
#[derive(Clone)]
pub(super) enum Shape {
    Root(OperationType),
    Message(MessageDescriptor),
    Synthetic(Rc<SyntheticMessage>),
    /// What would lead to the type is faulty.
    Unknown,
}

impl Shape {
    fn full_name(&self) -> &str {
        match self {
            Shape::Root(_) | Shape::Unknown => "",
            Shape::Message(message) => message.full_name(),
            Shape::Synthetic(message) => &message.full_name,
        }
    }
}

/// The field being bound.
#[derive(Clone)]
pub(super) struct At {
    pub(super) type_name: String,
    pub(super) field: Node<FieldDefinition>,
    pub(super) operation: Option<OperationType>,
}

impl At {
    pub(super) fn coordinate(&self) -> String {
        format!("{}.{}", self.type_name, self.field.name)
    }
}

enum Task {
    Object { id: u32, object: Node<ObjectType>, shape: Shape },
    Input { id: u32, type_name: String, message: MessageDescriptor },
}

pub(super) struct Binder<'input> {
    pub(super) input: &'input Input,
    pub(super) model: Model<'input>,
    pub(super) synthetics: Synthetics,
    pub(super) binding_ids: HashMap<(String, String), u32>,
    pub(super) input_ids: HashMap<(String, String), u32>,
    pub(super) enum_ids: HashMap<(String, String), u32>,
    method_ids: HashMap<String, u32>,
    pub(super) masks: MaskMessages,
    pub(super) deferred: Vec<Deferred>,
    /// What the field at hand reads, noted down for its site.
    pub(super) wire: Option<FieldDescriptor>,
    pub(super) call: Option<super::Call>,
    pub(super) load: Option<super::Call>,
    /// What is bound is the call of a `@load`.
    pub(super) is_loading: bool,
    tasks: VecDeque<Task>,
}

impl<'input> Binder<'input> {
    pub(super) fn new(input: &'input Input) -> Binder<'input> {
        let model = Model {
            input,
            bindings: Vec::new(),
            inputs: Vec::new(),
            enums: Vec::new(),
            enum_protos: Vec::new(),
            methods: Vec::new(),
            resolvers: Vec::new(),
            mask_messages: Vec::new(),
            query: None,
            mutation: None,
            subscription: None,
            synthetic_files: Vec::new(),
            synthetic_imports: std::collections::BTreeSet::new(),
            fillings: Vec::new(),
            sites: Vec::new(),
            uncovered: Vec::new(),
            faults: Vec::new(),
        };
        Binder {
            input,
            model,
            synthetics: Synthetics::default(),
            binding_ids: HashMap::new(),
            input_ids: HashMap::new(),
            enum_ids: HashMap::new(),
            method_ids: HashMap::new(),
            masks: MaskMessages::default(),
            deferred: Vec::new(),
            wire: None,
            call: None,
            load: None,
            is_loading: false,
            tasks: VecDeque::new(),
        }
    }

    pub(super) fn bind(mut self) -> Model<'input> {
        if self.input.faults.iter().any(InputFault::is_fatal) {
            self.policies_without_load();
            self.unbound_types();
            return self.model;
        }
        self.reserved_packages();
        self.listed_messages_exist();
        self.policies_without_load();
        self.interfaces();
        self.model.query = self.root(OperationType::Query);
        self.model.mutation = self.root(OperationType::Mutation);
        self.model.subscription = self.root(OperationType::Subscription);
        while let Some(task) = self.tasks.pop_front() {
            match task {
                Task::Object { id, object, shape } => self.bind_object(id, &object, &shape),
                Task::Input { id, type_name, message } => self.bind_input(id, &type_name, &message),
            }
        }
        self.encode_deferred();
        self.unbound_types();
        self.model.mask_messages = self.masks.messages;
        self.model.synthetic_imports = self.synthetics.imports();
        self.model.synthetic_files = self.synthetics.encode();
        self.model
    }

    fn root(&mut self, operation: OperationType) -> Option<u32> {
        let name = self.input.schema.definitions.root_operation(operation)?;
        self.object_type(name.as_str())?;
        Some(self.object(name.as_str(), &Shape::Root(operation)))
    }

    /// The binding of an object type, made now or before. The type must exist.
    pub(super) fn object(&mut self, type_name: &str, shape: &Shape) -> u32 {
        let key = (type_name.to_owned(), shape.full_name().to_owned());
        if let Some(id) = self.binding_ids.get(&key) {
            return *id;
        }
        let id = self.new_binding(key);
        if let Some(object) = self.object_type(type_name) {
            self.tasks.push_back(Task::Object { id, object, shape: shape.clone() });
        }
        id
    }

    /// Binds later what has its place already.
    pub(super) fn queue_object(&mut self, id: u32, type_name: &str, shape: Shape) {
        if let Some(object) = self.object_type(type_name) {
            self.tasks.push_back(Task::Object { id, object, shape });
        }
    }

    pub(super) fn new_binding(&mut self, key: (String, String)) -> u32 {
        let id = position(self.model.bindings.len());
        let (r#type, message) = key.clone();
        // A oneof inside a message is a place of its own: "shop.Product#delivery".
        let message = message.split('#').next().unwrap_or_default().to_owned();
        self.binding_ids.insert(key, id);
        self.model.bindings.push(contract::Binding { r#type, message, ..Default::default() });
        id
    }

    /// The input object as that message, made now or before.
    pub(super) fn input_binding(&mut self, type_name: &str, message: &MessageDescriptor) -> u32 {
        let key = (type_name.to_owned(), message.full_name().to_owned());
        if let Some(id) = self.input_ids.get(&key) {
            return *id;
        }
        let id = self.new_input(key);
        self.tasks.push_back(Task::Input {
            id,
            type_name: type_name.to_owned(),
            message: message.clone(),
        });
        id
    }

    pub(super) fn new_input(&mut self, key: (String, String)) -> u32 {
        let id = position(self.model.inputs.len());
        let (r#type, message) = key.clone();
        self.input_ids.insert(key, id);
        self.model.inputs.push(contract::Input { r#type, message, fields: Vec::new() });
        id
    }

    pub(super) fn method(&mut self, method: &MethodDescriptor) -> u32 {
        self.method_entry(method.full_name(), || super::call::describe(method))
    }

    pub(super) fn method_entry(
        &mut self,
        full_name: &str,
        describe: impl FnOnce() -> contract::Method,
    ) -> u32 {
        if let Some(id) = self.method_ids.get(full_name) {
            return *id;
        }
        let id = position(self.model.methods.len());
        self.method_ids.insert(full_name.to_owned(), id);
        self.model.methods.push(describe());
        id
    }

    fn bind_object(&mut self, id: u32, object: &Node<ObjectType>, shape: &Shape) {
        let operation = match shape {
            Shape::Root(operation) => Some(*operation),
            _ => None,
        };
        for (index, definition) in object.fields.values().enumerate() {
            let at =
                At { type_name: object.name.to_string(), field: definition.clone(), operation };
            let before = self.model.faults.len();
            (self.wire, self.call, self.load) = (None, None, None);
            let field = self.field(&at, shape, (id, index));
            self.model.bindings[id as usize].fields.push(field);
            let parent = match shape {
                Shape::Message(message) => Some(message.clone()),
                _ => None,
            };
            self.model.sites.push(Site {
                binding: id,
                field: index,
                type_name: at.type_name,
                definition: definition.clone(),
                operation,
                parent,
                wire: self.wire.take(),
                call: self.call.take(),
                load: self.load.take(),
                faults: before..self.model.faults.len(),
            });
        }
    }

    fn reserved_packages(&mut self) {
        for file in self.input.protos.pool.files() {
            if super::synthetic::PACKAGES.contains(&file.package_name()) {
                let span = file
                    .messages()
                    .next()
                    .and_then(|message| self.input.protos.message_span(&message));
                self.fault(Fault::ReservedPackage {
                    package: file.package_name().to_owned(),
                    span,
                });
            }
        }
    }

    fn listed_messages_exist(&mut self) {
        let schema = self.schema();
        let pool = &self.input.protos.pool;
        for ty in schema.definitions.types.values() {
            for listed in Reader::all(schema, ty.directives(), "message") {
                let Some(name) = listed.text("name") else { continue };
                let exists = if ty.is_enum() {
                    pool.get_enum_by_name(&name.value).is_some()
                } else {
                    pool.get_message_by_name(&name.value).is_some()
                };
                if !exists {
                    let known = if ty.is_enum() {
                        pool.all_enums().map(|known| known.full_name().to_owned()).collect()
                    } else {
                        pool.all_messages().map(|known| known.full_name().to_owned()).collect()
                    };
                    self.fault(Fault::UnknownMessage { name: name.value, span: name.span, known });
                }
            }
        }
    }

    // Looking things up.

    pub(super) fn schema(&self) -> &'input Schema {
        &self.input.schema
    }

    pub(super) fn type_of(&self, name: &str) -> Option<&'input ExtendedType> {
        self.input.schema.definitions.types.get(name)
    }

    pub(super) fn object_type(&self, name: &str) -> Option<Node<ObjectType>> {
        self.input.schema.definitions.get_object(name).cloned()
    }

    pub(super) fn is_composite(&self, name: &str) -> bool {
        self.type_of(name).is_some_and(|ty| ty.is_object() || ty.is_interface() || ty.is_union())
    }

    /// A directive of the field at hand.
    pub(super) fn directive<'a>(&'a self, at: &'a At, name: &str) -> Option<Reader<'a>> {
        Reader::find(self.schema(), &at.field.directives, name)
    }

    // Places and facts for diagnostics.

    pub(super) fn fault(&mut self, fault: Fault) {
        self.model.faults.push(fault);
    }

    pub(super) fn span(&self, location: Option<SourceSpan>) -> Option<Span> {
        self.input.schema.span(location)
    }

    pub(super) fn name_span(&self, at: &At) -> Option<Span> {
        self.span(at.field.name.location())
    }

    pub(super) fn type_span(&self, ty: &Type) -> Option<Span> {
        self.span(ty.inner_named_type().location())
    }

    pub(super) fn facts(&self, message: &MessageDescriptor) -> MessageFacts {
        let protos = &self.input.protos;
        MessageFacts {
            name: message.full_name().to_owned(),
            span: protos.message_span(message),
            fields: message
                .fields()
                .map(|field| (field.name().to_owned(), protos.field_span(&field)))
                .collect(),
        }
    }

    pub(super) fn field_span(&self, field: &FieldDescriptor) -> Option<Span> {
        self.input.protos.field_span(field)
    }
}

/// A position in one of the contract's lists.
pub(super) fn position(length: usize) -> u32 {
    u32::try_from(length)
        .expect("a schema of four thousand million parts does not fit the memory either")
}
