//! One schema of two: the contract's, and that of a program's own objects.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Node,
    ast::{Definition, Document, FieldDefinition, ObjectTypeDefinition, OperationType, Type},
    parser::Parser,
};

use crate::{
    error::{Code, Error, Result},
    operation::OperationKind,
};

/// The names of a program's own root fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::graphql) struct OwnFields(HashMap<OperationKind, HashSet<String>>);

impl OwnFields {
    /// Whether a root field is the program's.
    pub(in crate::graphql) fn has(&self, kind: OperationKind, field: &str) -> bool {
        self.0.get(&kind).is_some_and(|fields| fields.contains(field))
    }
}

/// Both schemas as one.
#[derive(Debug)]
pub(in crate::graphql) struct Joined {
    pub(in crate::graphql) sdl: String,
    pub(in crate::graphql) own: OwnFields,
}

/// Joins a program's own schema to that of the contract: its root fields to the contract's root types, its other types
/// beside the contract's.
///
/// # Errors
///
/// [`Code::FailedPrecondition`] with all names that both have, scalars excepted, and all fields that lead back to a root.
pub(in crate::graphql) fn join(contract: &str, own: &str) -> Result<Joined> {
    let (mut schema, own) = (parse(contract, "the contract")?, parse(own, "async-graphql")?);
    let mut joining = Joining::new(&schema, &own);
    for definition in &own.definitions {
        joining.take(definition);
    }
    let Joining { faults, added, own, roots, .. } = joining;
    if !faults.is_empty() {
        return Err(Error::new(
            Code::FailedPrecondition,
            format!(
                "the schema of async-graphql does not fit beside the contract's: {}; rename these in Rust with \
                 `#[graphql(name = \"…\")]`",
                faults.join("; ")
            ),
        ));
    }
    schema.definitions.extend(added);
    for (kind, fields) in roots {
        extend_root(&mut schema, kind, fields);
    }
    Ok(Joined { sdl: schema.to_string(), own })
}

fn parse(sdl: &str, of: &str) -> Result<Document> {
    Parser::new().parse_ast(sdl, "schema.graphql").map_err(|refused| {
        let message = format!("the schema of {of} cannot be read");
        Error::with_source(Code::FailedPrecondition, message, refused.errors.to_string())
    })
}

const KINDS: [(OperationKind, OperationType); 3] = [
    (OperationKind::Query, OperationType::Query),
    (OperationKind::Mutation, OperationType::Mutation),
    (OperationKind::Subscription, OperationType::Subscription),
];

/// Directives that every schema has.
const BUILT_IN: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];

struct Joining {
    /// By name: whether it is a scalar.
    theirs: HashMap<Name, bool>,
    directives: HashSet<Name>,
    /// `Query.book`
    root_fields: HashSet<String>,
    own_roots: HashMap<Name, OperationKind>,
    faults: Vec<String>,
    added: Vec<Definition>,
    roots: Vec<(OperationKind, Vec<Node<FieldDefinition>>)>,
    own: OwnFields,
}

impl Joining {
    fn new(contract: &Document, own: &Document) -> Self {
        let contract_roots = roots(contract);
        let objects = contract.definitions.iter().filter_map(object);
        let of_root = |ty: &Node<ObjectTypeDefinition>| {
            let kind = contract_roots.iter().find(|(_, name)| **name == ty.name).map(|it| *it.0);
            let names = ty.fields.iter().map(|field| field.name.to_string()).collect::<Vec<_>>();
            kind.map(|kind| names.into_iter().map(move |name| place(kind, &name)))
        };
        Self {
            root_fields: objects.filter_map(of_root).flatten().collect(),
            theirs: contract
                .definitions
                .iter()
                .filter(|definition| !definition.is_extension_definition())
                .filter_map(|definition| {
                    let scalar = matches!(definition, Definition::ScalarTypeDefinition(_));
                    Some((type_name(definition)?, scalar))
                })
                .collect(),
            directives: contract.definitions.iter().filter_map(directive_name).collect(),
            own_roots: roots(own).into_iter().map(|(kind, name)| (name, kind)).collect(),
            faults: Vec::new(),
            added: Vec::new(),
            roots: Vec::new(),
            own: OwnFields::default(),
        }
    }

    fn take(&mut self, definition: &Definition) {
        self.look_for_roots(definition);
        if let Some(object) = object(definition)
            && let Some(kind) = self.own_roots.get(&object.name).copied()
        {
            return self.take_root(kind, object);
        }
        if let Some(name) = directive_name(definition) {
            if !BUILT_IN.contains(&name.as_str()) && self.directives.insert(name) {
                self.added.push(definition.clone());
            }
            return;
        }
        let Some(name) = type_name(definition) else { return };
        let scalar = matches!(definition, Definition::ScalarTypeDefinition(_));
        match self.theirs.get(&name) {
            None => self.added.push(definition.clone()),
            // Both mean the same by it.
            Some(true) if scalar => {}
            Some(_) => self.faults.push(format!("`{name}` is a type of both")),
        }
    }

    fn take_root(&mut self, kind: OperationKind, object: &Node<ObjectTypeDefinition>) {
        for field in &object.fields {
            let place = place(kind, &field.name);
            if self.root_fields.contains(&place) {
                self.faults.push(format!("`{place}` is a field of both"));
            }
        }
        let names = object.fields.iter().map(|field| field.name.to_string()).collect();
        self.own.0.insert(kind, names);
        self.roots.push((kind, object.fields.clone()));
    }

    /// What leads back to a root would promise the contract's fields where async-graphql answers, which has not got them.
    fn look_for_roots(&mut self, definition: &Definition) {
        let Some(name) = type_name(definition) else { return };
        let fields: &[Node<FieldDefinition>] = match definition {
            Definition::ObjectTypeDefinition(ty) => &ty.fields,
            Definition::InterfaceTypeDefinition(ty) => &ty.fields,
            Definition::UnionTypeDefinition(union) => {
                let members = union.members.iter().filter(|it| self.own_roots.contains_key(*it));
                let faults = members.map(|member| format!("`{name}` leads back to `{member}`"));
                return self.faults.extend(faults);
            }
            _ => return,
        };
        for field in fields {
            let ty: &Type = &field.ty;
            if self.own_roots.contains_key(ty.inner_named_type()) {
                let message =
                    format!("`{name}.{}` leads back to `{}`", field.name, ty.inner_named_type());
                self.faults.push(message);
            }
        }
    }
}

/// Adds fields to a root type, or the root type.
fn extend_root(schema: &mut Document, kind: OperationKind, fields: Vec<Node<FieldDefinition>>) {
    let roots = roots(schema);
    if let Some(root) = roots.get(&kind) {
        for definition in &mut schema.definitions {
            if let Definition::ObjectTypeDefinition(object) = definition
                && object.name == *root
            {
                return object.make_mut().fields.extend(fields);
            }
        }
    }
    let name = Name::new_static_unchecked(default_root(kind));
    for definition in &mut schema.definitions {
        if let Definition::SchemaDefinition(definition) = definition {
            let operation = KINDS.iter().find(|(known, _)| *known == kind).map(|it| it.1);
            let root = operation.map(|operation| Node::new((operation, name.clone())));
            definition.make_mut().root_operations.extend(root);
        }
    }
    schema.definitions.push(Definition::ObjectTypeDefinition(Node::new(ObjectTypeDefinition {
        description: None,
        name,
        implements_interfaces: Vec::new(),
        directives: apollo_compiler::ast::DirectiveList::new(),
        fields,
    })));
}

/// The root types of a schema, those of default names too.
fn roots(schema: &Document) -> HashMap<OperationKind, Name> {
    let explicit = schema.definitions.iter().find_map(|definition| match definition {
        Definition::SchemaDefinition(definition) => Some(definition),
        _ => None,
    });
    let root = |(kind, operation): (OperationKind, OperationType)| {
        let name = match explicit {
            Some(definition) => {
                let mut roots = definition.root_operations.iter();
                roots.find(|root| root.0 == operation).map(|root| root.1.clone())?
            }
            None => {
                let mut objects = schema.definitions.iter().filter_map(object);
                objects.find(|object| object.name == default_root(kind))?.name.clone()
            }
        };
        Some((kind, name))
    };
    KINDS.into_iter().filter_map(root).collect()
}

fn default_root(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Query => "Query",
        OperationKind::Mutation => "Mutation",
        OperationKind::Subscription => "Subscription",
    }
}

fn place(kind: OperationKind, field: &str) -> String {
    format!("{}.{field}", default_root(kind))
}

fn object(definition: &Definition) -> Option<&Node<ObjectTypeDefinition>> {
    match definition {
        Definition::ObjectTypeDefinition(object) => Some(object),
        _ => None,
    }
}

fn directive_name(definition: &Definition) -> Option<Name> {
    match definition {
        Definition::DirectiveDefinition(directive) => Some(directive.name.clone()),
        _ => None,
    }
}

fn type_name(definition: &Definition) -> Option<Name> {
    match definition {
        Definition::SchemaDefinition(_) | Definition::DirectiveDefinition(_) => None,
        definition => definition.name().cloned(),
    }
}
