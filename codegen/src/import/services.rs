//! What each method becomes: a field of Query, Mutation or Subscription, a join, or a remark.

use std::collections::BTreeSet;

use prost_reflect::{Kind as Proto, MessageDescriptor, MethodDescriptor};

use super::existing::Existing;
use super::plan::{Plan, Wanted, path_of};
use super::sdl::{Definition, Kind};
use super::{annotations, enums, inputs, joins, objects, roots, unions};
use crate::input::Protos;
use crate::model::names::snake;

/// What an import makes.
pub(super) struct Made {
    pub(super) definitions: Vec<Definition>,
    pub(super) notes: Vec<String>,
}

pub(super) fn services(protos: &Protos, existing: &Existing) -> Made {
    let mut plan = Plan::new(protos, existing);
    let methods = methods(protos);
    if methods.is_empty() {
        plan.note("the protos have no service: nothing can be asked".to_owned());
    }
    for method in methods.iter().filter(|method| !method.is_client_streaming()) {
        collect(&method.output(), &mut plan.outputs);
    }
    joins::find(&mut plan, &methods);
    roots::roots(&mut plan, &methods);
    make(&mut plan);
    adopt_by_name(&mut plan);
    make(&mut plan);
    plan.shown.extend(unions::by_message(&plan));
    // A member that is new may have a field of a union that is there.
    while !plan.shown.is_empty() {
        let shown = std::mem::take(&mut plan.shown);
        unions::grow(&mut plan, shown);
        make(&mut plan);
    }
    Made { definitions: plan.definitions, notes: plan.notes }
}

fn make(plan: &mut Plan<'_>) {
    while let Some(wanted) = plan.wanted.pop_front() {
        match wanted {
            Wanted::Object { name, message } => objects::object(plan, &name, &message),
            Wanted::Input { name, message } => inputs::input(plan, &name, &message),
            Wanted::Enum { name, values } => enums::enumeration(plan, &name, &values),
            Wanted::Union { name, oneof } => unions::union(plan, &name, &oneof),
        }
    }
}

/// Types that were promised before there were protos: they have their names in common.
fn adopt_by_name(plan: &mut Plan<'_>) {
    for full_name in plan.outputs.clone() {
        let name = full_name.rsplit('.').next().unwrap_or(&full_name);
        plan.adopt(Kind::Object, &full_name, name);
    }
}

/// The methods of the given protos, but for those by which machines speak of each other.
fn methods(protos: &Protos) -> Vec<MethodDescriptor> {
    let services = protos.pool.services().filter(|service| {
        protos.is_own(service.parent_file().name())
            && !["grpc.health.", "grpc.reflection.", "grpc.channelz."]
                .iter()
                .any(|internal| service.full_name().starts_with(internal))
    });
    services.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

pub(super) fn is_unary(method: &MethodDescriptor) -> bool {
    !method.is_client_streaming() && !method.is_server_streaming()
}

/// The message and all that it may hold.
fn collect(message: &MessageDescriptor, found: &mut BTreeSet<String>) {
    if !found.insert(message.full_name().to_owned()) {
        return;
    }
    for field in message.fields() {
        if let Proto::Message(inner) = field.kind() {
            collect(&inner, found);
        }
    }
}

/// Whether a method only reads: as its options say, else as its name does.
pub(super) fn is_read(method: &MethodDescriptor) -> bool {
    use prost_reflect::prost_types::method_options::IdempotencyLevel;
    let options = method.method_descriptor_proto().options.as_ref();
    let level = options.map(|options| options.idempotency_level());
    if level == Some(IdempotencyLevel::NoSideEffects) || annotations::is_http_get(method) {
        return true;
    }
    if level == Some(IdempotencyLevel::Idempotent) {
        return false;
    }
    let name = snake(method.name());
    let words: Vec<&str> = name.split('_').filter(|word| *word != "batch").collect();
    let (first, last) = (words.first().copied(), words.last().copied());
    first.is_some_and(|word| READS.contains(&word)) || last.is_some_and(|word| LAST.contains(&word))
}

/// Verbs that ask.
const READS: [&str; 24] = [
    "get",
    "list",
    "search",
    "find",
    "lookup",
    "query",
    "read",
    "fetch",
    "count",
    "describe",
    "check",
    "show",
    "has",
    "is",
    "exists",
    "range",
    "status",
    "head",
    "select",
    "scan",
    "resolve",
    "aggregate",
    "retrieve",
    "stat",
];

/// Verbs behind their object: `MemberList`, `RoleGet`.
const LAST: [&str; 4] = ["get", "list", "status", "search"];

/// Why a method is no field, for a comment and a note.
pub(super) fn left_out(method: &MethodDescriptor, reason: &str) -> String {
    format!("left out: {} {reason}", path_of(method))
}
