//! What protobuf knows of messages and plans do not say: which fields are members of one oneof, which messages are entries
//! of maps, and which numbers a closed enum has.
//!
//! The descriptor set is walked for the messages that a plan goes through, each read once. A message that it does not have
//! is taken to have neither.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use super::{
    scalar::wire_type,
    wire::{Fields, Malformed, Payload, START_GROUP, tag_of},
};
use crate::contract::Scalar;

mod closed;

pub(super) use closed::ClosedEnum;

/// A google.protobuf.FileDescriptorSet.
#[derive(Debug)]
pub(super) struct Descriptors<'a> {
    set: &'a [u8],
    known: RefCell<HashMap<String, Option<Rc<Description>>>>,
    closed: RefCell<HashMap<String, Option<ClosedEnum>>>,
}

/// What is known of one message.
#[derive(Clone, Debug)]
pub(super) struct Known<'a> {
    descriptors: &'a Descriptors<'a>,
    description: Option<Rc<Description>>,
}

#[derive(Debug, Default)]
struct Description {
    name: String,
    is_entry: bool,
    /// The type of field 1, which in an entry is the key.
    key: Scalar,
    /// The tags of the members of each oneof; empty for one that only says that its field has presence.
    oneofs: Vec<Vec<u32>>,
    /// By number, the full names of messages.
    messages: HashMap<u32, String>,
    /// By number, the full names of enums.
    enums: HashMap<u32, String>,
}

impl<'a> Descriptors<'a> {
    pub(super) fn of(set: &'a [u8]) -> Self {
        Self { set, known: RefCell::default(), closed: RefCell::default() }
    }

    /// What is known of the message of this name.
    pub(super) fn message(&'a self, name: &str) -> Known<'a> {
        let found = self.known.borrow().get(name).cloned();
        let description = found.unwrap_or_else(|| {
            let found = find(self.set, name).ok().flatten().map(Rc::new);
            self.known.borrow_mut().insert(name.to_owned(), found.clone());
            found
        });
        Known { descriptors: self, description }
    }

    /// A message of which nothing is known.
    pub(super) fn nothing(&'a self) -> Known<'a> {
        Known { descriptors: self, description: None }
    }
}

impl Known<'_> {
    /// Its full name, if it is known.
    pub(super) fn name(&self) -> Option<&str> {
        self.description.as_ref().map(|it| &*it.name).filter(|name| !name.is_empty())
    }

    /// The message of a field.
    pub(super) fn inside(&self, number: u32) -> Self {
        let name = self.description.as_ref().and_then(|it| it.messages.get(&number));
        match name {
            Some(name) => self.descriptors.message(name),
            None => self.descriptors.nothing(),
        }
    }

    /// The enum of a field, if it is a closed one.
    pub(super) fn closed_enum(&self, number: u32) -> Option<ClosedEnum> {
        let name = self.description.as_ref()?.enums.get(&number)?;
        let mut closed = self.descriptors.closed.borrow_mut();
        if let Some(found) = closed.get(name) {
            return found.clone();
        }
        let found = closed::find(self.descriptors.set, name).ok().flatten();
        closed.insert(name.clone(), found.clone());
        found
    }

    /// The message whose field 1 repeats this one.
    pub(super) fn grouped(&self) -> Self {
        let description = self.description.as_ref().map(|item| {
            let messages = HashMap::from([(1, item.name.clone())]);
            Rc::new(Description { messages, ..Description::default() })
        });
        Self { descriptors: self.descriptors, description }
    }

    /// The message whose field 1 repeats the values of a field.
    pub(super) fn gathered(&self, number: u32) -> Self {
        let of = |types: &HashMap<u32, String>| {
            types.get(&number).map(|name| (1, name.clone())).into_iter().collect()
        };
        let description = self.description.as_ref().map(|it| {
            let (messages, enums) = (of(&it.messages), of(&it.enums));
            Rc::new(Description { messages, enums, ..Description::default() })
        });
        Self { descriptors: self.descriptors, description }
    }

    /// Whether the message is an entry of a map: of several with one key the last one holds, and its value is always there.
    pub(super) fn is_entry(&self) -> bool {
        self.description.as_ref().is_some_and(|it| it.is_entry)
    }

    /// The type of an entry's key.
    pub(super) fn entry_key(&self) -> Option<Scalar> {
        self.description.as_ref().filter(|it| it.is_entry).map(|it| it.key)
    }

    /// The tags of the members of each oneof; `None` where nothing is known of the message.
    pub(super) fn oneofs(&self) -> Option<&[Vec<u32>]> {
        self.description.as_ref().map(|it| &*it.oneofs)
    }

    /// The position of the oneof that a field is a member of.
    pub(super) fn oneof_of(&self, number: u32) -> Option<usize> {
        let has = |oneof: &Vec<u32>| oneof.iter().any(|tag| tag >> 3 == number);
        self.oneofs()?.iter().position(has)
    }
}

/// The message of this full name, in all files.
fn find(set: &[u8], name: &str) -> Result<Option<Description>, Malformed> {
    const FILE: u32 = 1;
    let mut files = Fields::of(set);
    while let Some(file) = files.next()? {
        let (FILE, Payload::Bytes(file)) = (file.number(), file.payload) else { continue };
        if let Some(rest) = inside_package(package(file)?, name)
            && let Some(message) = message_in(file, 4, rest)?
        {
            return describe(message, name).map(Some);
        }
    }
    Ok(None)
}

fn package(file: &[u8]) -> Result<&[u8], Malformed> {
    const PACKAGE: u32 = 2;
    let mut fields = Fields::of(file);
    while let Some(field) = fields.next()? {
        if let (PACKAGE, Payload::Bytes(package)) = (field.number(), field.payload) {
            return Ok(package);
        }
    }
    Ok(b"")
}

fn inside_package<'n>(package: &[u8], name: &'n str) -> Option<&'n str> {
    if package.is_empty() {
        return Some(name);
    }
    let rest = name.as_bytes().strip_prefix(package)?.strip_prefix(b".")?;
    name.get(name.len() - rest.len()..)
}

/// The message at the end of a path of names, among those in field `number`.
fn message_in<'m>(outer: &'m [u8], number: u32, path: &str) -> Result<Option<&'m [u8]>, Malformed> {
    const NAME: u32 = 1;
    const NESTED: u32 = 3;
    let (first, rest) =
        path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let mut fields = Fields::of(outer);
    while let Some(field) = fields.next()? {
        let Payload::Bytes(message) = field.payload else { continue };
        if field.number() != number || text(message, NAME)? != first.as_bytes() {
            continue;
        }
        return match rest {
            None => Ok(Some(message)),
            Some(rest) => message_in(message, NESTED, rest),
        };
    }
    Ok(None)
}

/// The first value of a text's field.
fn text(message: &[u8], number: u32) -> Result<&[u8], Malformed> {
    let mut fields = Fields::of(message);
    while let Some(field) = fields.next()? {
        if let Payload::Bytes(text) = field.payload
            && field.number() == number
        {
            return Ok(text);
        }
    }
    Ok(b"")
}

fn describe(message: &[u8], name: &str) -> Result<Description, Malformed> {
    const FIELD: u32 = 2;
    const OPTIONS: u32 = 7;
    let mut description = Description { name: name.to_owned(), ..Description::default() };
    let mut fields = Fields::of(message);
    while let Some(field) = fields.next()? {
        match (field.number(), field.payload) {
            (FIELD, Payload::Bytes(bytes)) => add(&mut description, bytes)?,
            (OPTIONS, Payload::Bytes(options)) => description.is_entry = is_entry(options)?,
            _ => {}
        }
    }
    // `optional` makes a oneof of one.
    for oneof in &mut description.oneofs {
        if oneof.len() == 1 {
            oneof.clear();
        }
    }
    Ok(description)
}

fn is_entry(options: &[u8]) -> Result<bool, Malformed> {
    const MAP_ENTRY: u32 = 7;
    let mut is_entry = false;
    let mut fields = Fields::of(options);
    while let Some(field) = fields.next()? {
        if let (MAP_ENTRY, Payload::Number(raw)) = (field.number(), field.payload) {
            is_entry = raw != 0;
        }
    }
    Ok(is_entry)
}

/// Reads one FieldDescriptorProto.
fn add(description: &mut Description, bytes: &[u8]) -> Result<(), Malformed> {
    let (mut number, mut scalar, mut type_name, mut oneof) = (0, 0, None, None);
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        match (field.number(), field.payload) {
            (3, Payload::Number(raw)) => number = raw as u32,
            (5, Payload::Number(raw)) => scalar = raw as i32,
            (6, Payload::Bytes(name)) => type_name = std::str::from_utf8(name).ok(),
            (9, Payload::Number(raw)) => oneof = Some(raw as usize),
            _ => {}
        }
    }
    let scalar = Scalar::try_from(scalar).unwrap_or_default();
    let types = match scalar {
        Scalar::Message => Some(&mut description.messages),
        Scalar::Enum => Some(&mut description.enums),
        _ => None,
    };
    if let (Some(types), Some(name)) = (types, type_name) {
        // Names in descriptors begin with a dot: they are full ones.
        types.insert(number, name.trim_start_matches('.').to_owned());
    }
    if number == 1 {
        description.key = scalar;
    }
    // A oneof has a position among at most as many as there are fields.
    if let Some(oneof) = oneof.filter(|oneof| *oneof < 1 << 16) {
        let oneofs = &mut description.oneofs;
        if oneofs.len() <= oneof {
            oneofs.resize_with(oneof + 1, Vec::new);
        }
        let wire_type = if scalar == Scalar::Group { START_GROUP } else { wire_type(scalar) };
        oneofs[oneof].push(tag_of(number, wire_type));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTO: &str = r#"
        syntax = "proto3";
        package a.b;
        message Outer {
          message Inner { oneof kind { string text = 1; sint32 number = 2; Outer outer = 3; } }
          Inner inner = 1;
          optional int32 alone = 2;
          map<string, Inner> entries = 3;
        }
    "#;

    fn set() -> Vec<u8> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("a.proto"), PROTO).unwrap();
        let mut compiler = protox::Compiler::new([directory.path()]).unwrap();
        compiler.open_file("a.proto").unwrap().encode_file_descriptor_set()
    }

    #[test]
    fn oneofs_and_entries_are_found_through_fields() {
        let set = set();
        let descriptors = Descriptors::of(&set);
        let outer = descriptors.message("a.b.Outer");
        assert!(outer.oneofs().unwrap().iter().all(Vec::is_empty), "`optional` is no oneof");
        let inner = outer.inside(1);
        assert_eq!(inner.oneofs().unwrap(), [vec![10, 16, 26]]);
        assert_eq!([inner.oneof_of(2), inner.oneof_of(4)], [Some(0), None]);
        assert_eq!(descriptors.message("a.b.Outer.Inner").oneofs(), inner.oneofs());
        assert!(inner.inside(3).oneofs().is_some(), "a message may contain itself");
        let entry = outer.inside(3);
        assert!(entry.is_entry() && !inner.is_entry());
        assert_eq!((entry.entry_key(), inner.entry_key()), (Some(Scalar::String), None));
        assert_eq!(entry.inside(2).oneofs(), inner.oneofs());
        assert_eq!(inner.grouped().inside(1).oneofs(), inner.oneofs());
    }

    #[test]
    fn of_what_is_not_there_nothing_is_known() {
        let set = set();
        let descriptors = Descriptors::of(&set);
        for name in ["", "a", "a.b", "a.b.Oute", "a.b.Outer.", "b.Outer", "a.b.Outer.Inner.kind"] {
            assert!(descriptors.message(name).oneofs().is_none(), "{name}");
        }
        assert!(descriptors.message("a.b.Outer").inside(2).oneofs().is_none());
        assert!(Descriptors::of(b"\xff").message("a").oneofs().is_none());
    }
}
