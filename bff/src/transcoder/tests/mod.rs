//! Programs of plans made by hand: values, joins, requests.

#[cfg(test)]
mod any;
#[cfg(test)]
mod budget;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod joins;
mod kit;
pub(super) mod oracle;
pub(super) mod random;
pub(super) mod requests;
#[cfg(test)]
mod tables;
pub(super) mod twin;
mod values;
