//! Bytes into JSON.

mod editions;
mod maps;
mod messages;
mod names;
mod presence;
mod scalars;
mod wellknown;
