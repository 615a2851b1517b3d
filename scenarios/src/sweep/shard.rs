//! A shard: which cells are one process's, without anyone to ask.

use std::str::FromStr;

use sim_core::units::convert;

/// Shard `index` of `of`, counted from 1: every `of`-th cell by position, so that neighbours, which tend to take alike long,
/// are dealt out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    /// All cells.
    pub const WHOLE: Self = Self { index: 1, of: 1 };

    /// Shard `index` of `of`, if there is one.
    pub fn new(index: u32, of: u32) -> Option<Self> {
        let is_one = index >= 1 && index <= of;
        is_one.then_some(Self { index, of })
    }

    /// Whether the cell at a position is its own.
    pub fn has(self, position: usize) -> bool {
        let of = u64::from(self.of);
        convert::wide(position) % of == u64::from(self.index) - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    /// Reads `3/8`.
    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (index, of) = text.split_once('/')?;
            Self::new(index.parse().ok()?, of.parse().ok()?)
        };
        read().ok_or_else(|| format!("{text}: write I/N, such as 3/8, with I from 1 to N"))
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_in_one_shard() {
        for position in 0..100 {
            let of = (1..=8).filter_map(|index| Shard::new(index, 8));
            assert_eq!(of.filter(|shard| shard.has(position)).count(), 1);
            assert!(Shard::WHOLE.has(position));
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "1", "0/8", "9/8", "1/0", "-1/8", "1/8/2", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("3/8".parse(), Ok(Shard { index: 3, of: 8 }));
    }
}
