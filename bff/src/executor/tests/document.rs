//! Enough of GraphQL for tests: reads a small schema and small queries, and lowers them as the engine wants them. `... a { … }`
//! is a fragment with `@defer(label: "a")`; its fields stand nowhere else. `list *2 a { … }` is a field with
//! `@stream(initialCount: 2, label: "a")`.

use std::collections::HashMap;

use crate::operation::{
    Defer, DeferId, Field, Location, Operation, OperationKind, Selection, Stream, Type, Value,
};

/// The types of fields, by `Type.field`.
pub(super) struct Schema(HashMap<String, Type>);

impl Schema {
    /// One field a line, inside `type Name {` … `}`; arguments in parentheses are skipped.
    pub(super) fn parse(sdl: &str) -> Self {
        let (mut fields, mut of) = (HashMap::new(), "");
        for line in sdl.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("type ") {
                of = name.trim_end_matches([' ', '{']);
            } else if let Some((head, ty)) = line.rsplit_once(": ") {
                let name = head.split('(').next().unwrap();
                fields.insert(format!("{of}.{name}"), parse_type(ty));
            }
        }
        Self(fields)
    }

    /// A query, or what the word is that the text begins with.
    pub(super) fn operation(&self, text: &str) -> Operation {
        let text = text.trim();
        let (kind, root, rest) = if let Some(rest) = text.strip_prefix("mutation") {
            (OperationKind::Mutation, "Mutation", rest)
        } else if let Some(rest) = text.strip_prefix("subscription") {
            (OperationKind::Subscription, "Subscription", rest)
        } else {
            (OperationKind::Query, "Query", text)
        };
        let spaced = rest
            .chars()
            .flat_map(|letter| match letter {
                '{' | '}' | '(' | ')' | ':' => vec![' ', letter, ' '],
                ',' => vec![' '],
                _ => vec![letter],
            })
            .collect::<String>();
        let words = spaced.split_whitespace().peekable();
        let mut reader = Reader { schema: self, words, defers: Vec::new() };
        let (fields, begins) = reader.selection(root, None);
        let (root, defers, slow) = (root.to_owned(), reader.defers, Vec::new());
        Operation { kind, name: None, variables: Vec::new(), root, fields, defers, begins, slow }
    }
}

struct Reader<'a> {
    schema: &'a Schema,
    words: std::iter::Peekable<std::str::SplitWhitespace<'a>>,
    defers: Vec<Defer>,
}

impl Reader<'_> {
    fn selection(&mut self, of: &str, within: Option<DeferId>) -> (Vec<Field>, Vec<DeferId>) {
        assert_eq!(self.words.next(), Some("{"));
        let (mut fields, mut begins) = (Vec::new(), Vec::new());
        while self.words.next_if_eq(&"}").is_none() {
            if self.words.next_if_eq(&"...").is_none() {
                fields.push(self.field(of, within));
                continue;
            }
            let label = self.words.next_if(|word| *word != "{").map(Into::into);
            let id = DeferId(self.defers.len());
            self.defers.push(Defer { label, parent: within, stream: false });
            let (inside, more) = self.selection(of, Some(id));
            fields.extend(inside);
            begins.push(id);
            begins.extend(more);
        }
        (fields, begins)
    }

    fn field(&mut self, of: &str, within: Option<DeferId>) -> Field {
        let words = &mut self.words;
        let response_key = words.next().unwrap();
        let name = match words.next_if_eq(&":") {
            Some(_) => words.next().unwrap(),
            None => response_key,
        };
        let mut arguments = Vec::new();
        if words.next_if_eq(&"(").is_some() {
            while words.next_if_eq(&")").is_none() {
                let argument = words.next().unwrap().to_owned();
                assert_eq!(words.next(), Some(":"));
                arguments.push((argument, literal(words.next().unwrap())));
            }
        }
        let ty = match name {
            "__typename" => parse_type("String!"),
            _ => self.schema.0.get(&format!("{of}.{name}")).expect(name).clone(),
        };
        let mut selections = Vec::new();
        let count = words.next_if(|word| word.starts_with('*'));
        let label = words.next_if(|word| count.is_some() && *word != "{").map(Into::into);
        let (start, type_name) = (words.clone(), ty.name());
        if words.peek() == Some(&"{") {
            selections.push(self.items(type_name, within));
        }
        let stream = count.map(|count| {
            let defer = DeferId(self.defers.len());
            self.defers.push(Defer { label, parent: within, stream: true });
            self.words = start;
            let selections = vec![self.items(type_name, Some(defer))];
            Box::new(Stream { defer, initial_count: literal(&count[1..]), selections })
        });
        let (response_key, name) = (response_key.to_owned(), name.to_owned());
        let (defers, location) = (within.into_iter().collect(), Location::default());
        Field { response_key, name, arguments, ty, selections, defers, stream, location }
    }

    fn items(&mut self, type_name: &str, within: Option<DeferId>) -> Selection {
        let (fields, begins) = self.selection(type_name, within);
        Selection { type_name: type_name.to_owned(), fields, begins }
    }
}

fn literal(word: &str) -> Value {
    match word.parse() {
        Ok(number) => Value::Int(number),
        Err(_) => Value::String(word.trim_matches('"').into()),
    }
}

fn parse_type(text: &str) -> Type {
    if let Some(inner) = text.strip_suffix('!') {
        return Type::NonNull(Box::new(parse_type(inner)));
    }
    match text.strip_prefix('[') {
        Some(inner) => Type::List(Box::new(parse_type(inner.strip_suffix(']').unwrap()))),
        None => Type::Named(text.to_owned()),
    }
}
