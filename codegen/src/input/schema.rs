//! `.graphql` files to one validated schema, with the place of each name.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use apollo_compiler::ast::{Definition, DirectiveList, Document};
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::{InputValueDefinition, Type};
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{Node, Schema as Definitions};
use apollo_parser::cst::CstNode as _;
use apollo_parser::{Parser, SyntaxKind, SyntaxNode};

use super::Fault;
use super::allows::{Allow, allows};
use super::broken::Broken;
use super::walk::Text;
use crate::diagnostic::{FileId, Span};

pub(crate) const DIRECTIVES: &str = include_str!("builtin/anabranch.graphql");
const SCALARS: &str = include_str!("builtin/scalars.graphql");
/// Directives that a runtime has to enforce, each a feature of its name.
pub(crate) const ENFORCED: [&str; 4] = ["authenticated", "requiresScopes", "cost", "listSize"];
/// Types of this prefix belong to our directives.
const OWN_PREFIX: &str = "anabranch__";
const STANDARD: [&str; 3] = ["deprecated", "specifiedBy", "oneOf"];

/// The schema, extensions folded in.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) definitions: Definitions,
    files: HashMap<apollo_compiler::parser::FileId, FileId>,
    /// The names of our own directives and of the standard ones.
    pub(crate) directives: BTreeSet<String>,
    /// The names of all directives that the schema applies, and where.
    pub(crate) used_directives: BTreeMap<String, Vec<Span>>,
    /// Comments that accept warnings.
    pub(crate) allows: Vec<Allow>,
}

impl Schema {
    /// Where a node was written; `None` for what nobody wrote.
    pub(crate) fn span(&self, location: Option<SourceSpan>) -> Option<Span> {
        let location = location?;
        let file = self.files.get(&location.file_id())?;
        Some(Span::new(*file, location.offset()..location.end_offset()))
    }

    /// Whether a type is part of our directives, or of GraphQL itself.
    pub(crate) fn is_foreign(name: &str) -> bool {
        name.starts_with(OWN_PREFIX) || name.starts_with("__")
    }
}

pub(super) fn read(texts: Vec<Text>, faults: &mut Vec<Fault>) -> Schema {
    let builtin = parse_builtin(DIRECTIVES, "anabranch.graphql");
    let own: BTreeSet<String> = builtin.definitions.iter().filter_map(directive_name).collect();
    let mut schema = Schema {
        definitions: Definitions::new(),
        files: HashMap::new(),
        used_directives: BTreeMap::new(),
        allows: Vec::new(),
        directives: own.iter().cloned().chain(STANDARD.map(str::to_owned)).collect(),
    };
    let (mut documents, mut sources) = (Vec::new(), HashMap::new());
    for text in texts {
        let file = text.file;
        let source = text.text.clone();
        sources.insert(file, source.clone());
        let document = parse(&mut schema, file, text, faults);
        let allows: Vec<Allow> = allows(&schema, file, &source, &document).collect();
        schema.allows.extend(allows);
        documents.push(document);
    }
    for document in &mut documents {
        document.definitions.retain(|definition| !is_ours(definition, &own));
    }
    schema.used_directives = unknown_directives(&schema, &documents, faults);
    let broken = Broken::of(faults, &sources);
    let mut builder = Definitions::builder().ignore_builtin_redefinitions().add_ast(&builtin);
    for document in &documents {
        builder = builder.add_ast(document);
    }
    builder = builder.add_ast(&missing_scalars(&documents));
    let mut found = Vec::new();
    let built = builder.build().unwrap_or_else(|with_errors| {
        schema_faults(&schema, &with_errors.errors, &mut found);
        with_errors.partial
    });
    let definitions = match built.validate() {
        Ok(valid) => valid.into_inner(),
        Err(with_errors) => {
            schema_faults(&schema, &with_errors.errors, &mut found);
            with_errors.partial
        }
    };
    found.retain(|fault| broken.is_sure(fault, &sources));
    faults.append(&mut found);
    // Half a schema is bound to nothing: its holes would look like faults.
    if broken.from.is_empty() {
        schema.definitions = definitions;
    }
    schema
}

fn parse_builtin(text: &str, path: &str) -> Document {
    Document::parse(text, path).unwrap_or_else(|with_errors| with_errors.partial)
}

fn parse(schema: &mut Schema, file: FileId, text: Text, faults: &mut Vec<Fault>) -> Document {
    for (name, place) in without_value(&text.text) {
        let message = format!("syntax error: expected `:` and a value behind the name `{name}`");
        faults.push(Fault::SchemaSyntax { message, span: Some(Span::new(file, place)) });
    }
    for (name, place) in input_fields_twice(&text.text) {
        let message = format!("there can be only one input field named `{name}`");
        faults.push(Fault::Schema { message, span: Some(Span::new(file, place)) });
    }
    let (document, errors) = match Document::parse(text.text, text.path) {
        Ok(document) => (document, None),
        Err(with_errors) => (with_errors.partial, Some(with_errors.errors)),
    };
    schema.files.extend(document.sources.keys().map(|id| (*id, file)));
    for error in errors.iter().flat_map(DiagnosticList::iter) {
        let span = schema.span(error.error.location());
        faults.push(Fault::SchemaSyntax { message: first_line(&error.error.to_string()), span });
    }
    document
}

/// The fields that an object value has already: the validator looks only into values whose type has fields.
fn input_fields_twice(text: &str) -> Vec<(String, Range<usize>)> {
    let tree = Parser::new(text).parse().document();
    let objects = tree.syntax().descendants();
    let mut twice = Vec::new();
    for object in objects.filter(|node| node.kind() == SyntaxKind::OBJECT_VALUE) {
        let mut names = BTreeSet::new();
        for field in object.children().filter(|node| node.kind() == SyntaxKind::OBJECT_FIELD) {
            let Some(token) = field.first_token() else { continue };
            if !names.insert(token.text().to_owned()) {
                twice.push((token.text().to_owned(), token.text_range().into()));
            }
        }
    }
    twice
}

/// The arguments and input fields without a value, as in `@mock(value)`: the name of each, and where it stands. The parser
/// lets them have none, and then they are nowhere in its document.
fn without_value(text: &str) -> Vec<(String, Range<usize>)> {
    let tree = Parser::new(text).parse().document();
    let nodes = tree.syntax().descendants();
    let named =
        nodes.filter(|node| matches!(node.kind(), SyntaxKind::ARGUMENT | SyntaxKind::OBJECT_FIELD));
    let bare = named
        .filter(|node| node.children_with_tokens().all(|part| part.kind() != SyntaxKind::COLON));
    let name = |node: SyntaxNode| {
        let token = node.first_token()?;
        Some((token.text().to_owned(), token.text_range().into()))
    };
    bare.filter_map(name).collect()
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

fn schema_faults(schema: &Schema, errors: &DiagnosticList, faults: &mut Vec<Fault>) {
    for error in errors.iter() {
        let span = schema.span(error.error.location());
        let message = first_line(&error.error.to_string());
        match error.error.unstable_error_name() {
            // Told apart with better words by `unknown_directives`.
            Some("UndefinedDirective") => {}
            Some("RequiredArgument")
                if message.contains("`@cache(scope:)`") || message.contains("`scope:`") =>
            {
                faults.push(Fault::CacheWithoutScope { span });
            }
            _ => faults.push(Fault::Schema { message, span }),
        }
    }
}

fn directive_name(definition: &Definition) -> Option<String> {
    definition.as_directive_definition().map(|directive| directive.name.to_string())
}

/// A copy of our directives in a user's folder helps an editor; ours count.
fn is_ours(definition: &Definition, own: &BTreeSet<String>) -> bool {
    let of_our_types = definition.name().is_some_and(|name| name.starts_with(OWN_PREFIX));
    of_our_types || directive_name(definition).is_some_and(|name| own.contains(&name))
}

/// Refuses directives that are not ours; gives the names and places of all that are applied.
fn unknown_directives(
    schema: &Schema,
    documents: &[Document],
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, Vec<Span>> {
    let mut used: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    let known: Vec<String> = schema.directives.iter().cloned().collect();
    let unknown = |name: String, span| Fault::UnknownDirective { name, span, known: known.clone() };
    for definition in documents.iter().flat_map(|document| &document.definitions) {
        if let Some(directive) = definition.as_directive_definition() {
            let span = schema.span(directive.name.location());
            faults.push(unknown(directive.name.to_string(), span));
        }
        each_directive_list(definition, &mut |directives| {
            for directive in directives.iter() {
                let span = schema.span(directive.location());
                used.entry(directive.name.to_string()).or_default().extend(span);
                if !schema.directives.contains(directive.name.as_str()) {
                    faults.push(unknown(directive.name.to_string(), span));
                }
            }
        });
    }
    used
}

fn each_directive_list(definition: &Definition, visit: &mut impl FnMut(&DirectiveList)) {
    visit(definition.directives());
    for field in fields(definition) {
        visit(&field.directives);
        field.arguments.iter().for_each(|argument| visit(&argument.directives));
    }
    input_fields(definition).iter().for_each(|field| visit(&field.directives));
    let values = match definition {
        Definition::EnumTypeDefinition(definition) => definition.values.as_slice(),
        Definition::EnumTypeExtension(definition) => definition.values.as_slice(),
        _ => &[],
    };
    values.iter().for_each(|value| visit(&value.directives));
}

pub(super) fn fields(definition: &Definition) -> &[Node<apollo_compiler::ast::FieldDefinition>] {
    match definition {
        Definition::ObjectTypeDefinition(definition) => &definition.fields,
        Definition::ObjectTypeExtension(definition) => &definition.fields,
        Definition::InterfaceTypeDefinition(definition) => &definition.fields,
        Definition::InterfaceTypeExtension(definition) => &definition.fields,
        _ => &[],
    }
}

pub(super) fn input_fields(definition: &Definition) -> &[Node<InputValueDefinition>] {
    match definition {
        Definition::InputObjectTypeDefinition(definition) => &definition.fields,
        Definition::InputObjectTypeExtension(definition) => &definition.fields,
        _ => &[],
    }
}

/// Well-known scalars need no declaration: those that are used and not declared.
fn missing_scalars(documents: &[Document]) -> Document {
    let mut used = BTreeSet::new();
    let mut declared = BTreeSet::new();
    let mut note = |ty: &Type| {
        used.insert(ty.inner_named_type().to_string());
    };
    for definition in documents.iter().flat_map(|document| &document.definitions) {
        for field in fields(definition) {
            note(&field.ty);
            field.arguments.iter().for_each(|argument| note(&argument.ty));
        }
        input_fields(definition).iter().for_each(|field| note(&field.ty));
        if !definition.is_extension_definition() {
            declared.extend(definition.name().map(ToString::to_string));
        }
    }
    let mut scalars = parse_builtin(SCALARS, "scalars.graphql");
    scalars.definitions.retain(|definition| {
        definition
            .name()
            .is_some_and(|name| used.contains(name.as_str()) && !declared.contains(name.as_str()))
    });
    scalars
}
