//! Two sides of a comparison timed in turns, and the table that says how they stand.
use std::time::{Duration, Instant};

/// Medians of two sides.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Of the first.
    pub ours: Duration,
    /// Of the second.
    pub hand: Duration,
}

/// Times two sides in turns, `rounds` times, after one round that does not count.
pub fn in_turns(rounds: usize, mut ours: impl FnMut(), mut hand: impl FnMut()) -> Pair {
    let timed = |side: &mut dyn FnMut()| {
        let start = Instant::now();
        side();
        start.elapsed()
    };
    ours();
    hand();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        first.push(timed(&mut ours));
        second.push(timed(&mut hand));
    }
    Pair {
        ours: median(first),
        hand: median(second),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
