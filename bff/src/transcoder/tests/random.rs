//! Randomness for tests: seeded, and the seed is printed by whoever fails.

/// SplitMix64, from Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators".
pub(in crate::transcoder) struct Random<'b> {
    state: u64,
    /// What comes first: a byte for each number.
    bytes: &'b [u8],
}

impl<'b> Random<'b> {
    pub(in crate::transcoder) fn new(seed: u64) -> Self {
        Self { state: seed, bytes: b"" }
    }

    /// Numbers that somebody else has chosen, as far as they go.
    pub(in crate::transcoder) fn chosen(bytes: &'b [u8]) -> Self {
        Self { state: 0, bytes }
    }

    pub(in crate::transcoder) fn bits(&mut self) -> u64 {
        if let Some((byte, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            return u64::from(*byte);
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Below `bound`.
    pub(in crate::transcoder) fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// True once in `times`.
    pub(in crate::transcoder) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A number that is often small, and sometimes at an edge.
    pub(in crate::transcoder) fn number(&mut self) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << self.below(64),
            3 => self.bits(),
            _ => self.bits() % 300,
        }
    }

    /// A text with what JSON escapes, and with more than ASCII.
    pub(in crate::transcoder) fn text(&mut self) -> String {
        const LETTERS: [&str; 10] = ["a", "b", " ", "\"", "\\", "\n", "ü", "世", "\u{1}", "😀"];
        let length = if self.once_in(8) { self.below(100) } else { self.below(6) };
        (0..length).map(|_| LETTERS[self.below(LETTERS.len())]).collect()
    }

    pub(in crate::transcoder) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// The seeds of `count` cases. `ANABRANCH_SEED` chooses the first one, `ANABRANCH_CASES` makes them so many times more.
pub(in crate::transcoder) fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("ANABRANCH_SEED").unwrap_or(0);
    first..first + count * number("ANABRANCH_CASES").unwrap_or(1)
}
