//! The forms in which a book is sold, all by the shop's own press.

use prost_types::{Duration, Timestamp};

use super::words::NARRATORS;
use crate::proto::catalog::v1::edition::Form;
use crate::proto::catalog::v1::{Audiobook, Binding, Ebook, Edition, Print};
use crate::seed::Dice;

const PRESS: &str = "Sidechannel Press";

/// The first book came in on 2012-03-01.
const OPENING: i64 = 1_330_560_000;
const DAY: i64 = 86_400;

/// The editions of a book: a paperback always, others by chance.
pub(super) fn print(dice: &mut Dice, book: &str, pages: i32) -> Vec<Edition> {
    let year = dice.between(1998, 2023);
    let edition = |suffix: &str, year, form| Edition {
        sku: format!("{book}-{suffix}"),
        publisher: PRESS.to_owned(),
        year,
        language: "en".to_owned(),
        form: Some(form),
    };

    let mut editions = vec![edition("PB", year, Form::Print(paper(Binding::Paperback, pages)))];
    if dice.chance(45) {
        editions.push(edition("HC", year - 1, Form::Print(paper(Binding::Hardcover, pages + 8))));
    }
    if dice.chance(12) {
        let year = dice.between(year, 2024);
        editions.push(edition("CL", year, Form::Print(paper(Binding::Cloth, pages + 16))));
    }
    if dice.chance(70) {
        let size = u64::from(pages.unsigned_abs()) * 2_300 + u64::from(dice.below(400_000));
        editions.push(edition(
            "EB",
            year.max(2011),
            Form::Ebook(Ebook { format: "EPUB".to_owned(), size }),
        ));
    }
    if dice.chance(30) {
        let audiobook = Audiobook {
            narrator: (*dice.pick(&NARRATORS)).to_owned(),
            // Somewhat under two minutes a page.
            running_time: Some(Duration {
                seconds: i64::from(pages) * 104 + i64::from(dice.below(600)),
                nanos: 0,
            }),
        };
        editions.push(edition("AU", year.max(2014), Form::Audiobook(audiobook)));
    }
    editions
}

/// When a book came into the catalogue.
pub(super) fn catalogued(dice: &mut Dice) -> Timestamp {
    let seconds = OPENING + i64::from(dice.below(4000)) * DAY + i64::from(dice.below(36_000));
    Timestamp { seconds, nanos: 0 }
}

fn paper(binding: Binding, pages: i32) -> Print {
    let cover = if binding == Binding::Paperback { 40 } else { 170 };
    Print {
        binding: binding.into(),
        page_count: pages,
        weight: cover + pages.unsigned_abs() * 11 / 10,
    }
}
