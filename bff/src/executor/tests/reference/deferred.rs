//! Random `@defer`s and `@stream`s: what a client has put together from all parts is the answer without them.

use std::collections::HashMap;

use futures::StreamExt;
use serde_json::Value;

use super::*;
use crate::operation::{self, Defer, DeferId, Field, OperationKind, Selection, Stream};

/// Defers fields of an operation, some with two fragments, some further in than their fragments begin.
fn defer(operation: &mut Operation, dice: &mut Dice) {
    let mut fields = std::mem::take(&mut operation.fields);
    let root_is_whole = operation.kind == OperationKind::Mutation;
    let mut all = Vec::new();
    operation.begins = inside(&mut fields, &[], &mut Vec::new(), &mut all, root_is_whole, dice);
    (operation.fields, operation.defers) = (fields, all);
}

fn inside(
    fields: &mut [Field],
    with: &[DeferId],
    open: &mut Vec<DeferId>,
    all: &mut Vec<Defer>,
    is_whole: bool,
    dice: &mut Dice,
) -> Vec<DeferId> {
    let mut begins = Vec::new();
    let known = open.len();
    for _ in 0..if is_whole { 0 } else { dice.roll(3) } {
        let id = DeferId(all.len());
        let above: Vec<DeferId> = open.iter().copied().filter(|id| is_in(*id, with, all)).collect();
        let parent = match (with, above.len()) {
            ([], count) if count == 0 || dice.often(60) => None,
            (_, count) => Some(above[dice.roll(count)]),
        };
        all.push(Defer { label: Some(format!("d{}", id.0).into()), parent, stream: false });
        open.push(id);
        begins.push(id);
    }
    for field in fields {
        let able: Vec<DeferId> = open.iter().copied().filter(|id| is_in(*id, with, all)).collect();
        field.defers = with.to_vec();
        if !is_whole && !able.is_empty() && dice.often(50) {
            let both = vec![dice.pick(&able), dice.pick(&able)];
            field.defers = crate::operation::outermost(both, |id| all[id.0].parent);
        }
        for selection in &mut field.selections {
            let defers = field.defers.clone();
            selection.begins = inside(&mut selection.fields, &defers, open, all, false, dice);
        }
        let is_list = field.ty.item().is_some() && !field.selections.is_empty();
        if is_list && field.defers.len() < 2 && !is_whole && dice.often(60) {
            field.stream = Some(Box::new(stream(field, all, dice)));
        }
    }
    open.truncate(known);
    begins
}

/// Leaves items of a list for later.
fn stream(field: &Field, all: &mut Vec<Defer>, dice: &mut Dice) -> Stream {
    let defer = DeferId(all.len());
    let parent = field.defers.first().copied();
    all.push(Defer { label: Some(format!("s{}", defer.0).into()), parent, stream: true });
    let mut selections = field.selections.clone();
    Again { all, known: HashMap::new() }.selections(&mut selections, defer);
    let initial_count = operation::Value::Int(i64::try_from(dice.roll(4)).unwrap());
    Stream { defer, initial_count, selections }
}

/// What is selected of items once more: fragments that begin inside are counted anew, others mean nothing.
struct Again<'a> {
    all: &'a mut Vec<Defer>,
    known: HashMap<DeferId, DeferId>,
}

impl Again<'_> {
    fn selections(&mut self, selections: &mut [Selection], within: DeferId) {
        for Selection { fields, begins, .. } in selections {
            for id in begins {
                *id = self.begin(*id, within);
            }
            for field in fields {
                let with = |id: &DeferId| self.known.get(id).copied().unwrap_or(within);
                let mut with: Vec<DeferId> = field.defers.iter().map(with).collect();
                if with.is_empty() {
                    with.push(within);
                }
                field.defers = operation::outermost(with, |id| self.all[id.0].parent);
                self.selections(&mut field.selections, within);
                if let Some(stream) = &mut field.stream {
                    stream.defer = self.begin(stream.defer, within);
                    self.selections(&mut stream.selections, stream.defer);
                }
            }
        }
    }

    fn begin(&mut self, id: DeferId, within: DeferId) -> DeferId {
        let Defer { label, parent, stream } = self.all[id.0].clone();
        let parent = parent.and_then(|parent| self.known.get(&parent).copied());
        let anew = DeferId(self.all.len());
        self.all.push(Defer { label, parent: Some(parent.unwrap_or(within)), stream });
        self.known.insert(id, anew);
        anew
    }
}

/// Whether a fragment stands in one of those that an object is answered with.
fn is_in(id: DeferId, with: &[DeferId], all: &[Defer]) -> bool {
    let mut chain = std::iter::successors(Some(id), |id| all[id.0].parent);
    with.is_empty() || chain.any(|id| with.contains(&id))
}

/// What a client has put together.
#[derive(Default)]
struct Client {
    data: Value,
    errors: Vec<(String, String)>,
    degraded: Vec<(String, String, String)>,
    pending: HashMap<String, Vec<Value>>,
    /// The places of fragments, and of lists, that failed.
    failed: Vec<Vec<Value>>,
    streamed: usize,
    /// Where lists began to be told behind their first items.
    lists: Vec<Vec<Value>>,
    /// How often a list went on.
    grown: usize,
}

impl Client {
    fn take(&mut self, body: &[u8], how: Incremental, is_first: bool) -> bool {
        let part: Value = serde_json::from_slice(body).unwrap();
        if is_first {
            self.data = part["data"].clone();
            self.report(&part);
        }
        for pending in list(&part["pending"]) {
            let known = self.pending.insert(text(&pending["id"]), list(&pending["path"]));
            assert!(known.is_none(), "an id twice");
        }
        for patch in list(&part["incremental"]) {
            self.report(&patch);
            let mut path = match how {
                Incremental::Patches => list(&patch["path"]),
                Incremental::Pending => self.pending[&text(&patch["id"])].clone(),
            };
            path.extend(list(&patch["subPath"]));
            if let Some(items) = patch["items"].as_array() {
                let mut path = list(&patch["path"]);
                let first = path.pop().unwrap();
                let known = at(&mut self.data, &path).as_array_mut().expect("the list was told");
                assert_eq!(first, known.len(), "items follow each other");
                known.extend(items.iter().cloned());
                self.streamed += 1;
                if self.lists.contains(&path) {
                    self.grown += 1;
                } else {
                    self.lists.push(path);
                }
                continue;
            }
            if patch.get("items").is_some() {
                path.pop();
            }
            if patch["data"].is_null() {
                self.failed.push(path);
                continue;
            }
            merge(at(&mut self.data, &path), &patch["data"]);
        }
        for completed in list(&part["completed"]) {
            let path = self.pending.remove(&text(&completed["id"])).expect("it was announced");
            if !completed["errors"].is_null() {
                self.report(&completed);
                self.failed.push(path);
            }
        }
        part["hasNext"] == true
    }

    fn report(&mut self, part: &Value) {
        for error in list(&part["errors"]) {
            self.errors.push((error["path"].to_string(), text(&error["extensions"]["code"])));
        }
        for place in list(&part["extensions"]["degraded"]) {
            let path = place["path"].to_string();
            self.degraded.push((path, text(&place["cause"]), text(&place["source"])));
        }
    }

    /// Whether the whole answer says the same. The fields of a fragment that failed are missing in the parts; the whole has
    /// null instead of what the fragment stands in, or has other nulls further out.
    fn agrees(&self, whole: &Value, part: &Value, path: &mut Vec<Value>) -> bool {
        let inner = |path: &mut Vec<Value>, step: Value, whole: &Value, part: &Value| {
            path.push(step);
            let agrees = self.agrees(whole, part, path);
            path.pop();
            agrees
        };
        match (whole, part) {
            (Value::Object(whole), Value::Object(part)) => {
                let may_lack = self.failed.iter().any(|it| path.starts_with(it));
                part.keys().all(|key| whole.contains_key(key))
                    && whole.iter().all(|(key, value)| match part.get(key) {
                        Some(part) => inner(path, key.as_str().into(), value, part),
                        None => may_lack,
                    })
            }
            (Value::Array(whole), Value::Array(part)) if whole.len() == part.len() => {
                let mut pairs = whole.iter().zip(part).enumerate();
                pairs.all(|(at, (whole, part))| inner(path, at.into(), whole, part))
            }
            (Value::Array(whole), Value::Array(part))
                if whole.len() > part.len() && self.failed.contains(path) =>
            {
                let mut pairs = whole.iter().zip(part).enumerate();
                pairs.all(|(at, (whole, part))| inner(path, at.into(), whole, part))
            }
            (Value::Null, _)
                if self.failed.iter().any(|it| it.starts_with(path) || path.starts_with(it)) =>
            {
                true
            }
            (whole, part) => whole == part,
        }
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn at<'v>(data: &'v mut Value, path: &[Value]) -> &'v mut Value {
    path.iter().fold(data, |value, step| match step {
        Value::String(key) => value.get_mut(key).expect("the parent was told"),
        index => value.get_mut(usize::try_from(index.as_u64().unwrap()).unwrap()).unwrap(),
    })
}

/// As clients do; no field comes twice.
fn merge(into: &mut Value, data: &Value) {
    let fields = into.as_object_mut().expect("a fragment stands in an object");
    for (key, value) in data.as_object().unwrap() {
        assert!(fields.insert(key.clone(), value.clone()).is_none(), "{key} came twice");
    }
}

/// What came up.
#[derive(Debug, Default)]
struct Parts {
    operations: usize,
    in_parts: usize,
    failed: usize,
    streamed: usize,
    grown: usize,
    parts: usize,
}

async fn check(seed: u64, seen: &mut Parts) {
    let mut dice = Dice::named(seed, "deferred");
    let oracle = Oracle { model: Arc::new(Model::random(&mut dice)), seed };
    let contract = oracle.model.contract(|ask| oracle.last(ask).encode());
    let config = Config::default();
    let executor = Executor::new(&contract, Arc::new(oracle.clone()), Vec::new(), &config).unwrap();
    for _ in 0..3 {
        let plain = query::random(&oracle.model, &mut dice);
        let mut deferred = plain.clone();
        defer(&mut deferred, &mut dice);
        let [whole, parts] = [&plain, &deferred].map(|operation| {
            let plan = planner::plan(operation, &contract).unwrap();
            prepare(plan, &contract, &LazyTypes::default()).unwrap()
        });
        let context = || Arc::new(within(10_000));
        let answer = executor.execute(&whole, Vec::new(), context(), Beside::default()).await;
        let expected = read(&answer.body);
        let expected_data: Value = serde_json::from_str(&expected.data).unwrap();
        for how in [Incremental::Patches, Incremental::Pending] {
            let executor = executor.clone();
            let beside = Beside::default();
            let answers =
                executor.execute_incrementally(&parts, Vec::new(), context(), beside, how);
            let bodies: Vec<Answer> = answers.collect().await;
            let mut client = Client::default();
            let mut more = Vec::new();
            for (at, answer) in bodies.iter().enumerate() {
                more.push(client.take(&answer.body, how, at == 0));
            }
            let told = || {
                let bodies = bodies.iter().map(|it| String::from_utf8_lossy(&it.body).into_owned());
                let plan = parts.plan().display(&contract).to_string();
                format!(
                    "{how:?}\n{}\n{:?}\n{plan}\nwhole {}\nparts {}",
                    query::text(&deferred.fields),
                    deferred.defers,
                    expected.data,
                    bodies.collect::<Vec<_>>().join("\n      ")
                )
            };
            let last = more.pop().unwrap();
            assert!(!last && more.iter().all(|more| *more), "hasNext {}", told());
            assert!(client.pending.is_empty(), "all that was announced is told of {}", told());
            let agrees = client.agrees(&expected_data, &client.data, &mut Vec::new());
            assert!(agrees, "{}", told());
            let is_listed = expected.errors.len() as u64 == answer.errors
                && expected.degraded.len() as u64 == answer.degraded;
            if client.failed.is_empty() && is_listed {
                // Where several fields void an object, the first is told of: in parts it may be another one.
                assert_eq!(client.errors.len(), expected.errors.len(), "{}", told());
                let mut degraded = expected.degraded.clone();
                degraded.sort_unstable();
                client.degraded.sort_unstable();
                assert_eq!(client.degraded, degraded, "{}", told());
            }
            seen.in_parts += usize::from(bodies.len() > 1);
            seen.parts += bodies.len();
            seen.failed += usize::from(!client.failed.is_empty());
            seen.streamed += client.streamed;
            seen.grown += client.grown;
        }
        seen.operations += 1;
    }
    assert!(executor.0.in_flight.is_empty());
}

#[tokio::test(start_paused = true)]
async fn all_parts_together_are_the_whole_answer() {
    let mut seen = Parts::default();
    for seed in seeds() {
        let checked = AssertUnwindSafe(check(seed, &mut seen)).catch_unwind().await;
        if let Err(panic) = checked {
            let told = panic.downcast_ref::<String>().map_or("no words", String::as_str);
            panic!("seed {seed}: {told}");
        }
    }
    if seeds().end - seeds().start >= 200 {
        let is_rich = seen.in_parts > seen.operations / 3
            && seen.failed > seen.operations / 20
            && seen.streamed > seen.operations / 10
            && seen.grown > seen.operations / 60;
        assert!(is_rich, "these seeds show too little: {seen:?}");
    }
}
