//! How names of protobuf are spelled in GraphQL.

use crate::model::names::{pascal, snake};

/// `price_cents`, `PriceCents` and `PRICE_CENTS` → `priceCents`; `peerURLs` is one already; `__x` → `x`, since GraphQL
/// keeps two underscores to itself. `None` where nothing is left.
pub(super) fn camel(name: &str) -> Option<String> {
    if !name.contains('_') {
        return (!name.is_empty()).then(|| lowered(name));
    }
    let snake = snake(name);
    let mut words = snake.split('_').filter(|word| !word.is_empty());
    let mut camel = words.next()?.to_owned();
    for word in words {
        camel.push_str(&pascal(word));
    }
    Some(legal(camel))
}

/// `HashKV` → `hashKV`, `HTTPStatus` → `httpStatus`, `TTL` → `ttl`.
fn lowered(name: &str) -> String {
    let capitals = name.chars().take_while(|letter| !letter.is_lowercase()).count();
    let first_word = match capitals {
        0 | 1 => capitals,
        _ if capitals == name.chars().count() => capitals,
        // The last capital begins the next word.
        _ => capitals - 1,
    };
    let lower = |(index, letter): (usize, char)| {
        if index < first_word { letter.to_ascii_lowercase() } else { letter }
    };
    name.chars().enumerate().map(lower).collect()
}

/// A name may not begin with a digit.
fn legal(name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The names that a type may get, the short one first: `Book`, `CatalogBook`, `BookshopCatalogBook`,
/// `BookshopCatalogV1Book`. A type inside another has both names: `BookIdentifier`.
pub(super) fn type_names(package: &str, full_name: &str, suffix: &str) -> Vec<String> {
    let local = full_name.strip_prefix(package).unwrap_or(full_name).trim_start_matches('.');
    let base = local.split('.').map(pascal).reduce(|outer, inner| {
        // `Status.StatusCode` says it already.
        if inner.starts_with(&outer) { inner } else { outer + &inner }
    });
    let base = base.filter(|base| !base.is_empty()).unwrap_or_else(|| "Type".to_owned());
    let base = if base.ends_with(suffix) { legal(base) } else { legal(base) + suffix };
    let mut names = vec![base.clone()];
    names.extend(
        prefixes(package).into_iter().map(|prefix| legal(prefix) + base.trim_start_matches('_')),
    );
    names
}

/// `bookshop.catalog.v1` → `Catalog`, `BookshopCatalog`, `BookshopCatalogV1`.
pub(super) fn prefixes(package: &str) -> Vec<String> {
    let segments: Vec<&str> = package.split('.').filter(|segment| !segment.is_empty()).collect();
    let plain: Vec<&str> =
        segments.iter().copied().filter(|segment| !is_version(segment)).collect();
    let mut prefixes: Vec<String> = (0..plain.len())
        .rev()
        .map(|start| plain[start..].iter().map(|segment| pascal(segment)).collect())
        .collect();
    let whole: String = segments.iter().map(|segment| pascal(segment)).collect();
    if !whole.is_empty() && !prefixes.contains(&whole) {
        prefixes.push(whole);
    }
    prefixes
}

/// `v1`, `v1beta2`, `v2alpha`.
fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Whether GraphQL, or this schema language, has the name for something else.
pub(super) fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 21] = [
        "Query",
        "Mutation",
        "Subscription",
        "Int",
        "Float",
        "String",
        "Boolean",
        "ID",
        "DateTime",
        "Timestamp",
        "Duration",
        "Int64",
        "UInt64",
        "Long",
        "BigInt",
        "Base64",
        "Bytes",
        "JSON",
        "JSONObject",
        "FieldMask",
        "Any",
    ];
    RESERVED.contains(&name) || name.starts_with("__") || name.starts_with("anabranch__")
}

/// A name that is free: the first of `names` that is, else the first one with a number.
pub(super) fn free(names: &[String], is_taken: impl Fn(&str) -> bool) -> String {
    if let Some(name) = names.iter().find(|name| !is_taken(name)) {
        return name.clone();
    }
    let base = names.first().map_or("value", String::as_str);
    let numbered = (2..).map(|number| format!("{base}{number}")).find(|name| !is_taken(name));
    numbered.expect("there are more numbers than names")
}
