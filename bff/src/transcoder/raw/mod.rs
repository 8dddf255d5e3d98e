//! The only unsafe code: what the compiler does not see to be in bounds, in functions that are safe to call. Each has a safe
//! twin, to which a test holds it.

#![allow(unsafe_code, reason = "each block says why it is sound")]

mod block;
mod room;
mod word;

pub(super) use block::{BLOCK, block, high, special};
pub(super) use room::Room;
pub(super) use word::{last_word, word};
