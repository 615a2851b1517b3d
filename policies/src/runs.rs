//! An ordered set of integers in sorted runs. Where members join at one end and leave at the other, or come and go in a
//! crowd of steady size, it allocates nothing: a run that empties is kept for the next one that is needed.

use std::collections::VecDeque;

/// Longest run; a full one is split in two.
const LENGTH: usize = 256;

/// An ordered set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// Each sorted, before the next, and not empty unless it is the only one.
    runs: VecDeque<VecDeque<u128>>,
    spare: Vec<VecDeque<u128>>,
}

impl Runs {
    /// Adds `member`.
    pub(crate) fn insert(&mut self, member: u128) {
        // Most join at the end.
        let at = match self.runs.back() {
            Some(last) if last.back().is_none_or(|end| *end < member) => self.runs.len() - 1,
            Some(_) => self.run_of(member),
            None => {
                self.runs.push_back(VecDeque::with_capacity(LENGTH));
                0
            }
        };
        let run = &mut self.runs[at];
        if run.back().is_none_or(|end| *end < member) {
            run.push_back(member);
        } else if let Err(place) = run.binary_search(&member) {
            run.insert(place, member);
        }
        if run.len() == LENGTH {
            self.split(at);
        }
    }

    /// Removes `member`, if it is in.
    pub(crate) fn remove(&mut self, member: u128) {
        // Most leave at the front.
        let is_first = self.first() == Some(member);
        let at = if is_first { 0 } else { self.run_of(member) };
        let Some(run) = self.runs.get_mut(at) else {
            return;
        };
        if is_first {
            run.pop_front();
        } else if let Ok(place) = run.binary_search(&member) {
            run.remove(place);
        }
        if run.is_empty() && self.runs.len() > 1 {
            let empty = self.runs.remove(at).expect("just seen");
            self.spare.push(empty);
        }
    }

    /// The least member.
    pub(crate) fn first(&self) -> Option<u128> {
        self.runs.front()?.front().copied()
    }

    /// The least member beyond `member`.
    pub(crate) fn after(&self, member: u128) -> Option<u128> {
        let run = self.runs.get(self.run_of(member.checked_add(1)?))?;
        run.get(run.partition_point(|other| *other <= member))
            .copied()
    }

    /// All members in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u128> + '_ {
        self.runs.iter().flatten().copied()
    }

    /// The first run that ends at `member` or beyond: the one it is in, if it is.
    fn run_of(&self, member: u128) -> usize {
        self.runs.partition_point(|run| run.back() < Some(&member))
    }

    /// Splits a full run; the last one, to which most are added, keeps what it has.
    fn split(&mut self, at: usize) {
        let is_last = at + 1 == self.runs.len();
        let keep = if is_last { LENGTH - 1 } else { LENGTH / 2 };
        let spare = self.spare.pop();
        let mut tail = spare.unwrap_or_else(|| VecDeque::with_capacity(LENGTH));
        tail.extend(self.runs[at].drain(keep..));
        self.runs.insert(at + 1, tail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::world::draw::{Part, Stream};
    use std::collections::BTreeSet;

    /// A crowd that grows to thousands and shrinks to none, beside a set of the standard library.
    #[test]
    fn behaves_as_a_sorted_set() {
        let mut luck = Stream::new(1, &[Part::Name("runs")]);
        let (mut runs, mut oracle) = (Runs::default(), BTreeSet::new());
        for step in 0..200_000_u32 {
            let growing = step / 20_000 % 2 == 0;
            let member = u128::from(luck.below(1 << 14));
            if luck.chance(if growing { 0.8 } else { 0.1 }) {
                runs.insert(member);
                oracle.insert(member);
            } else {
                let leaving = oracle.range(member..).next().copied().unwrap_or(member);
                runs.remove(leaving);
                oracle.remove(&leaving);
            }
            assert_eq!(runs.first(), oracle.first().copied());
            assert_eq!(
                runs.after(member),
                oracle.range(member + 1..).next().copied()
            );
        }
        assert!(runs.iter().eq(oracle.iter().copied()));
    }
}
