//! The obvious twin of the executor: field by field, call by call, over decoded messages, as the GraphQL specification
//! tells it. No batches, no sharing, no tables.

use super::{
    super::wire::{Message, Value},
    model::{
        Ask, FieldModel, INT_KEY, INT_KEYS, Kind, LastModel, TEXT_KEY, TEXT_KEYS, ValueModel,
        WireModel,
    },
    oracle::{Key, Oracle, Part, Said, int_of},
};
use crate::{
    error::Code,
    operation::{Field, Operation, OperationKind, Value as Argument},
};

/// An answer, as the naive executor gives it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) data: String,
    /// Path and code.
    pub(super) errors: Vec<(String, String)>,
    /// Path, cause and source.
    pub(super) degraded: Vec<(String, String, String)>,
}

/// Why a value that may not be null has none.
struct Cause {
    path: String,
    code: Code,
}

/// The text of a JSON value, or why there is none.
type Shown = Result<String, Cause>;

struct Naive<'a> {
    oracle: &'a Oracle,
    answer: Answer,
}

/// Where a value stands.
#[derive(Clone)]
struct Place<'a> {
    field: &'a Field,
    path: Vec<String>,
    nullable: bool,
    item_nullable: bool,
    /// How many milliseconds the field waits.
    timeout: u64,
    /// A root field of a mutation.
    acts: bool,
}

pub(super) fn execute(oracle: &Oracle, operation: &Operation) -> Answer {
    let mut naive = Naive { oracle, answer: Answer::default() };
    let mutates = operation.kind == OperationKind::Mutation;
    let root = &oracle.model.root;
    let data = naive.object(("Query", root), &operation.fields, &Message::new(), &[], mutates);
    naive.answer.data = data.unwrap_or_else(|cause| {
        naive.answer.errors.clear();
        naive.answer.degraded.clear();
        naive.fail(&cause);
        "null".to_owned()
    });
    naive.answer
}

impl Naive<'_> {
    fn object(
        &mut self,
        (type_name, models): (&str, &[FieldModel]),
        fields: &[Field],
        message: &Message,
        path: &[String],
        acts: bool,
    ) -> Shown {
        let (mut shown, mut halted, mut failed) = (Vec::new(), None, None);
        for field in fields {
            let path = [path, &[json(&field.response_key)]].concat();
            let value = if field.name == "__typename" {
                Ok(json(type_name))
            } else {
                let model = models.iter().find(|model| model.name == field.name).unwrap();
                let FieldModel { nullable, item_nullable, timeout, kind, .. } = *model;
                let place = Place { field, path, nullable, item_nullable, timeout, acts };
                if let Some(code) = halted {
                    let cause = place.cause(code);
                    self.settled(nullable, |_| Err(cause))
                } else {
                    let value = self.settled(nullable, |naive| naive.value(kind, message, &place));
                    halted = self.unknown_outcome(kind, &place);
                    value
                }
            };
            match value {
                Ok(value) => shown.push(format!("{}:{value}", json(&field.response_key))),
                Err(cause) => failed = failed.or(Some(cause)),
            }
        }
        failed.map_or_else(|| Ok(format!("{{{}}}", shown.join(","))), Err)
    }

    /// Where null may stand it stands for what failed, and only the cause of that is told.
    fn settled(&mut self, nullable: bool, value: impl FnOnce(&mut Self) -> Shown) -> Shown {
        let (errors, degraded) = (self.answer.errors.len(), self.answer.degraded.len());
        match value(self) {
            Err(cause) if nullable => {
                self.answer.errors.truncate(errors);
                self.answer.degraded.truncate(degraded);
                self.fail(&cause);
                Ok("null".to_owned())
            }
            value => value,
        }
    }

    fn fail(&mut self, cause: &Cause) {
        self.answer.errors.push((cause.path.clone(), cause.code.name().to_owned()));
    }

    fn value(&mut self, kind: Kind, message: &Message, place: &Place<'_>) -> Shown {
        let index = match kind {
            Kind::Wire(wire) => return self.wire(&wire, message, place),
            Kind::Ask(index) => index,
        };
        let oracle = self.oracle;
        let ask = &oracle.model.asks[index];
        if !ask.many {
            return self.entity(index, key_of(ask, message), place);
        }
        let number = if ask.key[0] { TEXT_KEYS } else { INT_KEYS };
        let keys = message.all(number).map(key_part);
        self.list(keys.collect::<Vec<_>>(), place, |naive, part, place| {
            naive.entity(index, usable(vec![part]), place)
        })
    }

    fn list<T>(
        &mut self,
        values: impl IntoIterator<Item = T>,
        place: &Place<'_>,
        mut item: impl FnMut(&mut Self, T, &Place<'_>) -> Shown,
    ) -> Shown {
        let (mut shown, mut failed) = (Vec::new(), None);
        for (index, value) in values.into_iter().enumerate() {
            let path = [&place.path[..], &[index.to_string()]].concat();
            let place = Place { path, nullable: place.item_nullable, ..place.clone() };
            match self.settled(place.nullable, |naive| item(naive, value, &place)) {
                Ok(value) => shown.push(value),
                Err(cause) => failed = failed.or(Some(cause)),
            }
        }
        failed.map_or_else(|| Ok(format!("[{}]", shown.join(","))), Err)
    }

    fn entity(&mut self, ask: usize, key: Option<Key>, place: &Place<'_>) -> Shown {
        let Some(key) = key else { return place.null() };
        let (said, note) = self.ask(ask, &key, place);
        if let (Some((cause, source)), Said::Item(_) | Said::Missing) = (note, &said) {
            self.answer.degraded.push((place.path_text(), cause.name().to_owned(), source));
        }
        match said {
            Said::Item(item) => {
                let oracle = self.oracle;
                let then = &oracle.model.asks[ask].then;
                // A place that shows null for what it got instead still got something else.
                self.settled(place.nullable, |naive| naive.wire(then, &item, place))
            }
            Said::Missing => place.null(),
            Said::Failed(Code::NotFound) if place.nullable => place.null(),
            Said::Failed(code) => Err(place.cause(code)),
        }
    }

    /// What there is for a key, and what happened on the way.
    fn ask(&self, ask: usize, key: &Key, place: &Place<'_>) -> (Said, Option<(Code, String)>) {
        let argument = place.argument();
        let said = self.oracle.said_within(place.timeout, ask, argument, key);
        let ladder = self.oracle.model.asks[ask].ladder;
        let (Said::Failed(code), Some(ladder), false) = (&said, ladder, place.acts) else {
            return (said, None);
        };
        let note = |source: &str| Some((*code, source.to_owned()));
        if !code.may_fall_back() {
            return (said, None);
        }
        if ladder.rpc {
            let other = self.oracle.said(ask, 1, argument, key);
            if !matches!(other, Said::Failed(_)) {
                return (other, note("rpc"));
            }
        }
        match ladder.last {
            LastModel::None => (said, None),
            LastModel::Null => (Said::Missing, note("null")),
            LastModel::Value => (Said::Item(self.oracle.last(ask)), note("value")),
        }
    }

    /// Of a change: after what nobody knows whether it was made.
    fn unknown_outcome(&self, kind: Kind, place: &Place<'_>) -> Option<Code> {
        let Kind::Ask(ask) = kind else { return None };
        match self.oracle.said_within(place.timeout, ask, place.argument(), &Key::new()) {
            Said::Failed(code) if place.acts && code.leaves_the_outcome_open() => Some(code),
            _ => None,
        }
    }

    fn wire(&mut self, wire: &WireModel, message: &Message, place: &Place<'_>) -> Shown {
        if wire.number == 0 {
            return self.single(wire.value, &Value::Bytes(message.encode()), place);
        }
        if wire.list {
            return self.list(message.all(wire.number), place, |naive, value, place| {
                naive.single(wire.value, value, place)
            });
        }
        match (message.all(wire.number).next_back(), wire.explicit, wire.value) {
            (Some(value), _, kind) => self.single(kind, value, place),
            (None, true, _) => place.null(),
            (None, false, ValueModel::Text) => Ok("\"\"".to_owned()),
            (None, false, kind) => self.single(kind, &Value::Varint(0), place),
        }
    }

    fn single(&mut self, kind: ValueModel, value: &Value, place: &Place<'_>) -> Shown {
        match kind {
            ValueModel::Text => Ok(json(str::from_utf8(bytes_of(value)).unwrap())),
            ValueModel::Int => match i32::try_from(int_of(value)) {
                Ok(int) => Ok(int.to_string()),
                Err(_) => Err(place.cause(Code::InvalidValue)),
            },
            ValueModel::Enum => match int_of(value) {
                known @ 0..=2 => Ok(json(["A", "B", "C"][usize::try_from(known).unwrap()])),
                _ => Err(place.cause(Code::InvalidValue)),
            },
            ValueModel::Object(index) => {
                self.typed(index, &Message::decode(bytes_of(value)).unwrap(), place)
            }
            ValueModel::Union(index) => {
                let message = Message::decode(bytes_of(value)).unwrap();
                match message.0.last() {
                    None => place.null(),
                    Some((number, member)) => {
                        let at = usize::try_from(*number).unwrap() - 1;
                        let object = self.oracle.model.unions[index][at];
                        self.typed(object, &Message::decode(bytes_of(member)).unwrap(), place)
                    }
                }
            }
        }
    }

    fn typed(&mut self, index: usize, message: &Message, place: &Place<'_>) -> Shown {
        let type_name = ValueModel::Object(index).type_name();
        let selection = place.field.selections.iter().find(|of| of.type_name == type_name).unwrap();
        let oracle = self.oracle;
        let models = &oracle.model.objects[index].fields;
        self.object((&type_name, models), &selection.fields, message, &place.path, false)
    }
}

impl Place<'_> {
    fn path_text(&self) -> String {
        format!("[{}]", self.path.join(","))
    }

    fn cause(&self, code: Code) -> Cause {
        Cause { path: self.path_text(), code }
    }

    fn null(&self) -> Shown {
        if self.nullable { Ok("null".to_owned()) } else { Err(self.cause(Code::NullValue)) }
    }

    fn argument(&self) -> i64 {
        match self.field.arguments.first() {
            Some((_, Argument::Int(value))) => *value,
            _ => 0,
        }
    }
}

fn key_of(ask: &Ask, message: &Message) -> Option<Key> {
    let part = |text: &bool| {
        let number = if *text { TEXT_KEY } else { INT_KEY };
        match message.all(number).next_back() {
            Some(value) => key_part(value),
            None if *text => Part::Text(String::new()),
            None => Part::Int(0),
        }
    };
    usable(ask.key.iter().map(part).collect())
}

/// An empty text is no key.
fn usable(key: Key) -> Option<Key> {
    key.iter().all(|part| *part != Part::Text(String::new())).then_some(key)
}

fn key_part(value: &Value) -> Part {
    match value {
        Value::Bytes(bytes) => Part::Text(String::from_utf8(bytes.clone()).unwrap()),
        other => Part::Int(int_of(other)),
    }
}

fn bytes_of(value: &Value) -> &[u8] {
    match value {
        Value::Bytes(bytes) => bytes,
        other => panic!("{other:?} are no bytes"),
    }
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
