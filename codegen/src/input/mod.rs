//! From text to trees with spans; the only part of code generation that reads.

use std::path::PathBuf;

use crate::diagnostic::{Files, Span};

mod allows;
mod broken;
mod described;
mod editions;
mod protos;
mod rest;
mod schema;
mod walk;

pub(crate) use editions::{Edition, Language};
pub(crate) use protos::{OPTIONS, Protos};
pub(crate) use schema::{DIRECTIVES, ENFORCED, Schema};

/// What to compile: directories and files, or texts at hand.
///
/// ```
/// let sources = anabranch_codegen::Sources::new().schema_text("schema.graphql", "type Query { hello: String }");
/// assert_eq!(anabranch_codegen::compile(&sources).diagnostics.errors(), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sources {
    proto_roots: Vec<PathBuf>,
    schemas: Vec<PathBuf>,
    proto_texts: Vec<(String, String)>,
    schema_texts: Vec<(String, String)>,
}

impl Sources {
    /// No sources yet.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Reads every `.proto` below `path`; imports are looked up from there. Where two roots hold a file of one name, the
    /// first root wins. A `path` that is a file holds the descriptors of protos, as `buf build -o` and
    /// `protoc --include_imports --descriptor_set_out` write them.
    #[must_use]
    pub fn proto_root(mut self, path: impl Into<PathBuf>) -> Sources {
        self.proto_roots.push(path.into());
        self
    }

    /// Reads a `.graphql` file, or every one below a directory.
    #[must_use]
    pub fn schema(mut self, path: impl Into<PathBuf>) -> Sources {
        self.schemas.push(path.into());
        self
    }

    /// Takes `text` as the proto file that others import as `name`.
    #[must_use]
    pub fn proto_text(mut self, name: impl Into<String>, text: impl Into<String>) -> Sources {
        self.proto_texts.push((name.into(), text.into()));
        self
    }

    /// Takes `text` as a schema file; `name` stands in diagnostics.
    #[must_use]
    pub fn schema_text(mut self, name: impl Into<String>, text: impl Into<String>) -> Sources {
        self.schema_texts.push((name.into(), text.into()));
        self
    }

    /// The same protos with no schema.
    pub(crate) fn without_schemas(&self) -> Sources {
        Sources { schemas: Vec::new(), schema_texts: Vec::new(), ..self.clone() }
    }
}

/// Everything that was read.
pub(crate) struct Input {
    pub(crate) files: Files,
    pub(crate) protos: Protos,
    pub(crate) schema: Schema,
    pub(crate) faults: Vec<Fault>,
}

/// What could not be read as it was meant.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The file system refused.
    Unreadable { path: String, reason: String },
    /// It has bytes that are no UTF-8; everything else of it was read.
    NotUtf8 { path: String, span: Span },
    /// The proto compiler refused. `language` is what the file is written in.
    Proto { message: String, labels: Vec<(Span, String)>, help: Option<String>, language: Language },
    /// The text is no GraphQL.
    SchemaSyntax { message: String, span: Option<Span> },
    /// It is GraphQL, but no valid schema.
    Schema { message: String, span: Option<Span> },
    /// A directive that is not ours.
    UnknownDirective { name: String, span: Option<Span>, known: Vec<String> },
    /// `@cache` without a scope.
    CacheWithoutScope { span: Option<Span> },
}

impl Fault {
    /// Binding what is left would only give findings that follow from this one.
    pub(crate) fn is_fatal(&self) -> bool {
        !matches!(
            self,
            Fault::NotUtf8 { .. }
                | Fault::Schema { .. }
                | Fault::UnknownDirective { .. }
                | Fault::CacheWithoutScope { .. }
        )
    }
}

pub(crate) fn read(sources: &Sources) -> Input {
    let mut files = Files::default();
    let mut faults = Vec::new();
    let schema_texts = walk::schema_texts(sources, &mut files, &mut faults);
    let is_there = !schema_texts.is_empty();
    let proto_texts = walk::proto_texts(sources, &mut files, &mut faults);
    let schema = schema::read(schema_texts, &mut faults);
    let described = described::files(sources, &mut faults);
    let protos = protos::read(proto_texts, described, &mut faults);
    if !is_there {
        no_schema(&mut faults);
    }
    Input { files, protos, schema, faults }
}

/// What a schema without files lacks is told in one sentence, and only where nothing else is wrong: it may be what did not
/// let it be read.
fn no_schema(faults: &mut Vec<Fault>) {
    faults.retain(|fault| !matches!(fault, Fault::Schema { .. }));
    if faults.is_empty() {
        let message = "there is no schema: not one `.graphql` file, in which a type `Query` says what can be asked";
        faults.push(Fault::Schema { message: message.to_owned(), span: None });
    }
}
