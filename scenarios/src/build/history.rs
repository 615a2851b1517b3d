//! The history in files, and which part of it a replication meets: all of it, a window, or blocks of it put end to end.
//!
//! Jobs of traces, requests of logs and series of prices and machines are one history with one clock, so that a window shows
//! the load of an hour together with the prices of that hour. What a scenario says itself stays where it is.

use sim_core::units::{SimTime, Span};
use sim_core::world::{Calendar, Curve};

use crate::schema::{Diagnostic, Over, Scenario};
use crate::stats::blocks::{Blocks, Ends, Stretch};
use crate::stats::windows::Windows;

/// The history of a scenario's files.
#[derive(Clone, Debug)]
pub(super) struct History {
    cut: Cut,
    seed: u64,
    n: u64,
}

/// How it is cut, in seconds.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Whole,
    Windows(Windows),
    Blocks(Blocks),
}

/// What a replication meets: stretches of the history, in the order in which they are met; none of it is all of it.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    /// In microseconds.
    stretches: Option<Vec<Stretch>>,
    /// By how many seconds the clock of a window is ahead.
    ahead: u64,
}

impl History {
    /// That of a scenario whose files reach so far.
    pub(super) fn new(scenario: &Scenario, length: Span, reasons: &mut Vec<Diagnostic>) -> Self {
        let seconds = length.us().div_ceil(1_000_000);
        let replicate = &scenario.replicate;
        let n = u64::from(replicate.n.value);
        let (window, cut) = match replicate.over {
            Over::Seeds => (None, Ok(Cut::Whole)),
            Over::Windows(window) => {
                let windows = Windows::new(seconds, window.value.us() / 1_000_000);
                (Some(window), windows.map(Cut::Windows))
            }
            Over::Blocks(window) => {
                let width = window.value.us() / 1_000_000;
                let blocks = Blocks::new(seconds, width, Ends::Circular);
                (Some(window), blocks.map(Cut::Blocks))
            }
        };
        let cut = cut.unwrap_or_else(|_| {
            let place = window.map_or(replicate.n.place, |window| window.place);
            let (rule, remedy) = if seconds == 0 {
                let rule = "no file holds a history: jobs and requests are all drawn".to_owned();
                (rule, "write over = \"seeds\"")
            } else {
                let reach = Span::from_secs(seconds);
                let rule = format!("longer than the history in files, which is {reach}");
                (rule, "shorten it")
            };
            reasons.push(Diagnostic::new(place, "window", rule).or(remedy));
            Cut::Whole
        });
        Self {
            cut,
            seed: scenario.seed.value,
            n,
        }
    }

    /// Whether replications meet different parts of it.
    pub(super) fn varies(&self) -> bool {
        match self.cut {
            Cut::Whole => false,
            Cut::Windows(_) | Cut::Blocks(_) => true,
        }
    }

    /// How many windows share jobs with others, so that they say much the same: nothing, or how many fit side by side.
    pub(super) fn overlap(&self, n: u64) -> Option<u64> {
        match self.cut {
            Cut::Windows(windows) => windows.overlap(n).then(|| windows.side_by_side()),
            Cut::Whole | Cut::Blocks(_) => None,
        }
    }

    /// What the replication of a seed meets. Seeds beyond the planned ones meet windows that are drawn.
    pub(super) fn tape(&self, seed: u64) -> Tape {
        let replication = seed.wrapping_sub(self.seed);
        match self.cut {
            Cut::Whole => Tape {
                stretches: None,
                ahead: 0,
            },
            Cut::Windows(windows) => {
                let planned = windows.spread(replication, self.n);
                let window = planned.unwrap_or_else(|| windows.drawn(self.seed, replication));
                let stretch = Stretch {
                    from: window.start,
                    length: window.end - window.start,
                    to: 0,
                };
                Tape {
                    ahead: window.start,
                    stretches: Some(vec![micro(stretch)]),
                }
            }
            Cut::Blocks(blocks) => {
                let stretches = blocks.stretches(self.seed, replication).into_iter();
                Tape {
                    stretches: Some(stretches.map(micro).collect()),
                    ahead: 0,
                }
            }
        }
    }
}

/// The same in microseconds.
fn micro(stretch: Stretch) -> Stretch {
    Stretch {
        from: stretch.from * 1_000_000,
        length: stretch.length * 1_000_000,
        to: stretch.to * 1_000_000,
    }
}

impl Tape {
    /// What stands in the stretches, each entry moved to where it is met; `None` if that is all of them as they are.
    /// `entries` are in the order of `at`.
    pub(super) fn play<T>(
        &self,
        entries: &[T],
        at: impl Fn(&T) -> SimTime,
        moved: impl Fn(&T, SimTime) -> T,
    ) -> Option<Vec<T>> {
        let stretches = self.stretches.as_ref()?;
        let mut played = Vec::new();
        for stretch in stretches {
            let first = entries.partition_point(|entry| at(entry).us() < stretch.from);
            let inside = entries[first..].iter();
            let inside = inside.take_while(|entry| at(entry).us() < stretch.from + stretch.length);
            played.extend(inside.map(|entry| {
                let us = at(entry).us() - stretch.from + stretch.to;
                moved(entry, instant(us))
            }));
        }
        Some(played)
    }

    /// A series as it is met; what follows the last stretch follows it here.
    pub(super) fn curve<T: Copy>(&self, curve: &Curve<T>) -> Curve<T> {
        let Some(stretches) = &self.stretches else {
            return curve.clone();
        };
        let mut steps: Vec<(SimTime, T)> = Vec::new();
        for (position, stretch) in stretches.iter().enumerate() {
            let is_last = position + 1 == stretches.len();
            let end = if is_last {
                u64::MAX
            } else {
                stretch.from + stretch.length
            };
            let all = curve.steps();
            let first = all.partition_point(|(at, _)| at.us() <= stretch.from);
            let begins = std::iter::once((stretch.from, curve.at(instant(stretch.from))));
            let inside = all[first..].iter().map(|(at, value)| (at.us(), *value));
            let met = begins.chain(inside.take_while(|(at, _)| *at < end));
            let moved = |at| instant(at - stretch.from + stretch.to);
            steps.extend(met.map(|(at, value)| (moved(at), value)));
        }
        Curve::new(steps).expect("a stretch begins at zero, and they follow each other")
    }

    /// The clock of the history where the run begins.
    pub(super) fn calendar(&self, calendar: &Calendar) -> Calendar {
        calendar.later(self.ahead)
    }

    /// By how much that clock is ahead.
    pub(super) fn ahead(&self) -> Span {
        Span::from_secs(self.ahead)
    }
}

fn instant(us: u64) -> SimTime {
    SimTime::from_us(us).unwrap_or(SimTime::MAX)
}

/// The longer of two lengths, one of them that of entries whose last one stands at `last`.
pub(super) fn reach(length: Span, last: Option<SimTime>) -> Span {
    let past = last.map_or(0, |last| last.us() + 1);
    let past = Span::from_us(past).unwrap_or(Span::MAX);
    length.max(past)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape(stretches: &[(u64, u64, u64)]) -> Tape {
        let stretch = |&(from, length, to): &(u64, u64, u64)| Stretch { from, length, to };
        Tape {
            stretches: Some(stretches.iter().map(stretch).collect()),
            ahead: 0,
        }
    }

    fn played(tape: &Tape, entries: &[u64]) -> Vec<u64> {
        let entries: Vec<SimTime> = entries.iter().map(|us| instant(*us)).collect();
        let played = tape.play(&entries, |at| *at, |_, to| to);
        played
            .expect("stretches")
            .iter()
            .map(|at| at.us())
            .collect()
    }

    #[test]
    fn entries_of_a_stretch_move_with_it_and_others_are_not_met() {
        let entries = [0, 3, 5, 5, 9, 10];
        assert_eq!(played(&tape(&[(3, 6, 0)]), &entries), [0, 2, 2]);
        let blocks = tape(&[(5, 5, 0), (0, 4, 5), (5, 2, 9)]);
        assert_eq!(played(&blocks, &entries), [0, 0, 4, 5, 8, 9, 9]);
    }

    #[test]
    fn a_series_is_met_as_it_was_within_each_stretch() {
        let steps = [(0, 1), (4, 2), (8, 3), (20, 4)];
        let steps = steps.map(|(us, value)| (instant(us), value));
        let curve = Curve::new(steps.to_vec()).expect("a curve");
        for stretches in [&[(3, 6, 0)][..], &[(5, 5, 0), (0, 4, 5), (5, 2, 9)]] {
            let met = tape(stretches).curve(&curve);
            for (from, length, to) in stretches {
                for us in 0..*length {
                    assert_eq!(met.at(instant(to + us)), curve.at(instant(from + us)));
                }
            }
            let (from, length, to) = stretches.last().expect("some");
            assert_eq!(met.at(instant(to + length + 30)), 4, "{from}");
        }
    }
}
