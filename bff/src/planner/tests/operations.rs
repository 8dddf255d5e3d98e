//! Operations from a short text, as lowering would make them.
//!
//! `book as b (id = $0, first = 3) : Book! { title reviews : [Review!] { … } }`; a field without a type is a nullable
//! leaf. Of an abstract type: `hit : Hit { on Book { title } on Author { name } }`. Locations are `1:` and the number
//! of the word.

use std::sync::Arc;

use crate::operation::{
    Field, InputType, Location, Operation, OperationKind, Selection, Type, Value,
    VariableDefinition,
};

pub(super) fn query(text: &str) -> Operation {
    operation(OperationKind::Query, "Query", text)
}

pub(super) fn mutation(text: &str) -> Operation {
    operation(OperationKind::Mutation, "Mutation", text)
}

pub(super) fn subscription(text: &str) -> Operation {
    operation(OperationKind::Subscription, "Subscription", text)
}

fn operation(kind: OperationKind, root: &str, text: &str) -> Operation {
    let mut spaced = text.to_owned();
    for sign in ["(", ")", "{", "}", "[", "]", ":", "!", "=", ","] {
        spaced = spaced.replace(sign, &format!(" {sign} "));
    }
    let mut words = Words { words: spaced.split_whitespace().map(str::to_owned).collect(), at: 0 };
    let fields = words.fields();
    assert_eq!(words.at, words.words.len(), "the text ends with its fields");
    let variable = |name: &str| VariableDefinition {
        name: name.to_owned(),
        ty: InputType::Id,
        default: None,
        location: Location::default(),
    };
    Operation {
        kind,
        name: None,
        variables: vec![variable("a"), variable("b")],
        root: root.to_owned(),
        fields,
        defers: Vec::new(),
        begins: Vec::new(),
        slow: vec!["__schema".to_owned(), "__type".to_owned()],
    }
}

struct Words {
    words: Vec<String>,
    at: usize,
}

impl Words {
    fn peek(&self) -> &str {
        self.words.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.words[self.at - 1].clone()
    }

    fn take(&mut self, word: &str) -> bool {
        let taken = self.peek() == word;
        self.at += usize::from(taken);
        taken
    }

    fn fields(&mut self) -> Vec<Field> {
        let mut fields = Vec::new();
        while !["", "}", "on"].contains(&self.peek()) {
            fields.push(self.field());
        }
        fields
    }

    fn field(&mut self) -> Field {
        let column = u32::try_from(self.at + 1).unwrap();
        let name = self.next();
        let response_key = if self.take("as") { self.next() } else { name.clone() };
        let mut arguments = Vec::new();
        if self.take("(") {
            while !self.take(")") {
                let name = self.next();
                assert!(self.take("="));
                arguments.push((name, value(&self.next())));
                self.take(",");
            }
        }
        let ty = if self.take(":") { self.ty() } else { Type::Named("String".to_owned()) };
        let selections = if self.take("{") { self.selections(ty.name()) } else { Vec::new() };
        let location = Location { line: 1, column };
        Field {
            response_key,
            name,
            arguments,
            ty,
            selections,
            defers: Vec::new(),
            stream: None,
            location,
        }
    }

    fn ty(&mut self) -> Type {
        let ty = if self.take("[") {
            let item = self.ty();
            assert!(self.take("]"));
            Type::List(Box::new(item))
        } else {
            Type::Named(self.next())
        };
        if self.take("!") { Type::NonNull(Box::new(ty)) } else { ty }
    }

    fn selections(&mut self, type_name: &str) -> Vec<Selection> {
        let mut selections = Vec::new();
        while self.take("on") {
            let type_name = self.next();
            assert!(self.take("{"));
            let fields = self.fields();
            assert!(self.take("}"));
            selections.push(Selection { type_name, fields, begins: Vec::new() });
        }
        if selections.is_empty() {
            let fields = self.fields();
            selections.push(Selection {
                type_name: type_name.to_owned(),
                fields,
                begins: Vec::new(),
            });
        }
        assert!(self.take("}"));
        selections
    }
}

fn value(word: &str) -> Value {
    match word.strip_prefix('$') {
        Some(index) => {
            Value::Variable { index: index.parse().unwrap(), default: None, never_null: false }
        }
        None => word.parse().map_or_else(|_| Value::String(Arc::from(word)), Value::Int),
    }
}
