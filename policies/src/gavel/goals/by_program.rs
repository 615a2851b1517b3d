//! Goals that are the solution of a program over shares; where it has none, everybody has an equal part.

use std::borrow::Cow;

use super::{Ask, Goal, alike, isolated, room};
use crate::solve::{Desk, Solution};

/// What is to be as good as can be.
pub(crate) trait Objective: Clone + Send + 'static {
    /// What tables call it.
    const NAME: &'static str;

    /// What it sees where it does not look at speeds.
    fn blind(ask: &Ask) -> Ask {
        alike(ask)
    }

    /// Seconds for which shares hold though nothing happens; none: for ever.
    fn lasts_s(&self) -> Option<f64> {
        None
    }

    /// Takes note of who is there, at every computation of shares.
    fn note(&mut self, _seen: &Ask) {}

    /// Shares of the claimants, of whom there are some.
    fn solution(&self, seen: &Ask, desk: &mut Desk) -> Option<Solution>;
}

/// A goal by its objective.
#[derive(Clone, Debug)]
pub struct ByProgram<O> {
    objective: O,
    by_speed: bool,
    raw: bool,
    packs: bool,
    desk: Desk,
}

impl<O> ByProgram<O> {
    /// Whether it looks at speeds, and whether shares are taken as the solver leaves them.
    pub(super) fn of(objective: O, by_speed: bool, raw: bool) -> Self {
        Self {
            objective,
            by_speed,
            raw,
            packs: false,
            desk: Desk::default(),
        }
    }

    /// The same with pairs of jobs on the same GPUs, which only a goal that looks at speeds can weigh.
    #[must_use]
    pub fn packed(mut self, packs: bool) -> Self {
        self.packs = packs && self.by_speed;
        self
    }
}

impl<O: Objective> Goal for ByProgram<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        let seen = if self.by_speed {
            Cow::Borrowed(ask)
        } else {
            Cow::Owned(O::blind(ask))
        };
        self.objective.note(&seen);
        if seen.claimants.is_empty() {
            return Vec::new();
        }
        match self.objective.solution(&seen, &mut self.desk) {
            Some(solution) => room::shares(&seen, &solution, self.raw),
            None => isolated::parts(&seen),
        }
    }

    fn shuffles(&self) -> bool {
        !self.by_speed
    }

    fn lasts_s(&self) -> Option<f64> {
        self.objective.lasts_s()
    }

    fn packs(&self) -> bool {
        self.packs
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(self.clone())
    }
}
