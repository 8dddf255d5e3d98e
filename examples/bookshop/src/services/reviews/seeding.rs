//! The reviews that are there before anybody has written one.

use std::collections::HashSet;

use prost_types::Timestamp;

use super::super::accounts::READERS;
use super::texts;
use crate::library::Library;
use crate::proto::catalog::v1::Book;
use crate::proto::reviews::v1::Review;
use crate::seed::Dice;

/// The last of them was written on 2024-12-31.
const LAST: i64 = 1_735_603_200;

const GUESTS: [&str; 8] = [
    "A guest",
    "Somebody's aunt",
    "M. from the night train",
    "The back row of the book club",
    "A retired librarian",
    "H. K.",
    "Reading with cold feet",
    "A neighbour of the shop",
];

/// Reviews of all books, the oldest first. Books that people know have more of them.
pub(super) fn reviews(library: &Library, seed: u64) -> Vec<Review> {
    let mut reviews: Vec<Review> =
        library.books().iter().flat_map(|book| of_book(library, book, seed)).collect();
    reviews.sort_by_key(|review| review.create_time.map(|time| time.seconds));
    reviews
}

fn of_book(library: &Library, book: &Book, seed: u64) -> Vec<Review> {
    let mut dice = Dice::new(seed, &format!("reviews {}", book.id));
    let made_up = book.id.len() > 3;
    let (count, liked) = if made_up {
        (dice.between(0, 3), dice.between(30, 85))
    } else {
        (dice.between(2, 12), dice.between(60, 95))
    };
    let liked = liked.unsigned_abs();
    let author = book.author_ids.first().and_then(|id| library.author(id));
    let about = texts::About { book, author: author.map_or("the author", |author| &author.name) };

    let mut writers = HashSet::new();
    (0..count)
        .filter_map(|_| {
            let writer = (!dice.chance(10)).then(|| dice.below(READERS) + 1);
            // Nobody reviews a book twice; guests may.
            if writer.is_some_and(|writer| !writers.insert(writer)) {
                return None;
            }
            Some(review(&mut dice, &about, writer, liked))
        })
        .collect()
}

fn review(dice: &mut Dice, about: &texts::About<'_>, writer: Option<u32>, liked: u32) -> Review {
    let stars = stars(dice, liked);
    let since = about.book.create_time.map_or(0, |time| time.seconds);
    let days = u32::try_from((LAST - since) / 86_400).unwrap_or(0).max(1);
    let seconds = since + i64::from(dice.below(days)) * 86_400 + i64::from(dice.below(86_400));
    Review {
        id: String::new(),
        book_id: about.book.id.clone(),
        author_id: writer.map(|number| format!("u{number}")).unwrap_or_default(),
        signature: writer.is_none().then(|| (*dice.pick(&GUESTS)).to_owned()),
        stars,
        title: dice.chance(60).then(|| texts::title(dice, stars)),
        text: texts::text(dice, about, stars),
        create_time: Some(Timestamp { seconds, nanos: 0 }),
        helpful_count: dice.chance(60).then(|| dice.between(0, 40)),
        state: 0,
    }
}

/// More stars for books that so many of a hundred readers like.
fn stars(dice: &mut Dice, liked: u32) -> i32 {
    if dice.chance(liked) { dice.between(4, 5) } else { dice.between(1, 4) }
}
