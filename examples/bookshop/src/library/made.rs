//! The books that nobody has written: made from the seed, so that the catalogue is as long as a real one.

use std::collections::HashSet;

use super::words::{
    BELONGINGS, EVENTS, FAMILY_NAMES, FIRST_NAMES, OUTCOMES, PEOPLE, PLACES, QUALITIES, SUBJECTS,
    THINGS,
};
use super::{Library, SIZE, cover, editions, real};
use crate::proto::catalog::v1::{Author, Book, Genre};
use crate::seed::Dice;

/// Made-up books are numbered from here on, so that more real ones find room below.
const FIRST_ID: usize = 1001;
const AUTHORS: usize = 240;

const GENRES: [Genre; 10] = [
    Genre::Novel,
    Genre::Novel,
    Genre::Novel,
    Genre::ShortStories,
    Genre::Adventure,
    Genre::Mystery,
    Genre::Mystery,
    Genre::Gothic,
    Genre::Children,
    Genre::Travel,
];

/// Fills the library up with books by made-up authors.
pub(super) fn add(library: &mut Library, seed: u64) {
    let authors = authors(seed);
    let mut titles: HashSet<String> =
        library.books().iter().map(|book| book.title.clone()).collect();
    let mut writing = HashSet::new();
    for number in 0..SIZE - library.books().len() {
        let id = (FIRST_ID + number).to_string();
        let mut dice = Dice::new(seed, &format!("book {id}"));
        let title = unused_title(&mut dice, &mut titles);
        // The first books go round, so that everybody has written one.
        let mut by = vec![authors.get(number).unwrap_or_else(|| dice.pick(&authors))];
        if dice.chance(8) {
            let other = dice.pick(&authors);
            if other.id != by[0].id {
                by.push(other);
            }
        }
        library.add_book(book(&mut dice, id, title, &by));
        writing.extend(by.into_iter().map(|author| author.id.clone()));
    }
    for author in authors {
        if writing.contains(&author.id) {
            library.add_author(author);
        }
    }
}

fn authors(seed: u64) -> Vec<Author> {
    let mut dice = Dice::new(seed, "authors");
    let mut names = HashSet::new();
    let mut authors = Vec::new();
    while authors.len() < AUTHORS {
        let name = format!("{} {}", dice.pick(&FIRST_NAMES), dice.pick(&FAMILY_NAMES));
        if !names.insert(name.clone()) {
            continue;
        }
        let born = dice.between(1800, 1890);
        authors.push(Author {
            id: name.to_lowercase().replace(' ', "-"),
            name,
            birth_year: Some(born),
            death_year: Some(born + dice.between(48, 90)),
            book_count: 0,
        });
    }
    authors
}

fn unused_title(dice: &mut Dice, titles: &mut HashSet<String>) -> String {
    loop {
        let title = title(dice);
        if titles.insert(title.clone()) {
            return title;
        }
    }
}

fn title(dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => format!("The {}'s {}", dice.pick(&PEOPLE), dice.pick(&BELONGINGS)),
        1 => format!("The {} of {}", dice.pick(&PEOPLE), dice.pick(&PLACES)),
        2 => format!("The {} {}", dice.pick(&QUALITIES), dice.pick(&THINGS)),
        3 => format!("The {} at {}", dice.pick(&THINGS), dice.pick(&PLACES)),
        4 => format!(
            "{} for the {}",
            with_article(dice.pick::<&str>(&BELONGINGS)),
            dice.pick(&PEOPLE)
        ),
        _ => format!("{} and the {}", dice.pick(&FIRST_NAMES), dice.pick(&THINGS)),
    }
}

/// "A key", "An almanac".
fn with_article(noun: &str) -> String {
    let article =
        if noun.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']) { "An" } else { "A" };
    format!("{article} {noun}")
}

fn book(dice: &mut Dice, id: String, title: String, by: &[&Author]) -> Book {
    let genre = *dice.pick(&GENRES);
    let pages = dice.between(8, 36) * 16;
    let names: Vec<&str> = by.iter().map(|author| author.name.as_str()).collect();
    let born = by.iter().filter_map(|author| author.birth_year).max().unwrap_or(1850);
    Book {
        blurb: format!(
            "{} in {} {}. {}",
            with_article(&dice.pick(&PEOPLE).to_lowercase()),
            dice.pick(&PLACES),
            dice.pick(&EVENTS),
            dice.pick(&OUTCOMES)
        ),
        cover: Some(cover::draw(dice, &title, &names, genre)),
        editions: editions::print(dice, &id, pages),
        identifiers: [("shelfmark".to_owned(), real::shelfmark(genre, &id))].into(),
        create_time: Some(editions::catalogued(dice)),
        first_published_year: Some(born + dice.between(24, 44)),
        subjects: subjects(dice),
        author_ids: by.iter().map(|author| author.id.clone()).collect(),
        original_language: "en".to_owned(),
        subtitle: None,
        first_sentence: None,
        page_count: pages,
        genre: genre.into(),
        id,
        title,
    }
}

fn subjects(dice: &mut Dice) -> Vec<String> {
    let mut subjects = Vec::new();
    for _ in 0..3 {
        let subject = (*dice.pick(&SUBJECTS)).to_owned();
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    subjects
}
