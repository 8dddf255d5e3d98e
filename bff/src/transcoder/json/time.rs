//! `google.protobuf.Timestamp` as RFC 3339 and `google.protobuf.Duration` as seconds.

use super::{
    Fault,
    number::{all_digits, padded, unsigned},
};
use crate::transcoder::raw::Room;

const DAY: i64 = 86_400;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what the message itself allows.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// About 10,000 years: what the message itself allows.
const LONGEST: u64 = 315_576_000_000;

/// Appends a moment: `"2026-01-31T09:30:00.250Z"`, with as many groups of three digits as are needed.
pub(in crate::transcoder) fn timestamp(
    out: &mut Vec<u8>,
    seconds: i64,
    nanos: i32,
) -> Result<(), Fault> {
    if !SECONDS.contains(&seconds) {
        return Err(Fault::Moment);
    }
    if !(0..1_000_000_000).contains(&nanos) {
        return Err(Fault::Nanos);
    }
    let since_year_one = (seconds - SECONDS.start()) as u64;
    let (year, month, day) = civil((since_year_one / DAY as u64) as u32 + MARCH_OF_YEAR_ZERO);
    let second = (since_year_one % DAY as u64) as u32;
    let two = |number: u32| [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
    let [y0, y1] = two(year / 100);
    let [y2, y3] = two(year % 100);
    let [m0, m1] = two(month);
    let [d0, d1] = two(day);
    let [h0, h1] = two(second / 3600);
    let [n0, n1] = two(second / 60 % 60);
    let [s0, s1] = two(second % 60);
    let room = Room::<32>::of(out).put::<20, 12>(
        &[
            b'"', y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0,
            s1,
        ],
        20,
    );
    let nanos = nanos.unsigned_abs();
    let [f0, f1, f2, f3, f4, f5, f6, f7] = all_digits(u64::from(nanos / 10));
    let count = match nanos {
        0 => 0,
        _ if nanos.is_multiple_of(1_000_000) => 4,
        _ if nanos.is_multiple_of(1_000) => 7,
        _ => 10,
    };
    let last = b'0' + (nanos % 10) as u8;
    room.put::<10, 2>(&[b'.', f0, f1, f2, f3, f4, f5, f6, f7, last], count)
        .put::<2, 0>(b"Z\"", 2)
        .end();
    Ok(())
}

/// Appends a span: `"1.5s"`, without zeros at the end.
pub(in crate::transcoder) fn duration(
    out: &mut Vec<u8>,
    seconds: i64,
    nanos: i32,
) -> Result<(), Fault> {
    duration_without(b"0", out, seconds, nanos)
}

/// Appends a span as ProtoJSON has it: `"1.500s"`, with as many groups of three digits as are needed.
pub(in crate::transcoder) fn canonical_duration(
    out: &mut Vec<u8>,
    seconds: i64,
    nanos: i32,
) -> Result<(), Fault> {
    duration_without(b"000", out, seconds, nanos)
}

/// `zeros` are left out at the end, as often as they stand there.
fn duration_without(
    zeros: &[u8],
    out: &mut Vec<u8>,
    seconds: i64,
    nanos: i32,
) -> Result<(), Fault> {
    let signs_differ = (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0);
    if seconds.unsigned_abs() > LONGEST || nanos.unsigned_abs() > 999_999_999 || signs_differ {
        return Err(Fault::Span);
    }
    out.push(b'"');
    if seconds < 0 || nanos < 0 {
        out.push(b'-');
    }
    unsigned(out, seconds.unsigned_abs());
    if nanos != 0 {
        out.push(b'.');
        padded(out, nanos.unsigned_abs(), 9);
        while out.ends_with(zeros) {
            out.truncate(out.len() - zeros.len());
        }
    }
    out.extend_from_slice(b"s\"");
    Ok(())
}

/// Days from 0000-03-01 to 0001-01-01 and to 1970-01-01.
const MARCH_OF_YEAR_ZERO: u32 = 306;
const MARCH_TO_EPOCH: i64 = 719_468;

/// Year, month and day of a day counted from 0000-03-01. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`.
fn civil(days: u32) -> (u32, u32, u32) {
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    (year, month, day)
}

/// The day counted from 1970-01-01 of a date; `days_from_civil` of the same source.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - MARCH_TO_EPOCH
}

/// Seconds and nanoseconds of an RFC 3339 text with any offset; `None` where it is not one, or outside the years 1 to
/// 9999.
pub(in crate::transcoder) fn parse_timestamp(text: &str) -> Option<(i64, i32)> {
    let bytes = text.as_bytes();
    let date: &[u8; 19] = bytes.first_chunk()?;
    let punctuation = [(4, b"--"), (7, b"--"), (10, b"Tt"), (13, b"::"), (16, b"::")];
    if punctuation.iter().any(|(at, allowed)| !allowed.contains(&date[*at])) {
        return None;
    }
    let number = |from: usize, to: usize| digits(&date[from..to]);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let (nanos, offset) = parse_fraction(&bytes[19..])?;
    let day_number = days(year, month, day);
    let exists = year >= 1
        && (1..=12).contains(&month)
        && day >= 1
        && civil((day_number + MARCH_TO_EPOCH) as u32) == (year as u32, month as u32, day as u32);
    if !exists || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds =
        day_number * DAY + hour * 3600 + minute * 60 + second - parse_offset(offset)? * 60;
    SECONDS.contains(&seconds).then_some((seconds, nanos))
}

/// In minutes.
fn parse_offset(text: &[u8]) -> Option<i64> {
    let sign = match text.first()? {
        b'Z' | b'z' => return (text.len() == 1).then_some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let [h0, h1, b':', m0, m1] = text[1..] else { return None };
    let (hours, minutes) = (digits(&[h0, h1])?, digits(&[m0, m1])?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

/// Nanoseconds of a `.5` that may stand at the front, and what follows.
fn parse_fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let Some(fraction) = text.strip_prefix(b".") else { return Some((0, text)) };
    let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&length) {
        return None;
    }
    let scale = 10_i64.pow(9 - length as u32);
    Some(((digits(&fraction[..length])? * scale) as i32, &fraction[length..]))
}

/// Seconds and nanoseconds of a text like `-1.5s`.
pub(in crate::transcoder) fn parse_duration(text: &str) -> Option<(i64, i32)> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let bytes = text.as_bytes();
    let length = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=12).contains(&length) {
        return None;
    }
    let seconds = digits(&bytes[..length])?;
    let (nanos, rest) = parse_fraction(&bytes[length..])?;
    let fits = rest == b"s" && seconds.unsigned_abs() <= LONGEST;
    fits.then_some((sign * seconds, sign as i32 * nanos))
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: i64, nanos: i32) -> Result<String, Fault> {
        let mut out = Vec::new();
        timestamp(&mut out, seconds, nanos)?;
        Ok(serde_json::from_slice(&out).unwrap())
    }

    fn span(seconds: i64, nanos: i32) -> Result<String, Fault> {
        let mut out = Vec::new();
        duration(&mut out, seconds, nanos)?;
        Ok(serde_json::from_slice(&out).unwrap())
    }

    #[test]
    fn moments_have_no_more_digits_than_needed_in_groups_of_three() {
        assert_eq!(moment(0, 0).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(moment(1_000_000_000, 250_000_000).unwrap(), "2001-09-09T01:46:40.250Z");
        assert_eq!(moment(-1, 999_999_000).unwrap(), "1969-12-31T23:59:59.999999Z");
        assert_eq!(moment(951_782_400, 1).unwrap(), "2000-02-29T00:00:00.000000001Z");
    }

    #[test]
    fn moments_end_with_the_years_1_and_9999() {
        assert_eq!(moment(*SECONDS.start(), 0).unwrap(), "0001-01-01T00:00:00Z");
        assert_eq!(moment(*SECONDS.end(), 999_999_999).unwrap(), "9999-12-31T23:59:59.999999999Z");
        assert_eq!(moment(SECONDS.start() - 1, 0), Err(Fault::Moment));
        assert_eq!(moment(SECONDS.end() + 1, -1), Err(Fault::Moment));
        assert_eq!(moment(0, -1), Err(Fault::Nanos));
        assert_eq!(moment(0, 1_000_000_000), Err(Fault::Nanos));
        assert_eq!(moment(i64::MIN, 0), Err(Fault::Moment));
    }

    #[test]
    fn every_day_is_read_back() {
        for day in (SECONDS.start() / DAY..=SECONDS.end() / DAY).step_by(101) {
            let text = moment(day * DAY + 86_399, 0).unwrap();
            assert_eq!(parse_timestamp(&text), Some((day * DAY + 86_399, 0)), "{text}");
        }
    }

    #[test]
    fn moments_are_read_with_offsets_and_fractions() {
        assert_eq!(parse_timestamp("1970-01-01T01:00:00.5+01:00"), Some((0, 500_000_000)));
        assert_eq!(parse_timestamp("1969-12-31t22:30:00-01:30"), Some((0, 0)));
        for wrong in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01 00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-00-01T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.1234567890Z",
            "1970-01-01T00:00:00ZZ",
            "1970-01-01T00:00:00+24:00",
            "0001-01-01T00:00:00+01:00",
            "0000-12-31T00:00:00Z",
            "+970-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_timestamp(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn spans_are_written_and_read_with_their_sign() {
        for (seconds, nanos, text) in [
            (0, 0, "0s"),
            (1, 500_000_000, "1.5s"),
            (-1, -1, "-1.000000001s"),
            (0, -500_000_000, "-0.5s"),
            (315_576_000_000, 0, "315576000000s"),
        ] {
            assert_eq!(span(seconds, nanos).unwrap(), text);
            assert_eq!(parse_duration(text), Some((seconds, nanos)));
        }
        for wrong in ["", "1", "s", "1.s", "--1s", "1.5", "+1s", "315576000001s", "1.5ss"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
        assert!(span(1, -1).is_err());
        assert!(span(-1, 1).is_err());
        assert!(span(0, i32::MIN).is_err());
        assert!(span(i64::MIN, 0).is_err());
    }
}
