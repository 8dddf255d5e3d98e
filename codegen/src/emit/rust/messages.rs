//! Messages, by prost-build, as nested modules.

use std::collections::{BTreeMap, HashSet};

use prost::Message as _;
use prost_build::Module;
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, SourceCodeInfo,
    field_descriptor_proto::{Label, Type},
};

use super::{
    Input,
    names::{comment, ident, snake, upper_camel, variant},
    services::Services,
};

/// What functions of the program take and give, in a contract and in Rust: a module called as our crate would hide it.
const RESOLVED: (&str, &str) = ("anabranch.resolved.v1", "resolved");
/// Packages without Rust: our options, and what nobody has yet.
const LEFT_OUT: [&str; 2] = ["anabranch.v1", "anabranch.promised.v1"];
const PROST: &str = "::anabranch::foreign::prost";
const PROST_TYPES: &str = "::anabranch::foreign::prost_types";

/// All files that Rust is made of, with comments, and with names that Rust can have where only their owner is renamed.
pub(super) fn files(input: &Input<'_>) -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(input.contract.descriptor_set.as_slice())
        .expect("a finished contract has a descriptor set");
    let mut files = set.file;
    files.retain(|file| !LEFT_OUT.contains(&file.package()));
    for file in &mut files {
        file.source_code_info = comments(input, file.name());
        if file.package() == RESOLVED.0 {
            file.package = Some(RESOLVED.1.to_owned());
            file.message_type.iter_mut().for_each(move_resolved);
        }
        // protobuf's own default for a file that says nothing.
        let proto2 = file.syntax() != "proto3";
        file.message_type.iter_mut().for_each(|message| tidy_message(message, proto2));
        file.enum_type.iter_mut().for_each(tidy_enum);
    }
    files
}

fn comments(input: &Input<'_>, file: &str) -> Option<SourceCodeInfo> {
    let read = input.protos.get_file_by_name(file)?;
    let mut info = read.file_descriptor_proto().source_code_info.clone()?;
    for location in &mut info.location {
        let comments = [&mut location.leading_comments, &mut location.trailing_comments];
        for text in comments.into_iter().flatten() {
            *text = comment(text);
        }
        location.leading_detached_comments.clear();
    }
    Some(info)
}

/// Whether Rust for this package is in prost-types, not here.
pub(super) fn is_foreign(package: &str) -> bool {
    package == "google.protobuf"
}

/// The name that a message of a contract has in [`files`].
pub(super) fn moved(name: &str) -> String {
    match name.strip_prefix(RESOLVED.0) {
        Some(rest) if rest.starts_with('.') => format!("{}{rest}", RESOLVED.1),
        _ => name.to_owned(),
    }
}

fn move_resolved(message: &mut DescriptorProto) {
    for field in &mut message.field {
        if let Some(name) = field.type_name.as_deref().and_then(|name| name.strip_prefix('.')) {
            field.type_name = Some(format!(".{}", moved(name)));
        }
    }
    message.nested_type.iter_mut().for_each(move_resolved);
}

/// Gives fields names of their own where Rust would have none or one for two, such as `_`.
fn tidy_message(message: &mut DescriptorProto, proto2: bool) {
    let real: HashSet<i32> = message.field.iter().filter_map(oneof_of).collect();
    let oneofs = (0..).zip(&message.oneof_decl).filter(|(index, _)| real.contains(index));
    let mut used: HashSet<(Option<i32>, String)> =
        oneofs.map(|(_, oneof)| (None, snake(oneof.name()))).collect();
    let mut methods = HashSet::new();
    for field in &mut message.field {
        let mut name = field.name().to_owned();
        loop {
            let accessors = accessors(field, &name, &message.nested_type, proto2);
            let free = accessors.iter().all(|accessor| !methods.contains(accessor));
            // An accessor's name is made of the field's: `get_r#type` is none.
            let spelled = accessors.iter().all(|accessor| !accessor.contains("_r#"));
            if free && spelled && claim(&mut used, field, &name) {
                methods.extend(accessors);
                break;
            }
            name = format!("{name}_field_{}", field.number()).trim_start_matches('_').to_owned();
        }
        field.name = Some(name);
    }
    message.nested_type.iter_mut().for_each(|nested| tidy_message(nested, proto2));
    message.enum_type.iter_mut().for_each(tidy_enum);
}

fn claim(
    used: &mut HashSet<(Option<i32>, String)>,
    field: &FieldDescriptorProto,
    name: &str,
) -> bool {
    let oneof = oneof_of(field);
    let rust = if oneof.is_some() { upper_camel(name) } else { snake(name) };
    !rust.is_empty() && used.insert((oneof, rust))
}

/// The methods that prost's derive gives a message for a field of this name. They share one space with those of all other
/// fields: `set_foo` writes the enum `foo`, and reads the enum `set_foo`.
fn accessors(
    field: &FieldDescriptorProto,
    name: &str,
    nested: &[DescriptorProto],
    proto2: bool,
) -> Vec<String> {
    let rust = snake(name);
    let plain = rust.trim_start_matches("r#").to_owned();
    if oneof_of(field).is_some() {
        return Vec::new();
    }
    if map_of_enums(field, nested) {
        return vec![format!("get_{rust}"), format!("insert_{rust}")];
    }
    let is_optional = field.proto3_optional() || (proto2 && field.label() == Label::Optional);
    match (field.r#type(), field.label()) {
        (Type::Enum, Label::Repeated) => vec![format!("push_{plain}"), plain],
        (Type::Enum, _) => vec![format!("set_{plain}"), plain],
        (Type::Message | Type::Group, _) => Vec::new(),
        _ if is_optional => vec![plain],
        _ => Vec::new(),
    }
}

fn map_of_enums(field: &FieldDescriptorProto, nested: &[DescriptorProto]) -> bool {
    const VALUE: i32 = 2;
    let name = field.type_name().rsplit('.').next().unwrap_or_default();
    field.r#type() == Type::Message
        && field.label() == Label::Repeated
        && nested.iter().any(|entry| {
            let is_enum = |field: &FieldDescriptorProto| {
                field.number() == VALUE && field.r#type() == Type::Enum
            };
            entry.name() == name && is_map_entry(entry) && entry.field.iter().any(is_enum)
        })
}

pub(super) fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

/// The oneof of a field that is one in Rust too: `optional` is written as a oneof of one.
fn oneof_of(field: &FieldDescriptorProto) -> Option<i32> {
    field.oneof_index.filter(|_| !field.proto3_optional())
}

fn tidy_enum(enumeration: &mut EnumDescriptorProto) {
    let (mut names, mut numbers) = (HashSet::new(), HashSet::new());
    let enum_name = enumeration.name.clone().unwrap_or_default();
    for value in &mut enumeration.value {
        // Of two values with one number only the first is in Rust.
        if !numbers.insert(value.number()) {
            continue;
        }
        let mut name = value.name().to_owned();
        loop {
            let rust = variant(&enum_name, &name);
            if !rust.is_empty() && names.insert(rust) {
                break;
            }
            name = format!("{name}_value_{}", value.number()).replace('-', "minus_");
        }
        value.name = Some(name);
    }
}

/// A module for each package, with messages, clients and server stubs.
pub(super) fn packages(input: &Input<'_>, mut files: Vec<FileDescriptorProto>) -> Vec<syn::Item> {
    files.iter_mut().for_each(drop_parents);
    let names: BTreeMap<Vec<String>, String> = files
        .iter()
        .map(|file| (module(file).parts().map(str::to_owned).collect(), file.package().to_owned()))
        .collect();
    let requests = files.into_iter().map(|file| (module(&file), file)).collect();
    let mut config = prost_build::Config::new();
    config
        .format(false)
        .prost_path(PROST)
        .prost_types_path(PROST_TYPES)
        .service_generator(Box::new(Services::new(input)));
    let generated = config.generate(requests).expect("the paths of prost are given once");
    let mut root = Package::default();
    for (module, text) in generated {
        let path: Vec<String> = module.parts().map(str::to_owned).collect();
        let file = syn::parse_file(&text).expect("prost-build writes Rust");
        let package = path
            .iter()
            .fold(&mut root, |package, part| package.inner.entry(part.clone()).or_default());
        package.items = file.items;
        package.name = names.get(&path).cloned();
    }
    root.into_items()
}

/// Functions see their parents as borrowed views, and arguments only where there are some.
fn drop_parents(file: &mut FileDescriptorProto) {
    if file.package() == RESOLVED.1 {
        for function in &mut file.message_type {
            function.nested_type.retain(|message| match message.name() {
                "Parent" => false,
                "Arguments" => !message.field.is_empty(),
                _ => true,
            });
        }
    }
}

fn module(file: &FileDescriptorProto) -> Module {
    Module::from_protobuf_package_name(file.package())
}

#[derive(Default)]
struct Package {
    /// The name in protobuf, where the package has items.
    name: Option<String>,
    items: Vec<syn::Item>,
    inner: BTreeMap<String, Package>,
}

impl Package {
    fn into_items(self) -> Vec<syn::Item> {
        let mut items = self.items;
        for (name, package) in self.inner {
            let doc = match package.name.as_deref() {
                Some(name) if name == RESOLVED.1 => "What resolvers take and give.".to_owned(),
                Some(name) => format!("Package `{name}`."),
                None => format!("Packages below `{name}`."),
            };
            let (name, inner) = (ident(&name), package.into_items());
            let doc = format!(" {doc}");
            items.push(syn::parse_quote! {
                #[doc = #doc]
                pub mod #name { #(#inner)* }
            });
        }
        items
    }
}
