//! What the validator found, in words that are true of the document.
//!
//! Its messages for people say of some faults the wrong name, type or place, and it takes for granted that what it left out
//! of its reading is not there: a variable used in a field that is unknown, a fragment on a type that is. Such echoes are
//! not told. Where graphql-js has words for a fault, these are the words.

mod places;
mod suggest;

use std::collections::HashSet;

use apollo_compiler::{
    Name, Node, Schema,
    ast::{DirectiveLocation, Document, Type, Value},
    diagnostic::{Diagnostic, ToCliReport},
    parser::SourceSpan,
    schema::ExtendedType,
    validation::DiagnosticData,
};

use places::{Place, Places};

pub(super) use suggest::{Suggest, question};

/// What is wrong, and where.
pub(super) type Found = (String, Option<SourceSpan>);

/// One thing that the validator says.
pub(super) type Said<'a> = Diagnostic<'a, DiagnosticData>;

/// What a validator said, as it said it.
pub(super) fn plain(said: &Said<'_>) -> Found {
    let error = said.error;
    (error.unstable_compat_message().unwrap_or_else(|| error.to_string()), error.location())
}

/// What is true of what the validator said of a document. No more than `most` faults have their own words, since no more
/// are shown.
pub(super) fn found(
    said: &[Said<'_>],
    document: &Document,
    schema: &Schema,
    suggest: &Suggest,
    most: usize,
) -> Vec<Found> {
    let words = Words { places: Places::new(document, schema), schema, suggest };
    let differ: HashSet<usize> = said
        .iter()
        .filter(|said| said.error.unstable_error_name() == Some("ConflictingFieldName"))
        .filter_map(|said| Some(said.error.location()?.offset()))
        .collect();
    let mut found: Vec<Found> = Vec::new();
    for said in said.iter().filter(|said| words.is_true(said, &differ)) {
        found.push(if found.len() < most { words.of(said) } else { plain(said) });
    }
    let unknown = words.places.unknown.iter();
    found.extend(unknown.map(|unknown| {
        let known = unknown.of.fields.keys().map(Name::as_str);
        let meant = suggest.known(unknown.name, known);
        let message = format!(
            "Field \"{}\" is not defined by type \"{}\".{}",
            unknown.name,
            unknown.of.name,
            question("", &meant)
        );
        (message, unknown.name.location())
    }));
    found
}

struct Words<'d> {
    places: Places<'d>,
    schema: &'d Schema,
    suggest: &'d Suggest,
}

impl Words<'_> {
    /// Whether it is so, and not told in another way. `differ` is where different fields have one name.
    fn is_true(&self, said: &Said<'_>, differ: &HashSet<usize>) -> bool {
        let (message, location) = plain(said);
        let name = |at| quoted(&message, at);
        let place = self.places.at(location);
        match said.error.unstable_error_name().unwrap_or_default() {
            // All of them are found where they stand: by `rules` and by `places`.
            "UndefinedVariable" | "UnusedVariable" | "UndefinedInputValue" => false,
            "UndefinedFragment" => !self.places.fragments.contains_key(name(0)),
            "UnusedFragment" => !self.places.spread.contains(name(0)),
            // `null` is told as what it is.
            "RequiredArgument" => !match place {
                Some(Place::Field { field, .. }) => {
                    field.arguments.iter().any(|it| it.name == name(1))
                }
                Some(Place::Directive(directive)) => {
                    directive.arguments.iter().any(|it| it.name == name(1))
                }
                _ => false,
            },
            "RequiredField" => {
                let key = name(0).split('.').next_back().unwrap_or_default();
                let Some(Place::Value { value, .. }) = place else { return true };
                let Value::Object(fields) = &***value else { return true };
                !fields.iter().any(|(field, _)| field == key)
            }
            "ConflictingFieldType" => {
                location.is_none_or(|place| !differ.contains(&place.offset()))
            }
            // The fault is the type of the fragment around it, or of the variable.
            "UndefinedField" => self.is_composite(name(1)),
            "InvalidFragmentSpread" => {
                self.is_composite(name((message.matches('"').count() / 2).saturating_sub(1)))
            }
            "DisallowedVariableUsage" => {
                let ty = name(1).trim_matches(['[', ']', '!']);
                self.schema.types.get(ty).is_some_and(ExtendedType::is_input_type)
            }
            _ => true,
        }
    }

    fn is_composite(&self, name: &str) -> bool {
        let ty = self.schema.types.get(name);
        ty.is_some_and(|ty| ty.is_output_type() && !ty.is_leaf())
    }

    fn of(&self, said: &Said<'_>) -> Found {
        let (message, location) = plain(said);
        let name = said.error.unstable_error_name().unwrap_or_default();
        let place = self.places.at(location);
        self.exactly(name, &message, location, place).unwrap_or((message, location))
    }

    /// Words and place of a fault where the validator's are not right, or say too little.
    fn exactly(
        &self,
        fault: &str,
        message: &str,
        location: Option<SourceSpan>,
        place: Option<&Place<'_>>,
    ) -> Option<Found> {
        let name = |at| quoted(message, at);
        if fault.ends_with("FragmentTypeCondition") {
            let meant = self.types(name(0), |ty| ty.is_output_type() && !ty.is_leaf());
            return Some((format!("{message}{meant}"), location));
        }
        Some(match (fault, place?) {
            ("UndefinedField", Place::Field { parent, field, .. }) => {
                (format!("{message}{}", self.fields(parent, &field.name)), location)
            }
            ("MissingSubselection", Place::Field { field, definition, .. }) => {
                let (field, ty) = (&field.name, &definition.as_ref()?.ty);
                let message = format!(
                    "Field \"{field}\" of type \"{ty}\" must have a selection of subfields. Did you mean \"{field} {{ ... }}\"?"
                );
                (message, location)
            }
            (
                "SubselectionOnScalarType" | "SubselectionOnEnumType",
                Place::Field { field, definition, .. },
            ) => {
                let (field, ty) = (&field.name, &definition.as_ref()?.ty);
                let message = format!(
                    "Field \"{field}\" must not have a selection since type \"{ty}\" has no subfields."
                );
                (message, location)
            }
            ("ConflictingFieldArgument", Place::Field { field, .. }) => {
                let key = format!("\"{}\"", field.response_name());
                (message.replacen(&format!("\"{}\"", name(0)), &key, 1), location)
            }
            // The validator forgets a quotation mark.
            ("ConflictingFieldType", _) => (message.replacen(" and \"", "\" and \"", 1), location),
            ("UndefinedArgument", Place::Argument { argument, known, of }) => {
                let meant = known.iter().map(|known| known.name.as_str());
                let meant = self.suggest.known(&argument.name, meant);
                let question = question("", &meant);
                (format!("Unknown argument \"{}\" on {of}.{question}", argument.name), location)
            }
            ("DisallowedVariableUsage", Place::Argument { argument, .. }) => {
                (message.to_owned(), argument.value.location())
            }
            ("UndefinedDirective", Place::Directive(directive)) => {
                let known = self.schema.directive_definitions.values();
                let known =
                    known.filter(|known| known.locations.iter().any(|at| EXECUTABLE.contains(at)));
                let meant = self.suggest.known(&directive.name, known.map(|it| it.name.as_str()));
                let meant: Vec<String> = meant.iter().map(|name| format!("@{name}")).collect();
                let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
                (format!("{message}{}", question("", &meant)), location)
            }
            ("UndefinedDefinition", Place::Variable(variable)) => {
                let ty = variable.ty.inner_named_type();
                let meant = self.types(ty, ExtendedType::is_input_type);
                (format!("{message}{meant}"), ty.location())
            }
            ("VariableInputType", Place::Variable(variable)) => {
                (message.to_owned(), variable.ty.inner_named_type().location())
            }
            ("InvalidFragmentTarget", Place::Condition(condition)) => {
                (message.to_owned(), condition.location())
            }
            ("UndefinedFragment", Place::Spread(spread)) => {
                let known = self.places.fragments.keys().copied();
                let meant = self.suggest.own(&spread.fragment_name, known);
                (format!("{message}{}", question("", &meant)), spread.fragment_name.location())
            }
            ("RecursiveFragmentDefinition", _) => self.cycle(message)?,
            ("UndefinedEnumValue", Place::Value { value, ty }) => {
                let meant = self.enum_values(value, ty.inner_named_type());
                (format!("{message}{meant}"), location)
            }
            ("UnsupportedValueType", Place::OneOf { field, of }) => {
                (format!("Field \"{}.{field}\" must be non-null.", of.name), location)
            }
            ("DisallowedVariableUsage", Place::OneOf { of, .. })
                if name(2).strip_suffix('!') == Some(name(1)) =>
            {
                let message = format!(
                    "Variable \"{}\" is of type \"{}\" but must be non-nullable to be used for OneOf Input Object \"{}\".",
                    name(0),
                    name(1),
                    of.name
                );
                (message, location)
            }
            ("UnsupportedValueType", Place::Value { value, ty }) => {
                (self.value(value, ty)?, location)
            }
            _ => return None,
        })
    }

    /// What may be meant by a field that a type does not have: it may be a field of what that type can be.
    fn fields(&self, parent: &Name, name: &Name) -> String {
        let has = |ty: &Name| self.schema.type_field(ty, name).is_ok();
        let is_object = |ty: &&ExtendedType| ty.is_object();
        let types = || self.schema.types.values();
        let objects: Vec<&Name> = types()
            .filter(is_object)
            .map(ExtendedType::name)
            .filter(|object| self.schema.is_subtype(parent, object) && has(object))
            .collect();
        let interfaces = types().filter(|ty| ty.is_interface()).map(ExtendedType::name);
        let interfaces = interfaces.filter(|ty| {
            *ty != parent && has(ty) && objects.iter().any(|it| self.schema.is_subtype(ty, it))
        });
        let within = interfaces.chain(objects.iter().copied()).map(Name::as_str);
        let within = self.suggest.first(within);
        if !within.is_empty() {
            return question("to use an inline fragment on ", &within);
        }
        let fields = match self.schema.types.get(parent) {
            Some(ExtendedType::Object(object)) => &object.fields,
            Some(ExtendedType::Interface(interface)) => &interface.fields,
            _ => return String::new(),
        };
        question("", &self.suggest.known(name, fields.keys().map(Name::as_str)))
    }

    /// What may be meant by a type that the schema does not have.
    fn types(&self, name: &str, fits: impl Fn(&ExtendedType) -> bool) -> String {
        let known = self.schema.types.values().filter(|ty| fits(ty)).map(ExtendedType::name);
        let known = known.map(Name::as_str).filter(|known| !known.starts_with("__"));
        question("", &self.suggest.known(name, known))
    }

    fn enum_values(&self, value: &Value, ty: &Name) -> String {
        let Some(ExtendedType::Enum(known)) = self.schema.types.get(ty) else {
            return String::new();
        };
        let written = match value {
            Value::Enum(name) => name.as_str(),
            Value::String(text) => text,
            _ => return String::new(),
        };
        let meant = self.suggest.known(written, known.values.keys().map(Name::as_str));
        question("the enum value ", &meant)
    }

    /// Why a value is none of the type that is expected.
    fn value(&self, value: &Node<Value>, ty: &Type) -> Option<String> {
        let shown = shown(value);
        if value.is_null() {
            return Some(format!("Expected value of type \"{ty}\", found null."));
        }
        let name = ty.inner_named_type();
        let what = match (self.schema.types.get(name)?, name.as_str()) {
            (ExtendedType::Enum(_), _) => {
                let meant = self.enum_values(value, name);
                return Some(format!(
                    "Enum \"{name}\" cannot represent non-enum value: {shown}.{meant}"
                ));
            }
            (_, "Int") => "non-integer",
            (_, "Float") => "non numeric",
            (_, "String") => "a non string",
            (_, "Boolean") => "a non boolean",
            (_, "ID") => "a non-string and non-integer",
            _ => return Some(format!("Expected value of type \"{ty}\", found {shown}.")),
        };
        Some(format!("{name} cannot represent {what} value: {shown}."))
    }

    /// `via` is the way from a fragment back to it, of which the validator names the fragment first and the rest backwards.
    fn cycle(&self, message: &str) -> Option<Found> {
        let names: Vec<&str> = message.split('"').skip(1).step_by(2).collect();
        let (name, back) = names.split_first()?;
        let via: Vec<String> = back.iter().skip(1).rev().map(|it| format!("\"{it}\"")).collect();
        let next = if via.is_empty() { name } else { back.last()? };
        let spreads = self.places.fragments.get(name)?;
        let spread = spreads.iter().find(|spread| spread.fragment_name == *next)?;
        let via = if via.is_empty() { String::new() } else { format!(" via {}", via.join(", ")) };
        Some((format!("Cannot spread fragment \"{name}\" within itself{via}."), spread.location()))
    }
}

/// Where a directive may stand in a document.
const EXECUTABLE: [DirectiveLocation; 8] = [
    DirectiveLocation::Query,
    DirectiveLocation::Mutation,
    DirectiveLocation::Subscription,
    DirectiveLocation::Field,
    DirectiveLocation::FragmentDefinition,
    DirectiveLocation::FragmentSpread,
    DirectiveLocation::InlineFragment,
    DirectiveLocation::VariableDefinition,
];

/// The name between the quotation marks, of those that a message has. Names have none in themselves.
fn quoted(message: &str, at: usize) -> &str {
    message.split('"').nth(2 * at + 1).unwrap_or_default()
}

/// A longer value is cut: what is wrong with it shows before.
const SHOWN: usize = 200;

fn shown(value: &Value) -> String {
    let text = value.serialize().no_indent().to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
