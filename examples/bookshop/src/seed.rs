//! Randomness that is the same every time: dice that are loaded with a seed and a purpose.

/// A stream of numbers for one purpose. Another purpose gets another stream, so that a new roll in one place changes
/// nothing in the others.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice for `purpose`, such as "price 42".
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        // FNV-1a, which will be the same in every release of Rust.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash)
    }

    /// SplitMix64 (Steele, Lea and Flood: "Fast splittable pseudorandom number generators", 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to `bound`, without it.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let scaled = (self.next() >> 32) * u64::from(bound);
        u32::try_from(scaled >> 32).expect("the product of two 32-bit numbers, shifted by 32")
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low.saturating_add_unsigned(self.below(high.abs_diff(low) + 1))
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub(crate) fn pick<'items, T>(&mut self, items: &'items [T]) -> &'items T {
        let count = u32::try_from(items.len()).expect("a short list");
        &items[self.below(count) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_purpose_gives_the_same_numbers() {
        let roll = |seed, purpose| {
            let mut dice = Dice::new(seed, purpose);
            [dice.below(1000), dice.below(1000), dice.below(1000)]
        };
        assert_eq!(roll(1, "price 42"), roll(1, "price 42"));
        assert_ne!(roll(1, "price 42"), roll(1, "price 43"));
        assert_ne!(roll(1, "price 42"), roll(2, "price 42"));
    }

    #[test]
    fn numbers_stay_inside_their_bounds_and_reach_them() {
        let mut dice = Dice::new(1, "bounds");
        let rolls: Vec<i32> = (0..1000).map(|_| dice.between(-2, 2)).collect();
        assert_eq!(rolls.iter().min(), Some(&-2));
        assert_eq!(rolls.iter().max(), Some(&2));
    }
}
