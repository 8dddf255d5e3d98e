//! Methods that get many by their keys, as fields of what holds the keys.
//!
//! Only what the names leave no doubt about: inside one package `author_id` is the key of an `Author` (elsewhere an
//! author may be a user), and a batch over `book_ids` is about the only `Book` there is.

use prost_reflect::{FieldDescriptor, Kind as Proto, MessageDescriptor, MethodDescriptor};

use super::fields::{in_order, meaning};
use super::naming::camel;
use super::plan::{Plan, path_of};
use super::sdl::Member;
use super::services::{is_read, is_unary, left_out};
use super::values::{Shown, Way, is_id, shown};
use crate::model::leaf::scalar_of;
use crate::model::names::{singular, snake};
use crate::model::same_class;

/// A field that another call answers.
#[derive(Clone)]
pub(super) struct Join {
    method: MethodDescriptor,
    name: String,
    /// The field of the parent that holds the key.
    key: FieldDescriptor,
    batch: Batch,
    /// The part of an item that is the value; `None`: the item itself.
    select: Option<FieldDescriptor>,
    is_list: bool,
}

/// A method that takes keys and gives items.
#[derive(Clone)]
struct Batch {
    keys: FieldDescriptor,
    items: FieldDescriptor,
    /// What one item is.
    item: MessageDescriptor,
    /// The key inside an item; `None`: the items are a map.
    matching: Option<FieldDescriptor>,
    /// `book_id`
    key_name: String,
}

pub(super) fn find(plan: &mut Plan<'_>, methods: &[MethodDescriptor]) {
    let pool = &plan.protos.pool;
    let outputs = plan.outputs.iter().filter_map(|name| pool.get_message_by_name(name));
    let outputs: Vec<MessageDescriptor> =
        outputs.filter(|message| !message.is_map_entry()).collect();
    for method in methods.iter().filter(|method| is_unary(method) && is_read(method)) {
        let Some(batch) = batch(method) else { continue };
        for join in
            own(method, &batch, &outputs).into_iter().chain(foreign(method, &batch, &outputs))
        {
            let parent = join.key.parent_message().clone();
            let joins = plan.joins.entry(parent.full_name().to_owned()).or_default();
            let is_free = meaning(&parent, &join.name).is_none()
                && joins.iter().all(|other| other.name != join.name);
            if is_free {
                joins.push(join);
            }
        }
    }
}

/// Whether the method has become a join.
pub(super) fn uses(plan: &Plan<'_>, method: &MethodDescriptor) -> bool {
    plan.joins.values().flatten().any(|join| &join.method == method)
}

/// Keys in, items out, and no doubt which is which.
fn batch(method: &MethodDescriptor) -> Option<Batch> {
    let name = snake(method.name());
    let by_many = name.split_once("_by_").is_some_and(|(_, keys)| keys.ends_with('s'));
    if !(name.starts_with("batch_") || by_many) {
        return None;
    }
    let (request, response) = (method.input(), method.output());
    let [keys] = lists(&request).try_into().ok()?;
    let [items] = lists(&response).try_into().ok()?;
    let is_page = response.get_field_by_name("next_page_token").is_some();
    let key_name = singular(&snake(keys.name()));
    let is_key = is_id(&keys) && (key_name == "id" || key_name.ends_with("_id"));
    if is_page || !is_key || keys.is_map() {
        return None;
    }
    let Proto::Message(message) = items.kind() else { return None };
    if items.is_map() {
        let Proto::Message(item) = message.map_entry_value_field().kind() else { return None };
        let fits = fit(&message.map_entry_key_field(), &keys);
        let batch = Batch { keys, items, item, matching: None, key_name };
        return (fits && matches!(shown(&batch.item), Shown::Object)).then_some(batch);
    }
    let own = format!("{}_id", snake(message.name()));
    let matching = message
        .get_field_by_name(&key_name)
        .or_else(|| (key_name == own).then(|| message.get_field_by_name("id")).flatten())?;
    let fits =
        !matching.is_list() && fit(&matching, &keys) && matches!(shown(&message), Shown::Object);
    fits.then_some(Batch { keys, items, item: message, matching: Some(matching), key_name })
}

fn lists(message: &MessageDescriptor) -> Vec<FieldDescriptor> {
    message.fields().filter(|field| field.is_list() || field.is_map()).collect()
}

fn fit(left: &FieldDescriptor, right: &FieldDescriptor) -> bool {
    same_class(scalar_of(&left.kind()), scalar_of(&right.kind()))
}

/// `author_id` and `author_ids` beside `Author`.
fn own(method: &MethodDescriptor, batch: &Batch, outputs: &[MessageDescriptor]) -> Vec<Join> {
    let thing = snake(batch.item.name());
    let key = format!("{thing}_id");
    let is_own = batch.matching.as_ref().is_some_and(|matching| matching.name() == "id")
        && (batch.key_name == "id" || batch.key_name == key);
    if !is_own {
        return Vec::new();
    }
    let beside = outputs.iter().filter(|parent| {
        parent.package_name() == batch.item.package_name() && **parent != batch.item
    });
    let fields = beside.flat_map(in_order).filter(|field| {
        let is_one = field.name() == key && !field.is_list();
        let is_many = field.is_list() && field.name() == format!("{key}s");
        (is_one || is_many) && fit(field, &batch.keys)
    });
    let join = |field: FieldDescriptor| {
        let name = if field.is_list() { plural(&thing) } else { thing.clone() };
        Some(Join {
            method: method.clone(),
            name: camel(&name)?,
            is_list: field.is_list(),
            key: field,
            batch: batch.clone(),
            select: None,
        })
    };
    fields.filter_map(join).collect()
}

/// `price` of a `Book`, from `BatchGetPrices(book_ids)`.
fn foreign(
    method: &MethodDescriptor,
    batch: &Batch,
    outputs: &[MessageDescriptor],
) -> Option<Join> {
    let thing = batch.key_name.strip_suffix("_id")?;
    let things: Vec<&MessageDescriptor> =
        outputs.iter().filter(|message| snake(message.name()) == thing).collect();
    let [parent] = things.as_slice() else { return None };
    let key = parent.get_field_by_name("id").filter(|id| !id.is_list() && fit(id, &batch.keys))?;
    if batch.item == **parent {
        return None;
    }
    let rest: Vec<FieldDescriptor> = in_order(&batch.item)
        .into_iter()
        .filter(|field| Some(field) != batch.matching.as_ref())
        .collect();
    let select = match rest.as_slice() {
        [only] if batch.matching.is_some() && !only.is_map() && !only.is_group() => {
            Some(only.clone())
        }
        _ => None,
    };
    let is_list = match &select {
        Some(value) => value.is_list(),
        None => batch.matching.is_some() && snake(method.name()).starts_with("list_"),
    };
    let name = value_name(method, batch, select.as_ref(), is_list)?;
    Some(Join { method: method.clone(), name, key, batch: batch.clone(), select, is_list })
}

/// `BatchGetPrices` → `price`, `ListReviewsByBooks` → `reviews`; `ListByBooks` → what the item calls it.
fn value_name(
    method: &MethodDescriptor,
    batch: &Batch,
    select: Option<&FieldDescriptor>,
    is_list: bool,
) -> Option<String> {
    let name = snake(method.name());
    let name = name.strip_prefix("batch_").unwrap_or(&name);
    let (verb, name) = name.split_once('_').filter(|(verb, _)| matches!(*verb, "get" | "list"))?;
    let things = match name.strip_prefix("by_") {
        Some(_) => "",
        None => name.split_once("_by_").map_or(name, |(things, _)| things),
    };
    let things = match (things, select) {
        ("", Some(select)) => snake(select.name()),
        ("", None) => snake(batch.item.name()),
        (things, _) => things.to_owned(),
    };
    camel(&if is_list || verb == "list" { things } else { singular(&things) })
}

fn plural(name: &str) -> String {
    match name.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if name.ends_with(['s', 'x']) || name.ends_with("ch") || name.ends_with("sh") => {
            format!("{name}es")
        }
        _ => format!("{name}s"),
    }
}

/// The joins that a type lacks.
pub(super) fn members(
    plan: &mut Plan<'_>,
    parent: &MessageDescriptor,
    is_taken: &impl Fn(&str) -> bool,
) -> Vec<Member> {
    let joins = plan.joins.get(parent.full_name()).cloned().unwrap_or_default();
    let mut members = Vec::new();
    for join in joins {
        if plan.existing.mentions_method(&path_of(&join.method)) {
            continue;
        }
        if is_taken(&join.name) {
            let reason = format!("would be `{}` of `{}`, which is taken", join.name, parent.name());
            plan.note(left_out(&join.method, &reason));
            continue;
        }
        members.extend(member(plan, &join));
    }
    members
}

fn member(plan: &mut Plan<'_>, join: &Join) -> Option<Member> {
    let Join { method, name, key, batch, select, is_list } = join;
    let inner = match select {
        Some(field) => plan.typed(field, Way::Out)?.text,
        // Of the keys that a parent has, a service may lack some: that is no reason to show none.
        None if key.is_list() => format!("[{}]", plan.object(&batch.item, None)),
        None if *is_list => format!("[{}!]", plan.object(&batch.item, None)),
        None => plan.object(&batch.item, None),
    };
    let others = in_order(&method.input()).into_iter().filter(|field| field != &batch.keys);
    let arguments = super::arguments::flat(plan, method, &others.collect::<Vec<_>>());
    let arguments = super::arguments::written(&arguments);
    let matching = batch.matching.as_ref();
    let matching = matching.map(|field| format!(", match: \"{}\"", field.name()));
    let select = select.as_ref().map(|field| format!(", select: \"{}\"", field.name()));
    let batched = format!(
        "@batch(keys: \"{}\", key: \"$parent.{}\", items: \"{}\"{}{})",
        batch.keys.name(),
        key.name(),
        batch.items.name(),
        matching.unwrap_or_default(),
        select.unwrap_or_default(),
    );
    let rpc = format!("@rpc(method: \"{}\")", path_of(method));
    let file = method.parent_service().parent_file();
    let description = plan.comments.of(file.name(), method.path());
    Some(Member { description, text: format!("{name}{arguments}: {inner}\n  {rpc}\n  {batched}") })
}
