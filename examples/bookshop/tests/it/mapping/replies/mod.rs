//! Bytes into JSON.

mod maps;
mod messages;
mod names;
mod presence;
mod scalars;
mod wellknown;
