//! Documents through validation and lowering, compared as text that a person can read.

mod cases;
mod hostile;
mod incremental;
mod lowering;
mod messages;
mod rules;

use std::fmt::Write as _;

use super::{config::Config, document::Document, refusal::Refusal, schema::TypeSystem};
use crate::operation::{Field, Operation, Type, Value};

/// A schema with everything that selections may meet.
pub(super) const SDL: &str = r#"
schema { query: Query mutation: Mutation }
type Query {
  book(id: ID!): Book
  search(text: String = "all", filter: Filter = {minStars: 2}, first: Int! = 10): [Hit!]!
  node(id: ID!): Node
  books: [Book!]
}
type Mutation { review(input: ReviewInput!): Review }
interface Node { id: ID! }
interface Named { name: String }
union Hit = Book | Author
type Book implements Node { id: ID! title(upper: Boolean = false): String! author: Author reviews(first: Int = 3): [Review!] }
type Author implements Node & Named { id: ID! name: String! books: [Book!]! }
type Review implements Node { id: ID! stars: Int book: Book }
enum Sort { NEWEST OLDEST }
input Filter { minStars: Int = 1 sort: [Sort!] = [NEWEST] range: Range near: Near and: [Filter!] }
input Range { from: Float = 0 to: Float }
input Near @oneOf { city: String place: ID }
input ReviewInput { book: ID! stars: Int! text: String extra: JSON }
scalar JSON @specifiedBy(url: "https://json.org")
"#;

pub(super) fn types(sdl: &str) -> TypeSystem {
    TypeSystem::new(sdl).unwrap()
}

/// What becomes of a document; `true_variables` are those that are true where they decide `@skip` and `@include`.
fn lower(text: &str, true_variables: &[&str]) -> Result<Operation, Refusal> {
    let (types, config) = (types(SDL), Config::default());
    let document = Document::new(text, None, &types, &config)?;
    let is_true = |at: usize| Some(true_variables.contains(&document.variables[at].name.as_str()));
    document.lower(&types, &config, &is_true, true).map(|lowered| lowered.operation)
}

fn print(operation: &Operation) -> String {
    let mut out = String::new();
    print_fields(&mut out, &operation.fields, 0);
    out
}

fn print_fields(out: &mut String, fields: &[Field], level: usize) {
    let indent = "  ".repeat(level);
    for field in fields {
        let _ = write!(out, "{indent}{}", field.response_key);
        if field.name != field.response_key {
            let _ = write!(out, ": {}", field.name);
        }
        let arguments: Vec<String> = field
            .arguments
            .iter()
            .map(|(name, value)| format!("{name}: {}", print_value(value)))
            .collect();
        if !arguments.is_empty() {
            let _ = write!(out, "({})", arguments.join(", "));
        }
        let _ = writeln!(out, " {}", print_type(&field.ty));
        for selection in &field.selections {
            let _ = writeln!(out, "{indent}  on {}", selection.type_name);
            print_fields(out, &selection.fields, level + 2);
        }
    }
}

fn print_type(ty: &Type) -> String {
    match ty {
        Type::Named(name) => name.clone(),
        Type::List(item) => format!("[{}]", print_type(item)),
        Type::NonNull(inner) => format!("{}!", print_type(inner)),
    }
}

pub(super) fn print_value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Unsigned(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::String(text) => format!("{text:?}"),
        Value::Boolean(value) => value.to_string(),
        Value::Enum(name) => name.to_string(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(print_value).collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, value)| format!("{name}: {}", print_value(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Variable { index, default: None, never_null } => {
            format!("${index}{}", if *never_null { "!" } else { "" })
        }
        Value::Variable { index, default: Some(default), never_null } => {
            let never_null = if *never_null { "!" } else { "" };
            format!("${index}{never_null} ?? {}", print_value(default))
        }
    }
}
