//! Lists that a stream answers, from the schema to the answer.

use std::sync::Arc;

use anabranch::call::{Call, CallService, Replies, Reply};
use anabranch::error::Error;
use anabranch::gateway::Gateway;
use anabranch_codegen::contract::Contract;
use anabranch_codegen::{Sources, compile};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::json;

use crate::served::Served;

const PROTO: &str = r#"
    syntax = "proto3"; package test.v1;
    service Shelf {
      rpc StreamBooks(Ask) returns (stream Book);
      rpc StreamPages(Ask) returns (stream Page);
      rpc StreamHits(Ask) returns (stream Hit);
      rpc BatchGetBooks(Ids) returns (Page);
      rpc ListBooks(Ask) returns (Page);
    }
    message Ask {}
    message Ids { repeated string ids = 1; }
    message Book { string id = 1; string title = 2; }
    message Page { repeated Book books = 1; Side side = 2; map<string, int32> counts = 3; }
    message Side { repeated int32 numbers = 1; }
    message Hit { string book_id = 1; optional int32 rank = 2; sint64 score = 3; Book book = 4; Kind kind = 5; }
    enum Kind { KIND_UNSPECIFIED = 0; KIND_OLD = 1; }
"#;

const SCHEMA: &str = r#"
    type Query {
      books: [Book!] @rpc(method: "test.v1.Shelf/StreamBooks")
      pages: [Book!] @rpc(method: "test.v1.Shelf/StreamPages", select: "books")
      numbers: [Int!] @rpc(method: "test.v1.Shelf/StreamPages", select: "side.numbers")
      counts: [Count!] @rpc(method: "test.v1.Shelf/StreamPages", select: "counts")
      hits: [Hit!] @rpc(method: "test.v1.Shelf/StreamHits")
      found: [Book!] @rpc(method: "test.v1.Shelf/StreamHits", select: "book")
      ranks: [Int!] @rpc(method: "test.v1.Shelf/StreamHits", select: "rank")
      scores: [ID!] @rpc(method: "test.v1.Shelf/StreamHits", select: "score")
      kinds: [Kind!] @rpc(method: "test.v1.Shelf/StreamHits", select: "kind")
      loaded: [Loaded]! @rpc(method: "test.v1.Shelf/StreamHits", select: "book_id")
      safe: [Book!]! @rpc(method: "test.v1.Shelf/StreamBooks") @fallback(value: [{id: "0", title: "None"}])
      other: [Book!] @rpc(method: "test.v1.Shelf/StreamBooks") @fallback(rpc: "test.v1.Shelf/ListBooks")
    }
    type Book { id: ID! title: String! }
    type Loaded @message(name: "test.v1.Book") @load(method: "test.v1.Shelf/BatchGetBooks", items: "books") { title: String! }
    type Count @message(name: "test.v1.Page.CountsEntry") { key: String! value: Int! }
    type Hit { bookId: ID! rank: Int }
    enum Kind { UNSPECIFIED OLD }
"#;

/// Services that say so in protobuf's text format.
struct Said {
    pool: DescriptorPool,
    /// `StreamBooks` breaks after its messages.
    breaks: bool,
}

impl Said {
    fn messages(&self, call: &Call) -> Vec<Result<bytes::Bytes, Error>> {
        let texts: &[&str] = match &*call.method.name {
            "StreamBooks" => &[r#"id: "b" title: "Walden""#, "", r#"id: "a" title: "Emma""#],
            "StreamPages" => &[
                r#"books { id: "a" } books { id: "b" } side { numbers: 3 } counts { key: "x" value: 1 }"#,
                r#"counts { key: "y" value: 2 }"#,
                r#"books { id: "a" } side { numbers: 1 numbers: 2 } counts { key: "x" value: 3 }"#,
            ],
            "StreamHits" => &[
                r#"book_id: "b" rank: 0 score: -3 book { id: "b" }"#,
                "",
                r#"book_id: "a" score: 5 book {} kind: KIND_OLD"#,
                r#"book_id: "b""#,
            ],
            "BatchGetBooks" => {
                &[r#"books { id: "a" title: "Emma" } books { id: "b" title: "Walden" }"#]
            }
            "ListBooks" => &[r#"books { id: "l" }"#],
            other => panic!("nobody answers {other}"),
        };
        let output = self.pool.get_message_by_name(&call.method.output).expect("a message");
        let message = |text: &&str| {
            let message = DynamicMessage::parse_text_format(output.clone(), text).expect("a text");
            Ok(prost::Message::encode_to_vec(&message).into())
        };
        texts.iter().map(message).collect()
    }
}

impl CallService for Said {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        let message = self.messages(&call).remove(0);
        async move { Ok(Reply { message: message? }) }.boxed()
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies, Error>> {
        let mut messages = self.messages(&call);
        if self.breaks {
            let broken = anabranch::error::Code::Unavailable;
            messages.push(Err(Error::new(broken, "the service is not available")));
        }
        async move { Ok(stream::iter(messages).boxed()) }.boxed()
    }
}

fn contract() -> Contract {
    let sources = Sources::new().proto_text("shelf.proto", PROTO).schema_text("s.graphql", SCHEMA);
    let compiled = compile(&sources);
    compiled.contract.unwrap_or_else(|| panic!("{}", compiled.diagnostics))
}

async fn served(breaks: bool) -> Served {
    let contract = contract();
    let pool = DescriptorPool::decode(&*contract.descriptor_set).expect("descriptors");
    let calls: Arc<dyn CallService> = Arc::new(Said { pool, breaks });
    let bytes = prost::Message::encode_to_vec(&contract);
    Served::over(Gateway::from_bytes(bytes).call_service(calls)).await
}

#[tokio::test]
async fn a_list_has_what_the_messages_have_in_their_order() {
    let served = served(false).await;
    let query = "{ books { id title } pages { id } numbers counts { key value } hits { bookId rank } found { id } ranks scores kinds loaded { title } }";
    let answer = served.ask(query).await;
    let title = |title: &str| json!({"title": title});
    assert_eq!(
        answer.body,
        json!({"data": {
            "books": [{"id": "b", "title": "Walden"}, {"id": "", "title": ""}, {"id": "a", "title": "Emma"}],
            "pages": [{"id": "a"}, {"id": "b"}, {"id": "a"}],
            "numbers": [3, 1, 2],
            "counts": [{"key": "y", "value": 2}, {"key": "x", "value": 3}],
            "hits": [{"bookId": "b", "rank": 0}, {"bookId": "", "rank": null}, {"bookId": "a", "rank": null}, {"bookId": "b", "rank": null}],
            "found": [{"id": "b"}, {"id": ""}],
            "ranks": [0],
            "scores": ["-3", "0", "5", "0"],
            "kinds": ["UNSPECIFIED", "UNSPECIFIED", "OLD", "UNSPECIFIED"],
            "loaded": [title("Walden"), null, title("Emma"), title("Walden")],
        }})
    );
}

#[tokio::test]
async fn what_stands_in_for_a_stream_is_read_as_the_stream_is() {
    let answer = served(true).await.ask("{ books { id } safe { id title } other { id } }").await;
    assert_eq!(
        answer.body["data"],
        json!({"books": null, "safe": [{"id": "0", "title": "None"}], "other": [{"id": "l"}]})
    );
    let degraded = answer.body["extensions"]["degraded"].as_array().expect("two fields").len();
    assert_eq!((answer.body["errors"].as_array().expect("one field").len(), degraded), (1, 2));
}

#[tokio::test]
async fn a_mock_answers_lists_that_are_streams_and_every_time_the_same() {
    let bytes = prost::Message::encode_to_vec(&contract());
    let served = Served::over(Gateway::from_bytes(bytes).mocked()).await;
    let query =
        "{ books { id title } pages { id title } numbers found { title } scores loaded { title } }";
    let answer = served.ask(query).await;
    assert_eq!(answer.body["errors"], serde_json::Value::Null, "{}", answer.body);
    let list = |field: &str| answer.body["data"][field].as_array().expect("a list").clone();
    assert!(list("pages").len() > 1 && !list("numbers").is_empty());
    for field in ["books", "found", "scores", "loaded"] {
        let items = list(field);
        assert_eq!(items.len(), 3, "{field}");
        let is_varied = items[0] != items[1] && items[1] != items[2];
        assert!(is_varied || field == "scores", "{field}: {items:?}");
    }
    assert_eq!(served.ask(query).await.body, answer.body);
}
