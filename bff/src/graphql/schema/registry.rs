//! The contract's schema as async-graphql holds it: types, descriptions, deprecations and defaults. Nothing is resolved
//! there: fields are answered by plans.

use apollo_compiler::{
    Node, Schema,
    ast::{self, DirectiveList, FieldDefinition, InputValueDefinition, OperationType, Type},
    schema::{EnumType, ExtendedType, InputObjectType, InterfaceType, ObjectType, UnionType},
    validation::Valid,
};
use async_graphql::{
    Value, dynamic,
    dynamic::{FieldFuture, SubscriptionFieldFuture, TypeRef},
};

use crate::error::{Code, Error, Result};

/// Registers every type of the schema.
///
/// # Errors
///
/// [`Code::FailedPrecondition`] where async-graphql cannot hold the schema.
pub(in crate::graphql) fn registry(schema: &Valid<Schema>) -> Result<dynamic::Schema> {
    let root = |kind| schema.root_operation(kind).map(ast::NamedType::as_str);
    let query = root(OperationType::Query).unwrap_or("Query");
    let subscription = root(OperationType::Subscription);
    let mutation = root(OperationType::Mutation);
    let mut builder = dynamic::Schema::build(query, mutation, subscription)
        .disable_suggestions()
        .limit_recursive_depth(RECURSION);
    for (name, ty) in &schema.types {
        if ty.is_built_in() {
            continue;
        }
        builder = builder.register(match ty {
            ExtendedType::Scalar(scalar) => dynamic::Type::Scalar(with_description(
                scalar_type(name, &scalar.directives),
                scalar.description.as_ref(),
                dynamic::Scalar::description,
            )),
            ExtendedType::Object(object) if Some(name.as_str()) == subscription => {
                dynamic::Type::Subscription(subscription_type(object))
            }
            ExtendedType::Object(object) => dynamic::Type::Object(object_type(object)),
            ExtendedType::Interface(interface) => {
                dynamic::Type::Interface(interface_type(interface))
            }
            ExtendedType::Union(union) => dynamic::Type::Union(union_type(union)),
            ExtendedType::Enum(definition) => dynamic::Type::Enum(enum_type(definition)),
            ExtendedType::InputObject(object) => dynamic::Type::InputObject(input_object(object)),
        });
    }
    builder.finish().map_err(|error| {
        let message = "async-graphql cannot hold the contract's schema";
        Error::with_source(Code::FailedPrecondition, format!("{message}: {error}"), error)
    })
}

/// Deep enough for the one document that is asked of it.
const RECURSION: usize = 64;

fn with_description<T>(
    item: T,
    description: Option<&Node<str>>,
    set: impl FnOnce(T, String) -> T,
) -> T {
    match description {
        Some(text) => set(item, text.to_string()),
        None => item,
    }
}

fn with_deprecation<T>(
    item: T,
    directives: &DirectiveList,
    set: impl FnOnce(T, Option<&str>) -> T,
) -> T {
    match directives.get("deprecated") {
        Some(directive) => {
            let reason = directive.specified_argument_by_name("reason").and_then(|it| it.as_str());
            set(item, Some(reason.unwrap_or("No longer supported")))
        }
        None => item,
    }
}

fn scalar_type(name: &str, directives: &DirectiveList) -> dynamic::Scalar {
    let scalar = dynamic::Scalar::new(name);
    let url = directives
        .get("specifiedBy")
        .and_then(|directive| directive.specified_argument_by_name("url"))
        .and_then(|url| url.as_str());
    match url {
        Some(url) => scalar.specified_by_url(url),
        None => scalar,
    }
}

fn object_type(object: &ObjectType) -> dynamic::Object {
    let mut registered = with_description(
        dynamic::Object::new(object.name.as_str()),
        object.description.as_ref(),
        dynamic::Object::description,
    );
    for interface in &object.implements_interfaces {
        registered = registered.implement(interface.as_str());
    }
    for field in object.fields.values() {
        registered = registered.field(field_of(field));
    }
    registered
}

fn field_of(field: &FieldDefinition) -> dynamic::Field {
    let mut registered =
        dynamic::Field::new(field.name.as_str(), type_ref(&field.ty), |_| FieldFuture::Value(None));
    registered =
        with_description(registered, field.description.as_ref(), |it, text| it.description(text));
    registered = with_deprecation(registered, &field.directives, dynamic::Field::deprecation);
    for argument in &field.arguments {
        registered = registered.argument(input_value(argument));
    }
    registered
}

fn subscription_type(object: &ObjectType) -> dynamic::Subscription {
    let mut registered = with_description(
        dynamic::Subscription::new(object.name.as_str()),
        object.description.as_ref(),
        dynamic::Subscription::description,
    );
    for field in object.fields.values() {
        registered = registered.field(subscription_field(field));
    }
    registered
}

fn subscription_field(field: &FieldDefinition) -> dynamic::SubscriptionField {
    let mut registered =
        dynamic::SubscriptionField::new(field.name.as_str(), type_ref(&field.ty), |_| {
            SubscriptionFieldFuture::new(async {
                Ok(futures::stream::empty::<async_graphql::Result<Value>>())
            })
        });
    registered =
        with_description(registered, field.description.as_ref(), |it, text| it.description(text));
    registered =
        with_deprecation(registered, &field.directives, dynamic::SubscriptionField::deprecation);
    for argument in &field.arguments {
        registered = registered.argument(input_value(argument));
    }
    registered
}

/// Registered without fields: async-graphql refuses an object whose field is narrower than the interface's, which the
/// specification allows. Introspection reads the fields of interfaces from the SDL.
fn interface_type(interface: &InterfaceType) -> dynamic::Interface {
    with_description(
        dynamic::Interface::new(interface.name.as_str()),
        interface.description.as_ref(),
        dynamic::Interface::description,
    )
}

fn union_type(union: &UnionType) -> dynamic::Union {
    let registered = with_description(
        dynamic::Union::new(union.name.as_str()),
        union.description.as_ref(),
        dynamic::Union::description,
    );
    union
        .members
        .iter()
        .fold(registered, |registered, member| registered.possible_type(member.as_str()))
}

fn enum_type(definition: &EnumType) -> dynamic::Enum {
    let registered = with_description(
        dynamic::Enum::new(definition.name.as_str()),
        definition.description.as_ref(),
        dynamic::Enum::description,
    );
    definition.values.values().fold(registered, |registered, value| {
        let item = with_description(
            dynamic::EnumItem::new(value.value.as_str()),
            value.description.as_ref(),
            dynamic::EnumItem::description,
        );
        registered.item(with_deprecation(item, &value.directives, dynamic::EnumItem::deprecation))
    })
}

fn input_object(object: &InputObjectType) -> dynamic::InputObject {
    let mut registered = with_description(
        dynamic::InputObject::new(object.name.as_str()),
        object.description.as_ref(),
        dynamic::InputObject::description,
    );
    if object.is_one_of() {
        registered = registered.oneof();
    }
    for field in object.fields.values() {
        registered = registered.field(input_value(field));
    }
    registered
}

fn input_value(definition: &InputValueDefinition) -> dynamic::InputValue {
    let mut registered =
        dynamic::InputValue::new(definition.name.as_str(), type_ref(&definition.ty));
    registered = with_description(registered, definition.description.as_ref(), |it, text| {
        it.description(text)
    });
    registered =
        with_deprecation(registered, &definition.directives, dynamic::InputValue::deprecation);
    match &definition.default_value {
        Some(default) => registered.default_value(value(default)),
        None => registered,
    }
}

fn type_ref(ty: &Type) -> TypeRef {
    match ty {
        Type::Named(name) => TypeRef::named(name.as_str()),
        Type::NonNullNamed(name) => TypeRef::named_nn(name.as_str()),
        Type::List(item) => TypeRef::List(Box::new(type_ref(item))),
        Type::NonNullList(item) => {
            TypeRef::NonNull(Box::new(TypeRef::List(Box::new(type_ref(item)))))
        }
    }
}

fn value(value: &ast::Value) -> Value {
    match value {
        ast::Value::Null | ast::Value::Variable(_) => Value::Null,
        ast::Value::Boolean(value) => Value::Boolean(*value),
        ast::Value::String(text) => Value::String(text.clone()),
        ast::Value::Enum(name) => Value::Enum(async_graphql::Name::new(name.as_str())),
        ast::Value::Int(number) => {
            serde_json::from_str(number.as_str()).map_or(Value::Null, Value::Number)
        }
        ast::Value::Float(number) => {
            serde_json::from_str(number.as_str()).map_or(Value::Null, Value::Number)
        }
        ast::Value::List(items) => {
            Value::List(items.iter().map(|item| self::value(item)).collect())
        }
        ast::Value::Object(entries) => Value::Object(
            entries
                .iter()
                .map(|(name, item)| (async_graphql::Name::new(name.as_str()), self::value(item)))
                .collect(),
        ),
    }
}
