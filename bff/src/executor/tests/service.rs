//! The shop's services in memory: they know everything, do as they are told, and remember what they were asked.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    channel::mpsc::{UnboundedSender, unbounded},
    future::{BoxFuture, ready},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::{
    contracts::{BOOK_FIELDS, book_message, full_name},
    wire::{Message, Value},
};
use crate::{
    call::{Call, CallService, NoAnswer, Replies, Reply, Stated, TooLarge},
    contract,
    error::{Code, Error, Result},
};

/// All services.
#[derive(Clone, Default)]
pub(super) struct Services(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    behaviours: HashMap<String, Behaviour>,
    seen: Vec<Seen>,
    /// What comes of the next attempts to open a stream; without anything they stall.
    streams: VecDeque<Result<Replies>>,
    /// The other ends of streams that all get the same; without it nobody offers any.
    tap: Option<Vec<UnboundedSender<Result<Bytes>>>>,
    /// Added to titles, so that a test sees when a book was fetched.
    edition: String,
    masks: Masks,
    back: Arc<Notify>,
}

/// What services make of masks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Masks {
    #[default]
    Honoured,
    /// They send everything.
    Ignored,
    /// They never send authors.
    Less,
}

/// What a method does.
#[derive(Clone)]
pub(super) struct Behaviour {
    /// Before anything else.
    pub(super) delay: Duration,
    pub(super) then: Then,
}

#[derive(Clone)]
pub(super) enum Then {
    Answer,
    Fail(Code),
    /// The request goes nowhere.
    Unsent,
    /// The request goes out, and then the connection breaks.
    Lost(Code),
    /// Says that it fails where it is asked for this key.
    Refuse(&'static str, Code),
    /// Its connection ends so where it is asked for this key.
    Break(&'static str, Code),
    /// Takes so many milliseconds more where it is asked for this key.
    Linger(&'static str, u64),
    /// Its answer to more keys than this is larger than we allow.
    TooLarge(usize),
    /// Cannot be read where it is asked for this key.
    Unreadable(&'static str),
    /// Leaves this key out.
    Omit(&'static str),
    /// Gives this key a status of its own.
    Status(&'static str, i64),
    Reply(Vec<u8>),
    Panic,
}

/// A call that came in.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) keys: Vec<String>,
    /// The fields that it was asked for; empty where it was asked for all.
    pub(super) mask: Vec<String>,
    pub(super) subject: Option<String>,
    pub(super) at: Instant,
    pub(super) deadline: Instant,
    pub(super) open_ended: bool,
    pub(super) end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    None,
    Replied,
    Dropped,
}

/// Tells that a call was dropped before it was answered.
struct Watch {
    services: Services,
    number: usize,
    end: End,
}

impl Services {
    /// From now on `method` does this.
    pub(super) fn set(&self, method: &str, milliseconds: u64, then: Then) {
        let delay = Duration::from_millis(milliseconds);
        self.0.lock().unwrap().behaviours.insert(method.to_owned(), Behaviour { delay, then });
    }

    pub(super) fn set_edition(&self, edition: &str) {
        edition.clone_into(&mut self.0.lock().unwrap().edition);
    }

    pub(super) fn set_masks(&self, masks: Masks) {
        self.0.lock().unwrap().masks = masks;
    }

    /// What was asked so far.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap().seen.clear();
    }

    /// A stream that can be opened: what is sent comes, and it ends when the sender is gone.
    pub(super) fn offer_stream(&self) -> UnboundedSender<Result<Bytes>> {
        let (sender, messages) = unbounded();
        self.offer(messages.boxed());
        sender
    }

    /// What the next stream brings that is opened.
    pub(super) fn offer(&self, messages: Replies) {
        self.0.lock().unwrap().streams.push_back(Ok(messages));
    }

    /// From now on every stream that is opened gets what is [told](Self::tell) from then on.
    pub(super) fn offer_streams(&self) {
        self.0.lock().unwrap().tap = Some(Vec::new());
    }

    /// Says something to all that are open; an error ends them.
    pub(super) fn tell(&self, message: &Result<Bytes>) {
        let mut state = self.0.lock().unwrap();
        let tap = state.tap.as_mut().expect("streams are offered");
        tap.retain(|stream| stream.unbounded_send(message.clone()).is_ok());
        if message.is_err() {
            tap.clear();
        }
    }

    /// A stream that cannot be opened.
    pub(super) fn refuse_stream(&self, code: Code) {
        self.fail_stream(Error::with_source(code, "it failed", "10.0.0.7 refused"));
    }

    /// What comes of the next attempt to open a stream.
    pub(super) fn fail_stream(&self, failure: Error) {
        self.0.lock().unwrap().streams.push_back(Err(failure));
    }

    /// They can be reached again.
    pub(super) fn come_back(&self) {
        self.0.lock().unwrap().back.notify_waiters();
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap().seen.clone()
    }

    /// The calls so far, one a line: `Pricing/BatchGet 1 2`.
    pub(super) fn calls(&self) -> String {
        self.seen().iter().fold(String::new(), |mut text, seen| {
            let mask = seen.mask.join(",");
            let mask = if mask.is_empty() { mask } else { format!(" [{mask}]") };
            writeln!(text, "{} {}{mask}", seen.method, seen.keys.join(" ")).unwrap();
            text
        })
    }

    /// How often a method was called.
    pub(super) fn count(&self, method: &str) -> usize {
        self.seen().iter().filter(|seen| seen.method == method).count()
    }

    pub(super) fn ends(&self, method: &str) -> Vec<End> {
        self.seen().iter().filter(|seen| seen.method == method).map(|seen| seen.end).collect()
    }

    /// How somebody fails who is no service, if told to.
    pub(super) fn failure(&self, name: &str) -> Option<Error> {
        match self.0.lock().unwrap().behaviours.get(name)?.then {
            Then::Fail(code) => Some(Error::new(code, "it failed")),
            _ => None,
        }
    }

    fn begin(&self, call: &Call) -> (Behaviour, Watch) {
        let mut state = self.0.lock().unwrap();
        let method = full_name(&call.method);
        let request = Message::decode(&call.message).unwrap();
        let number = state.seen.len();
        state.seen.push(Seen {
            method: method.clone(),
            keys: request.texts(1),
            mask: mask(&request),
            subject: call.context.identity.as_ref().map(|who| who.subject.to_string()),
            at: Instant::now(),
            deadline: call.deadline,
            open_ended: call.open_ended,
            end: End::None,
        });
        let answer = Behaviour { delay: Duration::ZERO, then: Then::Answer };
        let behaviour = state.behaviours.get(&method).cloned().unwrap_or(answer);
        (behaviour, Watch { services: self.clone(), number, end: End::Dropped })
    }

    async fn answer(self, call: Call) -> Result<Reply> {
        let (Behaviour { delay, then }, mut watch) = self.begin(&call);
        sleep(delay).await;
        let keys = Message::decode(&call.message).unwrap().texts(1);
        if let Then::Linger(key, more) = &then
            && keys.iter().any(|other| other == key)
        {
            sleep(Duration::from_millis(*more)).await;
        }
        watch.end = End::Replied;
        let refused = "10.0.0.7 refused";
        let stated = |code| Error::with_source(code, "it failed", Stated(refused.to_owned()));
        match &then {
            Then::Fail(code) => return Err(stated(*code)),
            Then::Unsent => {
                let reason = NoAnswer::Unsent("10.0.0.7 refused".into());
                return Err(Error::with_source(Code::Unavailable, "it failed", reason));
            }
            Then::Lost(code) => {
                let reason = NoAnswer::Lost("10.0.0.7 is gone".into());
                return Err(Error::with_source(*code, "it failed", reason));
            }
            Then::Refuse(key, code) if keys.iter().any(|other| other == key) => {
                return Err(stated(*code));
            }
            Then::Break(key, code) if keys.iter().any(|other| other == key) => {
                return Err(Error::with_source(*code, "it failed", refused));
            }
            Then::Unreadable(key) if keys.iter().any(|other| other == key) => {
                return Ok(Reply { message: vec![0xff; 3].into() });
            }
            Then::TooLarge(most) if keys.len() > *most => {
                let too_large = TooLarge { what: "a message", size: 9, limit: 8 };
                return Err(Error::with_source(Code::ResourceExhausted, "a limit", too_large));
            }
            Then::Reply(bytes) => return Ok(Reply { message: bytes.clone().into() }),
            Then::Panic => panic!("told to"),
            _ => {}
        }
        let (edition, masks) = {
            let state = self.0.lock().unwrap();
            (state.edition.clone(), state.masks)
        };
        let message = reply(&call, &keys, &then, (&edition, masks));
        Ok(Reply { message: Bytes::from(message.encode()) })
    }
}

impl State {
    fn next_stream(&mut self) -> Option<Result<Replies>> {
        self.streams.pop_front().or_else(|| {
            let (sender, messages) = unbounded();
            self.tap.as_mut()?.push(sender);
            Some(Ok(messages.boxed()))
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.services.0.lock().unwrap().seen[self.number].end = self.end;
    }
}

impl CallService for Services {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply>> {
        self.clone().answer(call).boxed()
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies>> {
        let (_, watch) = self.begin(&call);
        let next = self.0.lock().unwrap().next_stream();
        async move {
            let Some(next) = next else { return std::future::pending().await };
            let over = async move {
                // All of it, as its drop is what tells the end.
                let mut watch = watch;
                watch.end = End::Replied;
                None
            };
            Ok(next?.map(Some).chain(over.into_stream()).filter_map(ready).boxed())
        }
        .boxed()
    }

    fn reconnected(&self, _: &contract::Method) -> BoxFuture<'static, ()> {
        Arc::clone(&self.0.lock().unwrap().back).notified_owned().boxed()
    }
}

fn reply(call: &Call, keys: &[String], then: &Then, (edition, masks): (&str, Masks)) -> Message {
    let method = &*full_name(&call.method);
    let mask = mask(&Message::decode(&call.message).unwrap());
    let book = |id: &str| {
        let title = format!("Book {id}{edition}");
        masked(book_message(id).text(2, &title), &mask, masks)
    };
    match method {
        // Books have nicknames: "x2" is 2.
        "Catalog/GetBook" => book(keys[0].trim_start_matches('x')),
        "Catalog/Rename" => {
            let title = &Message::decode(&call.message).unwrap().texts(2)[0];
            book_message(&keys[0]).text(2, title)
        }
        "Catalog/ListBooks" => {
            ["1", "2", "3"].iter().fold(Message::new(), |list, id| list.message(1, &book(id)))
        }
        "Accounts/Me" => {
            let subject = call.context.identity.as_ref().map_or("nobody", |who| &who.subject);
            Message::new().text(1, subject).text(2, &format!("I am {subject}"))
        }
        "Inventory/Get" => Message::new().int(2, i64::from(number(&keys[0]))),
        // Backwards, because order says nothing.
        _ => keys.iter().rev().fold(Message::new(), |list, key| match then {
            Then::Omit(omitted) if omitted == key => list,
            Then::Status(failed, code) if failed == key => {
                let status = Message::new().int(1, *code).text(2, "secret");
                list.message(1, &Message::new().text(1, key).message(15, &status))
            }
            _ => items(method, key, call, &book)
                .iter()
                .fold(list, |list, item| list.message(1, item)),
        }),
    }
}

/// What a request says in field 9.
fn mask(request: &Message) -> Vec<String> {
    let paths = |mask: &Value| match mask {
        Value::Bytes(mask) => Message::decode(mask).unwrap().texts(1),
        other => panic!("{other:?} is no mask"),
    };
    request.all(9).flat_map(paths).collect()
}

/// What is left of a book.
fn masked(book: Message, mask: &[String], masks: Masks) -> Message {
    let is_asked = |number: u32| {
        BOOK_FIELDS.iter().any(|(other, name)| *other == number && mask.iter().any(|it| it == name))
    };
    let is_sent = |number: u32| match masks {
        Masks::Ignored => true,
        _ if mask.is_empty() => true,
        Masks::Honoured => is_asked(number),
        Masks::Less => is_asked(number) && number != 3,
    };
    let fields = book.0.into_iter().filter(|(number, _)| is_sent(*number));
    Message(fields.collect())
}

fn items(method: &str, key: &str, call: &Call, book: &dyn Fn(&str) -> Message) -> Vec<Message> {
    // It knows only what is forwarded.
    let who = call.context.identity.as_ref().filter(|_| call.method.forward_identity);
    let who = who.map_or(0, |who| i64::try_from(who.subject.len()).unwrap());
    match method {
        "Catalog/BatchGetBooks" => vec![book(key)],
        "Pricing/BatchGet" => {
            vec![Message::new().text(1, key).int(2, i64::from(number(key)) * 100 + who)]
        }
        "Pricing/BatchGetOld" => vec![Message::new().text(1, key).int(2, i64::from(number(key)))],
        "Users/BatchGet" => vec![Message::new().text(1, key).text(2, &format!("User {key}"))],
        "Reviews/ListByBooks" => (0..number(key) % 3)
            .map(|each| {
                Message::new()
                    .text(1, &format!("r{key}.{each}"))
                    .text(2, key)
                    .text(3, "good")
                    .text(4, &format!("u{each}"))
            })
            .collect(),
        other => panic!("{other} is not known"),
    }
}

fn number(key: &str) -> u32 {
    key.parse().unwrap_or(0)
}
