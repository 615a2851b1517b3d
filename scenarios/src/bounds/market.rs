//! The market as one job sees it: what its gang costs in every stretch of time, and the least that its work can cost.
//!
//! The job takes GPU time in parts of any size, at most its span's worth, on one model at a time; pools of a model may be
//! mixed, the cheapest first. What it pays in all is a linear programme with one constraint, that its shares add up to one.
//! Its dual has one variable, what a share is worth. Any value gives a bound, the best one the optimum; it is found by
//! bisection, in integers.

use std::ops::Range;

use super::ascent::real;
use super::problem::{Job, Pool};
use super::steps::LAST;

/// Pools between the instants at which any of them changes.
#[derive(Clone, Debug)]
pub(super) struct Market {
    /// By pool: its model.
    models: Vec<usize>,
    /// By slot: when it starts; it ends where the next one does, the last at the end of time.
    pub(super) starts: Vec<u64>,
    /// By slot and pool.
    pub(super) offers: Vec<Vec<Offer>>,
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

/// A share of one, in the unit that shares are counted in.
const SHARE: u128 = 1 << 32;

/// A model in a slot: progress and price if the job runs there throughout.
#[derive(Clone, Copy, Debug)]
struct Choice {
    slot: usize,
    model: usize,
    /// Rounded up.
    share: u128,
    /// Before it is scaled.
    cost: u128,
    length: u64,
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
        Self {
            models: pools.iter().map(|pool| pool.model).collect(),
            offers: offers.collect(),
            starts,
        }
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
    pub(super) fn least(&self, job: &Job) -> Option<Purchase> {
        if job.shortest() == 0 {
            let (cost, taken) = (0, vec![]);
            return Some(Purchase { cost, taken });
        }
        let slots = self.slots(job);
        let most: u128 = slots.iter().map(|slot| best_share(slot)).sum();
        if most < SHARE {
            return None;
        }
        let scale = Scale::of(&slots);
        let (worth, value) = scale.dearest(&slots);
        let taken = self.taken(job, &slots, (&scale, worth));
        let cost = scale.down(value);
        Some(Purchase { cost, taken })
    }

    /// What may be chosen in each slot of a job's time.
    fn slots(&self, job: &Job) -> Vec<Vec<Choice>> {
        let until = job.deadline.unwrap_or(LAST);
        let slots = self.time(job).map(|slot| {
            let from = job.release.max(self.starts[slot]);
            let mut choices: Vec<Choice> = Vec::new();
            for (model, span) in job.spans.iter().enumerate() {
                let rate = self.fill(slot, model, job.width).map(|parts| rate(&parts));
                if let Some((span, rate)) = span.zip(rate) {
                    choices.push(Choice {
                        slot,
                        model,
                        share: span.into(),
                        cost: rate,
                        length: 0,
                    });
                }
            }
            // However it mixes them, a job is done after the longest of the spans.
            let longest = choices.iter().map(|choice| choice.share).max().unwrap_or(0);
            let length = until.min(self.end(slot)).saturating_sub(from);
            let length = length.min(u64::try_from(longest).expect("a span"));
            for choice in &mut choices {
                choice.length = length;
                choice.share = (u128::from(length) * SHARE).div_ceil(choice.share);
                choice.cost = choice.cost.saturating_mul(length.into());
            }
            choices
        });
        slots.collect()
    }

    /// The cheapest GPUs of a model for a gang: pool, how many, and price; `None` where there are too few.
    fn fill(&self, slot: usize, model: usize, width: u64) -> Option<Vec<(usize, u64, u64)>> {
        let offers = self.offers[slot].iter().enumerate();
        let mut offers: Vec<_> = offers
            .filter(|(pool, _)| self.models[*pool] == model)
            .collect();
        offers.sort_by_key(|(pool, offer)| (offer.price, *pool));
        let mut left = width;
        let mut parts = Vec::new();
        for (pool, offer) in offers {
            let gpus = left.min(offer.gpus);
            parts.push((pool, gpus, offer.price));
            left -= gpus;
        }
        (left == 0).then_some(parts)
    }

    /// What the job takes where a share is worth so much: all that pays, and of what just pays, as much as is left.
    fn taken(
        &self,
        job: &Job,
        slots: &[Vec<Choice>],
        (scale, worth): (&Scale, u128),
    ) -> Vec<(usize, usize, f64)> {
        let before = worth.saturating_sub(1);
        let sure = slots.iter().map(|slot| scale.best(slot, before).1);
        let sure = real(sure.sum());
        let all = slots.iter().map(|slot| scale.best(slot, worth).1);
        let all = real(all.sum());
        let part = if all > sure {
            (real(SHARE) - sure) / (all - sure)
        } else {
            1.0
        };
        let mut taken = Vec::new();
        for slot in slots {
            for (worth, part) in [(before, 1.0 - part), (worth, part)] {
                let Some(choice) = scale.choice(slot, worth) else {
                    continue;
                };
                let parts = self.fill(choice.slot, choice.model, job.width);
                for (pool, gpus, _) in parts.expect("it was chosen") {
                    let amount = real(gpus.into()) * real(choice.length.into()) * part;
                    taken.push((choice.slot, pool, amount));
                }
            }
        }
        taken
    }
}

fn rate(parts: &[(usize, u64, u64)]) -> u128 {
    let prices = parts
        .iter()
        .map(|(_, gpus, price)| u128::from(*gpus) * u128::from(*price));
    prices.fold(0, u128::saturating_add)
}

fn best_share(slot: &[Choice]) -> u128 {
    slot.iter().map(|choice| choice.share).max().unwrap_or(0)
}

/// Costs are counted in a unit in which they fit well into an integer: finer by so many bits, or coarser and rounded down.
struct Scale {
    finer: u32,
    coarser: u32,
    /// The most that a share may be worth.
    highest: u128,
}

/// Bits of the largest product there is to be.
const BITS: u32 = 116;
/// Worths that are tried where lines meet; after them, the middle.
const LINES: u32 = 24;

impl Scale {
    fn of(slots: &[Vec<Choice>]) -> Self {
        let choices = || slots.iter().flatten();
        let bits = |number: u128| u128::BITS - number.leading_zeros();
        let worth = choices()
            .map(|choice| choice.cost.div_ceil(choice.share))
            .max();
        let (worth, share) = (
            worth.unwrap_or(0),
            choices().map(|choice| choice.share).max(),
        );
        let share = share.unwrap_or(0).max(SHARE);
        let cost = choices().map(|choice| choice.cost).max().unwrap_or(0);
        let needed = (bits(worth) + bits(share) + 10).max(bits(cost));
        let finer = BITS.saturating_sub(needed).min(48);
        let coarser = needed.saturating_sub(BITS);
        // A dearer model may pay above all averages; where it does not pay even then, the bound stays one.
        let highest = ((worth + 1) << 8 << finer) >> coarser;
        Self {
            finer,
            coarser,
            highest,
        }
    }

    /// The least worth of a share at which enough of them pay, and what all then cost at the least.
    ///
    /// That cost is a concave function of the worth, and a line at each. Where the lines at two worths meet between them is the
    /// next to try.
    fn dearest(&self, slots: &[Vec<Choice>]) -> (u128, u128) {
        let line = |worth: u128| {
            let all = slots.iter().map(|slot| self.best(slot, worth));
            let (gains, shares) = all.fold((0_u128, 0_u128), |sum, one| {
                (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1))
            });
            ((worth * SHARE).saturating_sub(gains), shares)
        };
        let (mut low, mut high) = (0, self.highest);
        let (mut below, mut above) = (line(low), line(high));
        if below.1 >= SHARE {
            return (low, below.0);
        }
        for tried in 0_u32.. {
            if high - low <= 1 {
                break;
            }
            let [up, down] = [SHARE - below.1, above.1.saturating_sub(SHARE)];
            let rise = down.checked_mul(high - low);
            let rise = rise.and_then(|rise| rise.checked_add(above.0)?.checked_sub(below.0));
            let meets = rise.map(|rise| low + rise / (up + down));
            // Which takes as many attempts as there are kinds of slots at the worst, and few as a rule.
            let middle = meets
                .filter(|_| tried < LINES)
                .unwrap_or(low + (high - low) / 2);
            let middle = middle.clamp(low + 1, high - 1);
            let found = line(middle);
            if found.1 >= SHARE {
                (high, above) = (middle, found);
            } else {
                (low, below) = (middle, found);
            }
        }
        (high, above.0.max(below.0))
    }

    /// The choice that gains most if a share is worth so much, the one with the largest share of several; none where all lose.
    fn choice<'a>(&self, slot: &'a [Choice], worth: u128) -> Option<&'a Choice> {
        let gain = |choice: &&Choice| (worth * choice.share).checked_sub(self.up(choice.cost));
        let gains = slot.iter().filter(|choice| gain(choice).is_some());
        gains.max_by_key(|choice| (gain(choice), choice.share))
    }

    /// What that gains, and its share.
    fn best(&self, slot: &[Choice], worth: u128) -> (u128, u128) {
        let choice = self.choice(slot, worth);
        choice.map_or((0, 0), |choice| {
            (worth * choice.share - self.up(choice.cost), choice.share)
        })
    }

    fn up(&self, cost: u128) -> u128 {
        (cost >> self.coarser) << self.finer
    }

    fn down(&self, cost: u128) -> u128 {
        (cost >> self.finer) << self.coarser
    }
}
