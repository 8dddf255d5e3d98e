//! What an import knows while it goes: which names are whose, and what is still to be made.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use prost_reflect::{EnumDescriptor, MessageDescriptor, MethodDescriptor, OneofDescriptor};

use super::comments::Comments;
use super::existing::Existing;
use super::joins::Join;
use super::naming::{free, is_reserved, type_names};
use super::sdl::{Definition, Kind};
use super::unions;
use crate::input::Protos;

/// What is to be made.
pub(super) enum Wanted {
    Object { name: String, message: MessageDescriptor },
    Input { name: String, message: MessageDescriptor },
    Enum { name: String, values: EnumDescriptor },
    Union { name: String, oneof: OneofDescriptor },
}

pub(super) struct Plan<'a> {
    pub(super) protos: &'a Protos,
    pub(super) existing: &'a Existing,
    pub(super) comments: Comments,
    /// Full names of the messages that services answer with, and of all inside them.
    pub(super) outputs: BTreeSet<String>,
    /// By the full name of the parent.
    pub(super) joins: BTreeMap<String, Vec<Join>>,
    pub(super) definitions: Vec<Definition>,
    pub(super) notes: Vec<String>,
    /// The type of a message, an enum or a oneof, by its full name.
    claims: HashMap<(Kind, String), String>,
    taken: BTreeSet<String>,
    /// What the unions that are there show, as far as nobody has looked for what they lack.
    pub(super) shown: BTreeMap<String, Vec<OneofDescriptor>>,
    pub(super) wanted: VecDeque<Wanted>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(protos: &'a Protos, existing: &'a Existing) -> Plan<'a> {
        let mut plan = Plan {
            protos,
            existing,
            comments: Comments::read(&protos.pool),
            outputs: BTreeSet::new(),
            joins: BTreeMap::new(),
            definitions: Vec::new(),
            notes: Vec::new(),
            claims: HashMap::new(),
            taken: existing.names.iter().cloned().collect(),
            shown: BTreeMap::new(),
            wanted: VecDeque::new(),
        };
        for (name, ty) in &existing.types {
            for message in ty.messages.iter().filter(|_| ty.kind != Kind::Union) {
                plan.keep(ty.kind, message, name);
            }
        }
        plan
    }

    /// A name that the schema has written down.
    fn keep(&mut self, kind: Kind, full_name: &str, name: &str) {
        let key = (kind, full_name.to_owned());
        let is_shortest = full_name.ends_with(&format!(".{name}"));
        if self.claims.contains_key(&key) && !is_shortest {
            return;
        }
        self.claims.insert(key, name.to_owned());
        let pool = &self.protos.pool;
        let wanted = match kind {
            Kind::Object => pool
                .get_message_by_name(full_name)
                .map(|message| Wanted::Object { name: name.to_owned(), message }),
            Kind::Input => pool
                .get_message_by_name(full_name)
                .map(|message| Wanted::Input { name: name.to_owned(), message }),
            Kind::Enum => pool
                .get_enum_by_name(full_name)
                .map(|values| Wanted::Enum { name: name.to_owned(), values }),
            Kind::Union | Kind::Schema => None,
        };
        self.wanted.extend(wanted);
    }

    /// The object type of a message.
    pub(super) fn object(
        &mut self,
        message: &MessageDescriptor,
        preferred: Option<String>,
    ) -> String {
        let mut names = type_names(message.package_name(), message.full_name(), "");
        names.splice(0..0, preferred);
        self.claim(Kind::Object, message.full_name(), &names, |name| Wanted::Object {
            name,
            message: message.clone(),
        })
    }

    /// The input type of a message: by another name than the object type's.
    pub(super) fn input(
        &mut self,
        message: &MessageDescriptor,
        preferred: Option<String>,
    ) -> String {
        let suffix = if self.outputs.contains(message.full_name()) { "Input" } else { "" };
        let mut names = type_names(message.package_name(), message.full_name(), suffix);
        names.splice(0..0, preferred);
        self.claim(Kind::Input, message.full_name(), &names, |name| Wanted::Input {
            name,
            message: message.clone(),
        })
    }

    pub(super) fn enumeration(&mut self, values: &EnumDescriptor) -> String {
        let names = type_names(values.package_name(), values.full_name(), "");
        self.claim(Kind::Enum, values.full_name(), &names, |name| Wanted::Enum {
            name,
            values: values.clone(),
        })
    }

    pub(super) fn union(&mut self, oneof: &OneofDescriptor) -> String {
        let package = oneof.parent_message().package_name().to_owned();
        let names = type_names(&package, oneof.full_name(), "");
        let name = self.claim(Kind::Union, oneof.full_name(), &names, |name| Wanted::Union {
            name,
            oneof: oneof.clone(),
        });
        self.show(&name, oneof);
        name
    }

    /// Notes what a union that is there shows.
    pub(super) fn show(&mut self, name: &str, oneof: &OneofDescriptor) {
        if self.existing.types.get(name).is_some_and(|ty| ty.kind == Kind::Union) {
            let shown = self.shown.entry(name.to_owned()).or_default();
            if !shown.contains(oneof) {
                shown.push(oneof.clone());
            }
        }
    }

    /// Notes which message a union shows that is there.
    pub(super) fn show_message(&mut self, name: &str, message: &MessageDescriptor) {
        let Some(union) = self.existing.types.get(name) else { return };
        let oneof = unions::only_oneof(message);
        if let Some(oneof) = oneof.filter(|oneof| unions::is_shown(self, union, oneof)) {
            self.show(name, &oneof);
        }
    }

    pub(super) fn has_shown(&self, union: &str) -> bool {
        self.shown.contains_key(union)
    }

    /// The message of that name that a service answers with.
    pub(super) fn output_named(&self, name: &str) -> Option<MessageDescriptor> {
        let mut named = self
            .outputs
            .iter()
            .filter(|full_name| full_name.rsplit('.').next().is_some_and(|last| last == name));
        let full_name = named.next().filter(|_| named.next().is_none())?;
        self.protos.pool.get_message_by_name(full_name)
    }

    /// The type of a message, if it has one already.
    pub(super) fn claimed(&self, kind: Kind, full_name: &str) -> Option<&str> {
        self.claims.get(&(kind, full_name.to_owned())).map(String::as_str)
    }

    /// The name that is written down, else the first that is free. A type that says nothing of messages and has the
    /// message's own name is its type.
    fn claim(
        &mut self,
        kind: Kind,
        full_name: &str,
        names: &[String],
        wanted: impl FnOnce(String) -> Wanted,
    ) -> String {
        let key = (kind, full_name.to_owned());
        if let Some(name) = self.claims.get(&key) {
            return name.clone();
        }
        let own = names.iter().find(|name| self.is_waiting(kind, full_name, name)).cloned();
        let name = own
            .unwrap_or_else(|| free(names, |name| self.taken.contains(name) || is_reserved(name)));
        self.taken.insert(name.clone());
        self.claims.insert(key, name.clone());
        self.wanted.push_back(wanted(name.clone()));
        name
    }

    /// Keeps a name from all types that messages get.
    pub(super) fn take(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// Whether the schema has the type, and nobody behind it yet.
    fn is_waiting(&self, kind: Kind, full_name: &str, name: &str) -> bool {
        let existing = self.existing;
        let is_root = is_reserved(name)
            || [&existing.query, &existing.mutation, &existing.subscription]
                .into_iter()
                .flatten()
                .any(|root| root == name);
        let ty = existing.types.get(name).filter(|ty| ty.kind == kind && !is_root);
        let Some(ty) = ty else { return false };
        let is_its_own = match kind {
            Kind::Union => {
                let message = full_name.rsplit_once('.').map_or("", |(message, _)| message);
                ty.messages.is_empty() || ty.messages.iter().any(|listed| listed == message)
            }
            _ => ty.messages.is_empty(),
        };
        is_its_own && !self.claims.iter().any(|((of, _), claimed)| *of == kind && claimed == name)
    }

    /// Notes that a type of the schema, which says nothing of messages, shows this one.
    pub(super) fn adopt(&mut self, kind: Kind, full_name: &str, name: &str) {
        let key = (kind, full_name.to_owned());
        if !self.claims.contains_key(&key) && self.is_waiting(kind, full_name, name) {
            self.keep(kind, full_name, name);
        }
    }

    /// Whether fields may be added to a type: not where it is several messages, each of which has its own.
    pub(super) fn may_grow(&self, name: &str) -> bool {
        self.existing.types.get(name).is_none_or(|ty| ty.messages.len() <= 1)
    }

    /// The file of a new type.
    pub(super) fn file(package: &str) -> String {
        if package.is_empty() { "types.graphql".to_owned() } else { format!("{package}.graphql") }
    }

    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

/// `@message(name: "bookshop.catalog.v1.Book")`
pub(super) fn message_directive(full_name: &str) -> String {
    format!("@message(name: \"{full_name}\")")
}

/// "bookshop.catalog.v1.Catalog/GetBook"
pub(super) fn path_of(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}
