//! Random messages of the types that are known.

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor,
    ReflectMessage, Value,
};

use crate::transcoder::tests::random::Random;

/// Types that an Any is filled with; most are well-known ones, which every contract knows.
const TYPES: [&str; 18] = [
    "t.Every",
    "t.Every",
    "t.Every",
    "t.Book",
    "t.Boxed",
    "old.Old",
    "google.protobuf.Any",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
    "google.protobuf.Struct",
    "google.protobuf.Value",
    "google.protobuf.ListValue",
    "google.protobuf.Empty",
    "google.protobuf.Int64Value",
    "google.protobuf.StringValue",
    "google.protobuf.BytesValue",
    "google.protobuf.DoubleValue",
];

pub(super) struct Giver<'r, 'b> {
    pub(super) random: &'r mut Random<'b>,
    pub(super) pool: &'r DescriptorPool,
}

impl Giver<'_, '_> {
    /// An Any with a message of any type.
    pub(super) fn any(&mut self, depth: usize) -> DynamicMessage {
        let name = TYPES[self.random.below(TYPES.len())];
        let known = self.pool.get_message_by_name(name).expect("it is there");
        let content = self.content(&known, depth);
        let prefix = ["type.googleapis.com", "a.b/c", ""][self.random.below(3)];
        let mut any = self.empty("google.protobuf.Any");
        any.set_field_by_name("type_url", Value::String(format!("{prefix}/{name}")));
        any.set_field_by_name("value", Value::Bytes(content.into()));
        any
    }

    /// An encoded message; sometimes in two parts, and with a field that is not known.
    fn content(&mut self, known: &MessageDescriptor, depth: usize) -> Vec<u8> {
        use prost::Message as _;
        let mut content = self.message(known, depth).encode_to_vec();
        if self.random.once_in(4) {
            content.extend(self.message(known, depth).encode_to_vec());
        }
        if self.random.once_in(4) {
            // 900: 5, and 901: {902: 1}.
            content.extend([0xa0, 0x38, 5, 0xab, 0x38, 0xb0, 0x38, 1, 0xac, 0x38]);
        }
        content
    }

    fn empty(&self, name: &str) -> DynamicMessage {
        DynamicMessage::new(self.pool.get_message_by_name(name).expect("it is there"))
    }

    fn message(&mut self, known: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(known.clone());
        let sign = if self.random.once_in(2) { 1 } else { -1 };
        let nanos = [0, 5, 500_000_000, 123_000][self.random.below(4)];
        let seconds = self.random.below(4_000_000_000) as i64;
        match known.full_name() {
            "google.protobuf.Any" if depth == 0 => {
                message = self.empty("google.protobuf.Any");
                let url = "type.googleapis.com/google.protobuf.Empty".to_owned();
                message.set_field_by_name("type_url", Value::String(url));
            }
            "google.protobuf.Any" => message = self.any(depth - 1),
            "google.protobuf.Timestamp" => {
                message.set_field_by_name("seconds", Value::I64(sign * seconds));
                message.set_field_by_name("nanos", Value::I32(nanos));
            }
            "google.protobuf.Duration" => {
                // Of one sign at one place, so that two parts of it are a Duration; prost-reflect shows others too.
                let sign = if depth.is_multiple_of(2) { 1 } else { -1 };
                message.set_field_by_name("seconds", Value::I64(sign * seconds));
                message.set_field_by_name("nanos", Value::I32(sign as i32 * nanos));
            }
            "google.protobuf.FieldMask" => {
                let paths = ["title", "list_price.amount_minor", "a"].map(str::to_owned);
                let paths = paths.into_iter().take(self.random.below(4)).map(Value::String);
                message.set_field_by_name("paths", Value::List(paths.collect()));
            }
            "google.protobuf.Value" => {
                // One member of the oneof.
                let bound = if depth == 0 { 4 } else { 6 };
                let number = self.random.below(bound) as u32 + 1;
                let field = known.get_field(number).expect("it is there");
                let value = match number {
                    1 => Value::EnumNumber(0),
                    2 => Value::F64(self.random.number() as i32 as f64 / 8.0 + 0.5),
                    _ => self.value(&field.kind(), depth.saturating_sub(1)),
                };
                message.set_field(&field, value);
            }
            _ => {
                for field in known.fields() {
                    if self.random.once_in(if known.full_name().starts_with('t') { 6 } else { 2 }) {
                        let value = self.field(&field, depth);
                        message.set_field(&field, value);
                    }
                }
                for extension in known.extensions() {
                    if depth > 0 && self.random.once_in(3) {
                        let value = self.value(&extension.kind(), depth - 1);
                        let is_list = extension.is_list();
                        let value = if is_list { Value::List(vec![value]) } else { value };
                        message.set_extension(&extension, value);
                    }
                }
            }
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let is_message = matches!(field.kind(), Kind::Message(_));
        if is_message && depth == 0 && (field.is_list() || field.is_map()) {
            return if field.is_map() { Value::Map([].into()) } else { Value::List(Vec::new()) };
        }
        let count = self.random.below(4);
        if field.is_map() {
            let Kind::Message(entry) = field.kind() else { unreachable!() };
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            let keys = (0..count).map(|_| match self.value(&key.kind(), 0) {
                Value::Bool(key) => MapKey::Bool(key),
                Value::I64(key) => MapKey::I64(key),
                Value::U32(key) => MapKey::U32(key),
                Value::String(key) => MapKey::String(key),
                other => panic!("{other} is no key"),
            });
            let keys: Vec<_> = keys.collect();
            let entries = keys.into_iter().map(|key| (key, self.value(&value.kind(), depth - 1)));
            return Value::Map(entries.collect());
        }
        if field.is_list() {
            return Value::List(
                (0..count).map(|_| self.value(&field.kind(), depth.saturating_sub(1))).collect(),
            );
        }
        self.value(&field.kind(), depth.saturating_sub(1))
    }

    fn value(&mut self, kind: &Kind, depth: usize) -> Value {
        let number = self.random.number();
        match kind {
            Kind::Double => Value::F64([0.0, 1.5, 1e300, f64::NAN][self.random.below(4)]),
            Kind::Float => Value::F32([0.0, 0.1, f32::INFINITY, -7.0][self.random.below(4)]),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number as i32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number as i64),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(number as u32),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(number),
            Kind::Bool => Value::Bool(number.is_multiple_of(2)),
            Kind::String => Value::String(self.random.text()),
            Kind::Bytes => Value::Bytes(self.random.text().into_bytes().into()),
            Kind::Message(message) => Value::Message(self.message(message, depth)),
            Kind::Enum(values) => {
                let known: Vec<_> = values.values().map(|value| value.number()).collect();
                let is_closed = values.full_name() != "t.Color";
                let at = self.random.below(known.len() + usize::from(!is_closed));
                Value::EnumNumber(known.get(at).copied().unwrap_or(77))
            }
        }
    }
}

/// The message in an Any.
pub(super) fn content(any: &DynamicMessage) -> DynamicMessage {
    let Value::String(url) = any.get_field_by_name("type_url").expect("a field").into_owned()
    else {
        panic!("{any} is no Any");
    };
    let Value::Bytes(bytes) = any.get_field_by_name("value").expect("a field").into_owned() else {
        panic!("{any} is no Any");
    };
    let pool = any.descriptor().parent_pool().clone();
    let name = url.rsplit('/').next().expect("a name");
    DynamicMessage::decode(pool.get_message_by_name(name).expect(name), bytes).expect("a message")
}
