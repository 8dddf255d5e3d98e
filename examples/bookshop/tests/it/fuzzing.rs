//! The gateway of the bookshop over services that answer anything: what a fuzzer runs, and a test replays.
//!
//! `fuzz/targets/answer.rs` takes this file too, so it stands on nothing of this crate.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anabranch::call::{Call, CallService, Replies, Reply};
use anabranch::context::{Context, Identity};
use anabranch::error::{Code, Error};
use anabranch::executor::{self, Executor, Incremental};
use anabranch::graphql::{self, Allowed, Front, Outcome};
use anabranch::mock::{self, Mock};
use anabranch::{contract, planner};
use anabranch_codegen::{Sources, compile};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::time::Instant;

/// A document, and behind a zero what becomes of the services' replies. The first byte says how the client reads answers.
pub(crate) fn answer(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return };
    let (document, fate) = rest.split_at(rest.iter().position(|it| *it == 0).unwrap_or(rest.len()));
    let Ok(document) = std::str::from_utf8(document) else { return };
    FATE.with_borrow_mut(|left| *left = fate.get(1..).unwrap_or_default().to_vec());
    // Nothing waits for anything real.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    SHOP.with(|shop| runtime.block_on(shop.answer(document, how % 4)));
}

thread_local! {
    static SHOP: Shop = Shop::new();
    /// What is left of what becomes of replies.
    static FATE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static RUNS: Cell<u64> = const { Cell::new(0) };
}

/// How many events of a subscription are looked at.
const EVENTS: usize = 4;

struct Shop {
    front: Front,
}

impl Shop {
    fn new() -> Self {
        let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let mut folders = folders.filter(|folder| folder.join("schema/bookshop").is_dir());
        let repository = folders.next().expect("the repository");
        let sources =
            Sources::new().proto_root(repository.join("proto")).schema(repository.join("schema"));
        let compiled = compile(&sources);
        let contract = compiled.contract.as_ref().expect("the bookshop builds");
        let bytes = prost::Message::encode_to_vec(contract);
        let contract = Arc::new(contract::load_for_mock(&bytes).expect("a contract"));
        let mock = Mock::new(Arc::clone(&contract), mock::Config::default()).expect("a mock");
        let resolvers = mock.resolvers(&contract);
        let calls = Arc::new(Whims(mock));
        let executor = Executor::new(&contract, calls, resolvers, &executor::Config::default());
        let executor = Arc::new(executor.expect("an executor"));
        let front = Front::new(contract, executor, graphql::Config::default(), None);
        Self { front: front.expect("a front") }
    }

    async fn answer(&self, document: &str, how: u8) {
        let request = graphql::Request {
            query: document.into(),
            operation_name: None,
            variables: None,
            allowed: Allowed::Writes,
            streams: how == 3,
            incremental: [None, Some(Incremental::Pending), Some(Incremental::Patches), None]
                [usize::from(how)],
        };
        if let Ok(plan) = self.front.plan_text(document, None) {
            // A line for each field and each call, and a few around them.
            let most = 2 * planner::MAX_FIELDS + 8 * planner::MAX_STEPS;
            assert!(plan.lines().count() < most, "{} lines", plan.lines().count());
        }
        if how == 0 {
            let response = self.front.execute(request, context()).await;
            let body = read(&response.body);
            match response.outcome {
                Outcome::Executed { data_is_null, errors, .. } => {
                    assert_eq!(body["data"].is_null(), data_is_null);
                    assert_eq!(body.get("errors").is_some(), errors > 0, "{body}");
                    nulls(&body);
                }
                Outcome::RequestError { .. } => {
                    assert!(body.get("data").is_none() && body.get("errors").is_some(), "{body}");
                }
            }
            return;
        }
        let Ok(answers) = self.front.answers(&request, context()) else { return };
        let most = if answers.subscribed { EVENTS } else { usize::MAX };
        let mut bodies = answers.bodies.take(most);
        while let Some(body) = bodies.next().await {
            read(&body);
        }
    }
}

/// JSON in one line: in an event, a second one would be another field.
fn read(body: &[u8]) -> Value {
    assert!(!body.contains(&b'\n') && !body.contains(&b'\r'), "{}", body.escape_ascii());
    serde_json::from_slice(body).expect("JSON")
}

/// Where there is an error there is a null, there or around it; an item that failed may also be left out of its list.
fn nulls(body: &Value) {
    for error in body["errors"].as_array().into_iter().flatten() {
        let mut place = &body["data"];
        for segment in error["path"].as_array().into_iter().flatten() {
            let inner = match segment {
                Value::String(name) => place.get(name),
                index => place.get(index.as_u64().map_or(usize::MAX, |it| it as usize)),
            };
            match inner {
                Some(inner) => place = inner,
                None => break,
            }
        }
        assert!(place.is_null() || place.is_array(), "{error} in {body}");
    }
}

/// A caller for whom nothing is kept from another run.
fn context() -> Context {
    let run = RUNS.replace(RUNS.get() + 1);
    Context {
        identity: Some(Identity { subject: "ann".into(), claims: Vec::new() }),
        lane: Some(run.to_string().into()),
        ..Context::anonymous(Instant::now() + Duration::from_secs(1))
    }
}

/// Services that answer what the mock would, or what chance makes of it.
struct Whims(Mock);

/// What becomes of a reply.
enum Fate {
    AsItIs,
    Failed(Code),
    Never,
    Instead(Vec<u8>),
    /// At these places, by these bytes.
    Damaged(Vec<(u8, u8)>),
}

impl Fate {
    fn next() -> Self {
        const CODES: [Code; 8] = [
            Code::Unavailable,
            Code::NotFound,
            Code::Internal,
            Code::PermissionDenied,
            Code::ResourceExhausted,
            Code::InvalidArgument,
            Code::Aborted,
            Code::DeadlineExceeded,
        ];
        FATE.with_borrow_mut(|left| {
            let mut take = || if left.is_empty() { 0 } else { left.remove(0) };
            match take() {
                fate @ 100..140 => Self::Failed(CODES[usize::from(fate % 8)]),
                140..150 => Self::Never,
                150..200 => {
                    let length = usize::from(take()).min(left.len());
                    Self::Instead(left.drain(..length).collect())
                }
                fate @ 200.. => Self::Damaged((0..=fate % 4).map(|_| (take(), take())).collect()),
                _ => Self::AsItIs,
            }
        })
    }

    async fn of(self, reply: Bytes) -> Result<Bytes, Error> {
        match self {
            Self::AsItIs => Ok(reply),
            Self::Failed(code) => Err(Error::new(code, "as it was told to")),
            Self::Never => std::future::pending().await,
            Self::Instead(other) => Ok(other.into()),
            Self::Damaged(places) => {
                let mut reply = reply.to_vec();
                for (at, by) in places {
                    // Most of a message's structure stands at its beginning.
                    match reply.get_mut(usize::from(at)) {
                        Some(byte) => *byte ^= by,
                        None => reply.push(by),
                    }
                }
                Ok(reply.into())
            }
        }
    }
}

impl CallService for Whims {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        let (reply, fate) = (self.0.unary(call), Fate::next());
        Box::pin(async move {
            let message = reply.await?.message;
            fate.of(message).await.map(|message| Reply { message })
        })
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies, Error>> {
        let replies = self.0.server_stream(call);
        Box::pin(async move {
            let fates = replies.await?.then(|message| async {
                let fate = Fate::next();
                fate.of(message?).await
            });
            Ok(fates.boxed())
        })
    }
}
