//! A contract of a few fields, and a service in memory that shows what it is asked.

use std::{collections::VecDeque, sync::Mutex};

use futures::{FutureExt, StreamExt, future::BoxFuture};
use prost::Message;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    call::{Call, CallService, Replies, Reply},
    contract::{
        Binding, Cardinality, Contract, Field, Fill, Format, InputValue, Join, Leaf, Method,
        Scalar, SideEffects, Source, State, Wire, fill, input_value, join, source, wire,
    },
    error::{Code, Error},
};

const SDL: &str = "type Query { a: String echo(text: String): String fail: String strict: String! stall: String } \
                   type Mutation { a: String } type Subscription { ticks: String beats: String }";

/// Every field is answered by the method of `test.Scripted` that has its name.
const METHODS: [&str; 7] = ["a", "echo", "fail", "strict", "stall", "ticks", "beats"];
/// Those of them that stream. Everybody may share the last one.
const STREAMS: &[&str] = &["ticks", "beats"];

/// A message with one text in field 1: every request and every response.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Text {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

pub(crate) fn contract() -> Contract {
    let field = |name: &&str| field(name, METHODS.iter().position(|method| method == name));
    let binding =
        |name: &str, fields| Binding { r#type: name.to_owned(), fields, ..Binding::default() };
    let method = |name: &&str| Method {
        service: "test.Scripted".to_owned(),
        name: (*name).to_owned(),
        input: "test.Text".to_owned(),
        output: "test.Text".to_owned(),
        server_streaming: STREAMS.contains(name),
        shareable: *name == "beats",
        ..Method::default()
    };
    Contract {
        format: 1,
        sdl: SDL.to_owned(),
        descriptor_set: descriptors(),
        bindings: vec![
            binding("Query", METHODS[..5].iter().map(field).collect()),
            binding("Mutation", vec![field(&"a")]),
            binding("Subscription", STREAMS.iter().map(field).collect()),
        ],
        methods: METHODS.iter().map(method).collect(),
        query: Some(0),
        mutation: Some(1),
        subscription: Some(2),
        ..Contract::default()
    }
}

fn descriptors() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let stream = |name| if STREAMS.contains(&name) { "stream " } else { "" };
    let methods = METHODS.map(|name| format!("rpc {name}(Text) returns ({}Text);", stream(name)));
    let methods = methods.concat();
    let text = format!(
        "syntax = \"proto3\"; package test; message Text {{ string text = 1; }} service Scripted {{ {methods} }}"
    );
    std::fs::write(directory.path().join("test.proto"), text).unwrap();
    protox::compile(["test.proto"], [directory.path()]).unwrap().encode_to_vec()
}

fn field(name: &str, method: Option<usize>) -> Field {
    let method = u32::try_from(method.expect("a field has a method")).unwrap();
    let leaf =
        Leaf { scalar: Scalar::String.into(), format: Format::String.into(), ..Leaf::default() };
    let text = Fill {
        path: vec![1],
        source: Some(fill::Source::Argument("text".to_owned())),
        value: Some(InputValue {
            cardinality: Cardinality::Implicit.into(),
            value: Some(input_value::Value::Leaf(leaf)),
            ..InputValue::default()
        }),
        required: 0,
    };
    let value = Wire {
        number: 1,
        cardinality: Cardinality::Implicit.into(),
        value: Some(wire::Value::Leaf(leaf)),
        ..Wire::default()
    };
    let join = Join {
        target: Some(join::Target::Method(method)),
        fills: if name == "echo" { vec![text] } else { Vec::new() },
        then: Some(Box::new(Source { kind: Some(source::Kind::Wire(value)) })),
        side_effects: SideEffects::NoSideEffects.into(),
        ..Join::default()
    };
    Field {
        name: name.to_owned(),
        state: State::Real.into(),
        source: Some(Source { kind: Some(source::Kind::Join(Box::new(join))) }),
        ..Field::default()
    }
}

/// A service in memory: `a` answers `ü`, `echo` its request, `fail` and `strict` fail, `stall` never ends.
#[derive(Default)]
pub(crate) struct Service {
    calls: Mutex<Vec<Call>>,
    /// The thread of each call.
    threads: Mutex<Vec<String>>,
    /// Told when a stalling call is dropped, and when one begins.
    stalls: Mutex<Vec<oneshot::Sender<()>>>,
    /// What comes of the next attempts to open a stream.
    streams: Mutex<VecDeque<mpsc::Receiver<String>>>,
}

impl Service {
    /// The last call that came.
    pub(crate) fn last(&self) -> Call {
        self.calls.lock().unwrap().pop().expect("the service was not called")
    }

    /// The names of the threads that called, a name for each call.
    pub(crate) fn threads(&self) -> Vec<String> {
        self.threads.lock().unwrap().clone()
    }

    pub(crate) fn was_called(&self) -> bool {
        !self.calls.lock().unwrap().is_empty()
    }

    /// A stream that can be opened. It ends when the sender is gone, and [`mpsc::Sender::closed`] tells when it is dropped.
    pub(crate) fn offer_stream(&self) -> mpsc::Sender<String> {
        let (sender, texts) = mpsc::channel(1);
        self.streams.lock().unwrap().push_back(texts);
        sender
    }

    /// Two events: a stalling call begins, and it is dropped.
    pub(crate) fn expect_stall(&self) -> (oneshot::Receiver<()>, oneshot::Receiver<()>) {
        let ((began, has_begun), (dropped, was_dropped)) = (oneshot::channel(), oneshot::channel());
        self.stalls.lock().unwrap().extend([dropped, began]);
        (has_begun, was_dropped)
    }
}

struct TellWhenDropped(Option<oneshot::Sender<()>>);

impl Drop for TellWhenDropped {
    fn drop(&mut self) {
        if let Some(dropped) = self.0.take() {
            // The test may be over.
            let _ = dropped.send(());
        }
    }
}

impl CallService for Service {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        self.calls.lock().unwrap().push(call.clone());
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        self.threads.lock().unwrap().push(thread);
        let answer = match call.method.name.as_str() {
            "a" => Ok(Reply { message: Text { text: "ü".to_owned() }.encode_to_vec().into() }),
            "echo" => Ok(Reply { message: call.message }),
            "stall" => {
                let mut told = std::mem::take(&mut *self.stalls.lock().unwrap());
                let began = told.pop();
                let dropped = TellWhenDropped(told.pop());
                return Box::pin(async move {
                    let _dropped = dropped;
                    began.map(|began| began.send(()));
                    std::future::pending().await
                });
            }
            _ => Err(Error::new(Code::Unavailable, "the service cannot be reached")),
        };
        futures::future::ready(answer).boxed()
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies, Error>> {
        self.calls.lock().unwrap().push(call);
        let texts = self.streams.lock().unwrap().pop_front().expect("a stream is offered");
        let message = |text| Ok(Text { text }.encode_to_vec().into());
        futures::future::ready(Ok(ReceiverStream::new(texts).map(message).boxed())).boxed()
    }
}
