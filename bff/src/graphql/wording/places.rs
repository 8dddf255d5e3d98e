//! What stands where in a document, and of which type it is there: the validator says of a fault where it is, and little of
//! what it found there.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Node, Schema,
    ast::{
        Argument, Definition, Directive, Document, Field, FieldDefinition, FragmentSpread,
        InputValueDefinition, Selection, Type, Value, VariableDefinition,
    },
    parser::SourceSpan,
    schema::{ExtendedType, InputObjectType},
};

/// One thing in a document.
pub(super) enum Place<'d> {
    /// A field, and its definition where there is one.
    Field {
        parent: &'d Name,
        field: &'d Node<Field>,
        definition: Option<&'d FieldDefinition>,
    },
    /// An argument, the arguments that may stand where it stands, and what has them.
    Argument {
        argument: &'d Node<Argument>,
        known: &'d [Node<InputValueDefinition>],
        of: String,
    },
    Directive(&'d Node<Directive>),
    /// A value, and the type that is expected of it.
    Value {
        value: &'d Node<Value>,
        ty: Type,
    },
    /// A null or a variable for a field of an input object that takes exactly one.
    OneOf {
        field: &'d Name,
        of: &'d InputObjectType,
    },
    Variable(&'d Node<VariableDefinition>),
    /// The type that a fragment is on.
    Condition(&'d Name),
    Spread(&'d Node<FragmentSpread>),
}

/// A field of an input object that its type does not have.
pub(super) struct Unknown<'d> {
    pub(super) name: &'d Name,
    pub(super) of: &'d InputObjectType,
}

/// What stands in a document.
pub(super) struct Places<'d> {
    schema: &'d Schema,
    by_start: HashMap<usize, Place<'d>>,
    pub(super) unknown: Vec<Unknown<'d>>,
    /// The spreads of each fragment.
    pub(super) fragments: HashMap<&'d str, Vec<&'d Node<FragmentSpread>>>,
    /// The fragments that an operation spreads, those in fragments included.
    pub(super) spread: HashSet<&'d str>,
    /// The spreads of the definition that is read.
    spreads: Vec<&'d Node<FragmentSpread>>,
}

impl<'d> Places<'d> {
    pub(super) fn new(document: &'d Document, schema: &'d Schema) -> Self {
        let mut places = Self {
            schema,
            by_start: HashMap::new(),
            unknown: Vec::new(),
            fragments: HashMap::new(),
            spread: HashSet::new(),
            spreads: Vec::new(),
        };
        let mut pending = Vec::new();
        for definition in &document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => {
                    places.directives(&operation.directives);
                    for variable in &operation.variables {
                        places.put(variable.location(), Place::Variable(variable));
                        places.directives(&variable.directives);
                        if let Some(default) = &variable.default_value {
                            places.value(default, &variable.ty);
                        }
                    }
                    let root = schema.root_operation(operation.operation_type);
                    places.selections(&operation.selection_set, root);
                    pending.append(&mut places.spreads);
                }
                Definition::FragmentDefinition(fragment) => {
                    places.put(fragment.location(), Place::Condition(&fragment.type_condition));
                    places.directives(&fragment.directives);
                    places.selections(&fragment.selection_set, Some(&fragment.type_condition));
                    let spreads = std::mem::take(&mut places.spreads);
                    places.fragments.entry(&fragment.name).or_insert(spreads);
                }
                _ => {}
            }
        }
        while let Some(spread) = pending.pop() {
            if places.spread.insert(spread.fragment_name.as_str()) {
                pending.extend(
                    places.fragments.get(spread.fragment_name.as_str()).into_iter().flatten(),
                );
            }
        }
        places
    }

    /// What begins where a fault is.
    pub(super) fn at(&self, location: Option<SourceSpan>) -> Option<&Place<'d>> {
        self.by_start.get(&location?.offset())
    }

    fn put(&mut self, location: Option<SourceSpan>, place: Place<'d>) {
        if let Some(location) = location {
            self.by_start.insert(location.offset(), place);
        }
    }

    fn selections(&mut self, selections: &'d [Selection], parent: Option<&'d Name>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(field, parent),
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    self.spreads.push(spread);
                    self.put(spread.location(), Place::Spread(spread));
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    if let Some(condition) = &inline.type_condition {
                        self.put(inline.location(), Place::Condition(condition));
                    }
                    self.selections(
                        &inline.selection_set,
                        inline.type_condition.as_ref().or(parent),
                    );
                }
            }
        }
    }

    fn field(&mut self, field: &'d Node<Field>, parent: Option<&'d Name>) {
        let schema = self.schema;
        let definition = parent.and_then(|parent| schema.type_field(parent, &field.name).ok());
        let definition = definition.map(|definition| &**definition);
        self.directives(&field.directives);
        if let Some(parent) = parent {
            // An unknown field is told at its name, all else at its alias.
            for location in [field.location(), field.name.location()] {
                self.put(location, Place::Field { parent, field, definition });
            }
            if let Some(definition) = definition {
                let of = format!("field \"{parent}.{}\"", field.name);
                self.arguments(&field.arguments, &definition.arguments, &of);
            }
        }
        let inside = definition.map(|definition| definition.ty.inner_named_type());
        self.selections(field.selection_set.as_deref().unwrap_or_default(), inside);
    }

    fn directives(&mut self, directives: &'d [Node<Directive>]) {
        let schema = self.schema;
        for directive in directives {
            self.put(directive.location(), Place::Directive(directive));
            if let Some(definition) = schema.directive_definitions.get(&directive.name) {
                let of = format!("directive \"@{}\"", directive.name);
                self.arguments(&directive.arguments, &definition.arguments, &of);
            }
        }
    }

    fn arguments(
        &mut self,
        arguments: &'d [Node<Argument>],
        known: &'d [Node<InputValueDefinition>],
        of: &str,
    ) {
        for argument in arguments {
            let place = Place::Argument { argument, known, of: of.to_owned() };
            self.put(argument.location(), place);
            if let Some(definition) = known.iter().find(|known| known.name == argument.name) {
                self.value(&argument.value, &definition.ty);
            }
        }
    }

    fn value(&mut self, value: &'d Node<Value>, ty: &Type) {
        match &**value {
            Value::List(items) => {
                // A list of one may be written without its brackets.
                items.iter().for_each(|item| self.value(item, ty.item_type()));
            }
            Value::Object(fields) => {
                let schema = self.schema;
                if let Some(ExtendedType::InputObject(of)) = schema.types.get(ty.inner_named_type())
                {
                    self.object(fields, of);
                }
            }
            _ => {}
        }
        self.put(value.location(), Place::Value { value, ty: ty.clone() });
    }

    fn object(&mut self, fields: &'d [(Name, Node<Value>)], of: &'d InputObjectType) {
        for (name, value) in fields {
            match of.fields.get(name) {
                Some(_) if of.is_one_of() && (value.is_null() || value.as_variable().is_some()) => {
                    self.put(value.location(), Place::OneOf { field: name, of });
                }
                Some(field) => self.value(value, &field.ty),
                None => self.unknown.push(Unknown { name, of }),
            }
        }
    }
}
