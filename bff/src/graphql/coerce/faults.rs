//! What is wrong with the values of variables, in sentences that name the variable, the place, the value and what would be
//! accepted.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use crate::{
    error::Code,
    graphql::{
        refusal::{Fault, Refusal},
        schema::InputObject,
    },
    operation::{InputType, Location, VariableDefinition},
};

/// How much of a value an error shows.
const SHOWN: usize = 80;

/// How many names an error lists.
const NAMES: usize = 12;

/// The faults found so far, and the place that is looked at.
#[derive(Debug)]
pub(super) struct Faults<'t> {
    /// Where inside the variable.
    pub(super) path: Vec<Segment<'t>>,
    variable: &'t str,
    /// Where that is declared.
    location: Location,
    faults: Vec<Fault>,
    left_out: usize,
    most: usize,
    /// Whether errors list names of the schema.
    names: bool,
}

/// One step into a value.
#[derive(Clone, Debug)]
pub(super) enum Segment<'t> {
    Field(&'t str),
    /// In an object for a custom scalar.
    Key(Arc<str>),
    Item(usize),
}

impl<'t> Faults<'t> {
    /// At most `most` faults are kept, the others are counted. They list the schema's names where `names` may be shown.
    pub(super) fn new(most: usize, names: bool) -> Self {
        let location = Location::default();
        Self {
            path: Vec::new(),
            variable: "",
            location,
            faults: Vec::new(),
            left_out: 0,
            most,
            names,
        }
    }

    /// The next faults are those of this variable.
    pub(super) fn begin(&mut self, variable: &'t VariableDefinition) {
        (self.variable, self.location) = (&variable.name, variable.location);
    }

    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(Refusal { code: Code::BadUserInput, faults: self.faults, left_out: self.left_out })
    }

    /// A value that the type does not take.
    pub(super) fn wrong(&mut self, ty: &InputType, raw: &str) {
        let names = self.names;
        self.add(raw, |message| write!(message, "{}", Accepted { ty, names }));
    }

    /// A value for a custom scalar that would become another one.
    pub(super) fn changed(&mut self, ty: &InputType, raw: &str) {
        self.add(raw, |message| {
            let ty = Written(ty);
            write!(
                message,
                "{ty} takes numbers that 64 bits or a double hold, and texts of whole characters"
            )
        });
    }

    /// A null where none is allowed.
    pub(super) fn null(&mut self, ty: &InputType, raw: &str) {
        let accepted = Accepted { ty, names: self.names };
        self.add(raw, |message| write!(message, "{} is never null; {accepted}", Written(ty)));
    }

    /// An input object with a field that it does not have.
    pub(super) fn unknown_field(
        &mut self,
        ty: &InputType,
        object: &InputObject,
        name: &str,
        raw: &str,
    ) {
        let shown = self.names;
        self.add(raw, |message| {
            write!(message, "{} has no field \"{}\"", Written(ty), Shortened(name))?;
            if !shown {
                return Ok(());
            }
            message.push_str(", only ");
            names(message, object.fields.iter().map(|field| &*field.name))
        });
    }

    /// An input object that lacks a field.
    pub(super) fn missing_field(&mut self, name: &str, ty: &InputType) {
        self.push(|variable, path, message| {
            let place = Place { variable, path };
            write!(
                message,
                "Variable \"${variable}\" lacks \"{place}.{name}\" of the required type \"{}!\"",
                Written(ty)
            )
        });
    }

    /// An input object with `@oneOf` that has not one field.
    pub(super) fn not_one_of(&mut self, ty: &InputType, given: usize) {
        self.push(|variable, path, message| {
            let place = Place { variable, path };
            let what = if given == 1 { "null".to_owned() } else { format!("{given} fields") };
            write!(
                message,
                "Variable \"${variable}\" has {what} at \"{place}\"; {} takes exactly one field, which is not null",
                Written(ty)
            )
        });
    }

    /// A variable without a value.
    pub(super) fn missing_variable(&mut self, variable: &'t VariableDefinition) {
        self.begin(variable);
        let ty = &variable.ty;
        let accepted = Accepted { ty, names: self.names };
        self.push(|variable, _, message| {
            write!(
                message,
                "Variable \"${variable}\" of the required type \"{}!\" was not provided; {accepted}",
                Written(ty)
            )
        });
    }

    fn add(&mut self, raw: &str, accepted: impl FnOnce(&mut String) -> fmt::Result) {
        self.push(|variable, path, message| {
            let place = Place { variable, path };
            write!(message, "Variable \"${variable}\" got the invalid value {}", Shortened(raw))?;
            if !path.is_empty() {
                write!(message, " at \"{place}\"")?;
            }
            message.push_str("; ");
            accepted(message)
        });
    }

    fn push(&mut self, write: impl FnOnce(&str, &[Segment<'_>], &mut String) -> fmt::Result) {
        if self.faults.len() == self.most {
            self.left_out += 1;
            return;
        }
        let mut message = String::new();
        write(self.variable, &self.path, &mut message).expect("writing to a String never fails");
        message.push('.');
        self.faults.push(Fault { message, locations: vec![self.location] });
    }
}

struct Place<'a> {
    variable: &'a str,
    path: &'a [Segment<'a>],
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.variable)?;
        for segment in self.path {
            match segment {
                Segment::Field(name) => write!(formatter, ".{name}")?,
                Segment::Key(name) => write!(formatter, ".{}", Shortened(name))?,
                Segment::Item(at) => write!(formatter, "[{at}]")?,
            }
        }
        Ok(())
    }
}

/// The beginning of a text that may be long.
struct Shortened<'a>(&'a str);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN) {
            Some((at, _)) => write!(formatter, "{}…", &self.0[..at]),
            None => formatter.write_str(self.0),
        }
    }
}

/// A type as GraphQL writes it, without the `!` outside.
struct Written<'a>(&'a InputType);

impl fmt::Display for Written<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            InputType::NonNull(inner) => Self(inner).fmt(formatter),
            InputType::List(item) => {
                let mark = if matches!(**item, InputType::NonNull(_)) { "!" } else { "" };
                write!(formatter, "[{}{mark}]", Self(item))
            }
            InputType::Int => formatter.write_str("Int"),
            InputType::Float => formatter.write_str("Float"),
            InputType::String => formatter.write_str("String"),
            InputType::Boolean => formatter.write_str("Boolean"),
            InputType::Id => formatter.write_str("ID"),
            InputType::Scalar(name) | InputType::Object(name) => formatter.write_str(name),
            InputType::Enum(definition) => formatter.write_str(&definition.name),
        }
    }
}

/// What a type takes.
struct Accepted<'a> {
    ty: &'a InputType,
    /// Whether the values of an enum are listed.
    names: bool,
}

impl fmt::Display for Accepted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ty = Written(self.ty);
        match self.ty {
            InputType::NonNull(inner) => Self { ty: inner, ..*self }.fmt(formatter),
            InputType::List(_) => write!(formatter, "{ty} takes a list"),
            InputType::Int => {
                write!(formatter, "Int takes a whole number from {} to {}", i32::MIN, i32::MAX)
            }
            InputType::Float => formatter.write_str("Float takes a finite number"),
            InputType::String => formatter.write_str("String takes a text"),
            InputType::Boolean => formatter.write_str("Boolean takes true or false"),
            InputType::Id => formatter.write_str("ID takes a text or a whole number"),
            InputType::Scalar(_) => write!(formatter, "{ty} takes any value"),
            InputType::Object(_) => write!(formatter, "{ty} takes an object"),
            InputType::Enum(_) if !self.names => write!(formatter, "{ty} takes another value"),
            InputType::Enum(definition) => {
                write!(formatter, "{ty} takes ")?;
                names(formatter, definition.values.iter().map(|value| &**value))
            }
        }
    }
}

fn names<'a>(
    out: &mut impl fmt::Write,
    names: impl ExactSizeIterator<Item = &'a str>,
) -> fmt::Result {
    let more = names.len().saturating_sub(NAMES);
    for (at, name) in names.take(NAMES).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(out, "{comma}{name}")?;
    }
    if more > 0 {
        write!(out, " and {more} more")?;
    }
    Ok(())
}
