//! Gavel's rounds as Sia's artifact has them for jobs of fixed size and batch: shares by the most iterations a second of all jobs
//! together, anew each round, and whoever is furthest behind its share first, whatever the GPU model.
//!
//! Unlike in Gavel's own simulator shares are computed at every round, the time that jobs have received is never forgotten,
//! and what a job did not need stays in the books of its model.

use std::collections::BTreeMap;

use sim_core::engine::{JobView, Plan, Policy, View, Wakes};
use sim_core::units::{JobId, ModelId, Span, convert};

use super::shares::{Offer, offers, shares};
use crate::goodput::{Wish, come_back, held, hold_back, is_round, news, pools, seat};

/// The policy.
#[derive(Clone, Debug)]
pub struct MaxSumThroughput {
    round: Span,
    /// Seconds that jobs received, by model, and those of all jobs that ever were.
    received: BTreeMap<(JobId, ModelId), f64>,
    handed_out: BTreeMap<ModelId, f64>,
}

impl MaxSumThroughput {
    /// With rounds of this length.
    pub fn new(round: Span) -> Self {
        Self {
            round,
            received: BTreeMap::new(),
            handed_out: BTreeMap::new(),
        }
    }

    fn round_s(&self) -> f64 {
        convert::real(self.round.us()) / 1e6
    }

    /// Books the round that ends now.
    fn book(&mut self, view: &View<'_>) {
        let round_s = self.round_s();
        for job in view.running() {
            if let Some(held) = held(view, job.id()) {
                *self.received.entry((job.id(), held.model)).or_default() += round_s;
                *self.handed_out.entry(held.model).or_default() += round_s;
            }
        }
    }

    /// How far behind its share an offer is.
    fn lag(&self, job: JobId, offer: &Offer, share: f64) -> f64 {
        let half_s = self.round_s() / 2.0;
        let received = self
            .received
            .get(&(job, offer.model))
            .copied()
            .unwrap_or(0.0)
            + half_s;
        let all = self.handed_out.get(&offer.model).copied().unwrap_or(0.0) + half_s;
        share / (received / all)
    }
}

impl Policy for MaxSumThroughput {
    fn name(&self) -> &'static str {
        "max-sum-throughput"
    }

    fn wakes_on(&self) -> Wakes {
        news()
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        hold_back(view, plan, self.round);
        if !is_round(view.now(), self.round) {
            return come_back(view, plan, self.round);
        }
        self.book(view);
        let pools = pools(view, plan);
        let mut jobs: Vec<JobView<'_>> = view.pending().chain(view.running()).collect();
        jobs.sort_by_key(JobView::id);
        let offers: Vec<Offer> = jobs
            .iter()
            .enumerate()
            .flat_map(|(at, job)| offers(at, job, &pools))
            .collect();
        let shares = shares(&offers, &pools, jobs.len()).unwrap_or_else(|| vec![0.0; offers.len()]);
        let mut ranked: Vec<(f64, f64, &Offer)> = offers
            .iter()
            .zip(shares)
            .map(|(offer, share)| (self.lag(jobs[offer.job].id(), offer, share), share, offer))
            .collect();
        ranked.sort_by(|a, b| {
            let falling = b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1));
            falling.then((a.2.job, a.2.model).cmp(&(b.2.job, b.2.model)))
        });
        let mut free: BTreeMap<ModelId, u32> = pools
            .iter()
            .map(|pool| (pool.model, pool.nodes * pool.each))
            .collect();
        let mut wishes: Vec<Wish> = Vec::new();
        for (_, _, offer) in ranked {
            let job = jobs[offer.job].id();
            let room = free.entry(offer.model).or_default();
            if *room < offer.gpus || wishes.iter().any(|wish| wish.job == job) {
                continue;
            }
            *room -= offer.gpus;
            let same = held(view, job).filter(|held| held.model == offer.model);
            let pool = pools.iter().find(|pool| pool.model == offer.model);
            let counts = pool.map(|pool| pool.counts(offer.gpus)).unwrap_or_default();
            wishes.push(same.unwrap_or(Wish {
                job,
                model: offer.model,
                counts,
            }));
        }
        seat(&wishes, view, plan);
        come_back(view, plan, self.round);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}
