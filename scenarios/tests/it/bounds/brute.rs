//! The true optimum of a tiny problem: every schedule of whole steps is tried.
//!
//! In every step a job stands still or has its whole gang on GPUs of one model, from any pools; it may be interrupted and
//! moved at no cost. No run of the engine has more freedom, apart from interrupting within a step.

use std::collections::BTreeMap;

use scenarios::bounds::{Floor, Job, Pool, Problem, Steps, Unbounded};

/// Microseconds of a step.
pub(crate) const STEP: u64 = 1000;

/// Units of the prices of a bound in one of these.
pub(crate) const PRICE: u64 = 1000;

/// A job: all in steps.
#[derive(Clone, Debug)]
pub(crate) struct TinyJob {
    pub(crate) release: u64,
    pub(crate) deadline: Option<u64>,
    pub(crate) width: u64,
    /// In the unit of the rates.
    pub(crate) work: u64,
    /// Work done in a step, by model; zero where it may not run.
    pub(crate) rates: Vec<u64>,
}

/// A pool: GPUs and price of each step, the last of which holds for ever.
#[derive(Clone, Debug)]
pub(crate) struct TinyPool {
    pub(crate) model: usize,
    pub(crate) gpus: Vec<u64>,
    pub(crate) price: Vec<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Tiny {
    pub(crate) jobs: Vec<TinyJob>,
    pub(crate) pools: Vec<TinyPool>,
    /// The GPUs of these pools are paid for until the last job ends.
    pub(crate) kept: Vec<usize>,
}

/// What is least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Steps from zero to the end of the last job.
    Makespan,
    /// Steps from release to end, summed.
    FlowTime,
    /// Price of the GPUs used.
    Cost,
}

/// What jobs may do together in a step: work done, by job, and the price of their GPUs.
type Moves = Vec<(Vec<u64>, u64)>;

/// How often a job runs with its gang on these GPUs, by pool.
struct Seats {
    gpus: Vec<u64>,
    rate: u64,
}

pub(crate) fn at(values: &[u64], step: u64) -> u64 {
    let step = usize::try_from(step).expect("small");
    values[step.min(values.len() - 1)]
}

impl Tiny {
    /// The same problem for the bounds.
    pub(crate) fn problem(&self) -> Result<Problem, Unbounded> {
        let steps = |values: &[u64]| {
            let instants = (0_u64..).map(|step| step * STEP);
            Steps::new(instants.zip(values.iter().copied()))
        };
        let jobs = self.jobs.iter().map(|job| Job {
            release: job.release * STEP,
            deadline: job.deadline.map(|deadline| deadline * STEP),
            width: job.width,
            spans: job
                .rates
                .iter()
                .map(|rate| (job.work * STEP).checked_div(*rate))
                .collect(),
        });
        let (mut pools, mut floors) = (vec![], vec![]);
        for (position, pool) in self.pools.iter().enumerate() {
            if self.kept.contains(&position) {
                floors.push(Floor {
                    model: pool.model,
                    gpus: pool.gpus[0],
                    price: pool.price[0] * PRICE,
                    from: 0,
                });
            } else {
                let price: Vec<u64> = pool.price.iter().map(|price| price * PRICE).collect();
                pools.push(Pool {
                    model: pool.model,
                    gpus: steps(&pool.gpus),
                    price: steps(&price),
                });
            }
        }
        Problem::new(jobs.collect(), (pools, floors), [].into())
    }

    /// The optimum in whole steps; `None` where not all can be done in time.
    pub(crate) fn optimum(&self, goal: Goal) -> Option<u64> {
        let seats: Vec<Vec<Seats>> = self.jobs.iter().map(|job| self.seats(job)).collect();
        let latest: u64 = self.jobs.iter().map(|job| job.work).sum::<u64>() + 8;
        let start: Vec<u64> = self.jobs.iter().map(|job| job.work).collect();
        let mut best: Option<u64> = None;
        let mut layer = BTreeMap::from([(start, 0_u64)]);
        for step in 0..=latest {
            let free = self.pools.iter().map(|pool| at(&pool.gpus, step)).collect();
            let mut moves = vec![];
            self.moves(step, &seats, (vec![], free, 0), &mut moves);
            let mut next: BTreeMap<Vec<u64>, u64> = BTreeMap::new();
            for (left, spent) in layer {
                if left.iter().all(|left| *left == 0) {
                    best = Some(best.map_or(spent, |best| best.min(spent)));
                    continue;
                }
                let late = |(job, left): (&TinyJob, &u64)| {
                    *left > 0 && job.deadline.is_some_and(|deadline| deadline <= step)
                };
                if self.jobs.iter().zip(&left).any(late) {
                    continue;
                }
                let waiting = self.waiting(goal, step, &left);
                for (done, price) in &moves {
                    // What is done already does not run again.
                    if left
                        .iter()
                        .zip(done)
                        .any(|(left, done)| *left == 0 && *done > 0)
                    {
                        continue;
                    }
                    let price = if goal == Goal::Cost { *price } else { 0 };
                    let spent = spent + waiting + price;
                    let left = left.iter().zip(done);
                    let left = left.map(|(left, done)| left.saturating_sub(*done));
                    let known = next.entry(left.collect()).or_insert(spent);
                    *known = spent.min(*known);
                }
            }
            layer = next;
        }
        best
    }

    /// What a step costs that is not the price of GPUs.
    fn waiting(&self, goal: Goal, step: u64, left: &[u64]) -> u64 {
        let jobs = self.jobs.iter().zip(left);
        match goal {
            Goal::Makespan => 1,
            Goal::FlowTime => {
                let here = jobs.filter(|(job, left)| **left > 0 && job.release <= step);
                u64::try_from(here.count()).expect("few")
            }
            Goal::Cost => {
                let kept = self.kept.iter().map(|pool| &self.pools[*pool]);
                kept.map(|pool| pool.gpus[0] * pool.price[0]).sum()
            }
        }
    }

    /// Every way to hold the gang on one model.
    fn seats(&self, job: &TinyJob) -> Vec<Seats> {
        let mut all = vec![vec![]];
        for pool in &self.pools {
            let most = if job.rates[pool.model] > 0 {
                job.width
            } else {
                0
            };
            let longer = |gpus: &Vec<u64>| {
                let gpus = gpus.clone();
                (0..=most).map(move |more| [gpus.clone(), vec![more]].concat())
            };
            all = all.iter().flat_map(longer).collect();
        }
        let seats = all.into_iter().filter_map(|gpus| {
            let used = gpus.iter().zip(&self.pools).filter(|(gpus, _)| **gpus > 0);
            let mut models = used.map(|(_, pool)| pool.model);
            let first = models.next()?;
            let whole = gpus.iter().sum::<u64>() == job.width;
            let rate = job.rates[first];
            (whole && models.all(|model| model == first)).then_some(Seats { gpus, rate })
        });
        seats.collect()
    }

    /// All that the jobs may do in a step, from the one after those in `done` on.
    fn moves(
        &self,
        step: u64,
        seats: &[Vec<Seats>],
        (done, free, price): (Vec<u64>, Vec<u64>, u64),
        moves: &mut Moves,
    ) {
        let Some(job) = self.jobs.get(done.len()) else {
            moves.push((done, price));
            return;
        };
        let and = |more: u64| [done.clone(), vec![more]].concat();
        self.moves(step, seats, (and(0), free.clone(), price), moves);
        if job.release > step {
            return;
        }
        for seats_here in &seats[done.len()] {
            let gpus = &seats_here.gpus;
            if gpus.iter().zip(&free).any(|(gpus, free)| gpus > free) {
                continue;
            }
            let free = free.iter().zip(gpus).map(|(free, gpus)| free - gpus);
            let prices = self.pools.iter().enumerate().map(|(position, pool)| {
                let is_kept = self.kept.contains(&position);
                if is_kept { 0 } else { at(&pool.price, step) }
            });
            let here: u64 = prices.zip(gpus).map(|(price, gpus)| price * gpus).sum();
            let after = (and(seats_here.rate), free.collect(), price + here);
            self.moves(step, seats, after, moves);
        }
    }
}
