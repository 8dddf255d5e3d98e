//! One thing that is wrong with a configuration, in words that say what to write instead.

use std::fmt;

use strsim::levenshtein;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// `anabranch.toml:12`, or the name of an environment variable.
    pub(super) place: Option<String>,
    /// The names that lead to the key, outermost first.
    pub(super) path: Vec<String>,
    pub(super) message: String,
}

impl Fault {
    /// The table that the key stands in; of a fault without a key none that has settings.
    pub(super) fn table(&self) -> Option<&[String]> {
        self.path.split_last().map(|(_, table)| table)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(formatter, "{place}: ")?;
        }
        for (index, name) in self.path.iter().enumerate() {
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let dot = if index == 0 { "" } else { "." };
            if plain {
                write!(formatter, "{dot}{name}")?;
            } else {
                write!(formatter, "{dot}\"{name}\"")?;
            }
        }
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(formatter, "{colon}{}", self.message)
    }
}

/// What serde says of a value, in our words.
pub(super) fn explain(said: &str, value: Option<&toml::Value>) -> String {
    let shown = value.map(|value| format!("`{}` ", value.to_string().trim()));
    let shown = shown.unwrap_or_default();
    for fault in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let Some((_, expected)) =
            said.strip_prefix(fault).and_then(|rest| rest.split_once(", expected "))
        {
            return format!("{shown}does not fit; write {}", accepted(expected));
        }
    }
    said.to_owned()
}

/// What is unknown, and the names that are known where it stands.
pub(super) fn unknown_key(said: &str) -> Option<(String, Vec<String>)> {
    let rest = said.strip_prefix("unknown field `")?;
    let (name, rest) = rest.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some((name.to_owned(), known))
}

/// What was meant, perhaps.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let nearest = known.min_by_key(|known| levenshtein(name, known));
    nearest.filter(|nearest| levenshtein(name, nearest) <= (name.len() / 3).max(1))
}

/// A message for a key that nobody knows.
pub(super) fn unknown(name: &str, known: &[String]) -> String {
    match nearest(name, known.iter().map(String::as_str)) {
        Some(nearest) => format!("there is no such key; did you mean `{nearest}`?"),
        None if known.is_empty() => "there is no such key".to_owned(),
        None => format!("there is no such key; those here are `{}`", known.join("`, `")),
    }
}

fn accepted(expected: &str) -> String {
    match expected {
        "a boolean" => "`true` or `false`".to_owned(),
        "a string" => "a text in quotes".to_owned(),
        "a sequence" => "a list, like `[\"one\", \"two\"]`".to_owned(),
        "a map" => "a table".to_owned(),
        "any valid TOML value" => "a whole number of at most 64 bits".to_owned(),
        "f64" => "a number".to_owned(),
        "u16" | "u32" | "u64" | "usize" => "a whole number, not negative".to_owned(),
        "nonzero u16" | "a nonzero u16" => "a whole number from 1 to 65535".to_owned(),
        expected if expected.starts_with("struct ") => "a table".to_owned(),
        expected => expected.to_owned(),
    }
}
