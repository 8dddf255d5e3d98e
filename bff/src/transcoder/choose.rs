//! Which object a value of an abstract type is, for extraction and emission alike.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::{
    Program,
    frame::Choice,
    table::{TableId, Window, part},
    wire::Malformed,
};

/// What looks into a message of an abstract type, and the member's message.
pub(super) type Chosen<'c, 'a, Id> = (Option<&'c Id>, Cow<'a, [u8]>);

impl Program {
    /// Which concrete type a value has. No id: none that the contract knows.
    pub(super) fn choose<'c, 'a, Id>(
        &self,
        choice: &'c Choice<Id>,
        bytes: &'a [u8],
    ) -> Result<Chosen<'c, 'a, Id>, Malformed> {
        let Some(table) = choice.table else {
            return Ok((choice.otherwise.as_ref(), Cow::Borrowed(bytes)));
        };
        let mut slots = SmallVec::<[u64; 16]>::from_elem(0, choice.slots);
        let whole = self.layout.tables.read(table, bytes, &mut slots)?;
        for (slot, id) in &choice.members {
            let span = slots[*slot];
            if span != 0 {
                let member = match whole {
                    Cow::Borrowed(bytes) => Cow::Borrowed(part(bytes, span)),
                    Cow::Owned(bytes) => Cow::Owned(part(&bytes, span).to_vec()),
                };
                return Ok((Some(id), member));
            }
        }
        Ok((choice.otherwise.as_ref(), whole))
    }

    /// Scans a message and hands over its slots, and the message that they are of.
    #[inline]
    pub(super) fn with_slots<T>(
        &self,
        table: Option<TableId>,
        count: usize,
        message: Window<'_>,
        run: impl FnOnce(&[u64], Window<'_>) -> T,
    ) -> Result<T, Malformed> {
        let Some(table) = table else { return Ok(run(&[0], message)) };
        let tables = &self.layout.tables;
        match count {
            0..=16 => tables.with_slots(table, &mut [0; 16], message, run),
            17..=64 => tables.with_slots(table, &mut [0; 64], message, run),
            _ => tables.with_slots(table, &mut vec![0; count], message, run),
        }
    }
}
