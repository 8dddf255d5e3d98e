//! New text between old: no byte that was there goes away.

use std::collections::BTreeMap;

use super::existing::Existing;
use super::sdl::{self, Definition, Kind};

/// The files that change, as path and text.
pub(super) fn merge(
    files: &[(String, String)],
    existing: &Existing,
    definitions: &[Definition],
) -> Vec<(String, String)> {
    let mut insertions: BTreeMap<usize, Vec<(usize, String)>> = BTreeMap::new();
    let mut appended: BTreeMap<&str, String> = BTreeMap::new();
    for definition in definitions.iter().filter(|definition| !definition.members.is_empty()) {
        let found = match definition.kind {
            Kind::Schema => Some(existing.schema.as_ref()),
            _ => existing.types.get(&definition.name).map(|found| found.place.as_ref()),
        };
        let Some(place) = found else {
            append(&mut appended, &definition.file, &sdl::definition(definition));
            continue;
        };
        match place.filter(|_| definition.kind != Kind::Union) {
            Some(place) => {
                let text = &files[place.file].1;
                let insertion = inside(text, place.body.start, place.body.end, definition);
                insertions.entry(place.file).or_default().push(insertion);
            }
            None => append(&mut appended, &definition.file, &sdl::extension(definition)),
        }
    }
    let mut changed = BTreeMap::new();
    for (index, mut insertions) in insertions {
        let (path, text) = &files[index];
        let mut text = text.clone();
        insertions.sort();
        for (at, insertion) in insertions.into_iter().rev() {
            text.insert_str(at, &insertion);
        }
        changed.insert(path.clone(), text);
    }
    for (path, addition) in appended {
        let there = || files.iter().find(|(file, _)| file == path).map(|(_, text)| text.clone());
        let text = changed.entry(path.to_owned()).or_insert_with(|| there().unwrap_or_default());
        if !text.is_empty() {
            text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
        }
        text.push_str(&addition);
    }
    changed.into_iter().collect()
}

fn append<'a>(appended: &mut BTreeMap<&'a str, String>, file: &'a str, text: &str) {
    let file = appended.entry(file).or_default();
    if !file.is_empty() {
        file.push('\n');
    }
    file.push_str(text);
}

/// Where the lines go, and the lines: before the line of the closing brace, or before the brace in a line of its own.
fn inside(text: &str, start: usize, end: usize, definition: &Definition) -> (usize, String) {
    let lines = sdl::members(&definition.members);
    let line_start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
    if line_start > start && text[line_start..end].trim().is_empty() {
        return (line_start, lines);
    }
    // A line of its own for the brace too: the last line may be a comment.
    (start + text[start..end].trim_end().len(), format!("\n{lines}"))
}
