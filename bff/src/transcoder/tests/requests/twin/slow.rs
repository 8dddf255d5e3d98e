//! The slow twin: it sets the fields of a message.

use prost::Message as _;
use prost_reflect::{FieldDescriptor, Kind, MapKey, ReflectMessage as _};

use super::*;

/// The twin.
pub(super) struct Slow<'a> {
    pub(super) schema: &'a Schema,
    pub(super) given: &'a Given,
}

/// Where a value does not fit: an argument's name and the steps into it, or where else it came from.
#[derive(Debug)]
pub(super) struct Cause(pub(super) String);

impl Cause {
    /// What an error says of it.
    pub(super) fn told(&self) -> String {
        match self.0.split_once(['.', '[']) {
            Some((argument, _)) => {
                assert!(!argument.is_empty());
                format!(" at \"{}\", which ", self.0)
            }
            None => self.0.clone(),
        }
    }
}

/// A value for a field, `None` where it stays as it is; or where in the value something does not fit.
pub(super) type Taken<T = Option<Field>> = Result<T, String>;

impl Slow<'_> {
    /// The request, or everything that does not fit.
    pub(super) fn request(&self) -> Result<DynamicMessage, Vec<Cause>> {
        let (mut request, mut causes) = (DynamicMessage::new(self.schema.request()), Vec::new());
        for fill in &self.schema.fills {
            if let Err(cause) = self.fill(&mut request, fill) {
                causes.push(Cause(cause));
            }
            if self.clashes(fill) {
                causes.push(Cause(told_of(fill, "")));
            }
        }
        if causes.is_empty() { Ok(request) } else { Err(causes) }
    }

    /// Whether an argument is lost where another one is given, or that one.
    fn clashes(&self, fill: &Fill) -> bool {
        let alone = |fill: &Fill| {
            let mut request = DynamicMessage::new(self.schema.request());
            let filled = self.fill(&mut request, fill).is_ok();
            Some(request).filter(|request| filled && request.fields().next().is_some())
        };
        let mut others = self.schema.fills.iter().filter(|other| other.path != fill.path);
        alone(fill).is_some()
            && others.any(|other| alone(other).is_some_and(|it| would_unset(&it, &fill.path)))
    }

    fn fill(&self, request: &mut DynamicMessage, fill: &Fill) -> Taken<()> {
        let context = context();
        let given = match fill.source.as_ref().expect("a source") {
            fill::Source::Constant(bytes) => {
                if !bytes.is_empty() {
                    inside(request, &fill.path).merge(&**bytes).expect("a message");
                }
                return Ok(());
            }
            fill::Source::Argument(path) => self.argument(path),
            fill::Source::Header(name) => {
                let header = context.headers.get(name).and_then(|value| value.to_str().ok());
                header.map(string)
            }
            fill::Source::Tenant(_) => Some(string("acme")),
            _ => Some(string("ann")),
        };
        let (number, around) = fill.path.split_last().expect("a place");
        let (Some(given), Some(value)) = (given, &fill.value) else { return Ok(()) };
        let message = inside_of(&request.descriptor(), around);
        let taken = self.field(&message, *number, value, &given);
        let taken = taken.map_err(|place| told_of(fill, &place))?;
        if let Some(taken) = taken {
            inside(request, around).set_field_by_number(*number, taken);
        }
        Ok(())
    }

    /// What stands at a path of arguments, if it is given.
    fn argument(&self, path: &str) -> Option<Value> {
        let mut names = path.split('.');
        let first = names.next()?;
        let (_, value) = self.given.arguments.iter().find(|(name, _)| name == first)?;
        let mut value = self.resolved(value)?;
        for name in names {
            let Value::Object(fields) = value else { return None };
            let (_, inner) = fields.iter().find(|(field, _)| **field == *name)?;
            value = self.resolved(inner)?;
        }
        Some(value)
    }

    /// The value of a variable; `None` where there is none.
    pub(super) fn resolved(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Variable { index, default, .. } => {
                let given = self.given.variables[*index].clone();
                given.or_else(|| default.as_ref().map(|default| (**default).clone()))
            }
            value => Some(value.clone()),
        }
    }

    /// What a field becomes. What is given is no variable, but may have some inside.
    fn field(
        &self,
        message: &MessageDescriptor,
        number: u32,
        of: &InputValue,
        given: &Value,
    ) -> Taken {
        let field = message.get_field(number).expect("a field");
        let is_null = *given == Value::Null && !takes_null(of);
        if is_null {
            return Ok(None);
        }
        match (of.cardinality(), given) {
            (Cardinality::Repeated, Value::List(items)) => self.list(&field, of, items),
            (Cardinality::Repeated, one) => self.list(&field, of, std::slice::from_ref(one)),
            (Cardinality::Map, Value::Object(entries)) => self.map(&field, of, entries),
            (Cardinality::Map, _) => Err(String::new()),
            (Cardinality::Implicit, one) => {
                let one = self.one(&field.kind(), of, one)?;
                // A negative zero is another number.
                let is_zero = match &one {
                    Field::F32(number) => number.to_bits() == 0,
                    Field::F64(number) => number.to_bits() == 0,
                    one => {
                        *one == Field::default_value(&field.kind()) || *one == Field::EnumNumber(0)
                    }
                };
                Ok(Some(one).filter(|_| !is_zero))
            }
            (_, one) => self.one(&field.kind(), of, one).map(Some),
        }
    }

    fn list(&self, field: &FieldDescriptor, of: &InputValue, items: &[Value]) -> Taken {
        // What of a list is not given is null.
        let items: Vec<Value> =
            items.iter().map(|item| self.resolved(item).unwrap_or(Value::Null)).collect();
        if !takes_null(of)
            && let Some(at) = items.iter().position(|item| *item == Value::Null)
        {
            return Err(format!("[{at}]"));
        }
        let items = items.iter().enumerate().map(|(at, item)| {
            self.one(&field.kind(), of, item).map_err(|place| format!("[{at}]{place}"))
        });
        let items = items.collect::<Taken<Vec<Field>>>()?;
        Ok(Some(Field::List(items)).filter(|list| *list != Field::List(Vec::new())))
    }

    fn map(
        &self,
        field: &FieldDescriptor,
        of: &InputValue,
        entries: &[(Arc<str>, Value)],
    ) -> Taken {
        let Kind::Message(entry) = field.kind() else { unreachable!() };
        let mut map = HashMap::new();
        for (name, value) in entries {
            let Some(value) = self.resolved(value) else { continue };
            let place = |place: String| format!(".{name}{place}");
            let key = match of.map_key.as_ref().expect("a key").scalar() {
                Scalar::String => MapKey::String(name.to_string()),
                Scalar::Bool => MapKey::Bool(name.parse().map_err(|_| place(String::new()))?),
                Scalar::Sint32 => MapKey::I32(name.parse().map_err(|_| place(String::new()))?),
                _ => MapKey::U64(name.parse().map_err(|_| place(String::new()))?),
            };
            let kind = entry.map_entry_value_field().kind();
            if !is_json_of(of, &value) {
                return Err(place(String::new()));
            }
            map.insert(key, self.one(&kind, of, &value).map_err(place)?);
        }
        Ok(Some(Field::Map(map)).filter(|map| *map != Field::Map(HashMap::new())))
    }

    /// One value, not null but where null is a value.
    fn one(&self, kind: &Kind, of: &InputValue, given: &Value) -> Taken<Field> {
        let index = match of.value.as_ref().expect("a value") {
            input_value::Value::Leaf(leaf) => return self.leaf(kind, leaf, given),
            input_value::Value::Input(index) => *index as usize,
        };
        let message = kind.as_message().expect("a message");
        let mut made = DynamicMessage::new(message.clone());
        self.members(&mut made, index, given)?;
        Ok(Field::Message(made))
    }

    /// Sets what an input object gives.
    fn members(&self, made: &mut DynamicMessage, index: usize, given: &Value) -> Taken<()> {
        let Value::Object(given) = given else { return Err(String::new()) };
        for (name, value) in given {
            let fields = &self.schema.inputs[index].fields;
            let Some(field) = fields.iter().find(|field| *field.name == **name) else { continue };
            let Some(value) = self.resolved(value) else { continue };
            let of = field.value.as_ref().expect("a value");
            let place = |place: String| format!(".{name}{place}");
            let Some((number, around)) = field.path.split_last() else {
                let Some(input_value::Value::Input(index)) = of.value else { unreachable!() };
                if value != Value::Null {
                    self.members(made, index as usize, &value).map_err(place)?;
                }
                continue;
            };
            let message = inside_of(&made.descriptor(), around);
            if let Some(taken) = self.field(&message, *number, of, &value).map_err(place)? {
                if would_unset(made, &field.path) {
                    return Err(place(String::new()));
                }
                inside(made, around).set_field_by_number(*number, taken);
            }
        }
        Ok(())
    }
}

/// What an error says of a fill, where inside of what was given something is wrong.
fn told_of(fill: &Fill, place: &str) -> String {
    match fill.source.as_ref().expect("a source") {
        fill::Source::Argument(path) if path.contains('.') || !place.is_empty() => {
            format!("{path}{place}")
        }
        fill::Source::Argument(path) => format!("argument \"{path}\" has the value "),
        fill::Source::Header(name) => format!("the header \"{name}\" "),
        fill::Source::Tenant(_) => "the tenant ".to_owned(),
        _ => "the caller's \"sub\" ".to_owned(),
    }
}

/// Whether a field at the end of a path takes the place of another member of a oneof.
fn would_unset(message: &DynamicMessage, path: &[u32]) -> bool {
    let Some((number, rest)) = path.split_first() else { return false };
    let field = message.descriptor().get_field(*number).expect("a field");
    let oneof = field.containing_oneof();
    let unsets =
        oneof.is_some_and(|it| it.fields().any(|it| it != field && message.has_field(&it)));
    let inside = message.get_field(&field);
    unsets || inside.as_message().is_some_and(|inside| would_unset(inside, rest))
}

/// Whether JSON has this value where a leaf of a map is expected.
fn is_json_of(of: &InputValue, value: &Value) -> bool {
    let Some(input_value::Value::Leaf(leaf)) = &of.value else { return true };
    match value {
        Value::String(_) => !matches!(leaf.format(), Format::Boolean | Format::Int | Format::Float),
        Value::Int(_) | Value::Unsigned(_) | Value::Float(_) => !matches!(
            leaf.format(),
            Format::Boolean
                | Format::String
                | Format::Enum
                | Format::Base64
                | Format::Timestamp
                | Format::Duration
                | Format::FieldMask
        ),
        // All others take no boolean anyway.
        Value::Boolean(_) => leaf.format() != Format::String,
        _ => true,
    }
}

/// Whether null is a value, and not nothing.
fn takes_null(of: &InputValue) -> bool {
    matches!(&of.value, Some(input_value::Value::Leaf(leaf)) if leaf.format() == Format::Value)
}

/// The message at the end of a path, which is made.
pub(super) fn inside<'m>(message: &'m mut DynamicMessage, path: &[u32]) -> &'m mut DynamicMessage {
    path.iter().fold(message, |message, number| {
        let inner = message.get_field_by_number_mut(*number).expect("a field");
        inner.as_message_mut().expect("a message")
    })
}

pub(super) fn inside_of(message: &MessageDescriptor, path: &[u32]) -> MessageDescriptor {
    path.iter().fold(message.clone(), |message, number| {
        let kind = message.get_field(*number).expect("a field").kind();
        kind.as_message().expect("a message").clone()
    })
}
