//! What variables take, and what is said of what they do not take.

use apollo_compiler::ast;
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::{coerce, json::Json};
use crate::{
    error::Code,
    graphql::{
        config::{Config, Limits},
        lines::Lines,
        lower,
        refusal::Refusal,
        tests::{SDL, print_value, types},
    },
    operation::Value,
};

/// Coerces `json` for an operation with these variables.
fn values(variables: &str, json: &str, limits: &Limits) -> Result<Vec<Option<Value>>, Refusal> {
    values_of(variables, json, limits, true)
}

fn values_of(
    variables: &str,
    json: &str,
    limits: &Limits,
    introspection: bool,
) -> Result<Vec<Option<Value>>, Refusal> {
    let types = types(SDL);
    let text = format!("query({variables}) {{ __typename }}");
    let document = ast::Document::parse(text.as_str(), "query.graphql").unwrap();
    let document = document.to_executable(&types.schema).unwrap();
    let variables =
        lower::variables(&types, document.operations.get(None).unwrap(), &Lines::new(&text))
            .unwrap();
    let raw = RawValue::from_string(json.to_owned()).unwrap();
    let config = Config { limits: limits.clone(), introspection, ..Config::default() };
    coerce(&variables, &types.inputs, Some(&raw), &config)
}

#[track_caller]
fn check(variables: &str, json: &str, expected: &str) {
    let values = values(variables, json, &Limits::default()).unwrap();
    let printed: Vec<String> = values
        .iter()
        .map(|value| value.as_ref().map_or_else(|| "-".to_owned(), print_value))
        .collect();
    assert_eq!(printed.join(" "), expected, "{variables} {json}");
}

#[track_caller]
fn check_refused(variables: &str, json: &str, expected: &[&str]) {
    let refusal = values(variables, json, &Limits::default()).unwrap_err();
    let messages: Vec<&str> = refusal.faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!((refusal.code, messages.as_slice()), (Code::BadUserInput, expected), "{json}");
}

#[test]
fn a_fault_stands_where_its_variable_is_declared() {
    let refusal = values("$x: Int, $y: [Int!]!", r#"{"x": "a"}"#, &Limits::default()).unwrap_err();
    let columns = refusal.faults.iter().map(|fault| fault.locations[0].column);
    assert_eq!(columns.collect::<Vec<_>>(), [7, 16]);
}

#[test]
fn scalars_take_what_the_specification_says() {
    check("$x: Int", r#"{"x": -2147483648}"#, "-2147483648");
    check("$x: Int", r#"{"x": 1e3}"#, "1000");
    check("$x: Float", r#"{"x": 1}"#, "1.0");
    check("$x: String", r#"{"x": "gr\u00f6\u00dfe \"\n\ud83e\udd80"}"#, r#""größe \"\n🦀""#);
    check("$x: Boolean", r#"{"x": false}"#, "false");
    check("$x: ID", r#"{"x": 18446744073709551616}"#, r#""18446744073709551616""#);
    check("$x: ID", r#"{"x": "a"}"#, r#""a""#);
    check("$x: Sort", r#"{"x": "OLDEST"}"#, "OLDEST");
}

#[test]
fn custom_scalars_take_anything() {
    check(
        "$x: JSON",
        r#" { "x" : { "a" : [ 1 , -2.5 , "t" , null , true ] , "big" : 18446744073709551615 } } "#,
        r#"{a: [1, -2.5, "t", null, true], big: 18446744073709551615}"#,
    );
}

#[test]
fn what_would_become_another_value_in_a_custom_scalar_is_refused() {
    let takes = "JSON takes numbers that 64 bits or a double hold, and texts of whole characters";
    let far = "9".repeat(401);
    for raw in ["1e400", "-1e400", "18446744073709551617", r#""\ud800""#, &far] {
        let shown: String = raw.chars().take(80).collect();
        let dots = if raw.len() > 80 { "…" } else { "" };
        let message = |place: &str| {
            format!("Variable \"$x\" got the invalid value {shown}{dots}{place}; {takes}.")
        };
        check_refused("$x: JSON", &format!("{{\"x\": {raw}}}"), &[&message("")]);
        let inside = format!("{{\"x\": {{\"a\": [0, {raw}]}}}}");
        check_refused("$x: JSON", &inside, &[&message(" at \"x.a[1]\"")]);
    }
    check_refused(
        "$x: JSON",
        r#"{"x": {"a\ud800": 1}}"#,
        &[&format!("Variable \"$x\" got the invalid value {{\"a\\ud800\": 1}}; {takes}.")],
    );
    check("$x: JSON", r#"{"x": 18446744073709551616}"#, "1.8446744073709552e19");
}

#[test]
fn a_single_value_is_a_list_of_one() {
    check("$x: [Int]", r#"{"x": 1}"#, "[1]");
    check("$x: [[Int]]", r#"{"x": 1}"#, "[[1]]");
    check("$x: [[Int]]", r#"{"x": [1, [2, 3], null]}"#, "[[1], [2, 3], null]");
    check("$x: [Int]", r#"{"x": null}"#, "null");
    check("$x: [Sort!]!", r#"{"x": []}"#, "[]");
}

#[test]
fn defaults_hold_where_nothing_is_given() {
    check(
        "$a: Int, $b: Int = 2, $c: Int = 3, $d: Int! = 4",
        r#"{"c": null, "unknown": [{}]}"#,
        "- 2 null 4",
    );
    check(
        "$f: Filter = {range: {to: 2}}",
        "{}",
        "{minStars: 1, sort: [NEWEST], range: {from: 0.0, to: 2.0}}",
    );
    check("$a: Int", "null", "-");
}

#[test]
fn input_objects_have_all_defaults_in_the_order_of_the_schema() {
    check(
        "$f: Filter",
        r#"{"f": {"and": {"minStars": null}, "near": {"place": 7}, "range": {"to": 1.5}}}"#,
        "{minStars: 1, sort: [NEWEST], range: {from: 0.0, to: 1.5}, near: {place: \"7\"}, and: [{minStars: null, sort: [NEWEST]}]}",
    );
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    check("$x: Int", r#"{"x": 1, "x": 2}"#, "2");
    check("$x: Range", r#"{"x": {"to": 1, "to": 2}}"#, "{from: 0.0, to: 2.0}");
}

#[test]
fn a_wrong_value_is_told_with_what_would_be_right() {
    let takes_int = "Int takes a whole number from -2147483648 to 2147483647.";
    for raw in ["2147483648", "1.5", "\"1\"", "true", "{}", "[1]", "1e400"] {
        let message = format!("Variable \"$x\" got the invalid value {raw}; {takes_int}");
        check_refused("$x: Int", &format!("{{\"x\": {raw} }}"), &[&message]);
    }
    check_refused(
        "$a: Float, $b: String, $c: Boolean, $d: ID, $e: Sort",
        r#"{"a": 1e400, "b": 1, "c": 0, "d": 1.5, "e": "newest"}"#,
        &[
            "Variable \"$a\" got the invalid value 1e400; Float takes a finite number.",
            "Variable \"$b\" got the invalid value 1; String takes a text.",
            "Variable \"$c\" got the invalid value 0; Boolean takes true or false.",
            "Variable \"$d\" got the invalid value 1.5; ID takes a text or a whole number.",
            "Variable \"$e\" got the invalid value \"newest\"; Sort takes NEWEST, OLDEST.",
        ],
    );
    check_refused(
        "$x: String",
        r#"{"x": "\ud800"}"#,
        &["Variable \"$x\" got the invalid value \"\\ud800\"; String takes a text."],
    );
}

#[test]
fn all_faults_are_told_at_once_with_their_places() {
    check_refused(
        "$r: ReviewInput!, $f: [Filter!], $n: Int!, $m: [Int!]!",
        r#"{"r": {"book": {}, "strs": 4}, "f": [{"and": [{"sort": ["BEST"]}, 3]}, null], "m": [1, null]}"#,
        &[
            "Variable \"$r\" got the invalid value {} at \"r.book\"; ID takes a text or a whole number.",
            "Variable \"$r\" got the invalid value 4; ReviewInput has no field \"strs\", only book, stars, text, extra.",
            "Variable \"$r\" lacks \"r.stars\" of the required type \"Int!\".",
            "Variable \"$f\" got the invalid value \"BEST\" at \"f[0].and[0].sort[0]\"; Sort takes NEWEST, OLDEST.",
            "Variable \"$f\" got the invalid value 3 at \"f[0].and[1]\"; Filter takes an object.",
            "Variable \"$f\" got the invalid value null at \"f[1]\"; Filter is never null; Filter takes an object.",
            "Variable \"$m\" got the invalid value null at \"m[1]\"; Int is never null; Int takes a whole number from -2147483648 to 2147483647.",
            "Variable \"$n\" of the required type \"Int!\" was not provided; Int takes a whole number from -2147483648 to 2147483647.",
        ],
    );
}

#[test]
fn names_of_a_schema_that_is_hidden_are_not_listed() {
    for (variables, json, fault) in [
        (
            "$r: ReviewInput!",
            r#"{"r": {"book": 1, "stars": 2, "strs": 4}}"#,
            "Variable \"$r\" got the invalid value 4; ReviewInput has no field \"strs\".",
        ),
        (
            "$e: Sort",
            r#"{"e": "newest"}"#,
            "Variable \"$e\" got the invalid value \"newest\"; Sort takes another value.",
        ),
    ] {
        let refused = values_of(variables, json, &Limits::default(), false).unwrap_err();
        assert_eq!(refused.faults[0].message, fault);
    }
}

#[test]
fn an_input_object_with_one_of_takes_exactly_one_field() {
    check("$n: Near", r#"{"n": {"city": "Rome"}}"#, r#"{city: "Rome"}"#);
    let takes = "Near takes exactly one field, which is not null.";
    for (json, has) in [
        ("{}", "0 fields"),
        (r#"{"city": "Rome", "place": 1}"#, "2 fields"),
        (r#"{"city": null}"#, "null"),
    ] {
        let message = format!("Variable \"$n\" has {has} at \"n\"; {takes}");
        check_refused("$n: Near", &format!("{{\"n\": {json}}}"), &[&message]);
    }
}

#[test]
fn variables_that_are_no_object_are_refused() {
    let refusal = values("$x: Int", "[1]", &Limits::default()).unwrap_err();
    assert_eq!(refusal.code, Code::BadRequest);
}

#[test]
fn values_that_nest_too_deep_are_refused() {
    let limits = Limits::default();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{{\"x\": {}1{}}}", open.repeat(50_000), close.repeat(50_000));
        let refusal = values("$x: JSON", &deep, &limits).unwrap_err();
        assert_eq!(refusal.code, Code::LimitExceeded);
        let message = "Lists and objects in `variables` nest deeper than 32 levels.";
        assert_eq!(refusal.faults[0].message, message);
        assert!(values("$y: Int", &deep, &limits).is_ok(), "what is not declared is passed over");
    }
    let nested = "{\"and\":".repeat(40) + "{}" + &"}".repeat(40);
    let refusal = values("$f: Filter", &format!("{{\"f\": {nested}}}"), &limits).unwrap_err();
    assert_eq!(refusal.code, Code::LimitExceeded);
}

#[test]
fn too_many_values_are_refused_with_defaults_counted() {
    let limits = Limits { input_values: 100, ..Limits::default() };
    let list = |item: &str, count: usize| format!("{{\"x\": [{}]}}", vec![item; count].join(","));
    assert!(values("$x: [Int]", &list("1", 99), &limits).is_ok());
    assert_eq!(
        values("$x: [Int]", &list("1", 100), &limits).unwrap_err().code,
        Code::LimitExceeded
    );
    assert_eq!(values("$x: JSON", &list("1", 100), &limits).unwrap_err().code, Code::LimitExceeded);
    assert!(values("$x: [Filter]", &list("{}", 20), &limits).is_ok());
    assert_eq!(
        values("$x: [Filter]", &list("{}", 25), &limits).unwrap_err().code,
        Code::LimitExceeded
    );
}

#[test]
fn thousands_of_faults_are_counted() {
    let json = format!("{{\"x\": [{}]}}", vec!["true"; 5000].join(","));
    let refusal = values("$x: [Int]", &json, &Limits::default()).unwrap_err();
    assert_eq!((refusal.faults.len(), refusal.left_out), (50, 4950));
}

/// The slow, obvious twin: a tree, read back.
fn from_tree(tree: &serde_json::Value) -> Value {
    match tree {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Boolean(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().unwrap()),
        },
        serde_json::Value::String(text) => Value::String(text.as_str().into()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(from_tree).collect()),
        serde_json::Value::Object(entries) => Value::Object(
            entries.iter().map(|(name, value)| (name.as_str().into(), from_tree(value))).collect(),
        ),
    }
}

fn trees() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "[ -~äß🦀\\\\\"\n]{0,8}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-z\\\\\"]{0,4}", inner, 0..6)
                .prop_map(serde_json::Value::from_iter),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_as_a_tree_would_be(tree in trees(), pretty in any::<bool>()) {
        let json = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) };
        let json = json.unwrap();
        let values = values("$x: JSON", &format!("{{\"x\":{json}}}"), &Limits::default()).unwrap();
        prop_assert_eq!(values[0].as_ref().unwrap(), &from_tree(&tree));
    }

    /// Only well-formed JSON comes here, but nothing may depend on it.
    #[test]
    fn text_that_is_not_json_ends_early(text in "[\\[\\]{}\",:a1\\\\ ä]{0,24}") {
        let mut json = Json::new(&text);
        json.open();
        let mut items = 0;
        while json.has_next() && items <= text.len() {
            json.key();
            json.raw();
            items += 1;
        }
    }
}
