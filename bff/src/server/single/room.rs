//! How much of answers is kept for streams that are not open yet.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::units::ByteSize;

/// Bytes that may be kept.
pub(super) struct Room {
    used: AtomicUsize,
    size: usize,
}

/// Bytes that are kept, until this is dropped.
pub(super) struct Kept {
    room: Arc<Room>,
    size: usize,
}

impl Room {
    pub(super) fn new(size: ByteSize) -> Arc<Self> {
        let size = usize::try_from(size.0).unwrap_or(usize::MAX);
        Arc::new(Self { used: AtomicUsize::new(0), size })
    }

    /// Takes so much of it, if there is so much.
    pub(super) fn keep(self: &Arc<Self>, size: usize) -> Option<Kept> {
        let fits = |used: usize| used.checked_add(size).filter(|used| *used <= self.size);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Kept { room: Arc::clone(self), size })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.room.used.fetch_sub(self.size, Ordering::Relaxed);
    }
}
