//! What a fuzzer runs, and the tests replay.

use std::thread::LocalKey;

use serde_json::value::RawValue;

use super::{coerce::coerce, config::Config, document::Document, schema::TypeSystem};
use crate::operation::VariableDefinition;

const SDL: &str = r#"
schema { query: Query mutation: Mutation }
type Query {
  book(id: ID!): Book
  any(n: [Float], f: Filter, j: JSON, i: Int, s: [[String!]]!): Int
  search(text: String = "all", filter: Filter = {minStars: 2}, first: Int! = 10): [Hit!]!
}
type Mutation { review(input: ReviewInput!): Review }
interface Node { id: ID! }
union Hit = Book | Author
type Book implements Node { id: ID! title(upper: Boolean = false): String! author: Author reviews(first: Int = 3): [Review!] }
type Author implements Node { id: ID! name: String! books: [Book!]! }
type Review implements Node { id: ID! stars: Int book: Book }
enum Sort { NEWEST OLDEST }
input Filter { minStars: Int = 1 sort: [Sort!] = [NEWEST] range: Range near: Near and: [Filter!] }
input Range { from: Float = 0 to: Float }
input Near @oneOf { city: String place: ID }
input ReviewInput { book: ID! stars: Int! text: String extra: JSON }
scalar JSON @specifiedBy(url: "https://json.org")
"#;

thread_local! {
    static TYPES: TypeSystem = TypeSystem::new(SDL).expect("a schema");
    static VARIABLES: Vec<VariableDefinition> = TYPES.with(|types| {
        let text = "query($n: [Float], $f: Filter, $j: JSON, $i: Int = 3, $s: [[String!]]!) { any(n: $n, f: $f, j: $j, i: $i, s: $s) }";
        Document::new(text, None, types, &Config::default()).expect("a document").variables
    });
}

/// A document is refused, or lowered with any variables.
pub fn document(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    with(&TYPES, |types| {
        let config = Config::default();
        let Ok(document) = Document::new(text, None, types, &config) else { return };
        for decided in [Some(true), Some(false), None] {
            for incremental in [true, false] {
                drop(document.lower(types, &config, &|_| decided, incremental));
            }
        }
    });
}

/// Variables are coerced, or refused with all faults.
pub fn variables(bytes: &[u8]) {
    let Ok(raw) = serde_json::from_slice::<&RawValue>(bytes) else { return };
    with(&TYPES, |types| {
        with(&VARIABLES, |variables| {
            if let Ok(values) = coerce(variables, &types.inputs, Some(raw), &Config::default()) {
                assert_eq!(values.len(), variables.len());
            }
        });
    });
}

/// A schema is refused, or one that can be asked.
pub fn schema(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(types) = TypeSystem::new(text) {
        drop(Document::new("{ __typename }", None, &types, &Config::default()));
    }
}

fn with<T>(key: &'static LocalKey<T>, run: impl FnOnce(&T)) {
    key.with(run);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn what_fuzzing_found_in_documents_and_variables_does_no_harm() {
        replay("document", 40, document);
        replay("variables", 40, variables);
    }

    #[test]
    fn what_fuzzing_found_in_schemas_does_no_harm() {
        replay("schema", 40, schema);
    }
}
