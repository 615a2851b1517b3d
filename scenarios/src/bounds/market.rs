//! The market as one job sees it: what its gang costs in every stretch of time, and the least that its work can cost.
//!
//! The job takes GPU time in parts of any size, at most its span's worth, on one model at a time; pools of a model may be
//! mixed, the cheapest first. What it pays in all is a linear programme ([`super::shares`]).

use std::ops::Range;

use super::ascent::real;
use super::problem::{Job, Pool};
use super::shares::{Choice, Choices, SHARE, Scale};
use super::steps::LAST;

/// Pools between the instants at which any of them changes.
#[derive(Clone, Debug)]
pub(super) struct Market {
    /// By pool: its model.
    models: Vec<usize>,
    /// By slot: when it starts; it ends where the next one does, the last at the end of time.
    pub(super) starts: Vec<u64>,
    /// By slot and pool.
    offers: Vec<Vec<Offer>>,
    /// By slot: the pools, the cheapest first.
    order: Vec<Vec<usize>>,
}

/// What a pool has in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// GPUs.
    pub(super) gpus: u64,
    /// Price of one for a microsecond.
    pub(super) price: u64,
}

/// The least that a job costs, and what it takes for it, as far as that is unique: by slot and pool, GPUs times microseconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Purchase {
    pub(super) cost: u128,
    pub(super) taken: Vec<(usize, usize, f64)>,
}

impl Market {
    pub(super) fn new(pools: &[Pool]) -> Self {
        let of_pool = |pool: &Pool| {
            let prices = pool.price.instants().collect::<Vec<_>>();
            pool.gpus.instants().chain(prices).collect::<Vec<_>>()
        };
        let mut starts: Vec<u64> = pools.iter().flat_map(of_pool).collect();
        starts.push(0);
        starts.retain(|start| *start < LAST);
        starts.sort_unstable();
        starts.dedup();
        let offer = |pool: &Pool, start: u64| Offer {
            gpus: pool.gpus.at(start),
            price: pool.price.at(start),
        };
        let offers = starts.iter().map(|start| {
            let offers = pools.iter().map(|pool| offer(pool, *start));
            offers.collect()
        });
        let mut market = Self {
            models: pools.iter().map(|pool| pool.model).collect(),
            offers: offers.collect(),
            starts,
            order: Vec::new(),
        };
        market.rank();
        market
    }

    fn rank(&mut self) {
        let ranked = |offers: &Vec<Offer>| {
            let mut order: Vec<usize> = (0..offers.len()).collect();
            order.sort_by_key(|pool| (offers[*pool].price, *pool));
            order
        };
        self.order = self.offers.iter().map(ranked).collect();
    }

    /// By slot and pool: what there is.
    pub(super) fn offers(&self) -> &[Vec<Offer>] {
        &self.offers
    }

    /// The same with fees, by slot and pool, on top of the prices.
    pub(super) fn dearer(&self, fees: &[u64]) -> Self {
        let mut dearer = self.clone();
        for (offer, fee) in dearer.offers.iter_mut().flatten().zip(fees) {
            offer.price = offer.price.saturating_add(*fee);
        }
        dearer.rank();
        dearer
    }

    /// How long a slot is.
    pub(super) fn length(&self, slot: usize) -> u64 {
        self.end(slot) - self.starts[slot]
    }

    fn end(&self, slot: usize) -> u64 {
        self.starts.get(slot + 1).copied().unwrap_or(LAST)
    }

    /// Slots that jobs may choose from, summed.
    pub(super) fn choices(&self, jobs: &[Job]) -> usize {
        let each = jobs.iter().map(|job| self.time(job).len());
        each.fold(0, usize::saturating_add)
    }

    /// The slots of a job's time.
    fn time(&self, job: &Job) -> Range<usize> {
        let until = job.deadline.unwrap_or(LAST);
        let first = self.starts.partition_point(|start| *start <= job.release) - 1;
        first..self.starts.partition_point(|start| *start < until)
    }

    /// The least that a job's work costs; `None` where it cannot be done in time.
    pub(super) fn cost(&self, job: &Job) -> Option<u128> {
        if job.shortest() == 0 {
            return Some(0);
        }
        let (_, scale, (_, value)) = self.solved(job)?;
        Some(scale.down(value))
    }

    /// The same, and what is taken.
    pub(super) fn least(&self, job: &Job) -> Option<Purchase> {
        if job.shortest() == 0 {
            let (cost, taken) = (0, vec![]);
            return Some(Purchase { cost, taken });
        }
        let (choices, scale, (worth, value)) = self.solved(job)?;
        let taken = self.taken(job, &choices, (&scale, worth));
        let cost = scale.down(value);
        Some(Purchase { cost, taken })
    }

    /// What a job may choose, and the worth of a share at which it does with what that costs.
    fn solved(&self, job: &Job) -> Option<(Choices, Scale, (u128, u128))> {
        let choices = self.of(job);
        if !choices.are_enough() {
            return None;
        }
        let scale = Scale::of(&choices);
        let dearest = scale.dearest(&choices);
        Some((choices, scale, dearest))
    }

    /// What may be chosen in each slot of a job's time.
    fn of(&self, job: &Job) -> Choices {
        let until = job.deadline.unwrap_or(LAST);
        let mut choices = Choices::default();
        for slot in self.time(job) {
            let from = job.release.max(self.starts[slot]);
            let before = choices.all.len();
            for (model, span) in job.spans.iter().enumerate() {
                let rate = span.and_then(|_| self.rate(slot, model, job.width));
                if let Some((span, rate)) = span.zip(rate) {
                    choices.all.push(Choice {
                        slot,
                        model,
                        share: span.into(),
                        cost: rate,
                        length: 0,
                    });
                }
            }
            let here = &mut choices.all[before..];
            // However it mixes them, a job is done after the longest of the spans.
            let longest = here.iter().map(|choice| choice.share).max().unwrap_or(0);
            let length = until.min(self.end(slot)).saturating_sub(from);
            let length = length.min(u64::try_from(longest).expect("a span"));
            for choice in here {
                choice.length = length;
                choice.share = (u128::from(length) * SHARE).div_ceil(choice.share);
                choice.cost = choice.cost.saturating_mul(length.into());
            }
            choices.ends.push(choices.all.len());
        }
        choices
    }

    /// The cheapest GPUs of a model for a gang: pool, how many, and price.
    fn fill(
        &self,
        (slot, model): (usize, usize),
        width: u64,
    ) -> impl Iterator<Item = (usize, u64, u64)> {
        let offers = self.order[slot].iter();
        let own = offers.filter(move |pool| self.models[**pool] == model);
        own.scan(width, move |left, pool| {
            let offer = self.offers[slot][*pool];
            let gpus = offer.gpus.min(*left);
            *left -= gpus;
            Some((*pool, gpus, offer.price))
        })
    }

    /// What they cost for a microsecond; `None` where there are too few.
    fn rate(&self, slot: usize, model: usize, width: u64) -> Option<u128> {
        let parts = self.fill((slot, model), width);
        let (gpus, rate) = parts.fold((0, 0_u128), |(all, sum), (_, gpus, price)| {
            let more = u128::from(gpus) * u128::from(price);
            (all + gpus, sum.saturating_add(more))
        });
        (gpus == width).then_some(rate)
    }

    /// What the job takes where a share is worth so much: all that pays, and of what just pays, as much as is left.
    fn taken(
        &self,
        job: &Job,
        choices: &Choices,
        (scale, worth): (&Scale, u128),
    ) -> Vec<(usize, usize, f64)> {
        let before = worth.saturating_sub(1);
        let sure = choices.slots().map(|slot| scale.best(slot, before).1);
        let sure = real(sure.sum());
        let all = choices.slots().map(|slot| scale.best(slot, worth).1);
        let all = real(all.sum());
        let part = if all > sure {
            (real(SHARE) - sure) / (all - sure)
        } else {
            1.0
        };
        let mut taken = Vec::new();
        for slot in choices.slots() {
            for (worth, part) in [(before, 1.0 - part), (worth, part)] {
                let Some(choice) = scale.choice(slot, worth) else {
                    continue;
                };
                for (pool, gpus, _) in self.fill((choice.slot, choice.model), job.width) {
                    let amount = real(gpus.into()) * real(choice.length.into()) * part;
                    taken.push((choice.slot, pool, amount));
                }
            }
        }
        taken
    }
}
