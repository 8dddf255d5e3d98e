//! The mock's own hash: fixed for good, so that a colleague's machine and next year's build say the same.

/// Goes up with every change that gives other values for the same seed.
pub(super) const VERSION: u64 = 1;

/// FNV-1a over parts that cannot run into each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash(u64);

impl Hash {
    /// The beginning of every hash.
    pub(super) fn new(seed: u64) -> Self {
        Self(0xcbf2_9ce4_8422_2325).number(VERSION).number(seed)
    }

    /// Takes in a text and its length.
    pub(super) fn text(self, text: &str) -> Self {
        self.number(text.len() as u64).bytes(text.as_bytes())
    }

    /// Takes in a number.
    pub(super) fn number(self, number: u64) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        Self(
            bytes.iter().fold(self.0, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            }),
        )
    }

    /// Numbers that follow from what was taken in.
    pub(super) fn draw(self) -> Draw {
        Draw(self.0)
    }
}

/// SplitMix64, started with a hash.
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// Any number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low).saturating_add(1);
        let offset = (u128::from(self.next()) * u128::from(width)) >> 64;
        low.saturating_add_unsigned(u64::try_from(offset).unwrap_or(u64::MAX))
    }

    /// One of these; there is at least one.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let at = (u128::from(self.next()) * choices.len() as u128) >> 64;
        &choices[usize::try_from(at).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_version_1_for_ever() {
        let mut draw = Hash::new(7).text("Book").text("42").text("title").number(0).draw();
        assert_eq!(
            [draw.next(), draw.next(), draw.next()],
            [10_480_891_220_801_522_463, 17_499_560_837_473_190_043, 12_454_320_249_098_463_104]
        );
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let first = Hash::new(0).text("ab").text("c").draw().next();
        assert_ne!(first, Hash::new(0).text("a").text("bc").draw().next());
        assert_ne!(first, Hash::new(1).text("ab").text("c").draw().next());
    }

    #[test]
    fn between_meets_both_ends_and_never_leaves() {
        let mut draw = Hash::new(3).draw();
        let drawn: Vec<i64> = (0..200).map(|_| draw.between(-1, 2)).collect();
        assert!(drawn.iter().all(|number| (-1..=2).contains(number)));
        assert!((-1..=2).all(|number| drawn.contains(&number)));
    }
}
