//! What is said of a JSON text that is no GraphQL request.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Body;
use crate::error::{Code, Error};

const ACCEPTED: &str = r#"send one object, like {"query": "{ field }"}"#;

/// What is wrong with a text that was refused: all of it, by the names of the members.
pub(super) fn of(place: &str, text: &[u8]) -> Error {
    Error::new(Code::BadRequest, format!("{place} is {}", reason(text)))
}

fn reason(text: &[u8]) -> String {
    match serde_json::from_slice::<&RawValue>(text).map(|value| kind(value.get())) {
        Err(_) if text.trim_ascii().is_empty() => format!("not JSON: it is empty; {ACCEPTED}"),
        Err(error) => format!("not JSON: {error}"),
        Ok("an object") => of_object(text),
        Ok(kind) => format!("not a GraphQL request: it is {kind}; {ACCEPTED}"),
    }
}

fn of_object(text: &[u8]) -> String {
    let faults = serde_json::from_slice(text).map(|members: Members<'_>| members.faults());
    match faults {
        Ok(faults) if !faults.is_empty() => format!("not a GraphQL request: {}", faults.join("; ")),
        // A member comes twice.
        Err(error) => format!("not a GraphQL request: {error}"),
        // A half of a character.
        Ok(_) => {
            let error = serde_json::from_slice::<Body<'_>>(text).err();
            format!("not JSON: {}", error.map_or_else(String::new, |error| error.to_string()))
        }
    }
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    query: Option<&'a RawValue>,
    #[serde(borrow, rename = "operationName")]
    operation_name: Option<&'a RawValue>,
    #[serde(borrow)]
    variables: Option<&'a RawValue>,
    #[serde(borrow)]
    extensions: Option<&'a RawValue>,
}

impl Members<'_> {
    fn faults(&self) -> Vec<String> {
        let members = [
            ("query", self.query, "a string"),
            ("operationName", self.operation_name, "a string"),
            ("variables", self.variables, "an object"),
            ("extensions", self.extensions, "an object"),
        ];
        let fault = |(name, value, accepted): (_, Option<&RawValue>, _)| {
            let found = kind(value?.get());
            let fits = found == accepted || found == "null";
            (!fits).then(|| format!("`{name}` must be {accepted}, and is {found}"))
        };
        members.into_iter().filter_map(fault).collect()
    }
}

/// What a JSON value is.
pub(in crate::server) fn kind(value: &str) -> &'static str {
    match value.trim_ascii_start().bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::{super::from_body, *};

    /// What is said of a body, as a whole.
    #[track_caller]
    fn refused(text: &str, message: &str) {
        let error = from_body(text.as_bytes()).unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::BadRequest, message));
    }

    #[test]
    fn who_sends_no_object_is_told_what_a_request_is() {
        for (text, found) in [
            (r#""x""#, "a string"),
            ("[]", "a list"),
            (r#" [{"query":"{a}"}]"#, "a list"),
            (" 3 ", "a number"),
            ("-1.5", "a number"),
            ("true", "a boolean"),
            ("null", "null"),
        ] {
            let accepted = r#"send one object, like {"query": "{ field }"}"#;
            refused(text, &format!("the body is not a GraphQL request: it is {found}; {accepted}"));
        }
        let message =
            r#"the body is not JSON: it is empty; send one object, like {"query": "{ field }"}"#;
        refused("", message);
        refused(
            r#"{"query":"\ud800"}"#,
            "the body is not JSON: unexpected end of hex escape at line 1 column 17",
        );
        refused(" \n", message);
    }

    #[test]
    fn members_of_a_wrong_kind_are_told_by_name_and_all_at_once() {
        refused(
            r#"{"query":1,"variables":"{}","extensions":[],"operationName":null}"#,
            "the body is not a GraphQL request: `query` must be a string, and is a number; `variables` must be an object, \
             and is a string; `extensions` must be an object, and is a list",
        );
        refused(
            r#"{"query":"{a}","query":"{b}"}"#,
            "the body is not a GraphQL request: duplicate field `query` at line 1 column 22",
        );
    }
}
