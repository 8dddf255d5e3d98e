//! Default values as introspection tells them: coerced to their types, and printed as graphql-js prints them.

use std::fmt::Write as _;

use apollo_compiler::{
    Schema,
    ast::{InputValueDefinition, Type},
    schema::ExtendedType,
};

use super::tables::TypeInfo;
use crate::{graphql::literal::Literals, operation::Value};

/// Puts the defaults of its arguments and fields into what async-graphql tells of a type.
pub(super) fn complete(info: &mut TypeInfo, schema: &Schema, ty: &ExtendedType) {
    for field in info.fields.iter_mut().flatten() {
        let definition = schema.type_field(ty.name(), &field.name).ok();
        for input in &mut field.args {
            let argument = definition.and_then(|field| field.argument_by_name(&input.name));
            input.default_value = argument.and_then(|argument| printed(schema, argument));
        }
    }
    let ExtendedType::InputObject(object) = ty else { return };
    for input in info.input_fields.iter_mut().flatten() {
        let field = object.fields.get(input.name.as_str());
        input.default_value = field.and_then(|field| printed(schema, field));
    }
}

/// The default of an argument or an input field, if it has one. A number for a custom scalar that nothing holds exactly is told
/// as it is written.
pub(super) fn printed(schema: &Schema, definition: &InputValueDefinition) -> Option<String> {
    let written = definition.default_value.as_ref()?;
    let literals = Literals::new(schema, &[]);
    let value = literals.value(&definition.ty, written);
    if !literals.unheld().is_empty() {
        return Some(written.serialize().no_indent().to_string());
    }
    let mut out = String::new();
    print(schema, &definition.ty, &value, &mut out);
    Some(out)
}

fn print(schema: &Schema, ty: &Type, value: &Value, out: &mut String) {
    match (ty, value) {
        (Type::List(item) | Type::NonNullList(item), Value::List(items)) => {
            separated(out, "[]", items, |item_value, out| print(schema, item, item_value, out));
        }
        (Type::Named(name) | Type::NonNullNamed(name), Value::Object(fields)) => {
            let input = match schema.types.get(name) {
                Some(ExtendedType::InputObject(input)) => Some(input),
                _ => None,
            };
            separated(out, "{}", fields, |(name, value), out| {
                out.push_str(name);
                out.push_str(": ");
                match input.and_then(|input| input.fields.get(&**name)) {
                    Some(field) => print(schema, &field.ty, value, out),
                    None => untyped(value, out),
                }
            });
        }
        (Type::Named(name) | Type::NonNullNamed(name), Value::String(text))
            if name == "ID" && is_integer(text) =>
        {
            out.push_str(text);
        }
        (Type::Named(name) | Type::NonNullNamed(name), Value::Enum(value))
            if matches!(schema.types.get(name), Some(ExtendedType::Enum(_))) =>
        {
            out.push_str(value);
        }
        _ => untyped(value, out),
    }
}

/// What a custom scalar takes, and everything that is printed alike whatever its type.
fn untyped(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Variable { .. } => out.push_str("null"),
        Value::Boolean(boolean) => out.push_str(if *boolean { "true" } else { "false" }),
        Value::Int(number) => put(out, format_args!("{number}")),
        Value::Unsigned(number) => put(out, format_args!("{number}")),
        Value::Float(number) => float(*number, out),
        Value::Enum(text) | Value::String(text) => string(text, out),
        Value::List(items) => separated(out, "[]", items, untyped),
        Value::Object(fields) => separated(out, "{}", fields, |(name, value), out| {
            out.push_str(name);
            out.push_str(": ");
            untyped(value, out);
        }),
    }
}

fn separated<T>(out: &mut String, marks: &str, items: &[T], print: impl Fn(&T, &mut String)) {
    out.push_str(&marks[..1]);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        print(item, out);
    }
    out.push_str(&marks[1..]);
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits == "0" || !digits.starts_with('0');
    is_plain && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Source: ECMA-262, `Number::toString`.
fn float(number: f64, out: &mut String) {
    let written = format!("{:e}", number.abs());
    let (digits, exponent) = written.split_once('e').expect("it is written with an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is an integer");
    if number < 0.0 {
        out.push('-');
    }
    if (-6..21).contains(&exponent) {
        put(out, format_args!("{}", number.abs()));
    } else {
        let sign = if exponent < 0 { "" } else { "+" };
        put(out, format_args!("{digits}e{sign}{exponent}"));
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() => put(out, format_args!("\\u{:04X}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
}

fn put(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to a String never fails");
}
