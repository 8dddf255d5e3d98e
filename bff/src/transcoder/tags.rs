//! Tags: the names under which cached items are found when a mutation makes them old.

use super::{
    Program,
    descriptor::Descriptors,
    finder::{Part, payload},
    json::{signed, unsigned},
    keyform::kind_of,
    scalar::{is_signed, value, wire_type},
    table::{TableBuilder, TableId, Tables},
    wire::{LEN, Payload},
};
use crate::{
    contract::{Match, Policy, Template, piece},
    error::{Code, Error, Result},
    operation::{Value, Variables},
    plan::StepId,
};

/// The tags that one step's messages give.
#[derive(Debug, Default)]
pub(super) struct TagPrograms {
    cached: Option<TagProgram>,
    forgotten: Option<TagProgram>,
}

/// Texts with holes, and the table that fills them.
#[derive(Debug)]
struct TagProgram {
    tables: Tables,
    table: TableId,
    slots: usize,
    texts: Box<[Box<[Piece]>]>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Field(Part),
    /// The value of an argument, and the names of input fields that lead into it.
    Argument(Value, Box<[String]>),
}

impl TagPrograms {
    pub(super) fn of(policy: Option<&Policy>, arguments: &[(String, Value)]) -> Result<Self> {
        let Some(policy) = policy else { return Ok(Self::default()) };
        let tags = policy.cache.as_ref().map_or(&[][..], |cache| &cache.tags);
        Ok(Self {
            cached: TagProgram::of(tags, arguments)?,
            forgotten: TagProgram::of(&policy.invalidates, arguments)?,
        })
    }
}

impl TagProgram {
    fn of(templates: &[Template], arguments: &[(String, Value)]) -> Result<Option<Self>> {
        if templates.is_empty() {
            return Ok(None);
        }
        let descriptors = Descriptors::of(b"");
        let mut builder = TableBuilder::new(descriptors.nothing());
        let mut texts = Vec::with_capacity(templates.len());
        for template in templates {
            let mut pieces = Vec::new();
            for piece in &template.pieces {
                pieces.extend(match &piece.kind {
                    Some(piece::Kind::Text(text)) => Some(Piece::Text(text.clone())),
                    Some(piece::Kind::Path(path)) => Some(Piece::Field(field(&mut builder, path)?)),
                    Some(piece::Kind::Argument(path)) => Some(argument(path, arguments)),
                    None => None,
                });
            }
            texts.push(pieces.into());
        }
        let slots = builder.slots();
        let mut tables = Tables::default();
        let table = builder.finish(&mut tables);
        Ok(Some(Self { tables, table, slots, texts: texts.into() }))
    }

    /// The tags of a message. One with a hole that has no value, or an empty one, is none.
    fn of_message(&self, message: &[u8], variables: &Variables) -> Vec<Box<str>> {
        let mut slots = smallvec::SmallVec::<[u64; 16]>::from_elem(0, self.slots);
        let Ok(whole) = self.tables.read(self.table, message, &mut slots) else {
            return Vec::new();
        };
        let text = |pieces: &[Piece]| {
            let mut text = Vec::new();
            for piece in pieces {
                let start = text.len();
                match piece {
                    Piece::Text(constant) => {
                        text.extend_from_slice(constant.as_bytes());
                        continue;
                    }
                    Piece::Field(part) => write_field(&mut text, part, &slots, &whole)?,
                    Piece::Argument(value, names) => {
                        write_argument(&mut text, value, names, variables)?;
                    }
                }
                if text.len() == start {
                    return None;
                }
            }
            Some(String::from_utf8(text).ok()?.into_boxed_str())
        };
        self.texts.iter().filter_map(|pieces| text(pieces)).collect()
    }
}

fn field(builder: &mut TableBuilder<'_>, path: &Match) -> Result<Part> {
    let scalar = path.scalar();
    let Some((number, path)) = path.path.split_last() else {
        return Err(Error::new(Code::FailedPrecondition, "the contract has a tag of no field"));
    };
    kind_of(scalar)?;
    let (node, guard) = builder.descend(path)?;
    let slot = match wire_type(scalar) {
        LEN => builder.bytes(node, *number)?,
        _ => builder.number(node, *number, scalar, false)?,
    };
    let short = |slot: usize| u32::try_from(slot).expect("a tag has few fields");
    let (slot, guard) = (short(slot), short(guard));
    Ok(Part { slot, guard, number: *number, scalar, presence: false })
}

fn argument(path: &str, arguments: &[(String, Value)]) -> Piece {
    let mut names = path.split('.').map(str::to_owned);
    let first = names.next().unwrap_or_default();
    let value = arguments.iter().find(|(name, _)| *name == first);
    Piece::Argument(value.map_or(Value::Null, |(_, value)| value.clone()), names.collect())
}

fn write_field(out: &mut Vec<u8>, part: &Part, slots: &[u64], bytes: &[u8]) -> Option<()> {
    match payload(part, slots, bytes).ok()?? {
        Payload::Number(raw) => {
            let number = value(part.scalar, raw);
            if is_signed(part.scalar) { signed(out, number as i64) } else { unsigned(out, number) }
        }
        Payload::Bytes(text) => out.extend_from_slice(text),
        Payload::Group(_) => return None,
    }
    Some(())
}

fn write_argument(
    out: &mut Vec<u8>,
    value: &Value,
    names: &[String],
    variables: &Variables,
) -> Option<()> {
    let mut value = value.resolve(variables)?;
    for name in names {
        let Value::Object(fields) = value else { return None };
        let (_, inner) = fields.iter().find(|(field, _)| **field == **name)?;
        value = inner.resolve(variables)?;
    }
    match value {
        Value::Int(number) => signed(out, *number),
        Value::Unsigned(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Boolean(boolean) => out.extend_from_slice(boolean.to_string().as_bytes()),
        Value::Float(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::String(text) | Value::Enum(text) => out.extend_from_slice(text.as_bytes()),
        _ => return None,
    }
    Some(())
}

impl Program {
    /// The names under which a cached item is forgotten: `Cache.tags`. A tag with a hole that has no value is left out.
    #[must_use]
    pub fn tags(&self, step: StepId, item: &[u8], variables: &Variables) -> Vec<Box<str>> {
        let program = self.tags[step.0].cached.as_ref();
        program.map_or_else(Vec::new, |program| program.of_message(item, variables))
    }

    /// The names that a successful response forgets: `Policy.invalidates`.
    #[must_use]
    pub fn invalidates(
        &self,
        step: StepId,
        response: &[u8],
        variables: &Variables,
    ) -> Vec<Box<str>> {
        let program = self.tags[step.0].forgotten.as_ref();
        program.map_or_else(Vec::new, |program| program.of_message(response, variables))
    }
}
