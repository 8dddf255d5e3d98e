//! `# anabranch: allow(rule-name)` above a definition: the findings that somebody has looked at and accepts.

use apollo_compiler::Node;
use apollo_compiler::ast::{Definition, Document};

use super::schema::{Schema, fields, input_fields};
use crate::diagnostic::{FileId, Span};

const MARK: &str = "anabranch:";

/// One such comment.
#[derive(Debug)]
pub(crate) struct Allow {
    pub(crate) span: Span,
    /// The names in the parentheses; none where it is not written like that.
    pub(crate) rules: Vec<String>,
    /// The definition below, with everything in it.
    pub(crate) scope: Option<Span>,
}

/// The comments of a file, each with what stands below it.
pub(super) fn allows(
    schema: &Schema,
    file: FileId,
    text: &str,
    document: &Document,
) -> impl Iterator<Item = Allow> {
    let definitions = definitions(schema, document);
    comments(text).into_iter().filter_map(move |(offset, comment)| {
        let said = comment.trim_start_matches('#').trim().strip_prefix(MARK)?.trim();
        let rules = said.strip_prefix("allow(").and_then(|rest| rest.strip_suffix(')'));
        let rules = rules.unwrap_or_default().split(',').map(str::trim);
        let line = text[..offset].rsplit('\n').next().unwrap_or_default();
        let below = below(text, offset + comment.len());
        let begins = |definition: &&Span| {
            let start = definition.start as usize;
            let described = text[start..].starts_with('"');
            let name = || self::below(text, start + string_length(&text[start..]));
            start == below || (described && name() == below)
        };
        let scope = definitions.iter().find(begins);
        Some(Allow {
            span: Span::new(file, offset..offset + comment.trim_end().len()),
            rules: rules.filter(|rule| !rule.is_empty()).map(str::to_owned).collect(),
            scope: scope.filter(|_| line.trim().is_empty()).copied(),
        })
    })
}

/// Where the next thing begins that is neither space nor comment.
fn below(text: &str, mut offset: usize) -> usize {
    loop {
        let rest = &text[offset..];
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', ',']).len();
        offset += spaces;
        if !text[offset..].starts_with('#') {
            return offset;
        }
        offset += text[offset..].find('\n').unwrap_or(text.len() - offset);
    }
}

/// The comments of a text, none that stand in strings.
fn comments(text: &str) -> Vec<(usize, &str)> {
    let mut comments = Vec::new();
    let mut offset = 0;
    while let Some(found) = text[offset..].find(['#', '"']) {
        offset += found;
        let rest = &text[offset..];
        let length = if rest.starts_with('#') {
            let length = rest.find('\n').unwrap_or(rest.len());
            comments.push((offset, &rest[..length]));
            length
        } else {
            string_length(rest)
        };
        offset += length;
    }
    comments
}

/// The length of the string that the text begins with. One in single quotes ends with its line at the latest.
fn string_length(text: &str) -> usize {
    const BLOCK: &str = "\"\"\"";
    let mut is_escaped = false;
    if text.starts_with(BLOCK) {
        let mut ends = text.match_indices(BLOCK).skip(1);
        let end = ends.find(|(at, _)| !text[..*at].ends_with('\\'));
        return end.map_or(text.len(), |(at, _)| at + BLOCK.len());
    }
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '\n' => return at,
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = letter == '\\' && !is_escaped,
        }
    }
    text.len()
}

fn definitions(schema: &Schema, document: &Document) -> Vec<Span> {
    fn place<T>(node: &Node<T>) -> Option<apollo_compiler::parser::SourceSpan> {
        node.location()
    }
    let mut places = Vec::new();
    for definition in &document.definitions {
        places.push(definition.location());
        for field in fields(definition) {
            places.push(place(field));
            places.extend(field.arguments.iter().map(place));
        }
        places.extend(input_fields(definition).iter().map(place));
        if let Definition::EnumTypeDefinition(definition) = definition {
            places.extend(definition.values.iter().map(place));
        }
    }
    places.into_iter().filter_map(|place| schema.span(place)).collect()
}

#[cfg(test)]
mod tests {
    use super::comments;

    #[test]
    fn comments_in_strings_are_none() {
        let text = "# one\n\"# no \\\" # no\" # two\n\"\"\"\n# no \\\"\"\" # no\n\"\"\"# three\n\"\\\\\"# four";
        let found: Vec<&str> = comments(text).into_iter().map(|(_, comment)| comment).collect();
        assert_eq!(found, ["# one", "# two", "# three", "# four"]);
    }

    #[test]
    fn a_string_that_does_not_end_is_no_panic() {
        for text in ["\"", "\"\"\"", "\"\\", "\"\"\"\\\"\"\"", "\"é# \n# a", "#", ""] {
            comments(text);
        }
    }
}
