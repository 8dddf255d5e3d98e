//! Numbers and flags by the name of their field.

use super::{Subject, find, words};

/// From, to, both included, in the units of a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mock) struct Range {
    low: i64,
    high: i64,
    /// How many digits a real number has after the point.
    digits: u32,
}

const fn range(low: i64, high: i64) -> Range {
    Range { low, high, digits: 0 }
}

const fn real(low: i64, high: i64, digits: u32) -> Range {
    Range { low, high, digits }
}

/// The first row that fits decides: the longer name stands above the shorter.
const RANGES: &[(&[&str], Range)] = &[
    (&["star", "rating", "rating value", "average", "average rating"], real(1, 5, 1)),
    (&["score", "probability", "confidence", "ratio", "relevance"], real(0, 1, 2)),
    (
        &["price cent", "amount cent", "cent", "amount minor", "minor", "minor unit"],
        range(499, 8999),
    ),
    (
        &[
            "price",
            "amount",
            "cost",
            "fee",
            "total price",
            "subtotal",
            "tax",
            "balance",
            "discount amount",
        ],
        real(5, 90, 2),
    ),
    (&["percent", "percentage", "discount", "percent off"], range(5, 50)),
    (&["nano"], range(0, 0)),
    (&["unit"], range(5, 90)),
    (&["pages", "page count", "number of page", "num page"], range(96, 880)),
    (&["death year"], range(2003, 2024)),
    (&["birth year"], range(1940, 2001)),
    (&["year"], range(1950, 2024)),
    (&["month"], range(1, 12)),
    (&["day", "day min", "day max"], range(1, 14)),
    (&["hour"], range(1, 12)),
    (&["minute", "reading time", "duration"], range(3, 180)),
    (&["second"], range(10, 3600)),
    (&["age"], range(18, 88)),
    (&["quantity", "qty"], range(1, 5)),
    (&["stock", "in stock", "on hand", "available", "reserved", "inventory"], range(0, 60)),
    (&["latitude", "lat"], real(-60, 70, 4)),
    (&["longitude", "lng", "lon"], real(-180, 180, 4)),
    (&["weight", "weight gram", "gram"], range(90, 1800)),
    (&["width", "height", "depth", "length", "width mm", "height mm", "depth mm"], range(10, 400)),
    (&["size", "size byte", "byte"], range(20_000, 9_000_000)),
    (
        &["page", "version", "level", "position", "rank", "priority", "edition", "order"],
        range(1, 12),
    ),
    (&["offset"], range(0, 0)),
    (&["port"], range(8000, 8999)),
    (&["status code", "http status"], range(200, 200)),
    (&["like", "view", "follower", "vote", "helpful", "download"], range(0, 4000)),
    (&["count", "total", "total size", "number", "num", "size"], range(1, 120)),
];

impl Range {
    /// What the name of a field says about its number.
    pub(in crate::mock) fn of(name: &str) -> Self {
        find(RANGES, &words(name)).unwrap_or(range(1, 1000))
    }

    pub(in crate::mock) fn whole(self, subject: &Subject, field: &str, index: usize) -> i64 {
        subject.draw(field, index).between(self.low, self.high)
    }

    /// A number with at most the digits that people write.
    pub(in crate::mock) fn real(self, subject: &Subject, field: &str, index: usize) -> f64 {
        let factor = 10_i64.pow(self.digits);
        let number = subject.draw(field, index).between(self.low * factor, self.high * factor);
        #[expect(clippy::cast_precision_loss, reason = "ranges are far below 2^53")]
        let real = number as f64 / factor as f64;
        real
    }
}

const DONE: &[&str] = &["success", "ok", "accepted", "done"];
const YES: &[&str] = &[
    "available",
    "in stock",
    "active",
    "enabled",
    "verified",
    "valid",
    "public",
    "visible",
    "published",
    "purchasable",
];
const NO: &[&str] = &[
    "deleted",
    "archived",
    "hidden",
    "blocked",
    "banned",
    "expired",
    "cancelled",
    "failed",
    "has next page",
    "has previous page",
    "has more",
    "truncated",
    "deprecated",
    "disabled",
];

/// What the name of a flag says about it: always so, mostly so, never so, or as chance has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mock) enum Flag {
    Always,
    Mostly,
    Never,
    Sometimes,
}

impl Flag {
    pub(in crate::mock) fn of(name: &str) -> Self {
        find(&[(DONE, Self::Always), (YES, Self::Mostly), (NO, Self::Never)], &words(name))
            .unwrap_or(Self::Sometimes)
    }

    pub(in crate::mock) fn value(self, subject: &Subject, field: &str, index: usize) -> bool {
        let drawn = subject.draw(field, index).between(0, 5);
        match self {
            Self::Always => true,
            Self::Mostly => drawn != 0,
            Self::Never => false,
            Self::Sometimes => drawn % 2 == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::hash::Hash;

    #[test]
    fn names_say_what_a_number_is() {
        assert_eq!(Range::of("stars"), real(1, 5, 1));
        assert_eq!(Range::of("priceCents"), range(499, 8999));
        assert_eq!(Range::of("page_count"), range(96, 880));
        assert_eq!(Range::of("reviewCount"), range(1, 120));
        assert_eq!(Range::of("whatever"), range(1, 1000));
    }

    #[test]
    fn a_real_number_has_the_digits_that_people_write() {
        for key in 0..50 {
            let subject = Subject { hash: Hash::new(key), long: false };
            let average = Range::of("average").real(&subject, "average", 0);
            assert!((1.0..=5.0).contains(&average));
            assert!(format!("{average}").len() <= 3, "{average}");
        }
    }

    #[test]
    fn a_mocked_list_has_no_next_page() {
        let subject = Subject { hash: Hash::new(1), long: false };
        assert!(!Flag::of("hasNextPage").value(&subject, "hasNextPage", 0));
    }
}
