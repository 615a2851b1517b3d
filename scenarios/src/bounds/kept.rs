//! Kept work at the cheapest price: each job at the lowest price of its time, and what is paid in any case.
//!
//! Assumes that a gang holds its width while it runs, that GPUs in use are paid for at the least at the price of the moment,
//! and that floors are paid until the last job ends. Holds with interruptions, restarts, boots, idle machines, minimum billing
//! times and fees, all of which only add.
//!
//! Why no run beats it: the job's share `x` on a model costs at least `x width span` times the lowest price of a GPU of that
//! model in the job's time, so the whole costs at least the least of them over the models, `c_j`. With floors, let the last
//! job end at `T`, and `H` be a bound of the makespan, so `T >= H`. Floors cost what they do until `H`, and after `H` no less
//! than the use of them then at their price, which is among the prices above. Until `H` their use is free, but there is only
//! so much of it: with worths of GPUs as in `machine`, a free share `y_j` of a job uses at least `y_j a_j` of `F`.
//! For any `v >= 0`, the rest costs at least `sum (1 - y_j) c_j`, which is no less than that and `v (sum y_j a_j - F)`, nor
//! that than `sum min(c_j, v a_j) - v F`; the best `v` is one of `c_j / a_j`.

use super::bound::{COST_UNLESS, Quantity, Relaxation, best};
use super::machine::Machine;
use super::problem::{Job, Pool, Problem, Unbounded};
use super::steps::LAST;

/// For tables.
pub const KEPT_WORK: Relaxation = Relaxation {
    name: "kept work at the cheapest price",
    of: Quantity::Cost,
    unless: COST_UNLESS,
    value,
};

fn value(problem: &Problem) -> Result<u128, Unbounded> {
    let lowest = Lowest::new(problem);
    let costs: Vec<u128> = problem.jobs().iter().map(|job| lowest.cost(job)).collect();
    let all = costs.iter().copied().fold(0, u128::saturating_add);
    if problem.floors().is_empty() {
        return Ok(all);
    }
    let end = best(problem, Quantity::Makespan)?.value;
    let paid = floors_until(problem, end);
    let beyond = problem.worths().iter().filter_map(|worths| {
        let floors = problem.floors().iter();
        let free = floors.map(|floor| {
            let free_until = end.max(floor.from.into());
            u128::from(floor.gpus) * u128::from(worths[floor.model]) * free_until
        });
        let machine = Machine::new(problem, worths);
        beyond(problem, &costs, (&machine, free.sum()))
    });
    Ok(paid.saturating_add(beyond.max().unwrap_or(0)))
}

/// What floors cost until an instant.
pub(super) fn floors_until(problem: &Problem, end: u128) -> u128 {
    let floors = problem.floors().iter();
    let costs = floors.map(|floor| {
        let price = u128::from(floor.gpus) * u128::from(floor.price);
        price.saturating_mul(end.saturating_sub(floor.from.into()))
    });
    costs.fold(0, u128::saturating_add)
}

/// Bits after the point of what free time is worth.
const POINT: u32 = 20;

/// The least that jobs cost of which so much may be free; `None` where numbers are too large.
fn beyond(problem: &Problem, costs: &[u128], (machine, free): (&Machine, u128)) -> Option<u128> {
    let on_floor = |job: usize| {
        let spans = &problem.jobs()[job].spans;
        let mut floors = problem.floors().iter();
        floors.any(|floor| floor.gpus > 0 && spans[floor.model].is_some())
    };
    let mut tasks: Vec<(u128, u128, u128)> = Vec::new();
    let mut areas = vec![0; costs.len()];
    for task in &machine.tasks {
        areas[task.job] = task.area;
    }
    let mut never_free = 0_u128;
    for (job, (cost, area)) in costs.iter().zip(areas).enumerate() {
        if !on_floor(job) {
            never_free = never_free.saturating_add(*cost);
        } else if let Some(worth) = cost.checked_mul(1 << POINT)?.checked_div(area) {
            tasks.push((worth, *cost, area));
        }
    }
    // What free time is worth: what the job costs that just does not go free, if the dearest do.
    tasks.sort_unstable_by(|a, b| b.cmp(a));
    let mut left = free;
    let last = tasks
        .iter()
        .find(|(_, _, area)| match left.checked_sub(*area) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        });
    let worth = last.map_or(0, |(worth, _, _)| *worth);
    let all = tasks.iter().map(|(_, cost, area)| {
        let most = worth.checked_mul(*area)? >> POINT;
        Some(most.min(*cost))
    });
    let free = worth.checked_mul(free)?.div_ceil(1 << POINT);
    let all: u128 = all.sum::<Option<u128>>()?;
    Some(never_free.saturating_add(all.saturating_sub(free)))
}

/// The lowest prices of pools and floors.
struct Lowest<'a> {
    pools: &'a [Pool],
    /// By model.
    floors: Vec<Option<u64>>,
}

impl<'a> Lowest<'a> {
    fn new(problem: &'a Problem) -> Self {
        let models = 0..problem.capacity().len();
        let floor = |model| {
            let floors = problem.floors().iter();
            let floors = floors.filter(|floor| floor.model == model && floor.gpus > 0);
            floors.map(|floor| floor.price).min()
        };
        Self {
            pools: problem.pools(),
            floors: models.map(floor).collect(),
        }
    }

    fn cost(&self, job: &Job) -> u128 {
        let until = job.deadline.unwrap_or(LAST).max(job.release + 1);
        let costs = job.spans.iter().enumerate().filter_map(|(model, span)| {
            let pools = self.pools.iter().filter(|pool| pool.model == model);
            let prices = pools.map(|pool| pool.price.least(job.release, until));
            let price = prices.chain(self.floors[model]).min()?;
            let gpus = u128::from(job.width) * u128::from(price);
            Some(gpus.saturating_mul((*span)?.into()))
        });
        // What needs no GPU runs where there is none.
        costs.min().unwrap_or(0)
    }
}
