//! What a request asks for: keys, how many, and everything else as a name for the question.

use std::{fmt::Write as _, sync::Arc};

use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

use super::{
    given::datum,
    hash::Hash,
    tables::{Keys, Method, Role, Tables},
    values::words,
    wire::Datum,
};
use crate::error::{Code, Error, Result};

/// A request, read.
#[derive(Debug)]
pub(super) struct Request<'a> {
    method: &'a Method,
    pub(super) message: DynamicMessage,
    /// The field that is most likely asked.
    pub(super) role: &'a Role,
    /// For a batch: each key in its parts.
    pub(super) batch: Vec<Vec<Datum>>,
    /// The key of the object, or of the parent, that is asked for.
    pub(super) key: Option<String>,
    /// The keys of the objects that are asked for.
    pub(super) keys: Option<Vec<String>>,
    /// How long a list may be.
    pub(super) page: Option<usize>,
    /// All arguments but those about pages, as a name.
    pub(super) question: String,
}

/// How many bytes of a mutation's request its promised payload takes along.
const TAKEN_ALONG: usize = 16 * 1024;

/// No page is longer, whatever a request asks for: services have such a limit too.
pub(super) const LONGEST: usize = 100;

impl<'a> Request<'a> {
    pub(super) fn read(method: &'a Method, bytes: &[u8]) -> Result<Self> {
        let message = DynamicMessage::decode(method.input.clone(), bytes).map_err(|error| {
            Error::with_source(Code::InvalidArgument, "the mock cannot read this request", error)
        })?;
        let role = role(method, &message);
        let mut request = Self {
            method,
            role,
            batch: Vec::new(),
            key: None,
            keys: None,
            page: page(&message),
            question: short(question(&message)),
            message,
        };
        match &role.keys {
            Keys::Batch { path, parts } => request.batch = batch(&request.message, path, parts),
            Keys::Parts(parts) => {
                let parts = parts.iter().filter_map(|path| at(&request.message, path));
                let parts: Vec<String> =
                    parts.filter_map(|value| datum(&value)).map(|part| part.key()).collect();
                request.key = Some(parts.join("/"));
            }
            Keys::Named { one, many } => {
                let one = one.as_ref().and_then(|path| at(&request.message, path));
                request.key = one
                    .and_then(|value| datum(&value))
                    .map(|key| key.key())
                    .filter(|key| !key.is_empty());
                let many = many
                    .as_ref()
                    .and_then(|field| at(&request.message, std::slice::from_ref(field)));
                request.keys = many.map(|keys| scalars(&keys)).filter(|keys| !keys.is_empty());
            }
        }
        Ok(request)
    }
}

impl Request<'_> {
    /// The request as a text that [`Self::rewritten`] reads. `None` for one that is too long to be taken along.
    pub(super) fn written(&self) -> Option<Arc<str>> {
        let bytes = self.message.encode_to_vec();
        if bytes.len() > TAKEN_ALONG {
            return None;
        }
        let mut text = format!("{}/{}/", self.method.service, self.method.name);
        for byte in bytes {
            write!(text, "{byte:02x}").expect("a String takes every text");
        }
        Some(text.into())
    }

    /// The request that a text of [`Self::written`] means.
    pub(super) fn rewritten(tables: &Tables, text: &str) -> Option<DynamicMessage> {
        let mut parts = text.splitn(3, '/');
        let method = tables.method(parts.next()?, parts.next()?)?;
        let digits = parts.next()?;
        let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
        DynamicMessage::decode(method.input.clone(), bytes?.as_slice()).ok()
    }
}

/// The first field whose keys are in the request.
fn role<'a>(method: &'a Method, message: &DynamicMessage) -> &'a Role {
    let is_asked = |role: &&Role| match &role.keys {
        Keys::Batch { path, .. } => at(message, path)
            .is_some_and(|keys| keys.as_list().is_some_and(|keys| !keys.is_empty())),
        Keys::Parts(_) | Keys::Named { .. } => true,
    };
    method.roles.iter().find(is_asked).unwrap_or(&method.roles[0])
}

/// The value at a path; `None` where a message or a field with presence is absent.
fn at(message: &DynamicMessage, path: &[FieldDescriptor]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    if first.supports_presence() && !message.has_field(first) {
        return None;
    }
    let value = message.get_field(first);
    if rest.is_empty() {
        return Some(value.into_owned());
    }
    at(value.as_message()?, rest)
}

fn batch(
    message: &DynamicMessage,
    path: &[FieldDescriptor],
    parts: &[Vec<FieldDescriptor>],
) -> Vec<Vec<Datum>> {
    let keys = at(message, path);
    let keys = keys.as_ref().and_then(Value::as_list).unwrap_or_default();
    let of_key = |key: &Value| match key.as_message() {
        Some(key) => parts
            .iter()
            .map(|path| {
                at(key, path).and_then(|value| datum(&value)).unwrap_or(Datum::Text(String::new()))
            })
            .collect(),
        None => datum(key).into_iter().collect(),
    };
    keys.iter().map(of_key).collect()
}

fn scalars(list: &Value) -> Vec<String> {
    let items = list.as_list().unwrap_or_default();
    items.iter().filter_map(datum).map(|item| item.key()).collect()
}

/// The length that `first`, `pageSize`, `page: {size: …}` and their like ask for.
fn page(message: &DynamicMessage) -> Option<usize> {
    let of_field = |(field, value): (FieldDescriptor, &Value)| {
        if !is_page_size(&field) {
            return page(value.as_message()?);
        }
        let size = datum(value)?.number()?;
        Some(usize::try_from(size).unwrap_or(0).min(LONGEST))
    };
    message.fields().find_map(of_field)
}

fn is_page_size(field: &FieldDescriptor) -> bool {
    const SIZES: &[&str] =
        &["first", "last", "limit", "page size", "per page", "max results", "take", "top"];
    const INSIDE: &[&str] = &["size", "count", "first", "limit"];
    let name = words(field.name()).join(" ");
    let message = words(field.parent_message().name());
    let inside = message.first().is_some_and(|word| word.starts_with("pag"));
    SIZES.contains(&name.as_str()) || (inside && INSIDE.contains(&name.as_str()))
}

/// The arguments as a text. A list's length is not part of it, so that a longer page begins as a shorter one does.
fn question(message: &DynamicMessage) -> String {
    let mut fields: Vec<(FieldDescriptor, &Value)> =
        message.fields().filter(|(field, _)| !is_page_size(field)).collect();
    fields.sort_by_key(|(field, _)| field.number());
    let mut text = String::new();
    for (field, value) in fields {
        let said = said(value);
        if !said.is_empty() {
            write!(text, "{}={said};", field.name()).expect("a String takes every text");
        }
    }
    text
}

/// Questions become part of keys, which travel in requests.
fn short(question: String) -> String {
    if question.len() <= 64 {
        return question;
    }
    format!("{:016x}", Hash::new(0).text(&question).draw().next())
}

fn said(value: &Value) -> String {
    match value {
        Value::Message(message) => question(message),
        Value::List(items) => items.iter().map(said).collect::<Vec<_>>().join(","),
        Value::Map(map) => {
            let mut entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key:?}:{}", said(value))).collect();
            entries.sort();
            entries.join(",")
        }
        scalar => datum(scalar).map(|datum| datum.key()).unwrap_or_default(),
    }
}
