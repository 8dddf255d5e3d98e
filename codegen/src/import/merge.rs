//! New text between old: no byte that was there goes away.

use std::path::{Path, PathBuf};

use super::existing::Existing;
use super::sdl::{self, Definition, Kind};
use crate::Grown;

/// The files that change. New ones are in `folder`.
pub(super) fn merge(
    folder: &Path,
    files: &[(String, String)],
    existing: &Existing,
    definitions: &[Definition],
) -> Vec<Grown> {
    let mut growing: Vec<Growing<'_>> =
        files.iter().map(|(path, text)| Growing::new(path, Some(text))).collect();
    for definition in definitions.iter().filter(|definition| !definition.members.is_empty()) {
        let found = match definition.kind {
            Kind::Schema => Some(existing.schema.as_ref()),
            _ => existing.types.get(&definition.name).map(|found| found.place.as_ref()),
        };
        if let Some(place) = found.flatten() {
            let text = &files[place.file].1;
            let insertion = match definition.kind {
                Kind::Union => behind_member(text, place.body.end, definition),
                _ => inside(text, place.body.start, place.body.end, definition),
            };
            growing[place.file].inside.push(insertion);
            continue;
        }
        let text = match found {
            Some(_) => sdl::extension(definition),
            None => sdl::definition(definition),
        };
        let file = file_of(&mut growing, folder.join(&definition.file));
        growing[file].append(&text);
    }
    let mut grown: Vec<Grown> = growing.into_iter().filter_map(Growing::grown).collect();
    grown.sort_by(|left, right| left.path.cmp(&right.path));
    grown
}

/// A file, and what comes into it.
struct Growing<'a> {
    path: PathBuf,
    before: Option<&'a str>,
    inside: Vec<(usize, String)>,
    behind: String,
}

impl<'a> Growing<'a> {
    fn new(path: impl Into<PathBuf>, before: Option<&'a str>) -> Self {
        Self { path: path.into(), before, inside: Vec::new(), behind: String::new() }
    }

    /// A definition behind all others, with a line between them.
    fn append(&mut self, text: &str) {
        let before = self.before.unwrap_or_default();
        if !self.behind.is_empty() || before.ends_with('\n') {
            self.behind.push('\n');
        } else if !before.is_empty() {
            self.behind.push_str("\n\n");
        }
        self.behind.push_str(text);
    }

    fn grown(self) -> Option<Grown> {
        let mut insertions = self.inside;
        if !self.behind.is_empty() {
            insertions.push((self.before.unwrap_or_default().len(), self.behind));
        }
        let before = self.before.map(str::to_owned);
        (!insertions.is_empty()).then(|| Grown::new(self.path, before, insertions))
    }
}

/// The file of that path, which is new where there is none. Where file systems do not tell `A.graphql` from `a.graphql`,
/// neither may two files here be apart by that alone.
fn file_of(growing: &mut Vec<Growing<'_>>, path: PathBuf) -> usize {
    let is_nearly = |file: &Growing<'_>| file.path.as_os_str().eq_ignore_ascii_case(&path);
    let found = growing.iter().position(|file| file.path == path);
    found.or_else(|| growing.iter().position(is_nearly)).unwrap_or_else(|| {
        growing.push(Growing::new(path, None));
        growing.len() - 1
    })
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

/// Where more members go, and the text: each in a line where the last one has its own, else behind it.
fn behind_member(text: &str, end: usize, definition: &Definition) -> (usize, String) {
    let line_start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[line_start..end];
    let rest = text[end..].lines().next().unwrap_or_default().trim_end();
    let indent = line.len() - line.trim_start().len();
    let has_line = line[indent..].starts_with('|');
    // Behind a comment, which is about the member before it.
    let is_last = rest.trim_start().is_empty() || rest.trim_start().starts_with('#');
    let separator =
        if has_line && is_last { format!("\n{}| ", &line[..indent]) } else { " | ".to_owned() };
    let at = if has_line && is_last { end + rest.len() } else { end };
    let members = definition.members.iter().map(|member| format!("{separator}{}", member.text));
    (at, members.collect())
}
