//! Block bootstrap: another trace out of stretches of the one there is.
//!
//! A trace is one history. To ask what others like it would have said, stretches of it are drawn and put end to end until it
//! is as long again. Within a stretch order and bursts stay as they are, so it is to be longer than what hangs together, and
//! there are to be many of them. Moving blocks start anywhere they fit, so that the beginning and the end of the trace are
//! drawn less often than its middle; circular ones go on at the beginning, so that all is drawn alike. H. R. Künsch, Annals of
//! Statistics 17 (1989); D. N. Politis and J. P. Romano (1992).
//!
//! Lengths are in any whole unit: values of a series, microseconds of a trace; or days of one, so that the hours of the day
//! stay in their place.

use sim_core::world::draw::Stream;

use super::sample::Unfit;

/// Where blocks may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Where they end within the trace.
    Moving,
    /// Anywhere: the trace goes on at its beginning.
    Circular,
}

/// How a trace is put together anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    length: u64,
    block: u64,
    ends: Ends,
}

/// A stretch of the trace that there is, never past its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it starts in that trace.
    pub from: u64,
    /// How long it is.
    pub length: u64,
    /// Where it starts in the new one.
    pub to: u64,
}

impl Blocks {
    /// Of a trace of this length, by blocks of that one.
    ///
    /// # Errors
    ///
    /// A block of no length, or one longer than the trace.
    pub fn new(length: u64, block: u64, ends: Ends) -> Result<Self, Unfit> {
        if block == 0 {
            return Err(Unfit::OutOfRange { at: 0, value: 0.0 });
        }
        if block > length {
            let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            let (have, need) = (count(length), count(block));
            return Err(Unfit::TooFew { have, need });
        }
        Ok(Self {
            length,
            block,
            ends,
        })
    }

    /// The stretches of a replication, which fill the new trace from its beginning to its end. A block that goes on at
    /// the beginning is two of them, and the last is cut.
    pub fn stretches(&self, seed: u64, replication: u64) -> Vec<Stretch> {
        let mut stream = Stream::new(seed, &["blocks".into(), replication.into()]);
        let starts = match self.ends {
            Ends::Moving => self.length - self.block + 1,
            Ends::Circular => self.length,
        };
        let mut stretches = Vec::new();
        let mut to = 0;
        while to < self.length {
            let from = stream.below(starts);
            let length = self.block.min(self.length - to);
            let first = length.min(self.length - from);
            for (from, length, to) in [(from, first, to), (0, length - first, to + first)] {
                if length > 0 {
                    stretches.push(Stretch { from, length, to });
                }
            }
            to += length;
        }
        stretches
    }

    /// The positions of a replication in a series.
    pub fn positions(&self, seed: u64, replication: u64) -> impl Iterator<Item = u64> {
        let stretches = self.stretches(seed, replication).into_iter();
        stretches.flat_map(|stretch| stretch.from..stretch.from + stretch.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_fill_the_new_trace_and_stay_within_the_old() {
        for ends in [Ends::Moving, Ends::Circular] {
            for length in 1..30 {
                for block in 1..=length {
                    let blocks = Blocks::new(length, block, ends).unwrap();
                    let mut to = 0;
                    for stretch in blocks.stretches(1, block) {
                        assert_eq!(stretch.to, to);
                        assert!(stretch.length > 0);
                        assert!(stretch.from + stretch.length <= length);
                        to += stretch.length;
                    }
                    assert_eq!(to, length);
                    assert_eq!(
                        blocks.positions(1, block).count(),
                        usize::try_from(length).unwrap()
                    );
                }
            }
        }
    }

    #[test]
    fn circular_blocks_draw_all_alike_and_moving_ones_the_middle() {
        let seen = |ends| {
            let blocks = Blocks::new(10, 4, ends).unwrap();
            let mut seen = [0_u32; 10];
            for replication in 0..3000 {
                for at in blocks.positions(7, replication) {
                    seen[usize::try_from(at).unwrap()] += 1;
                }
            }
            seen
        };
        // Three blocks of ten positions: within four standard errors, as neighbours come together.
        assert!(seen(Ends::Circular).iter().all(|n| n.abs_diff(3000) < 400));
        let moving = seen(Ends::Moving);
        assert!(moving[0] < 2000 && moving[9] < 2000);
        assert!(moving[5] > 3500);
    }

    #[test]
    fn the_whole_trace_as_one_moving_block_is_itself() {
        let blocks = Blocks::new(6, 6, Ends::Moving).unwrap();
        assert!(blocks.positions(1, 2).eq(0..6));
        let drawn = |seed, replication| blocks.stretches(seed, replication);
        assert_eq!(drawn(1, 2), drawn(1, 2));
    }

    #[test]
    fn a_block_of_nothing_or_beyond_the_trace_is_refused() {
        assert!(Blocks::new(5, 0, Ends::Moving).is_err());
        let few = Unfit::TooFew { have: 5, need: 6 };
        assert_eq!(Blocks::new(5, 6, Ends::Circular), Err(few));
    }
}
