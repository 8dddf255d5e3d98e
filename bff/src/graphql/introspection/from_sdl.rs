//! What async-graphql leaves out, read from the SDL.

use apollo_compiler::{
    Node, Schema,
    ast::{DirectiveDefinition, DirectiveList, FieldDefinition, InputValueDefinition},
    schema::{EnumValueDefinition, ExtendedType},
};

use super::{
    default,
    tables::{Deprecation, DirectiveInfo, EnumValueInfo, FieldInfo, InputInfo, Named, TypeInfo},
};
use crate::graphql::schema::{TypeSystem, plain_type};

/// A type as the SDL has it.
pub(super) fn type_info(types: &TypeSystem, ty: &ExtendedType) -> TypeInfo {
    let mut info = TypeInfo {
        kind: String::new(),
        name: ty.name().to_string(),
        description: text(ty.description()),
        specified_by: None,
        fields: None,
        interfaces: None,
        possible_types: None,
        enum_values: None,
        input_fields: None,
        is_one_of: None,
    };
    let possible = || types.possible_types(ty.name()).iter().map(|name| named(name)).collect();
    match ty {
        ExtendedType::Scalar(scalar) => {
            "SCALAR".clone_into(&mut info.kind);
            let directive = scalar.directives.get("specifiedBy");
            let url = directive.and_then(|it| it.specified_argument_by_name("url"));
            info.specified_by = url.and_then(|url| url.as_str()).map(str::to_owned);
        }
        ExtendedType::Object(object) => {
            "OBJECT".clone_into(&mut info.kind);
            info.fields =
                Some(object.fields.values().map(|it| field_info(&types.schema, it)).collect());
            let interfaces = object.implements_interfaces.iter();
            info.interfaces = Some(interfaces.map(|name| named(name)).collect());
        }
        ExtendedType::Interface(interface) => {
            "INTERFACE".clone_into(&mut info.kind);
            info.fields =
                Some(interface.fields.values().map(|it| field_info(&types.schema, it)).collect());
            let interfaces = interface.implements_interfaces.iter();
            info.interfaces = Some(interfaces.map(|name| named(name)).collect());
            info.possible_types = Some(possible());
        }
        ExtendedType::Union(_) => {
            "UNION".clone_into(&mut info.kind);
            info.possible_types = Some(possible());
        }
        ExtendedType::Enum(definition) => {
            "ENUM".clone_into(&mut info.kind);
            let values = definition.values.values();
            info.enum_values = Some(values.map(|it| enum_value_info(it)).collect());
        }
        ExtendedType::InputObject(object) => {
            "INPUT_OBJECT".clone_into(&mut info.kind);
            info.input_fields =
                Some(object.fields.values().map(|it| input_info(&types.schema, it)).collect());
            info.is_one_of = Some(object.is_one_of());
        }
    }
    info
}

/// A directive as the SDL has it.
pub(super) fn directive_info(schema: &Schema, definition: &DirectiveDefinition) -> DirectiveInfo {
    DirectiveInfo {
        name: definition.name.to_string(),
        description: text(definition.description.as_ref()),
        locations: definition.locations.iter().map(|location| location.name()).collect(),
        args: definition.arguments.iter().map(|it| input_info(schema, it)).collect(),
        is_repeatable: definition.repeatable,
        deprecation: deprecation(&definition.directives),
    }
}

fn field_info(schema: &Schema, definition: &FieldDefinition) -> FieldInfo {
    FieldInfo {
        name: definition.name.to_string(),
        description: text(definition.description.as_ref()),
        args: definition.arguments.iter().map(|it| input_info(schema, it)).collect(),
        ty: plain_type(&definition.ty),
        deprecation: deprecation(&definition.directives),
    }
}

fn input_info(schema: &Schema, definition: &InputValueDefinition) -> InputInfo {
    InputInfo {
        name: definition.name.to_string(),
        description: text(definition.description.as_ref()),
        ty: plain_type(&definition.ty),
        default_value: default::printed(schema, definition),
        deprecation: deprecation(&definition.directives),
    }
}

fn enum_value_info(definition: &EnumValueDefinition) -> EnumValueInfo {
    EnumValueInfo {
        name: definition.value.to_string(),
        description: text(definition.description.as_ref()),
        deprecation: deprecation(&definition.directives),
    }
}

fn named(name: &str) -> Named {
    Named { name: name.to_owned() }
}

fn text(description: Option<&Node<str>>) -> Option<String> {
    description.map(ToString::to_string)
}

fn deprecation(directives: &DirectiveList) -> Deprecation {
    let Some(directive) = directives.get("deprecated") else { return Deprecation::default() };
    let reason = directive.specified_argument_by_name("reason").and_then(|value| value.as_str());
    let reason = reason.unwrap_or("No longer supported").to_owned();
    Deprecation { is_deprecated: true, deprecation_reason: Some(reason) }
}
