//! What goes into a request: constants, arguments, parts of the caller, and what the parent gives.

use apollo_compiler::Node;
use apollo_compiler::ast::{InputValueDefinition, Type, Value};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::binder::{At, Binder};
use super::call::{Asking, Parent};
use super::directives::{Argument, Reader, Text};
use super::fault::{Fault, Side};
use super::leaf::{natural, scalar_of};
use super::names::{field_of, snake};
use super::path::{Place, is_plain, numbers, singular_message};
use super::value::{Side as TypeSide, cardinality};
use crate::contract::{Fill, InputValue, KeyPart, fill, input_value};
use crate::diagnostic::Span;

/// A request while it is put together.
#[derive(Default)]
pub(super) struct Request {
    pub(super) fills: Vec<Fill>,
    pub(super) key: Vec<KeyPart>,
    pub(super) many: bool,
    /// Arguments that `with` uses.
    arguments: Vec<String>,
    /// Paths that something fills.
    filled: Vec<Vec<u32>>,
}

impl Request {
    /// Adds a fill for the field at `target`.
    pub(super) fn fill(&mut self, target: Vec<u32>, fill: Fill) {
        self.filled.push(target);
        self.fills.push(fill);
    }

    /// Whether something fills this field or a part of it.
    pub(super) fn fills_field(&self, number: u32) -> bool {
        self.filled.iter().any(|path| path.first() == Some(&number))
    }
}

/// What a text with a dollar means: `$args.page.size`.
enum Given<'a> {
    Parent(&'a str),
    Argument(&'a str),
    Identity(&'a str),
    Tenant,
    Header(&'a str),
    Context(&'a str),
}

impl Binder<'_> {
    /// Everything but the keys of a batch, which go into `keys`.
    pub(super) fn request(
        &mut self,
        asking: &Asking<'_>,
        keys: Option<&FieldDescriptor>,
    ) -> Option<Request> {
        let mut request = Request::default();
        let before = self.model.faults.len();
        let message = asking.method.input();
        if let Some(with) = &asking.rpc.with {
            match with.value.as_object() {
                Some(_) => {
                    self.with(asking, &message, with, &mut Vec::new(), &mut request, keys.is_some())
                }
                None => {
                    let reason = "write an object: `with: {book_id: \"$args.id\"}`".to_owned();
                    self.fault(Fault::InvalidSource {
                        text: with.value.to_string(),
                        reason,
                        span: with.span,
                    });
                }
            }
        }
        if asking.with_arguments {
            self.arguments(asking, &message, &mut request);
        }
        (self.model.faults.len() == before).then_some(request)
    }

    fn with(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        with: &Argument,
        prefix: &mut Vec<FieldDescriptor>,
        request: &mut Request,
        batched: bool,
    ) {
        for (name, value) in with.value.as_object().unwrap_or_default() {
            let span = self.span(value.location()).or(with.span);
            let name_span = self.span(name.location()).or(span);
            let place = Place { side: Side::Request, argument: "with", span: name_span };
            let Some(path) = self.path(message, name, place) else {
                // The argument has a place, if a wrong one: it is not to be looked for by name.
                request.arguments.extend(argument_in(value));
                continue;
            };
            let Some(field) = path.last().cloned() else { continue };
            prefix.push(field.clone());
            let inner = singular_message(&field).filter(|_| natural(&field.kind()).is_none());
            match (inner, &**value) {
                (Some(inner), Value::Object(_)) => {
                    let with = Argument { value: value.clone(), span };
                    self.with(asking, &inner, &with, prefix, request, batched);
                }
                (_, Value::String(text)) if text.starts_with('$') && !text.starts_with("$$") => {
                    let text = Text { value: text.clone(), span };
                    self.given(asking, &text, prefix, request, batched);
                }
                _ => self.constant_fill(asking.at, value, span, prefix, request),
            }
            prefix.pop();
        }
    }

    fn given(
        &mut self,
        asking: &Asking<'_>,
        text: &Text,
        path: &[FieldDescriptor],
        request: &mut Request,
        batched: bool,
    ) {
        let Some(field) = path.last() else { return };
        let value = match given(&text.value) {
            Err(reason) => return self.invalid_source(text, reason),
            Ok(Given::Parent(_)) if batched => {
                return self.invalid_source(
                    text,
                    "one call serves all parents; `key` of `@batch` says what each gives",
                );
            }
            Ok(Given::Parent(parent_path)) => {
                return self.parent_key(asking, parent_path, text.span, path, request);
            }
            Ok(Given::Argument(argument)) => {
                return self.argument_fill(asking, argument, text, path, request);
            }
            Ok(Given::Identity(claim)) => fill::Source::Identity(claim.to_owned()),
            Ok(Given::Tenant) => fill::Source::Tenant(true),
            Ok(Given::Header(name)) => fill::Source::Header(name.to_lowercase()),
            Ok(Given::Context(key)) => fill::Source::Context(key.to_owned()),
        };
        let Some(leaf) = natural(&field.kind()).filter(|_| !field.is_map() && !field.is_list())
        else {
            return self.invalid_source(text, "it gives one text, which this field does not take");
        };
        let leaf = InputValue {
            cardinality: cardinality(field) as i32,
            value: Some(input_value::Value::Leaf(leaf)),
            map_key: None,
        };
        request.fill(
            numbers(path),
            Fill { path: numbers(path), source: Some(value), value: Some(leaf) },
        );
    }

    pub(super) fn invalid_source(&mut self, text: &Text, reason: &str) {
        self.fault(Fault::InvalidSource {
            text: text.value.clone(),
            reason: reason.to_owned(),
            span: text.span,
        });
    }

    fn parent_key(
        &mut self,
        asking: &Asking<'_>,
        parent_path: &str,
        span: Option<Span>,
        target: &[FieldDescriptor],
        request: &mut Request,
    ) {
        let place = Place { side: Side::Parent, argument: "with", span };
        let Some((part, repeated)) = self.parent_part(asking, parent_path, place) else { return };
        let Some(field) = target.last() else { return };
        let Some(part) = self.aim(asking, part, field, numbers(target), span) else { return };
        request.filled.push(numbers(target));
        request.many |= repeated;
        request.key.push(part);
    }

    /// A part of the key by its path in the parent, and whether the parent holds many of it.
    pub(super) fn parent_part(
        &mut self,
        asking: &Asking<'_>,
        path: &str,
        place: Place<'_>,
    ) -> Option<(KeyPart, bool)> {
        let mut part = KeyPart::default();
        match asking.parent {
            Parent::Message(message) => {
                let fields = self.path(message, path, place)?;
                let last = fields.last()?;
                part.path = numbers(&fields);
                part.scalar = scalar_of(&last.kind()) as i32;
                part.presence = last.supports_presence();
                Some((part, last.is_list()))
            }
            Parent::Synthetic(message) => {
                let Some(field) = message.field(path) else {
                    let message = message.facts();
                    let (name, argument) = (path.to_owned(), place.argument.to_owned());
                    let side = Side::Parent;
                    self.fault(Fault::UnknownField {
                        side,
                        name,
                        argument,
                        span: place.span,
                        message,
                    });
                    return None;
                };
                part.path = vec![field.number];
                part.scalar = field.leaf.scalar;
                part.presence = field.presence;
                Some((part, field.repeated))
            }
            Parent::Root | Parent::Key(_) => {
                let text = Text { value: format!("$parent.{path}"), span: place.span };
                self.invalid_source(&text, "there is no parent here; use `$args`");
                None
            }
        }
    }

    /// Says where the request takes a key part, if it takes such a thing.
    pub(super) fn aim(
        &mut self,
        asking: &Asking<'_>,
        mut part: KeyPart,
        field: &FieldDescriptor,
        target: Vec<u32>,
        span: Option<Span>,
    ) -> Option<KeyPart> {
        let target_scalar = scalar_of(&field.kind());
        if !super::batch::same_class(part.scalar(), target_scalar) {
            let reason = format!(
                "the parent gives {}, `{}` takes {}",
                word(part.scalar()),
                field.name(),
                word(target_scalar)
            );
            let proto = self.field_span(field);
            self.fault(Fault::KeyMismatch {
                coordinate: asking.at.coordinate(),
                reason,
                span,
                proto,
            });
            return None;
        }
        part.target = target;
        part.target_scalar = target_scalar as i32;
        Some(part)
    }

    fn argument_fill(
        &mut self,
        asking: &Asking<'_>,
        path: &str,
        text: &Text,
        target: &[FieldDescriptor],
        request: &mut Request,
    ) {
        let Some(ty) = self.argument_type(asking.at, path) else {
            return self.invalid_source(text, "the field has no such argument");
        };
        request.arguments.extend(path.split('.').next().map(str::to_owned));
        let Some(field) = target.last() else { return };
        let coordinate = format!("{}({path}:)", asking.at.coordinate());
        let side = TypeSide { coordinate: &coordinate, ty: &ty, span: text.span };
        let Some(value) = self.input_value(&side, field) else { return };
        let source = Some(fill::Source::Argument(path.to_owned()));
        request.fill(numbers(target), Fill { path: numbers(target), source, value: Some(value) });
    }

    /// The type of `page.size`: an argument, or a field of an input object in it.
    pub(super) fn argument_type(&self, at: &At, path: &str) -> Option<Type> {
        let mut segments = path.split('.');
        let name = segments.next()?;
        let argument = at.field.arguments.iter().find(|argument| argument.name == name)?;
        let mut ty = (*argument.ty).clone();
        for segment in segments {
            let input = self.type_of(ty.inner_named_type())?.as_input_object()?;
            ty = (*input.fields.get(segment)?.ty).clone();
        }
        Some(ty)
    }

    /// Arguments that no `with` mentions go where their names lead.
    fn arguments(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        request: &mut Request,
    ) {
        for argument in asking.at.field.arguments.clone() {
            if !request.arguments.iter().any(|used| argument.name == used.as_str()) {
                self.argument(asking, message, &argument, request);
            }
        }
    }

    fn argument(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        argument: &Node<InputValueDefinition>,
        request: &mut Request,
    ) {
        let name = argument.name.as_str();
        let span = self.span(argument.name.location());
        let text =
            Text { value: format!("$args.{name}"), span: self.type_span(&argument.ty).or(span) };
        if let Some(from) = Reader::find(self.schema(), &argument.directives, "from")
            .and_then(|from| from.text("path"))
        {
            let place = Place { side: Side::Request, argument: "path", span: from.span };
            if let Some(path) = self.path(message, &from.value, place) {
                self.argument_fill(asking, name, &text, &path, request);
            }
            return;
        }
        if let Some(field) = self.argument_field(asking, message, argument) {
            return self.argument_fill(asking, name, &text, &[field], request);
        }
        if self.type_of(argument.ty.inner_named_type()).is_some_and(|ty| ty.is_input_object())
            && !argument.ty.is_list()
        {
            return self.spread(asking, message, argument, request);
        }
        let (coordinate, argument) = (asking.at.coordinate(), name.to_owned());
        let message = self.facts(message);
        self.fault(Fault::UnmappedArgument { coordinate, argument, span, message });
    }

    /// The request field that an argument means: its name; for `id` also `book_id` of a `Book`; for an input object
    /// also the only field that holds such a message.
    fn argument_field(
        &self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        argument: &InputValueDefinition,
    ) -> Option<FieldDescriptor> {
        if let Some(field) = field_of(message, &argument.name) {
            return Some(field);
        }
        if argument.name == "id" {
            let of_type = format!("{}_id", snake(asking.ty.inner_named_type()));
            return message
                .get_field_by_name(&of_type)
                .or_else(|| message.get_field_by_name("name"));
        }
        let named = argument.ty.inner_named_type().as_str();
        self.type_of(named).filter(|ty| ty.is_input_object())?;
        let plain_name = named.strip_suffix("Input").unwrap_or(named);
        let mut same = message.fields().filter(|field| match field.kind() {
            Kind::Message(inner) => self.is_message_of(named, &inner) || inner.name() == plain_name,
            _ => false,
        });
        let first = same.next()?;
        same.next().is_none().then_some(first)
    }

    /// An input object that is the request: each of its fields is filled by itself.
    fn spread(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        argument: &InputValueDefinition,
        request: &mut Request,
    ) {
        let named = argument.ty.inner_named_type().as_str();
        let Some(input) = self.type_of(named).and_then(|ty| ty.as_input_object()) else { return };
        for field in input.fields.values() {
            let span = self.span(field.name.location());
            let path = format!("{}.{}", argument.name, field.name);
            let text =
                Text { value: format!("$args.{path}"), span: self.type_span(&field.ty).or(span) };
            match self.input_field_path(named, field, message) {
                Some(target) => self.argument_fill(asking, &path, &text, &target, request),
                None => continue,
            }
        }
    }

    /// Where the parent's key goes when there is no batch and no `$parent` in `with`.
    pub(super) fn key_of_one(
        &mut self,
        asking: &Asking<'_>,
        mut request: Request,
        key: Option<&Text>,
    ) -> Option<Request> {
        let message = asking.method.input();
        match asking.parent {
            Parent::Key(load) => {
                let target = match key {
                    Some(text) => {
                        let place =
                            Place { side: Side::Request, argument: "keys", span: text.span };
                        self.path(&message, &text.value, place)?
                    }
                    None => vec![self.only_key(asking, &message, &request)?],
                };
                let field = target.last()?;
                let part =
                    self.aim(asking, load.part.clone(), field, numbers(&target), asking.span)?;
                request.key.push(part);
                request.many = load.many;
            }
            Parent::Message(parent) if request.key.is_empty() => {
                if let Some((from, to)) = self.conventional_key(asking, parent, &message, &request)
                {
                    let part = KeyPart {
                        path: vec![from.number()],
                        scalar: scalar_of(&from.kind()) as i32,
                        presence: from.supports_presence(),
                        ..Default::default()
                    };
                    let part = self.aim(asking, part, &to, vec![to.number()], asking.span)?;
                    request.key.push(part);
                    request.many = from.is_list();
                }
            }
            _ => {}
        }
        Some(request)
    }

    fn only_key(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        request: &Request,
    ) -> Option<FieldDescriptor> {
        let free: Vec<FieldDescriptor> = message
            .fields()
            .filter(|field| {
                is_plain(field) && !field.is_list() && !request.fills_field(field.number())
            })
            .collect();
        let by_name = free.iter().find(|field| field.name() == "id");
        if let Some(field) = by_name.or(free.first().filter(|_| free.len() == 1)) {
            return Some(field.clone());
        }
        let candidates = free.iter().map(|field| field.name().to_owned()).collect();
        let (coordinate, message) = (asking.at.coordinate(), self.facts(message));
        self.fault(Fault::AmbiguousBatch {
            coordinate,
            part: "keys",
            span: asking.span,
            message,
            candidates,
        });
        None
    }

    /// `book_id` of the request from `book_id`, or from `id` of a `Book`; `id` of the request from `author_id` where
    /// the field is `author`.
    fn conventional_key(
        &self,
        asking: &Asking<'_>,
        parent: &MessageDescriptor,
        message: &MessageDescriptor,
        request: &Request,
    ) -> Option<(FieldDescriptor, FieldDescriptor)> {
        let keys = message.fields().filter(|field| is_plain(field) && !field.is_list());
        let keys = keys.filter(|field| !request.fills_field(field.number()));
        let mut keys = keys.filter(|field| field.name() == "id" || field.name().ends_with("_id"));
        let key = keys.next()?;
        if keys.next().is_some() {
            return None;
        }
        let from = super::batch::conventional_parent(asking.at, parent, key.name())?;
        Some((from, key))
    }
}

/// The argument that a text in `with` uses.
fn argument_in(value: &Value) -> Option<String> {
    value.as_str()?.strip_prefix("$args.")?.split('.').next().map(str::to_owned)
}

fn given(text: &str) -> Result<Given<'_>, &'static str> {
    let (source, path) = match text[1..].split_once('.') {
        Some((source, path)) => (source, Some(path)),
        None => (&text[1..], None),
    };
    let path = path.filter(|path| !path.is_empty());
    match (source, path) {
        ("tenant", None) => Ok(Given::Tenant),
        ("tenant", Some(_)) => Err("`$tenant` has no parts"),
        ("parent", Some(path)) => Ok(Given::Parent(path)),
        ("args", Some(path)) => Ok(Given::Argument(path)),
        ("identity", Some(path)) => Ok(Given::Identity(path)),
        ("header", Some(path)) => Ok(Given::Header(path)),
        ("context", Some(path)) => Ok(Given::Context(path)),
        ("parent" | "args" | "identity" | "header" | "context", None) => {
            Err("say which part: `$args.id`, `$identity.sub`")
        }
        _ => Err("there is no such source; `$$` is a dollar"),
    }
}

/// A scalar as people call it.
pub(super) fn word(scalar: crate::contract::Scalar) -> String {
    format!("{scalar:?}").to_lowercase()
}
