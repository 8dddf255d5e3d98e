//! Times by the name of their field: plausible, and in the order in which such things happen.

use super::{Subject, find, words};

/// When in an object's life something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mock) enum Moment {
    /// Long ago.
    Birth,
    /// The beginning of the object, and steps after it: each later than the one before.
    Step(i64),
}

const DAY: i64 = 86_400;
/// 2023-01-01 and two years from there: the mock knows no today, or tomorrow's answers would differ.
const FIRST_DAY: i64 = 19_358;
const DAYS: i64 = 730;

const MOMENTS: &[(&[&str], Moment)] = &[
    (
        &["birth", "birthday", "birth date", "date of birth", "born", "dob", "birthdate"],
        Moment::Birth,
    ),
    (
        &[
            "update time",
            "updated",
            "updated at",
            "modified",
            "modified at",
            "paid at",
            "edited at",
            "last modified",
        ],
        Moment::Step(2),
    ),
    (
        &[
            "starts at",
            "start time",
            "start",
            "start date",
            "valid from",
            "from",
            "shipped at",
            "last login",
            "last seen",
        ],
        Moment::Step(3),
    ),
    (
        &[
            "ends at",
            "end time",
            "end",
            "end date",
            "valid until",
            "until",
            "valid to",
            "to",
            "expires at",
            "expire time",
            "expiry",
            "due",
            "due date",
            "delivered at",
            "closed at",
            "completed at",
            "deleted at",
            "delete time",
        ],
        Moment::Step(4),
    ),
    (&["published at", "publish time", "released at", "release date"], Moment::Step(1)),
];

impl Moment {
    pub(in crate::mock) fn of(name: &str) -> Self {
        find(MOMENTS, &words(name)).unwrap_or(Self::Step(0))
    }

    /// Seconds since 1970, in UTC.
    pub(in crate::mock) fn seconds(self, subject: &Subject, field: &str, index: usize) -> i64 {
        let mut draw = subject.draw(field, index);
        match self {
            Self::Birth => draw.between(-10_950, 13_100) * DAY,
            Self::Step(step) => {
                let begin = subject.draw("@begin", index).between(FIRST_DAY, FIRST_DAY + DAYS);
                // Each step has its own window of ten days, so that steps never overtake each other.
                (begin + step * 10) * DAY + draw.between(0, 9 * DAY)
            }
        }
    }
}

/// A moment as RFC 3339 writes it, in UTC: `2024-05-01T12:00:00Z`.
pub(in crate::mock) fn date_time(seconds: i64) -> String {
    let within = seconds.rem_euclid(DAY);
    format!("{}T{:02}:{:02}:{:02}Z", date(seconds), within / 3600, within / 60 % 60, within % 60)
}

/// The day of a moment: `2024-05-01`.
pub(in crate::mock) fn date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Seconds since 1970 of a text as [`date_time`] or [`date`] writes it, with or without a fraction and an offset.
pub(in crate::mock) fn parse(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let days = days(year, month, day);
    if civil(days) != (year, month, day) {
        return None;
    }
    if text.len() == 10 {
        return Some(days * DAY);
    }
    let clock = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    let zone =
        text.get(19..)?.trim_start_matches(|letter: char| letter == '.' || letter.is_ascii_digit());
    let offset = match zone.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), rest @ ..] if rest.len() == 5 => {
            let minutes =
                zone.get(1..3)?.parse::<i64>().ok()? * 60 + zone.get(4..6)?.parse::<i64>().ok()?;
            if *sign == b'+' { minutes * 60 } else { -minutes * 60 }
        }
        _ => return None,
    };
    Some(days * DAY + clock - offset)
}

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The same paper, `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::hash::Hash;

    #[test]
    fn what_is_written_is_what_is_read() {
        for seconds in [0, -1, 951_782_400, 1_714_564_800, 4_102_444_799] {
            assert_eq!(parse(&date_time(seconds)), Some(seconds));
        }
        assert_eq!(date_time(1_714_564_800), "2024-05-01T12:00:00Z");
        assert_eq!(parse("2024-05-01T14:00:00.5+02:00"), Some(1_714_564_800));
        assert_eq!(parse("2024-02-30"), None);
        assert_eq!(parse("soon"), None);
    }

    #[test]
    fn an_object_is_made_before_it_is_changed_and_changed_before_it_ends() {
        for key in 0..100 {
            let subject = Subject { hash: Hash::new(key), long: false };
            let at = |name: &str| Moment::of(name).seconds(&subject, name, 0);
            let life =
                ["createTime", "publishedAt", "updatedAt", "shippedAt", "deliveredAt"].map(at);
            assert!(life.is_sorted(), "{life:?}");
            assert!(at("birthDate") < at("createTime"));
        }
    }
}
