//! Writing without a look at the capacity for each byte.

/// Room behind the end of a buffer: at least `LEFT` bytes, which the compiler counts down. What is put there belongs to the
/// buffer only after [`Room::end`].
#[derive(Debug)]
pub(in crate::transcoder) struct Room<'o, const LEFT: usize> {
    out: &'o mut Vec<u8>,
    /// Of the buffer with what was put behind it. At most the capacity less `LEFT`.
    length: usize,
}

impl<'o, const LEFT: usize> Room<'o, LEFT> {
    /// Makes room behind the end of `out`.
    #[inline(always)]
    pub(in crate::transcoder) fn of(out: &'o mut Vec<u8>) -> Self {
        if out.capacity() - out.len() < LEFT {
            grow(out, LEFT);
        }
        Self { length: out.len(), out }
    }

    /// Puts the first `count` bytes of a block, at most all of it.
    #[inline(always)]
    pub(in crate::transcoder) fn put<const SIZE: usize, const REST: usize>(
        self,
        block: &[u8; SIZE],
        count: usize,
    ) -> Room<'o, REST> {
        const { assert!(SIZE + REST <= LEFT, "there is less room") };
        let Self { out, length } = self;
        // SAFETY: `length + LEFT <= capacity` and `SIZE <= LEFT`, so that the block fits. A shared reference never points
        // into memory that `out` borrows mutably.
        unsafe { out.as_mut_ptr().add(length).cast::<[u8; SIZE]>().write_unaligned(*block) };
        // At most SIZE bytes further: what is written, and REST fits behind it.
        Room { out, length: length + count.min(SIZE) }
    }

    /// Makes what was put a part of the buffer.
    #[inline(always)]
    pub(in crate::transcoder) fn end(self) -> &'o mut Vec<u8> {
        // SAFETY: all bytes up to `length` are written, one `put` behind the other, and it is within the capacity.
        unsafe { self.out.set_len(self.length) };
        self.out
    }
}

#[cold]
#[inline(never)]
fn grow(out: &mut Vec<u8>, room: usize) {
    out.reserve(room);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcoder::tests::random::{Random, seeds};

    /// The same in safe code.
    fn twin(out: &mut Vec<u8>, block: &[u8], count: usize) {
        out.extend_from_slice(&block[..count.min(block.len())]);
    }

    #[test]
    fn what_is_put_is_what_safe_code_appends() {
        for seed in seeds(200) {
            let mut random = Random::new(seed);
            let (mut ours, mut theirs) = (Vec::with_capacity(random.below(64)), Vec::new());
            for _ in 0..random.below(40) {
                let (large, small): ([u8; 32], [u8; 8]) =
                    (std::array::from_fn(|_| random.bits() as u8), [random.bits() as u8; 8]);
                let (first, second) = (random.below(34), random.below(10));
                let room = Room::<41>::of(&mut ours).put::<32, 9>(&large, first);
                let room = room.put::<8, 1>(&small, second).put::<1, 0>(b"!", 1);
                if random.below(4) == 0 {
                    // What does not end leaves no trace.
                    continue;
                }
                room.end();
                twin(&mut theirs, &large, first);
                twin(&mut theirs, &small, second);
                twin(&mut theirs, b"!", 1);
                assert_eq!(ours, theirs, "seed {seed}");
            }
        }
    }
}
