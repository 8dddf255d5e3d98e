//! What an entry is found by: who may see it, how its field tags it, and the item's own key.

use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash, Hasher},
};

use foldhash::fast::RandomState;

use crate::call::ShareKey;

/// Everything of a key but the item's own. Its hash is made once for all items of a step.
#[derive(Clone, Debug)]
pub(super) struct Realm {
    share: ShareKey,
    tagging: u64,
    hash: u64,
}

/// The key of an entry.
#[derive(Debug)]
pub(super) struct EntityKey {
    realm: Realm,
    item: Box<[u8]>,
}

/// The key of an entry that is only looked for.
#[derive(Debug)]
pub(super) struct BorrowedKey<'a> {
    realm: &'a Realm,
    item: &'a [u8],
}

/// What both kinds of keys are compared by.
pub(super) trait KeyParts {
    fn realm(&self) -> &Realm;
    fn item(&self) -> &[u8];
}

impl Realm {
    pub(super) fn new(share: ShareKey, tagging: u64, hasher: &RandomState) -> Self {
        let hash = hasher.hash_one((&share, tagging));
        Self { share, tagging, hash }
    }

    pub(super) fn key(&self, item: &[u8]) -> EntityKey {
        EntityKey { realm: self.clone(), item: item.into() }
    }
}

impl PartialEq for Realm {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.tagging == other.tagging && self.share == other.share
    }
}

impl EntityKey {
    /// The share key is counted with every entry that holds it, though they hold one together.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.realm.share.weight() + self.item.len()
    }
}

impl<'a> BorrowedKey<'a> {
    pub(super) fn new(realm: &'a Realm, item: &'a [u8]) -> Self {
        Self { realm, item }
    }
}

impl KeyParts for EntityKey {
    fn realm(&self) -> &Realm {
        &self.realm
    }

    fn item(&self) -> &[u8] {
        &self.item
    }
}

impl KeyParts for BorrowedKey<'_> {
    fn realm(&self) -> &Realm {
        self.realm
    }

    fn item(&self) -> &[u8] {
        self.item
    }
}

impl Hash for dyn KeyParts + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.realm().hash);
        self.item().hash(state);
    }
}

impl PartialEq for dyn KeyParts + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.item() == other.item() && self.realm() == other.realm()
    }
}

impl Eq for dyn KeyParts + '_ {}

impl Hash for EntityKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self as &dyn KeyParts).hash(state);
    }
}

impl PartialEq for EntityKey {
    fn eq(&self, other: &Self) -> bool {
        (self as &dyn KeyParts) == (other as &dyn KeyParts)
    }
}

impl Eq for EntityKey {}

impl<'a> Borrow<dyn KeyParts + 'a> for EntityKey {
    fn borrow(&self) -> &(dyn KeyParts + 'a) {
        self
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::time::Instant;

    use super::*;
    use crate::{call::ShareInput, context::Context, contract};

    fn share(request: &'static str) -> ShareKey {
        ShareKey::new(ShareInput {
            form: Bytes::new(),
            contract: 1,
            method: &std::sync::Arc::default(),
            request: Bytes::from_static(request.as_bytes()),
            cache: Some(&contract::Cache {
                scope: contract::Scope::Public.into(),
                ..contract::Cache::default()
            }),
            side_effects: contract::SideEffects::NoSideEffects,
            context: &Context::anonymous(Instant::now()),
        })
    }

    #[tokio::test]
    async fn keys_with_one_hash_are_still_compared_as_a_whole() {
        let realm = |share, tagging| Realm { share, tagging, hash: 7 };
        let key = realm(share("a"), 1).key(b"item");
        let is_found_by = |realm: &Realm, item: &[u8]| {
            (&key as &dyn KeyParts) == (&BorrowedKey::new(realm, item) as &dyn KeyParts)
        };
        assert!(is_found_by(&realm(share("a"), 1), b"item"));
        assert!(!is_found_by(&realm(share("b"), 1), b"item"));
        assert!(!is_found_by(&realm(share("a"), 2), b"item"));
        assert!(!is_found_by(&realm(share("a"), 1), b"other"));
    }
}
