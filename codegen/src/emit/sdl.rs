//! The schema as clients see it: without our directives, extensions folded in.

use apollo_compiler::ast::{self, Definition, DirectiveList, Document};
use apollo_compiler::schema::{ExtendedType, InputValueDefinition};
use apollo_compiler::{Name, Node};

use crate::input::Schema;

/// Directives that a client may see.
const VISIBLE: [&str; 3] = ["deprecated", "specifiedBy", "oneOf"];

pub(super) fn sdl(schema: &Schema) -> String {
    let mut document = Document::new();
    document.definitions.extend(schema_definition(schema));
    for (name, ty) in &schema.definitions.types {
        if !ty.is_built_in() && !Schema::is_foreign(name) {
            document.definitions.push(definition(ty));
        }
    }
    document.to_string()
}

/// Written only where the root types do not have their usual names.
fn schema_definition(schema: &Schema) -> Option<Definition> {
    let definition = &schema.definitions.schema_definition;
    let roots: Vec<_> = definition.iter_root_operations().collect();
    let usual = roots.iter().all(|(operation, name)| operation.default_type_name() == ***name);
    // A type that only has the name of a root type must not become one.
    let only_roots =
        [ast::OperationType::Query, ast::OperationType::Mutation, ast::OperationType::Subscription]
            .into_iter()
            .filter(|operation| {
                schema.definitions.types.contains_key(&operation.default_type_name())
            })
            .all(|operation| roots.iter().any(|(root, _)| *root == operation));
    (!usual || !only_roots || definition.description.is_some()).then(|| {
        Definition::SchemaDefinition(Node::new(ast::SchemaDefinition {
            description: definition.description.clone(),
            directives: DirectiveList::default(),
            root_operations: roots
                .into_iter()
                .map(|(operation, name)| Node::new((operation, (**name).clone())))
                .collect(),
        }))
    })
}

fn definition(ty: &ExtendedType) -> Definition {
    match ty {
        ExtendedType::Scalar(ty) => {
            Definition::ScalarTypeDefinition(Node::new(ast::ScalarTypeDefinition {
                description: ty.description.clone(),
                name: ty.name.clone(),
                directives: visible(&ty.directives),
            }))
        }
        ExtendedType::Object(ty) => {
            Definition::ObjectTypeDefinition(Node::new(ast::ObjectTypeDefinition {
                description: ty.description.clone(),
                name: ty.name.clone(),
                implements_interfaces: ty
                    .implements_interfaces
                    .iter()
                    .map(|name| (**name).clone())
                    .collect(),
                directives: visible(&ty.directives),
                fields: fields(ty.fields.values()),
            }))
        }
        ExtendedType::Interface(ty) => {
            Definition::InterfaceTypeDefinition(Node::new(ast::InterfaceTypeDefinition {
                description: ty.description.clone(),
                name: ty.name.clone(),
                implements_interfaces: ty
                    .implements_interfaces
                    .iter()
                    .map(|name| (**name).clone())
                    .collect(),
                directives: visible(&ty.directives),
                fields: fields(ty.fields.values()),
            }))
        }
        ExtendedType::Union(ty) => {
            Definition::UnionTypeDefinition(Node::new(ast::UnionTypeDefinition {
                description: ty.description.clone(),
                name: ty.name.clone(),
                directives: visible(&ty.directives),
                members: ty.members.iter().map(|name| Name::clone(name)).collect(),
            }))
        }
        ExtendedType::Enum(ty) => {
            Definition::EnumTypeDefinition(Node::new(ast::EnumTypeDefinition {
                description: ty.description.clone(),
                name: ty.name.clone(),
                directives: visible(&ty.directives),
                values: ty.values.values().map(enum_value).collect(),
            }))
        }
        ExtendedType::InputObject(ty) => {
            Definition::InputObjectTypeDefinition(Node::new(ast::InputObjectTypeDefinition {
                description: ty.description.clone(),
                name: ty.name.clone(),
                directives: visible(&ty.directives),
                fields: ty.fields.values().map(input_value).collect(),
            }))
        }
    }
}

fn fields<'a>(
    fields: impl Iterator<Item = &'a Node<ast::FieldDefinition>>,
) -> Vec<Node<ast::FieldDefinition>> {
    let field = |field: &Node<ast::FieldDefinition>| {
        Node::new(ast::FieldDefinition {
            arguments: field.arguments.iter().map(input_value).collect(),
            directives: visible(&field.directives),
            ..(**field).clone()
        })
    };
    fields.map(field).collect()
}

fn input_value(value: &Node<InputValueDefinition>) -> Node<InputValueDefinition> {
    Node::new(InputValueDefinition { directives: visible(&value.directives), ..(**value).clone() })
}

fn enum_value(value: &Node<ast::EnumValueDefinition>) -> Node<ast::EnumValueDefinition> {
    Node::new(ast::EnumValueDefinition {
        directives: visible(&value.directives),
        ..(**value).clone()
    })
}

fn visible(directives: &DirectiveList) -> DirectiveList {
    DirectiveList(
        directives
            .iter()
            .filter(|directive| VISIBLE.contains(&directive.name.as_str()))
            .cloned()
            .collect(),
    )
}
