//! Where the braces of a definition are: a small reader of GraphQL's lexical grammar.

use std::ops::Range;

use apollo_compiler::ast::Definition;

/// The room of a type for more.
#[derive(Clone, Debug)]
pub(in crate::import) struct Place {
    /// The position in the list of files.
    pub(in crate::import) file: usize,
    /// What is between the braces, in bytes. For a union: the empty range behind its last member.
    pub(in crate::import) body: Range<usize>,
}

/// The bytes of a definition.
pub(super) fn range(definition: &Definition, text: &str) -> (usize, usize) {
    let location = match definition {
        Definition::SchemaDefinition(node) => node.location(),
        Definition::ObjectTypeDefinition(node) => node.location(),
        Definition::ObjectTypeExtension(node) => node.location(),
        Definition::InputObjectTypeDefinition(node) => node.location(),
        Definition::InputObjectTypeExtension(node) => node.location(),
        Definition::EnumTypeDefinition(node) => node.location(),
        Definition::EnumTypeExtension(node) => node.location(),
        Definition::UnionTypeDefinition(node) => node.location(),
        Definition::UnionTypeExtension(node) => node.location(),
        _ => None,
    };
    location.map_or((text.len(), text.len()), |location| (location.offset(), location.end_offset()))
}

/// Behind the last member of a union.
pub(super) fn behind_members(definition: &Definition) -> Option<Range<usize>> {
    let members = match definition {
        Definition::UnionTypeDefinition(union) => &union.members,
        Definition::UnionTypeExtension(union) => &union.members,
        _ => return None,
    };
    let end = members.last()?.location()?.end_offset();
    Some(end..end)
}

/// The comments behind a union that are part of it: a member that is left out at its end stands outside of what the parser
/// takes for the union. They are indented, or begin as a member does.
pub(super) fn comments_behind(text: &str, end: usize) -> &str {
    let mut lines = text[end..].split_inclusive('\n');
    let first = lines.next().map_or(0, str::len);
    let is_ours = |line: &&str| {
        let comment = line.trim_start().strip_prefix('#');
        let is_indented = line.starts_with([' ', '\t']);
        comment.is_some_and(|comment| is_indented || comment.trim_start().starts_with('|'))
    };
    let length: usize = lines.take_while(is_ours).map(str::len).sum();
    &text[end + first..end + first + length]
}

/// What is between the braces of the definition that begins at `start`. Braces in arguments, texts and comments are
/// none of them.
pub(super) fn body(text: &str, start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut at, mut parentheses, mut open, mut has_keyword) = (start, 0_u32, None, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = text_end(text, at);
                continue;
            }
            b'#' => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            b'(' => parentheses += 1,
            b')' => parentheses = parentheses.saturating_sub(1),
            b'{' if parentheses == 0 && open.is_none() => open = Some(at + 1),
            b'}' if parentheses == 0 => return open.map(|open| open..at),
            // The next definition begins where there were no braces: its keyword follows a blank.
            letter if open.is_none() && letter.is_ascii_alphabetic() => {
                let word = word(&text[at..]);
                if has_keyword && is_keyword(word) {
                    return None;
                }
                has_keyword |= is_keyword(word);
                at += word.len();
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "type" | "input" | "enum" | "union" | "interface" | "scalar" | "directive" | "schema"
    )
}

/// Behind the text that begins at `start`.
fn text_end(text: &str, start: usize) -> usize {
    if text[start..].starts_with("\"\"\"") {
        let mut at = start + 3;
        while at < text.len() {
            if text[at..].starts_with("\\\"\"\"") {
                at += 4;
            } else if text[at..].starts_with("\"\"\"") {
                return at + 3;
            } else {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        return text.len();
    }
    let bytes = text.as_bytes();
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' && bytes[at] != b'\n' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn braces_in_arguments_texts_and_comments_are_no_bodies() {
        for (text, expected) in [
            ("type A { b: Int }", Some(" b: Int ")),
            (
                "\"a { b\" type A @m(v: {a: \"}\"}) { b(c: D = {e: 1}): Int # }\n}",
                Some(" b(c: D = {e: 1}): Int # }\n"),
            ),
            (
                "\"\"\"a \\\"\"\" { b\"\"\" type A # {\n{ \"\\\"}\" b: Int }",
                Some(" \"\\\"}\" b: Int "),
            ),
            ("type A @m type B { c: Int }", None),
            ("type A {", None),
            ("type A { \"never ends", None),
        ] {
            assert_eq!(body(text, 0).map(|range| &text[range]), expected, "{text}");
        }
    }
}
