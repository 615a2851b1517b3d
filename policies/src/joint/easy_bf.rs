//! batsched's `easy_bf`: the head holds a reservation of named processors, so that the outcome depends on their numbering.
//!
//! The reservation is a time `S`, the least estimated end at which enough are free, and the lowest-numbered processors free
//! then. It is made when a job becomes head, and made anew at each instant at which a job ended, when the scan reaches it.
//! Another job may use the free processors, less the reserved ones if it ends after `S`; it takes the lowest. The queue is
//! scanned only at instants at which a job ended; at others only what was just submitted is tested.

use sim_core::engine::{Change, Plan, Policy, Reason, View, Wakes};
use sim_core::units::{JobId, SimTime};

use super::processors::{self, Processors};

/// batsched's `easy_bf`.
#[derive(Clone, Debug, Default)]
pub struct EasyBf {
    queue: Vec<JobId>,
    reservation: Option<Reservation>,
    fresh: Vec<JobId>,
}

#[derive(Clone, Debug)]
struct Reservation {
    head: JobId,
    at: SimTime,
    on: Processors,
}

impl Policy for EasyBf {
    fn name(&self) -> &'static str {
        "easy-bf"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        plan.hold_others(Reason::WouldDelay);
        self.fresh.clear();
        let new = self.take_in(view, plan);
        let had_head = self.reservation.is_some();
        if !had_head {
            self.start_heads(view, plan);
        }
        let freed = |change: &Change| {
            matches!(
                change,
                Change::Ended(_) | Change::Requeued(_) | Change::Node(_)
            )
        };
        let candidates = if view.changes().iter().any(freed) {
            self.queue.clone()
        } else {
            new
        };
        for job in candidates {
            if !self.queue.contains(&job) {
                continue;
            }
            if self.queue.first() == Some(&job) {
                if !view.changes().iter().any(freed) {
                    continue;
                }
                self.reservation = None;
                if self.try_start(view, plan, job).is_err() {
                    self.reserve(view, plan, job);
                }
            } else {
                let _ = self.try_start(view, plan, job);
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

impl EasyBf {
    /// Queues what has come; returns it.
    fn take_in(&mut self, view: &View<'_>, plan: &mut Plan<'_>) -> Vec<JobId> {
        let mut new = Vec::new();
        for change in view.changes() {
            if let Change::Arrived(id) | Change::Requeued(id) = change {
                let Some(job) = view.job(*id) else { continue };
                if processors::describes(plan, &job) {
                    self.queue.push(*id);
                    new.push(*id);
                } else {
                    plan.reject(*id).expect("it has just come");
                }
            }
        }
        new
    }

    /// Starts heads as long as they fit; the first that does not gets the reservation.
    fn start_heads(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        while let Some(head) = self.queue.first().copied() {
            if self.try_start(view, plan, head).is_err() {
                self.reserve(view, plan, head);
                return;
            }
        }
    }

    /// Starts a job on the lowest processors it may use; an error if they are too few.
    fn try_start(&mut self, view: &View<'_>, plan: &mut Plan<'_>, id: JobId) -> Result<(), ()> {
        let job = view.job(id).expect("queues hold live jobs");
        let needed = processors::wanted(&job).expect("checked on arrival");
        let end = job.estimated_end().unwrap_or(SimTime::MAX);
        let mut usable = processors::free(plan);
        if let Some(reservation) = self
            .reservation
            .as_ref()
            .filter(|held| held.head != id && end > held.at)
        {
            usable.retain(|processor| !reservation.on.contains(processor));
        }
        if usable.len() < needed {
            return Err(());
        }
        let on: Vec<_> = usable.into_iter().take(needed).collect();
        processors::start(plan, id, &on);
        self.queue.retain(|queued| *queued != id);
        self.fresh.push(id);
        Ok(())
    }

    fn reserve(&mut self, view: &View<'_>, plan: &Plan<'_>, head: JobId) {
        let needed = view
            .job(head)
            .and_then(|job| processors::wanted(&job))
            .expect("checked on arrival");
        let at = processors::shadow(view, plan, &self.fresh, needed);
        let mut free = processors::free(plan);
        for (end, job) in processors::running(view, plan, &self.fresh) {
            if end <= at {
                free.extend(processors::holdings(view, plan, job));
            }
        }
        self.reservation = Some(Reservation {
            head,
            at,
            on: free.into_iter().take(needed).collect(),
        });
    }
}
