//! A `google.protobuf.Any` as ProtoJSON shows it: <https://protobuf.dev/programming-guides/json/>.
//!
//! A type that the contract knows is shown with its fields, `{"@type": …, "bookId": "b1"}`, and what has a form of its own
//! beside its type, `{"@type": …, "value": "1.500s"}`; any other undecoded. Fields without presence are left out where they
//! are zero, as ProtoJSON does by default, and those that the contract does not know are passed over.

use std::borrow::Cow;

use super::{
    emit::{Meter, Spent},
    json::{self, Fault},
    leaf::{BytesLeaf, Integer, NumberLeaf, seconds_and_nanos, write_bytes, write_number},
    map::{EntryTags, MapKey, MapValue, append, entry, overridden},
    raw::Room,
    scalar::{value, wire_type},
    wire::{DEPTH, FIXED32, FIXED64, Fields, LEN, Malformed, Payload, START_GROUP, tag_of, varint},
};
use crate::contract::{Cardinality, FieldType, Form, Format, MessageType, Scalar, Types};

/// Why an Any is not written. What was appended by then is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unwritten {
    /// It cannot be shown.
    Fault(Fault),
    /// Of the budget nothing is left.
    Spent(Spent),
}

impl<F: Into<Fault>> From<F> for Unwritten {
    fn from(fault: F) -> Self {
        Self::Fault(fault.into())
    }
}

type Result<T = ()> = std::result::Result<T, Unwritten>;

/// Appends an encoded Any.
pub(super) fn any(out: &mut Vec<u8>, bytes: &[u8], types: &Types, meter: &mut Meter) -> Result {
    meter.charge(bytes.len());
    Writer { out, types, meter }.any(bytes, DEPTH)
}

struct Writer<'w> {
    out: &'w mut Vec<u8>,
    types: &'w Types,
    meter: &'w mut Meter,
}

/// What a message has for one of its fields, in the order of the wire.
type Held<'b> = (usize, Payload<'b>);

impl Writer<'_> {
    /// Messages inside nest at most `depth` deep.
    fn any(&mut self, bytes: &[u8], depth: u32) -> Result {
        let (mut url, mut content) = (&b""[..], &b""[..]);
        let mut fields = Fields::of(bytes);
        while let Some(field) = fields.next()? {
            match (field.number(), field.payload) {
                (1, Payload::Bytes(bytes)) => url = bytes,
                (2, Payload::Bytes(bytes)) => content = bytes,
                _ => {}
            }
        }
        let text = simdutf8::basic::from_utf8(url).map_err(|_| Fault::NotUtf8)?;
        let Some(message) = self.types.at_url(text) else {
            return Ok(json::any(self.out, url, content)?);
        };
        self.out.extend_from_slice(b"{\"@type\":");
        json::string(self.out, url)?;
        let depth = depth.checked_sub(1).ok_or(Fault::TooDeep)?;
        let written = match message.form {
            Form::Fields => self.fields(message, content, false, depth),
            Form::Wrapper | Form::WellKnown(_) => {
                self.out.extend_from_slice(b",\"value\":");
                self.message(message, content, depth)
            }
        };
        // The service knows what it sends, and may know less of what it hands on.
        written.map_err(|why| match why {
            Unwritten::Fault(Fault::Malformed) => Unwritten::Fault(Fault::NotItsType),
            why => why,
        })?;
        self.out.push(b'}');
        Ok(())
    }

    /// A message as the value of a field.
    fn message(&mut self, message: &MessageType, bytes: &[u8], depth: u32) -> Result {
        self.within_budget()?;
        let depth = depth.checked_sub(1).ok_or(Fault::TooDeep)?;
        match message.form {
            Form::Fields | Form::WellKnown(Format::Empty) => {
                self.out.push(b'{');
                self.fields(message, bytes, true, depth)?;
                self.out.push(b'}');
            }
            Form::Wrapper => {
                let held = held(self.types, message, bytes)?;
                let field = message.fields.first().ok_or(Fault::Malformed)?;
                let zero = if wire_type(field.scalar) == LEN {
                    Payload::Bytes(b"")
                } else {
                    Payload::Number(0)
                };
                self.scalar(field, held.last().map_or(zero, |(_, payload)| *payload))?;
            }
            Form::WellKnown(Format::Any) => self.any(bytes, depth)?,
            Form::WellKnown(Format::Struct) => json::structure(self.out, bytes, depth)?,
            Form::WellKnown(Format::ListValue) => json::list_value(self.out, bytes, depth)?,
            Form::WellKnown(Format::Value) => json::value(self.out, bytes, depth)?,
            Form::WellKnown(Format::Timestamp) => {
                write_bytes(self.out, BytesLeaf::Timestamp, bytes, &[])?;
            }
            Form::WellKnown(Format::Duration) => {
                let (seconds, nanos) = seconds_and_nanos(bytes)?;
                json::canonical_duration(self.out, seconds, nanos)?;
            }
            Form::WellKnown(_) => write_bytes(self.out, BytesLeaf::FieldMask, bytes, &[])?,
        }
        Ok(())
    }

    /// The members of an object, behind what stands in it already.
    fn fields(
        &mut self,
        message: &MessageType,
        bytes: &[u8],
        mut is_first: bool,
        depth: u32,
    ) -> Result {
        let held = held(self.types, message, bytes)?;
        for values in held.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((at, last)) = values.last() else { continue };
            let field = &message.fields[*at];
            if field.cardinality == Cardinality::Implicit && is_zero(field.scalar, *last) {
                continue;
            }
            let start = self.out.len();
            self.within_budget()?;
            if !is_first {
                self.out.push(b',');
            }
            json::string(self.out, field.json_name.as_bytes())?;
            self.out.push(b':');
            let is_there = match field.cardinality {
                Cardinality::Map => self.map(field, values, depth)?,
                Cardinality::Repeated => self.list(field, values, depth)?,
                _ => self.singular(field, values, *last, depth)?,
            };
            if is_there {
                is_first = false;
            } else {
                self.out.truncate(start);
            }
        }
        Ok(())
    }

    fn singular(
        &mut self,
        field: &FieldType,
        values: &[Held<'_>],
        last: Payload<'_>,
        depth: u32,
    ) -> Result<bool> {
        if !matches!(field.scalar, Scalar::Message | Scalar::Group) {
            self.scalar(field, last)?;
            return Ok(true);
        }
        let parts = values.iter().filter_map(|(_, payload)| content(*payload));
        let whole = parts.fold(Cow::default(), append);
        self.message(self.types.message_of(field), &whole, depth)?;
        Ok(true)
    }

    /// A list, if it has items.
    fn list(&mut self, field: &FieldType, values: &[Held<'_>], depth: u32) -> Result<bool> {
        let is_number = !matches!(field.scalar, Scalar::Message | Scalar::Group)
            && wire_type(field.scalar) != LEN;
        let mut separator = b'[';
        for (_, payload) in values {
            match payload {
                Payload::Bytes(packed) if is_number => {
                    let mut at = 0;
                    while at < packed.len() {
                        let raw = raw_number(packed, &mut at, wire_type(field.scalar))?;
                        if takes(self.types, field, Payload::Number(raw)) {
                            self.item(&mut separator)?;
                            self.scalar(field, Payload::Number(raw))?;
                        }
                    }
                }
                Payload::Number(_) => {
                    self.item(&mut separator)?;
                    self.scalar(field, *payload)?;
                }
                Payload::Bytes(bytes) | Payload::Group(bytes) => {
                    self.item(&mut separator)?;
                    match field.scalar {
                        Scalar::Message | Scalar::Group => {
                            self.message(self.types.message_of(field), bytes, depth)?;
                        }
                        _ => self.scalar(field, *payload)?,
                    }
                }
            }
        }
        self.out.push(b']');
        Ok(separator == b',')
    }

    fn item(&mut self, separator: &mut u8) -> Result {
        self.within_budget()?;
        self.out.push(std::mem::replace(separator, b','));
        Ok(())
    }

    fn map(&mut self, field: &FieldType, values: &[Held<'_>], depth: u32) -> Result<bool> {
        let [key, value] = &self.types.message_of(field).fields[..] else {
            return Err(Fault::Malformed.into());
        };
        let is_message = value.scalar == Scalar::Message;
        let value_tag = tag_of(2, wire_type(value.scalar));
        let tags = EntryTags { key: key.scalar, value: value_tag, merge: is_message };
        let entries = values.iter().filter_map(|(_, payload)| content(*payload));
        let entries = entries.map(|bytes| entry(bytes, tags));
        let mut entries = entries.collect::<std::result::Result<Vec<_>, _>>()?;
        entries.retain(|(_, held)| match held {
            MapValue::Number(raw) => takes(self.types, value, Payload::Number(*raw)),
            _ => true,
        });
        let (keys, held): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let dead = overridden(&keys);
        let mut separator = b'{';
        for (at, (name, held)) in keys.iter().zip(&held).enumerate() {
            if dead.as_ref().is_some_and(|dead| dead[at]) {
                continue;
            }
            self.item(&mut separator)?;
            match name {
                MapKey::Text(text) => json::string(self.out, text)?,
                MapKey::Number(raw) if key.scalar == Scalar::Bool => {
                    self.out.extend_from_slice(if *raw == 0 { b"\"false\"" } else { b"\"true\"" });
                }
                MapKey::Number(raw) => self.decimal(key.scalar, *raw)?,
            }
            self.out.push(b':');
            match held {
                MapValue::Number(raw) => self.scalar(value, Payload::Number(*raw))?,
                MapValue::Bytes(bytes) if is_message => {
                    self.message(self.types.message_of(value), bytes, depth)?;
                }
                MapValue::Absent if is_message => {
                    self.message(self.types.message_of(value), b"", depth)?;
                }
                MapValue::Bytes(bytes) => self.scalar(value, Payload::Bytes(bytes))?,
                MapValue::Absent if wire_type(value.scalar) == LEN => {
                    self.scalar(value, Payload::Bytes(b""))?;
                }
                MapValue::Absent => self.scalar(value, Payload::Number(0))?,
            }
        }
        self.out.push(b'}');
        Ok(separator == b',')
    }

    /// A number, a text, bytes, or a value of an enum.
    fn scalar(&mut self, field: &FieldType, payload: Payload<'_>) -> Result {
        match (field.scalar, payload) {
            (Scalar::String, Payload::Bytes(text)) => json::string(self.out, text)?,
            (_, Payload::Bytes(bytes)) => json::base64(self.out, bytes),
            (Scalar::Enum, Payload::Number(raw)) => {
                let values = self.types.enum_of(field);
                match values.name_of(raw as i32) {
                    _ if values.is_null() => self.out.extend_from_slice(b"null"),
                    Some(name) => json::string(self.out, name.as_bytes())?,
                    None => json::signed(self.out, i64::from(raw as i32)),
                }
            }
            (Scalar::Bool, Payload::Number(raw)) => {
                self.out.extend_from_slice(if raw == 0 { b"false" } else { b"true" });
            }
            (Scalar::Double, Payload::Number(raw)) => match special(f64::from_bits(raw)) {
                Some(name) => self.out.extend_from_slice(name),
                None => json::float64(self.out, f64::from_bits(raw))?,
            },
            (Scalar::Float, Payload::Number(raw)) => {
                let number = f32::from_bits(raw as u32);
                match special(number.into()) {
                    Some(name) => self.out.extend_from_slice(name),
                    None => json::float32(self.out, number)?,
                }
            }
            (scalar, Payload::Number(raw)) => match scalar {
                Scalar::Int64
                | Scalar::Uint64
                | Scalar::Sint64
                | Scalar::Fixed64
                | Scalar::Sfixed64 => self.decimal(scalar, raw)?,
                _ => self.integer(scalar, raw, NumberLeaf::Whole)?,
            },
            (_, Payload::Group(_)) => return Err(Fault::Malformed.into()),
        }
        Ok(())
    }

    fn decimal(&mut self, scalar: Scalar, raw: u64) -> Result {
        self.integer(scalar, raw, NumberLeaf::Decimal)
    }

    fn integer(&mut self, scalar: Scalar, raw: u64, leaf: fn(Integer) -> NumberLeaf) -> Result {
        let integer = Integer::of(scalar).ok_or(Fault::Malformed)?;
        Ok(write_number(Room::of(self.out), leaf(integer), raw, &[])?)
    }

    fn within_budget(&mut self) -> Result {
        if self.meter.is_due(self.out.len()) {
            self.meter.look(self.out.len()).map_err(Unwritten::Spent)?;
        }
        Ok(())
    }
}

/// What a message has for the fields that are known, by field. Of a oneof only the member that was set last.
fn held<'b>(types: &Types, message: &MessageType, bytes: &'b [u8]) -> Result<Vec<Held<'b>>> {
    let mut held = Vec::new();
    // The member of each oneof that is set, and where it began to be.
    let mut set: Vec<(usize, usize, usize)> = Vec::new();
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        let Some(at) = message.position(field.number()) else { continue };
        let known = &message.fields[at];
        if !is_of(known, field.tag & 7) || !takes(types, known, field.payload) {
            continue;
        }
        if let Some(oneof) = known.oneof {
            match set.iter_mut().find(|(other, ..)| *other == oneof) {
                Some((_, member, _)) if *member == at => {}
                Some(switched) => *switched = (oneof, at, held.len()),
                None => set.push((oneof, at, held.len())),
            }
        }
        held.push((at, field.payload));
    }
    if !set.is_empty() {
        let mut index = 0..;
        held.retain(|(at, _)| {
            let index = index.next().unwrap_or_default();
            let oneof = message.fields[*at].oneof;
            let set = set.iter().find(|(other, ..)| Some(*other) == oneof);
            set.is_none_or(|(_, member, from)| member == at && index >= *from)
        });
    }
    held.sort_by_key(|(at, _)| *at);
    Ok(held)
}

/// Whether a value is one of the field's: a number that a closed enum does not have is an unknown field.
fn takes(types: &Types, field: &FieldType, payload: Payload<'_>) -> bool {
    match (field.scalar, payload) {
        (Scalar::Enum, Payload::Number(raw)) => types.enum_of(field).takes(raw as i32),
        _ => true,
    }
}

/// Whether a field may come with this wire type.
fn is_of(field: &FieldType, found: u32) -> bool {
    let own = if field.scalar == Scalar::Group { START_GROUP } else { wire_type(field.scalar) };
    let may_be_packed = field.cardinality == Cardinality::Repeated && own != START_GROUP;
    found == own || found == LEN && may_be_packed
}

fn is_zero(scalar: Scalar, payload: Payload<'_>) -> bool {
    match payload {
        Payload::Number(raw) => value(scalar, raw) == 0,
        Payload::Bytes(bytes) => bytes.is_empty(),
        Payload::Group(_) => false,
    }
}

fn content(payload: Payload<'_>) -> Option<&[u8]> {
    match payload {
        Payload::Bytes(bytes) | Payload::Group(bytes) => Some(bytes),
        Payload::Number(_) => None,
    }
}

/// The number at `at`, which is moved behind it.
fn raw_number(bytes: &[u8], at: &mut usize, wire_type: u32) -> std::result::Result<u64, Malformed> {
    let rest = &bytes[*at..];
    match wire_type {
        FIXED32 => {
            *at += 4;
            rest.first_chunk().map(|it| u64::from(u32::from_le_bytes(*it))).ok_or(Malformed)
        }
        FIXED64 => {
            *at += 8;
            rest.first_chunk().map(|it| u64::from_le_bytes(*it)).ok_or(Malformed)
        }
        _ => varint(bytes, at),
    }
}

/// What JSON has no number for.
fn special(number: f64) -> Option<&'static [u8]> {
    match number {
        _ if number.is_nan() => Some(b"\"NaN\""),
        f64::INFINITY => Some(b"\"Infinity\""),
        f64::NEG_INFINITY => Some(b"\"-Infinity\""),
        _ => None,
    }
}
