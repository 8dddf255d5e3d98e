//! Programs of plans made by hand: values, joins, requests.

mod budget;
mod joins;
mod kit;
mod oracle;
pub(super) mod random;
mod requests;
mod twin;
mod values;
