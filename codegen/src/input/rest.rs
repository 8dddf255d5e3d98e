//! The faults behind the first one: the parser of protos stops at a field that cannot be, so that field is blanked, and the
//! rest is read again.

use protox::Error;
use protox::file::File;

/// How many fields of one file are blanked. Whoever has more faults has seen enough of them.
const MOST: usize = 50;

/// What a text says without the fields that cannot be, at the same places, and what the parser says of each of those.
pub(super) fn read(name: &str, text: &str) -> (String, Vec<Error>) {
    let (mut text, mut errors) = (text.to_owned(), Vec::new());
    let mut behind = 0;
    while let Err(error) = File::from_source(name, &text) {
        let at = place(&error).filter(|at| errors.is_empty() || *at >= behind);
        // What comes up before the field that was blanked last comes of the blanking.
        if at.is_none() && !errors.is_empty() {
            break;
        }
        errors.push(error);
        let field = at.and_then(|at| field(&text, at)).filter(|_| errors.len() < MOST);
        let Some(field) = field else { break };
        behind = field.end;
        let blank = " ".repeat(field.len());
        text.replace_range(field, &blank);
    }
    (text, errors)
}

/// The last of the places that an error names: of two that clash the second.
fn place(error: &Error) -> Option<usize> {
    use miette::Diagnostic as _;
    error.labels()?.map(|label| label.offset()).max()
}

/// The field of a message around a place: one line without text or comment, from the end of what stands before it.
fn field(text: &str, at: usize) -> Option<std::ops::Range<usize>> {
    let start = text.get(..at)?.rfind([';', '{', '}', '\n']).map_or(0, |before| before + 1);
    let end = at + text.get(at..)?.find(';')? + 1;
    let field = &text[start..end];
    let is_plain = !field.contains(['\n', '"', '\'', '{', '}', '/']) && field.contains('=');
    (is_plain && is_in_message(&text[..start])).then_some(start..end)
}

/// Whether what follows stands right inside a message.
fn is_in_message(before: &str) -> bool {
    let mut depth = 0;
    for (at, letter) in before.char_indices().rev() {
        match letter {
            '}' => depth += 1,
            '{' if depth > 0 => depth -= 1,
            '{' => {
                let head = before[..at].rsplit([';', '{', '}']).next().unwrap_or_default();
                let lines = head.lines().filter(|line| !line.trim_start().starts_with("//"));
                let word = lines.flat_map(str::split_whitespace).next();
                return word == Some("message");
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, read: &str, faults: &[&str]) {
        let (rest, errors) = super::read("a.proto", text);
        assert_eq!(rest, read);
        assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), faults);
    }

    #[test]
    fn each_number_that_cannot_be_is_told() {
        let text = "syntax = \"proto3\";\nmessage A { string a = 0; string b = 1; int32 c = 999999999; }\nmessage B { string d = 0; }";
        let (rest, errors) = super::read("a.proto", text);
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert_eq!(rest.len(), text.len());
        assert!(rest.contains("string b = 1;") && !rest.contains("999999999"), "{rest}");
        File::from_source("a.proto", &rest).expect("the rest can be read");
    }

    #[test]
    fn what_is_no_field_of_a_message_is_left_alone() {
        for text in [
            "syntax = \"proto3\";\nenum E { A = 99999999999; }",
            "syntax = \"proto3\";\nmessage A { oneof one { string a = 0; } }",
            "syntax = \"proto3\";\nmessage A { string a = 0 /* ; */; }",
            "syntax = \"proto3\";\nmessage A {",
        ] {
            let (rest, errors) = super::read("a.proto", text);
            assert_eq!((rest.as_str(), errors.len().min(1)), (text, 1), "{errors:?}");
        }
    }

    #[test]
    fn a_good_text_stays_as_it_is() {
        let text = "syntax = \"proto3\";\nmessage A { string a = 1; }";
        check(text, text, &[]);
    }
}
