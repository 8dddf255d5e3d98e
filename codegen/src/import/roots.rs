//! Fields of Query, Mutation and Subscription.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, MethodDescriptor};

use super::arguments;
use super::existing::ExistingMember;
use super::naming::{camel, free, prefixes};
use super::plan::{Plan, path_of};
use super::sdl::{Definition, Kind, Member};
use super::services::{is_read, left_out};
use super::values::{Shown, Way, shown};
use crate::model::names::{pascal, singular, snake};

/// A root type while it is put together.
struct Root {
    /// As `schema { … }` calls it: `query`.
    operation: &'static str,
    name: String,
    /// The schema lists its roots, and this is none of them.
    is_unlisted: bool,
    used: BTreeSet<String>,
    fields: Vec<Member>,
    remarks: Vec<Member>,
}

impl Root {
    fn new(plan: &mut Plan<'_>, operation: &'static str, listed: Option<String>) -> Root {
        let is_unlisted = plan.existing.schema.is_some() && listed.is_none();
        let usual = pascal(operation);
        let name = match listed {
            Some(name) => name,
            // Who has the usual name is an ordinary type there.
            None if is_unlisted => {
                let names = [usual.clone(), format!("{usual}Root")];
                free(&names, |name| plan.existing.names.iter().any(|taken| taken == name))
            }
            None => usual,
        };
        plan.take(&name);
        let existing = plan.existing.types.get(&name);
        let members = existing.into_iter().flat_map(|ty| &ty.members);
        let used = members.map(|member| member.name.clone()).collect();
        let (fields, remarks) = (Vec::new(), Vec::new());
        Root { operation, name, is_unlisted, used, fields, remarks }
    }
}

pub(super) fn roots(plan: &mut Plan<'_>, methods: &[MethodDescriptor]) {
    let existing = plan.existing;
    let mut query = Root::new(plan, "query", existing.query.clone());
    let mut mutation = Root::new(plan, "mutation", existing.mutation.clone());
    let mut subscription = Root::new(plan, "subscription", existing.subscription.clone());
    for method in methods {
        let path = path_of(method);
        if plan.existing.mentions_method(&path) || super::joins::uses(plan, method) {
            continue;
        }
        let root = match (method.is_server_streaming(), is_read(method)) {
            (true, _) if !is_gathered(method) => &mut subscription,
            (true, _) => &mut query,
            (false, true) => &mut query,
            (false, false) => &mut mutation,
        };
        if let Some(member) = bound_by_name(plan, root, method) {
            let named = member.named.clone().unwrap_or_default();
            plan.adopt(Kind::Object, method.output().full_name(), &named);
            continue;
        }
        let reason = match takes_stream(method) {
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
    let unlisted = [&query, &mutation, &subscription].into_iter().filter(|root| root.is_unlisted);
    let unlisted = unlisted.filter(|root| !root.fields.is_empty()).map(|root| Member {
        description: None,
        text: format!("{}: {}", root.operation, root.name),
    });
    plan.definitions.push(Definition {
        kind: Kind::Schema,
        name: String::new(),
        description: None,
        directives: Vec::new(),
        members: unlisted.collect(),
        file: "query.graphql".to_owned(),
    });
    for (root, description, file) in [
        (query, "What can be asked.", "query.graphql"),
        (mutation, "What can be changed.", "mutation.graphql"),
        (subscription, "What happens.", "subscription.graphql"),
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

/// GraphQL wants something to be asked, even where all methods write. Only a mock answers it, so that nobody forgets it: a
/// gateway that is not allowed to make things up does not start.
fn placeholder(plan: &mut Plan<'_>, query: &mut Root, is_needed: bool) {
    if !is_needed || !query.used.is_empty() {
        return;
    }
    // Each line begins with a capital: the name that a comment begins with counts as a field that is left out on purpose.
    for line in [
        "GraphQL wants a field here, and no method of these services only reads.",
        "Put one of yours in its place, with `@rpc(method: \"package.Service/Method\")` or `@resolve`.",
        "Until then `anabranch mock` answers it, and a gateway whose configuration says `mock.promised = true`.",
    ] {
        query.fields.push(Member::comment(line));
    }
    query.fields.push(Member {
        description: Some("Nothing yet.".to_owned()),
        text: "placeholder: Boolean".to_owned(),
    });
    plan.note(format!(
        "no method only reads, and GraphQL wants a field in `{0}`: put one of yours in the place of `{0}.placeholder`, which \
         only a mock answers",
        query.name
    ));
}

fn takes_stream(method: &MethodDescriptor) -> Option<&'static str> {
    let reason = if method.is_server_streaming() {
        "streams both ways, which no GraphQL field can"
    } else {
        "takes a stream, which no GraphQL field can give"
    };
    method.is_client_streaming().then_some(reason)
}

/// Whether a stream is a list that comes in parts. Of any other name it tells what happens.
fn is_gathered(method: &MethodDescriptor) -> bool {
    let lists = |verb: &&str| {
        let rest = method.name().strip_prefix(*verb);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_uppercase))
    };
    method.is_server_streaming() && is_read(method) && ["List", "Search"].iter().any(lists)
}

/// The field without directives that means the method already, as the schema language finds methods by name.
fn bound_by_name<'a>(
    plan: &Plan<'a>,
    root: &Root,
    method: &MethodDescriptor,
) -> Option<&'a ExistingMember> {
    // By name no list is a stream.
    let by_name = !method.is_client_streaming() && !is_gathered(method);
    let existing = plan.existing.types.get(&root.name).filter(|_| by_name)?;
    let plain = existing.members.iter().filter(|member| !member.has_call);
    let verbs: &[&str] =
        if method.is_server_streaming() { &["", "Watch"] } else { &["", "Get", "List", "Search"] };
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
    let is_item = is_gathered(method) && !ty.starts_with('[');
    let ty = if is_item { format!("[{ty}!]") } else { ty };
    let name = free(&names(method), |name| used.contains(name) || name.starts_with("__"));
    used.insert(name.clone());
    let arguments = arguments::arguments(plan, method);
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
    Some(Member {
        description,
        text: format!("{name}{}: {ty}\n  {rpc}", arguments::written(&arguments)),
    })
}

/// `GetBook` → `book`, `ListBooks` → `books`, `SearchBooks` → `searchBooks`; then with the service, then with the
/// package.
fn names(method: &MethodDescriptor) -> Vec<String> {
    let name = method.name();
    let output = method.output();
    let verbs: &[&str] = if is_read(method) { &["Get", "List"] } else { &[] };
    let rest = verbs.iter().find_map(|verb| {
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
        // A map that is one JSON object cannot go on in the next message.
        && !(field.is_map() && is_gathered(method))
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
