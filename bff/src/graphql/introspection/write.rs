//! Writes an introspection field as JSON, in the order of its selections.

use super::tables::{
    Deprecation, DirectiveInfo, EnumValueInfo, FieldInfo, InputInfo, Named, Tables, TypeInfo,
};
use crate::{
    error::Code,
    graphql::refusal::Refusal,
    operation::{Field, Type, Value, Variables},
};

/// Writes the value of `__schema` or `__type`.
pub(super) fn write(
    tables: &Tables,
    field: &Field,
    variables: &Variables,
    limit: usize,
) -> Result<Vec<u8>, Refusal> {
    let mut writer = Writer { tables, variables, limit, out: Vec::new() };
    let told = match field.name.as_str() {
        "__schema" => Told::Object(Object::Schema),
        _ => match argument(field, "name", variables) {
            Some(Value::String(name)) => Told::named(tables, name),
            _ => Told::Null,
        },
    };
    writer.value(field, told)?;
    Ok(writer.out)
}

struct Writer<'a> {
    tables: &'a Tables,
    variables: &'a Variables,
    limit: usize,
    out: Vec<u8>,
}

/// An object of one of the introspection types.
#[derive(Clone, Copy)]
enum Object<'a> {
    Schema,
    Type(&'a TypeInfo),
    List(&'a Type),
    NonNull(&'a Type),
    Field(&'a FieldInfo),
    Input(&'a InputInfo),
    EnumValue(&'a EnumValueInfo),
    Directive(&'a DirectiveInfo),
}

/// The value of a field of such an object.
enum Told<'a> {
    Null,
    Boolean(bool),
    Text(&'a str),
    Texts(&'a [&'static str]),
    Object(Object<'a>),
    Objects(Vec<Object<'a>>),
}

impl<'a> Told<'a> {
    fn text(text: Option<&'a String>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text))
    }

    fn named(tables: &'a Tables, name: &str) -> Self {
        tables.find(name).map_or(Self::Null, |info| Self::Object(Object::Type(info)))
    }

    fn root(tables: &'a Tables, name: Option<&String>) -> Self {
        name.map_or(Self::Null, |name| Self::named(tables, name))
    }

    fn ty(tables: &'a Tables, ty: &'a Type) -> Self {
        match ty {
            Type::Named(name) => Self::named(tables, name),
            Type::List(item) => Self::Object(Object::List(item)),
            Type::NonNull(inner) => Self::Object(Object::NonNull(inner)),
        }
    }

    fn types(tables: &'a Tables, names: Option<&'a Vec<Named>>) -> Self {
        let objects = |names: &'a Vec<Named>| {
            names.iter().filter_map(|named| tables.find(&named.name)).map(Object::Type).collect()
        };
        names.map_or(Self::Null, |names| Self::Objects(objects(names)))
    }
}

impl<'a> Writer<'a> {
    fn value(&mut self, field: &'a Field, told: Told<'a>) -> Result<(), Refusal> {
        match told {
            Told::Null => self.out.extend_from_slice(b"null"),
            Told::Boolean(true) => self.out.extend_from_slice(b"true"),
            Told::Boolean(false) => self.out.extend_from_slice(b"false"),
            Told::Text(text) => self.text(text),
            Told::Texts(texts) => self.list(texts, |writer, text| {
                writer.text(text);
                Ok(())
            })?,
            Told::Object(object) => self.object(field, object)?,
            Told::Objects(objects) => {
                self.list(&objects, |writer, object| writer.object(field, *object))?;
            }
        }
        if self.out.len() <= self.limit {
            return Ok(());
        }
        let message = format!("The introspection asked for is longer than {} bytes.", self.limit);
        Err(Refusal::at(Code::LimitExceeded, message, vec![field.location]))
    }

    fn object(&mut self, field: &'a Field, object: Object<'a>) -> Result<(), Refusal> {
        // Introspection types are all objects: there is one list of fields.
        let fields = field.selections.first().map_or(&[][..], |selection| &selection.fields);
        self.out.push(b'{');
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.text(&field.response_key);
            self.out.push(b':');
            let told = self.tell(field, object);
            self.value(field, told)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn list<T>(
        &mut self,
        items: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            write(self, item)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn text(&mut self, text: &str) {
        serde_json::to_writer(&mut self.out, text).expect("a text can always be written to memory");
    }

    fn tell(&self, field: &Field, object: Object<'a>) -> Told<'a> {
        if field.name == "__typename" {
            return Told::Text(object.type_name());
        }
        match object {
            Object::Schema => self.schema(field),
            Object::Type(info) => self.named_type(field, info),
            Object::List(item) => self.wrapper(field, "LIST", item),
            Object::NonNull(inner) => self.wrapper(field, "NON_NULL", inner),
            Object::Field(info) => match field.name.as_str() {
                "name" => Told::Text(&info.name),
                "description" => Told::text(info.description.as_ref()),
                "args" => self.inputs(field, &info.args),
                "type" => Told::ty(self.tables, &info.ty),
                _ => deprecation(field, &info.deprecation),
            },
            Object::Input(info) => match field.name.as_str() {
                "name" => Told::Text(&info.name),
                "description" => Told::text(info.description.as_ref()),
                "type" => Told::ty(self.tables, &info.ty),
                "defaultValue" => Told::text(info.default_value.as_ref()),
                _ => deprecation(field, &info.deprecation),
            },
            Object::EnumValue(info) => match field.name.as_str() {
                "name" => Told::Text(&info.name),
                "description" => Told::text(info.description.as_ref()),
                _ => deprecation(field, &info.deprecation),
            },
            Object::Directive(info) => match field.name.as_str() {
                "name" => Told::Text(&info.name),
                "description" => Told::text(info.description.as_ref()),
                "locations" => Told::Texts(&info.locations),
                "args" => self.inputs(field, &info.args),
                "isRepeatable" => Told::Boolean(info.is_repeatable),
                _ => deprecation(field, &info.deprecation),
            },
        }
    }

    fn schema(&self, field: &Field) -> Told<'a> {
        let tables = self.tables;
        match field.name.as_str() {
            "description" => Told::text(tables.description.as_ref()),
            "types" => Told::Objects(tables.types().iter().map(Object::Type).collect()),
            "queryType" => Told::root(tables, tables.query.as_ref()),
            "mutationType" => Told::root(tables, tables.mutation.as_ref()),
            "subscriptionType" => Told::root(tables, tables.subscription.as_ref()),
            "directives" => {
                let shown = self.shown(field, &tables.directives, |it| &it.deprecation);
                Told::Objects(shown.map(Object::Directive).collect())
            }
            _ => Told::Null,
        }
    }

    fn named_type(&self, field: &Field, info: &'a TypeInfo) -> Told<'a> {
        match field.name.as_str() {
            "kind" => Told::Text(&info.kind),
            "name" => Told::Text(&info.name),
            "description" => Told::text(info.description.as_ref()),
            "specifiedByURL" => Told::text(info.specified_by.as_ref()),
            "isOneOf" => info.is_one_of.map_or(Told::Null, Told::Boolean),
            "interfaces" => Told::types(self.tables, info.interfaces.as_ref()),
            "possibleTypes" => Told::types(self.tables, info.possible_types.as_ref()),
            "fields" => info.fields.as_ref().map_or(Told::Null, |fields| {
                let shown = self.shown(field, fields, |it| &it.deprecation);
                Told::Objects(shown.map(Object::Field).collect())
            }),
            "enumValues" => info.enum_values.as_ref().map_or(Told::Null, |values| {
                let shown = self.shown(field, values, |it| &it.deprecation);
                Told::Objects(shown.map(Object::EnumValue).collect())
            }),
            "inputFields" => {
                info.input_fields.as_ref().map_or(Told::Null, |inputs| self.inputs(field, inputs))
            }
            _ => Told::Null,
        }
    }

    fn wrapper(&self, field: &Field, kind: &'static str, inner: &'a Type) -> Told<'a> {
        match field.name.as_str() {
            "kind" => Told::Text(kind),
            "ofType" => Told::ty(self.tables, inner),
            _ => Told::Null,
        }
    }

    fn inputs(&self, field: &Field, inputs: &'a [InputInfo]) -> Told<'a> {
        let shown = self.shown(field, inputs, |it| &it.deprecation);
        Told::Objects(shown.map(Object::Input).collect())
    }

    /// Those that are not deprecated, or all where the field asks for all.
    fn shown<T>(
        &self,
        field: &Field,
        items: &'a [T],
        deprecation: impl Fn(&T) -> &Deprecation,
    ) -> impl Iterator<Item = &'a T> {
        let all = argument(field, "includeDeprecated", self.variables)
            .is_some_and(|value| *value == Value::Boolean(true));
        items.iter().filter(move |item| all || !deprecation(item).is_deprecated)
    }
}

impl Object<'_> {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Schema => "__Schema",
            Self::Type(_) | Self::List(_) | Self::NonNull(_) => "__Type",
            Self::Field(_) => "__Field",
            Self::Input(_) => "__InputValue",
            Self::EnumValue(_) => "__EnumValue",
            Self::Directive(_) => "__Directive",
        }
    }
}

fn deprecation<'a>(field: &Field, deprecation: &'a Deprecation) -> Told<'a> {
    match field.name.as_str() {
        "isDeprecated" => Told::Boolean(deprecation.is_deprecated),
        "deprecationReason" => Told::text(deprecation.deprecation_reason.as_ref()),
        _ => Told::Null,
    }
}

fn argument<'a>(field: &'a Field, name: &str, variables: &'a Variables) -> Option<&'a Value> {
    let (_, value) = field.arguments.iter().find(|(argument, _)| argument == name)?;
    value.resolve(variables)
}
