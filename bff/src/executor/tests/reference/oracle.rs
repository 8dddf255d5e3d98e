//! What the services of a random schema know, and when they fail: asked directly by the naive executor, and through
//! bytes by the real one.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};

use super::{
    super::wire::{self, Message, Value},
    dice::Dice,
    model::{
        ARGUMENT, Ask, BatchModel, INT_KEY, INT_KEYS, ITEM_KEY, ITEM_STATUS, Kind, Model, SLOW,
        TEXT_KEY, TEXT_KEYS, ValueModel, WireModel,
    },
};
use crate::{
    call::{Call, CallService, Replies, Reply},
    error::{Code, Error, Result},
};

/// One key, part by part.
pub(super) type Key = Vec<Part>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    Int(i64),
}

/// What a service says of one key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    Item(Message),
    Missing,
    Failed(Code),
}

/// How a method fails as a whole.
#[derive(Clone, Copy)]
enum Trouble {
    Fails(Code),
    Garbage,
    Hangs,
    Panics,
}

const CODES: [Code; 7] = [
    Code::Unavailable,
    Code::Internal,
    Code::PermissionDenied,
    Code::NotFound,
    Code::InvalidArgument,
    Code::ResourceExhausted,
    Code::DeadlineExceeded,
];

/// All services of a schema.
#[derive(Clone)]
pub(super) struct Oracle {
    pub(super) model: Arc<Model>,
    pub(super) seed: u64,
}

impl Oracle {
    /// What `method` (0: the ask's own, 1: its fallback) says of a key.
    pub(super) fn said(&self, ask: usize, method: usize, argument: i64, key: &Key) -> Said {
        if let Some(trouble) = self.trouble(ask, method) {
            return Said::Failed(trouble.code());
        }
        let name = format!("{ask}.{method}.{argument}.{key:?}");
        let mut dice = Dice::named(self.seed, &name);
        let model = &self.model.asks[ask];
        let in_batch = model.batch.is_some();
        if !key.is_empty() && dice.often(12) {
            let can_say = model.batch.is_none_or(|batch| !batch.map);
            return match can_say && dice.often(50) {
                true => Said::Failed(dice.pick(&CODES)),
                false if in_batch => self.nothing(ask),
                false => Said::Failed(Code::NotFound),
            };
        }
        match self.item(ask, &mut dice) {
            Said::Item(item) if model.echoes => {
                Said::Item(echoing(&model.then, item, argument, &mut dice))
            }
            said => said,
        }
    }

    /// What a field gets that waits so many milliseconds.
    pub(super) fn said_within(&self, timeout: u64, ask: usize, argument: i64, key: &Key) -> Said {
        if self.model.asks[ask].slow && timeout < SLOW {
            return Said::Failed(Code::DeadlineExceeded);
        }
        self.said(ask, 0, argument, key)
    }

    /// The value of the last rung.
    pub(super) fn last(&self, ask: usize) -> Message {
        match self.item(ask, &mut Dice::named(self.seed, &format!("last {ask}"))) {
            Said::Item(item) => item,
            _ => Message::new(),
        }
    }

    fn nothing(&self, ask: usize) -> Said {
        match self.model.asks[ask].batch {
            Some(BatchModel { group: true, .. }) => Said::Item(Message::new()),
            _ => Said::Missing,
        }
    }

    fn item(&self, ask: usize, dice: &mut Dice) -> Said {
        let ask = &self.model.asks[ask];
        let item = if ask.then.number == 0 {
            self.value_message(ask.then.value, dice)
        } else {
            self.put(Message::new(), &ask.then, dice)
        };
        Said::Item(item)
    }

    fn trouble(&self, ask: usize, method: usize) -> Option<Trouble> {
        let mut dice = Dice::named(self.seed, &format!("trouble {ask}.{method}"));
        dice.often(15).then(|| match dice.roll(8) {
            0 => Trouble::Garbage,
            1 => Trouble::Hangs,
            2 => Trouble::Panics,
            _ => Trouble::Fails(dice.pick(&CODES)),
        })
    }

    /// Puts the values of a field into a message, or leaves it out.
    fn put(&self, message: Message, wire: &WireModel, dice: &mut Dice) -> Message {
        let times = if wire.list { dice.roll(4) } else { usize::from(dice.often(85)) };
        (0..times).fold(message, |message, _| {
            let value = match wire.value {
                ValueModel::Text => Value::Bytes(text(dice).into_bytes()),
                ValueModel::Int => Value::Varint(int(dice).cast_unsigned()),
                ValueModel::Enum => Value::Varint(dice.pick(&[0, 1, 2, 1, 2, 7])),
                object => Value::Bytes(self.value_message(object, dice).encode()),
            };
            message.with(wire.number, value)
        })
    }

    fn value_message(&self, value: ValueModel, dice: &mut Dice) -> Message {
        match value {
            ValueModel::Object(index) => self.object(index, dice),
            ValueModel::Union(index) => {
                let members = &self.model.unions[index];
                let at = dice.roll(members.len() + 1);
                match members.get(at) {
                    None => Message::new(),
                    Some(object) => {
                        let number = u32::try_from(at).unwrap() + 1;
                        Message::new().message(number, &self.object(*object, dice))
                    }
                }
            }
            _ => unreachable!("leaves are no messages"),
        }
    }

    fn object(&self, index: usize, dice: &mut Dice) -> Message {
        let mut message = Message::new();
        for field in &self.model.objects[index].fields {
            if let Kind::Wire(wire) = &field.kind {
                message = self.put(message, wire, dice);
            }
        }
        if dice.often(90) {
            message = message.text(TEXT_KEY, dice.pick(&["a", "b", "c", "d", "é", ""]));
        }
        if dice.often(90) {
            message = message.int(INT_KEY, dice.pick(&[0, 1, 2, -1, 1 << 40]));
        }
        for _ in 0..dice.roll(4) {
            message = message.text(TEXT_KEYS, dice.pick(&["a", "b", "c", "d", ""]));
        }
        for _ in 0..dice.roll(4) {
            message = message.int(INT_KEYS, dice.pick(&[0, 1, 2, -1]));
        }
        message
    }

    fn reply(&self, call: &Call) -> Vec<u8> {
        let (ask, method) = asked(call);
        let model = &self.model.asks[ask];
        let request = Message::decode(&call.message).unwrap();
        let argument = request.all(ARGUMENT).next_back().map_or(0, int_of);
        let said = |key: &Key| self.said(ask, method, argument, key);
        let Some(batch) = model.batch else {
            let key = model.key.iter().enumerate().map(|(at, text)| part(&request, at, *text));
            return match said(&key.collect()) {
                Said::Item(item) => item.encode(),
                other => unreachable!("{other:?} is no reply"),
            };
        };
        let mut items: Vec<Vec<Message>> = Vec::new();
        for key in request.all(1).flat_map(|value| batch_keys(model, value)) {
            items.push(batch_items(batch, &key, said(&key)));
        }
        // The order of the keys says nothing; that of the items of one key does.
        let mut dice = Dice::named(self.seed, "shuffle");
        for at in (1..items.len()).rev() {
            items.swap(at, dice.roll(at + 1));
        }
        if !batch.map && dice.often(20) {
            let stranger = Message::new();
            items.push(vec![match model.key[0] {
                true => stranger.text(ITEM_KEY[0], "stranger"),
                false => stranger.int(ITEM_KEY[0], 777),
            }]);
        }
        let list = items.iter().flatten().fold(Message::new(), |list, item| list.message(2, item));
        let reply = if batch.nested { Message::new().message(3, &list) } else { list };
        reply.int(99, 1).encode()
    }

    async fn answer(self, call: Call) -> Result<Reply> {
        let (ask, method) = asked(&call);
        let mut dice = Dice::named(self.seed, &format!("delay {ask}.{method}"));
        let slow = method == 0 && self.model.asks[ask].slow;
        let delay = if slow { SLOW } else { dice.roll(20) as u64 };
        tokio::time::sleep(Duration::from_millis(delay)).await;
        match self.trouble(ask, method) {
            None => {}
            Some(Trouble::Fails(code)) => return Err(Error::new(code, "told to")),
            Some(Trouble::Garbage) => return Ok(Reply { message: vec![0xff; 3].into() }),
            Some(Trouble::Hangs) => std::future::pending().await,
            Some(Trouble::Panics) => panic!("told to"),
        }
        if self.model.asks[ask].batch.is_none() {
            let request = Message::decode(&call.message).unwrap();
            let argument = request.all(ARGUMENT).next_back().map_or(0, int_of);
            let parts = self.model.asks[ask].key.iter().enumerate();
            let key = parts.map(|(at, text)| part(&request, at, *text)).collect();
            if let Said::Failed(code) = self.said(ask, method, argument, &key) {
                return Err(Error::new(code, "told to"));
            }
        }
        Ok(Reply { message: self.reply(&call).into() })
    }
}

impl Trouble {
    fn code(self) -> Code {
        match self {
            Self::Fails(code) => code,
            Self::Garbage => Code::DataLoss,
            Self::Hangs => Code::DeadlineExceeded,
            Self::Panics => Code::Internal,
        }
    }
}

impl CallService for Oracle {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply>> {
        self.clone().answer(call).boxed()
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies>> {
        let oracle = self.clone();
        async move {
            let (ask, _) = asked(&call);
            let mut dice = Dice::named(oracle.seed, &format!("stream {ask}"));
            let mut messages: Vec<Result<Bytes>> = Vec::new();
            match oracle.clone().answer(call).await.map(|it| Message::decode(&it.message)) {
                Ok(Some(list)) => messages.extend(list.0.into_iter().map(one_field)),
                Ok(None) => messages.push(Ok(Bytes::from_static(&[0xff; 3]))),
                // Some come before, but where there is nothing.
                Err(error) => {
                    if error.code() != Code::NotFound
                        && let Said::Item(list) = oracle.item(ask, &mut dice)
                    {
                        messages.extend(list.0.into_iter().map(one_field));
                    }
                    messages.push(Err(error));
                }
            }
            let pauses: Vec<u64> = messages.iter().map(|_| dice.roll(10) as u64).collect();
            let paused = stream::iter(messages.into_iter().zip(pauses));
            let paused = paused.then(|(message, pause)| async move {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                message
            });
            Ok(paused.boxed())
        }
        .boxed()
    }
}

fn one_field(field: (u32, Value)) -> Result<Bytes> {
    Ok(Message(vec![field]).encode().into())
}

fn asked(call: &Call) -> (usize, usize) {
    (call.method.service[1..].parse().unwrap(), usize::from(call.method.name == "Fallback"))
}

/// The same with the argument as the keys of the object, or one of them.
fn echoing(then: &WireModel, item: Message, argument: i64, dice: &mut Dice) -> Message {
    let (text, int) = (dice.often(70), dice.often(70));
    let with_keys = |mut object: Message| {
        if text {
            object = object.text(TEXT_KEY, &argument.to_string());
        }
        if int { object.int(INT_KEY, argument) } else { object }
    };
    if then.number == 0 {
        return with_keys(item);
    }
    let inner = |(number, value): (u32, Value)| match value {
        Value::Bytes(bytes) if number == then.number => {
            (number, Value::Bytes(with_keys(Message::decode(&bytes).unwrap()).encode()))
        }
        value => (number, value),
    };
    Message(item.0.into_iter().map(inner).collect())
}

/// A part of the only key of a request, or of the key message of a batch.
fn part(message: &Message, at: usize, text: bool) -> Part {
    let number = u32::try_from(at).unwrap() + 1;
    match (message.all(number).next_back(), text) {
        (Some(Value::Bytes(bytes)), true) => Part::Text(String::from_utf8(bytes.clone()).unwrap()),
        (Some(value), false) => Part::Int(int_of(value)),
        (None, true) => Part::Text(String::new()),
        (None, false) => Part::Int(0),
        (Some(other), true) => panic!("{other:?} is no text"),
    }
}

/// The keys of one element of the repeated field: many where integers are packed.
fn batch_keys(ask: &Ask, value: &Value) -> Vec<Key> {
    match (value, &ask.key[..]) {
        (Value::Bytes(bytes), [true]) => {
            vec![vec![Part::Text(String::from_utf8(bytes.clone()).unwrap())]]
        }
        (Value::Bytes(bytes), [false]) => {
            wire::packed(bytes).map(|key| vec![Part::Int(key.cast_signed())]).collect()
        }
        (Value::Bytes(bytes), parts) => {
            let message = Message::decode(bytes).unwrap();
            vec![parts.iter().enumerate().map(|(at, text)| part(&message, at, *text)).collect()]
        }
        (value, _) => vec![vec![Part::Int(int_of(value))]],
    }
}

/// The items that a batch has for a key.
fn batch_items(batch: BatchModel, key: &Key, said: Said) -> Vec<Message> {
    let keyed = |item: Message| {
        key.iter().enumerate().fold(item, |item, (at, part)| match part {
            Part::Text(text) => item.text(ITEM_KEY[at], text),
            Part::Int(int) => item.int(ITEM_KEY[at], *int),
        })
    };
    match said {
        Said::Missing => Vec::new(),
        Said::Failed(code) => {
            let number = (0..17).find(|number| Code::from_grpc(*number) == Some(code)).unwrap();
            let status = Message::new().int(1, i64::from(number)).text(2, "secret");
            vec![keyed(Message::new()).message(ITEM_STATUS, &status)]
        }
        Said::Item(item) if batch.group => item
            .all(1)
            .map(|value| match value {
                Value::Bytes(bytes) => keyed(Message::decode(bytes).unwrap()),
                other => panic!("{other:?} is no item"),
            })
            .collect(),
        Said::Item(item) if batch.map => {
            let entry = match &key[0] {
                Part::Text(text) => Message::new().text(1, text),
                Part::Int(int) => Message::new().int(1, *int),
            };
            vec![entry.message(2, &item)]
        }
        Said::Item(item) => vec![keyed(item)],
    }
}

pub(super) fn int_of(value: &Value) -> i64 {
    match value {
        Value::Varint(bits) => bits.cast_signed(),
        other => panic!("{other:?} is no integer"),
    }
}

fn text(dice: &mut Dice) -> String {
    dice.pick(&[
        "plain",
        "with \"quotes\"",
        "naïve",
        "",
        "line\nbreak",
        "long enough to leave the short path of writers, and then some more",
    ])
    .to_string()
}

fn int(dice: &mut Dice) -> i64 {
    dice.pick(&[0, 1, -1, 42, 2_147_483_647, -2_147_483_648, 42, 7, 1 << 40])
}
