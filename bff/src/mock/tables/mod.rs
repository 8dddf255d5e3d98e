//! What the mock must know of every message and method, worked out once at start-up.

mod build;
mod facts;
mod keys;
mod leaves;
mod methods;

use std::{collections::HashMap, sync::Arc, time::Duration};

use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};

use super::values::{
    numbers::{Flag, Range},
    texts::Text,
    times::Moment,
};
use crate::{
    contract::{Contract, Scalar},
    error::{Code, Error, Result},
};

/// Everything about a contract.
#[derive(Debug)]
pub(super) struct Tables {
    tables: Vec<Table>,
    methods: Methods,
    resolvers: Vec<Method>,
}

/// By service and name.
type Methods = HashMap<(String, String), Method>;

/// A position in [`Tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TableId(usize);

/// One message in one role.
#[derive(Debug)]
pub(super) struct Table {
    /// The GraphQL type that an object of this message has; for messages without one, their own short name.
    pub(super) type_name: Arc<str>,
    /// What names an object of this type, where something does.
    pub(super) key: Option<Text>,
    pub(super) slots: Vec<Slot>,
}

/// One field of a message.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) number: u32,
    pub(super) scalar: Scalar,
    /// In the proto.
    pub(super) proto_name: Box<str>,
    /// In the schema; for fields that it does not show, the proto's name in its style.
    pub(super) name: Arc<str>,
    pub(super) repeated: bool,
    /// For maps: the type of the keys. `scalar` and `content` are those of the values.
    pub(super) map_key: Option<Scalar>,
    /// The oneof that the field is in.
    pub(super) oneof: Option<usize>,
    /// The schema shows it.
    pub(super) shown: bool,
    /// It is what the method was asked for: its length is what the request says, its key what the request names.
    pub(super) asked_for: bool,
    /// What `@mock(value: …)` says.
    pub(super) fixed: Option<serde_json::Value>,
    pub(super) content: Content,
}

/// What is in a field.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// The key of the object.
    Key,
    /// The key of a promised object, which no schema shows, and what its parts must know besides.
    HiddenKey,
    /// The key of another object.
    Reference {
        field: Arc<str>,
        key: Text,
    },
    /// A part of the key that a batch asks for.
    Part(usize),
    Leaf(Leaf),
    /// Another object.
    Object {
        table: TableId,
        rule: Rule,
    },
    /// More of the same object, in a message of its own.
    Same(TableId),
    /// One for each key of a batch.
    Items(Items),
}

/// The items of a batch.
#[derive(Clone, Debug)]
pub(super) struct Items {
    pub(super) body: Body,
    /// The field that they answer.
    pub(super) field: Arc<str>,
    /// Several items are the value of one key.
    pub(super) group: bool,
}

/// What a whole response is, or one item of it.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// A message that says something about the object that the field is on.
    Same(TableId),
    Object {
        table: TableId,
        rule: Rule,
    },
    /// The value of a map.
    Leaf(Leaf),
}

/// Which object stands in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// One that follows from the object that the field is in.
    Child,
    /// The one that the request names, if it names one.
    Asked,
    /// The object itself: the field only says of which type it is.
    Itself,
}

/// A scalar, an enum or a well-known message.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Leaf {
    Whole(Range),
    Real(Range),
    Flag(Flag),
    Text(Text),
    Bytes(Text),
    /// Names and numbers; none of them is zero unless it is the only one.
    Enum(Arc<[(String, i32)]>),
    Timestamp(Moment),
    Duration(Range),
    /// A wrapper, and what is in it.
    Wrapped(Scalar, Box<Leaf>),
    Struct,
    Value,
    ListValue,
    Any,
    /// A message that is sent with nothing in it.
    Empty,
}

/// One method, or a function that a mock stands in for.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) input: MessageDescriptor,
    pub(super) response: Body,
    /// The fields that it answers; at least one.
    pub(super) roles: Vec<Role>,
    pub(super) service: String,
    pub(super) name: String,
    promised: bool,
    /// Where a list gathers its stream: each message is an item of it, or has one.
    pub(super) streams_items: bool,
}

/// A method as the answer to one field.
#[derive(Debug)]
pub(super) struct Role {
    /// The type that the field is on.
    pub(super) owner: Arc<str>,
    pub(super) field: Arc<str>,
    pub(super) on_root: bool,
    pub(super) mutation: bool,
    pub(super) keys: Keys,
    pub(super) latency: Duration,
    pub(super) error: Option<Code>,
}

/// Where a request says what it is about.
#[derive(Debug)]
pub(super) enum Keys {
    /// A repeated field; with parts: where a message in it has them.
    Batch { path: Vec<FieldDescriptor>, parts: Vec<Vec<FieldDescriptor>> },
    /// Fields that take the parts of one key.
    Parts(Vec<Vec<FieldDescriptor>>),
    /// Fields that name the object, and the list of objects, if there are any.
    Named { one: Option<Vec<FieldDescriptor>>, many: Option<FieldDescriptor> },
}

impl Tables {
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] where the contract names what its descriptor set does not have.
    pub(super) fn new(contract: &Contract) -> Result<Self> {
        let pool = DescriptorPool::decode(contract.descriptor_set.as_slice()).map_err(|error| {
            Error::with_source(
                Code::FailedPrecondition,
                "the contract's descriptor set cannot be read",
                error,
            )
        })?;
        build::Builder::new(contract, &pool).build()
    }

    pub(super) fn table(&self, id: TableId) -> &Table {
        &self.tables[id.0]
    }

    pub(super) fn method(&self, service: &str, name: &str) -> Option<&Method> {
        self.methods.get(&(service.to_owned(), name.to_owned()))
    }

    /// A function, by its position in the contract: a call whose request is one parent.
    pub(super) fn resolver(&self, index: usize) -> Option<&Method> {
        self.resolvers.get(index)
    }

    /// Everything that can be called.
    pub(super) fn methods(&self) -> impl Iterator<Item = &Method> {
        self.methods.values().chain(&self.resolvers)
    }
}

impl Method {
    /// Whether this name, as `x-mock` gives it, means this method: a field it answers, or a part of its own name or
    /// its service's. Names of promised methods are ours and mean nothing to anybody.
    pub(super) fn is_meant(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&lower);
        let answers = self.roles.iter().any(|role| {
            role.field.eq_ignore_ascii_case(name)
                || format!("{}.{}", role.owner, role.field).eq_ignore_ascii_case(name)
        });
        answers || (!self.promised && (has(&self.service) || has(&self.name)))
    }
}
