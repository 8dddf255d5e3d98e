//! What a change of schema and protos breaks for those who use the old ones.
//!
//! A change is breaking when a query that was valid is no longer valid or may now get something that its types exclude, or when a
//! message or call of the old protos is read differently by the new ones, or when a field that was answered is only promised.
//! It is dangerous when old queries stay valid and may be answered otherwise: by another default, a value or a type that is new.

mod inputs;
mod promised;
mod protos;
mod schema;

use crate::contract::Binding;

/// One state of a project, as its contract holds it.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// The schema that clients see.
    pub sdl: &'a str,
    /// The encoded `google.protobuf.FileDescriptorSet`.
    pub descriptor_set: &'a [u8],
    /// Which fields are answered, and which are only promised.
    pub bindings: &'a [Binding],
}

/// Whom a change may harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Some who use the old version fail with the new one.
    Breaking,
    /// Who does not expect it may be surprised.
    Dangerous,
}

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Whom it may harm.
    pub level: Level,
    /// Where: `Book.title`, `Query.book(id:)`, `bookshop.catalog.v1.Book.title`.
    pub place: String,
    /// What changed and whom it breaks.
    pub message: String,
}

/// A version that cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {which} {what} cannot be read: {reason}")]
pub struct Unreadable {
    which: &'static str,
    what: &'static str,
    reason: String,
}

/// All breaking changes from `old` to `new`, those of the schema first, sorted by place; then the dangerous ones.
///
/// # Errors
///
/// One of the versions is not a schema or not a descriptor set.
pub fn changes(old: Version<'_>, new: Version<'_>) -> Result<Vec<Change>, Unreadable> {
    let mut of_schema = schema::compare(old.sdl, new.sdl)?;
    of_schema.extend(promised::compare(old.bindings, new.bindings));
    let mut of_protos = protos::compare(old.descriptor_set, new.descriptor_set)?;
    of_schema.sort();
    of_protos.sort();
    of_schema.append(&mut of_protos);
    of_schema.sort_by_key(|change| change.level);
    Ok(of_schema)
}

/// Where changes are collected.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    /// What breaks.
    fn add(&mut self, place: impl Into<String>, message: impl Into<String>) {
        let (place, message) = (place.into(), message.into());
        self.0.push(Change { level: Level::Breaking, place, message });
    }

    /// What is dangerous.
    fn warn(&mut self, place: impl Into<String>, message: impl Into<String>) {
        let (place, message) = (place.into(), message.into());
        self.0.push(Change { level: Level::Dangerous, place, message });
    }
}

#[cfg(test)]
mod tests;
