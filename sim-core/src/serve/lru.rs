//! A table of bounded size that gives up what was used longest ago.

use std::collections::BTreeMap;

use crate::units::convert;

/// A table of at most so many entries, in the order of their last use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lru<V> {
    capacity: usize,
    places: BTreeMap<u64, u32>,
    entries: Vec<Entry<V>>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry<V> {
    key: u64,
    value: V,
    newer: u32,
    older: u32,
}

/// No place.
const NONE: u32 = u32::MAX;

impl<V: Copy> Lru<V> {
    /// Of at most `capacity` entries.
    pub const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            places: BTreeMap::new(),
            entries: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
        }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// What stands under `key`; it is not used by that.
    pub fn peek(&self, key: u64) -> Option<V> {
        let at = *self.places.get(&key)?;
        Some(self.entries[convert::index(at)].value)
    }

    /// What stands under `key`, which becomes the last to be given up.
    pub fn get(&mut self, key: u64) -> Option<&mut V> {
        let at = *self.places.get(&key)?;
        self.unlink(at);
        self.link(at);
        Some(&mut self.entries[convert::index(at)].value)
    }

    /// The entry that is given up next.
    pub fn oldest(&self) -> Option<(u64, V)> {
        let entry = self.entries.get(convert::index(self.oldest))?;
        Some((entry.key, entry.value))
    }

    /// Puts `value` under `key`, as the last to be given up; returns what had to go for it: the entry itself, in a table of
    /// no capacity.
    pub fn insert(&mut self, key: u64, value: V) -> Option<(u64, V)> {
        if let Some(held) = self.get(key) {
            *held = value;
            return None;
        }
        if self.capacity == 0 {
            return Some((key, value));
        }
        let full = self.len() == self.capacity;
        let gone = self.oldest().filter(|_| full);
        if let Some((oldest, _)) = gone {
            self.remove(oldest);
        }
        let entry = Entry {
            key,
            value,
            newer: NONE,
            older: NONE,
        };
        let at = self
            .free
            .pop()
            .unwrap_or(convert::narrow(self.entries.len()));
        if convert::index(at) == self.entries.len() {
            self.entries.push(entry);
        } else {
            self.entries[convert::index(at)] = entry;
        }
        self.places.insert(key, at);
        self.link(at);
        gone
    }

    /// Takes away what stands under `key`.
    pub fn remove(&mut self, key: u64) -> Option<V> {
        let at = self.places.remove(&key)?;
        self.unlink(at);
        self.free.push(at);
        Some(self.entries[convert::index(at)].value)
    }

    fn link(&mut self, at: u32) {
        let older = self.newest;
        let entry = &mut self.entries[convert::index(at)];
        (entry.newer, entry.older) = (NONE, older);
        self.newest = at;
        match self.entries.get_mut(convert::index(older)) {
            Some(entry) if older != NONE => entry.newer = at,
            Some(_) | None => self.oldest = at,
        }
    }

    fn unlink(&mut self, at: u32) {
        let entry = &self.entries[convert::index(at)];
        let (newer, older) = (entry.newer, entry.older);
        if newer == NONE {
            self.newest = older;
        } else {
            self.entries[convert::index(newer)].older = older;
        }
        if older == NONE {
            self.oldest = newer;
        } else {
            self.entries[convert::index(older)].newer = newer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::draw::{Part, Stream};

    #[test]
    fn it_is_a_list_in_the_order_of_last_use() {
        for seed in 0..50 {
            let mut luck = Stream::new(seed, &[Part::Name("lru")]);
            let capacity = usize::try_from(luck.between(0, 6)).unwrap();
            let mut lru = Lru::new(capacity);
            // Oldest first.
            let mut list: Vec<(u64, u64)> = Vec::new();
            for step in 0..400 {
                let key = luck.below(9);
                let held = list.iter().position(|entry| entry.0 == key);
                match luck.below(4) {
                    0 => {
                        let value = held.map(|at| list.remove(at).1);
                        assert_eq!(lru.remove(key), value);
                    }
                    1 => {
                        let found = held.map(|at| list.remove(at));
                        list.extend(found);
                        assert_eq!(lru.get(key).copied(), found.map(|entry| entry.1));
                    }
                    _ => {
                        let _ = held.map(|at| list.remove(at));
                        list.push((key, step));
                        let gone = (list.len() > capacity).then(|| list.remove(0));
                        assert_eq!(lru.insert(key, step), gone);
                    }
                }
                assert_eq!(lru.oldest(), list.first().copied());
                assert_eq!(lru.len(), list.len());
                assert_eq!(lru.is_empty(), list.is_empty());
                assert!(
                    list.iter()
                        .all(|(key, value)| lru.peek(*key) == Some(*value))
                );
            }
        }
    }
}
