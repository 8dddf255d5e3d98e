//! Emission beside a slow and obvious twin: random plans, random answers, random faults.
//!
//! The twin builds a tree. It has no cursors, no marks and no truncation: a value is there, is null, or is missing where
//! it may not be, and then whoever may be null becomes so and keeps only the first cause.

use serde_json::{Map, Value as Json};

use super::{
    kit::{self, Builder, Run, call, field, joined, key_part, key_source},
    random::{Random, seeds},
    values::Message,
};
use crate::{
    contract::{Cardinality, Format, Scalar},
    error::{Code, Error},
    plan::{KeySource, Member, Plan, ShapeField, ShapeId, SiteId, Source, StepId, Value, Wire},
    transcoder::{
        EntityValue,
        wire::{Field, Fields, Payload},
    },
};

/// Plans: what may be selected where.
struct Planner<'r> {
    random: &'r mut Random,
    builder: Builder,
}

/// Where messages have keys: texts and numbers, one and many.
const KEY: [u32; 2] = [20, 21];
const KEYS: [u32; 2] = [22, 23];

impl Planner<'_> {
    fn shape(&mut self, parent: SiteId, depth: usize) -> ShapeId {
        let count = 1 + self.random.below(4);
        let fields = (1..=count as u32).map(|number| self.field(number, parent, depth)).collect();
        let name = format!("Type{}", self.random.below(3));
        self.builder.shape(&name, fields)
    }

    fn field(&mut self, number: u32, parent: SiteId, depth: usize) -> ShapeField {
        let source = match self.random.below(if depth > 0 { 11 } else { 6 }) {
            0 => Source::Typename,
            1 => kit::string(number),
            2 => explicit(kit::string(number)),
            3 => kit::scalar(number, Scalar::Int64, Format::Int),
            4 => explicit(kit::scalar(number, Scalar::Sint32, Format::Int)),
            5 => kit::at(&[number, 1], kit::string(2)),
            6 => kit::object(number, self.shape(parent, depth - 1)),
            7 => kit::list(number, self.shape(parent, depth - 1)),
            8 => {
                let members =
                    [(30, self.shape(parent, depth - 1)), (31, self.shape(parent, depth - 1))];
                kit::choice(number, &members)
            }
            many => {
                let field = self.join(number, Some(parent), many == 9, depth - 1);
                return field;
            }
        };
        self.nullability(field(&format!("f{number}"), source))
    }

    fn nullability(&mut self, field: ShapeField) -> ShapeField {
        ShapeField {
            nullable: self.random.once_in(2),
            item_nullable: self.random.once_in(2),
            ..field
        }
    }

    fn join(
        &mut self,
        number: u32,
        parent: Option<SiteId>,
        many: bool,
        depth: usize,
    ) -> ShapeField {
        let scalar = if self.random.once_in(2) { Scalar::String } else { Scalar::Int32 };
        let numbers = if many { KEYS } else { KEY };
        let number_of = numbers[usize::from(scalar == Scalar::Int32)];
        let (key, site_key) = match parent {
            None => (Vec::new(), Vec::new()),
            Some(_) => (vec![key_part(&[1], scalar, &[1])], vec![key_source(&[number_of], scalar)]),
        };
        let step = self.builder.step(call(key));
        let site = self.builder.site(step, parent, site_key, many && parent.is_some());
        let then = match self.random.below(5) {
            0 => kit::string(3),
            1 if !many => kit::list(3, self.shape(site, depth)),
            2 => kit::whole(self.shape(site, depth)),
            _ => kit::object(3, self.shape(site, depth)),
        };
        self.nullability(joined(&format!("f{number}"), site, then))
    }
}

fn explicit(source: Source) -> Source {
    match source {
        Source::Wire(wire) => Source::Wire(Wire { cardinality: Cardinality::Explicit, ..wire }),
        source => source,
    }
}

/// Answers: messages that fit a plan, mostly.
struct Answers<'r> {
    random: &'r mut Random,
    plan: Plan,
}

impl Answers<'_> {
    fn message(&mut self, shape: ShapeId) -> Message {
        let mut message = Message::default();
        for field in self.plan.shape(shape).fields.clone() {
            message = self.source(message, &field.source);
        }
        message
    }

    fn source(&mut self, message: Message, source: &Source) -> Message {
        let omitted = self.random.once_in(4);
        match source {
            Source::Wire(wire) if !omitted => self.wire(message, wire),
            Source::Join { site, .. } => {
                let site = self.plan.site(*site).clone();
                self.keys(message, &site.key, site.many)
            }
            _ => message,
        }
    }

    fn wire(&mut self, message: Message, wire: &Wire) -> Message {
        if let Some((number, rest)) = wire.path.split_first() {
            let inner = Wire { path: rest.to_vec(), ..wire.clone() };
            let mut inner = self.wire(Message::default(), &inner);
            if self.random.once_in(6) {
                inner = Message::default();
            }
            return message.message(*number, inner);
        }
        let times =
            if wire.cardinality == Cardinality::Repeated { self.random.below(4) } else { 1 };
        (0..times).fold(message, |message, _| match &wire.value {
            Value::Leaf(leaf) if leaf.scalar() == Scalar::String => {
                let text: &[u8] = if self.random.once_in(10) { b"\xff" } else { b"text" };
                message.len(wire.number, text)
            }
            Value::Leaf(_) => {
                let number = if self.random.once_in(10) { 1 << 40 } else { 7 };
                message.varint(wire.number, number)
            }
            _ if self.random.once_in(60) => message.len(wire.number, b"\x0a\x7f"),
            Value::Object(shape) => {
                let inner = self.message(*shape);
                if wire.number == 0 {
                    Message([message.0, inner.0].concat())
                } else {
                    message.message(wire.number, inner)
                }
            }
            Value::Abstract(members) => {
                let mut inner = Message::default();
                for member in members {
                    if self.random.once_in(2) {
                        inner = inner.message(member.number, self.message(member.shape));
                    }
                }
                message.message(wire.number, inner)
            }
        })
    }

    fn keys(&mut self, message: Message, key: &[KeySource], many: bool) -> Message {
        let Some(key) = key.first() else { return message };
        let times = if many { self.random.below(4) } else { usize::from(!self.random.once_in(6)) };
        (0..times).fold(message, |message, _| {
            let number = key.path[0];
            match key.scalar {
                Scalar::String => {
                    message.len(number, [&b"a"[..], b"b", b"c", b""][self.random.below(4)])
                }
                _ => message.varint(number, self.random.below(3) as u64),
            }
        })
    }

    fn entity(&mut self, step: StepId) -> EntityValue {
        let failed = |code| EntityValue::Failed(Error::new(code, "failed"));
        match self.random.below(16) {
            0 => EntityValue::Null,
            1 => failed(Code::NotFound),
            2 => failed(Code::Unavailable),
            3 => EntityValue::Bytes(b"\xff".to_vec().into()),
            _ => {
                let then = then_of(&self.plan, step).expect("each step has a site").clone();
                kit::bytes(self.source_of_entity(&then).0)
            }
        }
    }

    fn source_of_entity(&mut self, then: &Source) -> Message {
        match then {
            Source::Wire(wire) => self.wire(Message::default(), wire),
            _ => Message::default(),
        }
    }
}

/// What a step's only site reads.
fn then_of(plan: &Plan, step: StepId) -> Option<&Source> {
    let fields = plan.shapes.iter().flat_map(|shape| &shape.fields);
    fields.into_iter().find_map(|field| match &field.source {
        Source::Join { site, then } if plan.site(*site).step == step => Some(&**then),
        _ => None,
    })
}

/// The twin.
struct Twin<'a> {
    plan: &'a Plan,
    run: &'a Run<'a>,
    errors: Vec<String>,
    degraded: Vec<String>,
}

/// Why a value is missing.
#[derive(Clone)]
enum Missing {
    /// With this error, which is reported by whoever becomes null.
    Null(String),
    Garbage,
}

type Result<T> = std::result::Result<T, Missing>;

impl Twin<'_> {
    fn error(&mut self, path: &str, code: Code) -> Missing {
        let error = format!("{path}: {code}");
        self.errors.push(error.clone());
        Missing::Null(error)
    }

    /// Where null may stand, a missing value is null and its first cause is all that is reported of it.
    fn settle(
        &mut self,
        nullable: bool,
        marks: (usize, usize),
        value: Result<Json>,
    ) -> Result<Json> {
        match value {
            Err(Missing::Null(cause)) if nullable => {
                self.errors.truncate(marks.0);
                self.degraded.truncate(marks.1);
                self.errors.push(cause);
                Ok(Json::Null)
            }
            value => value,
        }
    }

    fn marks(&self) -> (usize, usize) {
        (self.errors.len(), self.degraded.len())
    }

    fn absent(&mut self, nullable: bool, path: &str) -> Result<Json> {
        if nullable { Ok(Json::Null) } else { Err(self.error(path, Code::NullValue)) }
    }

    fn object(&mut self, shape: ShapeId, bytes: &[u8], path: &str) -> Result<Json> {
        let shape = self.plan.shape(shape);
        let reads = |field: &&ShapeField| matches!(field.source, Source::Wire(_));
        if shape.fields.iter().any(|field| reads(&field)) {
            fields(bytes)?;
        }
        let (mut object, mut missing) = (Map::new(), None);
        for field in &shape.fields {
            let path = if path.is_empty() {
                field.response_key.clone()
            } else {
                format!("{path}.{}", field.response_key)
            };
            match self.field(field, &field.source, bytes, &path) {
                Ok(value) => drop(object.insert(field.response_key.clone(), value)),
                Err(Missing::Garbage) => return Err(Missing::Garbage),
                Err(cause) => missing = missing.or(Some(cause)),
            }
            if field.source == Source::Typename {
                object.insert(field.response_key.clone(), shape.type_name.as_str().into());
            }
        }
        missing.map_or(Ok(Json::Object(object)), Err)
    }

    fn field(
        &mut self,
        field: &ShapeField,
        source: &Source,
        bytes: &[u8],
        path: &str,
    ) -> Result<Json> {
        match source {
            Source::Typename | Source::Slow => Ok(Json::Null),
            Source::Wire(wire) => self.wire(field, wire, bytes, path),
            Source::Join { site, then } => {
                let marks = self.marks();
                let value = if self.plan.site(*site).many {
                    self.joined_many(field, *site, then, bytes, path)
                } else {
                    self.joined(field, *site, then, bytes, path)
                };
                self.settle(field.nullable, marks, value)
            }
        }
    }

    fn wire(&mut self, field: &ShapeField, wire: &Wire, bytes: &[u8], path: &str) -> Result<Json> {
        let mut message = bytes.to_vec();
        for number in &wire.path {
            let Some(inner) = merged(&message, *number)? else {
                return self.absent(field.nullable, path);
            };
            message = inner;
            fields(&message)?;
        }
        if wire.cardinality == Cardinality::Repeated {
            let marks = self.marks();
            let list = self.list(field, wire, &message, path);
            return self.settle(field.nullable, marks, list);
        }
        let marks = self.marks();
        let value = match &wire.value {
            Value::Leaf(leaf) => {
                let last = fields(&message)?.into_iter().rfind(|it| it.number() == wire.number);
                match last.map(|it| it.payload) {
                    None if wire.cardinality == Cardinality::Explicit => {
                        return self.absent(field.nullable, path);
                    }
                    None if leaf.scalar() == Scalar::String => Ok("".into()),
                    None => Ok(0.into()),
                    Some(Payload::Bytes(text)) => match std::str::from_utf8(text) {
                        Ok(text) => Ok(text.into()),
                        Err(_) => Err(self.error(path, Code::InvalidValue)),
                    },
                    Some(Payload::Number(raw)) => self.number(leaf.scalar(), raw, path),
                    Some(Payload::Group) => return Err(Missing::Garbage),
                }
            }
            _ => {
                let inner =
                    if wire.number == 0 { Some(message) } else { merged(&message, wire.number)? };
                match inner {
                    None => return self.absent(field.nullable, path),
                    Some(inner) => self.composite(field, field.nullable, &wire.value, &inner, path),
                }
            }
        };
        self.settle(field.nullable, marks, value)
    }

    fn number(&mut self, scalar: Scalar, raw: u64, path: &str) -> Result<Json> {
        let number = match scalar {
            Scalar::Sint32 => i64::from((raw as u32 >> 1) as i32 ^ -((raw & 1) as i32)),
            _ => raw as i64,
        };
        match i32::try_from(number) {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(self.error(path, Code::InvalidValue)),
        }
    }

    fn list(
        &mut self,
        field: &ShapeField,
        wire: &Wire,
        message: &[u8],
        path: &str,
    ) -> Result<Json> {
        let (mut list, mut missing) = (Vec::new(), None);
        for item in fields(message)?.into_iter().filter(|it| it.number() == wire.number) {
            let Payload::Bytes(bytes) = item.payload else { continue };
            let marks = self.marks();
            let path = format!("{path}.{}", list.len());
            let value = self.composite(field, field.item_nullable, &wire.value, bytes, &path);
            match self.settle(field.item_nullable, marks, value) {
                Ok(value) => list.push(value),
                Err(Missing::Garbage) => return Err(Missing::Garbage),
                Err(cause) => {
                    missing = missing.or(Some(cause));
                    list.push(Json::Null);
                }
            }
        }
        missing.map_or(Ok(Json::Array(list)), Err)
    }

    fn composite(
        &mut self,
        _: &ShapeField,
        nullable: bool,
        value: &Value,
        bytes: &[u8],
        path: &str,
    ) -> Result<Json> {
        match value {
            Value::Object(shape) => self.object(*shape, bytes, path),
            Value::Abstract(members) => {
                let is_member =
                    |it: &Field<'_>| members.iter().any(|member| member.number == it.number());
                let last = fields(bytes)?.into_iter().rfind(is_member).map(|it| it.number());
                let member: Option<&Member> =
                    members.iter().find(|member| Some(member.number) == last);
                match member {
                    Some(member) => {
                        let inner = merged(bytes, member.number)?.unwrap_or_default();
                        self.object(member.shape, &inner, path)
                    }
                    None => self.absent(nullable, path),
                }
            }
            Value::Leaf(_) => Err(Missing::Garbage),
        }
    }

    /// The key that a message has; `None`: none.
    fn key(source: &KeySource, payload: Option<Payload<'_>>) -> Option<Vec<u8>> {
        match (source.scalar, payload) {
            (Scalar::String, Some(Payload::Bytes(text))) if !text.is_empty() => Some(text.to_vec()),
            (Scalar::String, _) => None,
            (_, Some(Payload::Number(raw))) => Some(i64::from(raw as i32).to_be_bytes().to_vec()),
            _ => Some(0_i64.to_be_bytes().to_vec()),
        }
    }

    fn joined(
        &mut self,
        field: &ShapeField,
        site: SiteId,
        then: &Source,
        bytes: &[u8],
        path: &str,
    ) -> Result<Json> {
        let key = match self.plan.site(site).key.first() {
            None => Some(Vec::new()),
            Some(source) => {
                let last = fields(bytes)?.into_iter().rfind(|it| it.number() == source.path[0]);
                Self::key(source, last.map(|it| it.payload))
            }
        };
        self.entity(field, field.nullable, (site, then), key.as_deref(), path)
    }

    fn joined_many(
        &mut self,
        field: &ShapeField,
        site: SiteId,
        then: &Source,
        bytes: &[u8],
        path: &str,
    ) -> Result<Json> {
        let source = &self.plan.site(site).key[0];
        let (mut list, mut missing) = (Vec::new(), None);
        for item in fields(bytes)?.into_iter().filter(|it| it.number() == source.path[0]) {
            let key = Self::key(source, Some(item.payload));
            let marks = self.marks();
            let path = format!("{path}.{}", list.len());
            let value =
                self.entity(field, field.item_nullable, (site, then), key.as_deref(), &path);
            match self.settle(field.item_nullable, marks, value) {
                Ok(value) => list.push(value),
                Err(cause) => {
                    missing = missing.or(Some(cause));
                    list.push(Json::Null);
                }
            }
        }
        missing.map_or(Ok(Json::Array(list)), Err)
    }

    fn entity(
        &mut self,
        field: &ShapeField,
        nullable: bool,
        (site, then): (SiteId, &Source),
        key: Option<&[u8]>,
        path: &str,
    ) -> Result<Json> {
        let step = self.plan.site(site).step.0;
        let Some(key) = key else { return self.absent(nullable, path) };
        let id = self.run.keys[step].find(key).expect("every key was asked");
        let entity = &self.run.entities[step][id as usize];
        let noted = entity.note.is_some() && !matches!(entity.value, EntityValue::Failed(_));
        let marks = self.marks();
        if noted {
            self.degraded.push(path.to_owned());
        }
        let bytes = match &entity.value {
            EntityValue::Null | EntityValue::LeftOut => return self.absent(nullable, path),
            EntityValue::Failed(error) if error.code() == Code::NotFound && nullable => {
                return Ok(Json::Null);
            }
            EntityValue::Failed(error) => return Err(self.error(path, error.code())),
            EntityValue::Bytes(bytes) => bytes,
        };
        let shown = self.marks();
        // Inside the entity the field's value is what stands at the place: an item of the list for a list of keys.
        let inside = ShapeField { nullable, ..field.clone() };
        let value = self.field(&inside, then, bytes, path);
        match self.settle(nullable, shown, value) {
            Err(Missing::Garbage) => {
                self.errors.truncate(marks.0);
                self.degraded.truncate(marks.1);
                Err(self.error(path, Code::DataLoss))
            }
            value => value,
        }
    }
}

fn fields(bytes: &[u8]) -> Result<Vec<Field<'_>>> {
    let (mut fields, mut all) = (Fields::of(bytes), Vec::new());
    while let Some(field) = fields.next().map_err(|_| Missing::Garbage)? {
        all.push(field);
    }
    Ok(all)
}

/// All parts of a singular message; of a oneof's member those since it was set last.
fn merged(bytes: &[u8], number: u32) -> Result<Option<Vec<u8>>> {
    let mut merged: Option<Vec<u8>> = None;
    for field in fields(bytes)? {
        if let (true, Payload::Bytes(part)) = (field.number() == number, field.payload) {
            merged.get_or_insert_default().extend_from_slice(part);
        }
    }
    Ok(merged)
}

fn check(seed: u64) -> (usize, usize) {
    let random = &mut Random::new(seed);
    let mut planner = Planner { random, builder: Builder::new() };
    let fields = (1..=2).map(|number| planner.join(number, None, false, 4)).collect();
    planner.builder.root(fields);
    let program = planner.builder.compile();
    let plan = Plan::clone(program.plan());
    let mut run = Run::new(&program);
    let mut answers = Answers { random, plan: plan.clone() };
    // Steps are made before those below them.
    for step in 0..plan.steps.len() {
        run.answer(step, |_| answers.entity(StepId(step)));
        for entity in &mut run.entities[step] {
            entity.note = answers.random.once_in(5).then_some(3);
        }
    }
    let (json, emission) = run.emit();
    let mut twin = Twin { plan: &plan, run: &run, errors: Vec::new(), degraded: Vec::new() };
    let expected = match twin.object(plan.root, b"", "") {
        Ok(value) => value,
        Err(Missing::Null(cause)) => {
            (twin.errors, twin.degraded) = (vec![cause], Vec::new());
            Json::Null
        }
        Err(Missing::Garbage) => panic!("the root has no bytes"),
    };
    let written: Json = serde_json::from_str(&json).unwrap();
    assert_eq!(written, expected, "seed {seed}");
    assert_eq!(kit::shown(&emission), twin.errors, "seed {seed}");
    let degraded: Vec<String> = emission.degraded.iter().map(|it| kit::path(&it.path)).collect();
    assert_eq!(degraded, twin.degraded, "seed {seed}");
    (emission.errors.len(), emission.degraded.len())
}

#[test]
fn emission_agrees_with_its_twin_on_values_errors_and_what_is_degraded() {
    let (mut errors, mut degraded) = (0, 0);
    for seed in seeds(3000) {
        let (more_errors, more_degraded) = check(seed);
        errors += more_errors;
        degraded += more_degraded;
    }
    assert!(errors > 500 && degraded > 500, "{errors} errors and {degraded} degraded places");
}
