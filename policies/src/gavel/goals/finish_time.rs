//! Finish-time fairness (Themis, NSDI 2020, in Gavel's form): the most that anybody's time from submission to end is stretched,
//! over what it would be on an equal part of the fleet, is as low as can be.

use std::collections::BTreeMap;

use sim_core::units::JobId;

use super::by_program::{ByProgram, Objective};
use super::{Ask, isolated, room};
use crate::solve::{Desk, Solution};

/// Finish-time fairness.
pub type FinishTimeFairness = ByProgram<Stretch>;

/// The longest stretch. It remembers how long each job would have run on equal parts so far.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// Seconds on equal parts, for what was done by the last computation; steps left then, and the speed on equal parts.
    past: BTreeMap<JobId, Past>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Past {
    isolated_s: f64,
    steps_left: f64,
    speed: f64,
}

impl FinishTimeFairness {
    /// Whether it looks at speeds, and whether shares are taken as the solver leaves them.
    pub fn new(by_speed: bool, raw: bool) -> Self {
        Self::of(Stretch::default(), by_speed, raw)
    }
}

impl Objective for Stretch {
    const NAME: &'static str = "gavel-finish-time-fairness";

    /// Brings up to date how long each would have run on equal parts.
    fn note(&mut self, seen: &Ask) {
        let mut past = BTreeMap::new();
        for (claimant, speed) in seen.claimants.iter().zip(isolated::speeds(seen)) {
            let before = self.past.get(&claimant.job);
            let since = before.map_or(0.0, |past| {
                let took = (past.steps_left - claimant.steps_left) / past.speed;
                past.isolated_s + if took.is_finite() { took } else { 0.0 }
            });
            let now = Past {
                isolated_s: since,
                steps_left: claimant.steps_left,
                speed,
            };
            past.insert(claimant.job, now);
        }
        self.past = past;
    }

    fn solution(&self, seen: &Ask, desk: &mut Desk) -> Option<Solution> {
        let equal = isolated::speeds(seen);
        // Behind the shares: the stretch, then for each the inverse of its speed.
        let stretch = room::columns(seen);
        let mut program = room::program(seen, 1 + seen.claimants.len());
        program.cost(stretch, 1.0);
        for (at, claimant) in seen.claimants.iter().enumerate() {
            let past = self.past[&claimant.job];
            let alone_s = past.isolated_s + claimant.steps_left / equal[at];
            if !alone_s.is_finite() || alone_s <= 0.0 {
                continue;
            }
            let inverse = stretch + 1 + at;
            // Speeds and times are measured against those on equal parts, so that the numbers are near one.
            let scaled = claimant.steps_left / equal[at] / alone_s;
            program.at_most(
                &[(inverse, scaled), (stretch, -1.0)],
                -claimant.since_s / alone_s,
            );
            program.inverse(inverse, &room::speed(seen, at, 1.0 / equal[at]));
        }
        desk.solve(program)
    }
}
