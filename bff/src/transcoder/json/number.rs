//! Numbers.

use super::Fault;

const PAIRS: [[u8; 2]; 100] = pairs();

const fn pairs() -> [[u8; 2]; 100] {
    let mut pairs = [[0; 2]; 100];
    let mut at = 0;
    while at < 100 {
        pairs[at] = [b'0' + (at / 10) as u8, b'0' + (at % 10) as u8];
        at += 1;
    }
    pairs
}

/// As many digits as a number of 64 bits has.
const LONGEST: usize = 20;

/// Appends a signed number.
#[inline]
pub(in crate::transcoder) fn signed(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    unsigned(out, value.unsigned_abs());
}

/// Appends an unsigned number.
#[inline]
pub(in crate::transcoder) fn unsigned(out: &mut Vec<u8>, value: u64) {
    match value {
        0..10 => out.push(b'0' + value as u8),
        10..100 => out.extend_from_slice(&PAIRS[value as usize]),
        _ => long(out, value),
    }
}

fn long(out: &mut Vec<u8>, mut value: u64) {
    // The digits end in the middle, so that a block of fixed size can be copied from wherever they begin.
    let mut digits = [0; 2 * LONGEST];
    let mut at = LONGEST;
    while value >= 100 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[value as usize]);
    } else {
        at -= 1;
        digits[at] = b'0' + value as u8;
    }
    let end = out.len() + LONGEST - at;
    if let Some(block) = digits[at..].first_chunk::<LONGEST>() {
        out.extend_from_slice(block);
    }
    out.truncate(end);
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
