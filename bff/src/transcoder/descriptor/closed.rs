//! Enums that take no number but their own: those of proto2, and of an edition where it says so.

use super::{inside_package, message_in, package, text};
use crate::transcoder::wire::{Fields, Malformed, Payload};

/// The numbers of a closed enum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::transcoder) struct ClosedEnum {
    /// Those below 64, as bits.
    low: u64,
    /// The others, sorted.
    others: Box<[i32]>,
}

impl ClosedEnum {
    fn of(numbers: &[i32]) -> Self {
        let is_low = |number: &&i32| (0..64).contains(*number);
        let low = numbers.iter().filter(is_low).fold(0, |low, number| low | 1 << number);
        let mut others: Vec<i32> = numbers.iter().filter(|it| !is_low(it)).copied().collect();
        others.sort_unstable();
        Self { low, others: others.into() }
    }

    /// Whether a raw number is one of the enum. Bits above those of an enum are dropped, as every reader of protobuf does.
    #[inline]
    pub(in crate::transcoder) fn has(&self, raw: u64) -> bool {
        let number = raw as i32;
        match number {
            0..64 => self.low >> number & 1 == 1,
            _ => self.others.binary_search(&number).is_ok(),
        }
    }
}

/// The enum of this full name, in all files, if it is closed.
pub(super) fn find(set: &[u8], name: &str) -> Result<Option<ClosedEnum>, Malformed> {
    const FILE: u32 = 1;
    let mut files = Fields::of(set);
    while let Some(file) = files.next()? {
        let (FILE, Payload::Bytes(file)) = (file.number(), file.payload) else { continue };
        if let Some(rest) = inside_package(package(file)?, name)
            && let Some(description) = enum_in(file, rest)?
        {
            let (numbers, enum_type) = read(description)?;
            let is_closed = match enum_type {
                Some(own) => own == CLOSED,
                None => is_closed_by_default(file)?,
            };
            return Ok(is_closed.then(|| ClosedEnum::of(&numbers)));
        }
    }
    Ok(None)
}

/// The enum at the end of a path of names, of which all but the last are messages.
fn enum_in<'f>(file: &'f [u8], path: &str) -> Result<Option<&'f [u8]>, Malformed> {
    const MESSAGES: u32 = 4;
    match path.rsplit_once('.') {
        None => named(file, 5, path),
        Some((messages, name)) => match message_in(file, MESSAGES, messages)? {
            Some(message) => named(message, 4, name),
            None => Ok(None),
        },
    }
}

fn named<'m>(outer: &'m [u8], number: u32, name: &str) -> Result<Option<&'m [u8]>, Malformed> {
    const NAME: u32 = 1;
    let mut fields = Fields::of(outer);
    while let Some(field) = fields.next()? {
        if let Payload::Bytes(inner) = field.payload
            && field.number() == number
            && text(inner, NAME)? == name.as_bytes()
        {
            return Ok(Some(inner));
        }
    }
    Ok(None)
}

/// An enum's numbers, and the type that it says it has.
fn read(description: &[u8]) -> Result<(Vec<i32>, Option<u64>), Malformed> {
    const VALUE: u32 = 2;
    const OPTIONS: u32 = 3;
    let (mut numbers, mut enum_type) = (Vec::new(), None);
    let mut fields = Fields::of(description);
    while let Some(field) = fields.next()? {
        match (field.number(), field.payload) {
            (VALUE, Payload::Bytes(value)) => {
                numbers.push(number(value, 2)?.unwrap_or_default() as i32);
            }
            (OPTIONS, Payload::Bytes(options)) => enum_type = enum_type_of(options, 7)?,
            _ => {}
        }
    }
    Ok((numbers, enum_type))
}

const CLOSED: u64 = 2;

/// Codegen writes a file of an edition as one of proto2 or proto3, and says of each enum what it is.
fn is_closed_by_default(file: &[u8]) -> Result<bool, Malformed> {
    const SYNTAX: u32 = 12;
    Ok(text(file, SYNTAX)? != b"proto3")
}

/// The feature `enum_type`, where the features of these options have this number.
fn enum_type_of(options: &[u8], features: u32) -> Result<Option<u64>, Malformed> {
    const ENUM_TYPE: u32 = 2;
    number(text(options, features)?, ENUM_TYPE)
}

/// The value of a number's field.
fn number(message: &[u8], number: u32) -> Result<Option<u64>, Malformed> {
    let mut found = None;
    let mut fields = Fields::of(message);
    while let Some(field) = fields.next()? {
        if let Payload::Number(raw) = field.payload
            && field.number() == number
        {
            found = Some(raw);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::FileDescriptorProto;

    use super::*;
    use crate::transcoder::wire::put_len;

    fn closed(source: &str, name: &str) -> Option<ClosedEnum> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("a.proto"), source).unwrap();
        let mut compiler = protox::Compiler::new([directory.path()]).unwrap();
        let set = compiler.open_file("a.proto").unwrap().encode_file_descriptor_set();
        find(&set, name).unwrap()
    }

    #[test]
    fn enums_of_proto2_are_closed_and_those_of_proto3_open() {
        let numbers = "enum E { A = -1; B = 0; C = 63; D = 64; F = 2147483647; }";
        let two = format!("syntax = \"proto2\"; package a.b; message M {{ {numbers} }}");
        let closed_enum = closed(&two, "a.b.M.E").unwrap();
        for raw in [u64::MAX, 0xffff_ffff, 0, 63, 64, 0x7fff_ffff, 0x1_0000_0000] {
            assert!(closed_enum.has(raw), "{raw:x}");
        }
        for raw in [1, 62, 65, 0x8000_0000, 0x7fff_fffe] {
            assert!(!closed_enum.has(raw), "{raw:x}");
        }
        assert_eq!(closed(&format!("package a; {numbers}"), "a.E"), Some(closed_enum));
        let three = "syntax = \"proto3\"; package a.b; enum E { A = 0; }";
        assert_eq!(closed(three, "a.b.E"), None);
        assert_eq!(closed(three, "a.b.M.E"), None);
    }

    #[test]
    fn an_enum_of_an_edition_says_it_itself() {
        // As codegen writes them: { features { enum_type } }.
        let closed = |syntax: &str, enum_type: u8| {
            let options = [0x3a, 2, 0x10, enum_type];
            let file = FileDescriptorProto {
                syntax: Some(syntax.to_owned()).filter(|syntax| !syntax.is_empty()),
                ..FileDescriptorProto::default()
            };
            let (mut item, mut file, mut set) = (Vec::new(), file.encode_to_vec(), Vec::new());
            put_len(&mut item, 1, b"E");
            put_len(&mut item, 3, &options);
            put_len(&mut file, 5, &item);
            put_len(&mut set, 1, &file);
            find(&set, "E").unwrap().is_some()
        };
        assert_eq!([closed("", 1), closed("", 2)], [false, true]);
        assert_eq!([closed("proto3", 1), closed("proto3", 2)], [false, true]);
    }
}
