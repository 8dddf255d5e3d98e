//! The books that exist, from `data/books.toml`.

use serde::Deserialize;

use super::{Library, LibraryError, cover, editions};
use crate::proto::catalog::v1::{Author, Book, Genre};
use crate::seed::Dice;

const BOOKS: &str = include_str!("../../data/books.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    authors: Vec<ListedAuthor>,
    books: Vec<ListedBook>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedAuthor {
    id: String,
    name: String,
    born: Option<i32>,
    died: Option<i32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedBook {
    id: u32,
    title: String,
    subtitle: Option<String>,
    authors: Vec<String>,
    year: Option<i32>,
    language: String,
    genre: String,
    pages: i32,
    subjects: Vec<String>,
    begins: Option<String>,
    blurb: String,
}

/// Adds all of them.
pub(super) fn add(library: &mut Library, seed: u64) -> Result<(), LibraryError> {
    let list: List = toml::from_str(BOOKS)?;
    for author in list.authors {
        library.add_author(Author {
            id: author.id,
            name: author.name,
            birth_year: author.born,
            death_year: author.died,
            book_count: 0,
        });
    }
    for listed in list.books {
        let book = book(library, listed, seed)?;
        library.add_book(book);
    }
    Ok(())
}

fn book(library: &Library, listed: ListedBook, seed: u64) -> Result<Book, LibraryError> {
    let mut names = Vec::new();
    for id in &listed.authors {
        let author = library
            .author(id)
            .ok_or_else(|| LibraryError::Author { book: listed.id, author: id.clone() })?;
        names.push(author.name.as_str());
    }
    let genre = Genre::from_str_name(&format!("GENRE_{}", listed.genre.to_uppercase()))
        .ok_or_else(|| LibraryError::Genre { book: listed.id, genre: listed.genre.clone() })?;

    let id = listed.id.to_string();
    let mut dice = Dice::new(seed, &format!("book {id}"));
    Ok(Book {
        cover: Some(cover::draw(&mut dice, &listed.title, &names, genre)),
        editions: editions::print(&mut dice, &id, listed.pages),
        identifiers: [("shelfmark".to_owned(), shelfmark(genre, &id))].into(),
        create_time: Some(editions::catalogued(&mut dice)),
        id,
        title: listed.title,
        subtitle: listed.subtitle,
        blurb: listed.blurb,
        first_sentence: listed.begins,
        page_count: listed.pages,
        author_ids: listed.authors,
        first_published_year: listed.year,
        original_language: listed.language,
        genre: genre.into(),
        subjects: listed.subjects,
    })
}

/// Where the book stands: the shelf's letter, then the book's number.
pub(super) fn shelfmark(genre: Genre, id: &str) -> String {
    let letter = genre.as_str_name().trim_start_matches("GENRE_").chars().next().unwrap_or('X');
    format!("{letter}-{id:0>4}")
}
