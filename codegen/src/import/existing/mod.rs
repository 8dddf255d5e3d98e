//! The schema that is there: its names, and where each type has room for more.

use std::collections::BTreeMap;

use apollo_compiler::ast::{
    Definition, DirectiveList, Document, FieldDefinition, NamedType, OperationType,
};
use apollo_compiler::{Name, Node};

use super::sdl::Kind;

mod place;

pub(super) use place::Place;

/// What the files of a schema define.
#[derive(Default)]
pub(super) struct Existing {
    pub(super) types: BTreeMap<String, ExistingType>,
    /// All names, scalars and interfaces too.
    pub(super) names: Vec<String>,
    /// Where `schema { … }` lists the root types. A type that it does not list is none, whatever its name.
    pub(super) schema: Option<Place>,
    /// The root types that it lists.
    pub(super) query: Option<String>,
    pub(super) mutation: Option<String>,
    pub(super) subscription: Option<String>,
    /// All the text, for what only a comment or a directive mentions.
    text: String,
}

/// One type, extensions folded in.
pub(super) struct ExistingType {
    pub(super) kind: Kind,
    /// What `@message` lists.
    pub(super) messages: Vec<String>,
    pub(super) has_load: bool,
    pub(super) members: Vec<ExistingMember>,
    /// `None` where it has no braces, or no members.
    pub(super) place: Option<Place>,
    /// Its source, comments included.
    source: String,
}

/// A field, an enum value or a member of a union.
pub(super) struct ExistingMember {
    pub(super) name: String,
    /// The path of `@from`.
    pub(super) from: Option<String>,
    pub(super) has_call: bool,
    /// The named type, for fields.
    pub(super) named: Option<String>,
}

impl Existing {
    /// Whether a directive, or a comment, speaks of this method.
    pub(super) fn mentions_method(&self, path: &str) -> bool {
        has_word(&self.text, path)
    }
}

impl ExistingType {
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    /// Whether somebody has written the name in a comment, so that it is not added again.
    pub(super) fn is_left_out(&self, name: &str) -> bool {
        let comments = self.source.lines().filter_map(|line| line.trim_start().strip_prefix('#'));
        comments.map(|comment| comment.trim_start_matches(['#', ' ', '`', '|'])).any(|comment| {
            comment.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_letter))
        })
    }

    /// Whether a directive of the type reads this field of the parent.
    pub(super) fn reads(&self, proto_name: &str) -> bool {
        has_word(&self.source, &format!("$parent.{proto_name}"))
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, found)| {
        !text[start + found.len()..].starts_with(is_letter) && !text[..start].ends_with(is_letter)
    })
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Reads what parses; the caller has refused what does not.
pub(super) fn read(files: &[(String, String)]) -> Existing {
    let mut existing = Existing::default();
    for (index, (path, text)) in files.iter().enumerate() {
        let document = match Document::parse(text.as_str(), path) {
            Ok(document) => document,
            Err(with_errors) => with_errors.partial,
        };
        for definition in &document.definitions {
            existing.add(definition, index, text);
        }
        existing.text.push_str(text);
        existing.text.push('\n');
    }
    existing
}

impl Existing {
    fn add(&mut self, definition: &Definition, file: usize, text: &str) {
        match definition {
            Definition::SchemaDefinition(schema) => {
                let (start, _) = place::range(definition, text);
                self.schema = place::body(text, start).map(|body| Place { file, body });
                self.list(&schema.root_operations);
            }
            Definition::SchemaExtension(schema) => self.list(&schema.root_operations),
            _ => {}
        }
        let Some(name) = definition.name().map(Name::to_string) else { return };
        if !matches!(definition, Definition::DirectiveDefinition(_)) {
            self.names.push(name.clone());
        }
        let Some((kind, members)) = members(definition) else { return };
        let (start, end) = place::range(definition, text);
        let found = self.types.entry(name).or_insert_with(|| ExistingType {
            kind,
            messages: Vec::new(),
            has_load: false,
            members: Vec::new(),
            place: None,
            source: String::new(),
        });
        found.members.extend(members);
        found.messages.extend(texts(definition.directives(), "message", "name"));
        found.has_load |= definition.directives().has("load");
        found.source.push_str(&text[start..end]);
        found.source.push('\n');
        let mut body = place::body(text, start);
        if kind == Kind::Union {
            body = place::behind_members(definition);
            let end = body.as_ref().map_or(end, |body| body.end);
            found.source.push_str(place::comments_behind(text, end));
        }
        if !definition.is_extension_definition() || found.place.is_none() {
            found.place = body.map(|body| Place { file, body });
        }
    }
}

impl Existing {
    fn list(&mut self, roots: &[Node<(OperationType, NamedType)>]) {
        for root in roots {
            let listed = match root.0 {
                OperationType::Query => &mut self.query,
                OperationType::Mutation => &mut self.mutation,
                OperationType::Subscription => &mut self.subscription,
            };
            *listed = Some(root.1.to_string());
        }
    }
}

fn members(definition: &Definition) -> Option<(Kind, Vec<ExistingMember>)> {
    let plain = |name: &Name, directives: &DirectiveList| ExistingMember {
        name: name.to_string(),
        from: texts(directives, "from", "path").next(),
        has_call: directives.has("rpc") || directives.has("resolve"),
        named: None,
    };
    let field = |field: &Node<FieldDefinition>| ExistingMember {
        named: Some(field.ty.inner_named_type().to_string()),
        ..plain(&field.name, &field.directives)
    };
    Some(match definition {
        Definition::ObjectTypeDefinition(object) => {
            (Kind::Object, object.fields.iter().map(field).collect())
        }
        Definition::ObjectTypeExtension(object) => {
            (Kind::Object, object.fields.iter().map(field).collect())
        }
        Definition::InputObjectTypeDefinition(input) => (
            Kind::Input,
            input.fields.iter().map(|field| plain(&field.name, &field.directives)).collect(),
        ),
        Definition::InputObjectTypeExtension(input) => (
            Kind::Input,
            input.fields.iter().map(|field| plain(&field.name, &field.directives)).collect(),
        ),
        Definition::EnumTypeDefinition(values) => (
            Kind::Enum,
            values.values.iter().map(|value| plain(&value.value, &value.directives)).collect(),
        ),
        Definition::EnumTypeExtension(values) => (
            Kind::Enum,
            values.values.iter().map(|value| plain(&value.value, &value.directives)).collect(),
        ),
        Definition::UnionTypeDefinition(union) => (
            Kind::Union,
            union.members.iter().map(|member| plain(member, &DirectiveList::new())).collect(),
        ),
        Definition::UnionTypeExtension(union) => (
            Kind::Union,
            union.members.iter().map(|member| plain(member, &DirectiveList::new())).collect(),
        ),
        _ => return None,
    })
}

fn texts<'a>(
    directives: &'a DirectiveList,
    name: &'a str,
    argument: &'a str,
) -> impl Iterator<Item = String> + 'a {
    directives.get_all(name).filter_map(move |directive| {
        let argument = directive.arguments.iter().find(|given| given.name == argument)?;
        argument.value.as_str().map(str::to_owned)
    })
}
