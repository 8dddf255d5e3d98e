//! Chance from a seed: the same seed and the same questions give the same answers.

/// A source of chance.
#[derive(Clone)]
pub(in crate::executor::tests) struct Dice(u64);

impl Dice {
    pub(in crate::executor::tests) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A source of its own for a named thing.
    pub(in crate::executor::tests) fn named(seed: u64, name: &str) -> Self {
        // FNV-1a.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(seed ^ hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 to `sides` - 1.
    pub(in crate::executor::tests) fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % sides as u64).unwrap()
    }

    /// As often as `percent` says.
    pub(in crate::executor::tests) fn often(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    pub(in crate::executor::tests) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}
