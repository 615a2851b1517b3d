//! Leases, and the order in which jobs may take GPUs.
//!
//! Whoever holds a lease keeps its GPUs until it is over. What is free then is offered to those who fare worst: a part of all who
//! could use it. Their bids are weighed; who wins goes first, then the others, the worst off first, so that nothing lies idle that
//! somebody could use. A job whose lease is over goes on where it is, under a new lease, unless others need its GPUs.

use std::collections::BTreeMap;

use sim_core::engine::{JobView, Plan, Policy, View, Wakes};
use sim_core::units::{JobId, SimTime, Span, convert};

use super::auction::{Bid, winners};
use super::stretch::Stretch;
use crate::place::Place;
use crate::repack::{Line, repack};

/// How it is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// How long a lease is.
    pub lease: Span,
    /// The part of the jobs, those that fare best, that may not bid.
    pub fairness: f64,
    /// Most bids in an auction.
    pub depth: usize,
}

/// Themis.
pub struct Themis {
    rules: Rules,
    place: Box<dyn Place>,
    /// Until when those that run hold their GPUs.
    leases: BTreeMap<JobId, SimTime>,
    /// Whether somebody waited when it last decided, so that leases that are over were on offer.
    waited: bool,
}

/// A job that may take GPUs.
struct Bidder {
    job: JobId,
    gpu_milli: u64,
    stretch: Stretch,
    wins: bool,
}

impl Themis {
    /// Without leases.
    pub fn new(rules: Rules, place: Box<dyn Place>) -> Self {
        Self {
            rules,
            place,
            leases: BTreeMap::new(),
            waited: false,
        }
    }

    /// Forgets who does not run any more. While nobody waited, leases that were over were renewed at once.
    fn renew(&mut self, view: &View<'_>) {
        self.leases
            .retain(|job, _| view.job(*job).is_some_and(|job| job.is_running()));
        let now = view.now();
        let lease = self.rules.lease;
        for until in self.leases.values_mut().filter(|until| **until < now) {
            if !self.waited {
                let leases = now.since(*until).us().div_ceil(lease.us());
                *until = until.saturating_add(lease.saturating_mul(leases));
            }
        }
    }

    /// Whether it keeps its GPUs whoever bids.
    fn is_held(&self, job: JobId, now: SimTime) -> bool {
        self.leases.get(&job).is_some_and(|until| *until > now)
    }

    /// All who may take GPUs, the worst off first, and how many thousandths of GPUs are on offer.
    fn bidders(&self, view: &View<'_>, plan: &Plan<'_>) -> (Vec<Bidder>, u64) {
        let capacity = plan.capacity();
        let pools = capacity.offerings();
        let mut offered: u64 = pools
            .map(|pool| u64::from(capacity.free_gpus(pool)) * 1000)
            .sum();
        let running = view.running().map(|job| held(&job));
        let gpus = offered + running.sum::<u64>();
        let jobs = view.pending_len() + view.running_len();
        let mut bidders = Vec::new();
        for job in view.pending().chain(view.running()) {
            if self.is_held(job.id(), view.now()) {
                continue;
            }
            if job.is_running() {
                offered += held(&job);
            }
            let stretch = Stretch::of(&job, view.now(), jobs, gpus);
            bidders.push(Bidder {
                job: job.id(),
                gpu_milli: job.gang().gpu_milli(),
                // Who says nothing of its end cannot be told to fare badly.
                stretch: stretch.unwrap_or(Stretch {
                    shared_s: 0.0,
                    alone_s: 1.0,
                }),
                wins: false,
            });
        }
        bidders.sort_by(|one, other| {
            let (one_s, other_s) = (one.stretch.ratio(), other.stretch.ratio());
            other_s.total_cmp(&one_s).then(one.job.cmp(&other.job))
        });
        (bidders, offered)
    }

    /// Puts those who win before the others, who stay in their order.
    fn auction(&self, bidders: &mut [Bidder], offered: u64) {
        let part = convert::real(convert::wide(bidders.len())) * (1.0 - self.rules.fairness);
        let part = usize::try_from(convert::floor(part)).unwrap_or(usize::MAX);
        let visible = part.clamp(1, self.rules.depth).min(bidders.len());
        let visible = &mut bidders[..visible];
        let lease = self.rules.lease;
        let bids = visible.iter();
        let bids = bids.map(|one| Bid::for_lease(one.gpu_milli, one.stretch.shared_s, lease));
        let wins = winners(&bids.collect::<Vec<_>>(), offered);
        for (bidder, wins) in visible.iter_mut().zip(wins) {
            bidder.wins = wins;
        }
        visible.sort_by_key(|bidder| !bidder.wins);
    }
}

impl Policy for Themis {
    fn name(&self) -> &'static str {
        "themis"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE | Wakes::WAKE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.renew(view);
        let now = view.now();
        let (mut bidders, offered) = self.bidders(view, plan);
        if !bidders.is_empty() {
            self.auction(&mut bidders, offered);
        }
        let holders = self.leases.iter().filter(|(_, until)| **until > now);
        let mut order: Vec<JobId> = holders.map(|(job, _)| *job).collect();
        order.extend(bidders.iter().map(|bidder| bidder.job));
        repack(&order, Line::Skip, &mut *self.place, view, plan);
        let until = now.saturating_add(self.rules.lease);
        self.waited = false;
        for bidder in &bidders {
            if plan.is_pending(bidder.job) {
                self.leases.remove(&bidder.job);
                self.waited = true;
            } else {
                self.leases.insert(bidder.job, until);
            }
        }
        let next = self.leases.values().min();
        if let Some(next) = next.filter(|_| self.waited) {
            plan.wake_at(*next).expect("it lies in the future");
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(Self {
            rules: self.rules,
            place: self.place.fork(),
            leases: self.leases.clone(),
            waited: self.waited,
        })
    }
}

/// Thousandths of GPUs that a running job holds.
fn held(job: &JobView<'_>) -> u64 {
    u64::from(job.gang().gpus_in(job.allocation().seats())) * 1000
}
