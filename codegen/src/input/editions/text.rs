//! The text of an edition as proto2 has it: fields with labels, names that are reserved in quotes, and without what only
//! editions have and nothing here asks for.

use std::ops::Range;

use super::Edition;

/// A text of an edition, as proto2.
#[derive(Debug)]
pub(in crate::input) struct AsProto2 {
    pub(in crate::input) edition: Edition,
    pub(in crate::input) text: String,
    pub(in crate::input) inserted: Inserted,
}

/// What stands in a text that does not stand in its file: where it begins, and how long it is.
#[derive(Debug, Default)]
pub(in crate::input) struct Inserted(Vec<Range<usize>>);

impl Inserted {
    /// The place in the file.
    pub(in crate::input) fn source(&self, offset: usize) -> usize {
        let before = self.0.iter().take_while(|inserted| inserted.start < offset);
        offset - before.map(|inserted| inserted.end.min(offset) - inserted.start).sum::<usize>()
    }
}

/// Whether a file says so.
pub(in crate::input) fn is_proto3(text: &str) -> bool {
    let tokens = tokens(text);
    let [word, equals, name, ..] = &*tokens else { return false };
    word.is("syntax") && equals.is("=") && name.text.trim_matches(['"', '\'']) == "proto3"
}

/// `None` where the file names no edition that we know.
pub(in crate::input) fn as_proto2(text: &str) -> Option<AsProto2> {
    let tokens = tokens(text);
    let edition = match tokens.get(..3)? {
        [word, equals, name] if word.is("edition") && equals.is("=") => {
            Edition::named(name.text.trim_matches(['"', '\'']))?
        }
        _ => return None,
    };
    let mut rewriter = Rewriter { tokens: &tokens, at: 0, blanks: Vec::new(), inserts: Vec::new() };
    rewriter.file();
    let Rewriter { blanks, inserts, .. } = rewriter;
    Some(written(text, edition, &blanks, &inserts))
}

fn written(
    text: &str,
    edition: Edition,
    blanks: &[Range<usize>],
    inserts: &[(usize, &str)],
) -> AsProto2 {
    let mut kept = text.to_owned();
    for blank in blanks {
        let space =
            kept[blank.clone()].chars().map(|letter| if letter == '\n' { '\n' } else { ' ' });
        // Lines and bytes stay where they are.
        let space: String = space.collect();
        let space = format!("{space}{}", " ".repeat(blank.len() - space.len()));
        kept.replace_range(blank.clone(), &space);
    }
    let (mut written, mut inserted, mut from) = (String::new(), Vec::new(), 0);
    for (at, insert) in inserts {
        written.push_str(&kept[from..*at]);
        inserted.push(written.len()..written.len() + insert.len());
        written.push_str(insert);
        from = *at;
    }
    written.push_str(&kept[from..]);
    AsProto2 { edition, text: written, inserted: Inserted(inserted) }
}

/// What a statement stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Of a message, or of fields that extend one: they have labels.
    Message,
    Other,
}

struct Rewriter<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    blanks: Vec<Range<usize>>,
    inserts: Vec<(usize, &'static str)>,
}

/// The features that we know.
const FEATURES: [&str; 6] = [
    "field_presence",
    "enum_type",
    "repeated_field_encoding",
    "utf8_validation",
    "message_encoding",
    "json_format",
];

impl<'t> Rewriter<'t> {
    fn file(&mut self) {
        let mut scopes = vec![Scope::Other];
        while let Some(token) = self.tokens.get(self.at) {
            match token.text {
                ";" => self.at += 1,
                "}" => {
                    self.at += 1;
                    if scopes.len() > 1 {
                        scopes.pop();
                    }
                }
                _ => scopes.extend(self.statement(scopes.last().copied().unwrap_or(Scope::Other))),
            }
        }
    }

    /// Goes behind a statement, or into its block.
    fn statement(&mut self, scope: Scope) -> Option<Scope> {
        let first = self.tokens[self.at];
        let names_type =
            |at: usize| self.word(at).is_some_and(|word| word == "message" || word == "enum");
        if (first.is("export") || first.is("local")) && names_type(self.at + 1) {
            self.blanks.push(first.range());
            self.at += 1;
            return None;
        }
        if let Some(block) = self.block() {
            return Some(block);
        }
        let start = self.at;
        let end = self.end();
        let statement = &self.tokens[start..end];
        match first.text {
            "edition" if start == 0 => self.blank(statement),
            "import" => self.import(statement),
            "option" => {
                let is_feature =
                    statement.len() > 3 && statement[1].is("features") && statement[2].is(".");
                if is_feature && !FEATURES.contains(&statement[3].text) {
                    self.blank(statement);
                }
            }
            "reserved" => self.reserved(statement),
            "extensions" | "repeated" | "optional" | "required" => {}
            "map" if statement.get(1).is_some_and(|next| next.is("<")) => {}
            _ if scope == Scope::Message => self.inserts.push((first.start, "optional ")),
            _ => {}
        }
        self.at = end;
        None
    }

    /// The block of a definition; it is gone into.
    fn block(&mut self) -> Option<Scope> {
        let rest = &self.tokens[self.at..];
        let head = rest.iter().position(|token| matches!(token.text, "{" | ";" | "}" | "="))?;
        let kind = rest[0].text;
        let is_block = rest[head].is("{")
            && matches!(kind, "message" | "enum" | "oneof" | "service" | "extend" | "rpc");
        if !is_block {
            return None;
        }
        self.at += head + 1;
        Some(if matches!(kind, "message" | "extend") { Scope::Message } else { Scope::Other })
    }

    /// Behind the semicolon of the statement, over blocks inside it.
    fn end(&self) -> usize {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(self.at) {
            match token.text {
                "{" | "[" => depth += 1,
                "}" | "]" if depth == 0 => return at.max(self.at + 1),
                "}" | "]" => depth -= 1,
                ";" if depth == 0 => return at + 1,
                _ => {}
            }
        }
        self.tokens.len()
    }

    fn word(&self, at: usize) -> Option<&'t str> {
        self.tokens.get(at).map(|token| token.text)
    }

    fn blank(&mut self, statement: &[Token<'_>]) {
        if let (Some(first), Some(last)) = (statement.first(), statement.last()) {
            self.blanks.push(first.start..last.range().end);
        }
    }

    /// An import for options only is an import; files of features for other languages say nothing to us.
    fn import(&mut self, statement: &[Token<'_>]) {
        let of_languages =
            ["cpp", "java", "go"].map(|it| format!("google/protobuf/{it}_features.proto"));
        let name = |token: &Token<'_>| {
            of_languages.iter().any(|it| it == token.text.trim_matches(['"', '\'']))
        };
        if statement.iter().any(name) {
            self.blank(statement);
        } else if let Some(option) = statement.get(1).filter(|token| token.is("option")) {
            self.blanks.push(option.range());
        }
    }

    fn reserved(&mut self, statement: &[Token<'_>]) {
        let is_number =
            |token: &Token<'_>| token.text.starts_with(|it: char| it.is_ascii_digit() || it == '-');
        if statement.iter().any(is_number) {
            return;
        }
        for name in statement[1..].iter().filter(|token| token.is_word()) {
            self.inserts.extend([(name.start, "\""), (name.range().end, "\"")]);
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Token<'t> {
    text: &'t str,
    start: usize,
}

impl Token<'_> {
    fn is(&self, text: &str) -> bool {
        self.text == text
    }

    fn is_word(&self) -> bool {
        self.text.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
    }

    fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

/// Words, texts in quotes, and each other sign for itself; no comments.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            '"' | '\'' => quoted(rest, first),
            _ if is_word(first) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let is_comment = rest.starts_with("//") || rest.starts_with("/*");
        if !first.is_whitespace() && !is_comment {
            tokens.push(Token { text: &rest[..length], start: at });
        }
        at += length;
    }
    tokens
}

/// The length of a text in quotes, which ends with its line at the latest.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '\n' => return at,
            _ if letter == quote && !is_escaped => return at + 1,
            _ => is_escaped = letter == '\\' && !is_escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let read = as_proto2(&format!("edition = \"2023\";{text}")).expect("an edition");
        let rest = read.text.strip_prefix("                 ").expect("the edition is blank");
        assert_eq!(rest, expected);
    }

    #[test]
    fn fields_of_messages_get_labels() {
        check(
            "message A { int32 a = 1; repeated .b.C d = 2 [packed = true]; map<int32, A> m = 3; oneof o { A x = 4; } message B { A a = 1; } extensions 5 to max; }",
            "message A { optional int32 a = 1; repeated .b.C d = 2 [packed = true]; map<int32, A> m = 3; oneof o { A x = 4; } message B { optional A a = 1; } extensions 5 to max; }",
        );
        check("extend A { .b.C c = 5; }", "extend A { optional .b.C c = 5; }");
        check(
            "message A { option (x) = { a: 1; }; B b = 1 [(y) = { c: \"}\" }]; /* C c */ C c = 2; // D d\n}",
            "message A { option (x) = { a: 1; }; optional B b = 1 [(y) = { c: \"}\" }]; /* C c */ optional C c = 2; // D d\n}",
        );
        check(
            "service S { rpc R(A) returns (stream B) { option deadline = 1; } rpc T(A) returns (B); } enum E { A = 0; B = 1; }",
            "service S { rpc R(A) returns (stream B) { option deadline = 1; } rpc T(A) returns (B); } enum E { A = 0; B = 1; }",
        );
    }

    #[test]
    fn what_only_editions_have_is_left_out() {
        check(
            "message A { reserved 1, 5 to max; reserved b, c; }",
            "message A { reserved 1, 5 to max; reserved \"b\", \"c\"; }",
        );
        check(
            "export message A {} local enum E { A = 0; }",
            "       message A {}       enum E { A = 0; }",
        );
        check(
            "import option \"a.proto\"; import \"google/protobuf/go_features.proto\";",
            "import        \"a.proto\";                                            ",
        );
        check(
            "option features.(pb.go).api_level = API_OPAQUE; option features.field_presence = IMPLICIT;",
            "                                                option features.field_presence = IMPLICIT;",
        );
    }

    #[test]
    fn places_lead_back_to_the_file() {
        let text = "edition = \"2024\"; message A { B b = 1; reserved c; }";
        let read = as_proto2(text).expect("an edition");
        assert_eq!(read.edition, Edition::Of2024);
        for name in ["message", "B", "b = 1", "reserved", "; }"] {
            let at = read.text.find(name).expect(name);
            assert_eq!(read.inserted.source(at), text.find(name).expect(name), "{name}");
        }
    }

    #[test]
    fn other_texts_are_left_alone_and_no_text_panics() {
        for text in
            ["", "syntax = \"proto3\";", "edition", "edition = \"2022\";", "// edition = \"2023\";"]
        {
            assert!(as_proto2(text).is_none(), "{text}");
        }
        for rest in [
            "}",
            "{",
            "message",
            "message A {",
            "reserved",
            "option",
            "\"",
            "'\\",
            "/*",
            "é",
            "]",
            "import",
            "a",
        ] {
            for text in [
                format!("edition = \"2023\";{rest}"),
                format!("edition = '2023'; message A {{ {rest}"),
            ] {
                assert!(as_proto2(&text).is_some(), "{text}");
            }
        }
    }
}
