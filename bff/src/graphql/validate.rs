//! The pinned validator: text to a document that is known to be valid, or what is wrong with it.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::Document,
    diagnostic::ToCliReport,
    parser::{Parser, SourceSpan},
    validation::{DiagnosticList, Valid, WithErrors},
};

use super::{
    config::{Config, Limits},
    lines::Lines,
    refusal::{Fault, Refusal},
    rules, stream, syntax,
    wording::{self, Found, Said, Suggest},
};
use crate::{error::Code, operation::Location};

/// How deep syntax may nest: far beyond any depth of fields, and far below what a thread's stack holds.
const NESTING: usize = 200;

/// Reads a document without a look at the schema.
pub(super) fn parse(text: &str, lines: &Lines<'_>, limits: &Limits) -> Result<Document, Refusal> {
    let refused = match read(text, lines, limits) {
        Err(refused) if refused.code == Code::ParseFailed => refused,
        read => return read,
    };
    let spaced = syntax::without_commas(text);
    spaced.and_then(|spaced| read(&spaced, lines, limits).ok()).ok_or(refused)
}

fn read(text: &str, lines: &Lines<'_>, limits: &Limits) -> Result<Document, Refusal> {
    if syntax::has_more_tokens_than(limits.tokens, text) {
        let message = format!("The document has more than {} tokens.", limits.tokens);
        return Err(Refusal::new(Code::LimitExceeded, message));
    }
    // The parser's own limit counts blanks too.
    let mut parser = Parser::new().recursion_limit(NESTING).token_limit(usize::MAX);
    let document = parser.parse_ast(text, "query.graphql").map_err(|refused| {
        if parser.recursion_reached() > NESTING {
            let message = format!("The document's syntax nests deeper than {NESTING} levels.");
            return Refusal::new(Code::LimitExceeded, message);
        }
        // What follows the first syntax error is mostly its echo.
        let faults = refused.errors.iter().take(1).map(|diagnostic| Fault {
            message: sentence(&with_marks(&diagnostic.error.to_string())),
            locations: locate(diagnostic.error.location(), lines),
        });
        Refusal { code: Code::ParseFailed, faults: faults.collect(), left_out: 0 }
    })?;
    let found = syntax::faults(text, NESTING);
    if found.is_empty() {
        return Ok(document);
    }
    let left_out = found.len().saturating_sub(limits.errors);
    let faults = found.into_iter().take(limits.errors).map(|(message, at)| Fault {
        message: format!("Syntax error: {message}."),
        locations: vec![lines.locate(at)],
    });
    Err(Refusal { code: Code::ParseFailed, faults: faults.collect(), left_out })
}

/// What is wrong with a document.
struct Faulty {
    found: Vec<Found>,
    /// What the validator said, echoes included.
    said: Vec<Found>,
}

/// Holds a document against the schema.
pub(super) fn validate(
    document: &Document,
    schema: &Valid<Schema>,
    lines: &Lines<'_>,
    config: &Config,
) -> Result<Valid<ExecutableDocument>, Refusal> {
    let limits = &config.limits;
    let suggest = Suggest::new(config.introspection);
    let judge = |document: &Document| judge(document, schema, &suggest, limits);
    let verdict = match rules::without_null_defaults(document) {
        Some(stricter) => judge(&stricter).and_then(|_| judge(document)),
        None => judge(document),
    };
    let mut found = rules::doubled_input_fields(document);
    found.extend(rules::variables(document, &suggest));
    let said = match verdict {
        Ok(valid) if found.is_empty() => return Ok(valid),
        Ok(_) => Vec::new(),
        Err(faulty) => {
            found.extend(faulty.found);
            faulty.said
        }
    };
    // Whoever is refused is told why: an echo, where that of which it is one was not found.
    Err(told(if found.is_empty() { said } else { found }, lines, limits))
}

fn judge(
    document: &Document,
    schema: &Valid<Schema>,
    suggest: &Suggest,
    limits: &Limits,
) -> Result<Valid<ExecutableDocument>, Faulty> {
    let (read, errors) = match document.to_executable_validate(schema) {
        Ok(valid) => (valid.into_inner(), None),
        Err(WithErrors { partial, errors }) => (partial, Some(errors)),
    };
    let is_right = |said: &Said<'_>| !rules::is_one_field(said, &read);
    let said: Vec<Said<'_>> =
        errors.iter().flat_map(DiagnosticList::iter).filter(is_right).collect();
    let mut found = stream::faults(&read, limits.selections);
    if said.is_empty() && found.is_empty() {
        return Ok(Valid::assume_valid(read));
    }
    found.extend(wording::found(&said, document, schema, suggest, limits.errors));
    Err(Faulty { found, said: said.iter().map(wording::plain).collect() })
}

/// The faults in the order of their places, each once, no more than are shown.
fn told(mut found: Vec<Found>, lines: &Lines<'_>, limits: &Limits) -> Refusal {
    found.sort_by_key(|(_, place)| place.map(|place| place.offset()));
    let mut known = HashSet::new();
    found.retain(|(message, place)| known.insert((message.clone(), place.map(|it| it.offset()))));
    let left_out = found.len().saturating_sub(limits.errors);
    let shown = found.into_iter().take(limits.errors);
    let faults = shown.map(|(message, place)| Fault {
        message: sentence(&message),
        locations: locate(place, lines),
    });
    Refusal { code: Code::ValidationFailed, faults: faults.collect(), left_out }
}

fn locate(span: Option<SourceSpan>, lines: &Lines<'_>) -> Vec<Location> {
    span.map(|span| lines.locate(span.offset())).into_iter().collect()
}

/// The parser's names of punctuation, and how they are written.
const MARKS: [(&str, &str); 15] = [
    ("L_PAREN", "`(`"),
    ("R_PAREN", "`)`"),
    ("L_BRACK", "`[`"),
    ("R_BRACK", "`]`"),
    ("L_CURLY", "`{`"),
    ("R_CURLY", "`}`"),
    ("COLON", "`:`"),
    ("DOLLAR", "`$`"),
    ("BANG", "`!`"),
    ("EQ", "`=`"),
    ("AT", "`@`"),
    ("PIPE", "`|`"),
    ("AMP", "`&`"),
    ("SPREAD", "`...`"),
    ("NAME", "a Name"),
];

/// A parser's message with punctuation in the place of its names.
fn with_marks(message: &str) -> String {
    let words = message.split_inclusive([' ', ',']).map(|word| {
        let name = word.trim_end_matches([' ', ',']);
        let mark = MARKS.iter().find(|(known, _)| *known == name);
        mark.map_or_else(|| word.to_owned(), |(_, mark)| word.replacen(name, mark, 1))
    });
    let text: String = words.collect();
    match text.split_once(", got ") {
        Some((expected, got)) if !got.starts_with('`') => format!("{expected}, got `{got}`"),
        _ => text,
    }
}

/// With a capital letter in front and a full stop at the end.
fn sentence(message: &str) -> String {
    let message = message.trim();
    let mut letters = message.chars();
    let capital = letters.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    let stop = if message.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{capital}{}{stop}", letters.as_str())
}
