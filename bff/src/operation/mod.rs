//! One operation of a document, validated and lowered: all that the planner sees of GraphQL.
//!
//! Fragments are gone, `@skip` and `@include` are decided, fields with one response key are merged, and every selection
//! set says for each concrete type what is selected, in response order.

use std::{iter, sync::Arc};

use crate::error::{Code, Error, Result};

/// A validated operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What it does.
    pub kind: OperationKind,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its variables, in the order of the document. [`Value::Variable`] counts in this list.
    pub variables: Vec<VariableDefinition>,
    /// The name of the root type.
    pub root: String,
    /// What is selected of the root type.
    pub fields: Vec<Field>,
    /// The names of those root fields that no call answers but async-graphql: introspection, and what a program adds.
    pub slow: Vec<String>,
    /// All fragments with `@defer` that are on, each counted anew for every object that it stands in, and what `@stream` leaves
    /// for later of each list. Parents before children.
    pub defers: Vec<Defer>,
    /// Those that stand in the root object.
    pub begins: Vec<DeferId>,
}

/// A position in [`Operation::defers`], and in those of its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeferId(pub usize);

/// A fragment with `@defer`, in one object, or the later items of a list with `@stream`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defer {
    /// What its `label` says.
    pub label: Option<Arc<str>>,
    /// The deferred fragment that it stands in: it is answered no earlier.
    pub parent: Option<DeferId>,
    /// It is items of a list.
    pub stream: bool,
}

/// The three operations of GraphQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes, one root field after the other.
    Mutation,
    /// A stream of answers.
    Subscription,
}

/// Those of deferred fragments that stand in none of the others, in order. `parent` is [`Defer::parent`].
#[must_use]
pub fn outermost(
    mut ids: Vec<DeferId>,
    parent: impl Fn(DeferId) -> Option<DeferId>,
) -> Vec<DeferId> {
    ids.sort_unstable();
    ids.dedup();
    let above = |id: DeferId| iter::successors(parent(id), |id| parent(*id));
    let inner: Vec<bool> =
        ids.iter().map(|id| above(*id).any(|above| ids.contains(&above))).collect();
    let mut inner = inner.into_iter();
    ids.retain(|_| inner.next() == Some(false));
    ids
}

/// One field of a response.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name in the response: the alias, or the name of the field.
    pub response_key: String,
    /// The name in the schema.
    pub name: String,
    /// All arguments of the schema that have a value, defaults included.
    pub arguments: Vec<(String, Value)>,
    /// The type that the schema declares.
    pub ty: Type,
    /// For objects, interfaces and unions: what is selected for each concrete type that the value may have. One entry
    /// where the field's type is an object. A concrete type of which nothing is selected has an entry without fields.
    pub selections: Vec<Selection>,
    /// The deferred fragments with the first of which the field is answered. Empty: it is in the first answer.
    pub defers: Vec<DeferId>,
    /// For lists with `@stream`: what of the list is answered later.
    pub stream: Option<Box<Stream>>,
    /// Line and column of the field in the document, both from 1.
    pub location: Location,
}

/// The items of a list behind its first ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// What they are answered with. Fragments with `@defer` that begin outside of the list mean nothing inside.
    pub defer: DeferId,
    /// How many items come first.
    pub initial_count: Value,
    /// What is selected of the others, as [`Field::selections`].
    pub selections: Vec<Selection>,
}

/// What is selected of one concrete type.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The name of the object type.
    pub type_name: String,
    /// Its fields, `__typename` included, in response order.
    pub fields: Vec<Field>,
    /// The deferred fragments that stand in the object.
    pub begins: Vec<DeferId>,
}

/// A place in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Location {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// A scalar, enum, object, interface or union that may be null.
    Named(String),
    /// A list that may be null.
    List(Box<Type>),
    /// Something that is never null.
    NonNull(Box<Type>),
}

impl Type {
    /// Whether null is a value of this type.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        !matches!(self, Self::NonNull(_))
    }

    /// The type of the items where this is a list.
    #[must_use]
    pub fn item(&self) -> Option<&Self> {
        match self {
            Self::Named(_) => None,
            Self::List(item) => Some(item),
            Self::NonNull(inner) => inner.item(),
        }
    }

    /// The name inside all lists.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.name(),
        }
    }
}

/// A GraphQL input value, coerced: enum names exist, integers fit, fields of input objects are known and have defaults.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// An `Int`, or an integer given for a custom scalar.
    Int(i64),
    /// An integer given for a custom scalar that only 64 bits without a sign can hold.
    Unsigned(u64),
    /// A `Float`.
    Float(f64),
    /// A `String`, an `ID`, or a text given for a custom scalar.
    String(Arc<str>),
    /// `true` or `false`
    Boolean(bool),
    /// The name of an enum value.
    Enum(Arc<str>),
    /// A list.
    List(Vec<Value>),
    /// An input object, or an object given for a custom scalar.
    Object(Vec<(Arc<str>, Value)>),
    /// The value of a variable. Where the request gives none and the variable has no default, `default` holds: the
    /// default of the argument or input field, if there is one.
    Variable {
        /// The position in [`Operation::variables`].
        index: usize,
        /// What holds where the variable has no value.
        default: Option<Box<Value>>,
        /// The variable may be null by its type and must not be so here, where a default would hold: the document is
        /// valid, and who gives null has an error at the field.
        never_null: bool,
    },
}

/// A place in the arguments of a field where a variable must not be null. See [`Value::Variable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeverNull {
    variable: usize,
    argument: String,
    /// From the argument on: `filter.range.from`, `ids[2]`.
    place: String,
}

/// A variable that an operation declares.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableDefinition {
    /// Without the `$`.
    pub name: String,
    /// What a request may give for it.
    pub ty: InputType,
    /// What holds where a request gives nothing.
    pub default: Option<Value>,
    /// Where it stands in the document, for errors.
    pub location: Location,
}

/// The type of a variable, with everything that coercion must know.
#[derive(Clone, Debug, PartialEq)]
pub enum InputType {
    /// Never null.
    NonNull(Box<InputType>),
    /// A list; a single value is taken as a list of one.
    List(Box<InputType>),
    /// `Int`
    Int,
    /// `Float`
    Float,
    /// `String`
    String,
    /// `Boolean`
    Boolean,
    /// `ID`; integers are taken as their decimal text.
    Id,
    /// A custom scalar: any value.
    Scalar(Arc<str>),
    /// An enum.
    Enum(Arc<EnumType>),
    /// An input object. Input objects may contain themselves, so they are named here and found in the schema's list.
    Object(Arc<str>),
}

/// An enum that a variable may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType {
    /// Its name.
    pub name: Arc<str>,
    /// The names of its values.
    pub values: Vec<Arc<str>>,
}

/// The values of an operation's variables for one request, coerced, in the order of [`Operation::variables`]; `None`
/// where the request gives none and there is no default.
pub type Variables = [Option<Value>];

impl Value {
    /// The value with variables put in; `None` where a variable has no value and nothing else holds.
    #[must_use]
    pub fn resolve<'a>(&'a self, variables: &'a Variables) -> Option<&'a Self> {
        match self {
            Self::Variable { index, default, .. } => match variables.get(*index)? {
                Some(value) => Some(value),
                None => default.as_deref(),
            },
            value => Some(value),
        }
    }
}

impl NeverNull {
    /// All such places of a field's arguments.
    #[must_use]
    pub fn of(arguments: &[(String, Value)]) -> Vec<Self> {
        let mut found = Vec::new();
        for (argument, value) in arguments {
            Self::find(argument, argument.clone(), value, &mut found);
        }
        found
    }

    fn find(argument: &str, place: String, value: &Value, found: &mut Vec<Self>) {
        match value {
            Value::Variable { index, never_null: true, .. } => {
                found.push(Self { variable: *index, argument: argument.to_owned(), place });
            }
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    Self::find(argument, format!("{place}[{at}]"), item, found);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    Self::find(argument, format!("{place}.{name}"), value, found);
                }
            }
            _ => {}
        }
    }

    /// Refuses the nulls that variables have at such places.
    ///
    /// # Errors
    ///
    /// [`Code::BadUserInput`], for the first of them.
    pub fn check(places: &[Self], variables: &Variables) -> Result<()> {
        let is_null = |it: &&Self| variables.get(it.variable) == Some(&Some(Value::Null));
        let Some(Self { argument, place, .. }) = places.iter().find(is_null) else { return Ok(()) };
        let at = if place == argument { String::new() } else { format!(" at \"{place}\"") };
        let message =
            format!("argument \"{argument}\" has the value null{at}, which is not allowed there");
        Err(Error::new(Code::BadUserInput, message))
    }
}

#[cfg(test)]
mod tests;
