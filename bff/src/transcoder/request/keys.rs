//! Keys in a request.

use bytes::Bytes;

use crate::{
    contract::{Join, Scalar},
    error::{Code, Error, Result},
    transcoder::{
        json::unsigned,
        keyform::{KeyForm, PartKind, kind_of, number},
        scalar::{from_integer, is_signed, raw, to_integer, wire_type},
        wire::{LEN, put_fixed, put_len, put_nested, put_tag},
    },
};

/// Where a request takes keys.
#[derive(Debug)]
pub(super) struct KeyWriter {
    parts: Box<[Target]>,
    batch: Option<BatchField>,
}

/// Where one part of a key goes.
#[derive(Debug)]
struct Target {
    /// In the request, or in a batch in one key message.
    path: Box<[u32]>,
    scalar: Scalar,
}

/// The repeated field of a batch.
#[derive(Debug)]
struct BatchField {
    /// The messages around it.
    path: Box<[u32]>,
    number: u32,
}

impl KeyWriter {
    pub(super) fn of(join: &Join, form: &KeyForm) -> Result<Self> {
        let refuse = |message| Err(Error::new(Code::FailedPrecondition, message));
        if join.key.len() != form.parts.len() {
            return refuse("the fallback of the contract has another key than its field");
        }
        let batch = match &join.batch {
            None => None,
            Some(batch) => match batch.keys.split_last() {
                Some((number, path)) => Some(BatchField { path: path.into(), number: *number }),
                None => return refuse("the contract has a batch without a field for keys"),
            },
        };
        let mut parts = Vec::with_capacity(join.key.len());
        for part in &join.key {
            if part.target.is_empty() && (batch.is_none() || join.key.len() > 1) {
                return refuse("the contract has a key that no field of the request takes");
            }
            let scalar = scalar_of(part);
            kind_of(scalar)?;
            parts.push(Target { path: part.target.as_slice().into(), scalar });
        }
        Ok(Self { parts: parts.into(), batch })
    }

    pub(super) fn append<'k>(
        &self,
        form: &KeyForm,
        constant: &Bytes,
        mut keys: impl Iterator<Item = &'k [u8]>,
    ) -> Bytes {
        if self.parts.is_empty() && self.batch.is_none() {
            return constant.clone();
        }
        let mut out = Vec::with_capacity(constant.len() + 24 * keys.size_hint().0.max(1));
        out.extend_from_slice(constant);
        match &self.batch {
            None => {
                if let Some(key) = keys.next() {
                    self.key(form, key, &mut out);
                }
            }
            // A second part of an enclosing message merges with the constant one.
            Some(batch) => {
                let start = out.len();
                self.list(form, batch.number, keys, &mut out);
                enclose(&mut out, start, &batch.path);
            }
        }
        out.into()
    }

    fn list<'k>(
        &self,
        form: &KeyForm,
        number: u32,
        keys: impl Iterator<Item = &'k [u8]>,
        out: &mut Vec<u8>,
    ) {
        match &*self.parts {
            [Target { path, scalar }] if path.is_empty() => {
                if form.is_one_text() && wire_type(*scalar) == LEN {
                    keys.for_each(|key| put_len(out, number, key));
                } else if wire_type(*scalar) == LEN {
                    keys.for_each(|key| {
                        form.parts(key).for_each(|part| {
                            field(out, number, form.parts[0], *scalar, part);
                        });
                    });
                } else {
                    put_nested(out, number, |out| {
                        keys.for_each(|key| {
                            let part = form.parts(key).next().flatten();
                            if let Some(value) =
                                part.and_then(|part| converted(form.parts[0], *scalar, part))
                            {
                                put_fixed(out, wire_type(*scalar), raw(*scalar, value));
                            }
                        });
                    });
                }
            }
            _ => keys.for_each(|key| put_nested(out, number, |out| self.key(form, key, out))),
        }
    }

    /// The parts of one key, each at its place.
    fn key(&self, form: &KeyForm, key: &[u8], out: &mut Vec<u8>) {
        for ((part, from), target) in form.parts(key).zip(&form.parts).zip(&self.parts) {
            let Some((number, path)) = target.path.split_last() else { continue };
            let start = out.len();
            field(out, *number, *from, target.scalar, part);
            // What cannot be written leaves no message around it.
            if out.len() > start {
                enclose(out, start, path);
            }
        }
    }
}

/// The type of a part in the request.
pub(in crate::transcoder) fn scalar_of(part: &crate::contract::KeyPart) -> Scalar {
    match part.target_scalar() {
        Scalar::Unspecified => part.scalar(),
        scalar => scalar,
    }
}

/// Puts what was written since `start` inside messages.
fn enclose(out: &mut Vec<u8>, start: usize, path: &[u32]) {
    for number in path.iter().rev() {
        let inner = out.split_off(start);
        put_len(out, *number, &inner);
    }
}

/// One part as a field, from the canonical form of type `from`.
fn field(out: &mut Vec<u8>, number: u32, from: Scalar, to: Scalar, part: Option<&[u8]>) {
    let Some(part) = part else { return };
    if wire_type(to) != LEN {
        if let Some(value) = converted(from, to, part) {
            put_tag(out, number, wire_type(to));
            put_fixed(out, wire_type(to), raw(to, value));
        }
        return;
    }
    match self::number(part) {
        Some(value) if is_number(from) => {
            let integer = to_integer(from, value);
            let mut digits = Vec::with_capacity(20);
            if integer < 0 {
                digits.push(b'-');
            }
            unsigned(&mut digits, integer.unsigned_abs() as u64);
            put_len(out, number, &digits);
        }
        _ => put_len(out, number, part),
    }
}

/// A number of the canonical form as a value of another type.
fn converted(from: Scalar, to: Scalar, part: &[u8]) -> Option<u64> {
    if !is_number(from) {
        return from_integer(to, std::str::from_utf8(part).ok()?.parse().ok()?);
    }
    let value = number(part)?;
    if matches!(to, Scalar::Double | Scalar::Float)
        || from == to
        || is_signed(from) == is_signed(to)
    {
        return Some(value);
    }
    from_integer(to, to_integer(from, value))
}

fn is_number(scalar: Scalar) -> bool {
    kind_of(scalar).is_ok_and(|kind| kind == PartKind::Number)
}
