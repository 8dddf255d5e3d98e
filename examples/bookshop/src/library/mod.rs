//! All books and authors of the shop: those that exist, and those that are made up so that there are enough.

mod cover;
mod editions;
mod made;
mod real;
mod words;

use std::collections::HashMap;

use crate::proto::catalog::v1::{Author, Book};

/// So many books there are, whatever the seed.
pub(crate) const SIZE: usize = 2000;

/// Why the list of books cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// It is not TOML, or misses something.
    #[error("it does not have the shape of a list of books")]
    Shape(#[from] toml::de::Error),
    /// A book is by somebody whom the list does not have.
    #[error("book {book} is by `{author}`, who is not in the list")]
    Author {
        /// The id of the book.
        book: u32,
        /// The id that no author has.
        author: String,
    },
    /// A book stands on a shelf that the catalog does not have.
    #[error("book {book} is of the genre `{genre}`, which the catalog does not have")]
    Genre {
        /// The id of the book.
        book: u32,
        /// The genre that there is not.
        genre: String,
    },
}

/// Books and authors, in the order of their making.
#[derive(Debug, Default)]
pub(crate) struct Library {
    books: Vec<Book>,
    authors: Vec<Author>,
    books_by_id: HashMap<String, usize>,
    authors_by_id: HashMap<String, usize>,
    books_by_author: HashMap<String, Vec<usize>>,
}

impl Library {
    /// The library of a seed.
    pub(crate) fn load(seed: u64) -> Result<Self, LibraryError> {
        let mut library = Self::default();
        real::add(&mut library, seed)?;
        made::add(&mut library, seed);
        library.index_authors();
        Ok(library)
    }

    pub(crate) fn books(&self) -> &[Book] {
        &self.books
    }

    pub(crate) fn authors(&self) -> &[Author] {
        &self.authors
    }

    pub(crate) fn book(&self, id: &str) -> Option<&Book> {
        Some(&self.books[*self.books_by_id.get(id)?])
    }

    pub(crate) fn author(&self, id: &str) -> Option<&Author> {
        Some(&self.authors[*self.authors_by_id.get(id)?])
    }

    /// The books of an author, oldest first.
    pub(crate) fn books_by(&self, author: &str) -> impl Iterator<Item = &Book> {
        self.books_by_author
            .get(author)
            .into_iter()
            .flatten()
            .map(|&position| &self.books[position])
    }

    fn add_author(&mut self, author: Author) {
        self.authors_by_id.insert(author.id.clone(), self.authors.len());
        self.authors.push(author);
    }

    fn add_book(&mut self, book: Book) {
        self.books_by_id.insert(book.id.clone(), self.books.len());
        self.books.push(book);
    }

    fn index_authors(&mut self) {
        for (position, book) in self.books.iter().enumerate() {
            for author in &book.author_ids {
                self.books_by_author.entry(author.clone()).or_default().push(position);
            }
        }
        for positions in self.books_by_author.values_mut() {
            positions.sort_by_key(|&position| self.books[position].first_published_year);
        }
        for author in &mut self.authors {
            let books = self.books_by_author.get(&author.id).map_or(0, Vec::len);
            author.book_count = i32::try_from(books).expect("far fewer books than that");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Library, SIZE};

    #[test]
    fn the_library_of_a_seed_is_always_the_same() {
        let first = Library::load(7).unwrap();
        let second = Library::load(7).unwrap();
        assert_eq!(first.books, second.books);
        assert_eq!(first.authors, second.authors);
    }

    #[test]
    fn another_seed_changes_what_is_made_up_and_not_what_is_real() {
        let (first, second) = (Library::load(1).unwrap(), Library::load(2).unwrap());
        assert_ne!(first.books, second.books);
        let facts = |library: &Library| {
            let book = library.book("42").unwrap();
            (book.title.clone(), book.first_published_year, book.author_ids.clone())
        };
        assert_eq!(facts(&first), facts(&second));
        assert_eq!(facts(&first).0, "Middlemarch");
    }

    #[test]
    fn every_book_has_what_the_page_shows() {
        let library = Library::load(1).unwrap();
        assert_eq!(library.books.len(), SIZE);
        let mut ids = HashSet::new();
        for book in library.books() {
            assert!(ids.insert(&book.id), "the id {} is given twice", book.id);
            assert!(!book.title.is_empty() && !book.blurb.is_empty(), "{book:?}");
            assert!(!book.author_ids.is_empty() && !book.editions.is_empty(), "{book:?}");
            assert!(book.page_count > 0 && book.cover.is_some(), "{book:?}");
            for author in &book.author_ids {
                assert!(
                    library.author(author).is_some(),
                    "{} is by {author}, who is missing",
                    book.id
                );
            }
        }
    }

    #[test]
    fn authors_share_books_and_have_several() {
        let library = Library::load(1).unwrap();
        let titles =
            |author| library.books_by(author).map(|book| book.title.as_str()).collect::<Vec<_>>();
        assert_eq!(titles("lloyd-osbourne"), ["The Wrong Box", "The Wrecker", "The Ebb-Tide"]);
        assert!(titles("robert-louis-stevenson").contains(&"The Wrong Box"));
        assert_eq!(library.author("lloyd-osbourne").unwrap().book_count, 3);
        assert!(library.authors().iter().all(|author| author.book_count > 0));
    }
}
