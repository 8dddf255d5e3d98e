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
