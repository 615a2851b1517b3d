//! The name of a stream, hashed to the seed of its generator.

use blake3::hazmat::{ContextKey, HasherExt};

/// Separates our keys from every other use of the same hash: what `blake3` makes of "windtunnel draw streams 1", since a
/// request draws under a key of its own and half of the time of a draw would go into hashing the same words.
const CONTEXT: ContextKey = [
    218, 230, 149, 172, 140, 240, 255, 232, 156, 182, 104, 189, 205, 37, 76, 29, 127, 44, 49, 54,
    80, 84, 186, 11, 124, 181, 147, 60, 137, 81, 88, 222,
];

/// One part of a stream's name: a word, or an ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part<'a> {
    /// A domain, or the name of an entity.
    Name(&'a str),
    /// An ordinal: a slot, a launch, a job.
    Number(u64),
}

impl<'a> From<&'a str> for Part<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl From<u64> for Part<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Part<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

/// 32 bytes that depend on all of `seed` and `parts`: each part carries its kind and its length,
/// so that no two different names spell the same bytes.
pub(super) fn hash(seed: u64, parts: &[Part<'_>]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_from_context_key(&CONTEXT);
    hasher.update(&seed.to_le_bytes());
    for part in parts {
        match *part {
            Part::Name(name) => {
                let length = crate::units::convert::wide(name.len());
                hasher.update(&[1]);
                hasher.update(&length.to_le_bytes());
                hasher.update(name.as_bytes());
            }
            Part::Number(number) => {
                hasher.update(&[2]);
                hasher.update(&number.to_le_bytes());
            }
        }
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_context_is_that_of_its_words() {
        let words = "windtunnel draw streams 1";
        let context = blake3::hazmat::hash_derive_key_context(words);
        assert_eq!(context, super::CONTEXT);
    }
}
