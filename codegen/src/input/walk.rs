//! The files below the sources, in an order that does not depend on the file system.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Fault, Sources};
use crate::diagnostic::{FileId, Files, Span};

/// A text and where it came from.
pub(super) struct Text {
    /// What diagnostics show.
    pub(super) path: String,
    /// For protos: the name by which others import it.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) file: FileId,
}

pub(super) fn schema_texts(
    sources: &Sources,
    files: &mut Files,
    faults: &mut Vec<Fault>,
) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    for source in &sources.schemas {
        if source.is_dir() {
            for path in files_below(source, &["graphql", "graphqls", "gql"], faults) {
                texts.extend(read(&path, &path, files, faults));
            }
        } else {
            texts.extend(read(source, source, files, faults));
        }
    }
    texts.extend(sources.schema_texts.iter().map(|text| in_memory(text, files)));
    texts
}

pub(super) fn proto_texts(
    sources: &Sources,
    files: &mut Files,
    faults: &mut Vec<Fault>,
) -> Vec<Text> {
    let mut texts: BTreeMap<String, Text> = BTreeMap::new();
    for root in sources.proto_roots.iter().filter(|root| !root.is_file()) {
        for path in files_below(root, &["proto"], faults) {
            let name = path.strip_prefix(root).unwrap_or(&path);
            if !texts.contains_key(&shown(name))
                && let Some(text) = read(&path, name, files, faults)
            {
                texts.insert(text.name.clone(), text);
            }
        }
    }
    for text in &sources.proto_texts {
        texts.entry(text.0.clone()).or_insert_with(|| in_memory(text, files));
    }
    texts.into_values().collect()
}

fn in_memory((name, text): &(String, String), files: &mut Files) -> Text {
    let file = files.add(name, text);
    Text { path: name.clone(), name: name.clone(), text: text.clone(), file }
}

fn read(path: &Path, name: &Path, files: &mut Files, faults: &mut Vec<Fault>) -> Option<Text> {
    let mut bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            faults.push(unreadable(path, &error));
            return None;
        }
    };
    // Spaces instead: what follows stays where it is, and most often such bytes are of a comment.
    let first = blank_foreign_bytes(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let file = files.add(shown(path), text.as_str());
    faults.extend(first.map(|offset| Fault::NotUtf8 {
        path: shown(path),
        span: Span::new(file, offset..offset + 1),
    }));
    Some(Text { path: shown(path), name: shown(name), text, file })
}

/// Replaces what is no UTF-8; gives the place of the first such byte.
fn blank_foreign_bytes(bytes: &mut [u8]) -> Option<usize> {
    let (mut first, mut from) = (None, 0);
    while let Err(error) = std::str::from_utf8(&bytes[from..]) {
        let start = from + error.valid_up_to();
        let end = error.error_len().map_or(bytes.len(), |length| start + length);
        bytes[start..end].fill(b' ');
        first = first.or(Some(start));
        from = end;
    }
    first
}

/// Import names and diagnostics have forward slashes on every system.
pub(super) fn shown(path: &Path) -> String {
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

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::Unreadable { path: shown(path), reason: error.to_string() }
}
