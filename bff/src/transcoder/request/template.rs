//! Templates: what of a request is known when the plan is made stays as bytes; the rest are holes.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::{
    Sources,
    encode::{Encoder, Encoders},
    oneof::{Given, Route, request_of},
};
use crate::{
    context::Context,
    contract::{Join, fill},
    error::{Code, Error, Result},
    operation::{NeverNull, Value, Variables},
    transcoder::{
        misfit::Misfit,
        wire::{Fields, put_nested},
    },
};

/// A request, but for its keys.
#[derive(Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
    /// The request, where nothing of it waits for a request of ours.
    constant: Option<Bytes>,
    /// The arguments that the constant parts have.
    given: Given,
    never_null: Vec<NeverNull>,
    /// It says nothing but who asks, and may be left unasked.
    asks_for_the_caller: bool,
}

#[derive(Debug)]
enum Part {
    Constant(Vec<u8>),
    Hole(Hole),
    /// An enclosing message. One that holds nothing is left out.
    Message {
        number: u32,
        parts: Vec<Part>,
    },
}

#[derive(Debug)]
struct Hole {
    number: u32,
    filling: Filling,
    /// `None`: a text.
    encoder: Encoder,
    /// [`contract::Fill::required`](crate::contract::Fill)
    required: u32,
}

/// Where the value of a hole comes from.
#[derive(Debug)]
enum Filling {
    /// An argument, and the names of input fields that lead into it.
    Argument {
        name: String,
        value: Value,
        names: Vec<String>,
        /// All of it: `page.size`.
        path: Arc<str>,
        /// Into the request.
        route: Route,
    },
    Identity(String),
    Tenant,
    Header(String),
    Context(String),
}

impl fmt::Display for Filling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument { name, .. } => write!(formatter, "argument \"{name}\""),
            Self::Identity(claim) => write!(formatter, "the caller's \"{claim}\""),
            Self::Tenant => formatter.write_str("the tenant"),
            Self::Header(name) => write!(formatter, "the header \"{name}\""),
            Self::Context(name) => write!(formatter, "the context's \"{name}\""),
        }
    }
}

impl Template {
    pub(super) fn of(
        join: &Join,
        arguments: &[(String, Value)],
        sources: Sources<'_>,
        encoders: &mut Encoders,
    ) -> Result<Self> {
        let (mut parts, mut given) = (Vec::new(), Given::default());
        for fill in &join.fills {
            if let Some(fill::Source::Constant(bytes)) = &fill.source {
                put(&mut parts, &fill.path, Part::Constant(bytes.clone()));
                continue;
            }
            let Some((number, path)) = fill.path.split_last() else {
                let message = "the contract fills a request without saying where";
                return Err(Error::new(Code::FailedPrecondition, message));
            };
            let route = || {
                let request = request_of(join, sources.contract, sources.descriptors);
                Route::of(request, &fill.path)
            };
            let Some(filling) = filling(fill.source.as_ref(), arguments, route) else { continue };
            let encoder = match &fill.value {
                Some(value) => encoders.encoder(value, sources)?,
                None => Encoder::TEXT,
            };
            let hole = Hole { number: *number, filling, encoder, required: fill.required };
            put(&mut parts, path, settled(hole, encoders, &mut given));
        }
        let mut template = Self {
            parts,
            constant: None,
            given,
            never_null: NeverNull::of(arguments),
            asks_for_the_caller: join.asks_for_the_caller(),
        };
        if template.parts.iter().all(Part::is_constant) {
            let mut bytes = Vec::new();
            write_constants(&template.parts, &mut bytes);
            template.constant = Some(bytes.into());
        }
        Ok(template)
    }

    pub(super) fn fill(
        &self,
        encoders: &Encoders,
        variables: &Variables,
        context: &Context,
    ) -> Result<Bytes> {
        NeverNull::check(&self.never_null, variables)?;
        if let Some(constant) = &self.constant {
            return Ok(constant.clone());
        }
        let mut out = Vec::new();
        let given = self.given.clone();
        let mut filler = Filler { encoders, variables, context, given, missing: None };
        filler.parts(&self.parts, &mut out)?;
        match filler.missing {
            Some(missing) if !(self.asks_for_the_caller && out.is_empty()) => Err(missing.error()),
            _ => Ok(out.into()),
        }
    }
}

impl Template {
    /// Whether an argument may not fit, though its variables have values that GraphQL takes: those of built-in types, of enums,
    /// and of objects of such.
    pub(super) fn may_refuse(&self, encoders: &Encoders) -> bool {
        self.arguments().any(|hole| hole.may_refuse(encoders))
    }

    /// The arguments that do not fit, each with what is wrong.
    pub(super) fn misfits<'t>(
        &'t self,
        encoders: &'t Encoders,
        variables: &'t Variables,
    ) -> impl Iterator<Item = Error> + 't {
        let (mut bytes, mut given) = (Vec::new(), self.given.clone());
        // A null that GraphQL itself allows here is an error of the field.
        let holes =
            self.arguments().filter(|_| NeverNull::check(&self.never_null, variables).is_ok());
        holes.filter_map(move |hole| {
            bytes.clear();
            hole.argument(&mut bytes, encoders, variables, &mut given).err()
        })
    }

    /// The holes that arguments fill.
    fn arguments(&self) -> impl Iterator<Item = &Hole> {
        let mut parts: Vec<&Part> = self.parts.iter().rev().collect();
        let holes = std::iter::from_fn(move || {
            loop {
                match parts.pop()? {
                    Part::Constant(_) => {}
                    Part::Hole(hole) => return Some(hole),
                    Part::Message { parts: inner, .. } => parts.extend(inner.iter().rev()),
                }
            }
        });
        holes.filter(|hole| matches!(hole.filling, Filling::Argument { .. }))
    }
}

impl Hole {
    /// What the document gives without variables, and is still a hole, does not fit.
    fn may_refuse(&self, encoders: &Encoders) -> bool {
        let Filling::Argument { value, route, .. } = &self.filling else { return false };
        !has_variables(value)
            || has_lists_of_variables(value)
            || route.goes_through_a_oneof()
            || encoders.may_refuse(&self.encoder)
    }

    /// Appends an argument, if there is one. `given` are those of the request so far.
    fn argument(
        &self,
        out: &mut Vec<u8>,
        encoders: &Encoders,
        variables: &Variables,
        given: &mut Given,
    ) -> Result<()> {
        let Filling::Argument { name, value, names, path, route } = &self.filling else {
            return Ok(());
        };
        let Some(value) = at(value, names, variables) else { return Ok(()) };
        let start = out.len();
        let mut written = encoders.field(out, self.number, &self.encoder, value, variables);
        if written.is_ok() && out.len() > start {
            written = given.add(route, path).map_err(|other| Misfit::beside(value, &other));
        }
        written.map_err(|misfit| misfit.of_argument(name, names))
    }
}

impl Part {
    fn is_constant(&self) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Hole(_) => false,
            Self::Message { parts, .. } => parts.iter().all(Self::is_constant),
        }
    }
}

/// What an argument is filled from; `None` where the field has no such argument, or it is not given.
fn filling(
    source: Option<&fill::Source>,
    arguments: &[(String, Value)],
    route: impl FnOnce() -> Route,
) -> Option<Filling> {
    Some(match source? {
        fill::Source::Argument(path) => {
            let mut names = path.split('.').map(str::to_owned);
            let first = names.next()?;
            let (name, value) = arguments.iter().find(|(name, _)| *name == first)?;
            let (value, names) = (value.clone(), names.collect());
            let path = Arc::from(&**path);
            Filling::Argument { name: name.clone(), value, names, path, route: route() }
        }
        fill::Source::Identity(claim) => Filling::Identity(claim.clone()),
        fill::Source::Tenant(_) => Filling::Tenant,
        fill::Source::Header(name) => Filling::Header(name.clone()),
        fill::Source::Context(name) => Filling::Context(name.clone()),
        fill::Source::Constant(_) => return None,
    })
}

/// A hole whose value the document gives is filled at once. One that does not fit stays: the field fails when it is asked
/// for, not the whole operation.
fn settled(hole: Hole, encoders: &Encoders, given: &mut Given) -> Part {
    let Filling::Argument { value, .. } = &hole.filling else { return Part::Hole(hole) };
    if has_variables(value) {
        return Part::Hole(hole);
    }
    let mut bytes = Vec::new();
    match hole.argument(&mut bytes, encoders, &[], given) {
        Ok(()) => Part::Constant(bytes),
        Err(_) => Part::Hole(hole),
    }
}

fn has_variables(value: &Value) -> bool {
    match value {
        Value::Variable { .. } => true,
        Value::List(items) => items.iter().any(has_variables),
        Value::Object(fields) => fields.iter().any(|(_, value)| has_variables(value)),
        _ => false,
    }
}

/// Whether an item of a list in the document may turn out to be null.
fn has_lists_of_variables(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(has_variables),
        Value::Object(fields) => fields.iter().any(|(_, value)| has_lists_of_variables(value)),
        _ => false,
    }
}

/// The value at the end of a path of input fields; `None` where it is not given.
fn at<'v>(value: &'v Value, names: &[String], variables: &'v Variables) -> Option<&'v Value> {
    names.iter().try_fold(value.resolve(variables)?, |value, name| match value {
        Value::Object(fields) => {
            let (_, inner) = fields.iter().find(|(field, _)| **field == **name)?;
            inner.resolve(variables)
        }
        _ => None,
    })
}

/// Puts a part at the end of a path, into the enclosing messages that are there already. One that says nothing makes none.
fn put(parts: &mut Vec<Part>, path: &[u32], part: Part) {
    if matches!(&part, Part::Constant(bytes) if bytes.is_empty()) {
        return;
    }
    let Some((number, rest)) = path.split_first() else {
        parts.push(part);
        return;
    };
    for existing in parts.iter_mut() {
        if let Part::Message { number: there, parts } = existing
            && there == number
        {
            return put(parts, rest, part);
        }
    }
    let mut inner = Vec::new();
    put(&mut inner, rest, part);
    parts.push(Part::Message { number: *number, parts: inner });
}

fn write_constants(parts: &[Part], out: &mut Vec<u8>) {
    for part in parts {
        match part {
            Part::Constant(bytes) => out.extend_from_slice(bytes),
            Part::Message { number, parts } => {
                put_nested(out, *number, |out| write_constants(parts, out));
            }
            Part::Hole(_) => {}
        }
    }
}

/// Whether one of these fields has the number.
fn has(fields: &[u8], number: u32) -> bool {
    let mut fields = Fields::of(fields);
    std::iter::from_fn(|| fields.next().ok().flatten()).any(|field| field.number() == number)
}

/// One filling of a template.
struct Filler<'a> {
    encoders: &'a Encoders,
    variables: &'a Variables,
    context: &'a Context,
    /// The arguments that the request has so far.
    given: Given,
    /// What the message at hand, if there is one, must not be without.
    missing: Option<Missing<'a>>,
}

/// A part of the caller that is not there, and that the service requires.
struct Missing<'a> {
    filling: &'a Filling,
    /// In how many messages, one inside the other.
    levels: u32,
}

impl Missing<'_> {
    fn error(&self) -> Error {
        let code = match self.filling {
            Filling::Identity(_) => Code::Unauthenticated,
            _ => Code::BadUserInput,
        };
        Error::new(code, format!("{} is not there, and the service requires it", self.filling))
    }
}

impl<'a> Filler<'a> {
    fn parts(&mut self, parts: &'a [Part], out: &mut Vec<u8>) -> Result<()> {
        let message = out.len();
        for part in parts {
            match part {
                Part::Constant(bytes) => out.extend_from_slice(bytes),
                Part::Hole(hole) => self.hole(hole, out)?,
                Part::Message { number, parts } => {
                    let start = out.len();
                    let around = self.missing.take();
                    let empty = put_nested(out, *number, |out| {
                        let start = out.len();
                        self.parts(parts, out).map(|()| out.len() == start)
                    })?;
                    let inside = std::mem::replace(&mut self.missing, around);
                    if empty {
                        out.truncate(start);
                        let Some(missing) = inside else { continue };
                        // It is there all the same where an argument gives it as a whole.
                        if has(&out[message..], *number) {
                            return Err(missing.error());
                        }
                        self.lacks(Some(Missing { levels: missing.levels - 1, ..missing }));
                    } else if let Some(missing) = inside {
                        return Err(missing.error());
                    }
                }
            }
        }
        Ok(())
    }

    fn lacks(&mut self, missing: Option<Missing<'a>>) {
        let levels = |missing: &Option<Missing<'_>>| missing.as_ref().map_or(0, |it| it.levels);
        if levels(&missing) > levels(&self.missing) {
            self.missing = missing;
        }
    }

    fn hole(&mut self, hole: &'a Hole, out: &mut Vec<u8>) -> Result<()> {
        let context = self.context;
        let text = match &hole.filling {
            Filling::Argument { .. } => {
                return hole.argument(out, self.encoders, self.variables, &mut self.given);
            }
            Filling::Identity(claim) => {
                context.identity.as_ref().and_then(|identity| identity.claim(claim))
            }
            Filling::Tenant => context.tenant.as_deref(),
            Filling::Header(name) => {
                context.headers.get(name).and_then(|value| value.to_str().ok())
            }
            Filling::Context(name) => context.values.named(name),
        };
        match text {
            Some(text) => {
                let value = Value::String(text.into());
                let written =
                    self.encoders.field(out, hole.number, &hole.encoder, &value, self.variables);
                written.map_err(|misfit| misfit.of(&hole.filling.to_string()))
            }
            None => {
                self.lacks(Some(Missing { filling: &hole.filling, levels: hole.required }));
                Ok(())
            }
        }
    }
}
