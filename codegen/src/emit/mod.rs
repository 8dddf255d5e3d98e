//! What was bound, written down.

mod contract;
pub(crate) mod rust;
mod sdl;

pub(crate) use contract::contract;
