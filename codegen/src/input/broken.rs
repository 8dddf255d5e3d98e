//! Files that are GraphQL only to some point: what may still be said of a schema that has such files.

use std::collections::{HashMap, HashSet};

use super::Fault;
use crate::diagnostic::{FileId, Span};

/// The words before the name of a type, in definitions and extensions alike.
const KINDS: [&str; 6] = ["type", "interface", "union", "enum", "input", "scalar"];

/// What is not known of the schema.
pub(super) struct Broken {
    /// Where each such file ceases to be understood.
    pub(super) from: HashMap<FileId, u32>,
    /// The types that are defined or extended behind those places, as far as one can tell.
    declared: HashSet<String>,
}

impl Broken {
    pub(super) fn of(faults: &[Fault], sources: &HashMap<FileId, String>) -> Broken {
        let mut from: HashMap<FileId, u32> = HashMap::new();
        for fault in faults {
            if let Fault::SchemaSyntax { span: Some(span), .. } = fault {
                let first = from.entry(span.file).or_insert(span.start);
                *first = span.start.min(*first);
            }
        }
        let mut declared = HashSet::new();
        for (file, start) in &from {
            let text = sources.get(file).map_or("", String::as_str);
            declared.extend(declarations(&text[begin(text, *start as usize)..]));
        }
        Broken { from, declared }
    }

    /// Whether a fault is one however the broken files go on: it is in what was understood, and not about a type of theirs.
    pub(super) fn is_sure(&self, fault: &Fault, sources: &HashMap<FileId, String>) -> bool {
        if self.from.is_empty() {
            return true;
        }
        let (message, span) = match fault {
            Fault::Schema { message, span: Some(span) } => (message.as_str(), *span),
            Fault::CacheWithoutScope { span: Some(span) } => ("", *span),
            _ => return false,
        };
        let is_understood = self.from.get(&span.file).is_none_or(|start| span.end < *start);
        let text = sources.get(&span.file).and_then(|text| of_span(text, span)).unwrap_or_default();
        let mut names = words(message).chain(words(text));
        is_understood && !names.any(|name| self.declared.contains(name))
    }
}

/// Where the definition begins that has the place in it.
fn begin(text: &str, place: usize) -> usize {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let is_definition = |at: &usize| {
        let first = words(&text[*at..]).next().unwrap_or_default();
        first == "extend" || KINDS.contains(&first)
    };
    starts.take_while(|at| *at <= place).filter(is_definition).last().unwrap_or_default()
}

fn of_span(text: &str, span: Span) -> Option<&str> {
    text.get(span.start as usize..span.end as usize)
}

fn declarations(text: &str) -> Vec<String> {
    let words: Vec<&str> = words(text).collect();
    let pairs = words.windows(2).filter(|pair| KINDS.contains(&pair[0]));
    pairs.map(|pair| pair[1].to_owned()).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
}
