//! `.proto` files to descriptors, with the place of each name.

use std::collections::{BTreeMap, HashMap};

use miette::Diagnostic as _;
use prost::Message as _;
use prost_reflect::prost_types::FileDescriptorSet;
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, EnumDescriptor, EnumValueDescriptor,
    FieldDescriptor, MessageDescriptor, MethodDescriptor, OneofDescriptor, ReflectMessage as _,
    Syntax, Value,
};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use protox::{Compiler, Error};

use super::described::Described;
use super::editions::{
    AsProto2, ClosedEnums, Edition, Inserted, Language, Lowered, Refused, as_proto2, closed_enums,
    is_proto3, lower, refused,
};
use super::walk::Text;
use super::{Fault, rest};
use crate::diagnostic::{FileId, Span};

/// The options that a proto may use, whether its author has our protos or not.
pub(crate) const OPTIONS: (&str, &str) =
    ("anabranch/v1/options.proto", include_str!("builtin/options.proto"));

const EDITION: &str = "the editions that are read are \"2023\" and \"2024\"";

/// Of each file where what stands, by its path in the descriptor.
type Spans = HashMap<String, HashMap<Vec<i32>, Span>>;

/// All protos, imports included.
#[derive(Debug)]
pub(crate) struct Protos {
    pub(crate) pool: DescriptorPool,
    /// An encoded `google.protobuf.FileDescriptorSet` without comments, for the contract.
    pub(crate) descriptor_set: Vec<u8>,
    spans: Spans,
    /// The files that were given, not those that they import from elsewhere.
    own: Vec<String>,
    /// What the descriptors of editions do not show.
    lowered: Lowered,
}

impl Protos {
    /// Whether a file was given, and is not one that comes with protobuf or with us.
    pub(crate) fn is_own(&self, file: &str) -> bool {
        self.own.iter().any(|own| own == file)
    }

    /// Whether an enum may have other numbers than it declares.
    pub(crate) fn is_open(&self, descriptor: &EnumDescriptor) -> bool {
        descriptor.parent_file().syntax() == Syntax::Proto3
            || self.lowered.open_enums.iter().any(|name| name == descriptor.full_name())
    }

    /// Whether a service refuses a message without this field.
    pub(crate) fn is_required(&self, field: &FieldDescriptor) -> bool {
        field.cardinality() == Cardinality::Required
            || self.lowered.required.iter().any(|name| name == field.full_name())
    }

    pub(crate) fn message_span(&self, message: &MessageDescriptor) -> Option<Span> {
        self.name_span(message.parent_file().name(), message.path())
    }

    pub(crate) fn field_span(&self, field: &FieldDescriptor) -> Option<Span> {
        self.name_span(field.parent_file().name(), field.path())
    }

    pub(crate) fn oneof_span(&self, oneof: &OneofDescriptor) -> Option<Span> {
        self.name_span(oneof.parent_message().parent_file().name(), oneof.path())
    }

    pub(crate) fn method_span(&self, method: &MethodDescriptor) -> Option<Span> {
        self.name_span(method.parent_file().name(), method.path())
    }

    pub(crate) fn enum_value_span(&self, value: &EnumValueDescriptor) -> Option<Span> {
        self.name_span(value.parent_file().name(), value.path())
    }

    pub(crate) fn enum_span(&self, descriptor: &EnumDescriptor) -> Option<Span> {
        self.name_span(descriptor.parent_file().name(), descriptor.path())
    }

    fn name_span(&self, file: &str, path: &[i32]) -> Option<Span> {
        name_span(&self.spans, file, path)
    }
}

fn name_span(spans: &Spans, file: &str, path: &[i32]) -> Option<Span> {
    const NAME: i32 = 1;
    let spans = spans.get(file)?;
    let name = [path, &[NAME]].concat();
    spans.get(&name).or_else(|| spans.get(path)).copied()
}

pub(super) fn read(texts: Vec<Text>, described: Described, faults: &mut Vec<Fault>) -> Protos {
    let mut own: Own = BTreeMap::new();
    for text in texts {
        own.insert(text.name.clone(), Source::of(text, faults));
    }
    let mut texts = HashMap::new();
    for (name, source) in &own {
        let (text, errors) = rest::read(name, &source.text);
        faults.extend(errors.iter().flat_map(|error| all_faults(error, &own)));
        texts.insert(name.clone(), text);
    }
    let Described { files: mut encoded, mut lowered } = described;
    encoded.retain(|name, _| !own.contains_key(name));
    let names: Vec<String> = own.keys().chain(encoded.keys()).cloned().collect();
    let files: Vec<_> =
        texts.iter().filter_map(|(name, text)| File::from_source(name, text).ok()).collect();
    let resolver = resolver(texts, encoded);
    for file in &files {
        faults.extend(missing_imports(file, &resolver, &own));
    }
    // A file that imports a broken one is broken by the same fault, which is told once.
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);
    for name in &names {
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
    let spans: Spans = spans.collect();
    faults.extend(refused_by_protoc(&pool.encode_to_vec(), &own, &spans, &lowered));
    let mut descriptor_set = compiler.include_source_info(false).encode_file_descriptor_set();
    let mut pool = pool;
    if own.values().any(|source| source.edition().is_some()) {
        let (set, more) = lower_all(&pool.encode_to_vec(), &own, faults);
        lowered.extend(more);
        match DescriptorPool::decode(&*set) {
            Ok(lowered) => pool = lowered,
            Err(_) if faults.iter().any(Fault::is_fatal) => {}
            Err(error) => {
                faults.push(Fault::Proto {
                    message: error.to_string(),
                    labels: vec![],
                    help: None,
                    language: Language::Proto3,
                });
            }
        }
        (descriptor_set, _) = lower_all(&descriptor_set, &own, &mut Vec::new());
    }
    Protos { pool, descriptor_set, spans, own: names, lowered }
}

/// The text of one file, as the compiler of protos reads it.
struct Source {
    file: FileId,
    text: String,
    inserted: Inserted,
    language: Language,
}

impl Source {
    fn of(text: Text, faults: &mut Vec<Fault>) -> Source {
        let Text { file, text, .. } = text;
        match as_proto2(&text) {
            Some(AsProto2 { edition, text, inserted, refused }) => {
                let language = Language::Edition(edition);
                faults.extend(refused.into_iter().map(|(place, message, help)| Fault::Proto {
                    message: message.to_owned(),
                    labels: vec![(Span::new(file, place), String::new())],
                    help: Some(help.to_owned()),
                    language,
                }));
                Source { file, text, inserted, language }
            }
            None => {
                let language = if is_proto3(&text) { Language::Proto3 } else { Language::Proto2 };
                Source { file, text, inserted: Inserted::default(), language }
            }
        }
    }

    fn edition(&self) -> Option<Edition> {
        match self.language {
            Language::Edition(edition) => Some(edition),
            _ => None,
        }
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.file, self.inserted.source(range.start)..self.inserted.source(range.end))
    }
}

type Own = BTreeMap<String, Source>;

fn decode(set: &[u8]) -> DynamicMessage {
    let kind = FileDescriptorSet::default().descriptor();
    DynamicMessage::decode(kind, set).expect("the compiler writes descriptors")
}

/// What is wrong with the files that were given as text, though the compiler takes it.
fn refused_by_protoc(set: &[u8], own: &Own, spans: &Spans, lowered: &Lowered) -> Vec<Fault> {
    let set = decode(set);
    let files = set.get_field_by_name("file");
    let files: Vec<&DynamicMessage> = files
        .iter()
        .flat_map(|files| files.as_list().unwrap_or_default())
        .filter_map(Value::as_message)
        .collect();
    let text = |file: &DynamicMessage, name: &str| {
        let text = file.get_field_by_name(name);
        text.and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let language = |file: &DynamicMessage| match own.get(&text(file, "name")) {
        Some(source) => source.language,
        None if text(file, "syntax") == "proto3" => Language::Proto3,
        None => Language::Proto2,
    };
    let mut closed = ClosedEnums::new();
    for file in &files {
        closed.extend(closed_enums(file, language(file)));
    }
    closed.retain(|name, _| !lowered.open_enums.iter().any(|open| name[1..] == **open));
    let mut faults = Vec::new();
    for file in files {
        let name = text(file, "name");
        let Some(source) = own.get(&name) else { continue };
        for Refused { path, message, help } in refused(file, source.language, &closed) {
            let span = name_span(spans, &name, &path).unwrap_or_else(|| source.span(0..0));
            let labels = vec![(span, String::new())];
            let language = source.language;
            faults.push(Fault::Proto { message, labels, help: Some(help), language });
        }
    }
    faults
}

/// Gives the files of editions what their features say, in a google.protobuf.FileDescriptorSet.
fn lower_all(set: &[u8], own: &Own, faults: &mut Vec<Fault>) -> (Vec<u8>, Lowered) {
    let mut set = decode(set);
    let mut all = Lowered::default();
    let files = set.get_field_by_name_mut("file").and_then(Value::as_list_mut);
    for file in files.into_iter().flatten().filter_map(Value::as_message_mut) {
        let name = file.get_field_by_name("name").and_then(|name| name.as_str().map(str::to_owned));
        let source = name.and_then(|name| own.get(&name));
        let Some((source, edition)) = source.and_then(|it| Some((it, it.edition()?))) else {
            continue;
        };
        match lower(file, edition) {
            Ok(lowered) => all.extend(lowered),
            Err(message) => {
                let labels = vec![(source.span(0..0), String::new())];
                let language = source.language;
                faults.push(Fault::Proto { message, labels, help: None, language });
            }
        }
    }
    (set.encode_to_vec(), all)
}

fn resolver(own: HashMap<String, String>, described: BTreeMap<String, File>) -> ChainFileResolver {
    let mut resolver = ChainFileResolver::new();
    resolver.add(InMemory(own));
    resolver.add(Encoded(described));
    resolver.add(InMemory(HashMap::from([(OPTIONS.0.to_owned(), OPTIONS.1.to_owned())])));
    resolver.add(GoogleFileResolver::new());
    resolver
}

struct Encoded(BTreeMap<String, File>);

impl FileResolver for Encoded {
    fn open_file(&self, name: &str) -> Result<File, Error> {
        self.0.get(name).cloned().ok_or_else(|| Error::file_not_found(name))
    }
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
        Fault::Proto { message, labels, help, language: source.language }
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

fn fault(error: &dyn miette::Diagnostic, source: Option<&Source>) -> Fault {
    let label = |label: miette::LabeledSpan| {
        let range = label.offset()..label.offset() + label.len();
        Some((source?.span(range), label.label().unwrap_or_default().to_owned()))
    };
    let mut labels: Vec<_> = error.labels().into_iter().flatten().filter_map(label).collect();
    if labels.is_empty() {
        labels.extend(source.map(|source| (source.span(0..0), String::new())));
    }
    // An edition is a keyword where a file begins, and no mistake of spelling.
    let at_edition = labels.first().zip(source).is_some_and(|((span, _), source)| {
        let rest = source.text.get(span.start as usize..).unwrap_or_default();
        rest.strip_prefix("edition").is_some_and(|rest| rest.trim_start().starts_with('='))
    });
    let help = if at_edition {
        Some(EDITION.to_owned())
    } else {
        error.help().map(|help| help.to_string())
    };
    let language = source.map_or(Language::Proto3, |source| source.language);
    Fault::Proto { message: error.to_string(), labels, help, language }
}

fn spans(
    file: &prost_reflect::prost_types::FileDescriptorProto,
    source: &Source,
) -> HashMap<Vec<i32>, Span> {
    let text = &source.text;
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
        Some((location.path.clone(), source.span(start..end)))
    };
    locations.filter_map(span).collect()
}
