//! A field of a request that two things fill.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::words::simple;
use super::{Check, Rule};
use crate::contract::{Cardinality, InputField, InputValue, input_value};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::model::{Filler, Filling, Model};

pub(super) const RULE: Rule = Rule {
    name: "filled-twice",
    severity: Severity::Error,
    explanation: r#"Each field of a request is filled by one thing: a constant, a part of the caller, an argument, the parent's key or a
mask. Of two that fill a field, or members of one oneof, a service sees the last one, and the other is lost without a
word; of a list it sees both behind one another. And what a client writes must not take the place of what `with` says of
who asks.

An argument may give a message of which `with` fills fields, if its input object has none of them:

message ListBooksRequest { BookFilter filter = 1; }
message BookFilter { string tenant = 1; string author = 2; }

books(filter: BookFilter): [Book!] @rpc(method: "…", with: {filter: {tenant: "$tenant"}})

wrong:  input BookFilter { tenant: String  author: String }
right:  input BookFilter { author: String }

Two arguments, or two fields of one input object, that are members of one oneof are no fault: a client gives one of
them, and is refused when it gives both. One that is never null would let no other be given.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut pairs = |message: &MessageDescriptor, ways: &[Way<'_>]| {
        for (index, other) in ways.iter().enumerate() {
            for one in &ways[..index] {
                let mut search = Search { model, seen: BTreeSet::new(), clashes: Vec::new() };
                search.compare(message, one.clone(), other.clone(), false);
                findings.extend(search.clashes.iter().map(|clash| clash.told(rule, model, ways)));
            }
        }
    };
    for request in &model.fillings {
        let ways: Vec<Way<'_>> = request.fillings.iter().enumerate().map(Way::of).collect();
        pairs(&request.message, &ways);
    }
    for input in &model.inputs {
        let Some(message) = model.input.protos.pool.get_message_by_name(&input.message) else {
            continue;
        };
        let fields = input.fields.iter().enumerate();
        let ways: Vec<Way<'_>> =
            fields.map(|(at, field)| Way::into(model, &input.r#type, field, at)).collect();
        pairs(&message, &ways);
    }
    findings
}

/// The way from a message to what something fills.
#[derive(Clone)]
struct Way<'m> {
    /// What is left of it.
    path: &'m [u32],
    /// How the value at its end is written, where it may be an input object.
    value: Option<&'m InputValue>,
    /// As a person calls what fills it.
    name: String,
    span: Option<Span>,
    /// A client may leave it out.
    is_optional: bool,
    /// It says that a message is there, and nothing of what is in it.
    is_empty: bool,
    /// Where a client gives two that exclude each other it is refused.
    is_of_client: bool,
    /// The position of what it belongs to, among all that fills the message.
    at: usize,
}

impl<'m> Way<'m> {
    fn of((at, filling): (usize, &'m Filling)) -> Way<'m> {
        let Filling { path, filler, span } = filling;
        let (value, name) = match filler {
            Filler::Constant { .. } => (None, "the constant".to_owned()),
            Filler::Part(text) => (None, format!("`{text}`")),
            Filler::Key => (None, "the parent's key".to_owned()),
            Filler::Argument { name, value, .. } => (Some(value), format!("the argument `{name}`")),
        };
        let is_optional = matches!(filler, Filler::Argument { is_always_given: false, .. });
        let is_empty = matches!(filler, Filler::Constant { is_empty: true });
        let is_of_client = value.is_some();
        Way { path, value, name, span: *span, is_optional, is_empty, is_of_client, at }
    }

    /// A field of an input object.
    fn into(model: &'m Model<'_>, ty: &str, field: &'m InputField, at: usize) -> Way<'m> {
        let definition = model.input.schema.definitions.get_input_object(ty);
        let definition = definition.and_then(|input| input.fields.get(&*field.name));
        Way {
            path: &field.path,
            value: field.value.as_ref(),
            name: format!("`{ty}.{}`", field.name),
            span: definition.and_then(|it| model.input.schema.span(it.name.location())),
            is_optional: definition.is_none_or(|it| !it.ty.is_non_null()),
            is_empty: false,
            is_of_client: true,
            at,
        }
    }

    /// The input object at the end of the way.
    fn input(&self) -> Option<u32> {
        let value = self.value.filter(|value| value.cardinality() != Cardinality::Repeated)?;
        match value.value? {
            input_value::Value::Input(id) if self.path.is_empty() => Some(id),
            _ => None,
        }
    }
}

/// Two ways that do not go together.
struct Clash<'m> {
    ways: [Way<'m>; 2],
    /// The field at the end of both, or the two members of one oneof at which they part.
    fields: [FieldDescriptor; 2],
}

struct Search<'m> {
    model: &'m Model<'m>,
    /// Input objects that were looked into, with what they were held against: they may contain themselves.
    seen: BTreeSet<(u32, Option<u32>, Vec<u32>)>,
    clashes: Vec<Clash<'m>>,
}

impl<'m> Search<'m> {
    /// Both begin in `message`. `is_inside`: in a message that one of them fills as a whole.
    fn compare(
        &mut self,
        message: &MessageDescriptor,
        one: Way<'m>,
        other: Way<'m>,
        is_inside: bool,
    ) {
        let same = one.path.iter().zip(other.path).take_while(|(one, other)| one == other).count();
        let (mut message, mut last) = (message.clone(), None);
        for number in &one.path[..same] {
            let Some(field) = message.get_field(*number) else { return };
            if let Some(inner) = field.kind().as_message() {
                message = inner.clone();
            }
            last = Some(field);
        }
        let one = Way { path: &one.path[same..], ..one };
        let other = Way { path: &other.path[same..], ..other };
        if let ([first, ..], [second, ..]) = (one.path, other.path) {
            let fields = [first, second].map(|number| message.get_field(*number));
            if let [Some(first), Some(second)] = fields {
                self.parted([one, other], [first, second], is_inside);
            }
            return;
        }
        let is_inside = is_inside || last.is_some();
        match (one.input(), other.input()) {
            _ if one.is_empty || other.is_empty => {}
            (Some(input), inner) => {
                self.into(&message, (input, one.at), (inner, other), is_inside);
            }
            (None, Some(input)) => {
                self.into(&message, (input, other.at), (None, one), is_inside);
            }
            (None, None) => self.clashes.extend(
                last.map(|field| Clash { ways: [one, other], fields: [field.clone(), field] }),
            ),
        }
    }

    /// Holds each field of an input object against the other way.
    fn into(
        &mut self,
        message: &MessageDescriptor,
        (input, at): (u32, usize),
        (inner, other): (Option<u32>, Way<'m>),
        is_inside: bool,
    ) {
        let model = self.model;
        let Some(bound) = model.inputs.get(input as usize) else { return };
        if !self.seen.insert((input, inner, other.path.to_vec())) {
            return;
        }
        for field in &bound.fields {
            let field = Way::into(model, &bound.r#type, field, at);
            self.compare(message, field, other.clone(), is_inside);
        }
    }

    fn parted(&mut self, ways: [Way<'m>; 2], fields: [FieldDescriptor; 2], is_inside: bool) {
        let [first, second] = &fields;
        let is_one = first.containing_oneof().is_some()
            && first.containing_oneof() == second.containing_oneof();
        let is_refused = !is_inside
            && ways.iter().all(|way| way.is_of_client)
            && ways.iter().all(|way| way.is_optional);
        if is_one && !is_refused {
            self.clashes.push(Clash { ways, fields });
        }
    }
}

impl Clash<'_> {
    /// `all` are the ways that were compared; those that clash may go on in an input object.
    fn told(&self, rule: &Rule, model: &Model<'_>, all: &[Way<'_>]) -> Diagnostic {
        let [first, second] = &self.fields;
        let message = simple(first.parent_message().full_name()).to_owned();
        let (what, help) = if first == second {
            let name = first.name();
            let what = format!("`{name}` of `{message}` is filled twice");
            (what, format!("fill `{name}` by one of them"))
        } else {
            let oneof = first.containing_oneof();
            let oneof = oneof.as_ref().map_or("", |oneof| oneof.name());
            let (first, second) = (first.name(), second.name());
            let what = format!(
                "two members of the oneof `{oneof}` of `{message}` are filled: `{first}` and `{second}`"
            );
            (what, "fill one of them".to_owned())
        };
        let mut finding = rule.finding(what);
        let mut ways: Vec<_> = self.ways.iter().zip(&self.fields).collect();
        // The later one is to be mended.
        ways.sort_by_key(|(way, _)| std::cmp::Reverse(way.at));
        let mut help = help;
        for (index, (way, field)) in ways.into_iter().enumerate() {
            let Some(from) = all.get(way.at) else { continue };
            let label = format!("{} fills `{}`", from.name, field.name());
            finding = if index == 0 {
                finding.at(from.span, label)
            } else {
                finding.also(from.span, label)
            };
            if way.name != from.name {
                finding = finding.also(way.span, format!("by {}", way.name));
                help += &format!(", or give {} an input object without {}", from.name, way.name);
            }
        }
        let spans = self.fields.iter().map(|field| model.input.protos.field_span(field));
        let mut spans: Vec<Option<Span>> = spans.collect();
        spans.dedup();
        let label = match first == second {
            false => "one of the two has a value",
            true if first.is_list() => "a service would see both, one behind the other",
            true => "a service would see the last one",
        };
        spans.into_iter().fold(finding, |finding, span| finding.also(span, label)).help(help)
    }
}
