//! What async-graphql answered, as bytes and errors of ours.

use std::any::Any;

use async_graphql::{PathSegment, Pos, Response, ServerError};
use bytes::Bytes;

use super::write;
use crate::{
    error::{Code, Error, Result},
    operation::{Field, Location},
    transcoder::{self, FieldError, Spliced},
};

/// The value of the field that was asked for, and what was wrong inside.
pub(super) fn spliced(response: Response, field: &Field) -> Result<Spliced> {
    let mut json = Vec::new();
    let is_void = write::member(&mut json, &response.data, field).is_err();
    let errors: Vec<FieldError> =
        response.errors.into_iter().map(|error| field_error(error, field)).collect();
    if is_void {
        json.clear();
        json.extend_from_slice(b"null");
        if errors.is_empty() {
            let message = "there is no value, and null may not stand here";
            return Err(Error::new(Code::NullValue, message));
        }
    }
    Ok(Spliced { json: Bytes::from(json), errors })
}

fn field_error(error: ServerError, field: &Field) -> FieldError {
    let location = match error.locations.first() {
        Some(Pos { line, column }) => {
            let number = |number: &usize| u32::try_from(*number).unwrap_or(u32::MAX);
            Location { line: number(line), column: number(column) }
        }
        None => field.location,
    };
    let segment = |segment: &PathSegment| match segment {
        PathSegment::Field(name) => transcoder::PathSegment::Key(name.as_str().into()),
        PathSegment::Index(index) => {
            transcoder::PathSegment::Index(u32::try_from(*index).unwrap_or(u32::MAX))
        }
    };
    let path: Vec<_> = match error.path.as_slice() {
        // What is wrong with the document is wrong with the field.
        [] => vec![transcoder::PathSegment::Key(field.response_key.as_str().into())],
        path => path.iter().map(segment).collect(),
    };
    FieldError { path, location, error: told(error), step: None }
}

/// What a client may read of an error: all of those that were made for GraphQL or are ours. One that only came by with `?`
/// says more of the program than of the request: its text is for the log.
fn told(error: ServerError) -> Error {
    let ServerError { message, source, extensions, .. } = error;
    let source: Option<&(dyn Any + Send + Sync)> = source.as_deref().map(|it| it as _);
    if let Some(own) = source.and_then(|source| source.downcast_ref::<Error>()) {
        return own.clone();
    }
    let is_text = |source: &(dyn Any + Send + Sync)| source.is::<String>() || source.is::<&str>();
    if extensions.is_none() && source.is_some_and(|source| !is_text(source)) {
        return Error::with_source(Code::Internal, "the field could not be answered", message);
    }
    let values = extensions.and_then(|values| serde_json::to_value(values).ok());
    let values = match values {
        Some(serde_json::Value::Object(values)) => values,
        _ => serde_json::Map::new(),
    };
    let code = values.get("code").and_then(serde_json::Value::as_str).and_then(Code::from_name);
    let code = code.unwrap_or(match is_of_an_argument(&message) && source.is_none() {
        true => Code::BadUserInput,
        false => Code::Unknown,
    });
    let error = Error::new(code, message);
    values.into_iter().fold(error, |error, (name, value)| error.with_extension(name, value))
}

/// Whether async-graphql says that it could not read an argument, or that a validator refused it. Only its words tell.
fn is_of_an_argument(message: &str) -> bool {
    ["Failed to parse \"", "Invalid value for argument"]
        .iter()
        .any(|lead| message.starts_with(lead))
}
