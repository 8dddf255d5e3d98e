//! Clients call as their request does; parents are read as prost reads them; a bad parent fails alone.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use proptest::prelude::{Arbitrary, Strategy, any, prop_assert_eq, proptest};
use prost::Message;
use tokio::time::Instant;

use super::{Client, Fields, Parents, Rpc, Value, View, arguments};
use crate::{
    call::{Call, CallService, Replies, Reply},
    context,
    contract::SideEffects,
    error::{Code, Error, Result},
    resolver::Context,
};

/// Answers with what it was asked, and keeps the calls.
#[derive(Default)]
struct Echo {
    calls: Mutex<Vec<Call>>,
}

impl CallService for Echo {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        let message = call.message.clone();
        self.calls.lock().unwrap().push(call);
        async move { Ok(Reply { message }) }.boxed()
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies, Error>> {
        let message = call.message.clone();
        self.calls.lock().unwrap().push(call);
        let messages = [Ok(message), Ok(Bytes::from_static(b"\xff"))];
        async move { Ok(stream::iter(messages).boxed()) }.boxed()
    }
}

static PRICE: Rpc = Rpc::new("shop.Pricing", "GetPrice", "shop.Id", "shop.Price")
    .forwards_identity()
    .forwards_headers(&["x-market"])
    .idempotent();

fn client() -> (Arc<Echo>, Context, Client) {
    let echo = Arc::new(Echo::default());
    let request = context::Context::anonymous(Instant::now() + Duration::from_millis(70));
    let context = Context::new(Arc::new(request), Arc::clone(&echo) as Arc<dyn CallService>);
    let client = Client::new(&context);
    (echo, context, client)
}

#[tokio::test]
async fn a_client_calls_with_the_deadline_and_the_caller_of_its_request() {
    let (echo, context, client) = client();
    let reply: String = client.unary(&PRICE, &"42".to_owned()).await.unwrap();
    assert_eq!(reply, "42");
    let calls = echo.calls.lock().unwrap();
    assert_eq!((calls[0].deadline, calls[0].context.request), (context.deadline, context.request));
    assert_eq!(calls[0].side_effects, SideEffects::Idempotent);
}

#[tokio::test]
async fn a_client_says_which_method_it_means() {
    let (echo, _, client) = client();
    let _: String = client.unary(&PRICE, &String::new()).await.unwrap();
    let method = Arc::clone(&echo.calls.lock().unwrap()[0].method);
    assert_eq!((method.service.as_str(), method.name.as_str()), ("shop.Pricing", "GetPrice"));
    assert_eq!((method.input.as_str(), method.output.as_str()), ("shop.Id", "shop.Price"));
    assert!(method.forward_identity && !method.forward_tenant);
    assert_eq!(method.forward_headers, ["x-market"]);
}

#[tokio::test]
async fn a_reply_that_is_no_message_is_data_loss_of_that_method() {
    let (_, _, client) = client();
    let error = client.unary::<_, ()>(&PRICE, &Garbage).await.unwrap_err();
    assert_eq!(error.code(), Code::DataLoss);
    assert_eq!(&*error.origin().unwrap().method, "GetPrice");
}

#[tokio::test]
async fn a_stream_gives_its_messages_one_by_one() {
    let (_, _, client) = client();
    let stream = client.server_stream(&PRICE, &"42".to_owned()).await.unwrap();
    let messages: Vec<Result<String>> = stream.collect().await;
    assert_eq!(messages[0].as_ref().unwrap(), "42");
    assert_eq!(messages[1].as_ref().unwrap_err().code(), Code::DataLoss);
}

/// Encodes to something that is no message.
#[derive(Clone, Debug, Default, PartialEq)]
struct Garbage;

impl Message for Garbage {
    fn encode_raw(&self, buffer: &mut impl bytes::BufMut) {
        buffer.put_slice(b"\xff");
    }

    fn merge_field(
        &mut self,
        _: u32,
        _: prost::encoding::WireType,
        _: &mut impl bytes::Buf,
        _: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        1
    }

    fn clear(&mut self) {}
}

/// A message with a field of every scalar type.
#[derive(Clone, PartialEq, Message)]
struct Scalars {
    #[prost(int32, tag = "1")]
    int32: i32,
    #[prost(int64, tag = "2")]
    int64: i64,
    #[prost(uint32, tag = "3")]
    uint32: u32,
    #[prost(uint64, tag = "4")]
    uint64: u64,
    #[prost(sint32, tag = "5")]
    sint32: i32,
    #[prost(sint64, tag = "6")]
    sint64: i64,
    #[prost(fixed32, tag = "7")]
    fixed32: u32,
    #[prost(fixed64, tag = "8")]
    fixed64: u64,
    #[prost(sfixed32, tag = "9")]
    sfixed32: i32,
    #[prost(sfixed64, tag = "10")]
    sfixed64: i64,
    #[prost(float, tag = "11")]
    float: f32,
    #[prost(double, tag = "12")]
    double: f64,
    #[prost(bool, tag = "13")]
    bool: bool,
    #[prost(string, tag = "14")]
    string: String,
    #[prost(bytes = "vec", tag = "15")]
    bytes: Vec<u8>,
}

impl View<'_> for Scalars {
    fn read(message: &[u8]) -> Result<Self> {
        let mut view = Self::default();
        for field in Fields::of(message) {
            let (number, value) = field?;
            match number {
                1 => view.int32 = value.int32()?,
                2 => view.int64 = value.int64()?,
                3 => view.uint32 = value.uint32()?,
                4 => view.uint64 = value.uint64()?,
                5 => view.sint32 = value.sint32()?,
                6 => view.sint64 = value.sint64()?,
                7 => view.fixed32 = value.fixed32()?,
                8 => view.fixed64 = value.fixed64()?,
                9 => view.sfixed32 = value.sfixed32()?,
                10 => view.sfixed64 = value.sfixed64()?,
                11 => view.float = value.float()?,
                12 => view.double = value.double()?,
                13 => view.bool = value.bool()?,
                14 => view.string = value.string()?.to_owned(),
                15 => view.bytes = value.bytes()?.to_owned(),
                _ => {}
            }
        }
        Ok(view)
    }
}

fn scalars() -> impl Strategy<Value = Scalars> {
    let whole = <(i32, i64, u32, u64, i32, i64, u32, u64, i32, i64)>::arbitrary();
    let other =
        (-1e30f32..1e30, -1e300f64..1e300, any::<bool>(), any::<String>(), any::<Vec<u8>>());
    (whole, other).prop_map(|(whole, (float, double, bool, string, bytes))| {
        let (int32, int64, uint32, uint64, sint32, sint64, fixed32, fixed64, sfixed32, sfixed64) =
            whole;
        Scalars {
            int32,
            int64,
            uint32,
            uint64,
            sint32,
            sint64,
            fixed32,
            fixed64,
            sfixed32,
            sfixed64,
            float,
            double,
            bool,
            string,
            bytes,
        }
    })
}

proptest! {
    #[test]
    fn a_view_reads_what_prost_reads(message in scalars(), other in scalars()) {
        let mut bytes = message.encode_to_vec();
        bytes.extend(other.encode_to_vec());
        prop_assert_eq!(Scalars::read(&bytes).unwrap(), Scalars::decode(&*bytes).unwrap());
    }

    #[test]
    fn garbage_is_an_error_and_not_a_panic(bytes: Vec<u8>) {
        let read = Scalars::read(&bytes);
        if let Ok(decoded) = Scalars::decode(&*bytes) {
            // NaN differs from itself.
            prop_assert_eq!(format!("{:?}", read.unwrap()), format!("{decoded:?}"));
        }
    }
}

#[test]
fn unknown_groups_are_read_over() {
    let fields: Vec<_> = Fields::of(b"\x0b\x10\x01\x0c\x10\x07").collect::<Result<_>>().unwrap();
    assert_eq!(fields, [(1, Value::Group), (2, Value::Varint(7))]);
}

#[test]
fn a_text_that_is_not_utf8_is_an_invalid_value() {
    let (_, value) = Fields::of(b"\x0a\x01\xff").next().unwrap().unwrap();
    assert_eq!(value.string().unwrap_err().code(), Code::InvalidValue);
}

fn parents() -> [Bytes; 3] {
    let page = |int32| Bytes::from(Scalars { int32, ..Scalars::default() }.encode_to_vec());
    [page(3), Bytes::from_static(b"\x0a"), page(5)]
}

fn answer(answers: Vec<Result<i32>>) -> Vec<Result<Bytes, Code>> {
    let bytes = parents();
    let parents = Parents::<Scalars>::read(&bytes);
    assert_eq!(parents.views().iter().map(|view| view.int32).collect::<Vec<_>>(), [3, 5]);
    let answers = parents.answer(answers, |value| value);
    answers.into_iter().map(|answer| answer.map_err(|error| error.code())).collect()
}

#[test]
fn a_parent_that_cannot_be_read_fails_alone_and_in_its_place() {
    let answers = answer(vec![Ok(6), Ok(10)]);
    let ten = Bytes::from(10i32.encode_to_vec());
    assert_eq!(answers[1..], [Err(Code::DataLoss), Ok(ten)]);
}

#[test]
fn an_error_of_a_resolver_is_the_error_of_that_parent() {
    let answers = answer(vec![Ok(6), Err(Error::new(Code::NotFound, "no pages"))]);
    assert_eq!(answers[2], Err(Code::NotFound));
}

#[test]
fn too_few_answers_are_none() {
    assert_eq!(
        answer(vec![Ok(6)]),
        [Err(Code::Internal), Err(Code::Internal), Err(Code::Internal)]
    );
}

#[test]
fn arguments_that_are_no_message_are_our_fault() {
    let read = arguments::<Scalars>(Bytes::from_static(b"\xff"));
    assert_eq!(read.unwrap_err().code(), Code::Internal);
}
