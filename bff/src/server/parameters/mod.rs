//! The four parameters of a GraphQL request, from a body or from a query string, borrowed where they can be.

mod fault;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

pub(super) use self::fault::kind;
use crate::error::{Code, Error, Result};

/// The longest id that a client may give an operation: it is kept while the operation lasts, and comes back with every answer.
pub(super) const LONGEST_ID: usize = 128;

/// What a client asks.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    pub(super) query: Cow<'a, str>,
    pub(super) operation_name: Option<Cow<'a, str>>,
    /// A JSON object, as it came.
    pub(super) variables: Option<Cow<'a, RawValue>>,
    /// A JSON object, as it came.
    extensions: Option<Cow<'a, RawValue>>,
}

impl Parameters<'_> {
    /// What a client of graphql-sse calls the operation.
    ///
    /// # Errors
    ///
    /// [`Code::BadRequest`] where it has no name, or one that is too long.
    pub(super) fn operation_id(&self) -> Result<String> {
        #[derive(Deserialize)]
        struct Extensions {
            #[serde(rename = "operationId")]
            operation_id: String,
        }
        let extensions = self.extensions.as_deref().map_or("{}", RawValue::get);
        match serde_json::from_str(extensions) {
            Ok(Extensions { operation_id }) if operation_id.len() > LONGEST_ID => {
                let message = format!("`extensions.operationId` has more than {LONGEST_ID} bytes");
                Err(Error::new(Code::BadRequest, message))
            }
            Ok(Extensions { operation_id }) if !operation_id.is_empty() => Ok(operation_id),
            _ => {
                let message =
                    "`extensions.operationId` is missing; it must be a string that is not empty";
                Err(Error::new(Code::BadRequest, message))
            }
        }
    }
}

/// A JSON body. Members that we do not know are ignored, as the specification demands; a member given twice is refused, since
/// two readers could take it for two different requests.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    query: Option<Text<'a>>,
    #[serde(borrow, default, rename = "operationName")]
    operation_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    variables: Option<Object<'a>>,
    #[serde(borrow, default)]
    extensions: Option<Object<'a>>,
}

/// A string. serde borrows a `Cow` only where it stands by itself, not inside of an `Option`.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A JSON object, unread.
struct Object<'a>(&'a RawValue);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('{') {
            return Ok(Self(raw));
        }
        Err(de::Error::custom("an object is expected"))
    }
}

/// The parameters in a JSON body.
///
/// # Errors
///
/// [`Code::BadRequest`] where it is not JSON, or not a GraphQL request.
pub(super) fn from_body(body: &[u8]) -> Result<Parameters<'_>> {
    from_json("the body", body)
}

/// The parameters in a JSON text, which a message calls so.
///
/// # Errors
///
/// [`Code::BadRequest`] where it is not JSON, or not a GraphQL request.
pub(super) fn from_json<'a>(place: &str, text: &'a [u8]) -> Result<Parameters<'a>> {
    // serde would take a list for an object whose members have no names, and does not look at what it passes over.
    let object = std::str::from_utf8(text).ok().filter(|it| it.trim_ascii_start().starts_with('{'));
    let body = object.and_then(|object| serde_json::from_str(object).ok());
    let body: Body<'_> = body.ok_or_else(|| fault::of(place, text))?;
    let Some(Text(query)) = body.query else {
        return Err(missing_query());
    };
    Ok(Parameters {
        query,
        operation_name: body.operation_name.map(|Text(name)| name),
        variables: body.variables.map(|Object(raw)| Cow::Borrowed(raw)),
        extensions: body.extensions.map(|Object(raw)| Cow::Borrowed(raw)),
    })
}

fn missing_query() -> Error {
    Error::new(Code::BadRequest, "the parameter `query` is missing; it must be a string")
}

/// The parameters in the query string of a URL. An optional one that is empty counts as absent.
///
/// # Errors
///
/// [`Code::BadRequest`] where it is not a GraphQL request.
pub(super) fn from_query_string(text: &str) -> Result<Parameters<'_>> {
    if !is_utf8(text) {
        return Err(Error::new(Code::BadRequest, "the parameters are not UTF-8"));
    }
    let [mut query, mut operation_name, mut variables, mut extensions] = [const { None }; 4];
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let parameter = match &*name {
            "query" => &mut query,
            "operationName" => &mut operation_name,
            "variables" => &mut variables,
            "extensions" => &mut extensions,
            _ => continue,
        };
        if parameter.replace(value).is_some() {
            return Err(Error::new(
                Code::BadRequest,
                format!("the parameter `{name}` is given twice"),
            ));
        }
    }
    let extensions = json_object("extensions", extensions)?.map(Cow::Owned);
    Ok(Parameters {
        query: query.ok_or_else(missing_query)?,
        operation_name: operation_name.filter(|name: &Cow<'_, str>| !name.is_empty()),
        variables: json_object("variables", variables)?.map(Cow::Owned),
        extensions,
    })
}

/// Whether the text is UTF-8 behind its percent signs; what reads it puts other characters in place of what is not.
fn is_utf8(text: &str) -> bool {
    let hex = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        let escaped = if *byte == b'%' { hex(at + 1) } else { None };
        bytes.push(escaped.unwrap_or(*byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    std::str::from_utf8(&bytes).is_ok()
}

fn json_object(name: &str, text: Option<Cow<'_, str>>) -> Result<Option<Box<RawValue>>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let fault = |reason: &str| {
        Error::new(
            Code::BadRequest,
            format!("the parameter `{name}` must be a JSON object: {reason}"),
        )
    };
    let value: Box<RawValue> =
        serde_json::from_str(&text).map_err(|error| fault(&error.to_string()))?;
    match value.get() {
        "null" => Ok(None),
        object if object.starts_with('{') => Ok(Some(value)),
        other => Err(fault(&format!("it begins with `{}`", &other[..1]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

    fn check(found: Result<Parameters<'_>>, outcome: Result<Seen<'_>, &str>) {
        match (found, outcome) {
            (Ok(found), Ok((query, name, variables))) => {
                assert_eq!(found.query, query);
                assert_eq!(found.operation_name.as_deref(), name);
                assert_eq!(found.variables.as_deref().map(RawValue::get), variables);
            }
            (Err(found), Err(message)) => {
                assert_eq!(found.code(), Code::BadRequest);
                assert!(found.message().starts_with(message), "{}", found.message());
            }
            (found, outcome) => panic!("{found:?} is not {outcome:?}"),
        }
    }

    fn body(text: &str, outcome: Result<Seen<'_>, &str>) {
        check(from_body(text.as_bytes()), outcome);
    }

    #[test]
    fn a_body_has_up_to_four_parameters() {
        body(r#"{"query":"{a}"}"#, Ok(("{a}", None, None)));
        body(
            r#" { "variables" : {"x": [1]}, "operationName":"Q", "extensions":{}, "query":"{\u0061}" } "#,
            Ok(("{a}", Some("Q"), Some(r#"{"x": [1]}"#))),
        );
    }

    #[test]
    fn null_is_the_same_as_absent() {
        body(
            r#"{"query":"{a}","variables":null,"operationName":null,"extensions":null}"#,
            Ok(("{a}", None, None)),
        );
        body(r#"{"query":null}"#, Err("the parameter `query` is missing"));
    }

    #[test]
    fn unknown_members_are_ignored() {
        body(r#"{"query":"{a}","id":7,"doc":{"query":"{b}"}}"#, Ok(("{a}", None, None)));
    }

    #[test]
    fn the_query_is_borrowed_where_it_has_no_escapes() {
        let text = r#"{"query":"{a}","operationName":"Q"}"#;
        let found = from_body(text.as_bytes()).unwrap();
        assert!(matches!(found.query, Cow::Borrowed(_)));
        assert!(matches!(found.operation_name, Some(Cow::Borrowed(_))));
    }

    #[test]
    fn wrong_types_and_doubled_members_are_refused() {
        let refused = "the body is not a GraphQL request";
        for text in [
            r#"{"query":1}"#,
            r#"{"query":{}}"#,
            r#"{"query":"{a}","operationName":1}"#,
            r#"{"query":"{a}","variables":"{}"}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","extensions":0}"#,
            r#"{"query":"{a}","query":"{b}"}"#,
            r#"{"query":"{a}","variables":{},"variables":{}}"#,
            "[]",
            r#" ["{a}"]"#,
            r#"[{"query":"{a}"}]"#,
            "7",
        ] {
            body(text, Err(refused));
        }
        body("{}", Err("the parameter `query` is missing"));
        body(r#"{"qeury":"{a}"}"#, Err("the parameter `query` is missing"));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in
            ["", "NONSENSE", r#"{"query":"#, r#"{"query":"{a}"} x"#, "{\"query\":\"\u{1}\"}"]
        {
            body(text, Err("the body is not JSON"));
        }
        check(from_body(b"{\"query\":\"\xff\"}"), Err("the body is not JSON"));
        let ignored = b"{\"query\":\"{a}\",\"id\":{\"\xff\":1}}";
        check(from_body(ignored), Err("the body is not JSON: invalid unicode code point"));
    }

    #[test]
    fn a_query_string_has_the_same_parameters() {
        let found = |text| from_query_string(text);
        check(found("query=%7Ba%7D&x=1"), Ok(("{a}", None, None)));
        check(
            found("query=query+Q%7Ba%7D&operationName=Q&variables=%7B%22x%22%3A1%7D"),
            Ok(("query Q{a}", Some("Q"), Some(r#"{"x":1}"#))),
        );
        check(found("query={a}&operationName=&variables=&extensions="), Ok(("{a}", None, None)));
        check(found("query={a}&operationName=null"), Ok(("{a}", Some("null"), None)));
        check(found(""), Err("the parameter `query` is missing"));
        check(
            found("query={a}&variables=[]"),
            Err("the parameter `variables` must be a JSON object"),
        );
        check(
            found("query={a}&extensions=x"),
            Err("the parameter `extensions` must be a JSON object"),
        );
        check(found("query={a}&query={b}"), Err("the parameter `query` is given twice"));
        check(found("query={%C3%BC}&x=%"), Ok(("{ü}", None, None)));
        check(found("query=%ff%fe"), Err("the parameters are not UTF-8"));
    }
}
