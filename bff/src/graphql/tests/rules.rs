//! Every rule of the specification's chapter on validation (September 2025), with a document that keeps it and one that
//! breaks it and no other rule.

use super::types;
use crate::graphql::{config::Config, document};

pub(super) const SDL: &str = r#"
scalar JSON
directive @mark(as: String) on FIELD | QUERY
type Query { dog(name: String, at: Int!): Dog pet: Pet any: CatOrDog find(filter: Filter, by: By, size: Size): [Dog!] all(json: JSON): Int }
type Mutation { bark(times: Int = 1): Boolean }
type Subscription { barks(at: Int): Bark woofs: Int }
interface Pet { name: String! }
type Dog implements Pet { name: String! age: Int owner(short: Boolean): String }
type Cat implements Pet { name: String! lives: Int }
type Bark { loud: Boolean at: Int }
union CatOrDog = Cat | Dog
input Filter { least: Int! most: Int = 9 }
input By @oneOf { name: String age: Int }
enum Size { SMALL LARGE }
"#;

/// Section, name, a document that keeps the rule, one that breaks it.
pub(super) const RULES: &[(&str, &str, &str, &str)] = &[
    ("2.6", "Arguments have values", "{ dog(at: 1) { age } }", "{ dog(at: 1, name) { age } }"),
    (
        "2.6",
        "Arguments have values: of directives",
        "{ __typename @mark(as: \"a\") }",
        "{ __typename @mark(as) }",
    ),
    (
        "2.9.8",
        "Input fields have values",
        "{ find(filter: {least: 1, most: 2}) { age } }",
        "{ find(filter: {least: 1, most}) { age } }",
    ),
    (
        "2.9.8",
        "Input fields have values: in a default",
        "query($a: Filter = {least: 1}) { find(filter: $a) { age } }",
        "query($a: Filter = {least: 1 most}) { find(filter: $a) { age } }",
    ),
    ("5.1.1", "Executable Definitions", "{ __typename }", "{ __typename } type A { a: Int }"),
    ("5.2.1.1", "Operation Type Existence", "mutation { bark }", "subscription { woofs }"),
    (
        "5.2.2.1",
        "Operation Name Uniqueness",
        "query A { __typename } query B { __typename }",
        "query A { __typename } query A { __typename }",
    ),
    (
        "5.2.3.1",
        "Lone Anonymous Operation",
        "query A { __typename } mutation B { bark }",
        "query A { __typename } { __typename }",
    ),
    (
        "5.2.4.1",
        "Single Root Field",
        "subscription { ...F barks { loud } } fragment F on Subscription { ... { barks { at } } }",
        "subscription { woofs barks { loud } }",
    ),
    (
        "5.2.4.1",
        "Single Root Field: one",
        "subscription { a: woofs a: woofs }",
        "subscription { a: woofs b: woofs }",
    ),
    (
        "5.2.4.1",
        "Single Root Field: not of introspection",
        "subscription { woofs }",
        "subscription { __typename }",
    ),
    (
        "5.2.4.1",
        "Single Root Field: no conditions",
        "subscription { woofs @mark }",
        "subscription($a: Boolean!) { woofs @skip(if: $a) }",
    ),
    ("5.3.1", "Field Selections", "{ pet { name } any { __typename } }", "{ any { name } }"),
    (
        "5.3.2",
        "Field Selection Merging",
        "{ any { ... on Dog { a: owner(short: true) } ... on Cat { b: name } } }",
        "{ dog(at: 1) { a: owner(short: true) a: owner } }",
    ),
    (
        "5.3.3",
        "Leaf Field Selections",
        "{ dog(at: 1) { age } }",
        "{ dog(at: 1) { age { years } } }",
    ),
    ("5.3.3", "Leaf Field Selections: objects", "{ pet { name } }", "{ pet }"),
    ("5.4.1", "Argument Names", "{ dog(at: 1) { age } }", "{ dog(at: 1, on: 2) { age } }"),
    (
        "5.4.1",
        "Argument Names: of directives",
        "{ __typename @mark(as: \"a\") }",
        "{ __typename @mark(on: \"a\") }",
    ),
    ("5.4.2", "Argument Uniqueness", "{ dog(at: 1) { age } }", "{ dog(at: 1, at: 1) { age } }"),
    ("5.4.3", "Required Arguments", "{ dog(at: 1) { age } }", "{ dog { age } }"),
    (
        "5.5.1.1",
        "Fragment Name Uniqueness",
        "{ ...A ...B } fragment A on Query { __typename } fragment B on Query { __typename }",
        "{ ...A } fragment A on Query { __typename } fragment A on Query { __typename }",
    ),
    (
        "5.5.1.2",
        "Fragment Spread Type Existence",
        "{ ... on Query { __typename } }",
        "{ ... on Bird { __typename } }",
    ),
    (
        "5.5.1.3",
        "Fragments on Object, Interface or Union Types",
        "{ any { ... on Pet { name } } }",
        "{ __typename ... on Size { __typename } }",
    ),
    (
        "5.5.1.4",
        "Fragments Must Be Used",
        "{ ...A } fragment A on Query { __typename }",
        "{ __typename } fragment A on Query { __typename }",
    ),
    (
        "5.5.2.1",
        "Fragment Spread Target Defined",
        "{ ...A } fragment A on Query { __typename }",
        "{ ...A }",
    ),
    (
        "5.5.2.2",
        "Fragment Spreads Must Not Form Cycles",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { __typename }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    ),
    (
        "5.5.2.3",
        "Fragment Spread Is Possible",
        "{ pet { ... on CatOrDog { __typename } } }",
        "{ dog(at: 1) { ... on Cat { lives } } }",
    ),
    (
        "5.6.1",
        "Values of Correct Type",
        "{ find(size: SMALL) { age } }",
        "{ find(size: \"SMALL\") { age } }",
    ),
    (
        "5.6.1",
        "Values of Correct Type: Int",
        "{ dog(at: 2147483647) { age } }",
        "{ dog(at: 2147483648) { age } }",
    ),
    (
        "5.6.2",
        "Input Object Field Names",
        "{ find(filter: {least: 1}) { age } }",
        "{ find(filter: {least: 1, all: 2}) { age } }",
    ),
    (
        "5.6.3",
        "Input Object Field Uniqueness",
        "{ find(filter: {least: 1}) { age } }",
        "{ find(filter: {least: 1, least: 1}) { age } }",
    ),
    (
        "5.6.4",
        "Input Object Required Fields",
        "{ find(filter: {least: 1}) { age } }",
        "{ find(filter: {most: 1}) { age } }",
    ),
    (
        "5.6.4",
        "OneOf Input Objects",
        "{ find(by: {name: \"a\"}) { age } }",
        "{ find(by: {name: \"a\", age: 1}) { age } }",
    ),
    (
        "5.6.4",
        "OneOf Input Objects: no null",
        "{ find(by: {age: 1}) { age } }",
        "{ find(by: {age: null}) { age } }",
    ),
    ("5.7.1", "Directives Are Defined", "{ __typename @mark }", "{ __typename @note }"),
    (
        "5.7.2",
        "Directives Are in Valid Locations",
        "query @mark { __typename }",
        "mutation @mark { bark }",
    ),
    (
        "5.7.3",
        "Directives Are Unique per Location",
        "{ __typename @mark }",
        "{ __typename @mark @mark }",
    ),
    (
        "5.8.1",
        "Variable Uniqueness",
        "query($a: Int!) { dog(at: $a) { age } }",
        "query($a: Int!, $a: Int!) { dog(at: $a) { age } }",
    ),
    (
        "5.8.2",
        "Variables Are Input Types",
        "query($a: Filter) { find(filter: $a) { age } }",
        "query($a: Dog) { __typename @mark(as: $a) }",
    ),
    (
        "5.8.3",
        "All Variable Uses Defined",
        "query($a: Int!) { ...A } fragment A on Query { dog(at: $a) { age } }",
        "{ ...A } fragment A on Query { dog(at: $a) { age } }",
    ),
    (
        "5.8.3",
        "All Variable Uses Defined: in a custom scalar",
        "query($a: Int) { ...A } fragment A on Query { all(json: {a: [$a]}) }",
        "query A($a: Int) { ...A } query B { ...A } fragment A on Query { all(json: {a: [$a]}) }",
    ),
    (
        "5.8.4",
        "All Variables Used",
        "query($a: Int!) { ...A } fragment A on Query { dog(at: $a) { age } }",
        "query($a: Int!) { __typename }",
    ),
    (
        "5.8.5",
        "All Variable Usages Are Allowed",
        "query($a: Int = 1) { dog(at: $a) { age } }",
        "query($a: Int) { dog(at: $a) { age } }",
    ),
    (
        "5.8.5",
        "All Variable Usages Are Allowed: OneOf",
        "query($a: Int!) { find(by: {age: $a}) { age } }",
        "query($a: Int) { find(by: {age: $a}) { age } }",
    ),
];

#[test]
fn each_rule_of_the_specification_is_held() {
    let whole = types(SDL);
    let without = SDL.lines().filter(|line| !line.starts_with("type Subscription"));
    let without = types(&without.collect::<Vec<_>>().join("\n"));
    let mut wrong = Vec::new();
    for (section, name, valid, invalid) in RULES {
        let types = if *section == "5.2.1.1" { &without } else { &whole };
        let judge = |text: &str| document::check(text, types, &Config::default());
        wrong.extend(judge(valid).err().map(|refused| format!("{section} {name}: {refused:?}")));
        wrong.extend(judge(invalid).is_ok().then(|| format!("{section} {name}: {invalid}")));
    }
    assert_eq!(wrong, Vec::<String>::new());
}
