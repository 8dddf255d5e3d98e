//! How GraphQL and protobuf spell one name.

use prost_reflect::{FieldDescriptor, MessageDescriptor};

/// `priceCents` and `PriceCents` → `price_cents`; `HTTPStatus` → `http_status`.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(index + 1);
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `price_cents` and `priceCents` → `PriceCents`.
pub(crate) fn pascal(name: &str) -> String {
    let mut pascal = String::with_capacity(name.len());
    let mut upper = true;
    for letter in name.chars() {
        if letter == '_' {
            upper = true;
        } else if upper {
            pascal.extend(letter.to_uppercase());
            upper = false;
        } else {
            pascal.push(letter);
        }
    }
    pascal
}

/// `ProductStatus` → `PRODUCT_STATUS`.
pub(crate) fn screaming(name: &str) -> String {
    snake(name).to_uppercase()
}

/// `book_ids` → `book_id`; English plurals as far as names of keys need them.
pub(crate) fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes"] {
        if name.ends_with(ending) {
            return name[..name.len() - 2].to_owned();
        }
    }
    match name.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && !stem.is_empty() => stem.to_owned(),
        _ => name.to_owned(),
    }
}

/// The field of `message` that a GraphQL name means: by its own name, its JSON name, or, if that is only one, by its
/// letters alone.
pub(crate) fn field_of(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    let exact = message.get_field_by_name(name).or_else(|| message.get_field_by_json_name(name));
    exact.or_else(|| {
        let wanted = letters(name);
        let mut same = message.fields().filter(|field| letters(field.name()) == wanted);
        let first = same.next()?;
        same.next().is_none().then_some(first)
    })
}

fn letters(name: &str) -> String {
    name.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{pascal, screaming, singular, snake};

    #[test]
    fn snake_splits_words_where_a_person_would() {
        for (camel, expected) in [
            ("priceCents", "price_cents"),
            ("imageURL", "image_url"),
            ("HTTPStatus", "http_status"),
            ("_", "_"),
        ] {
            assert_eq!(snake(camel), expected);
        }
        assert_eq!(snake("line2Text"), "line2_text");
    }

    #[test]
    fn pascal_and_screaming_come_from_both_spellings() {
        assert_eq!(pascal("price_cents"), "PriceCents");
        assert_eq!(pascal("addReview"), "AddReview");
        assert_eq!(screaming("ProductStatus"), "PRODUCT_STATUS");
    }

    #[test]
    fn keys_in_the_plural_are_known_by_their_singular() {
        for (plural, expected) in [
            ("book_ids", "book_id"),
            ("ids", "id"),
            ("entries", "entry"),
            ("boxes", "box"),
            ("class", "class"),
            ("s", "s"),
        ] {
            assert_eq!(singular(plural), expected);
        }
    }
}
