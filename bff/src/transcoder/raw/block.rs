//! Thirty-two bytes looked over at once.

/// How many bytes are looked over and copied at once.
pub(in crate::transcoder) const BLOCK: usize = 32;

/// The block at `at`; `None` where there are fewer bytes.
#[inline(always)]
pub(in crate::transcoder) fn block(bytes: &[u8], at: usize) -> Option<&[u8; BLOCK]> {
    if at >= bytes.len().saturating_sub(BLOCK - 1) {
        return None;
    }
    // SAFETY: at < len - 31, so that the 32 bytes from `at` on are inside. An array of bytes needs no alignment.
    Some(unsafe { &*bytes.as_ptr().add(at).cast::<[u8; BLOCK]>() })
}

/// A bit for each byte that is not ASCII or that JSON must escape.
#[inline(always)]
pub(in crate::transcoder) fn special(block: &[u8; BLOCK]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    return sse2::special(block);
    #[cfg(not(target_arch = "x86_64"))]
    twin::special(block)
}

/// A bit for each byte that is not ASCII.
#[inline(always)]
pub(in crate::transcoder) fn high(block: &[u8; BLOCK]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    return sse2::high(block);
    #[cfg(not(target_arch = "x86_64"))]
    twin::high(block)
}

/// Every x86-64 processor has these instructions.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8,
    };

    use super::BLOCK;

    #[inline(always)]
    fn halves(block: &[u8; BLOCK]) -> [__m128i; 2] {
        let start = block.as_ptr().cast::<__m128i>();
        // SAFETY: a block has two times 16 bytes, and these loads need no alignment.
        unsafe { [_mm_loadu_si128(start), _mm_loadu_si128(start.add(1))] }
    }

    #[inline(always)]
    fn bits(halves: [__m128i; 2], of: impl Fn(__m128i) -> __m128i) -> u32 {
        // SAFETY: SSE2 is always there.
        let [low, high] = halves.map(|half| unsafe { _mm_movemask_epi8(of(half)) } as u32);
        high << 16 | low
    }

    #[inline(always)]
    pub(super) fn special(block: &[u8; BLOCK]) -> u32 {
        // SAFETY: SSE2 is always there.
        bits(halves(block), |half| unsafe {
            // As signed numbers, bytes above ASCII are small ones too.
            let control = _mm_cmplt_epi8(half, _mm_set1_epi8(0x20));
            let quote = _mm_cmpeq_epi8(half, _mm_set1_epi8(b'"' as i8));
            let backslash = _mm_cmpeq_epi8(half, _mm_set1_epi8(b'\\' as i8));
            _mm_or_si128(control, _mm_or_si128(quote, backslash))
        })
    }

    #[inline(always)]
    pub(super) fn high(block: &[u8; BLOCK]) -> u32 {
        bits(halves(block), |half| half)
    }
}

/// The same without unsafe code.
#[cfg(any(test, not(target_arch = "x86_64")))]
mod twin {
    use super::BLOCK;

    pub(super) fn special(block: &[u8; BLOCK]) -> u32 {
        bits(block, |byte| byte < 0x20 || byte == b'"' || byte == b'\\' || byte >= 0x80)
    }

    pub(super) fn high(block: &[u8; BLOCK]) -> u32 {
        bits(block, |byte| byte >= 0x80)
    }

    fn bits(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u32 {
        block.iter().rev().fold(0, |bits, byte| bits << 1 | u32::from(is(*byte)))
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::transcoder::tests::random::{Random, seeds};

    #[test]
    fn a_block_is_what_safe_code_reads() {
        let bytes: Vec<u8> = (0..100).collect();
        for length in 0..100 {
            let bytes = &bytes[..length];
            for at in (0..110).chain([usize::MAX - 31, usize::MAX]) {
                let twin = bytes.get(at..).and_then(<[u8]>::first_chunk);
                assert_eq!(block(bytes, at), twin, "{at} in {length}");
            }
        }
    }

    #[test]
    fn bytes_are_judged_as_safe_code_judges_them() {
        for byte in 0..=u8::MAX {
            for at in 0..BLOCK {
                let mut block = [b'a'; BLOCK];
                block[at] = byte;
                check(&block);
            }
        }
        for seed in seeds(50) {
            let mut random = Random::new(seed);
            check(&std::array::from_fn(|_| random.bits() as u8));
        }
    }

    fn check(block: &[u8; BLOCK]) {
        assert_eq!(special(block), twin::special(block), "{block:?}");
        assert_eq!(high(block), twin::high(block), "{block:?}");
    }
}
