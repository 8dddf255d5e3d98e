//! Protobuf bytes for tests, written and read in the plainest way.

/// The fields of a message, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Message(pub(super) Vec<(u32, Value)>);

/// The value of one field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(Vec<u8>),
}

impl Message {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn text(self, number: u32, text: &str) -> Self {
        self.with(number, Value::Bytes(text.into()))
    }

    pub(super) fn int(self, number: u32, value: i64) -> Self {
        self.with(number, Value::Varint(value.cast_unsigned()))
    }

    pub(super) fn message(self, number: u32, inner: &Self) -> Self {
        self.with(number, Value::Bytes(inner.encode()))
    }

    pub(super) fn with(mut self, number: u32, value: Value) -> Self {
        self.0.push((number, value));
        self
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, value) in &self.0 {
            let tag = u64::from(*number) << 3;
            match value {
                Value::Varint(value) => {
                    varint(&mut out, tag);
                    varint(&mut out, *value);
                }
                Value::Fixed64(value) => {
                    varint(&mut out, tag | 1);
                    out.extend(value.to_le_bytes());
                }
                Value::Fixed32(value) => {
                    varint(&mut out, tag | 5);
                    out.extend(value.to_le_bytes());
                }
                Value::Bytes(bytes) => {
                    varint(&mut out, tag | 2);
                    varint(&mut out, bytes.len() as u64);
                    out.extend(bytes);
                }
            }
        }
        out
    }

    /// `None` where the bytes are not a message.
    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut message = Self::new();
        while !bytes.is_empty() {
            let tag = read_varint(&mut bytes)?;
            let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0)?;
            let value = match tag & 7 {
                0 => Value::Varint(read_varint(&mut bytes)?),
                1 => Value::Fixed64(u64::from_le_bytes(take(&mut bytes, 8)?.try_into().ok()?)),
                2 => {
                    let length = usize::try_from(read_varint(&mut bytes)?).ok()?;
                    Value::Bytes(take(&mut bytes, length)?.to_vec())
                }
                5 => Value::Fixed32(u32::from_le_bytes(take(&mut bytes, 4)?.try_into().ok()?)),
                _ => return None,
            };
            message.0.push((number, value));
        }
        Some(message)
    }

    /// All values of a field.
    pub(super) fn all(&self, number: u32) -> impl DoubleEndedIterator<Item = &Value> {
        self.0.iter().filter(move |(field, _)| *field == number).map(|(_, value)| value)
    }

    /// All values of a repeated text field.
    pub(super) fn texts(&self, number: u32) -> Vec<String> {
        self.all(number)
            .map(|value| match value {
                Value::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
                other => panic!("{other:?} is no text"),
            })
            .collect()
    }
}

/// The numbers of a packed field.
pub(super) fn packed(mut bytes: &[u8]) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || read_varint(&mut bytes))
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(length)?;
    *bytes = tail;
    Some(head)
}
