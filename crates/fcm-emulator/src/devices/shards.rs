//! A map that many sends read at once. In: a text key. Out: the entry behind it. A lock is held for one look-up.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::RwLock;

use crate::locks::{read, write};

/// More than the cores of a large machine, so that two sends rarely meet in one.
const SHARDS: usize = 64;

pub(crate) struct Shards<K, V> {
    hasher: RandomState,
    shards: Box<[RwLock<HashMap<K, V>>]>,
}

impl<K: Eq + Hash, V: Clone> Shards<K, V> {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| RwLock::default()).collect() }
    }

    pub(crate) fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        read(self.shard(key)).get(key).cloned()
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        write(self.shard(&key)).insert(key, value);
    }

    pub(crate) fn remove<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        write(self.shard(key)).remove(key);
    }

    pub(crate) fn clear(&self) {
        self.shards.iter().for_each(|shard| write(shard).clear());
    }

    fn shard<Q: Hash + ?Sized>(&self, key: &Q) -> &RwLock<HashMap<K, V>> {
        &self.shards[(self.hasher.hash_one(key) % SHARDS as u64) as usize]
    }
}
