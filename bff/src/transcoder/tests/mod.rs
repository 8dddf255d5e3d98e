//! Programs of plans made by hand: values, joins, requests.

mod joins;
mod kit;
mod requests;
mod values;
