//! Names of protobuf and GraphQL as Rust writes them, by the rules of prost-build.

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::{Ident, Span};

/// Keywords of any edition that may be raw identifiers.
const RAW: [&str; 47] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static",
    "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];
/// Keywords that may not.
const SUFFIXED: [&str; 6] = ["_", "super", "self", "Self", "extern", "crate"];

/// The name of a field, a module or a function; empty where no letter or digit is left.
pub(super) fn snake(name: &str) -> String {
    unreserved(name.to_snake_case())
}

/// The name of a type or an enum value; empty where no letter or digit is left.
pub(super) fn upper_camel(name: &str) -> String {
    unreserved(name.to_upper_camel_case())
}

/// The name of a value of `enumeration`, which it often begins with.
pub(super) fn variant(enumeration: &str, value: &str) -> String {
    let value = upper_camel(value);
    let rest = value.strip_prefix(&upper_camel(enumeration)).unwrap_or(&value);
    if rest.starts_with(char::is_uppercase) { unreserved(rest.to_owned()) } else { value }
}

/// A name of ours or of [`snake`] and [`upper_camel`] as a token.
pub(super) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// Text of a comment without what Rust refuses there: lone carriage returns, and signs that turn the direction of reading.
pub(super) fn comment(text: &str) -> String {
    let is_refused =
        |sign: char| matches!(sign, '\r' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|sign| !is_refused(*sign)).collect()
}

fn unreserved(name: String) -> String {
    if RAW.contains(&name.as_str()) {
        return format!("r#{name}");
    }
    if SUFFIXED.contains(&name.as_str()) {
        return format!("{name}_");
    }
    if name.starts_with(char::is_numeric) {
        return format!("_{name}");
    }
    name
}
