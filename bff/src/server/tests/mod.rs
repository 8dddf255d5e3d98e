//! The server over real sockets, with a scripted answer behind it.

mod lifecycle;
mod pages;
mod specification;

use std::{sync::Mutex, time::Duration};

use futures::future::BoxFuture;
use http::HeaderMap;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, sync::oneshot, task::JoinHandle, time::timeout};

use super::*;
use crate::context::Context;

/// Longer than anything here takes; only a test that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the front was asked: document, operation, variables, what may run, and the context.
#[derive(Debug)]
struct Asked {
    document: String,
    operation_name: Option<String>,
    variables: Option<String>,
    allowed: Allowed,
    context: Context,
}

/// Answers by what the document says, as the real front would.
#[derive(Default)]
struct Script {
    asked: Mutex<Vec<Asked>>,
    /// Told when the future of the document `stall` begins, and when it is dropped.
    stalls: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Script {
    fn last(&self) -> Asked {
        self.asked.lock().unwrap().pop().expect("the front was not asked")
    }

    /// Two events: a stalling document is asked, and its future is dropped.
    fn expect_stall(&self) -> (oneshot::Receiver<()>, oneshot::Receiver<()>) {
        let ((began, has_begun), (dropped, was_dropped)) = (oneshot::channel(), oneshot::channel());
        self.stalls.lock().unwrap().extend([dropped, began]);
        (has_begun, was_dropped)
    }
}

struct TellWhenDropped(Option<oneshot::Sender<()>>);

impl Drop for TellWhenDropped {
    fn drop(&mut self) {
        if let Some(dropped) = self.0.take() {
            let _ = dropped.send(());
        }
    }
}

impl GraphQl for Script {
    fn execute<'a>(&'a self, query: Query<'a>, context: Context) -> BoxFuture<'a, Outcome> {
        let document = query.document.to_string();
        self.asked.lock().unwrap().push(Asked {
            document: document.clone(),
            operation_name: query.operation_name.map(|name| name.to_string()),
            variables: query.variables.map(|raw| raw.get().to_owned()),
            allowed: query.allowed,
            context,
        });
        Box::pin(async move {
            if document == "stall" {
                let mut told = std::mem::take(&mut *self.stalls.lock().unwrap());
                let began = told.pop();
                let _dropped = TellWhenDropped(told.pop());
                began.map(|began| began.send(()));
                std::future::pending::<()>().await;
            }
            let refused = match document.as_str() {
                "{" => Some(Code::ParseFailed),
                "{unknown}" => Some(Code::ValidationFailed),
                "query($x:Int!){a(x:$x)}" => Some(Code::BadUserInput),
                "query A{a} query B{b}" => Some(Code::OperationNotFound),
                "{deep}" => Some(Code::LimitExceeded),
                "{broken}" => Some(Code::Internal),
                "mutation{a}" if query.allowed == Allowed::Queries => Some(Code::MethodNotAllowed),
                _ => None,
            };
            let body: &'static str = match (refused, document.as_str()) {
                (Some(_), _) => r#"{"errors":[{"message":"refused"}]}"#,
                (None, "{null}") => r#"{"data":null,"errors":[{"message":"failed"}]}"#,
                (None, "{partial}") => r#"{"data":{"a":null},"errors":[{"message":"failed"}]}"#,
                _ => r#"{"data":{"a":"ü"}}"#,
            };
            Outcome { body: body.into(), refused }
        })
    }
}

/// A running server.
struct Running {
    address: SocketAddr,
    script: Arc<Script>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        Self::start_with(|_| {}, Vec::new()).await
    }

    async fn start_with(change: impl FnOnce(&mut Config), pages: Vec<Page>) -> Self {
        let mut config = Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() };
        change(&mut config);
        let script = Arc::new(Script::default());
        let graphql: Arc<dyn GraphQl> = Arc::<Script>::clone(&script);
        let server = Server::bind(config, graphql, Mocking::Ignored, pages).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let address = server.address();
        let serving = tokio::spawn(server.serve(async move {
            let _ = stopped.await;
        }));
        Self { address, script, stop: Some(stop), serving }
    }

    /// What comes of a request over a connection of its own.
    async fn ask(&self, request: http::Request<Full<Bytes>>) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let asking = async {
            let response = sender.send_request(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        };
        timeout(PATIENCE, asking).await.expect("there is no answer")
    }

    async fn post(&self, accept: &str, body: &str) -> Answer {
        self.ask(post().header("accept", accept).body(full(body)).unwrap()).await
    }

    async fn get(&self, accept: &str, path: &str) -> Answer {
        let request = http::Request::get(path).header("accept", accept);
        self.ask(request.body(full("")).unwrap()).await
    }
}

fn post() -> http::request::Builder {
    http::Request::post("/graphql").header("content-type", "application/json")
}

fn full(body: &str) -> Full<Bytes> {
    Full::new(Bytes::copy_from_slice(body.as_bytes()))
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
