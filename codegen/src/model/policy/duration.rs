//! `80ms`, `2s`, `10m`.

use crate::model::binder::Binder;
use crate::model::directives::Text;
use crate::model::fault::Fault;

impl Binder<'_> {
    pub(super) fn positive_duration(&mut self, text: &Text) -> Option<u64> {
        let milliseconds = self.duration(text)?;
        if milliseconds == 0 {
            self.fault(Fault::InvalidDuration { text: text.value.clone(), span: text.span });
            return None;
        }
        Some(milliseconds)
    }

    /// `80ms`, `1.5s`, `10m`, `2h`, `1d` in milliseconds.
    pub(in crate::model) fn duration(&mut self, text: &Text) -> Option<u64> {
        let milliseconds = milliseconds(&text.value);
        if milliseconds.is_none() {
            self.fault(Fault::InvalidDuration { text: text.value.clone(), span: text.span });
        }
        milliseconds
    }
}

pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let unit: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return None;
    }
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(thousandths * unit / 1_000)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, expected) in [
            ("80ms", 80),
            ("2s", 2_000),
            ("1.5s", 1_500),
            ("10m", 600_000),
            ("1d", 86_400_000),
            ("0s", 0),
        ] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in
            ["", "80", "ms", "1.s", ".5s", "-1s", "1 s", "1y", "1.2345s", "99999999999999999999s"]
        {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
