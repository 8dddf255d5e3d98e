//! Finding books and authors by the words of their names.

use tonic::Status;

use crate::library::Library;
use crate::proto::catalog::v1::SearchHit;
use crate::proto::catalog::v1::search_hit::Result as Found;

/// What has all words of the query in its name, best match first.
pub(super) fn hits(library: &Library, query: &str, limit: usize) -> Result<Vec<SearchHit>, Status> {
    let words: Vec<String> = query.split_whitespace().map(plain).collect();
    if words.is_empty() {
        return Err(Status::invalid_argument("there is nothing to search for"));
    }

    let books = library.books().iter().filter_map(|book| {
        let score = score(&words, &book.title)?;
        Some(SearchHit { result: Some(Found::Book(book.clone())), score })
    });
    let authors = library.authors().iter().filter_map(|author| {
        let score = score(&words, &author.name)?;
        Some(SearchHit { result: Some(Found::Author(author.clone())), score })
    });
    let mut hits: Vec<SearchHit> = authors.chain(books).collect();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits.truncate(limit);
    Ok(hits)
}

/// How much of a name the words cover; none when one of them is not in it.
fn score(words: &[String], name: &str) -> Option<f64> {
    let name = plain(name);
    if !words.iter().all(|word| name.contains(word.as_str())) {
        return None;
    }
    let covered: u32 = words.iter().map(|word| length(word)).sum();
    let letters: u32 = name.split_whitespace().map(length).sum();
    Some((f64::from(covered) / f64::from(letters.max(1))).min(1.0))
}

fn length(word: &str) -> u32 {
    u32::try_from(word.chars().count()).unwrap_or(u32::MAX)
}

/// Small letters without accents, so that "bronte" finds Brontë.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().map(without_accent).collect()
}

fn without_accent(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' | 'č' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' => 'o',
        'š' => 's',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::score;

    fn score_of(query: &str, name: &str) -> Option<f64> {
        score(&query.split(' ').map(str::to_owned).collect::<Vec<_>>(), name)
    }

    #[test]
    fn case_accents_and_order_do_not_matter() {
        assert!(score_of("bronte charlotte", "Charlotte Brontë").is_some());
        assert!(score_of("svejk", "The Good Soldier Švejk").is_some());
    }

    #[test]
    fn every_word_must_be_there() {
        assert_eq!(score_of("emily austen", "Jane Austen"), None);
    }

    #[test]
    fn the_whole_name_is_the_best_match() {
        assert_eq!(score_of("emma", "Emma"), Some(1.0));
        assert!(score_of("emma", "Emma and the Weir") < score_of("emma", "Emma"));
    }
}
