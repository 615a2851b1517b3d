//! Shockwave (Zheng et al., NSDI 2023): a market over a window of time. Budgets buy time on GPUs, more of it for those who fare
//! worse, so that the product of what all will have done is largest; and the one that takes longest shall not be left behind.
//!
//! The market's equilibrium is the best solution of a program (Eisenberg and Gale): the most of the sum of logarithms. As the
//! authors do, it takes logarithms by straight lines between given points. What is approximate: the window is planned in shares of
//! time, which rounds then follow, and not round by round; a job's part of the fleet is an equal one of every GPU model; jobs
//! whose batches or speeds change are taken as they are when the window begins, where the authors predict the changes.

use sim_core::units::convert;

use super::by_program::{ByProgram, Objective};
use super::{Ask, Claimant, isolated, room};
use crate::solve::{Desk, Solution};

/// Shockwave.
pub type Shockwave = ByProgram<Market>;

/// The market.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Market {
    /// Seconds that it looks ahead, and after which it is held anew.
    pub window_s: f64,
    /// A budget is this power of how much longer a job takes than on its part of the fleet.
    pub power: f64,
    /// What the longest time that is left counts for, measured by the time that all jobs take together.
    pub regularizer: f64,
}

/// Parts done between which logarithms are straight, and what stands for the logarithm of nothing.
const BENDS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
const NOTHING: f64 = 1e-6;

impl Shockwave {
    /// With this market.
    pub fn new(market: Market) -> Self {
        Self::of(market, true, false)
    }
}

/// The line over the logarithm from one bend to the next: slope, and value at zero.
fn line(at: usize) -> (f64, f64) {
    let (from, to) = (BENDS[at], BENDS[at + 1]);
    let (low, high) = (libm::log(from.max(NOTHING)), libm::log(to));
    let slope = (high - low) / (to - from);
    (slope, low - slope * from)
}

/// The lines of which some part lies between these parts done: the only ones that can bound the logarithm there.
fn bends(done: f64, reach: f64) -> impl Iterator<Item = usize> {
    let meets =
        move |at: &usize| BENDS[*at] < reach && (done < BENDS[at + 1] || at + 2 == BENDS.len());
    (0..BENDS.len() - 1).filter(meets)
}

/// A claimant who runs somewhere.
struct Buyer {
    at: usize,
    /// The part of its steps that it has done.
    done: f64,
    /// All its steps.
    steps: f64,
    /// Seconds that they take on the fastest model.
    alone_s: f64,
    /// How much longer it takes than on an equal part of the fleet.
    stretch: f64,
}

impl Market {
    fn buyers(&self, seen: &Ask) -> Vec<Buyer> {
        let claimants = seen.claimants.iter().zip(isolated::speeds(seen));
        let buyer = |(at, (claimant, equal)): (usize, (&Claimant, f64))| {
            let fastest = claimant.speeds.iter().copied().fold(0.0, f64::max);
            // Who is not done although it should be has another window to go.
            let left = if claimant.steps_left > 0.0 {
                claimant.steps_left
            } else {
                fastest * self.window_s
            };
            let done = claimant.steps - claimant.steps_left;
            let steps = done + left;
            (fastest > 0.0).then(|| Buyer {
                at,
                done: done / steps,
                steps,
                alone_s: steps / fastest,
                stretch: (claimant.since_s * equal + left) / steps,
            })
        };
        claimants.enumerate().filter_map(buyer).collect()
    }
}

impl Objective for Market {
    const NAME: &'static str = "shockwave";

    fn lasts_s(&self) -> Option<f64> {
        Some(self.window_s)
    }

    fn solution(&self, seen: &Ask, desk: &mut Desk) -> Option<Solution> {
        let buyers = self.buyers(seen);
        let worst = buyers.iter().map(|buyer| buyer.stretch).fold(0.0, f64::max);
        let all_s: f64 = buyers.iter().map(|buyer| buyer.alone_s).sum();
        let count = convert::real(convert::wide(buyers.len()));
        // Behind the shares: the logarithm of what each will have done, then the longest time that is left.
        let first = seen.claimants.len() * seen.gpus.len();
        let longest = first + buyers.len();
        let mut program = room::program(seen, buyers.len() + 1);
        program.cost(longest, self.regularizer);
        program.at_most(&[(longest, -1.0)], 0.0);
        for (log, buyer) in (first..).zip(&buyers) {
            // The worst off can spend one.
            let budget = libm::pow(buyer.stretch / worst, self.power);
            program.cost(log, -budget / count);
            // The part of its steps that it does in the window.
            let part = room::speed(seen, buyer.at, self.window_s / buyer.steps);
            program.at_most(&part, 1.0 - buyer.done);
            let reach = buyer.done + self.window_s / buyer.alone_s;
            for bend in bends(buyer.done, reach) {
                let (slope, zero) = line(bend);
                let mut row = scaled(&part, -slope);
                row.push((log, 1.0));
                program.at_most(&row, zero + slope * buyer.done);
            }
            let time = buyer.alone_s / all_s;
            let mut row = scaled(&part, -time);
            row.push((longest, -1.0));
            program.at_most(&row, (buyer.done - 1.0) * time);
        }
        desk.solve(program)
    }
}

fn scaled(terms: &[(usize, f64)], factor: f64) -> Vec<(usize, f64)> {
    terms
        .iter()
        .map(|(column, value)| (*column, value * factor))
        .collect()
}
