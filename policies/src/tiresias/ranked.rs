//! Ranked: at each event all jobs, running or not, are ranked by a number, and whoever fits in that order runs.

use sim_core::engine::{Change, JobView, Plan, Policy, View, Wakes};
use sim_core::units::JobId;

use crate::place::Place;
use crate::repack::{Line, repack};

/// A number that jobs are ranked by, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The instant of submission: fifo.
    Arrival,
    /// GPUs: sjf.
    Gpus,
    /// Working time so far: las.
    Time,
    /// Estimated time that is left: shortest.
    TimeLeft,
    /// Estimated time that is left, times GPUs: shortest-gpu.
    GpuTimeLeft,
}

/// The policy.
pub struct Ranked {
    name: &'static str,
    by: By,
    line: Line,
    place: Box<dyn Place>,
    /// The published list is sorted in place: equal jobs keep the order that they had before, whatever it came from.
    in_place: bool,
    list: Vec<JobId>,
}

impl By {
    /// The number of a job now; a job without an estimate goes last where one is needed.
    pub(crate) fn rank(self, job: &JobView<'_>) -> u128 {
        let left = || {
            let estimate = job.estimate()?;
            Some(u128::from(estimate.saturating_sub(job.served()).us()))
        };
        let gpus = u128::from(job.gang().gpu_milli());
        match self {
            Self::Arrival => job.arrival().us().into(),
            Self::Gpus => gpus,
            Self::Time => job.attained().us().into(),
            Self::TimeLeft => left().unwrap_or(u128::MAX),
            Self::GpuTimeLeft => left().map_or(u128::MAX, |left| left * gpus),
        }
    }
}

impl Ranked {
    /// By this number, with those behind a job that does not fit as `line` says, wherever `place` lays them.
    pub fn new(name: &'static str, by: By, line: Line, place: Box<dyn Place>) -> Self {
        Self {
            name,
            by,
            line,
            place,
            in_place: false,
            list: Vec::new(),
        }
    }

    /// With equal jobs in the order that they had before, as published; else they go in the order of arrival.
    #[must_use]
    pub fn sorting_in_place(mut self, in_place: bool) -> Self {
        self.in_place = in_place;
        self
    }
}

impl Policy for Ranked {
    fn name(&self) -> &str {
        self.name
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        for change in view.changes() {
            if let Change::Arrived(job) = change {
                self.list.push(*job);
            }
        }
        self.list.retain(|job| view.job(*job).is_some());
        if !self.in_place {
            self.list.sort_unstable();
        }
        let rank = |id: &JobId| view.job(*id).map(|job| self.by.rank(&job));
        self.list.sort_by_cached_key(rank);
        repack(&self.list, self.line, &mut *self.place, view, plan);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(Self {
            place: self.place.fork(),
            list: self.list.clone(),
            ..*self
        })
    }
}
