//! Files of descriptors, in place of the protos that they describe.

use std::collections::BTreeMap;
use std::path::Path;

use prost::Message as _;
use prost_reflect::prost_types::FileDescriptorSet;
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use protox::file::File;

use super::editions::{Edition, Lowered, lower};
use super::protos::OPTIONS;
use super::walk::{shown, unreadable};
use super::{Fault, Sources};

/// Protos that came as descriptors.
#[derive(Default)]
pub(super) struct Described {
    /// By the name by which others import them.
    pub(super) files: BTreeMap<String, File>,
    /// What those of editions do not show any more.
    pub(super) lowered: Lowered,
}

/// All proto roots that are files.
pub(super) fn files(sources: &Sources, faults: &mut Vec<Fault>) -> Described {
    let mut described = Described::default();
    for path in sources.proto_roots.iter().filter(|root| root.is_file()) {
        match std::fs::read(path) {
            Ok(bytes) => add(&mut described, path, &bytes, faults),
            Err(error) => faults.push(unreadable(path, &error)),
        }
    }
    described
}

fn add(described: &mut Described, path: &Path, bytes: &[u8], faults: &mut Vec<Fault>) {
    let mut refuse = |reason: String| faults.push(Fault::Unreadable { path: shown(path), reason });
    let set = DynamicMessage::decode(FileDescriptorSet::default().descriptor(), bytes);
    let mut set = match set {
        Ok(set) => set,
        Err(error) => {
            return refuse(format!("it holds no google.protobuf.FileDescriptorSet: {error}"));
        }
    };
    let files = set.get_field_by_name_mut("file").and_then(Value::as_list_mut);
    for file in files.into_iter().flatten().filter_map(Value::as_message_mut) {
        let text = |name: &str| match file.get_field_by_name(name).as_deref() {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        let (name, is_of_edition) = (text("name"), text("syntax") == "editions");
        // Those that come with us are there already.
        if name.starts_with("google/protobuf/")
            || name == OPTIONS.0
            || described.files.contains_key(&name)
        {
            continue;
        }
        let wrong = no_names(file);
        if !wrong.is_empty() {
            let accepted = "a name has letters, digits and `_`, and begins with no digit";
            refuse(format!("{name} names something {}: {accepted}", wrong.join(", ")));
            continue;
        }
        if is_of_edition {
            let number = file.get_field_by_name("edition").and_then(|it| it.as_enum_number());
            match number.and_then(Edition::numbered).map(|edition| lower(file, edition)) {
                Some(Ok(lowered)) => described.lowered.extend(lowered),
                Some(Err(message)) => refuse(format!("of {name}: {message}")),
                None => {
                    refuse(format!("{name} has an edition that is none of \"2023\" and \"2024\""));
                    continue;
                }
            }
        }
        match File::decode_file_descriptor_proto(&*file.encode_to_vec()) {
            Ok(file) => drop(described.files.insert(name, file)),
            Err(error) => refuse(format!("{name} is no descriptor: {error}")),
        }
    }
}

/// What stands in place of names, and is none. The compiler of protos reads no such text, and looks at no descriptor.
fn no_names(part: &DynamicMessage) -> Vec<String> {
    let mut wrong = Vec::new();
    let is_name = |text: &str| {
        let rest =
            text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
        rest.len() < text.len() && rest.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
    };
    let is_file = part.descriptor().name() == "FileDescriptorProto";
    for (field, value) in part.fields() {
        match (field.name(), value) {
            ("name", Value::String(name)) if !is_file && !is_name(name) => {
                wrong.push(format!("`{name}`"));
            }
            ("package", Value::String(name))
                if !name.is_empty() && !name.split('.').all(is_name) =>
            {
                wrong.push(format!("`{name}`"));
            }
            (_, Value::Message(inner)) if is_declaration(inner) => wrong.extend(no_names(inner)),
            (_, Value::List(items)) => {
                let inner =
                    items.iter().filter_map(Value::as_message).filter(|it| is_declaration(it));
                wrong.extend(inner.flat_map(no_names));
            }
            _ => {}
        }
    }
    wrong
}

/// Options have no names of ours.
fn is_declaration(message: &DynamicMessage) -> bool {
    message.descriptor().full_name().starts_with("google.protobuf.")
        && message.descriptor().name().ends_with("DescriptorProto")
}
