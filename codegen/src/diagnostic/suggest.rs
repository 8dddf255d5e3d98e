//! The name that was probably meant.

/// The candidate nearest to `name`, if one is near enough to be a slip of the keyboard.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = plain(name);
    let furthest = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= furthest)
        .min()
        .map(|(_, candidate)| candidate)
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn a_plural_and_a_slip_are_near() {
        assert_eq!(did_you_mean("book_id", ["title", "book_ids"]), Some("book_ids"));
        assert_eq!(did_you_mean("tilte", ["title", "book_ids"]), Some("title"));
        assert_eq!(did_you_mean("bookIds", ["title", "book_ids"]), Some("book_ids"));
    }

    #[test]
    fn another_word_is_not() {
        assert_eq!(did_you_mean("currency", ["amount", "book_id"]), None);
        assert_eq!(did_you_mean("id", ["amount"]), None);
    }
}
