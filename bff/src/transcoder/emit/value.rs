//! Values that are more than a number or a text: messages, lists, maps, joins, bytes of the slow lane.

use super::{Emitter, Flow, Path, Stop, join::Joined, later::Rest};
use crate::transcoder::{
    ListPart, Spliced,
    any::{Unwritten, any},
    frame::{Half, KeyText, Kind, Operation, VALUE, Value, WHOLE},
    halves::Halves,
    json::{self, Fault},
    leaf::{BytesLeaf, NumberLeaf, write_bytes, write_number},
    map::{EntryTags, MapKey, MapValue, entry, overridden, overridden_entries},
    raw::Room,
    table::{Messages, Numbers, Window},
};

/// A value on the wire, in a map or alone.
#[derive(Clone, Copy)]
enum Wire<'a> {
    Number(u64),
    Bytes(Window<'a>),
}

/// The items of a list that are written.
struct List<'a> {
    items: Messages<'a>,
    /// The entries that are not shown.
    dead: Option<&'a [bool]>,
    /// The index of the first of them.
    from: u32,
    /// Those that are left for later.
    rest: Option<Rest<'a>>,
}

impl Emitter<'_> {
    /// Everything but singular numbers and texts.
    pub(super) fn large(
        &mut self,
        operation: &Operation,
        slots: &[u64],
        message: Window<'_>,
        path: &Path<'_>,
    ) -> Flow {
        // What has no slot of its own has the trash slot, which may hold anything.
        let part = || match operation.slot {
            WHOLE => Some(message),
            slot => match slots[slot as usize] {
                0 => None,
                span => Some(message.part(span)),
            },
        };
        match &operation.kind {
            Kind::One { value, explicit } => self.one(operation, *value, *explicit, part(), path),
            Kind::Numbers { leaf, number, wire_type } => {
                let part = part().unwrap_or_default().message();
                let numbers = Numbers::of(part, *number, *wire_type);
                self.numbers(operation, *leaf, numbers, path)
            }
            Kind::Items { value, number, entry_key, half } => {
                let part = part().unwrap_or_default();
                let items = Messages::within(part, *number);
                let dead = overridden_entries(items.clone(), *entry_key)?;
                let list = List { items, dead: dead.as_deref(), from: 0, rest: None };
                let list = self.half(list, *half, part)?;
                self.items(operation, *value, list, path)
            }
            Kind::Map { value, number, key, tags } => {
                let entries = Messages::within(part().unwrap_or_default(), *number);
                self.map(operation, (*value, *key, *tags), entries, path)
            }
            Kind::Join { site, step, many, then } => {
                let joined = Joined { site: *site, step: *step, then: *then };
                match many {
                    Some(half) => self.join_many(operation, joined, *half, path),
                    None => self.join(operation, joined, path),
                }
            }
            Kind::Slow => self.slow(operation, path),
            Kind::Text { .. } | Kind::Number { .. } => Err(Stop::Garbage),
        }
    }

    fn one(
        &mut self,
        operation: &Operation,
        value: Value,
        explicit: bool,
        part: Option<Window<'_>>,
        path: &Path<'_>,
    ) -> Flow {
        let bytes = match part {
            Some(bytes) => bytes,
            None if explicit && operation.default.is_some() => {
                self.out.truncate(self.out.len() - operation.literal.length());
                return self.unset(operation, path);
            }
            None if explicit => return self.missing(operation, path),
            None => Window::default(),
        };
        let path = path.field(operation);
        let mark = self.mark();
        let flow = self.value(operation, value, Wire::Bytes(bytes), &path);
        self.settle(operation.nullable, mark, flow)
    }

    /// Any value. `path` is its own.
    #[inline(always)]
    fn value(
        &mut self,
        operation: &Operation,
        value: Value,
        wire: Wire<'_>,
        path: &Path<'_>,
    ) -> Flow {
        self.within_budget(operation, path)?;
        let written = match (value, wire) {
            (Value::Object(frame), Wire::Bytes(bytes)) => return self.object(frame, bytes, path),
            (Value::Choice(choice), Wire::Bytes(bytes)) => {
                let program = self.program;
                let choice = &program.layout.choices[choice.0];
                return match program.choose(choice, bytes.message())? {
                    (Some(frame), bytes) => self.object(*frame, Window::of(&bytes), path),
                    (None, _) => self.no_value(operation, path),
                };
            }
            (Value::Bytes(BytesLeaf::Value), Wire::Bytes(bytes)) => {
                return self.any_json(operation, bytes, path);
            }
            (Value::Bytes(BytesLeaf::Any), Wire::Bytes(bytes)) => {
                return self.any(operation, bytes, path);
            }
            (Value::Bytes(leaf), Wire::Bytes(bytes)) => self.bytes(leaf, bytes),
            (Value::Number(leaf), Wire::Number(raw)) => self.number(leaf, raw),
            _ => Err(Fault::Malformed),
        };
        written.map_err(|fault| self.invalid(operation, fault, path))
    }

    /// A `google.protobuf.Value`, whose null is that of GraphQL but in a map, which is one scalar.
    #[inline(never)]
    fn any_json(&mut self, operation: &Operation, bytes: Window<'_>, path: &Path<'_>) -> Flow {
        let start = self.out.len();
        self.bytes(BytesLeaf::Value, bytes)
            .map_err(|fault| self.invalid(operation, fault, path))?;
        let is_json = matches!(operation.kind, Kind::Map { .. });
        if !is_json && self.out[start..] == *b"null" {
            self.out.truncate(start);
            return self.no_value(operation, path);
        }
        Ok(())
    }

    /// A `google.protobuf.Any`, whose type is known only now.
    #[inline(never)]
    fn any(&mut self, operation: &Operation, bytes: Window<'_>, path: &Path<'_>) -> Flow {
        let types = &self.program.layout.types;
        any(self.out, bytes.message(), types, &mut self.meter).map_err(|why| match why {
            Unwritten::Fault(fault) => self.invalid(operation, fault, path),
            Unwritten::Spent(spent) => self.spent(spent, operation, path),
        })
    }

    fn bytes(&mut self, leaf: BytesLeaf, bytes: Window<'_>) -> Result<(), Fault> {
        if leaf == BytesLeaf::String {
            return json::put_string(Room::of(self.out), bytes);
        }
        write_bytes(self.out, leaf, bytes.message(), &self.program.enums)
    }

    fn number(&mut self, leaf: NumberLeaf, raw: u64) -> Result<(), Fault> {
        write_number(Room::of(self.out), leaf, raw, &self.program.enums)
    }

    fn numbers(
        &mut self,
        operation: &Operation,
        leaf: NumberLeaf,
        mut numbers: Numbers<'_>,
        path: &Path<'_>,
    ) -> Flow {
        let path = path.field(operation);
        let enums = &self.program.enums;
        let list = self.mark();
        let mut flow = Ok(());
        self.out.push(b'[');
        let mut index = 0;
        while let Some(raw) = numbers.next()? {
            if self.quick_item(index, |room| write_number(room, leaf, raw, enums)) {
                index += 1;
                continue;
            }
            if index > 0 {
                self.out.push(b',');
            }
            let start = self.out.len();
            let path = path.item(index);
            let written = self.within_budget(operation, &path).and_then(|()| {
                self.number(leaf, raw).map_err(|fault| self.invalid(operation, fault, &path))
            });
            if let Err(stop) = written {
                match stop {
                    Stop::Null(_) if operation.item_nullable => self.null(start),
                    Stop::Garbage | Stop::TooLarge => return Err(stop),
                    Stop::Null(_) => flow = flow.and(Err(stop)),
                }
            }
            index += 1;
        }
        self.out.push(b']');
        self.settle(operation.nullable, list, flow)
    }

    /// Writes an item of a list with what stands before it, if nothing is special about it.
    #[inline(always)]
    fn quick_item(
        &mut self,
        index: u32,
        write: impl FnOnce(Room<'_, VALUE>) -> Result<(), Fault>,
    ) -> bool {
        let start = self.out.len();
        let comma = usize::from(index > 0);
        if self.meter.is_due(start + comma) {
            return false;
        }
        let is_written =
            write(Room::<{ VALUE + 1 }>::of(self.out).put::<1, VALUE>(b",", comma)).is_ok();
        if !is_written {
            self.out.truncate(start);
        }
        is_written
    }

    /// The first items of a list, or the others.
    #[inline]
    fn half<'i>(&self, list: List<'i>, half: Half, part: Window<'i>) -> Result<List<'i>, Stop> {
        let (Half::First { stream, .. } | Half::Rest(stream)) = half else { return Ok(list) };
        let List { items, dead, .. } = list;
        let ListPart { first: count, open } = self.input.lists[stream.0];
        let Halves { first, rest, passed, has_rest } = Halves::of(items, dead, count)?;
        Ok(match half {
            Half::First { rest: portion, .. } => {
                let left = Rest { stream, portion, part, first: count, is_empty: !has_rest };
                let rest = (has_rest || open).then_some(left);
                List { items: first, dead, from: 0, rest }
            }
            _ => {
                let dead = dead.map(|dead| &dead[passed..]);
                List { items: rest, dead, from: self.first_item, rest: None }
            }
        })
    }

    fn items(
        &mut self,
        operation: &Operation,
        value: Value,
        List { mut items, dead, from, rest }: List<'_>,
        path: &Path<'_>,
    ) -> Flow {
        let path = path.field(operation);
        let list = self.mark();
        let mut flow = Ok(());
        self.out.push(b'[');
        let mut index = from;
        let mut at = 0;
        while let Some(bytes) = items.next_window()? {
            at += 1;
            if dead.is_some_and(|dead| dead[at - 1]) {
                continue;
            }
            if let Value::Bytes(BytesLeaf::String) = value
                && self.quick_item(index - from, |room| json::put_string(room, bytes))
            {
                index += 1;
                continue;
            }
            if index > from {
                self.out.push(b',');
            }
            let mark = self.mark();
            let item = self.value(operation, value, Wire::Bytes(bytes), &path.item(index));
            match self.settle(operation.item_nullable, mark, item) {
                Err(stop @ (Stop::Garbage | Stop::TooLarge)) => return Err(stop),
                item => flow = flow.and(item),
            }
            index += 1;
        }
        self.out.push(b']');
        if let Some(rest) = rest {
            self.leave_rest(rest, &path);
        }
        self.settle(operation.nullable, list, flow)
    }

    fn map(
        &mut self,
        operation: &Operation,
        (value, key_text, tags): (Value, KeyText, EntryTags),
        mut entries: Messages<'_>,
        path: &Path<'_>,
    ) -> Flow {
        let path = path.field(operation);
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        while let Some(bytes) = entries.next()? {
            let (key, value) = entry(bytes, tags)?;
            keys.push(key);
            values.push(value);
        }
        let dead = overridden(&keys);
        let map = self.mark();
        let mut flow = Ok(());
        self.out.push(b'{');
        let mut index = 0;
        for (at, (key, wire)) in keys.iter().zip(&values).enumerate() {
            if dead.as_ref().is_some_and(|dead| dead[at]) {
                continue;
            }
            if index > 0 {
                self.out.push(b',');
            }
            if let Err(fault) = self.member_name(key_text, *key) {
                // A member without a name cannot be null: the map has no value.
                flow = flow.and(Err(self.invalid(operation, fault, &path)));
            }
            self.out.push(b':');
            let mark = self.mark();
            let wire = match wire {
                MapValue::Number(raw) => Wire::Number(*raw),
                MapValue::Bytes(bytes) => Wire::Bytes(Window::of(bytes)),
                MapValue::Absent if matches!(value, Value::Number(_)) => Wire::Number(0),
                MapValue::Absent => Wire::Bytes(Window::default()),
            };
            // To clients the map is one scalar: errors end at it.
            let item = self.value(operation, value, wire, &path);
            match self.settle(operation.item_nullable, mark, item) {
                Err(stop @ (Stop::Garbage | Stop::TooLarge)) => return Err(stop),
                item => flow = flow.and(item),
            }
            index += 1;
        }
        self.out.push(b'}');
        self.settle(operation.nullable, map, flow)
    }

    fn member_name(&mut self, key_text: KeyText, key: MapKey<'_>) -> Result<(), Fault> {
        match (key_text, key) {
            (KeyText::Text, MapKey::Text(text)) => return json::string(self.out, text),
            (KeyText::Boolean, MapKey::Number(raw)) => {
                self.out.extend_from_slice(if raw == 0 { b"\"false\"" } else { b"\"true\"" });
            }
            (KeyText::Whole(scalar), MapKey::Number(raw)) => {
                return self.number(NumberLeaf::Decimal(scalar), raw);
            }
            _ => return Err(Fault::Malformed),
        }
        Ok(())
    }

    fn slow(&mut self, operation: &Operation, path: &Path<'_>) -> Flow {
        let field = &self.program.layout.fields[operation.field as usize];
        let Spliced { json, errors } = match self.input.slow.get(&*field.response_key) {
            Some(Ok(spliced)) => spliced,
            Some(Err(error)) => {
                let stop = self.fail(operation, error.clone(), path);
                return if operation.nullable { self.missing(operation, path) } else { Err(stop) };
            }
            None => return self.missing(operation, path),
        };
        if self.out.len() + json.len() > self.meter.limit() {
            return Err(Stop::TooLarge);
        }
        let causes = errors.iter().map(|error| self.report.list(error.clone()));
        let cause = causes.reduce(|first, _| first);
        if **json == *b"null" && !operation.nullable {
            return cause.map_or_else(|| self.missing(operation, path), |it| Err(Stop::Null(it)));
        }
        self.out.extend_from_slice(json);
        Ok(())
    }

    /// A value of an abstract type whose oneof is not set, or JSON's null.
    #[cold]
    fn no_value(&mut self, operation: &Operation, path: &Path<'_>) -> Flow {
        use crate::error::{Code, Error};
        let nullable =
            if is_list(operation) { operation.item_nullable } else { operation.nullable };
        if nullable {
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        let error = Error::new(Code::NullValue, "there is no value, and null may not stand here");
        Err(Stop::Null(self.report.error(error, path, operation.field, self.step)))
    }

    /// A value that cannot be shown; `path` is its own.
    #[cold]
    fn invalid(&mut self, operation: &Operation, fault: Fault, path: &Path<'_>) -> Stop {
        use crate::error::{Code, Error};
        match fault.message() {
            Some(message) => {
                let error = Error::new(Code::InvalidValue, message);
                Stop::Null(self.report.error(error, path, operation.field, self.step))
            }
            None => Stop::Garbage,
        }
    }
}

fn is_list(operation: &Operation) -> bool {
    matches!(operation.kind, Kind::Items { .. } | Kind::Map { .. })
}
