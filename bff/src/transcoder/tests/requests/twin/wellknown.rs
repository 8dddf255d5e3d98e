//! Leaves: numbers, texts, and the messages that have a form of their own in JSON.

use prost::Message as _;
use prost_reflect::Kind;
use prost_types::value::Kind as Json;

use super::*;

impl Slow<'_> {
    pub(super) fn leaf(&self, kind: &Kind, leaf: &contract::Leaf, given: &Value) -> Taken<Field> {
        if leaf.wrapped {
            let wrapper = kind.as_message().expect("a wrapper");
            let value = wrapper.get_field(1).expect("its value");
            let inner = contract::Leaf { wrapped: false, ..*leaf };
            let mut made = DynamicMessage::new(wrapper.clone());
            made.set_field(&value, self.leaf(&value.kind(), &inner, given)?);
            return Ok(Field::Message(made));
        }
        let wrong = || String::new();
        Ok(match kind {
            Kind::Bool => Field::Bool(match given {
                Value::Boolean(boolean) => *boolean,
                Value::String(text) => text.parse().map_err(|_| wrong())?,
                _ => return Err(wrong()),
            }),
            Kind::Double => Field::F64(float(given).filter(|it| it.is_finite()).ok_or_else(wrong)?),
            Kind::Float => {
                let number = float(given).map(|it| it as f32);
                Field::F32(number.filter(|it| it.is_finite()).ok_or_else(wrong)?)
            }
            Kind::Enum(_) => {
                let (Value::Enum(name) | Value::String(name)) = given else { return Err(wrong()) };
                let color = COLORS.iter().find(|(color, _)| *color == &**name);
                Field::EnumNumber(color.ok_or_else(wrong)?.1)
            }
            Kind::String => Field::String(text(given).ok_or_else(wrong)?),
            Kind::Bytes => {
                let text = text(given).ok_or_else(wrong)?;
                Field::Bytes(base64(&text).ok_or_else(wrong)?.into())
            }
            Kind::Message(message) => {
                let bytes = self.message(leaf.format(), given)?;
                let made = DynamicMessage::decode(message.clone(), &*bytes);
                Field::Message(made.expect("a message"))
            }
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                Field::I32(integer(given).ok_or_else(wrong)?)
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                Field::I64(integer(given).ok_or_else(wrong)?)
            }
            Kind::Uint32 | Kind::Fixed32 => Field::U32(integer(given).ok_or_else(wrong)?),
            Kind::Uint64 | Kind::Fixed64 => Field::U64(integer(given).ok_or_else(wrong)?),
        })
    }

    fn message(&self, format: Format, given: &Value) -> Taken<Vec<u8>> {
        let wrong = || String::new();
        let text = || text(given).ok_or_else(wrong);
        Ok(match (format, given) {
            (Format::Timestamp, _) => {
                text()?.parse::<prost_types::Timestamp>().map_err(|_| wrong())?.encode_to_vec()
            }
            (Format::Duration, _) => {
                text()?.parse::<prost_types::Duration>().map_err(|_| wrong())?.encode_to_vec()
            }
            (Format::FieldMask, Value::String(text)) => {
                let mut paths = Vec::new();
                for path in text.split(',').map(str::trim).filter(|path| !path.is_empty()) {
                    paths.push(path.replace('B', "_b").replace('C', "_c"));
                }
                prost_types::FieldMask { paths }.encode_to_vec()
            }
            (Format::Empty, Value::Boolean(true)) => Vec::new(),
            (Format::Any, Value::Object(fields)) => {
                let mut any = prost_types::Any::default();
                for (name, value) in fields {
                    let Value::String(text) = value else { return Err(wrong()) };
                    if &**name == "@type" {
                        any.type_url = text.to_string();
                    } else {
                        any.value = base64(text).ok_or_else(|| format!(".{name}"))?;
                    }
                }
                any.encode_to_vec()
            }
            (Format::Struct, Value::Object(fields)) => self.structure(fields)?.encode_to_vec(),
            (Format::ListValue, Value::List(items)) => self.values(items)?.encode_to_vec(),
            (Format::Value, given) => self.json(given)?.encode_to_vec(),
            _ => return Err(wrong()),
        })
    }

    fn structure(&self, given: &[(Arc<str>, Value)]) -> Taken<prost_types::Struct> {
        let mut structure = prost_types::Struct::default();
        for (name, value) in given {
            let Some(value) = self.resolved(value) else { continue };
            let value = self.json(&value).map_err(|place| format!(".{name}{place}"))?;
            structure.fields.insert(name.to_string(), value);
        }
        Ok(structure)
    }

    fn values(&self, given: &[Value]) -> Taken<prost_types::ListValue> {
        let values = given.iter().enumerate().map(|(at, item)| {
            let item = self.resolved(item).unwrap_or(Value::Null);
            self.json(&item).map_err(|place| format!("[{at}]{place}"))
        });
        Ok(prost_types::ListValue { values: values.collect::<Result<_, _>>()? })
    }

    fn json(&self, given: &Value) -> Taken<prost_types::Value> {
        // A number that comes back as another one is none.
        let exact = |integer: i128| {
            Some(integer as f64).filter(|it| *it as i128 == integer).ok_or_else(String::new)
        };
        let kind = match given {
            Value::Null | Value::Variable { .. } => Json::NullValue(0),
            Value::Int(integer) => Json::NumberValue(exact((*integer).into())?),
            Value::Unsigned(integer) => Json::NumberValue(exact((*integer).into())?),
            Value::Float(number) => Json::NumberValue(*number),
            Value::String(text) | Value::Enum(text) => Json::StringValue(text.to_string()),
            Value::Boolean(boolean) => Json::BoolValue(*boolean),
            Value::List(items) => Json::ListValue(self.values(items)?),
            Value::Object(fields) => Json::StructValue(self.structure(fields)?),
        };
        Ok(prost_types::Value { kind: Some(kind) })
    }
}

/// An integer of any type, from a number or its digits.
fn integer<T: TryFrom<i128>>(given: &Value) -> Option<T> {
    let integer: i128 = match given {
        Value::Int(integer) => (*integer).into(),
        Value::Unsigned(integer) => (*integer).into(),
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    integer.try_into().ok()
}

fn float(given: &Value) -> Option<f64> {
    match given {
        Value::Int(integer) => Some(*integer as f64),
        Value::Unsigned(integer) => Some(*integer as f64),
        Value::Float(number) => Some(*number),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// What GraphQL takes for a text.
fn text(given: &Value) -> Option<String> {
    match given {
        Value::String(text) | Value::Enum(text) => Some(text.to_string()),
        Value::Int(integer) => Some(integer.to_string()),
        Value::Unsigned(integer) => Some(integer.to_string()),
        Value::Boolean(boolean) => Some(boolean.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Bit by bit, in either alphabet.
fn base64(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = Vec::new();
    for letter in text.trim_end_matches('=').bytes() {
        let letter = match letter {
            b'-' => b'+',
            b'_' => b'/',
            letter => letter,
        };
        let value = LETTERS.iter().position(|other| *other == letter)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1));
    }
    // What is left over fills no byte, and is zero.
    if bits.len() % 8 >= 6 || bits[bits.len() / 8 * 8..].contains(&1) {
        return None;
    }
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | *bit as u8);
    Some(bits.chunks_exact(8).map(byte).collect())
}
