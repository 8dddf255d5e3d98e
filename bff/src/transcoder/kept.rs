//! What extraction reads of an object with keys stays for emission, so that the object is scanned once.

/// Slots, as many for each place of one site.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    slots: Vec<u64>,
}

/// In slot 0, which holds nothing of a message: the spans are those of a copy that was put together of parts.
const IN_PARTS: u64 = 1;

impl Kept {
    /// Slots for the next place, all 0. About so many places are expected.
    #[inline]
    pub(super) fn next(&mut self, count: usize, expected: usize) -> &mut [u64] {
        let start = self.slots.len();
        if start == 0 {
            self.slots.reserve(count.saturating_mul(expected));
        }
        self.slots.resize(start + count, 0);
        &mut self.slots[start..]
    }

    /// Says of filled slots whether emission may use them.
    #[inline]
    pub(super) fn close(slots: &mut [u64], is_in_parts: bool) {
        slots[0] = if is_in_parts { IN_PARTS } else { 0 };
    }

    /// The slots of a place; `None` where it was not looked at, or its message came in parts.
    #[inline]
    pub(super) fn of(&self, place: u32, count: usize) -> Option<&[u64]> {
        let start = (place as usize).checked_mul(count)?;
        let slots = self.slots.get(start..start.checked_add(count)?)?;
        (slots[0] != IN_PARTS).then_some(slots)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.slots.truncate(length);
    }
}
