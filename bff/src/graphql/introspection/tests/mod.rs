//! Introspection, held against that of graphql-js 16.15 for the same schema: `graphql_js.json` is what
//! `introspectionFromSchema` says with all options on, `query.graphql` what `getIntrospectionQuery` asks.

use serde_json::{Value, json};

use super::Introspection;
use crate::{
    error::Code,
    graphql::{config::Config, document::Document, refusal::Refusal, schema::TypeSystem},
    operation,
};

const SDL: &str = include_str!("schema.graphql");

fn introspect(text: &str, variables: &[Option<operation::Value>]) -> Result<Value, Refusal> {
    introspect_within(text, variables, &Config::default())
}

fn introspect_within(
    text: &str,
    variables: &[Option<operation::Value>],
    config: &Config,
) -> Result<Value, Refusal> {
    let types = TypeSystem::new(SDL).unwrap();
    let limit = usize::try_from(config.limits.introspection.0).unwrap();
    let introspection = Introspection::new(&types, limit).unwrap();
    let document = Document::new(text, None, &types, config)?;
    let operation = document.lower(&types, config, &|_| None, false)?.operation;
    let mut answer = json!({});
    for field in &operation.fields {
        let bytes = introspection.answer(field, variables)?;
        answer[field.response_key.as_str()] = serde_json::from_slice(&bytes).unwrap();
    }
    Ok(answer)
}

fn sort(list: &mut Value) {
    let by_name = |item: &Value| item["name"].as_str().unwrap().to_owned();
    list.as_array_mut().unwrap().sort_by_key(by_name);
}

fn is_standard(name: &str) -> bool {
    name.starts_with("__") || ["String", "Int", "Float", "Boolean", "ID"].contains(&name)
}

#[test]
fn the_whole_schema_is_told_as_graphql_js_tells_it() {
    let mut theirs: Value = serde_json::from_str(include_str!("graphql_js.json")).unwrap();
    let mut ours = introspect(include_str!("query.graphql"), &[]).unwrap();
    let types = ours["__schema"]["types"].as_array_mut().unwrap();
    types.retain(|ty| !is_standard(ty["name"].as_str().unwrap()));
    let directives = ours["__schema"]["directives"].as_array_mut().unwrap();
    directives.retain(|directive| directive["name"] == "hint");
    for answer in [&mut ours, &mut theirs] {
        sort(&mut answer["__schema"]["types"]);
    }
    let (ours_types, their_types) = (&ours["__schema"]["types"], &theirs["__schema"]["types"]);
    for (ours, theirs) in ours_types.as_array().unwrap().iter().zip(their_types.as_array().unwrap())
    {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours, theirs);
}

#[test]
fn the_standard_types_and_directives_are_told() {
    let answer = introspect("{ __schema { types { name } directives { name } } }", &[]).unwrap();
    let names = |list: &str| -> Vec<String> {
        let list = answer["__schema"][list].as_array().unwrap();
        list.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    for name in
        ["__Schema", "__Type", "__DirectiveLocation", "String", "Boolean", "Int", "Float", "ID"]
    {
        assert!(names("types").contains(&name.to_owned()), "{name}");
    }
    let mut directives = names("directives");
    directives.sort();
    assert_eq!(
        directives,
        ["defer", "deprecated", "hint", "include", "oneOf", "skip", "specifiedBy", "stream"]
    );
}

#[test]
fn deprecated_things_are_told_to_those_who_ask() {
    let text = "query($all: Boolean!) { __type(name: \"Sort\") { enumValues(includeDeprecated: $all) { name } } }";
    let names = |all: bool| introspect(text, &[Some(operation::Value::Boolean(all))]).unwrap();
    assert_eq!(
        names(false),
        json!({"__type": {"enumValues": [{"name": "NEWEST"}, {"name": "OLDEST"}]}})
    );
    assert_eq!(names(true)["__type"]["enumValues"][2], json!({"name": "RANDOM"}));
}

#[test]
fn aliases_fragments_and_unknown_types_are_answered() {
    let answer = introspect(
        "{ a: __type(name: \"Nope\") { name } b: __type(name: \"Author\") { ...T n: name __typename } }
         fragment T on __Type { kind fields { type { __typename name } } }",
        &[],
    );
    assert_eq!(
        answer.unwrap(),
        json!({"a": null, "b": {
            "kind": "OBJECT",
            "fields": [{"type": {"__typename": "__Type", "name": "String"}}],
            "n": "Author",
            "__typename": "__Type",
        }})
    );
}

#[test]
fn an_answer_longer_than_the_limit_is_refused() {
    let mut config = Config::default();
    config.limits.introspection.0 = 1000;
    let refusal = introspect_within(include_str!("query.graphql"), &[], &config).unwrap_err();
    assert_eq!(refusal.code, Code::LimitExceeded);
    assert_eq!(refusal.faults[0].message, "The introspection asked for is longer than 1000 bytes.");
}

#[test]
fn introspection_can_be_turned_off() {
    let config = Config { introspection: false, ..Config::default() };
    let refusal = introspect_within("{ x: __schema { queryType { name } } }", &[], &config);
    assert_eq!(
        refusal.unwrap_err().faults[0].message,
        "Introspection is turned off here, so \"__schema\" cannot be selected."
    );
}
