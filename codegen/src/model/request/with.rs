//! `with`: an object of constants and sources.

use apollo_compiler::Node;
use apollo_compiler::ast::Value;
use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::{Filling, Request};
use crate::contract::{Fill, InputValue, fill, input_value};
use crate::model::binder::{At, Binder};
use crate::model::call::{Asking, Parent};
use crate::model::directives::{Argument, Text};
use crate::model::fault::Side;
use crate::model::leaf::natural;
use crate::model::path::{Place, numbers, singular_message};
use crate::model::selection::Selecting;
use crate::model::value::cardinality;

/// What a text with a dollar means: `$args.page.size`.
enum Given<'a> {
    Parent(&'a str),
    Argument(&'a str),
    Identity(&'a str),
    Tenant,
    Header(&'a str),
    Context(&'a str),
    Selection(Option<&'a str>),
}

impl Binder<'_> {
    pub(in crate::model) fn with(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        with: &Argument,
        prefix: &mut Vec<FieldDescriptor>,
        request: &mut Request,
    ) {
        for (name, value) in with.value.as_object().unwrap_or_default() {
            let span = self.span(value.location()).or(with.span);
            let name_span = self.span(name.location()).or(span);
            let place = Place { side: Side::Request, argument: "with", span: name_span };
            let Some(path) = self.path(message, name, place) else {
                // The argument has a place, if a wrong one: it is not to be looked for by name.
                arguments_in(value, &mut request.arguments);
                continue;
            };
            let Some(field) = path.last().cloned() else { continue };
            // Beside keys that stand in a message other fields of it may be filled.
            let leads_to_keys = request.keys.strip_prefix(&**prefix).is_some_and(|keys| {
                let is_whole = keys.len() == 1 || value.as_object().is_none();
                keys.first() == Some(&field) && is_whole
            });
            if leads_to_keys {
                let text = Text { value: name.to_string(), span: name_span };
                let reason = match value.as_str().filter(|text| text.starts_with("$parent.")) {
                    Some(path) => format!(
                        "the keys of all parents go here: `@batch(key: \"{path}\")` says what each gives"
                    ),
                    None => "the keys of all parents go here".to_owned(),
                };
                self.invalid_source(&text, &reason);
                continue;
            }
            prefix.push(field.clone());
            let inner = singular_message(&field).filter(|_| natural(&field.kind()).is_none());
            match (inner, &**value) {
                (Some(inner), Value::Object(fields)) if !fields.is_empty() => {
                    let with = Argument { value: value.clone(), span };
                    self.with(asking, &inner, &with, prefix, request);
                }
                (_, Value::String(text)) if is_source(text) => {
                    let text = Text { value: text.clone(), span };
                    self.given(asking, &text, prefix, request);
                }
                _ => {
                    self.sources_inside(value);
                    arguments_in(value, &mut request.arguments);
                    self.constant_fill(asking.at, value, span, prefix, request);
                }
            }
            prefix.pop();
        }
    }

    /// What is wrong with sources in themselves, wherever a request may take them.
    pub(in crate::model) fn with_sources(&mut self, at: &At, parent: &Parent<'_>, with: &Argument) {
        for (_, value) in with.value.as_object().unwrap_or_default() {
            let span = self.span(value.location()).or(with.span);
            if value.as_object().is_some() {
                self.with_sources(at, parent, &Argument { value: value.clone(), span });
            }
            if value.as_list().is_some() {
                self.sources_inside(value);
            }
            let source = value.as_str().filter(|text| is_source(text));
            let Some(text) = source.map(|text| Text { value: text.to_owned(), span }) else {
                continue;
            };
            match given(&text.value) {
                Err(reason) => self.invalid_source(&text, reason),
                Ok(Given::Parent(path)) => {
                    let place = Place { side: Side::Parent, argument: "with", span };
                    self.parent_part(parent, path, place);
                }
                Ok(Given::Argument(path)) => {
                    if let Err(reason) = self.argument_type(at, path) {
                        self.invalid_source(&text, reason);
                    }
                }
                Ok(_) => {}
            }
        }
    }

    /// A list, a map or JSON is a constant as a whole.
    fn sources_inside(&mut self, constant: &Node<Value>) {
        match &**constant {
            Value::String(text) if is_source(text) => {
                let text = Text { value: text.clone(), span: self.span(constant.location()) };
                self.invalid_source(
                    &text,
                    "it stands in a constant: a source fills a whole field, and `$$` begins a text with a dollar",
                );
            }
            Value::List(values) => values.iter().for_each(|value| self.sources_inside(value)),
            Value::Object(fields) => {
                fields.iter().for_each(|(_, value)| self.sources_inside(value));
            }
            _ => {}
        }
    }

    fn given(
        &mut self,
        asking: &Asking<'_>,
        text: &Text,
        path: &[FieldDescriptor],
        request: &mut Request,
    ) {
        let Some(field) = path.last() else { return };
        let value = match given(&text.value) {
            Err(reason) => return self.invalid_source(text, reason),
            Ok(Given::Parent(_)) if !request.keys.is_empty() => {
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
            Ok(Given::Selection(within)) => {
                return self.select(text, within, path, request);
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
        let filling = Filling::part(path, text);
        let path = numbers(path);
        request.fill(filling, Fill { path, source: Some(value), value: Some(leaf), required: 0 });
    }
}

impl Binder<'_> {
    fn select(
        &mut self,
        text: &Text,
        within: Option<&str>,
        path: &[FieldDescriptor],
        request: &mut Request,
    ) {
        let (target, within) = (path.to_vec(), within.map(str::to_owned));
        let selecting = Selecting { target, within, text: text.clone() };
        self.check_mask(&selecting);
        if request.selecting.is_some() {
            return self.invalid_source(text, "a request takes one mask of what is read");
        }
        request.fillings.push(Filling::part(path, text));
        request.selecting = Some(selecting);
    }
}

/// Whether a request can have a header of that name.
pub(in crate::model) fn is_header(name: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_sign)
}

fn is_source(text: &str) -> bool {
    text.starts_with('$') && !text.starts_with("$$")
}

/// Adds the arguments that a value in `with` uses.
fn arguments_in(value: &Value, arguments: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let path = text.strip_prefix("$args.");
            arguments.extend(path.and_then(|path| path.split('.').next()).map(str::to_owned));
        }
        Value::List(values) => values.iter().for_each(|value| arguments_in(value, arguments)),
        Value::Object(fields) => {
            fields.iter().for_each(|(_, value)| arguments_in(value, arguments));
        }
        _ => {}
    }
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
        ("selection", within) => Ok(Given::Selection(within)),
        ("parent", Some(path)) => Ok(Given::Parent(path)),
        ("args", Some(path)) => Ok(Given::Argument(path)),
        ("identity", Some(path)) => Ok(Given::Identity(path)),
        ("header", Some(path)) if !is_header(path) => {
            Err("a header's name has letters, digits and `-`")
        }
        ("header", Some(path)) => Ok(Given::Header(path)),
        ("context", Some(path)) => Ok(Given::Context(path)),
        ("parent" | "args" | "identity" | "header" | "context", None) => {
            Err("say which part: `$args.id`, `$identity.sub`")
        }
        _ => Err("there is no such source; `$$` is a dollar"),
    }
}
