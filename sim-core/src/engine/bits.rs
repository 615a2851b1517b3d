//! An ordered set of small integers as a tree of 64-bit words: first, next, insert and remove in a few loads.

use crate::units::convert;

/// A set over `0..len`.
#[derive(Debug)]
pub(crate) struct Bits {
    /// The members, 64 to a word.
    words: Vec<u64>,
    /// A bit for each word of the level below that is not zero; up to a single word at the top.
    levels: Vec<Vec<u64>>,
}

impl Clone for Bits {
    fn clone(&self) -> Self {
        Self {
            words: self.words.clone(),
            levels: self.levels.clone(),
        }
    }

    /// Reuses what is allocated already.
    fn clone_from(&mut self, source: &Self) {
        self.words.clone_from(&source.words);
        self.levels.clone_from(&source.levels);
    }
}

impl Bits {
    /// The empty set over `0..len`.
    pub(crate) fn new(len: usize) -> Self {
        let words = vec![0; len.div_ceil(64).max(1)];
        let mut levels = Vec::new();
        let mut below = words.len();
        while below > 1 {
            below = below.div_ceil(64);
            levels.push(vec![0; below]);
        }
        Self { words, levels }
    }

    /// Adds `member`.
    pub(crate) fn insert(&mut self, member: u32) {
        let mut at = convert::index(member);
        self.words[at / 64] |= 1 << (at % 64);
        for level in &mut self.levels {
            at /= 64;
            level[at / 64] |= 1 << (at % 64);
        }
    }

    /// Removes `member`.
    pub(crate) fn remove(&mut self, member: u32) {
        let mut at = convert::index(member);
        self.words[at / 64] &= !(1 << (at % 64));
        let mut emptied = self.words[at / 64] == 0;
        for level in &mut self.levels {
            if !emptied {
                return;
            }
            at /= 64;
            level[at / 64] &= !(1 << (at % 64));
            emptied = level[at / 64] == 0;
        }
    }

    /// Whether `member` is in.
    #[cfg(test)]
    pub(crate) fn contains(&self, member: u32) -> bool {
        let at = convert::index(member);
        self.words[at / 64] >> (at % 64) & 1 == 1
    }

    /// Whether there is no member.
    pub(crate) fn is_empty(&self) -> bool {
        let top = self.levels.last().unwrap_or(&self.words);
        top[0] == 0
    }

    /// The least member that is not below `from`.
    pub(crate) fn next(&self, from: u32) -> Option<u32> {
        let from = convert::index(from);
        let word = self.words.get(from / 64)? >> (from % 64);
        if word != 0 {
            return Some(convert::narrow(
                from + convert::index(word.trailing_zeros()),
            ));
        }
        let mut at = from / 64 + 1;
        for (depth, level) in self.levels.iter().enumerate() {
            let rest = level.get(at / 64).map_or(0, |word| word >> (at % 64));
            if rest != 0 {
                return Some(self.descend(depth, at + convert::index(rest.trailing_zeros())));
            }
            at = at / 64 + 1;
        }
        None
    }

    /// The least member below the non-empty word `at` of the level under `depth`.
    fn descend(&self, depth: usize, mut at: usize) -> u32 {
        for level in self.levels[..depth].iter().rev() {
            at = at * 64 + convert::index(level[at].trailing_zeros());
        }
        convert::narrow(at * 64 + convert::index(self.words[at].trailing_zeros()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn behaves_as_a_sorted_set(
            len in 1_u32..300_000,
            steps in prop::collection::vec((0_u32..300_000, any::<bool>()), 0..200),
        ) {
            let (mut bits, mut oracle) = (Bits::new(convert::index(len)), BTreeSet::new());
            for (member, insert) in steps {
                let member = member % len;
                if insert {
                    bits.insert(member);
                    oracle.insert(member);
                } else {
                    bits.remove(member);
                    oracle.remove(&member);
                }
                prop_assert_eq!(bits.contains(member), oracle.contains(&member));
                for from in [0, member, member / 2, len - 1] {
                    prop_assert_eq!(bits.next(from), oracle.range(from..).next().copied());
                }
            }
        }
    }
}
