//! The text of an edition as proto2 has it: fields with labels, names that are reserved in quotes, and without what only
//! editions have and nothing here asks for.

use std::ops::Range;

use super::Edition;
use super::tokens::{Token, tokens};

/// A text of an edition, as proto2.
#[derive(Debug)]
pub(in crate::input) struct AsProto2 {
    pub(in crate::input) edition: Edition,
    pub(in crate::input) text: String,
    pub(in crate::input) inserted: Inserted,
    pub(in crate::input) refused: Vec<RefusedText>,
}

/// What the edition does not have, and how it says such a thing; the place is that in the file.
pub(in crate::input) type RefusedText = (Range<usize>, &'static str, &'static str);

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
    let mut rewriter = Rewriter {
        tokens: &tokens,
        edition,
        at: 0,
        blanks: Vec::new(),
        inserts: Vec::new(),
        refused: Vec::new(),
    };
    rewriter.file();
    let Rewriter { blanks, inserts, refused, .. } = rewriter;
    let (text, inserted) = written(text, &blanks, &inserts);
    Some(AsProto2 { edition, text, inserted, refused })
}

fn written(text: &str, blanks: &[Range<usize>], inserts: &[(usize, &str)]) -> (String, Inserted) {
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
    (written, Inserted(inserted))
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
    edition: Edition,
    at: usize,
    blanks: Vec<Range<usize>>,
    inserts: Vec<(usize, &'static str)>,
    refused: Vec<RefusedText>,
}

/// Features of edition 2024 that say nothing of what is on the wire; the compiler of protos does not know them.
const OF_STYLE: [&str; 2] = ["enforce_naming_style", "default_symbol_visibility"];

/// Whether an option, or the statement of one behind its first word, is a feature that says nothing to us: one of style, or of
/// another language, `features.(pb.cpp).string_type`.
fn is_foreign(option: &[Token<'_>]) -> bool {
    let [features, point, name, ..] = option else { return false };
    features.is("features") && point.is(".") && (name.is("(") || OF_STYLE.contains(&name.text))
}

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
            if self.edition == Edition::Of2023 {
                self.refuse(
                    first,
                    "`export` and `local` came with edition 2024",
                    "leave the word out",
                );
            }
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
        self.foreign_features(statement);
        match first.text {
            "edition" if start == 0 => self.blank(statement),
            "syntax" if statement.get(1).is_some_and(|next| next.is("=")) => {
                self.refuse(first, "a file has an edition, or a syntax", "leave `syntax` out");
                self.blank(statement);
            }
            "import" => self.import(statement),
            "option" if is_foreign(&statement[1..]) => self.blank(statement),
            "option" => {}
            "reserved" => self.reserved(statement),
            "optional" | "required" | "repeated" | "group" if scope == Scope::Message => {
                self.label(statement);
            }
            "extensions" => {}
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

    fn refuse(&mut self, token: Token<'_>, message: &'static str, help: &'static str) {
        self.refused.push((token.range(), message, help));
    }

    /// What stands in front of a field's type, where editions have only `repeated`.
    fn label(&mut self, statement: &[Token<'_>]) {
        let first = statement[0];
        match first.text {
            "optional" => self.refuse(
                first,
                "Label \"optional\" is not supported in editions",
                "leave it out: fields have presence unless `features.field_presence` says otherwise",
            ),
            "required" => self.refuse(
                first,
                "Label \"required\" is not supported in editions",
                "say `[features.field_presence = LEGACY_REQUIRED]`",
            ),
            _ => {}
        }
        if first.is("group") {
            self.inserts.push((first.start, "optional "));
        }
        if let Some(group) = statement.iter().take(2).find(|token| token.is("group")) {
            self.refuse(
                *group,
                "Group syntax is no longer supported in editions",
                "declare a message, and a field of it with `[features.message_encoding = DELIMITED]`",
            );
        }
    }

    /// Blanks them in the brackets behind a field or a value, and the brackets where nothing else is in them.
    fn foreign_features(&mut self, statement: &[Token<'_>]) {
        let Some(open) = statement.iter().position(|token| token.is("[")) else { return };
        let (mut depth, mut options, mut start) = (0_usize, Vec::new(), open + 1);
        for (at, token) in statement.iter().enumerate().skip(open) {
            let is_end = token.is("]") && depth == 1;
            if is_end || token.is(",") && depth == 1 {
                options.push(start..at);
                start = at + 1;
            }
            match token.text {
                "[" | "{" => depth += 1,
                "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if is_end {
                break;
            }
        }
        let (foreign, own): (Vec<_>, Vec<_>) =
            options.into_iter().partition(|option| is_foreign(&statement[option.clone()]));
        let Some(last) = foreign.last().filter(|_| start < statement.len()) else { return };
        let Some(last_own) = own.last() else {
            return self.blank(&statement[open..=last.end]);
        };
        for option in foreign {
            // With the comma behind it, or where nothing of ours follows, in front of it.
            let tokens = match option.start > last_own.start {
                true => option.start - 1..option.end,
                false => option.start..option.end + 1,
            };
            self.blank(&statement[tokens]);
        }
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
            return;
        }
        let Some(word) = statement.get(1) else { return };
        match (word.text, self.edition) {
            ("option", edition) => {
                if edition == Edition::Of2023 {
                    let help = "leave `option` out";
                    self.refuse(*word, "option import is not supported before edition 2024", help);
                }
                self.blanks.push(word.range());
            }
            ("weak", Edition::Of2024) => {
                let help = "write `import option`, or leave `weak` out";
                self.refuse(*word, "weak import is not supported in edition 2024", help);
            }
            _ => {}
        }
    }

    fn reserved(&mut self, statement: &[Token<'_>]) {
        let is_number =
            |token: &Token<'_>| token.text.starts_with(|it: char| it.is_ascii_digit() || it == '-');
        if statement.iter().any(is_number) {
            return;
        }
        if let Some(quoted) = statement.iter().find(|token| token.text.starts_with(['"', '\''])) {
            self.refuse(
                *quoted,
                "Reserved names must be identifiers in editions, not string literals",
                "write it without quotes",
            );
        }
        for name in statement[1..].iter().filter(|token| token.is_word()) {
            self.inserts.extend([(name.start, "\""), (name.range().end, "\"")]);
        }
    }
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
            "message A { B a = 1 [features.(pb.go).x = Y, deprecated = true, features.(pb.cpp).z = W]; B b = 2 [features.(pb.go).x = Y]; }",
            "message A { optional B a = 1 [                        deprecated = true                         ]; optional B b = 2                         ; }",
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
