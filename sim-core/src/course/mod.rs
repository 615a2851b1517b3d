//! How a job advances. The engine knows only the instant of a job's next change on what it was given.

mod cadence;
pub mod goodput;
mod linear;
mod rates;
mod slowdown;
mod speeds;
mod stepwise;
pub mod theory;

pub use cadence::{Cadence, CadenceError, Split};
pub use goodput::Goodput;
pub use linear::Linear;
pub use rates::{Rates, UNIT_RATE};
pub use slowdown::{Pairing, Piece, Slowdown};
pub use speeds::{Size, Speeds};
pub use stepwise::Stepwise;

use std::sync::Arc;

use crate::units::{KindId, ModelId, Span};

/// What a course stands on: an allocation, as far as speed goes. Fixed for an attempt, but for its rates where jobs that share
/// a GPU slow each other down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footing {
    /// The GPU model; a gang lies on one at a time. `None` for a CPU job.
    pub model: Option<ModelId>,
    /// GPUs, shares counting as one.
    pub gpus: u32,
    /// The widest boundary it crosses.
    pub reach: Reach,
    /// Speed on this model and reach, in parts per billion.
    pub rate_ppb: u64,
    /// What that would be if it never waited for data.
    pub compute_ppb: u64,
}

impl Footing {
    /// Of so much working time, that in which it waits for data.
    pub fn waits(&self, worked: Span) -> Span {
        let waiting = u128::from(self.compute_ppb.saturating_sub(self.rate_ppb));
        if waiting == 0 {
            return Span::ZERO;
        }
        let us = u128::from(worked.us()) * waiting / u128::from(self.compute_ppb);
        u64::try_from(us)
            .ok()
            .and_then(Span::from_us)
            .unwrap_or(worked)
    }
}

/// The widest boundary an allocation crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// None: all on one node.
    Node,
    /// Nodes of one rack.
    Rack,
    /// Racks of one zone.
    Zone,
    /// Zones.
    Zones,
}

/// The next thing that happens to a job if it is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its work is done after this long.
    Done(Span),
}

/// What an outside observer can measure of a running job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telemetry {
    /// Work a second, in parts per billion of the course's unit rate.
    pub rate_ppb: u64,
}

/// How a job advances. Asked at a start and told at a stop; between them nothing changes.
pub trait Course {
    /// The next change on this footing.
    fn next(&self, on: &Footing) -> Change;
    /// Credits `span` of undisturbed working time on this footing; returns how much of it was of use.
    fn advance(&mut self, span: Span, on: &Footing) -> Span;
    /// What an outside observer can measure on this footing.
    fn telemetry(&self, on: &Footing) -> Telemetry;
}

/// How the jobs of a class advance: the shared, immutable half.
#[derive(Clone, Debug, PartialEq)]
pub struct CourseModel {
    /// The kind, with what it needs.
    pub kind: CourseKind,
    /// Speed by model and reach.
    pub rates: Rates,
}

/// The kinds of course.
#[derive(Clone, Debug, PartialEq)]
pub enum CourseKind {
    /// Work in microseconds at unit rate, done continuously.
    Linear,
    /// Work in whole steps of this length at unit rate; a step cut short is lost.
    Stepwise(Span),
    /// Work in epochs, of one of these kinds of job.
    Goodput(Arc<[Arc<goodput::Kind>]>),
}

/// How far one job has come: the mutable half, one per live job.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Of a linear course.
    Linear(Linear),
    /// Of a stepwise course.
    Stepwise(Stepwise),
    /// Of a goodput course: one that is told where it lies, beside its footing.
    Goodput(Box<Goodput>),
}

impl CourseModel {
    /// A job of `kind` with `work` to do and none of it done. Panics on a kind that the course does not know.
    pub fn begin(&self, kind: KindId, work: u64) -> Progress {
        match &self.kind {
            CourseKind::Linear => Progress::Linear(Linear::new(work)),
            CourseKind::Stepwise(step) => Progress::Stepwise(Stepwise::new(work, *step)),
            CourseKind::Goodput(kinds) => {
                let kind = kinds[usize::from(kind.0)].clone();
                Progress::Goodput(Box::new(Goodput::new(kind, work)))
            }
        }
    }
}

impl CourseModel {
    /// Time that a job of `kind` takes to start, or to go on elsewhere, if its course says so itself.
    pub fn delay(&self, kind: KindId) -> Option<Span> {
        match &self.kind {
            CourseKind::Linear | CourseKind::Stepwise(_) => None,
            CourseKind::Goodput(kinds) => Some(kinds[usize::from(kind.0)].application.delay),
        }
    }

    /// Working time of so many steps on this footing, from nothing; `None` where there are no steps.
    pub fn span_of_steps(&self, steps: u64, on: &Footing) -> Option<Span> {
        let CourseKind::Stepwise(step) = self.kind else {
            return None;
        };
        let work = u128::from(step.us()) * u128::from(steps) * u128::from(UNIT_RATE);
        let us = u64::try_from(work.div_ceil(u128::from(on.rate_ppb)));
        Some(us.ok().and_then(Span::from_us).unwrap_or(Span::MAX))
    }
}

impl Progress {
    /// Working time left on this footing after an attempt has done so much, in microseconds x parts per billion.
    pub fn left_after(&self, done: u128, on: &Footing) -> Span {
        let Some(left) = self.work_left() else {
            let Change::Done(left) = self.next(on);
            return left;
        };
        let us = (left - done.min(left)).div_ceil(on.rate_ppb.into());
        let us = u64::try_from(us).ok().and_then(Span::from_us);
        us.unwrap_or(Span::MAX)
    }

    /// Credits an attempt that worked at several rates, piece by piece; returns how much of its working time was of use. A
    /// step may be begun at one rate and done at another.
    pub fn advance_in(&mut self, pieces: &[Piece]) -> Span {
        match self {
            Self::Linear(course) => course.advance_in(pieces),
            Self::Stepwise(course) => course.advance_in(pieces),
            // It lies on whole GPUs, beside nobody, so that it never comes in pieces.
            Self::Goodput(_) => Span::ZERO,
        }
    }

    /// In microseconds x parts per billion; none of a goodput course, which does not count in work.
    fn work_left(&self) -> Option<u128> {
        match self {
            Self::Linear(course) => Some(course.work_left()),
            Self::Stepwise(course) => Some(course.work_left()),
            Self::Goodput(_) => None,
        }
    }

    fn course(&self) -> &dyn Course {
        match self {
            Self::Linear(course) => course,
            Self::Stepwise(course) => course,
            Self::Goodput(course) => course.as_ref(),
        }
    }
}

impl Course for Progress {
    fn next(&self, on: &Footing) -> Change {
        self.course().next(on)
    }

    fn advance(&mut self, span: Span, on: &Footing) -> Span {
        match self {
            Self::Linear(course) => course.advance(span, on),
            Self::Stepwise(course) => course.advance(span, on),
            Self::Goodput(course) => course.advance(span, on),
        }
    }

    fn telemetry(&self, on: &Footing) -> Telemetry {
        self.course().telemetry(on)
    }
}
