//! The names that were probably meant.

use std::cell::Cell;

use strsim::osa_distance;

/// No more names are offered for one that is unknown.
const MOST: usize = 3;
/// No name of a schema that a person types is longer; a document may hold one that is.
const LONGEST: usize = 64;
/// How many names are compared for one document, whatever it asks for.
const COMPARED: usize = 50_000;

/// Looks for names that are near to one that is unknown.
pub(in crate::graphql) struct Suggest {
    /// Whether the schema's names may be shown.
    schema: bool,
    left: Cell<usize>,
}

impl Suggest {
    pub(in crate::graphql) fn new(schema: bool) -> Self {
        Self { schema, left: Cell::new(COMPARED) }
    }

    /// The nearest of the schema's names.
    pub(super) fn known<'n>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Vec<&'n str> {
        if self.schema { self.own(name, known) } else { Vec::new() }
    }

    /// The nearest of names that the document itself brought along.
    ///
    /// The distance is that of graphql-js (suggestionList), the bound a little narrower: two letters of three are another word.
    pub(in crate::graphql) fn own<'n>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Vec<&'n str> {
        if name.is_empty() || name.len() > LONGEST {
            return Vec::new();
        }
        let furthest = (name.len() * 2 / 5).max(1).min(name.len() - 1);
        let wanted = name.to_lowercase();
        let mut near = Vec::new();
        for known in known {
            let left = self.left.get();
            if left == 0 {
                return Vec::new();
            }
            self.left.set(left - 1);
            if known.len().abs_diff(name.len()) > furthest {
                continue;
            }
            let lowercase = known.to_lowercase();
            let slip = if lowercase == wanted { 1 } else { osa_distance(&wanted, &lowercase) };
            if slip <= furthest {
                near.push((slip, known));
            }
        }
        near.sort_unstable();
        near.into_iter().take(MOST).map(|(_, known)| known).collect()
    }

    /// The first of the schema's names, which the caller knows to fit.
    pub(super) fn first<'n>(&self, fitting: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
        let most = if self.schema { MOST } else { 0 };
        fitting.into_iter().take(most).collect()
    }
}

/// ` Did you mean "a", "b" or "c"?`, or nothing; `what` stands before the names.
pub(in crate::graphql) fn question(what: &str, names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => format!(" Did you mean {what}{last}?"),
        Some((last, rest)) => format!(" Did you mean {what}{} or {last}?", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_no_more_than_three() {
        let known = ["titles", "tilted", "title", "stilted", "tile", "author"];
        assert_eq!(Suggest::new(true).known("tilte", known), ["tile", "tilted", "title"]);
        assert_eq!(Suggest::new(true).known("TITLE", ["title"]), ["title"]);
    }

    #[test]
    fn another_word_is_no_slip() {
        assert_eq!(Suggest::new(true).known("currency", ["amount", "book"]), [""; 0]);
        assert_eq!(Suggest::new(true).own("x", ["y"]), [""; 0]);
    }

    #[test]
    fn names_of_a_schema_that_is_not_shown_are_not_offered() {
        let suggest = Suggest::new(false);
        assert_eq!(suggest.known("tilte", ["title"]), [""; 0]);
        assert_eq!(suggest.own("tilte", ["title"]), ["title"]);
    }

    #[test]
    fn the_work_for_one_document_is_bounded() {
        let suggest = Suggest::new(true);
        let many = vec!["abcdef"; COMPARED];
        assert_eq!(suggest.known("abcdeg", many.iter().copied()).len(), MOST);
        assert_eq!(suggest.known("abcdeg", ["abcdef"]), [""; 0]);
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(Suggest::new(true).known(&long, [long.as_str()]), [""; 0]);
    }
}
