//! The pinned validator: text to a document that is known to be valid, or what is wrong with it.

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::Document,
    diagnostic::{Diagnostic, ToCliReport},
    parser::{Parser, SourceSpan},
    validation::{DiagnosticData, Valid, WithErrors},
};

use super::{
    config::Limits,
    lines::Lines,
    refusal::{Fault, Refusal},
    rules, stream, syntax,
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
    let spaced = syntax::without_commas(text, limits.tokens);
    spaced.and_then(|spaced| read(&spaced, lines, limits).ok()).ok_or(refused)
}

fn read(text: &str, lines: &Lines<'_>, limits: &Limits) -> Result<Document, Refusal> {
    let mut parser = Parser::new().recursion_limit(NESTING).token_limit(limits.tokens);
    let document = parser.parse_ast(text, "query.graphql").map_err(|refused| {
        if parser.tokens_reached() > limits.tokens {
            let message = format!("The document has more than {} tokens.", limits.tokens);
            return Refusal::new(Code::LimitExceeded, message);
        }
        if parser.recursion_reached() > NESTING {
            let message = format!("The document's syntax nests deeper than {NESTING} levels.");
            return Refusal::new(Code::LimitExceeded, message);
        }
        // What follows the first syntax error is mostly its echo.
        let errors: Vec<_> = refused.errors.iter().collect();
        refusal(Code::ParseFailed, &errors, lines, 1)
    })?;
    let found = syntax::faults(text, NESTING, limits.tokens);
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

/// Holds a document against the schema.
pub(super) fn validate(
    document: &Document,
    schema: &Valid<Schema>,
    lines: &Lines<'_>,
    limits: &Limits,
) -> Result<Valid<ExecutableDocument>, Refusal> {
    let judge = |document: &Document| {
        let streams = |document: &ExecutableDocument| stream::faults(document, limits.selections);
        match document.to_executable_validate(schema) {
            Ok(document) => {
                let found = streams(&document);
                with(Ok(document), found, lines, limits)
            }
            Err(WithErrors { partial, errors }) => {
                let right =
                    |found: &Diagnostic<'_, DiagnosticData>| !rules::is_one_field(found, &partial);
                let errors: Vec<_> = errors.iter().filter(right).collect();
                let found = streams(&partial);
                let verdict = if errors.is_empty() {
                    Ok(Valid::assume_valid(partial))
                } else {
                    Err(refusal(Code::ValidationFailed, &errors, lines, limits.errors))
                };
                with(verdict, found, lines, limits)
            }
        }
    };
    let verdict = match rules::without_null_defaults(document) {
        Some(stricter) => judge(&stricter).and_then(|_| judge(document)),
        None => judge(document),
    };
    let doubled = rules::doubled_input_fields(document).into_iter().map(|name| {
        let message = format!("There can be only one input field named \"{name}\".");
        (message, name.location())
    });
    let undefined = rules::undefined_variables(document).into_iter();
    let undefined =
        undefined.map(|(name, place)| (format!("Variable \"${name}\" is not defined."), place));
    with(verdict, doubled.chain(undefined).collect(), lines, limits)
}

/// The verdict, and what else was found.
fn with<T>(
    verdict: Result<T, Refusal>,
    found: Vec<stream::Found>,
    lines: &Lines<'_>,
    limits: &Limits,
) -> Result<T, Refusal> {
    if found.is_empty() {
        return verdict;
    }
    let mut refused = verdict.err().unwrap_or(Refusal {
        code: Code::ValidationFailed,
        faults: Vec::new(),
        left_out: 0,
    });
    for (message, place) in found {
        let fault = Fault { message, locations: locate(place, lines) };
        // The validator sees some of these variables too.
        if refused.faults.contains(&fault) {
            continue;
        }
        if refused.faults.len() < limits.errors {
            refused.faults.push(fault);
        } else {
            refused.left_out += 1;
        }
    }
    Err(refused)
}

fn refusal(
    code: Code,
    errors: &[Diagnostic<'_, DiagnosticData>],
    lines: &Lines<'_>,
    most: usize,
) -> Refusal {
    let faults: Vec<Fault> = errors
        .iter()
        .take(most)
        .map(|diagnostic| {
            let error = diagnostic.error;
            let message = match (code, error.unstable_compat_message()) {
                (Code::ParseFailed, _) => with_marks(&error.to_string()),
                (_, Some(message)) => message,
                (_, None) => error.to_string(),
            };
            let span = error.location();
            Fault { message: sentence(&message), locations: locate(span, lines) }
        })
        .collect();
    let left_out = if code == Code::ParseFailed { 0 } else { errors.len() - faults.len() };
    Refusal { code, faults, left_out }
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
