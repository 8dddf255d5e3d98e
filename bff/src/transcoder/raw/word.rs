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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcoder::tests::random::{Random, seeds};

    /// The same in safe code.
    fn twin(bytes: &[u8], at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
    }

    #[test]
    fn a_word_is_what_safe_code_reads() {
        for seed in seeds(20) {
            let mut random = Random::new(seed);
            let bytes: Vec<u8> = (0..random.below(40)).map(|_| random.bits() as u8).collect();
            for at in (0..50).chain([usize::MAX - 7, usize::MAX]) {
                assert_eq!(word(&bytes, at), twin(&bytes, at), "seed {seed}, {at} in {bytes:?}");
            }
        }
    }
}
