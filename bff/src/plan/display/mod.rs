//! Plans as text: the calls as a tree, what each answers, and how long it all may take.

mod answers;
mod totals;

use std::{fmt, time::Duration};

use serde::Serialize;

use super::{
    Argument, Plan, ShapeField, ShapeId, Site, SiteId, Source, Step, StepId, StreamId, Value,
};
use crate::{
    contract::{
        Contract, Fallback, FieldNames, Join, SideEffects, fallback, fill, join, source, wire,
    },
    operation::OperationKind,
    units::Span,
};

/// A plan that prints.
#[derive(Debug)]
pub struct PlanText<'a> {
    plan: &'a Plan,
    contract: &'a Contract,
    names: FieldNames,
}

impl Plan {
    /// The plan as text. `contract` is the one that it was made with: it has the names.
    #[must_use]
    pub fn display<'a>(&'a self, contract: &'a Contract) -> PlanText<'a> {
        PlanText { plan: self, contract, names: FieldNames::of(contract) }
    }
}

/// One line of the tree: what is called, what that answers, with which key, how often, and notes.
struct Line {
    cells: [String; 4],
    notes: Vec<String>,
}

/// A field that a site answers.
struct Place<'a> {
    site: SiteId,
    type_name: &'a str,
    field: &'a str,
    /// The key comes from the reply of a call for the same field, not from the object that the field stands in.
    chained: bool,
}

/// A step as JSON tells it: the cells of its line in the text.
#[derive(Serialize)]
struct StepJson {
    step: usize,
    target: String,
    answers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<String>,
    calls: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// A root field that no call answers.
#[derive(Serialize)]
struct FieldJson<'a> {
    field: &'a str,
    source: &'static str,
}

#[derive(Serialize)]
struct PlanJson<'a> {
    steps: Vec<StepJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldJson<'a>>,
    text: String,
}

impl PlanText<'_> {
    /// The plan as JSON: its steps, and the text.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut places = Vec::new();
        self.places(self.plan.root, &mut places);
        let steps = (0..self.plan.steps.len()).map(|index| self.step(StepId(index), &places));
        let fields = self
            .slow_fields()
            .map(|field| FieldJson { field: &field.response_key, source: field.slow_lane() });
        let plan =
            PlanJson { steps: steps.collect(), fields: fields.collect(), text: self.to_string() };
        serde_json::to_vec(&plan).expect("texts and numbers are always JSON")
    }
}

impl fmt::Display for PlanText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut places = Vec::new();
        self.places(self.plan.root, &mut places);
        let mut lines = Vec::new();
        for (index, step) in self.plan.steps.iter().enumerate() {
            if step.needs.is_empty() {
                self.tree(StepId(index), ["", ""], &places, &mut lines);
            }
        }
        write_lines(formatter, &lines)?;
        for field in self.slow_fields() {
            writeln!(formatter, "- {}  {}", field.name, field.slow_lane())?;
        }
        self.totals(formatter)
    }
}

fn write_lines(formatter: &mut fmt::Formatter<'_>, lines: &[Line]) -> fmt::Result {
    let width = |column: usize| {
        lines.iter().map(|line| line.cells[column].chars().count()).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2), width(3)];
    for line in lines {
        let mut text = String::new();
        for (cell, width) in line.cells.iter().zip(widths).filter(|(_, width)| *width > 0) {
            text.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(&line.notes.join("  "));
        writeln!(formatter, "{}", text.trim_end())?;
    }
    Ok(())
}

impl<'a> PlanText<'a> {
    fn tree(
        &self,
        id: StepId,
        [own, inner]: [&str; 2],
        places: &[Place<'_>],
        lines: &mut Vec<Line>,
    ) {
        lines.push(self.line(id, own, places));
        let children: Vec<StepId> = (0..self.plan.steps.len())
            .map(StepId)
            .filter(|child| self.plan.step(*child).needs.first() == Some(&id))
            .collect();
        for (index, child) in children.iter().enumerate() {
            let last = index + 1 == children.len();
            let own = format!("{inner}{}", if last { "└─ " } else { "├─ " });
            let inner = format!("{inner}{}", if last { "   " } else { "│  " });
            self.tree(*child, [&own, &inner], places, lines);
        }
    }

    fn line(&self, id: StepId, branch: &str, places: &[Place<'_>]) -> Line {
        let StepJson { step, target, answers, keys, calls, notes, .. } = self.step(id, places);
        Line {
            cells: [
                format!("{branch}{step} {target}"),
                format!("→ {}", answers.join(", ")),
                if keys.is_empty() { String::new() } else { format!("← {}", keys.join(", ")) },
                calls,
            ],
            notes,
        }
    }

    fn slow_fields(&self) -> impl Iterator<Item = &'a ShapeField> {
        let root = self.plan.shape(self.plan.root);
        root.fields.iter().filter(|field| field.source == Source::Slow)
    }

    fn step(&self, id: StepId, places: &[Place<'_>]) -> StepJson {
        let step = self.plan.step(id);
        let mine: Vec<&Place<'_>> =
            places.iter().filter(|place| self.plan.site(place.site).step == id).collect();
        let answers = mine.iter().map(|place| self.answers(id, place, places));
        let keys = mine.iter().filter_map(|place| self.key(place));
        StepJson {
            step: id.0 + 1,
            target: self.target(&step.join),
            answers: distinct(answers),
            keys: distinct(keys),
            calls: if self.streams(step) { self.stream(&step.join) } else { self.calls(id) },
            needs: step.needs.iter().map(|need| need.0 + 1).collect(),
            notes: self.notes(step, &mine),
        }
    }

    /// Whether its messages are what is answered.
    fn streams(&self, step: &Step) -> bool {
        self.plan.kind == OperationKind::Subscription && step.level == 0
    }

    /// Whether subscribers that ask the same, and whose callers are told the same, have one stream together.
    fn stream(&self, join: &Join) -> String {
        let method = match join.target {
            Some(join::Target::Method(index)) => self.contract.methods.get(index as usize),
            _ => None,
        };
        let is_shared = method.is_some_and(|method| method.shareable)
            && join.side_effects() == SideEffects::NoSideEffects;
        if is_shared { "1 stream, shared" } else { "1 stream per subscriber" }.to_owned()
    }

    fn target(&self, join: &Join) -> String {
        match join.target {
            Some(join::Target::Method(index)) => {
                self.contract.methods.get(index as usize).map_or_else(String::new, |method| {
                    format!("{}/{}", method.service, method.name)
                })
            }
            Some(join::Target::Resolver(index)) => {
                self.contract.resolvers.get(index as usize).map_or_else(String::new, |resolver| {
                    format!("resolver {}/{}", resolver.r#type, resolver.field)
                })
            }
            None => String::new(),
        }
    }

    fn calls(&self, id: StepId) -> String {
        let join = &self.plan.step(id).join;
        match &join.batch {
            _ if is_resolver(join) => "1 batch".to_owned(),
            _ if join.gather.is_some() && self.is_one_call(id) => "1 stream, gathered".to_owned(),
            _ if join.gather.is_some() => "1 stream per key, gathered".to_owned(),
            _ if self.is_one_call(id) => "1 call".to_owned(),
            None => "1 call per key".to_owned(),
            Some(batch) => format!("1 call per {} keys", batch.max),
        }
    }

    /// Whether it is one call at most, however many objects there are. What is early has a key for each site.
    fn is_one_call(&self, id: StepId) -> bool {
        let step = self.plan.step(id);
        let most = match &step.join.batch {
            _ if step.join.key.is_empty() => 0,
            None => 1,
            Some(batch) => batch.max as usize,
        };
        most == 0 || step.early && self.plan.sites_of(id).count() <= most
    }

    /// Where the keys come from: `Book.id`, or the call whose reply has them.
    fn key(&self, place: &Place<'_>) -> Option<String> {
        let site = self.plan.site(place.site);
        if site.key.is_empty() {
            return None;
        }
        if place.chained {
            let parent = self.plan.site(site.parent?);
            return Some(format!("reply of {}", parent.step.0 + 1));
        }
        let names: Vec<String> =
            site.key.iter().map(|part| self.field_name(place.type_name, &part.path)).collect();
        let key = format!("{}.{}", place.type_name, listed(&names));
        Some(match self.guessed(site) {
            Some(values) => format!("{key} = {}", listed(&values)),
            None => key,
        })
    }

    /// The arguments that an early step's keys are expected to be.
    fn guessed(&self, site: &Site) -> Option<Vec<String>> {
        let parent = self.plan.step(self.plan.site(site.parent?).step);
        let values = site.guess.iter().map(|part| self.argument(parent, part.number));
        values.collect::<Option<Vec<_>>>().filter(|values| !values.is_empty())
    }

    /// What fills this field of a step's request: `$id`.
    fn argument(&self, step: &Step, number: u32) -> Option<String> {
        let path = step.join.fills.iter().find_map(|fill| match &fill.source {
            Some(fill::Source::Argument(path)) if fill.path == [number] => Some(path),
            _ => None,
        })?;
        let (name, inner) = path.split_at(path.find('.').unwrap_or(path.len()));
        let (_, value) = step.arguments.iter().find(|(argument, _)| argument == name)?;
        match value {
            Argument::Variable { index, .. } => {
                self.plan.variables.get(*index).map(|variable| format!("${}{inner}", variable.name))
            }
            Argument::String(text) if inner.is_empty() => Some(format!("{text:?}")),
            Argument::Int(number) if inner.is_empty() => Some(number.to_string()),
            _ => None,
        }
    }

    /// The field of the schema that shows this field of the message; else its name in the proto.
    fn field_name(&self, type_name: &str, path: &[u32]) -> String {
        let bindings =
            || self.contract.bindings.iter().filter(|binding| binding.r#type == type_name);
        let shown = bindings().flat_map(|binding| &binding.fields).find(|field| {
            let kind = field.source.as_ref().and_then(|source| source.kind.as_ref());
            let Some(source::Kind::Wire(wire)) = kind else { return false };
            matches!(wire.value, Some(wire::Value::Leaf(_)))
                && path.split_last() == Some((&wire.number, &wire.path))
        });
        if let Some(field) = shown {
            return field.name.clone();
        }
        bindings().find_map(|binding| self.names.path(&binding.message, path)).unwrap_or_else(
            || {
                let numbers: Vec<String> = path.iter().map(u32::to_string).collect();
                format!("#{}", numbers.join("."))
            },
        )
    }

    fn notes(&self, step: &Step, places: &[&Place<'_>]) -> Vec<String> {
        let mut notes = Vec::new();
        if let [_, also @ ..] = step.needs.as_slice()
            && !also.is_empty()
            && !step.early
        {
            notes.push(format!("needs {} too", numbers(also)));
        }
        if let Some(last) = step.after.last() {
            notes.push(format!("after {}", last.0 + 1));
        }
        if step.deferred {
            notes.push("deferred".to_owned());
        }
        let hasty = places.iter().filter_map(|place| {
            let timeout = self.plan.site(place.site).timeout?;
            Some(format!("{}.{} {}", place.type_name, place.field, Span(timeout)))
        });
        let longest = step.timeout.map(|timeout| Span(timeout).to_string());
        let timeouts = distinct(longest.into_iter().chain(hasty));
        if !timeouts.is_empty() {
            notes.push(format!("timeout {}", timeouts.join(", ")));
        }
        if step.early {
            notes.push(format!("starts with {}", numbers(&step.needs)));
        }
        if let Some(mask) = &step.mask {
            notes.push(format!("mask {}", mask.fields));
        }
        let Some(policy) = step.join.policy.as_deref() else { return notes };
        if let Some(cache) = &policy.cache {
            let mut note =
                format!("cache {} {}", cache.scope().as_str_name(), span(cache.max_age_ms));
            if cache.stale_while_revalidate_ms > 0 {
                note += &format!(" + {}", span(cache.stale_while_revalidate_ms));
            }
            notes.push(note);
        }
        if !policy.invalidates.is_empty() {
            notes.push("invalidates".to_owned());
        }
        if let Some(fallback) = policy.fallback.as_deref() {
            notes.push(format!("fallback {}", self.rungs(fallback).join(", ")));
        }
        notes
    }

    fn rungs(&self, fallback: &Fallback) -> Vec<String> {
        let mut rungs = Vec::new();
        if fallback.stale_if_error_ms > 0 {
            rungs.push(format!("stale {}", span(fallback.stale_if_error_ms)));
        }
        if let Some(rpc) = &fallback.rpc {
            rungs.push(self.target(rpc));
        }
        match fallback.last {
            Some(_) if fallback.leave_out => rungs.push("left out".to_owned()),
            Some(fallback::Last::Value(_)) => rungs.push("value".to_owned()),
            Some(fallback::Last::Null(_)) => rungs.push("null".to_owned()),
            None => {}
        }
        rungs
    }

    /// All fields that sites answer, in response order, those in an object before those in its fields.
    fn places(&self, shape: ShapeId, found: &mut Vec<Place<'a>>) {
        let shape = self.plan.shape(shape);
        for field in &shape.fields {
            self.places_in(&shape.type_name, field, &field.source, false, found);
        }
    }

    fn places_in(
        &self,
        type_name: &'a str,
        field: &'a ShapeField,
        source: &'a Source,
        chained: bool,
        found: &mut Vec<Place<'a>>,
    ) {
        match source {
            Source::Join { site, then } => {
                found.push(Place { site: *site, type_name, field: &field.name, chained });
                self.places_in(type_name, field, then, true, found);
                if let Some(StreamId(id)) = self.plan.site(*site).stream {
                    let rest = &self.plan.streams[id].rest;
                    self.places_in(type_name, field, rest, chained, found);
                }
            }
            Source::Wire(wire) => {
                match &wire.value {
                    Value::Object(shape) => self.places(*shape, found),
                    Value::Abstract(members) => {
                        for member in members {
                            self.places(member.shape, found);
                        }
                    }
                    Value::Leaf(_) => {}
                }
                if let Some(StreamId(id)) = wire.stream {
                    let rest = &self.plan.streams[id].rest;
                    self.places_in(type_name, field, rest, chained, found);
                }
            }
            Source::Typename | Source::Slow => {}
        }
    }
}

fn is_resolver(join: &Join) -> bool {
    matches!(join.target, Some(join::Target::Resolver(_)))
}

fn span(milliseconds: u64) -> Span {
    Span(Duration::from_millis(milliseconds))
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn numbers(steps: &[StepId]) -> String {
    let numbers: Vec<String> = steps.iter().map(|step| (step.0 + 1).to_string()).collect();
    numbers.join(", ")
}

fn listed(texts: &[String]) -> String {
    match texts {
        [text] => text.clone(),
        texts => format!("{{{}}}", texts.join(", ")),
    }
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    distinct
}
