//! From bindings and descriptors to tables.

use std::{collections::HashMap, sync::Arc};

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

use super::{
    Content, Leaf, Rule, Slot, Table, TableId, Tables,
    facts::{self, Fact, Kind as FactKind},
    keys,
    leaves::{scalar, scalar_leaf, unfollowed},
};
use crate::{
    contract::{self, Contract, Format, source, wire},
    error::{Code, Error, Result},
    mock::values::{texts::Text, words},
};

/// The package of the messages that codegen makes for promised types.
const PROMISED: &str = "anabranch.promised.v1";

pub(super) struct Builder<'a> {
    pub(super) contract: &'a Contract,
    pub(super) pool: &'a DescriptorPool,
    tables: Vec<Option<Table>>,
    /// The GraphQL name of the key of each type that has one.
    keys: HashMap<String, String>,
    of_binding: HashMap<u32, TableId>,
    of_message: HashMap<String, TableId>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(contract: &'a Contract, pool: &'a DescriptorPool) -> Self {
        let keys = keys::of_types(contract);
        Self {
            contract,
            pool,
            tables: Vec::new(),
            keys,
            of_binding: HashMap::new(),
            of_message: HashMap::new(),
        }
    }

    pub(super) fn build(mut self) -> Result<Tables> {
        let (methods, resolvers) = self.answers()?;
        let tables = self.tables.into_iter().map(|table| table.expect("every table is filled in"));
        Ok(Tables { tables: tables.collect(), methods, resolvers })
    }

    pub(super) fn message(&self, name: &str) -> Result<MessageDescriptor> {
        self.pool.get_message_by_name(name).ok_or_else(|| {
            Error::new(
                Code::FailedPrecondition,
                format!("the contract names the message `{name}`, which its descriptor set does not have"),
            )
        })
    }

    /// What names the objects of a binding's type.
    pub(super) fn key_of_type(&self, type_name: &str) -> Option<Text> {
        self.keys.get(type_name).map(|key| Text::of(type_name, key))
    }

    /// The words of the name of the key of a type's objects.
    pub(super) fn key_name(&self, type_name: &str) -> Vec<String> {
        self.keys.get(type_name).map(|key| words(key)).unwrap_or_default()
    }

    /// What names the objects that a join finds; keys of nothing known look like ids.
    pub(super) fn key_of_join(&self, join: &contract::Join) -> Text {
        let then = join.then.as_ref().and_then(|then| then.kind.as_ref());
        match then {
            Some(source::Kind::Wire(wire)) => match wire.value {
                Some(wire::Value::Binding(binding)) => {
                    let binding = &self.contract.bindings[binding as usize];
                    self.key_of_type(&binding.r#type).unwrap_or(Text::Id)
                }
                _ => Text::Id,
            },
            Some(source::Kind::Join(inner)) => self.key_of_join(inner),
            None => Text::Id,
        }
    }

    /// Whether this path of a binding's message leads to the key of its own objects.
    pub(super) fn is_own_key(&self, binding: &contract::Binding, path: &[u32]) -> bool {
        let Some(message) = self.pool.get_message_by_name(&binding.message) else { return false };
        let [number] = path else { return false };
        let Some(field) = message.get_field(*number) else { return false };
        is_mock_key(&field)
            || self.keys.get(&binding.r#type).is_some_and(|key| {
                let shown = binding.fields.iter().find(|shown| shown.name == *key);
                match shown.and_then(|shown| shown.source.as_ref()?.kind.as_ref()) {
                    Some(source::Kind::Wire(wire)) => {
                        wire.path.is_empty() && wire.number == *number
                    }
                    _ => camel(field.name()) == *key,
                }
            })
    }

    /// A type's binding to this message, whose objects have keys.
    pub(super) fn keyed_binding(&self, message: &MessageDescriptor) -> Option<u32> {
        let bindings = self.contract.bindings.iter().enumerate();
        let found = bindings.filter(|(_, binding)| binding.message == message.full_name()).find(
            |(_, binding)| {
                message.fields().any(|field| self.is_own_key(binding, &[field.number()]))
            },
        );
        found.and_then(|(index, _)| u32::try_from(index).ok())
    }

    /// The table of a binding's objects.
    pub(super) fn binding(&mut self, binding: u32) -> Result<TableId> {
        if let Some(id) = self.of_binding.get(&binding) {
            return Ok(*id);
        }
        let contract = self.contract;
        let bound = &contract.bindings[binding as usize];
        if let Some(itself) = bound.members.iter().find(|member| member.number == 0) {
            let id = self.binding(itself.binding)?;
            self.of_binding.insert(binding, id);
            return Ok(id);
        }
        let id = self.reserve();
        self.of_binding.insert(binding, id);
        let message = self.message(&bound.message)?;
        let facts = self.facts(binding);
        self.fill(id, &message, &bound.r#type, &facts)?;
        Ok(id)
    }

    pub(super) fn facts(&self, binding: u32) -> Vec<Fact> {
        facts::of_binding(self.contract, binding, &|join| self.key_of_join(join))
    }

    /// The table of a message that stands somewhere without a binding of its own.
    fn unbound(&mut self, message: &MessageDescriptor) -> Result<TableId> {
        let bindings = self.contract.bindings.iter();
        let bound =
            bindings.enumerate().find(|(_, binding)| binding.message == message.full_name());
        if let Some(binding) = bound.and_then(|(index, _)| u32::try_from(index).ok()) {
            return self.binding(binding);
        }
        if let Some(id) = self.of_message.get(message.full_name()) {
            return Ok(*id);
        }
        let id = self.reserve();
        self.of_message.insert(message.full_name().to_owned(), id);
        self.fill(id, message, message.name(), &[])?;
        Ok(id)
    }

    /// A table for one place.
    pub(super) fn here(
        &mut self,
        message: &MessageDescriptor,
        type_name: &str,
        facts: &[Fact],
    ) -> Result<TableId> {
        let id = self.reserve();
        self.fill(id, message, type_name, facts)?;
        Ok(id)
    }

    fn reserve(&mut self) -> TableId {
        self.tables.push(None);
        TableId(self.tables.len() - 1)
    }

    fn fill(
        &mut self,
        id: TableId,
        message: &MessageDescriptor,
        type_name: &str,
        facts: &[Fact],
    ) -> Result<()> {
        let mut fields: Vec<FieldDescriptor> = message.fields().collect();
        fields.sort_by_key(FieldDescriptor::number);
        let mut slots = Vec::with_capacity(fields.len());
        for field in fields {
            slots.extend(self.slot(type_name, &field, facts)?);
        }
        let key = self.key_of_type(type_name);
        self.tables[id.0] = Some(Table { type_name: type_name.into(), key, slots });
        Ok(())
    }

    fn slot(
        &mut self,
        type_name: &str,
        field: &FieldDescriptor,
        facts: &[Fact],
    ) -> Result<Option<Slot>> {
        let exact: Vec<&Fact> = facts.iter().filter(|fact| fact.is_at(field.number())).collect();
        let inside: Vec<Fact> =
            facts.iter().filter_map(|fact| fact.inside(field.number())).collect();
        let shown =
            exact.iter().find(|fact| matches!(fact.kind, FactKind::Leaf(_) | FactKind::Object(..)));
        let name: Arc<str> =
            shown.map_or_else(|| camel(field.name()).into(), |fact| Arc::clone(&fact.name));
        let mock = shown.and_then(|fact| fact.mock.as_ref());
        let as_entries = exact.iter().any(|fact| matches!(fact.kind, FactKind::Object(..)));
        let (map_key, kind) = match field.kind() {
            // A map that the schema shows as a list of entries is one.
            Kind::Message(entry) if field.is_map() && !as_entries => {
                (Some(scalar(&entry.map_entry_key_field())), entry.map_entry_value_field())
            }
            _ => (None, field.clone()),
        };
        let Some(content) = self.content(type_name, &name, &kind, &exact, &inside)? else {
            return Ok(None);
        };
        Ok(Some(Slot {
            number: field.number(),
            scalar: scalar(&kind),
            proto_name: field.name().into(),
            repeated: field.is_list() || (field.is_map() && map_key.is_none()),
            map_key,
            oneof: field
                .containing_oneof()
                .filter(|oneof| !oneof.is_synthetic())
                .map(|oneof| oneof_index(field, &oneof)),
            shown: shown.is_some() || !inside.is_empty(),
            asked_for: exact.iter().any(|fact| fact.asked_for),
            fixed: fixed(mock, type_name, &name)?,
            content,
            name,
        }))
    }

    /// `None` where the field is left out.
    fn content(
        &mut self,
        type_name: &str,
        name: &str,
        field: &FieldDescriptor,
        exact: &[&Fact],
        inside: &[Fact],
    ) -> Result<Option<Content>> {
        let find = |wanted: fn(&FactKind) -> bool| exact.iter().find(|fact| wanted(&fact.kind));
        if find(|kind| matches!(kind, FactKind::Hidden)).is_some() {
            return Ok(None);
        }
        if let Some(FactKind::Items(items)) =
            find(|kind| matches!(kind, FactKind::Items(_))).map(|fact| &fact.kind)
        {
            return Ok(Some(Content::Items(items.clone())));
        }
        let part = exact.iter().find_map(|fact| match fact.kind {
            FactKind::Part(index) => Some(index),
            _ => None,
        });
        if let Some(index) = part {
            return Ok(Some(Content::Part(index)));
        }
        let is_key = self.keys.get(type_name).is_some_and(|key| key == name);
        if is_mock_key(field) {
            return Ok(Some(Content::HiddenKey));
        }
        if is_key && !field.is_list() && is_scalar(field) {
            return Ok(Some(Content::Key));
        }
        let reference = exact.iter().find_map(|fact| match fact.kind {
            FactKind::Reference(key) => {
                Some(Content::Reference { field: Arc::clone(&fact.name), key })
            }
            _ => None,
        });
        if reference.is_some() && is_scalar(field) {
            return Ok(reference);
        }
        let said = exact.iter().find_map(|fact| match &fact.kind {
            FactKind::Leaf(leaf) => Some((*leaf, fact.mock.as_ref())),
            _ => None,
        });
        if let Some(leaf) = self.leaf(type_name, name, field, said)? {
            return Ok(Some(unfollowed(name, leaf)));
        }
        let Kind::Message(message) = field.kind() else { return Ok(None) };
        self.object(&message, exact, inside)
    }

    fn object(
        &mut self,
        message: &MessageDescriptor,
        exact: &[&Fact],
        inside: &[Fact],
    ) -> Result<Option<Content>> {
        let object = exact.iter().find_map(|fact| match fact.kind {
            FactKind::Object(binding, rule) => Some((binding, rule)),
            _ => None,
        });
        if let Some((binding, rule)) = object {
            return Ok(Some(Content::Object { table: self.binding(binding)?, rule }));
        }
        if message.full_name() == "google.rpc.Status" {
            return Ok(None);
        }
        if inside.is_empty() {
            return Ok(Some(Content::Object { table: self.unbound(message)?, rule: Rule::Child }));
        }
        // A value taken out of an object that has a key of its own: the object is what was asked for.
        if inside.iter().any(|fact| fact.asked_for)
            && let Some(binding) = self.keyed_binding(message)
        {
            return Ok(Some(Content::Object { table: self.binding(binding)?, rule: Rule::Asked }));
        }
        Ok(Some(Content::Same(self.here(message, message.name(), inside)?)))
    }

    pub(super) fn leaf(
        &self,
        type_name: &str,
        name: &str,
        field: &FieldDescriptor,
        said: Option<(contract::Leaf, Option<&contract::Mock>)>,
    ) -> Result<Option<Leaf>> {
        let like = match said.and_then(|(_, mock)| mock).map(|mock| mock.r#as.as_str()) {
            None | Some("") => None,
            Some(like) => Some(Text::accepted(like).ok_or_else(|| {
                Error::new(
                    Code::FailedPrecondition,
                    format!("`{type_name}.{name}` is mocked as `{like}`, which is no kind of text"),
                )
            })?),
        };
        let text = like.unwrap_or_else(|| Text::of(type_name, name));
        let said = said.filter(|(leaf, _)| leaf.format() == Format::Enum);
        let shown = said.map(|(leaf, _)| &self.contract.enums[leaf.r#enum as usize]);
        Ok(scalar_leaf(&field.kind(), name, text, shown))
    }
}

fn fixed(
    mock: Option<&contract::Mock>,
    type_name: &str,
    name: &str,
) -> Result<Option<serde_json::Value>> {
    let Some(text) = mock.and_then(|mock| mock.value.as_deref()) else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| {
        Error::with_source(
            Code::FailedPrecondition,
            format!("the mocked value of `{type_name}.{name}` is not JSON"),
            error,
        )
    })
}

pub(super) fn is_mock_key(field: &FieldDescriptor) -> bool {
    field.name() == "mock_key"
        && field.number() == 1
        && field.parent_message().package_name() == PROMISED
}

fn is_scalar(field: &FieldDescriptor) -> bool {
    !matches!(field.kind(), Kind::Message(_))
}

fn oneof_index(field: &FieldDescriptor, oneof: &prost_reflect::OneofDescriptor) -> usize {
    field.parent_message().oneofs().position(|other| other == *oneof).unwrap_or(0)
}

/// `price_cents` as the schema would write it: `priceCents`.
fn camel(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let mut camel = words.next().unwrap_or(name).to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
