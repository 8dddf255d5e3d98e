//! A shelf of books behind a gateway: its honest answers, and what a client sees.

use std::sync::Arc;

use anabranch::config::Config;
use anabranch::gateway::Gateway;
use anabranch_codegen::{Sources, compile};
use http::HeaderValue;
use prost_reflect::DescriptorPool;
use serde_json::Value;

use super::service::{Asked, Reply, Service};
use crate::served::{Answer, Served};

const STATUS: &str = "syntax = \"proto3\"; package google.rpc; message Status { int32 code = 1; string message = 2; }";

/// A service, and a gateway in front of it.
pub(super) struct Shelf {
    pub(super) service: Service,
    pub(super) served: Served,
}

impl Shelf {
    /// One that answers so.
    pub(super) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let sources = Sources::new()
            .proto_text("google/rpc/status.proto", STATUS)
            .proto_text("shelf.proto", include_str!("shelf.proto"))
            .schema_text("shelf.graphql", include_str!("shelf.graphql"));
        let compiled = compile(&sources);
        let contract =
            compiled.contract.as_ref().unwrap_or_else(|| panic!("{}", compiled.diagnostics));
        let pool = DescriptorPool::decode(&*contract.descriptor_set).expect("descriptors");
        let (service, address) = Service::start(pool, Arc::new(answer)).await;
        let config = format!(
            "[server.trusted]\nsubject = \"x-reader\"\n[services.\"test.*\"]\nendpoints = [\"http://{address}\"]"
        );
        let config = Config::parse("test.toml", &config, []).expect("a configuration");
        let bytes = prost::Message::encode_to_vec(contract);
        Self { service, served: Served::over(Gateway::from_bytes(bytes).configured(config)).await }
    }

    /// One whose answers are honest, but for a method that answers so.
    pub(super) async fn but(
        method: &'static str,
        reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |asked| if asked.method == method { reply(asked) } else { honest(asked) })
            .await
    }

    pub(super) async fn ask(&self, query: &str) -> Answer {
        self.served.ask(query).await
    }

    pub(super) async fn ask_as(&self, reader: &str, query: &str) -> Answer {
        let mut request = self.served.post(query);
        let reader = HeaderValue::from_str(reader).expect("a name");
        request.headers_mut().insert("x-reader", reader);
        self.served.send(request).await
    }
}

/// What the service knows: three books, and everything that is asked about them.
pub(super) fn honest(asked: &Asked) -> Reply {
    let each = |field: &str, line: &dyn Fn(&str) -> String| {
        Reply::Text(asked.keys(field).iter().map(|key| line(key)).collect())
    };
    let reader = asked.reader.as_deref().unwrap_or("nobody");
    match &*asked.method {
        "ListBooks" => Reply::text(
            r#"books { id: "a" title: "Emma" genre: GENRE_NOVEL sku: "1" market: "de" author_id: "p1" editor_id: "p2" }
               books { id: "b" title: "Walden" sku: "1" market: "fr" author_id: "p3" editor_id: "p1" }
               books { id: "c" title: "Kim" genre: GENRE_NOVEL sku: "2" market: "de" author_id: "p4" editor_id: "p5" }"#,
        ),
        "BatchGetPrices" => {
            each("keys", &|key| format!("prices {{ key {{ {key} }} cents: {} }}", price(key)))
        }
        "BatchGetStock" => {
            each("ids", &|id| format!("stock {{ key: {id:?} value {{ count: 4 }} }}"))
        }
        "BatchGetBlurbs" => {
            each("ids", &|id| format!("blurbs {{ book_id: {id:?} text: \"On {id}.\" }}"))
        }
        "BatchGetPeople" => each("ids", &|id| format!("people {{ id: {id:?} name: \"N. {id}\" }}")),
        "BatchGetNotes" => {
            each("ids", &|id| format!("notes {{ book_id: {id:?} text: \"{reader} on {id}\" }}"))
        }
        "GetReader" => each("id", &|id| format!("id: {id:?} name: \"I am {reader}\"")),
        "GetNews" => Reply::text("text: \"None.\""),
        other => panic!("nobody answers {other}"),
    }
}

/// Another price in each market.
fn price(key: &str) -> u32 {
    let digit = if key.contains("sku:\"1\"") { 100 } else { 200 };
    digit + if key.contains("\"de\"") { 1 } else { 2 }
}

/// The errors of an answer: `books.0.stock DATA_LOSS`.
pub(super) fn errors(answer: &Answer) -> Vec<String> {
    entries(&answer.body["errors"], |error| error["extensions"]["code"].as_str().map(str::to_owned))
}

/// What stands in for something else: `books.0.blurb UNAVAILABLE value`.
pub(super) fn degraded(answer: &Answer) -> Vec<String> {
    entries(&answer.body["extensions"]["degraded"], |entry| {
        Some(format!("{} {}", entry["cause"].as_str()?, entry["source"].as_str()?))
    })
}

fn entries(list: &Value, what: impl Fn(&Value) -> Option<String>) -> Vec<String> {
    let entry = |entry: &Value| {
        let path = entry["path"].as_array().expect("a path").iter();
        let path = path.map(|part| part.to_string().replace('"', ""));
        format!("{} {}", path.collect::<Vec<_>>().join("."), what(entry).expect("a code"))
    };
    list.as_array().into_iter().flatten().map(entry).collect()
}
