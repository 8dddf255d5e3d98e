//! What to read next: books that have something in common with a book.

use std::cmp::Reverse;
use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{keys, page_size};
use crate::library::Library;
use crate::proto::catalog::v1::Book;
use crate::proto::recommendations::v1::recommendations_server::{
    Recommendations, RecommendationsServer,
};
use crate::proto::recommendations::v1::{
    BatchGetRecommendationsRequest, BatchGetRecommendationsResponse, Recommendation,
};

const MAX_KEYS: usize = 50;

/// Somebody who has read everything.
#[derive(Debug)]
pub(crate) struct Bookseller(Arc<Library>);

impl Bookseller {
    pub(crate) fn new(library: Arc<Library>) -> Self {
        Self(library)
    }

    pub(crate) fn server(self) -> RecommendationsServer<Self> {
        RecommendationsServer::new(self)
    }

    /// The books that have most in common with one; of equals, those nearest to it in the catalogue.
    fn recommend(&self, book: &Book, limit: usize) -> Vec<String> {
        let place = place(book);
        let mut others: Vec<_> = self
            .0
            .books()
            .iter()
            .filter(|other| other.id != book.id)
            .filter_map(|other| match kinship(book, other) {
                0 => None,
                kinship => Some((Reverse(kinship), self::place(other).abs_diff(place), &other.id)),
            })
            .collect();
        others.sort_unstable();
        others.into_iter().take(limit).map(|(.., id)| id.clone()).collect()
    }
}

#[tonic::async_trait]
impl Recommendations for Bookseller {
    async fn batch_get_recommendations(
        &self,
        request: Request<BatchGetRecommendationsRequest>,
    ) -> Result<Response<BatchGetRecommendationsResponse>, Status> {
        let request = request.into_inner();
        let limit = page_size(request.page_size, 4, 20)?;
        let ids = keys(request.book_ids, MAX_KEYS)?;
        let recommendations = ids
            .into_iter()
            .filter_map(|id| {
                let recommended_book_ids = self.recommend(self.0.book(&id)?, limit);
                Some(Recommendation { book_id: id, recommended_book_ids })
            })
            .collect();
        Ok(Response::new(BatchGetRecommendationsResponse { recommendations }))
    }
}

/// How much two books have in common: subjects count most, then the genre, then an author, for whoever likes one book of
/// an author has found the others already.
fn kinship(book: &Book, other: &Book) -> usize {
    let subjects = other.subjects.iter().filter(|subject| book.subjects.contains(subject)).count();
    let genre = usize::from(book.genre == other.genre);
    let author =
        usize::from(other.author_ids.iter().any(|author| book.author_ids.contains(author)));
    4 * subjects + 2 * genre + author
}

/// The number of a book.
fn place(book: &Book) -> u32 {
    book.id.parse().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::kinship;
    use crate::proto::catalog::v1::{Book, Genre};

    fn book(subjects: &[&str], genre: Genre, author: &str) -> Book {
        Book {
            subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
            genre: genre.into(),
            author_ids: vec![author.to_owned()],
            ..Book::default()
        }
    }

    #[test]
    fn a_shared_subject_counts_more_than_genre_and_author_together() {
        let whales = book(&["whaling"], Genre::Adventure, "a");
        let same_subject = book(&["whaling"], Genre::Poetry, "b");
        let same_shelf = book(&["bees"], Genre::Adventure, "a");
        assert!(kinship(&whales, &same_subject) > kinship(&whales, &same_shelf));
        assert_eq!(kinship(&whales, &book(&["bees"], Genre::Poetry, "b")), 0);
    }
}
