//! Lists that come in two halves: their first items, and what `@stream` leaves for later.

use super::{table::Messages, wire::Malformed};

/// The entries of a list, divided.
pub(super) struct Halves<'a> {
    pub(super) first: Messages<'a>,
    pub(super) rest: Messages<'a>,
    /// How many entries stand before the rest. More than there are items where some are overridden.
    pub(super) passed: usize,
    /// Whether anything of the rest is shown.
    pub(super) has_rest: bool,
}

impl<'a> Halves<'a> {
    /// `count` items come first. `dead` are the entries that are not shown.
    pub(super) fn of(
        items: Messages<'a>,
        dead: Option<&[bool]>,
        count: u32,
    ) -> Result<Self, Malformed> {
        let is_shown = |at: usize| !dead.is_some_and(|dead| dead[at]);
        let mut rest = items.clone();
        let (mut passed, mut shown) = (0, 0);
        while shown < count && rest.next()?.is_some() {
            shown += u32::from(is_shown(passed));
            passed += 1;
        }
        let (mut ahead, mut at, mut has_rest) = (rest.clone(), passed, false);
        while !has_rest && ahead.next()?.is_some() {
            has_rest = is_shown(at);
            at += 1;
        }
        Ok(Self { first: items.until(&rest), rest, passed, has_rest })
    }
}
