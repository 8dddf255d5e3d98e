//! Eight bytes at once.

/// The eight bytes at `at`; `None` where there are fewer.
#[inline(always)]
pub(in crate::transcoder) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    const SIZE: usize = size_of::<u64>();
    if at >= bytes.len().saturating_sub(SIZE - 1) {
        return None;
    }
    // SAFETY: at < len - 7, so that the eight bytes from `at` on are inside.
    let word = unsafe { bytes.as_ptr().add(at).cast::<u64>().read_unaligned() };
    Some(u64::from_le(word))
}

/// The bytes from `at` to the end, of which there are fewer than eight, with zeros behind them; `None` where `bytes` itself
/// is shorter than that.
#[inline(always)]
pub(in crate::transcoder) fn last_word(bytes: &[u8], at: usize) -> Option<u64> {
    let rest = bytes.len().checked_sub(at).filter(|rest| (1..8).contains(rest))?;
    let word = word(bytes, bytes.len().checked_sub(8)?)?;
    Some(word >> (64 - 8 * rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcoder::tests::random::{Random, seeds};

    /// The same in safe code.
    fn twin(bytes: &[u8], at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
    }

    fn last_twin(bytes: &[u8], at: usize) -> Option<u64> {
        let rest = bytes.get(at..).filter(|rest| matches!(rest.len(), 1..=7))?;
        let shifted =
            |word: u64, (index, byte): (usize, &u8)| word | u64::from(*byte) << (8 * index);
        (bytes.len() >= 8).then(|| rest.iter().enumerate().fold(0, shifted))
    }

    #[test]
    fn a_word_is_what_safe_code_reads() {
        for seed in seeds(20) {
            let mut random = Random::new(seed);
            let bytes: Vec<u8> = (0..random.below(40)).map(|_| random.bits() as u8).collect();
            for at in (0..50).chain([usize::MAX - 7, usize::MAX]) {
                assert_eq!(word(&bytes, at), twin(&bytes, at), "seed {seed}, {at} in {bytes:?}");
                let last = last_twin(&bytes, at);
                assert_eq!(last_word(&bytes, at), last, "seed {seed}, {at} in {bytes:?}");
            }
        }
    }
}
