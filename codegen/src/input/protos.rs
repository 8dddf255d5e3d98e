//! `.proto` files to descriptors, with the place of each name.

use std::collections::{BTreeMap, HashMap};

use miette::Diagnostic as _;
use prost_reflect::{
    DescriptorPool, EnumValueDescriptor, FieldDescriptor, MessageDescriptor, MethodDescriptor,
};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use protox::{Compiler, Error};

use super::walk::Text;
use super::{Fault, rest};
use crate::diagnostic::{FileId, Span};

/// The options that a proto may use, whether its author has our protos or not.
const OPTIONS: (&str, &str) = ("anabranch/v1/options.proto", include_str!("builtin/options.proto"));

const EDITION: &str = "editions are not supported yet: write `syntax = \"proto3\";` in its place";

/// All protos, imports included.
#[derive(Debug)]
pub(crate) struct Protos {
    pub(crate) pool: DescriptorPool,
    /// An encoded `google.protobuf.FileDescriptorSet` without comments, for the contract.
    pub(crate) descriptor_set: Vec<u8>,
    spans: HashMap<String, HashMap<Vec<i32>, Span>>,
    /// The files that were given, not those that they import from elsewhere.
    own: Vec<String>,
}

impl Protos {
    /// Whether a file was given, and is not one that comes with protobuf or with us.
    pub(crate) fn is_own(&self, file: &str) -> bool {
        self.own.iter().any(|own| own == file)
    }

    pub(crate) fn message_span(&self, message: &MessageDescriptor) -> Option<Span> {
        self.name_span(message.parent_file().name(), message.path())
    }

    pub(crate) fn field_span(&self, field: &FieldDescriptor) -> Option<Span> {
        self.name_span(field.parent_file().name(), field.path())
    }

    pub(crate) fn method_span(&self, method: &MethodDescriptor) -> Option<Span> {
        self.name_span(method.parent_file().name(), method.path())
    }

    pub(crate) fn enum_value_span(&self, value: &EnumValueDescriptor) -> Option<Span> {
        self.name_span(value.parent_file().name(), value.path())
    }

    pub(crate) fn enum_span(&self, descriptor: &prost_reflect::EnumDescriptor) -> Option<Span> {
        self.name_span(descriptor.parent_file().name(), descriptor.path())
    }

    fn name_span(&self, file: &str, path: &[i32]) -> Option<Span> {
        const NAME: i32 = 1;
        let spans = self.spans.get(file)?;
        let name = [path, &[NAME]].concat();
        spans.get(&name).or_else(|| spans.get(path)).copied()
    }
}

pub(super) fn read(texts: Vec<Text>, faults: &mut Vec<Fault>) -> Protos {
    let mut own = BTreeMap::new();
    for text in texts {
        own.insert(text.name, (text.file, text.text));
    }
    let mut texts = HashMap::new();
    for (name, (_, text)) in &own {
        let (text, errors) = rest::read(name, text);
        faults.extend(errors.iter().flat_map(|error| all_faults(error, &own)));
        texts.insert(name.clone(), text);
    }
    let files: Vec<_> =
        texts.iter().filter_map(|(name, text)| File::from_source(name, text).ok()).collect();
    let resolver = resolver(texts);
    for file in &files {
        faults.extend(missing_imports(file, &resolver, &own));
    }
    // A file that imports a broken one is broken by the same fault, which is told once.
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);
    for name in own.keys() {
        if let Err(error) = compiler.open_file(name)
            && !is_told(&error)
        {
            faults.extend(all_faults(&error, &own));
        }
    }
    let pool = compiler.descriptor_pool();
    let spans = pool.files().filter_map(|file| {
        Some((file.name().to_owned(), spans(file.file_descriptor_proto(), own.get(file.name())?)))
    });
    let spans = spans.collect();
    let descriptor_set = compiler.include_source_info(false).encode_file_descriptor_set();
    Protos { pool, descriptor_set, spans, own: own.into_keys().collect() }
}

type Own = BTreeMap<String, (FileId, String)>;

fn resolver(own: HashMap<String, String>) -> ChainFileResolver {
    let mut resolver = ChainFileResolver::new();
    resolver.add(InMemory(own));
    resolver.add(InMemory(HashMap::from([(OPTIONS.0.to_owned(), OPTIONS.1.to_owned())])));
    resolver.add(GoogleFileResolver::new());
    resolver
}

struct InMemory(HashMap<String, String>);

impl FileResolver for InMemory {
    fn open_file(&self, name: &str) -> Result<File, Error> {
        let text = self.0.get(name).ok_or_else(|| Error::file_not_found(name))?;
        File::from_source(name, text)
    }
}

/// Every import that nobody has, or that is of the file itself: the compiler stops at the first one.
fn missing_imports(file: &File, resolver: &impl FileResolver, own: &Own) -> Vec<Fault> {
    const IMPORTS: i32 = 3;
    let descriptor = file.file_descriptor_proto();
    let Some(source) = own.get(descriptor.name()) else { return Vec::new() };
    let spans = spans(descriptor, source);
    let missing = descriptor.dependency.iter().zip(0..).filter(|(import, _)| {
        let is_itself = import.as_str() == descriptor.name();
        is_itself || resolver.open_file(import).is_err_and(|error| error.is_file_not_found())
    });
    let fault = |(import, index): (&String, i32)| {
        let span = spans.get(&vec![IMPORTS, index]);
        let is_itself = import.as_str() == descriptor.name();
        let message = if is_itself {
            format!("'{import}' imports itself")
        } else {
            format!("import '{import}' not found")
        };
        let labels = span.map(|span| (*span, "imported here".to_owned())).into_iter().collect();
        let help = is_itself.then(|| "a file sees its own types without an import".to_owned());
        Fault::Proto { message, labels, help }
    };
    missing.map(fault).collect()
}

/// A file that imports itself was told with its place, which the compiler does not know.
fn is_told(error: &Error) -> bool {
    let itself = error.file().map(|name| format!(" {name} -> {name}"));
    itself.is_some_and(|itself| error.to_string().ends_with(&itself))
}

/// What the compiler says of one file: the first fault, and those that it found beside it.
fn all_faults(error: &Error, own: &Own) -> Vec<Fault> {
    let source = error.file().and_then(|name| own.get(name));
    let first: &dyn miette::Diagnostic = error;
    std::iter::once(first)
        .chain(error.related().into_iter().flatten())
        .map(|error| fault(error, source))
        .collect()
}

fn fault(error: &dyn miette::Diagnostic, source: Option<&(FileId, String)>) -> Fault {
    let file = source.map(|(file, _)| *file);
    let label = |label: miette::LabeledSpan| {
        let range = label.offset()..label.offset() + label.len();
        Some((Span::new(file?, range), label.label().unwrap_or_default().to_owned()))
    };
    let mut labels: Vec<_> = error.labels().into_iter().flatten().filter_map(label).collect();
    if labels.is_empty() {
        labels.extend(file.map(|file| (Span::new(file, 0..0), String::new())));
    }
    // An edition is a keyword where a file begins, and no mistake of spelling.
    let at_edition = labels.first().zip(source).is_some_and(|((span, _), (_, text))| {
        let rest = text.get(span.start as usize..).unwrap_or_default();
        rest.strip_prefix("edition").is_some_and(|rest| rest.trim_start().starts_with('='))
    });
    let help = if at_edition {
        Some(EDITION.to_owned())
    } else {
        error.help().map(|help| help.to_string())
    };
    Fault::Proto { message: error.to_string(), labels, help }
}

fn spans(
    file: &prost_reflect::prost_types::FileDescriptorProto,
    (id, text): &(FileId, String),
) -> HashMap<Vec<i32>, Span> {
    let lines: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(index, _)| index + 1)).collect();
    let offset = |line: i32, column: i32| {
        let line = lines.get(usize::try_from(line).ok()?)?;
        Some(line + usize::try_from(column).ok()?)
    };
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let span = |location: &prost_reflect::prost_types::source_code_info::Location| {
        let (start, end) = match *location.span {
            [line, start, end] => (offset(line, start)?, offset(line, end)?),
            [first, start, last, end] => (offset(first, start)?, offset(last, end)?),
            _ => return None,
        };
        Some((location.path.clone(), Span::new(*id, start..end)))
    };
    locations.filter_map(span).collect()
}
