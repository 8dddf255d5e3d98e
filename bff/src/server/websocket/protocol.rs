//! The messages of graphql-transport-ws, and the codes with which a server closes a connection. 4004, 4005 and 4504 are said by
//! clients, which are answered with a goodbye; 4499 is what the library calls a connection that it cut itself.
//!
//! Source: `PROTOCOL.md` of enisdenjo/graphql-ws, for 4500 its server, and for what is no message RFC 6455, section 7.4.1.

use std::{borrow::Cow, fmt};

use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::{Error as Fault, error::ProtocolError};

use crate::server::{
    config::Header,
    parameters::{self, LONGEST_ID, Parameters},
};

/// The name of the subprotocol.
pub(super) const NAME: &str = "graphql-transport-ws";

/// What a client says.
pub(super) enum Message<'a> {
    ConnectionInit { payload: Option<&'a RawValue> },
    Ping { payload: Option<&'a RawValue> },
    Pong,
    Subscribe { id: Cow<'a, str>, parameters: Parameters<'a> },
    Complete { id: Cow<'a, str> },
}

/// Why a connection is closed by us.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: Cow<'static, str>,
}

impl Close {
    pub(super) const NORMAL: Self = Self::new(1000, "");
    pub(super) const GOING_AWAY: Self = Self::new(1001, "Going away");
    pub(super) const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    pub(super) const FORBIDDEN: Self = Self::new(4403, "Forbidden");
    pub(super) const NO_SUBPROTOCOL: Self = Self::new(4406, "Subprotocol not acceptable");
    pub(super) const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    pub(super) const TOO_MANY_INITS: Self = Self::new(4429, "Too many initialisation requests");
    pub(super) const INTERNAL: Self = Self::new(4500, "Internal server error");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    pub(super) fn bad_message(reason: impl Into<String>) -> Self {
        Self { code: 4400, reason: Cow::Owned(shortened(reason.into())) }
    }

    /// For frames in which no message can be read; nothing where the client is gone.
    pub(super) fn of_fault(fault: &Fault) -> Option<Self> {
        let (code, reason) = match fault {
            Fault::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
            Fault::Protocol(fault) => (1002, fault.to_string()),
            Fault::Utf8(_) => (1007, fault.to_string()),
            Fault::Capacity(fault) => (1009, fault.to_string()),
            _ => return None,
        };
        Some(Self { code, reason: Cow::Owned(shortened(reason)) })
    }

    pub(super) fn duplicate(id: &str) -> Self {
        let reason = shortened(format!("Subscriber for {id} already exists"));
        Self { code: 4409, reason: Cow::Owned(reason) }
    }
}

/// As long as a frame that closes a connection may be: 125 bytes with the code (RFC 6455, 5.5).
fn shortened(mut reason: String) -> String {
    const LONGEST: usize = 123;
    if reason.len() > LONGEST {
        reason.truncate(reason.floor_char_boundary(LONGEST - '…'.len_utf8()));
        reason.push('…');
    }
    reason
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

/// serde borrows a `Cow` only where it stands by itself, not inside of an `Option`.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads a message.
///
/// # Errors
///
/// 4400, with what is wrong.
pub(super) fn read(text: &str) -> Result<Message<'_>, Close> {
    let refused = |error| Close::bad_message(format!("the message cannot be read: {error}"));
    // serde would take a list for an object whose members have no names.
    if !text.trim_ascii_start().starts_with('{') {
        let value: &RawValue = serde_json::from_str(text).map_err(refused)?;
        let kind = parameters::kind(value.get());
        let message = format!("the message cannot be read: it is {kind}, not an object");
        return Err(Close::bad_message(message));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(refused)?;
    let Envelope { kind, id, payload } = envelope;
    let id = || match id {
        Some(Text(id)) if id.len() > LONGEST_ID => Err(Close::bad_message(format!(
            "the `id` of `{kind}` has more than {LONGEST_ID} bytes"
        ))),
        Some(Text(id)) if !id.is_empty() => Ok(id),
        _ => Err(Close::bad_message(format!("`{kind}` needs an `id`, a string that is not empty"))),
    };
    let object = |payload: Option<&RawValue>| match payload {
        Some(value) if !value.get().starts_with('{') => {
            Err(Close::bad_message(format!("the payload of `{kind}` must be an object")))
        }
        _ => Ok(()),
    };
    match &*kind {
        "connection_init" => object(payload).map(|()| Message::ConnectionInit { payload }),
        "ping" => object(payload).map(|()| Message::Ping { payload }),
        "pong" => object(payload).map(|()| Message::Pong),
        "complete" => Ok(Message::Complete { id: id()? }),
        "subscribe" => {
            let payload = payload.map_or("null", RawValue::get).as_bytes();
            let parameters = parameters::from_json("the payload", payload)
                .map_err(|error| Close::bad_message(error.message().to_owned()))?;
            Ok(Message::Subscribe { id: id()?, parameters })
        }
        other => Err(Close::bad_message(format!("`{other}` is no type of message"))),
    }
}

/// Puts the members of the payload of `connection_init` that have one of these names among the headers.
///
/// # Errors
///
/// 4400, where one of them is no value of a header, or two are the same header: which of them counts would be chance.
pub(super) fn read_headers(
    names: &[Header],
    payload: Option<&RawValue>,
    headers: &mut HeaderMap,
) -> Result<(), Close> {
    let (Some(payload), false) = (payload, names.is_empty()) else { return Ok(()) };
    let Members(members) = serde_json::from_str(payload.get())
        .map_err(|error| Close::bad_message(format!("the payload cannot be read: {error}")))?;
    let mut seen = Vec::new();
    for (member, value) in members {
        let name = names.iter().find(|name| name.0.as_str().eq_ignore_ascii_case(&member));
        let Some(Header(name)) = name else { continue };
        if seen.contains(&name) {
            let message = format!("the payload has two members for the header `{name}`");
            return Err(Close::bad_message(message));
        }
        seen.push(name);
        // What the connection came with holds.
        if headers.contains_key(name) {
            continue;
        }
        let text = serde_json::from_str::<String>(value.get()).ok();
        let value = text.and_then(|text| HeaderValue::from_str(&text).ok()).ok_or_else(|| {
            Close::bad_message(format!("`payload.{member}` must be the text of a header"))
        })?;
        headers.insert(name.clone(), value);
    }
    Ok(())
}

/// The members of an object in their order, with those that come twice.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

pub(super) const ACK: &str = r#"{"type":"connection_ack"}"#;

pub(super) fn pong(payload: Option<&RawValue>) -> String {
    match payload {
        Some(payload) => format!(r#"{{"type":"pong","payload":{payload}}}"#),
        None => r#"{"type":"pong"}"#.to_owned(),
    }
}

pub(super) fn next(id: &str, body: &[u8]) -> String {
    let mut message = begin(id, "next");
    message.push_str(r#","payload":"#);
    message.push_str(&String::from_utf8_lossy(body));
    message.push('}');
    message
}

/// `body` is a response without data: its errors are what is told.
pub(super) fn error(id: &str, body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        errors: &'a RawValue,
    }
    let mut message = begin(id, "error");
    message.push_str(r#","payload":"#);
    let body: Body<'_> = serde_json::from_slice(body).expect("a refusal has errors");
    message.push_str(body.errors.get());
    message.push('}');
    message
}

pub(super) fn complete(id: &str) -> String {
    begin(id, "complete") + "}"
}

fn begin(id: &str, kind: &str) -> String {
    let id = serde_json::Value::from(id);
    format!(r#"{{"id":{id},"type":"{kind}""#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, reason: &str) {
        let Err(close) = read(text) else { panic!("{text} is read") };
        assert_eq!((close.code, &*close.reason), (4400, reason), "{text}");
    }

    #[test]
    fn what_is_no_message_is_refused_with_what_is_wrong() {
        refused("", "the message cannot be read: EOF while parsing a value at line 1 column 0");
        refused("{}", "the message cannot be read: missing field `type` at line 1 column 2");
        refused(r#"{"type":"start","id":"1"}"#, "`start` is no type of message");
        refused(
            r#"{"type":"ping","type":"pong"}"#,
            "the message cannot be read: duplicate field `type` at line 1 column 21",
        );
        for text in [r#"{"type":"complete"}"#, r#"{"type":"complete","id":""}"#] {
            refused(text, "`complete` needs an `id`, a string that is not empty");
        }
        let object = "the payload of `connection_init` must be an object";
        refused(r#"{"type":"connection_init","payload":7}"#, object);
        for text in [r#"["connection_init",null,null]"#, r#" [{"type":"ping"}]"#] {
            refused(text, "the message cannot be read: it is a list, not an object");
        }
        refused("3", "the message cannot be read: it is a number, not an object");
        refused(
            r#"{"type":"subscribe","id":"1","payload":"{a}"}"#,
            r#"the payload is not a GraphQL request: it is a string; send one object, like {"query": "{ field }"}"#,
        );
        refused(
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            "`subscribe` needs an `id`, a string that is not empty",
        );
        refused(
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            "the parameter `query` is missing; it must be a string",
        );
    }

    #[test]
    fn an_id_has_at_most_128_bytes() {
        let complete = |id: &str| format!(r#"{{"type":"complete","id":"{id}"}}"#);
        assert!(read(&complete(&"x".repeat(128))).is_ok());
        for id in ["x".repeat(129), "ü".repeat(65)] {
            refused(&complete(&id), "the `id` of `complete` has more than 128 bytes");
        }
    }

    #[test]
    fn two_members_for_one_header_are_refused_whatever_their_case() {
        let names = [Header("authorization".parse().unwrap())];
        for payload in [
            r#"{"authorization":"a","Authorization":"b"}"#,
            r#"{"authorization":"a","authorization":"a"}"#,
        ] {
            let payload: &RawValue = serde_json::from_str(payload).unwrap();
            for mut headers in [HeaderMap::new(), {
                HeaderMap::from_iter([(names[0].0.clone(), HeaderValue::from_static("c"))])
            }] {
                let close = read_headers(&names, Some(payload), &mut headers).unwrap_err();
                let reason = "the payload has two members for the header `authorization`";
                assert_eq!((close.code, &*close.reason), (4400, reason));
            }
        }
    }

    #[test]
    fn a_reason_is_never_longer_than_a_frame_may_be() {
        let close = Close::duplicate(&"ü".repeat(200));
        assert!(close.reason.len() <= 123 && close.reason.ends_with("ü…"), "{close:?}");
    }

    #[test]
    fn an_id_comes_back_as_it_came() {
        let text = r#"{"type":"complete","id":"\"\u00fc\n"}"#;
        let Ok(Message::Complete { id }) = read(text) else { panic!("it is read") };
        assert_eq!(complete(&id), r#"{"id":"\"ü\n","type":"complete"}"#);
    }
}
