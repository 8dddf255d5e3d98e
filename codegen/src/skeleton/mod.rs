//! What is promised as a `.proto` that a backend team can begin with.
//!
//! It is written from the synthetic messages of a contract, without what only a mock needs: calls are named as the AIP
//! conventions name them, so that the schema finds them again once they are real.

mod proto;
mod value;

use prost_reflect::{DescriptorPool, MessageDescriptor};

use self::{
    proto::{Message, Proto, Rpc},
    value::{Value, read},
};
use crate::contract::{Binding, Contract, Field, Join, State, join, source};
use crate::model::names::{pascal, snake};

/// Why there is nothing to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSkeleton {
    /// No type or field has this name.
    #[error("the schema has no `{0}`")]
    Unknown(String),
    /// It is answered already.
    #[error("nothing of `{0}` is promised")]
    Real(String),
    /// All fields are answered.
    #[error("nothing is promised: every field is answered by a message, a method or a function")]
    AllReal,
    /// The contract was not made by code generation.
    #[error("the contract's descriptor set cannot be read: {0}")]
    Unreadable(String),
}

/// A `.proto` for everything promised, or for what `coordinate` names: a type (`Book`) or one field (`Book.reviews`).
///
/// # Errors
///
/// Nothing of it is promised.
pub fn skeleton(contract: &Contract, coordinate: Option<&str>) -> Result<String, NoSkeleton> {
    let pool = DescriptorPool::decode(contract.descriptor_set.as_slice())
        .map_err(|error| NoSkeleton::Unreadable(error.to_string()))?;
    let mut skeleton = Skeleton { contract, pool, proto: Proto::default(), alone: false };
    let (mut known, mut promised) = (false, false);
    for binding in &contract.bindings {
        for field in &binding.fields {
            let place = format!("{}.{}", binding.r#type, field.name);
            let meant = coordinate.is_none_or(|wanted| wanted == place || wanted == binding.r#type);
            known |= meant;
            if meant && field.state() == State::Promised {
                promised = true;
                skeleton.alone = coordinate == Some(&place);
                skeleton.field(binding, field);
            }
        }
    }
    match (coordinate, known, promised) {
        (_, _, true) => Ok(skeleton.proto.render()),
        (None, ..) => Err(NoSkeleton::AllReal),
        (Some(wanted), false, _) => Err(NoSkeleton::Unknown(wanted.to_owned())),
        (Some(wanted), true, _) => Err(NoSkeleton::Real(wanted.to_owned())),
    }
}

struct Skeleton<'a> {
    contract: &'a Contract,
    pool: DescriptorPool,
    proto: Proto,
    /// One field is asked for, so that it gets a call of its own.
    alone: bool,
}

impl Skeleton<'_> {
    fn field(&mut self, binding: &Binding, field: &Field) {
        let Some(join) = join_of(field) else { return self.plain(binding) };
        let Some((request, response)) = self.messages(join) else { return };
        if binding.message.is_empty() {
            return self.root(binding, field, &request, &response);
        }
        let Some(value) = value_of(&response) else { return };
        let is_ours = self.is_ours(&binding.message);
        if is_ours && !self.alone {
            self.plain(binding);
        }
        let owner =
            self.pool.get_message_by_name(&binding.message).filter(|_| is_ours && !self.alone);
        if owner.is_some_and(|owner| self.is_part(&owner, &value, &request)) {
            return;
        }
        if !self.alone && !is_ours && !value.is_message() {
            return self.addition(binding, field, &value);
        }
        self.batch(binding, field, &request, &value);
    }

    /// The message of a promised type.
    fn plain(&mut self, binding: &Binding) {
        if let Some(message) = self.pool.get_message_by_name(&binding.message)
            && self.is_ours(&binding.message)
        {
            self.message(&message);
        }
    }

    fn root(
        &mut self,
        binding: &Binding,
        field: &Field,
        request: &MessageDescriptor,
        response: &MessageDescriptor,
    ) {
        let Some(value) = value_of(response) else { return };
        let is = |root: Option<u32>| {
            root.and_then(|index| self.contract.bindings.get(index as usize))
                .is_some_and(|root| root.r#type == binding.r#type)
        };
        let name = pascal(&field.name);
        let (prefix, streaming) =
            match (is(self.contract.mutation), is(self.contract.subscription), value.repeated) {
                (true, ..) => ("", false),
                (_, true, _) => ("Watch", true),
                (_, _, true) => ("List", false),
                (_, _, false) => ("Get", false),
            };
        let name = format!("{prefix}{name}");
        let mut asked = Message::new(format!("{name}Request"));
        self.arguments(request, &mut asked);
        let input = self.proto.add(asked);
        let ty = self.type_name(&value);
        let output = if value.is_message() && !value.repeated {
            ty
        } else {
            let mut answer = Message::new(format!("{name}Response"));
            answer.field(&value.label(), &ty, &snake(&field.name));
            self.proto.add(answer)
        };
        let note = vec![format!("Answers `{}.{}`.", binding.r#type, field.name)];
        self.proto.rpc(Rpc { note, name, input, output, streaming });
    }

    /// A call that is asked once for many parents.
    fn batch(
        &mut self,
        binding: &Binding,
        field: &Field,
        request: &MessageDescriptor,
        value: &Value,
    ) {
        let name = format!("BatchGet{}{}", pascal(&binding.r#type), pascal(&field.name));
        let key = format!("{}_id", snake(&binding.r#type));
        let key_type = request.get_field(1).map_or("string".to_owned(), |field| read(&field).name);
        let mut asked = Message::new(format!("{name}Request"));
        asked.field("repeated ", &key_type, &format!("{key}s"));
        self.arguments(request, &mut asked);
        let input = self.proto.add(asked);
        let own = format!("{}{}", pascal(&binding.r#type), pascal(&field.name));
        let mut answer = Message::new(format!("{name}Response"));
        answer.field("repeated ", &own, &snake(&own));
        let output = self.proto.add(answer);
        let mut item = Message::new(own);
        item.field("", &key_type, &key);
        let ty = self.type_name(value);
        item.field(&value.label(), &ty, &snake(&field.name));
        self.proto.add(item);
        let note = vec![
            format!(
                "Answers `{}.{}`, for many at once. In the schema:",
                binding.r#type, field.name
            ),
            format!("  {}: … @rpc(method: \"{}/{name}\")", field.name, proto::SERVICE_PATH),
        ];
        self.proto.rpc(Rpc { note, name, input, output, streaming: false });
    }

    /// A scalar that a real message lacks.
    fn addition(&mut self, binding: &Binding, field: &Field, value: &Value) {
        let Some(message) = self.pool.get_message_by_name(&binding.message) else { return };
        let number = message.fields().map(|field| field.number()).max().unwrap_or(0) + 1;
        let ty = self.type_name(value);
        self.proto.addition(
            &binding.message,
            format!("{}{ty} {} = {number};", value.label(), snake(&field.name)),
        );
    }

    /// Whether a promised object holds the value itself: it has no arguments, and nobody would ask for it alone, or the
    /// object has no id by which anybody could.
    fn is_part(
        &self,
        owner: &MessageDescriptor,
        value: &Value,
        request: &MessageDescriptor,
    ) -> bool {
        let has_id = |message: &MessageDescriptor| message.get_field_by_name("id").is_some();
        let is_entity =
            |message: &MessageDescriptor| has_id(message) || !self.is_ours(message.full_name());
        !has_id(owner) || (request.fields().len() <= 1 && !value.message().is_some_and(is_entity))
    }

    fn arguments(&mut self, request: &MessageDescriptor, message: &mut Message) {
        for field in request.fields().filter(|field| field.name() != "keys") {
            let value = read(&field);
            let ty = self.type_name(&value);
            message.field(&value.label(), &ty, &snake(field.name()));
        }
    }

    /// The name of a value's type, which is written down too if nobody has it yet.
    fn type_name(&mut self, value: &Value) -> String {
        if let Some(message) = value.message() {
            if self.is_ours(message.full_name()) {
                return self.message(message);
            }
            self.proto.import(message.parent_file().name());
        }
        if let Some(values) = value.enumeration() {
            if !self.is_ours(values.full_name()) {
                self.proto.import(values.parent_file().name());
                return value.name.clone();
            }
            return self.proto.enumeration(values);
        }
        value.name.clone()
    }

    fn message(&mut self, message: &MessageDescriptor) -> String {
        if self.proto.has(message.name()) {
            return message.name().to_owned();
        }
        // Known before its fields are: types contain each other.
        self.proto.reserve(message.name());
        let mut written = Message::new(message.name().to_owned());
        let mut fields: Vec<_> =
            message.fields().filter(|field| field.name() != "mock_key").collect();
        fields.sort_by_key(|field| field.number());
        for field in fields {
            let value = read(&field);
            let ty = self.type_name(&value);
            let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
            match oneof {
                Some(oneof) => written.member(oneof.name(), &ty, &snake(field.name())),
                None => written.field(&value.label(), &ty, &snake(field.name())),
            }
        }
        for (name, value) in self.parts(message) {
            let ty = self.type_name(&value);
            written.field(&value.label(), &ty, &snake(&name));
        }
        self.proto.complete(written);
        message.name().to_owned()
    }

    /// The fields of a promised object that a mock is asked for by themselves, but no service would be.
    fn parts(&self, message: &MessageDescriptor) -> Vec<(String, Value)> {
        let binding =
            self.contract.bindings.iter().find(|binding| binding.message == message.full_name());
        let fields = binding.into_iter().flat_map(|binding| &binding.fields);
        let part = |field: &Field| {
            let (request, response) = self.messages(join_of(field)?)?;
            let value = value_of(&response)?;
            self.is_part(message, &value, &request).then(|| (field.name.clone(), value))
        };
        fields.filter_map(part).collect()
    }

    fn messages(&self, join: &Join) -> Option<(MessageDescriptor, MessageDescriptor)> {
        let Some(join::Target::Method(method)) = join.target else { return None };
        let method = self.contract.methods.get(method as usize)?;
        Some((
            self.pool.get_message_by_name(&method.input)?,
            self.pool.get_message_by_name(&method.output)?,
        ))
    }

    fn is_ours(&self, message: &str) -> bool {
        message.starts_with("anabranch.promised.v1.")
    }
}

fn join_of(field: &Field) -> Option<&Join> {
    match field.source.as_ref()?.kind.as_ref()? {
        source::Kind::Join(join) => Some(join),
        source::Kind::Wire(_) => None,
    }
}

/// What a synthetic response holds: the value, or items with a key and the value.
fn value_of(response: &MessageDescriptor) -> Option<Value> {
    let value = |message: &MessageDescriptor| {
        message.get_field_by_name("value").or_else(|| message.get_field_by_name("values"))
    };
    if let Some(field) = value(response) {
        return Some(read(&field));
    }
    let items = response.get_field_by_name("items")?;
    Some(read(&value(items.kind().as_message()?)?))
}

#[cfg(test)]
mod tests;
