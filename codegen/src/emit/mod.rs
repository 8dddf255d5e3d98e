//! What was bound, written down.

mod contract;
mod sdl;

pub(crate) use contract::contract;
