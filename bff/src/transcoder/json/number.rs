//! Numbers.

use super::Fault;
use crate::transcoder::raw::Room;

/// As many digits as a number of 64 bits has, and some room.
const LONGEST: usize = 24;

/// Room for an integer with its sign.
const INTEGER: usize = LONGEST + 2;

/// Appends a signed number.
#[inline]
pub(in crate::transcoder) fn signed(out: &mut Vec<u8>, value: i64) {
    let room = Room::<INTEGER>::of(out);
    put_integer::<INTEGER, 0>(room, value < 0, value.unsigned_abs()).end();
}

/// Appends an unsigned number.
#[inline]
pub(in crate::transcoder) fn unsigned(out: &mut Vec<u8>, value: u64) {
    put_unsigned::<LONGEST, 0>(Room::of(out), value).end();
}

/// Puts a number that is `magnitude` or, if it is negative, so much below zero.
#[inline(always)]
pub(in crate::transcoder) fn put_integer<const LEFT: usize, const REST: usize>(
    room: Room<'_, LEFT>,
    is_negative: bool,
    magnitude: u64,
) -> Room<'_, REST> {
    const { assert!(REST <= 1, "no more is left of the room that the sign leaves") };
    let room = room.put::<1, { LONGEST + 1 }>(b"-", usize::from(is_negative));
    put_unsigned(room, magnitude)
}

/// Puts an unsigned number.
#[inline(always)]
pub(in crate::transcoder) fn put_unsigned<const LEFT: usize, const REST: usize>(
    room: Room<'_, LEFT>,
    value: u64,
) -> Room<'_, REST> {
    if value < EIGHT_DIGITS {
        let (digits, count) = short_digits(value);
        return room.put(&digits, count);
    }
    let (digits, count) = long_digits(value);
    room.put::<LONGEST, REST>(&digits, count)
}

/// The first number of nine digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// The digits of a number below [`EIGHT_DIGITS`], and how many they are.
#[inline(always)]
fn short_digits(value: u64) -> ([u8; 8], usize) {
    let digits = eight_digits(value);
    // One is left of a zero.
    let zeros = (digits | 1 << 56).trailing_zeros() / 8;
    (((digits | ZEROS) >> (8 * zeros)).to_le_bytes(), 8 - zeros as usize)
}

/// `b"00000000"`.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The eight digits of a number below [`EIGHT_DIGITS`], each a byte, the first one lowest: divided into halves in one
/// word, and these again.
#[inline(always)]
fn eight_digits(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (twos - tens * 10) << 8
}

/// The digits of any number from [`EIGHT_DIGITS`] on, and how many they are.
#[inline(never)]
fn long_digits(value: u64) -> ([u8; LONGEST], usize) {
    let mut digits = [0; LONGEST];
    let (rest, low) = (value / EIGHT_DIGITS, value % EIGHT_DIGITS);
    let (first, middle) = (rest / EIGHT_DIGITS, rest % EIGHT_DIGITS);
    let mut count = 0;
    if first > 0 {
        let (top, top_count) = short_digits(first);
        digits[..8].copy_from_slice(&top);
        digits[top_count..top_count + 8].copy_from_slice(&all_digits(middle));
        count = top_count + 8;
    } else {
        let (top, top_count) = short_digits(middle);
        digits[..8].copy_from_slice(&top);
        count += top_count;
    }
    digits[count..count + 8].copy_from_slice(&all_digits(low));
    (digits, count + 8)
}

/// The eight digits of a number below [`EIGHT_DIGITS`].
#[inline]
pub(super) fn all_digits(value: u64) -> [u8; 8] {
    (eight_digits(value) | ZEROS).to_le_bytes()
}

/// Appends `value` with exactly `width` digits.
pub(super) fn padded(out: &mut Vec<u8>, value: u32, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    let mut rest = value;
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// Appends the shortest text that reads back as this double.
#[inline]
pub(in crate::transcoder) fn float64(out: &mut Vec<u8>, value: f64) -> Result<(), Fault> {
    put_float64::<FLOAT>(Room::of(out), value)
}

/// Room for a double of few decimals.
const FLOAT: usize = LONGEST + 4;

/// Puts the shortest text that reads back as this double.
#[inline(always)]
pub(in crate::transcoder) fn put_float64<const LEFT: usize>(
    room: Room<'_, LEFT>,
    value: f64,
) -> Result<(), Fault> {
    let Some(thousandths) = thousandths(value) else { return any_float64(room.end(), value) };
    let rest = thousandths % 1000;
    let (last, one) = (rest % 10, rest / 10 % 10);
    let count = if last > 0 { 3 } else { 1 + usize::from(one > 0) };
    let decimals = [b'.', b'0' + (rest / 100) as u8, b'0' + one as u8, b'0' + last as u8];
    put_unsigned::<LEFT, 4>(room, thousandths / 1000).put::<4, 0>(&decimals, 1 + count).end();
    Ok(())
}

/// A positive double of at most three decimals and less than eight digits before them, in thousandths. Of two different
/// texts of up to 15 digits no double is the nearest to both, so that no other text of so few digits reads back as it, let
/// alone a shorter one.
#[inline(always)]
fn thousandths(value: f64) -> Option<u64> {
    const LIMIT: f64 = 1e10;
    let scaled = value * 1000.0;
    if !(scaled < LIMIT && value.is_sign_positive()) {
        return None;
    }
    let thousandths = (scaled + 0.5) as i64;
    (thousandths as f64 / 1000.0 == value).then_some(thousandths as u64)
}

#[inline(never)]
fn any_float64(out: &mut Vec<u8>, value: f64) -> Result<(), Fault> {
    if !value.is_finite() {
        return Err(Fault::NotFinite);
    }
    out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    Ok(())
}

/// Appends the shortest text that reads back as this float: `0.1`, not what a double would show.
#[inline]
pub(in crate::transcoder) fn float32(out: &mut Vec<u8>, value: f32) -> Result<(), Fault> {
    if !value.is_finite() {
        return Err(Fault::NotFinite);
    }
    out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcoder::tests::random::{Random, seeds};

    #[test]
    fn integers_are_written_as_std_writes_them() {
        let mut value = 1_u64;
        for step in 0..64_u64 {
            for number in [value - 1, value, value + step, u64::MAX - value] {
                let mut out = Vec::new();
                unsigned(&mut out, number);
                out.push(b' ');
                signed(&mut out, number as i64);
                assert_eq!(String::from_utf8(out).unwrap(), format!("{number} {}", number as i64));
            }
            value = value.wrapping_mul(2).max(1);
        }
    }

    #[test]
    fn doubles_are_read_back_exactly() {
        let mut bits = 1_u64;
        for _ in 0..10_000 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let number = f64::from_bits(bits);
            let mut out = Vec::new();
            if float64(&mut out, number).is_ok() {
                let text = String::from_utf8(out).unwrap();
                assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits, "{text}");
            }
        }
    }

    #[test]
    fn doubles_of_few_decimals_are_written_as_the_search_for_the_shortest_writes_them() {
        let check = |number: f64| {
            let mut out = Vec::new();
            float64(&mut out, number).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text, zmij::Buffer::new().format_finite(number));
        };
        for number in (0..20_000).map(f64::from).chain([1e7, 1e10, 1e16, 1e-5, 1e300, 5e-324]) {
            for scale in [1.0, 10.0, 100.0, 1000.0, 10_000.0] {
                check(number / scale);
                check(-number / scale);
            }
        }
        for seed in seeds(2000) {
            let mut random = Random::new(seed);
            let number = (random.bits() >> random.below(64)) as f64 / 1000.0;
            check(number);
            check(f64::from_bits(number.to_bits() + 1));
            check(number + 0.0005);
        }
    }

    #[test]
    fn floats_are_short_and_finite() {
        let mut out = Vec::new();
        float32(&mut out, 0.1).unwrap();
        out.push(b' ');
        float64(&mut out, 0.1).unwrap();
        assert_eq!(out, b"0.1 0.1");
        assert_eq!(float64(&mut out, f64::NAN), Err(Fault::NotFinite));
        assert_eq!(float32(&mut out, f32::NEG_INFINITY), Err(Fault::NotFinite));
    }
}
