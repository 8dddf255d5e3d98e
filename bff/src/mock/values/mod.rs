//! Plausible values: what a field's name says about its texts, numbers and times.

mod lists;
pub(super) mod numbers;
pub(super) mod texts;
pub(super) mod times;

use super::hash::{Draw, Hash};

/// The object that values are made for. The same object has the same values, wherever it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    /// Of the seed, the type and the key.
    pub(super) hash: Hash,
    /// Texts are far longer than a page expects.
    pub(super) long: bool,
}

impl Subject {
    /// Numbers for one field of the object; `index` counts in lists.
    pub(super) fn draw(&self, field: &str, index: usize) -> Draw {
        self.hash.text(field).number(index as u64).draw()
    }
}

/// The words of a name in either case style, in lower case: `firstName`, `first_name` and `FIRST_NAME` are one.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            before = '_';
            continue;
        }
        let starts = before == '_' || (letter.is_uppercase() && !before.is_uppercase());
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words
}

/// Whether the words end with these, plural or not: `image_urls` ends with `url`.
fn ends_with(words: &[String], end: &str) -> bool {
    let mut rest = words.iter().rev();
    end.rsplit(' ').enumerate().all(|(place, wanted)| {
        rest.next().is_some_and(|word| {
            word == wanted || (place == 0 && singular(word).is_some_and(|word| word == wanted))
        })
    })
}

fn singular(word: &str) -> Option<String> {
    if let Some(stem) = word.strip_suffix("ies") {
        return Some(format!("{stem}y"));
    }
    if word.ends_with("sses") {
        return word.strip_suffix("es").map(str::to_owned);
    }
    word.strip_suffix('s').filter(|stem| !stem.ends_with('s')).map(str::to_owned)
}

/// The first row of a table whose words the name ends with.
fn find<T: Copy>(table: &[(&[&str], T)], words: &[String]) -> Option<T> {
    table
        .iter()
        .find(|(ends, _)| ends.iter().any(|end| ends_with(words, end)))
        .map(|(_, found)| *found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_style_have_the_same_words() {
        for name in ["firstName", "first_name", "FIRST_NAME", "FirstName"] {
            assert_eq!(words(name), ["first", "name"]);
        }
        assert_eq!(words("imageURL"), ["image", "url"]);
    }

    #[test]
    fn a_plural_is_its_singular() {
        for (name, end) in
            [("imageUrls", "url"), ("categories", "category"), ("addresses", "address")]
        {
            assert!(ends_with(&words(name), end), "{name} ends with {end}");
        }
        assert!(!ends_with(&words("address"), "addres"));
        assert!(ends_with(&words("cover_image_url"), "image url"));
    }
}
