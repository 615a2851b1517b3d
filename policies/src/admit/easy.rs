//! EASY backfilling (Lifka 1995; Mu'alem and Feitelson 2001), recomputed from nothing at every decision:
//!
//! 1. Start from the head while the head fits.
//! 2. The head `h` does not fit. Its shadow `S` is the least estimated end at which it would, all jobs with an estimated
//!    end up to `S` having ended.
//! 3. Once through the rest in order: a job that fits starts if it ends by `S` by its estimate, or if `h` would fit at `S`
//!    all the same.
//!
//! "Fits at `S`" is asked of a forecast of the nodes. Where every job is of single-GPU tasks and there is one GPU model, it
//! is a matter of counting, and the rule is the textbook's: free at `S` less what `h` needs are the extra GPUs.
//!
//! Estimates are of a job alone: where neighbours on a GPU slow each other down, jobs end later than is reckoned, and the head
//! starts after its shadow.

use sim_core::engine::{Change, Forecast, JobView, Plan, Reason, View};
use sim_core::model::{Gang, ModelSet, Placement};
use sim_core::units::{JobId, SimTime};

use super::Admit;
use super::ends::{Ends, end_of, list_fresh};
use crate::compose::Desk;
use crate::place::Place;
use crate::queue::Pass;

/// EASY backfilling.
#[derive(Clone, Debug, Default)]
pub struct Easy {
    ends: Ends,
    pass: Pass,
    forecast: Option<Forecast>,
    /// Running jobs started in this plan, which `ends` does not know yet.
    fresh: Vec<(SimTime, JobId)>,
}

/// What will be free at the shadow time.
enum Shadow {
    /// A matter of counting: GPUs beyond those of the head.
    Extra(u64),
    /// A matter of nodes.
    Nodes(Forecast),
}

impl Admit for Easy {
    fn admit(&mut self, desk: &mut Desk<'_, '_, '_>) {
        let head = loop {
            let Some((head, _)) = desk.queue.first() else {
                return;
            };
            if !desk.try_start(head) {
                break head;
            }
        };
        if desk.queue.len() > 1 && anything_free(desk) {
            self.backfill(desk, head);
        }
    }

    fn note(&mut self, change: &Change, view: &View<'_>) {
        self.ends.note(change, view);
    }

    fn needs_estimate(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Admit> {
        Box::new(self.clone())
    }
}

impl Easy {
    fn backfill(&mut self, desk: &mut Desk<'_, '_, '_>, head: JobId) {
        let (shadow_time, mut shadow) = self.shadow(desk, head);
        let mut pass = std::mem::take(&mut self.pass);
        desk.queue.begin(&mut pass);
        while let Some((job, lane)) = desk.queue.next(&mut pass) {
            if job == head {
                continue;
            }
            let candidate = desk.job(job);
            let in_time = end_of(&candidate) <= shadow_time;
            if !in_time && shadow.is_full(&candidate) {
                desk.plan.hold(job, Reason::WouldDelay);
                continue;
            }
            let Some(placement) = desk.lay(job) else {
                desk.hold_unplaced(job);
                pass.skip(lane);
                continue;
            };
            if in_time || shadow.admits(desk, head, &candidate, &placement) {
                desk.start(job, &placement);
                if !anything_free(desk) {
                    break;
                }
            } else {
                desk.plan.hold(job, Reason::WouldDelay);
            }
        }
        self.pass = pass;
        if let Shadow::Nodes(forecast) = shadow {
            self.forecast = Some(forecast);
        }
    }

    /// When the head would fit, and what is free then.
    fn shadow(&mut self, desk: &mut Desk<'_, '_, '_>, head: JobId) -> (SimTime, Shadow) {
        let mut ends: Vec<(SimTime, JobId)> = std::mem::take(&mut self.fresh);
        list_fresh(desk, &mut ends);
        let shadow = if is_counting(desk) {
            self.count(desk, head, &ends)
        } else {
            self.look_ahead(desk, head, &ends)
        };
        self.fresh = ends;
        shadow
    }

    fn count(
        &self,
        desk: &Desk<'_, '_, '_>,
        head: JobId,
        fresh: &[(SimTime, JobId)],
    ) -> (SimTime, Shadow) {
        let (needed, mut free) = (
            u64::from(desk.job(head).gang().gpus()),
            free_gpus(desk.plan),
        );
        let mut shadow_time = None;
        for (end, job, is_fresh) in merged(self.ends.iter(desk.view.now()), fresh) {
            if shadow_time.is_some_and(|shadow| end > shadow) {
                break;
            }
            if is_fresh || desk.plan.is_running(job) {
                free += u64::from(desk.job(job).gang().gpus());
            }
            if free >= needed && shadow_time.is_none() {
                shadow_time = Some(end);
            }
        }
        (
            shadow_time.unwrap_or(SimTime::MAX),
            Shadow::Extra(free.saturating_sub(needed)),
        )
    }

    fn look_ahead(
        &mut self,
        desk: &mut Desk<'_, '_, '_>,
        head: JobId,
        fresh: &[(SimTime, JobId)],
    ) -> (SimTime, Shadow) {
        let mut forecast = self.forecast.take().unwrap_or_else(|| desk.plan.forecast());
        desk.plan.forecast_into(&mut forecast);
        let (gang, models) = (desk.gang(head), desk.job(head).models());
        let mut shadow_time = None;
        let mut ends = merged(self.ends.iter(desk.view.now()), fresh).peekable();
        while let Some((end, job, is_fresh)) = ends.next() {
            if shadow_time.is_some_and(|shadow| end > shadow) {
                break;
            }
            release(desk.plan, &mut forecast, &desk.job(job), is_fresh);
            let last_of_instant = ends.peek().is_none_or(|(next, _, _)| *next > end);
            if shadow_time.is_none()
                && last_of_instant
                && fits(desk.place(), &mut forecast, &gang, models)
            {
                shadow_time = Some(end);
            }
        }
        (shadow_time.unwrap_or(SimTime::MAX), Shadow::Nodes(forecast))
    }
}

impl Shadow {
    /// Whether a job that ends after the shadow time cannot start, whatever nodes it gets.
    fn is_full(&self, candidate: &JobView<'_>) -> bool {
        match self {
            Self::Extra(extra) => u64::from(candidate.gang().gpus()) > *extra,
            Self::Nodes(_) => false,
        }
    }

    /// Whether the head fits at the shadow time with a job there that ends later; if so, the job is in.
    fn admits(
        &mut self,
        desk: &mut Desk<'_, '_, '_>,
        head: JobId,
        candidate: &JobView<'_>,
        at: &Placement,
    ) -> bool {
        match self {
            Self::Extra(extra) => {
                *extra -= u64::from(candidate.gang().gpus());
                true
            }
            Self::Nodes(forecast) => {
                let Some(granted) = forecast.start(candidate.gang(), &at.seats) else {
                    return false;
                };
                let (gang, models) = (desk.gang(head), desk.job(head).models());
                let still = fits(desk.place(), forecast, &gang, models);
                if !still {
                    forecast.stop(candidate.gang(), &granted);
                }
                still
            }
        }
    }
}

/// Whether a gang fits in a forecast.
fn fits(place: &mut dyn Place, forecast: &mut Forecast, gang: &Gang, models: ModelSet) -> bool {
    let mut placed = Placement::default();
    let mut whole = true;
    for (position, role) in gang.roles().iter().enumerate() {
        let Some(seats) = place.lay(forecast.capacity(), role, models) else {
            whole = false;
            break;
        };
        if let [_] = gang.roles() {
            return true;
        }
        let only: Gang = Gang::One(*role);
        let granted = forecast
            .start(&only, &seats)
            .expect("seats laid out on this forecast");
        let position = u16::try_from(position).expect("few roles");
        placed
            .seats
            .extend(granted.into_iter().map(|seat| sim_core::model::Seat {
                role: position,
                ..seat
            }));
    }
    forecast.stop(gang, &placed.seats);
    whole
}

/// Gives back in a forecast what a job holds: granted earlier, or in this plan.
fn release(plan: &Plan<'_>, forecast: &mut Forecast, job: &JobView<'_>, is_fresh: bool) {
    if is_fresh {
        let seats = plan.seats_of(job.id()).expect("started in this plan");
        forecast.stop(job.gang(), seats);
    } else if plan.is_running(job.id()) {
        forecast.end(job);
    }
}

/// Two lists of estimated ends as one, in order; the last part says whether it is of the second.
fn merged<'a>(
    known: impl Iterator<Item = (SimTime, JobId)> + 'a,
    fresh: &'a [(SimTime, JobId)],
) -> impl Iterator<Item = (SimTime, JobId, bool)> + 'a {
    let (mut known, mut fresh) = (known.peekable(), fresh.iter().copied().peekable());
    std::iter::from_fn(move || {
        let from_known = match (known.peek(), fresh.peek()) {
            (Some(known), Some(fresh)) => known <= fresh,
            (known, _) => known.is_some(),
        };
        let (end, job) = if from_known {
            known.next()
        } else {
            fresh.next()
        }?;
        Some((end, job, !from_known))
    })
}

/// Whether it is enough to count GPUs: single-GPU tasks that take nothing else, on a fleet of one model.
fn is_counting(desk: &Desk<'_, '_, '_>) -> bool {
    let capacity = desk.plan.capacity();
    let mut models = capacity
        .offerings()
        .map(|offering| capacity.shape(offering).model);
    let first = models.next();
    desk.queue.is_simple() && models.all(|model| Some(model) == first)
}

fn free_gpus(plan: &Plan<'_>) -> u64 {
    let capacity = plan.capacity();
    capacity
        .offerings()
        .map(|offering| u64::from(capacity.free_gpus(offering)))
        .sum()
}

/// Whether there is anything left to start on; jobs that want no GPU are not so easily told.
fn anything_free(desk: &Desk<'_, '_, '_>) -> bool {
    let capacity = desk.plan.capacity();
    let free = |offering| {
        capacity.free_gpus(offering) > 0 || capacity.nodes_sharing(offering).next().is_some()
    };
    !desk.queue.is_simple() || capacity.offerings().any(free)
}
