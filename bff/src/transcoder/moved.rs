//! What the RPC of a `@fallback` answers, made an entity of the step that it stands in for: the same value may stand at
//! another place of another message.

use bytes::Bytes;

use super::{
    descriptor::Known,
    wire::{Fields, Malformed, Payload, inside, put_fixed, put_len, put_tag},
};
use crate::{
    contract::{Contract, Join, source, wire},
    error::{Code, Error, Result},
    plan::{Plan, Source, StepId, Value, Wire},
};

/// How an answer becomes an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entities {
    /// It is one.
    Same,
    /// Its value goes to where the step's sites look for it.
    Moved { from: Place, to: Place },
    /// Its value is another message than the step's: nothing here can read it.
    Foreign,
}

/// Where a value stands in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    path: Box<[u32]>,
    /// 0: the message at the end of the path.
    number: u32,
}

impl Entities {
    /// What a fallback's answers are to a step, whose entities are `known`.
    pub(super) fn of(
        fallback: &Join,
        plan: &Plan,
        step: StepId,
        known: &Known<'_>,
        contract: &Contract,
    ) -> Self {
        let then = fallback.then.as_ref().and_then(|then| then.kind.as_ref());
        let (Some(source::Kind::Wire(other)), [Source::Wire(own), rest @ ..]) =
            (then, &*read_by(plan, step))
        else {
            return Self::Same;
        };
        let place = |path: &[u32], number| Place { path: path.into(), number };
        let same_place = |then: &Source| match then {
            Source::Wire(wire) => wire.path == own.path && wire.number == own.number,
            _ => false,
        };
        let is_same_value = match (&other.value, &own.value) {
            (Some(wire::Value::Leaf(other)), Value::Leaf(own)) => other == own,
            (Some(wire::Value::Binding(index)), Value::Object(_) | Value::Abstract(_)) => {
                let other = contract.bindings.get(*index as usize).map(|it| &*it.message);
                let own = message_of(known, own);
                own.name().is_none_or(|own| other == Some(own))
            }
            _ => false,
        };
        let from = place(&other.path, other.number);
        let to = place(&own.path, own.number);
        if !is_same_value {
            Self::Foreign
        } else if from == to {
            Self::Same
        } else if rest.iter().all(same_place) {
            Self::Moved { from, to }
        } else {
            Self::Foreign
        }
    }

    /// An answer as an entity; `None` where the value is absent there and the entity would itself be the value.
    pub(super) fn entity(&self, answer: Bytes) -> Result<Option<Bytes>> {
        match self {
            Self::Same => Ok(Some(answer)),
            Self::Moved { from, to } => moved(&answer, from, to)
                .map_err(|_| Error::new(Code::DataLoss, "the reply could not be read")),
            Self::Foreign => {
                let message = "the fallback answers with another message than its field";
                Err(Error::new(Code::FailedPrecondition, message))
            }
        }
    }
}

/// What the sites of a step read from its entities.
fn read_by(plan: &Plan, step: StepId) -> Vec<Source> {
    let mut found = Vec::new();
    for mut source in plan.sources() {
        while let Source::Join { site, then } = source {
            if plan.site(*site).step == step {
                found.push(Source::clone(then));
            }
            source = then;
        }
    }
    found
}

/// The message that a value is.
fn message_of<'d>(known: &Known<'d>, wire: &Wire) -> Known<'d> {
    let message = wire.path.iter().fold(known.clone(), |known, number| known.inside(*number));
    if wire.number == 0 { message } else { message.inside(wire.number) }
}

fn moved(answer: &[u8], from: &Place, to: &Place) -> Result<Option<Bytes>, Malformed> {
    // What is absent there is absent here.
    let absent = || (!to.path.is_empty() || to.number != 0).then(Bytes::new);
    let mut message = Some(answer.to_vec());
    for number in &from.path {
        message = match message {
            Some(outer) => inside(&outer, *number)?,
            None => None,
        };
    }
    let Some(message) = message else { return Ok(absent()) };
    let mut value = Vec::new();
    match (from.number, to.number) {
        (0, 0) => value = message,
        (0, to) => put_len(&mut value, to, &message),
        (from, 0) => match inside(&message, from)? {
            Some(inner) => value = inner,
            None => return Ok(absent()),
        },
        (from, to) => renumber(&message, from, to, &mut value)?,
    }
    for number in to.path.iter().rev() {
        let inner = std::mem::take(&mut value);
        put_len(&mut value, *number, &inner);
    }
    Ok(Some(value.into()))
}

/// All values of one field, as those of another one.
fn renumber(message: &[u8], from: u32, to: u32, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut fields = Fields::of(message);
    while let Some(field) = fields.next()? {
        if field.number() != from {
            continue;
        }
        match field.payload {
            Payload::Bytes(bytes) => put_len(out, to, bytes),
            Payload::Number(raw) => {
                put_tag(out, to, field.tag & 7);
                put_fixed(out, field.tag & 7, raw);
            }
            Payload::Group(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: (&[u32], u32), to: (&[u32], u32), answer: &[u8], entity: Option<&[u8]>) {
        let place = |(path, number): (&[u32], u32)| Place { path: path.into(), number };
        let entities = Entities::Moved { from: place(from), to: place(to) };
        let moved = entities.entity(Bytes::copy_from_slice(answer)).unwrap();
        assert_eq!(moved.as_deref(), entity);
    }

    #[test]
    fn a_message_moves_into_and_out_of_others() {
        check((&[], 1), (&[], 0), &[0x0a, 2, 8, 5], Some(&[8, 5]));
        check((&[], 0), (&[3], 1), &[8, 5], Some(&[0x1a, 4, 0x0a, 2, 8, 5]));
        check((&[2], 0), (&[], 1), &[0x12, 1, 8, 0x12, 1, 5], Some(&[0x0a, 2, 8, 5]));
        check((&[2], 0), (&[], 1), &[0x0a, 0], Some(&[]));
        check((&[4], 0), (&[3], 0), &[0x0a, 0], Some(&[]));
        check((&[], 4), (&[3], 0), &[0x0a, 0], Some(&[]));
    }

    #[test]
    fn what_is_absent_and_would_be_all_of_the_entity_is_none() {
        check((&[], 4), (&[], 0), &[0x0a, 0], None);
        check((&[2], 0), (&[], 0), &[0x0a, 0], None);
    }

    #[test]
    fn all_values_of_a_list_move_and_keep_their_order() {
        check(
            (&[], 1),
            (&[], 2),
            &[8, 5, 0x18, 1, 8, 6, 0x0a, 1, 7],
            Some(&[16, 5, 16, 6, 0x12, 1, 7]),
        );
        check((&[], 1), (&[9], 16), &[0x0d, 1, 2, 3, 4], Some(&[0x4a, 6, 0x85, 1, 1, 2, 3, 4]));
    }

    #[test]
    fn garbage_is_data_loss_and_another_message_is_refused() {
        let place = Place { path: [1].into(), number: 0 };
        let entities = Entities::Moved { from: place.clone(), to: place };
        let code = |entities: Entities| {
            entities.entity(Bytes::from_static(&[0x0a, 9])).unwrap_err().code()
        };
        assert_eq!(code(entities), Code::DataLoss);
        assert_eq!(code(Entities::Foreign), Code::FailedPrecondition);
    }
}
