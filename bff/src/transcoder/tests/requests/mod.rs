//! Requests: templates, arguments, keys.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use tokio::time::Instant;

use super::{
    kit::{self, Builder, at, batch, call, joined, key_part, leaf},
    values::Message,
};
use crate::{
    context::{Context, Identity},
    contract::{
        self, Cardinality, Fill, Format, Input, InputField, InputValue, Join, Scalar, fill,
        input_value, join,
    },
    error::Code,
    operation::Value,
    plan::{Source, StepId},
    transcoder::{
        KeyTable, Program,
        scalar::raw,
        wire::{FIXED32, FIXED64},
    },
};

const STEP: StepId = StepId(0);

mod arguments;
mod guesses;
mod keys;
mod masks;
#[cfg(test)]
mod oneofs;
pub(in crate::transcoder) mod twin;

fn context() -> Context {
    let mut context = Context::anonymous(Instant::now());
    let claims = vec![("email".into(), "a@b.c".into())];
    context.identity = Some(Identity { subject: "ann".into(), claims });
    context.tenant = Some("acme".into());
    context.headers.insert("x-page", HeaderValue::from_static("7"));
    context.values.set("market", "de");
    context
}

fn input(cardinality: Cardinality, leaf: contract::Leaf) -> InputValue {
    InputValue {
        cardinality: cardinality.into(),
        value: Some(input_value::Value::Leaf(leaf)),
        map_key: None,
    }
}

fn fill(path: &[u32], source: fill::Source, value: InputValue) -> Fill {
    Fill { path: path.to_vec(), source: Some(source), value: Some(value), required: 0 }
}

fn argument(path: &[u32], name: &str, value: InputValue) -> Fill {
    fill(path, fill::Source::Argument(name.to_owned()), value)
}

fn filled(fills: Vec<Fill>) -> Join {
    Join { fills, ..call(Vec::new()) }
}

fn string(text: &str) -> Value {
    Value::String(text.into())
}

fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// The message that an argument makes of field 1; as a constant of the document and as a variable.
fn encoded(value: InputValue, argument_value: &Value) -> Result<Bytes, Code> {
    let program = |value: InputValue, given: Value| {
        let mut builder = Builder::new();
        builder.contract.enums = vec![contract::Enum {
            r#type: "Color".to_owned(),
            values: vec![contract::EnumValue { name: "RED".to_owned(), number: -2 }],
        }];
        builder.contract.inputs = inputs();
        let step = builder.step(filled(vec![argument(&[1], "it", value)]));
        builder.arguments(step, vec![("it", given)]);
        builder.compile()
    };
    let variable = Value::Variable { index: 0, default: None, never_null: false };
    let constant = program(value, argument_value.clone());
    let dynamic = program(value, variable);
    let none = context();
    let constant = constant.call(STEP).request(&[], &none).map_err(|error| error.code());
    let variables = [Some(argument_value.clone())];
    let dynamic = dynamic.call(STEP).request(&variables, &none).map_err(|error| error.code());
    assert_eq!(constant, dynamic);
    constant
}

/// Input 0 is `Page {size: Int, next: Page, tags: [String], deep: String, from: From}`; `deep` stands in message 4. Input 1
/// is `From @oneOf {token: String, offset: Int}`, a oneof of the same message.
fn inputs() -> Vec<Input> {
    let field = |name: &str, path: &[u32], value| InputField {
        name: name.to_owned(),
        path: path.to_vec(),
        value: Some(value),
    };
    let text = |cardinality| input(cardinality, leaf(Scalar::String, Format::String));
    let page_input = Input {
        r#type: "Page".to_owned(),
        message: "test.Page".to_owned(),
        fields: vec![
            field("size", &[1], input(Cardinality::Implicit, leaf(Scalar::Int32, Format::Int))),
            field("next", &[2], page()),
            field("tags", &[3], text(Cardinality::Repeated)),
            field("deep", &[4, 1], text(Cardinality::Implicit)),
            field("from", &[], InputValue { value: Some(input_value::Value::Input(1)), ..page() }),
        ],
    };
    let from = Input {
        r#type: "From".to_owned(),
        message: "test.Page".to_owned(),
        fields: vec![
            field("token", &[5], text(Cardinality::Explicit)),
            field("offset", &[6], input(Cardinality::Explicit, leaf(Scalar::Int32, Format::Int))),
        ],
    };
    vec![page_input, from]
}

fn page() -> InputValue {
    InputValue {
        cardinality: Cardinality::Explicit.into(),
        value: Some(input_value::Value::Input(0)),
        map_key: None,
    }
}

fn check(value: InputValue, given: &Value, expected: Message) {
    assert_eq!(encoded(value, given), Ok(Bytes::from(expected.0)), "{given:?}");
}

fn refused(value: InputValue, given: &Value) {
    assert_eq!(encoded(value, given), Err(Code::BadUserInput), "{given:?}");
}

fn message() -> Message {
    Message::default()
}
