//! Time-indexed programme: mean busy times again, but no job goes faster than it does alone.
//!
//! Assumptions: those of [`super::capacity`].
//!
//! Why no run beats it: as for [`super::busy`], the sum of mean busy times and of half the spans is below that of all ends, and
//! the machine's tasks now have a greatest speed, their area over their span, which no run exceeds. Charge a fee for the use
//! of the machine in each slot of time, counted as delay. Whatever the fees, what the jobs of a run are delayed by them is no
//! more than the fees of all there is, and each by itself has its least sum of mean busy time and fees on some set of instants
//! as long as its span. So the sum of those less all fees is a bound, the dual of the programme (M. E. Dyer, L. A. Wolsey,
//! 1990). Fees are looked for by ascent; the bound for each is computed in integers. It is for problems of moderate size.

use super::ascent::{Answer, climb, real};
use super::bound::{Quantity, Relaxation, WORK_UNLESS};
use super::machine::{Machine, Task};
use super::problem::{Problem, Unbounded};
use super::steps::{LAST, half};

/// For tables.
pub const TIMED: Relaxation = Relaxation {
    name: "time-indexed programme",
    of: Quantity::FlowTime,
    unless: WORK_UNLESS,
    value,
};

/// Most jobs times slots.
const LARGEST: usize = 2_000;
/// Slots, apart from those that begin with a job.
const SLOTS: u64 = 16;
/// Bits after the point of a fee.
const POINT: u32 = 40;

fn value(problem: &Problem) -> Result<u128, Unbounded> {
    let released: u128 = problem
        .jobs()
        .iter()
        .map(|job| u128::from(job.release))
        .sum();
    let mut best = None;
    // There are more slots, most likely, and to find out takes a while.
    let least = usize::try_from(SLOTS).expect("few");
    if problem.jobs().len().saturating_mul(least) > LARGEST {
        return Err(Unbounded::TooLarge);
    }
    for worths in problem.worths() {
        let machine = Machine::new(problem, worths);
        let grid = Grid::new(&machine, problem).ok_or(Unbounded::Impossible(None))?;
        if grid.starts.len().saturating_mul(grid.tasks.len()) > LARGEST {
            return Err(Unbounded::TooLarge);
        }
        let unit = 1.0 / real(1 << POINT);
        let found = climb(grid.starts.len(), unit, |fees| Ok(grid.charge(fees)))?;
        let others = machine.others.iter();
        let others: u128 = others.map(|job| u128::from(problem.ends()[*job])).sum();
        let halves = half(grid.tasks.iter().map(|(_, span)| *span));
        if let Some(found) = found {
            let all = (found + halves + others).saturating_sub(released);
            best = best.max(Some(all));
        }
    }
    best.ok_or(Unbounded::TooLarge)
}

/// Time in slots.
struct Grid {
    starts: Vec<u64>,
    /// By slot: what the machine can do in it.
    there: Vec<u128>,
    /// With the shortest span of each.
    tasks: Vec<(Task, u64)>,
}

impl Grid {
    fn new(machine: &Machine, problem: &Problem) -> Option<Self> {
        let areas: u128 = machine.tasks.iter().map(|task| task.area).sum();
        let last = machine.tasks.last().map_or(0, |task| task.release);
        let end = machine.speed.reaches(machine.speed.amount(last) + areas)?;
        let mut starts: Vec<u64> = (0..SLOTS).map(|slot| end / SLOTS * slot).collect();
        starts.extend(machine.tasks.iter().map(|task| task.release));
        starts.push(end);
        starts.sort_unstable();
        starts.dedup();
        let amounts = starts.iter().skip(1).copied().chain([LAST]);
        let amounts = starts.iter().zip(amounts);
        let there = amounts.map(|(from, until)| {
            let until = machine.speed.amount(until.max(*from));
            until - machine.speed.amount(*from)
        });
        let spans = machine.tasks.iter();
        let spans = spans.map(|task| (*task, problem.jobs()[task.job].shortest()));
        Some(Self {
            there: there.collect(),
            tasks: spans.collect(),
            starts,
        })
    }

    fn charge(&self, fees: &[u64]) -> Answer {
        let mut excess: Vec<f64> = self.there.iter().map(|there| -real(*there)).collect();
        let mut all = Some(0_u128);
        for (fee, there) in fees.iter().zip(&self.there) {
            let more = there.checked_mul((*fee).into());
            all = all.zip(more).and_then(|(all, more)| all.checked_add(more));
        }
        let all = all.map(|all| all.div_ceil(1 << POINT));
        let mut sum = Some(0_u128);
        for (task, span) in &self.tasks {
            let least = self.least(task, *span, fees);
            sum = sum.zip(least.as_ref()).map(|(sum, least)| sum + least.mean);
            for (slot, length) in least.map_or(vec![], |least| least.taken) {
                excess[slot] += real(task.area) / real((*span).into()) * real(length.into());
            }
        }
        let value = sum.zip(all).and_then(|(sum, all)| sum.checked_sub(all));
        Answer { value, excess }
    }

    /// When a task is worked on by itself, fees counted as delay; `None` where numbers are too large.
    fn least(&self, task: &Task, span: u64, fees: &[u64]) -> Option<Least> {
        let first = self.starts.partition_point(|start| *start <= task.release) - 1;
        let mut open: Vec<(usize, u64, u64)> = Vec::with_capacity(self.starts.len() - first);
        for (slot, fee) in fees.iter().enumerate().skip(first) {
            let from = self.starts[slot].max(task.release);
            let until = self.starts.get(slot + 1).copied().unwrap_or(LAST * 2);
            let delay = task.area.checked_mul((*fee).into())? >> POINT;
            let delay = u64::try_from(delay).ok().filter(|delay| *delay < LAST)?;
            open.push((slot, from + delay, until.saturating_sub(from)));
        }
        // The least value up to which there is time enough: in each slot, time counts from its beginning and the delay.
        let taken = |upto: u64| {
            let lengths = open.iter().map(move |(slot, from, length)| {
                (*slot, *from, upto.saturating_sub(*from).min(*length))
            });
            lengths.filter(|(_, _, length)| *length > 0)
        };
        let time = |upto: u64| {
            taken(upto)
                .map(|(_, _, length)| u128::from(length))
                .sum::<u128>()
        };
        let last = open.last()?.1;
        let (mut low, mut high) = (task.release, last + span);
        while low < high {
            let middle = low + (high - low) / 2;
            if time(middle) >= u128::from(span) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let over = time(high).checked_sub(span.into())?;
        let twice = taken(high).map(|(_, from, length)| {
            let (from, length) = (u128::from(from), u128::from(length));
            2 * from * length + length * length
        });
        // What is too much is among what counts most, no more than that value.
        let twice = twice.sum::<u128>() - 2 * over * u128::from(high);
        Some(Least {
            mean: twice / 2 / u128::from(span),
            taken: taken(high)
                .map(|(slot, _, length)| (slot, length))
                .collect(),
        })
    }
}

/// The least sum of mean busy time and fees, and when: by slot, how long.
struct Least {
    mean: u128,
    taken: Vec<(usize, u64)>,
}
