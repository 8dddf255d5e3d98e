//! Fields of Query and Mutation.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, MethodDescriptor};

use super::existing::ExistingMember;
use super::fields::{Part, named};
use super::inputs::settable;
use super::naming::{camel, free, prefixes};
use super::plan::{Plan, path_of};
use super::sdl::{self, Definition, Kind, Member};
use super::services::{is_read, is_unary, left_out};
use super::values::{Shown, Way, is_id, is_required, shown};
use crate::model::names::{pascal, singular, snake};

/// More arguments than these are easier to give as one object.
const MOST_ARGUMENTS: usize = 10;

/// A root type while it is put together.
struct Root {
    name: String,
    used: BTreeSet<String>,
    fields: Vec<Member>,
    remarks: Vec<Member>,
}

impl Root {
    fn new(plan: &Plan<'_>, name: String) -> Root {
        let existing = plan.existing.types.get(&name);
        let members = existing.into_iter().flat_map(|ty| &ty.members);
        let used = members.map(|member| member.name.clone()).collect();
        Root { name, used, fields: Vec::new(), remarks: Vec::new() }
    }
}

pub(super) fn roots(plan: &mut Plan<'_>, methods: &[MethodDescriptor]) {
    let name = |given: &Option<String>, usual: &str| given.clone().unwrap_or(usual.to_owned());
    let mut query = Root::new(plan, name(&plan.existing.query, "Query"));
    let mut mutation = Root::new(plan, name(&plan.existing.mutation, "Mutation"));
    for method in methods {
        let path = path_of(method);
        if plan.existing.mentions_method(&path) || super::joins::uses(plan, method) {
            continue;
        }
        let root = if is_read(method) { &mut query } else { &mut mutation };
        if let Some(member) = bound_by_name(plan, root, method) {
            let named = member.named.clone().unwrap_or_default();
            plan.adopt(Kind::Object, method.output().full_name(), &named);
            continue;
        }
        let reason = match streaming(method) {
            Some(reason) => reason,
            None => match field(plan, method, &mut root.used) {
                Some(field) => {
                    root.fields.push(field);
                    continue;
                }
                None => "answers with nothing that GraphQL can show",
            },
        };
        let remark = left_out(method, reason);
        query.remarks.push(Member::comment(&remark));
        plan.note(remark);
    }
    placeholder(plan, &mut query, !methods.is_empty());
    for (root, description, file) in [
        (query, "What can be asked.", "query.graphql"),
        (mutation, "What can be changed.", "mutation.graphql"),
    ] {
        let members: Vec<Member> = root.fields.into_iter().chain(root.remarks).collect();
        plan.definitions.push(Definition {
            kind: Kind::Object,
            name: root.name,
            description: Some(description.to_owned()),
            directives: Vec::new(),
            members,
            file: file.to_owned(),
        });
    }
}

/// GraphQL wants something to be asked, even where all methods write.
fn placeholder(plan: &mut Plan<'_>, query: &mut Root, is_needed: bool) {
    if !is_needed || !query.used.is_empty() {
        return;
    }
    query.fields.push(Member {
        description: Some(
            "Nothing yet: no method of the services only reads. Put a field of your own in its place."
                .to_owned(),
        ),
        text: "placeholder: Boolean".to_owned(),
    });
    plan.note(
        "no method only reads: Query has but a placeholder, which only a mock answers".to_owned(),
    );
}

fn streaming(method: &MethodDescriptor) -> Option<&'static str> {
    if method.is_client_streaming() && method.is_server_streaming() {
        return Some("streams both ways, which no GraphQL field can");
    }
    if method.is_client_streaming() {
        return Some("takes a stream, which no GraphQL field can give");
    }
    method.is_server_streaming().then_some("answers with a stream; subscriptions come later")
}

/// The field without directives that means the method already, as the schema language finds methods by name.
fn bound_by_name<'a>(
    plan: &Plan<'a>,
    root: &Root,
    method: &MethodDescriptor,
) -> Option<&'a ExistingMember> {
    let existing = plan.existing.types.get(&root.name).filter(|_| is_unary(method))?;
    let plain = existing.members.iter().filter(|member| !member.has_call);
    let verbs = ["", "Get", "List", "Search"];
    let is_meant = |member: &&ExistingMember| {
        let field = pascal(&member.name);
        verbs.iter().any(|verb| method.name() == format!("{verb}{field}"))
    };
    plain.into_iter().find(is_meant)
}

fn field(
    plan: &mut Plan<'_>,
    method: &MethodDescriptor,
    used: &mut BTreeSet<String>,
) -> Option<Member> {
    let (ty, select) = answer(plan, method)?;
    let name = free(&names(method), |name| used.contains(name) || name.starts_with("__"));
    used.insert(name.clone());
    let arguments = arguments(plan, method);
    let file = method.parent_service().parent_file();
    let description = plan.comments.of(file.name(), method.path());
    let select = select.map(|path| format!(", select: \"{path}\"")).unwrap_or_default();
    let is_deprecated = method
        .method_descriptor_proto()
        .options
        .as_ref()
        .is_some_and(|options| options.deprecated());
    let deprecated = if is_deprecated { " @deprecated" } else { "" };
    let rpc = format!("@rpc(method: \"{}\"{select}){deprecated}", path_of(method));
    Some(Member { description, text: format!("{name}{}: {ty}\n  {rpc}", written(&arguments)) })
}

/// `GetBook` → `book`, `ListBooks` → `books`, `SearchBooks` → `searchBooks`; then with the service, then with the
/// package.
fn names(method: &MethodDescriptor) -> Vec<String> {
    let name = method.name();
    let output = method.output();
    let rest = ["Get", "List"].iter().find_map(|verb| {
        name.strip_prefix(verb)
            .filter(|rest| rest.is_empty() || rest.starts_with(char::is_uppercase))
    });
    let is_envelope = is_envelope_name(output.name());
    let short = match rest {
        Some("") if name == "Get" && !is_envelope => camel(output.name()),
        Some("") => None,
        Some(rest) => camel(rest),
        None => camel(name),
    };
    let service = method.parent_service();
    let whole = format!("{}_{}", snake(service.name()), snake(name));
    let of_package = prefixes(service.package_name());
    let longer = of_package.iter().map(|prefix| format!("{}_{whole}", snake(prefix)));
    let mut names: Vec<String> = short.into_iter().collect();
    names.extend(camel(&whole));
    names.extend(longer.filter_map(|name| camel(&name)));
    names
}

/// The type of the answer, and the path to it in the response.
fn answer(plan: &mut Plan<'_>, method: &MethodDescriptor) -> Option<(String, Option<String>)> {
    let output = method.output();
    match shown(&output) {
        Shown::Scalar(scalar) => return Some((scalar.to_owned(), None)),
        Shown::Not => return None,
        Shown::Object => {}
    }
    let fields: Vec<FieldDescriptor> = output.fields().collect();
    if let [field] = fields.as_slice()
        && is_envelope_name(output.name())
        && let Some(typed) = plan.typed(field, Way::Out)
    {
        return Some((typed.text, Some(field.name().to_owned())));
    }
    let preferred = page_name(method, &fields);
    Some((plan.object(&output, preferred), None))
}

fn is_envelope_name(name: &str) -> bool {
    ["Response", "Reply", "Result"].iter().any(|ending| name.ends_with(ending))
}

/// `ListBooksResponse` with a token for the next page → `BookPage`.
fn page_name(method: &MethodDescriptor, fields: &[FieldDescriptor]) -> Option<String> {
    let is_page = fields.iter().any(|field| field.name() == "next_page_token")
        && fields.iter().any(FieldDescriptor::is_list);
    let name = method.output().name().strip_suffix("Response").map(str::to_owned)?;
    let name = match name.strip_prefix("List").filter(|rest| !rest.is_empty()) {
        Some(things) => singular(things),
        None => name,
    };
    is_page.then(|| format!("{}Page", pascal(&name)))
}

/// Name, type and directive of each argument, with its description.
fn arguments(plan: &mut Plan<'_>, method: &MethodDescriptor) -> Vec<Member> {
    let request = method.input();
    let fields = settable(&request);
    if fields.len() > MOST_ARGUMENTS
        && let Some(object) = as_one(plan, method, &fields)
    {
        return vec![object];
    }
    flat(plan, method, &fields)
}

/// An argument for each field of the request.
pub(super) fn flat(
    plan: &mut Plan<'_>,
    method: &MethodDescriptor,
    fields: &[FieldDescriptor],
) -> Vec<Member> {
    let request = method.input();
    let pages = fields.iter().any(|field| field.name() == "page_token");
    let has = |name: &str| fields.iter().any(|field| camel(field.name()).as_deref() == Some(name));
    let rename = |field: &FieldDescriptor| match field.name() {
        "page_size" if !has("first") => Some("first"),
        "page_token" if pages && !has("after") => Some("after"),
        _ => None,
    };
    let renames: Vec<Option<&str>> = fields.iter().map(rename).collect();
    let parts = fields.iter().cloned().map(Part::Field).collect();
    let mut arguments = Vec::new();
    for (part, name, from) in named(&request, parts, |_| false) {
        let Part::Field(field) = &part else { continue };
        let renamed = fields.iter().position(|other| other == field).and_then(|at| renames[at]);
        let (name, from) = match renamed {
            Some(renamed) => {
                (renamed.to_owned(), Some(super::fields::from_directive(field.name())))
            }
            None => (name, from),
        };
        let Some(typed) = plan.typed(field, Way::In) else { continue };
        let ty = typed.given(is_required(field) || is_key(method, field));
        let file = field.parent_message().parent_file();
        let description = plan.comments.of(file.name(), field.path());
        let text = format!("{name}: {ty}{}", from.unwrap_or_default());
        arguments.push(Member { description, text });
    }
    arguments
}

/// Whether a method makes no sense without the field: the id of what it gets, changes or deletes.
fn is_key(method: &MethodDescriptor, field: &FieldDescriptor) -> bool {
    let name = snake(method.name());
    let (verb, thing) = name.split_once('_').unwrap_or((&name, ""));
    let is_of_one = ["get", "delete", "update"].contains(&verb);
    let is_own = ["id", "name", &format!("{thing}_id")].contains(&field.name());
    is_of_one && is_own && is_id_or_name(field) && !field.is_list() && !field.supports_presence()
}

fn is_id_or_name(field: &FieldDescriptor) -> bool {
    is_id(field) || (field.name() == "name" && field.kind() == prost_reflect::Kind::String)
}

/// One input object that is the request.
fn as_one(
    plan: &mut Plan<'_>,
    method: &MethodDescriptor,
    fields: &[FieldDescriptor],
) -> Option<Member> {
    let request = method.input();
    let name = request.name().strip_suffix("Request").unwrap_or(request.name());
    let name = pascal(name);
    // A field that could be meant by the argument itself: the request has to stay in pieces.
    let is_ambiguous = fields.iter().any(|field| {
        let is_same = field.kind().as_message().is_some_and(|inner| {
            pascal(inner.name()) == name || inner.full_name() == request.full_name()
        });
        is_same || camel(field.name()).as_deref() == Some("input")
    });
    if is_ambiguous {
        return None;
    }
    let ty = plan.input(&request, Some(format!("{name}Input")));
    let mark = if fields.iter().any(is_required) { "!" } else { "" };
    Some(Member { description: None, text: format!("input: {ty}{mark}") })
}

/// Arguments in parentheses: in one line where they are few and say nothing.
pub(super) fn written(arguments: &[Member]) -> String {
    if arguments.is_empty() {
        return String::new();
    }
    let line = arguments.iter().map(|argument| argument.text.as_str()).collect::<Vec<_>>();
    let line = line.join(", ");
    let is_described = arguments.iter().any(|argument| argument.description.is_some());
    if !is_described && line.len() <= 80 {
        return format!("({line})");
    }
    format!("(\n{})", sdl::members(arguments))
}
