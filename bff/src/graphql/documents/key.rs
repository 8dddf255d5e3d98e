//! How documents are found: by their whole text, compared and not only hashed.

use std::{
    borrow::Borrow,
    hash::{Hash, Hasher},
};

/// A document's text and the operation meant.
#[derive(Debug)]
pub(super) struct Key {
    text: Box<str>,
    operation_name: Option<Box<str>>,
}

/// The same, borrowed from a request: looking up copies nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct BorrowedKey<'a> {
    pub(super) text: &'a str,
    pub(super) operation_name: Option<&'a str>,
}

/// What both keys are made of.
pub(super) trait KeyParts {
    fn parts(&self) -> BorrowedKey<'_>;
}

/// One way to decide a document's conditions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct VariantKey {
    pub(super) document: u64,
    /// The values of its variables.
    pub(super) conditions: Vec<bool>,
    /// Whether its `@defer`s count.
    pub(super) incremental: bool,
}

impl Key {
    /// About how many bytes it holds.
    pub(super) fn weight(&self) -> usize {
        self.text.len() + self.operation_name.as_ref().map_or(0, |name| name.len())
    }
}

impl From<BorrowedKey<'_>> for Key {
    fn from(key: BorrowedKey<'_>) -> Self {
        Self { text: key.text.into(), operation_name: key.operation_name.map(Into::into) }
    }
}

impl KeyParts for Key {
    fn parts(&self) -> BorrowedKey<'_> {
        BorrowedKey { text: &self.text, operation_name: self.operation_name.as_deref() }
    }
}

impl KeyParts for BorrowedKey<'_> {
    fn parts(&self) -> BorrowedKey<'_> {
        *self
    }
}

impl<'a> Borrow<dyn KeyParts + 'a> for Key {
    fn borrow(&self) -> &(dyn KeyParts + 'a) {
        self
    }
}

impl PartialEq for dyn KeyParts + '_ {
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (self.parts(), other.parts());
        left.text == right.text && left.operation_name == right.operation_name
    }
}

impl Eq for dyn KeyParts + '_ {}

impl Hash for dyn KeyParts + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let parts = self.parts();
        parts.text.hash(state);
        parts.operation_name.hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        (self as &dyn KeyParts) == (other as &dyn KeyParts)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self as &dyn KeyParts).hash(state);
    }
}
