//! The files below the sources, in an order that does not depend on the file system.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Fault, Sources};

/// A text and where it came from.
pub(super) struct Text {
    /// What diagnostics show.
    pub(super) path: String,
    /// For protos: the name by which others import it.
    pub(super) name: String,
    pub(super) text: String,
}

pub(super) fn schema_texts(sources: &Sources, faults: &mut Vec<Fault>) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    for source in &sources.schemas {
        if source.is_dir() {
            for path in files_below(source, &["graphql", "graphqls", "gql"], faults) {
                texts.extend(read(&path, &path, faults));
            }
        } else {
            texts.extend(read(source, source, faults));
        }
    }
    texts.extend(sources.schema_texts.iter().map(in_memory));
    texts
}

pub(super) fn proto_texts(sources: &Sources, faults: &mut Vec<Fault>) -> Vec<Text> {
    let mut texts: BTreeMap<String, Text> = BTreeMap::new();
    for root in &sources.proto_roots {
        for path in files_below(root, &["proto"], faults) {
            let name = path.strip_prefix(root).unwrap_or(&path);
            if let Some(text) = read(&path, name, faults) {
                texts.entry(text.name.clone()).or_insert(text);
            }
        }
    }
    for text in sources.proto_texts.iter().map(in_memory) {
        texts.entry(text.name.clone()).or_insert(text);
    }
    texts.into_values().collect()
}

fn in_memory((name, text): &(String, String)) -> Text {
    Text { path: name.clone(), name: name.clone(), text: text.clone() }
}

fn read(path: &Path, name: &Path, faults: &mut Vec<Fault>) -> Option<Text> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(Text { path: shown(path), name: shown(name), text }),
        Err(error) => {
            faults.push(unreadable(path, &error));
            None
        }
    }
}

/// Import names and diagnostics have forward slashes on every system.
fn shown(path: &Path) -> String {
    path.iter()
        .map(std::ffi::OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join("/")
        .replace("//", "/")
}

fn files_below(directory: &Path, extensions: &[&str], faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![directory.to_path_buf()];
    while let Some(directory) = directories.pop() {
        let entries =
            std::fs::read_dir(&directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                faults.push(unreadable(&directory, &error));
                continue;
            }
        };
        for entry in entries {
            let path = entry.path();
            // A symbolic link to a directory is not followed: it could lead in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                directories.push(path);
            } else if has_extension(&path, extensions) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| extensions.contains(&extension))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::Unreadable { path: shown(path), reason: error.to_string() }
}
