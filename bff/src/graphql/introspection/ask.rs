//! The one document that async-graphql is asked.

use async_graphql::dynamic::Schema;
use serde::Deserialize;

use super::TypeInfo;
use crate::error::{Code, Error, Result};

/// How many lists and non-nulls around a type are asked for.
const WRAPPERS: usize = 24;

/// All types that async-graphql shows.
pub(super) fn ask(schema: &Schema) -> Result<Vec<TypeInfo>> {
    let response = futures::executor::block_on(schema.execute(document()));
    if let Some(error) = response.errors.into_iter().next() {
        return Err(refused(error.message));
    }
    let json = response.data.into_json().map_err(|error| refused(error.to_string()))?;
    let answer = Answer::deserialize(json).map_err(|error| refused(error.to_string()))?;
    Ok(answer.schema.types)
}

fn refused(reason: String) -> Error {
    let message = "async-graphql cannot tell the contract's schema";
    Error::with_source(Code::FailedPrecondition, message, reason)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "__schema")]
    schema: SchemaAnswer,
}

#[derive(Deserialize)]
struct SchemaAnswer {
    types: Vec<TypeInfo>,
}

fn document() -> String {
    let wrappers = "ofType { kind name ".repeat(WRAPPERS) + &"}".repeat(WRAPPERS);
    format!(
        "{{ __schema {{ types {{
            kind name description specifiedByURL isOneOf
            fields(includeDeprecated: true) {{
                name description args(includeDeprecated: true) {{ ...Input }} type {{ ...Type }} isDeprecated deprecationReason
            }}
            interfaces {{ name }}
            possibleTypes {{ name }}
            enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
            inputFields(includeDeprecated: true) {{ ...Input }}
        }} }} }}
        fragment Input on __InputValue {{
            name description type {{ ...Type }} defaultValue isDeprecated deprecationReason
        }}
        fragment Type on __Type {{ kind name {wrappers} }}"
    )
}
