//! Tables: from rows to a gateway, and from its answers back to the rows.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use anabranch::call::{Call, CallService, Replies, Reply};
use anabranch::error::Error;
use anabranch::gateway::Gateway;
use anabranch_codegen::{Sources, compile};
use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::json;
use serde_json::value::RawValue;

use crate::served::{Answer, Served};

/// A field of a response: as protobuf declares it, as GraphQL does, and what becomes of bytes.
pub(super) struct Reads {
    pub(super) proto: &'static str,
    pub(super) graphql: &'static str,
    /// Bytes in hexadecimal; the JSON of the field, or `nothing` where the reply as a whole is refused; behind `#` the
    /// errors: their paths below the field, and their codes.
    pub(super) cases: &'static [(&'static str, &'static str)],
}

/// A field of a request, and the argument that fills it.
pub(super) struct Writes {
    pub(super) proto: &'static str,
    pub(super) graphql: &'static str,
    /// The argument as a document has it and as a variable's JSON; the request in hexadecimal, or `#` and the code.
    pub(super) cases: &'static [(&'static str, &'static str, &'static str)],
}

pub(super) const fn reads(
    proto: &'static str,
    graphql: &'static str,
    cases: &'static [(&'static str, &'static str)],
) -> Reads {
    Reads { proto, graphql, cases }
}

pub(super) const fn writes(
    proto: &'static str,
    graphql: &'static str,
    cases: &'static [(&'static str, &'static str, &'static str)],
) -> Writes {
    Writes { proto, graphql, cases }
}

/// What stands around the rows of a table.
#[derive(Clone, Copy)]
pub(super) struct Around {
    /// The first line of the proto.
    pub(super) syntax: &'static str,
    /// Behind it: imports and types.
    pub(super) proto: &'static str,
    pub(super) schema: &'static str,
}

pub(super) const PROTO3: Around = Around { syntax: "syntax = \"proto3\";", proto: "", schema: "" };

/// Checks rows of replies. A row whose type has fields says behind it which of them are selected: `Money { cents }`.
pub(super) async fn replies(around: Around, rows: &[Reads]) {
    let (mut messages, mut methods) = (String::new(), String::new());
    let (mut types, mut fields) = (String::new(), String::new());
    for (at, row) in rows.iter().enumerate() {
        let (ty, _) = selection(row.graphql);
        let _ = writeln!(messages, "message Row{at} {{ {} }}", row.proto);
        let _ = writeln!(methods, "rpc Get{at}(Nothing) returns (Row{at});");
        let _ = writeln!(types, "type Row{at} {{ it: {ty} }}");
        let _ = writeln!(fields, "row{at}: Row{at} @rpc(method: \"rows.v1.Rows/Get{at}\")");
    }
    let Around { syntax, proto, schema } = around;
    let proto = format!(
        "{syntax} package rows.v1; {proto}\nmessage Nothing {{}}\n{messages}\nservice Rows {{ {methods} }}"
    );
    let schema = format!("{schema}\n{types}\ntype Query {{ {fields} }}");
    let gateway = Given::start(&proto, &schema).await;
    let mut wrong = String::new();
    for (at, row) in rows.iter().enumerate() {
        let (_, selected) = selection(row.graphql);
        for (bytes, expected) in row.cases {
            gateway.calls.answer(unhex(bytes));
            let answer = gateway.served.ask(&format!("{{ row{at} {{ it {selected} }} }}")).await;
            let seen = shown(&answer, &format!("row{at}"));
            if seen != *expected {
                let (proto, graphql) = (row.proto, row.graphql);
                let _ = writeln!(
                    wrong,
                    "{proto} as {graphql}, {bytes:?}:\n  expected {expected}\n  is       {seen}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Checks rows of requests.
pub(super) async fn requests(around: Around, rows: &[Writes]) {
    let (mut messages, mut methods, mut fields) = (String::new(), String::new(), String::new());
    for (at, row) in rows.iter().enumerate() {
        let _ = writeln!(messages, "message Row{at} {{ {} }}", row.proto);
        let _ = writeln!(methods, "rpc Get{at}(Row{at}) returns (Done);");
        let _ = writeln!(
            fields,
            "row{at}(it: {}): Boolean @rpc(method: \"rows.v1.Rows/Get{at}\", select: \"ok\")",
            row.graphql
        );
    }
    let Around { syntax, proto, schema } = around;
    let proto = format!(
        "{syntax} package rows.v1; {proto}\nmessage Done {{ bool ok = 1; }}\n{messages}\nservice Rows {{ {methods} }}"
    );
    let gateway = Given::start(&proto, &format!("{schema}\ntype Query {{ {fields} }}")).await;
    let mut wrong = String::new();
    for (at, row) in rows.iter().enumerate() {
        let ty = row.graphql.split(" =").next().unwrap_or_default();
        for (literal, variable, expected) in row.cases {
            let document = match *literal {
                "" => format!("{{ row{at} }}"),
                literal => format!("{{ row{at}(it: {literal}) }}"),
            };
            let declared = format!("query Ask($it: {ty}) {{ row{at}(it: $it) }}");
            let variables = match *variable {
                "" => "{}".to_owned(),
                json => format!("{{\"it\": {json}}}"),
            };
            for (document, variables, given) in
                [(document, "{}".to_owned(), literal), (declared, variables, variable)]
            {
                // What only one of the two can say.
                if *given == "-" {
                    continue;
                }
                let seen = gateway.asked(&document, &variables).await;
                if seen != *expected {
                    let (proto, graphql) = (row.proto, row.graphql);
                    let _ = writeln!(
                        wrong,
                        "{proto} from {graphql}, {given} in {document}:\n  expected {expected}\n  is       {seen}"
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// `Money { cents }` as a type and what is selected of it.
fn selection(graphql: &str) -> (&str, &str) {
    graphql.find('{').map_or((graphql, ""), |at| graphql.split_at(at))
}

/// The value of `it`, and each error.
fn shown(answer: &Answer, field: &str) -> String {
    // As it is written: a tree of values would hide what is written twice, and in which order.
    let text = std::str::from_utf8(&answer.text).expect("UTF-8");
    let after = text.split_once(&format!("{{\"{field}\":{{\"it\":"));
    let mut value = after.map(|(_, after)| serde_json::Deserializer::from_str(after).into_iter());
    let value = value.as_mut().and_then(|value| value.next()).and_then(Result::ok);
    let mut shown = value.map_or_else(|| "nothing".to_owned(), |raw: &RawValue| raw.to_string());
    for error in answer.body["errors"].as_array().into_iter().flatten() {
        let path: Vec<String> = error["path"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|segment| segment.as_str().map_or_else(|| segment.to_string(), str::to_owned))
            .collect();
        let below = path.join(".").replace(field, "");
        let below = below.trim_start_matches('.').trim_start_matches("it").trim_start_matches('.');
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        let space = if below.is_empty() { "" } else { " " };
        let _ = write!(shown, " # {below}{space}{code}");
    }
    shown
}

pub(super) fn unhex(text: &str) -> Bytes {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("{pair} in {text}"))
    };
    digits.chunks(2).map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// A service that answers what it is given, and remembers what it was asked.
#[derive(Default)]
struct Calls {
    reply: Mutex<Bytes>,
    request: Mutex<Option<Bytes>>,
}

impl Calls {
    fn answer(&self, reply: Bytes) {
        *self.reply.lock().expect("nobody panicked") = reply;
    }
}

impl CallService for Calls {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        *self.request.lock().expect("nobody panicked") = Some(call.message);
        let message = self.reply.lock().expect("nobody panicked").clone();
        Box::pin(async move { Ok(Reply { message }) })
    }

    fn server_stream(&self, _: Call) -> BoxFuture<'static, Result<Replies, Error>> {
        unreachable!("no row is a stream")
    }
}

pub(super) struct Given {
    calls: Arc<Calls>,
    served: Served,
}

impl Given {
    pub(super) async fn start(proto: &str, schema: &str) -> Self {
        let sources =
            Sources::new().proto_text("rows.proto", proto).schema_text("rows.graphql", schema);
        let compiled = compile(&sources);
        let contract =
            compiled.contract.as_ref().unwrap_or_else(|| panic!("{}", compiled.diagnostics));
        let calls = Arc::new(Calls::default());
        let bytes = prost::Message::encode_to_vec(contract);
        let given: Arc<dyn CallService> = Arc::clone(&calls) as _;
        let served = Served::over(Gateway::from_bytes(bytes).call_service(given)).await;
        Self { calls, served }
    }

    /// The request that a document makes, or the code of its first error, which is one of the whole document.
    async fn asked(&self, document: &str, variables: &str) -> String {
        let (answer, request) = self.answered(document, variables).await;
        let errors = answer.body["errors"].as_array().into_iter().flatten();
        let mut codes = errors.map(|error| error["extensions"]["code"].as_str().unwrap_or("?"));
        let is_executed = answer.body.get("data").is_some();
        match (codes.next(), request) {
            (Some(code), None) if !is_executed => format!("# {code}"),
            (Some(code), _) => format!("# {code} of a part"),
            (None, Some(bytes)) => hex(&bytes),
            (None, None) => format!("nothing was asked: {}", answer.body),
        }
    }

    /// The answer, and what was asked for it, if anything was.
    pub(super) async fn answered(
        &self,
        document: &str,
        variables: &str,
    ) -> (Answer, Option<Bytes>) {
        *self.calls.request.lock().expect("nobody panicked") = None;
        let mut request = self.served.post("");
        let body = format!("{{\"query\": {}, \"variables\": {variables}}}", json!(document));
        *request.body_mut() = body.into();
        let answer = self.served.send(request).await;
        (answer, self.calls.request.lock().expect("nobody panicked").take())
    }
}
