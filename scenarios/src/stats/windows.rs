//! Windows of a trace: which part of it a replication flies.
//!
//! Windows side by side are different histories; nearly independent ones, if they are longer than what hangs together.
//! More windows than fit side by side overlap, and windows that share jobs say much the same twice: an interval over
//! them is narrower than it should be.
//!
//! Lengths are in any whole unit: values of a series, or microseconds of a trace.

use std::ops::Range;

use sim_core::world::draw::Stream;

use super::sample::Unfit;

/// Windows of one width in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    length: u64,
    width: u64,
}

impl Windows {
    /// In a trace of this length, of that width.
    ///
    /// # Errors
    ///
    /// A window of no width, or one wider than the trace.
    pub fn new(length: u64, width: u64) -> Result<Self, Unfit> {
        if width == 0 {
            return Err(Unfit::OutOfRange { at: 0, value: 0.0 });
        }
        if width > length {
            let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            let (have, need) = (count(length), count(width));
            return Err(Unfit::TooFew { have, need });
        }
        Ok(Self { length, width })
    }

    /// How many fit side by side: at least one.
    pub fn side_by_side(&self) -> u64 {
        self.length / self.width
    }

    /// Whether so many windows overlap.
    pub fn overlap(&self, count: u64) -> bool {
        count > self.side_by_side()
    }

    /// One of `count` windows, equally far apart, the first at the beginning of the trace and the last at its end; a single
    /// one is at the beginning. `None` from the `count`-th on.
    pub fn spread(&self, window: u64, count: u64) -> Option<Range<u64>> {
        if window >= count {
            return None;
        }
        let room = u128::from(self.length - self.width);
        let gaps = u128::from(count - 1).max(1);
        let start = u128::from(window) * room / gaps;
        Some(self.at(u64::try_from(start).expect("within the trace")))
    }

    /// The window of a replication, anywhere in the trace with equal chance.
    pub fn drawn(&self, seed: u64, replication: u64) -> Range<u64> {
        let mut stream = Stream::new(seed, &["windows".into(), replication.into()]);
        self.at(stream.between(0, self.length - self.width))
    }

    fn at(&self, start: u64) -> Range<u64> {
        start..start + self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_windows_reach_from_end_to_end_and_overlap_only_where_they_must() {
        for length in 1..40 {
            for width in 1..=length {
                let windows = Windows::new(length, width).unwrap();
                for count in 1..20 {
                    let all: Vec<Range<u64>> = (0..count)
                        .filter_map(|w| windows.spread(w, count))
                        .collect();
                    assert_eq!(all[0].start, 0);
                    assert!(count == 1 || all[all.len() - 1].end == length);
                    assert!(all.iter().all(|one| one.end - one.start == width));
                    let overlap = all.windows(2).any(|pair| pair[1].start < pair[0].end);
                    assert_eq!(overlap, windows.overlap(count), "{length} {width} {count}");
                    assert_eq!(windows.spread(count, count), None);
                }
            }
        }
    }

    #[test]
    fn drawn_windows_are_anywhere_and_always_the_same() {
        let windows = Windows::new(10, 8).unwrap();
        let mut seen = [0_u32; 3];
        for replication in 0..3000 {
            let one = windows.drawn(1, replication);
            assert_eq!(one, windows.drawn(1, replication));
            seen[usize::try_from(one.start).unwrap()] += 1;
        }
        assert!(seen.iter().all(|n| n.abs_diff(1000) < 4 * 26));
        let all = Windows::new(u64::MAX, 1).unwrap();
        assert_eq!(all.spread(u64::MAX - 1, u64::MAX).unwrap().end, u64::MAX);
        assert!(all.drawn(1, 1).end > 0);
    }

    #[test]
    fn a_window_of_nothing_or_beyond_the_trace_is_refused() {
        assert!(Windows::new(5, 0).is_err());
        assert_eq!(Windows::new(5, 6), Err(Unfit::TooFew { have: 5, need: 6 }));
    }
}
