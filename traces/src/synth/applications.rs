//! Four applications that are made up: small to huge, as a shape of training jobs rather than a
//! measurement of any.
//!
//! Steps follow the throughput model of Pollux with parameters of our own, and the noise of the
//! gradient grows from epoch to epoch, so that a larger batch pays ever better; nothing is taken
//! from published profiles. A job of each takes about 0.4, 4, 40 and 160 hours on one GPU of speed
//! 1.0 with its initial batch.

use sim_core::course::goodput::{Epoch, Fit, Machine, Noise, Seen, Timed};
use sim_core::units::Span;

/// An application: what profiles of it would say.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeUp {
    /// Its name.
    pub name: &'static str,
    /// Time to start, or to go on elsewhere.
    pub delay: Span,
    /// By batch: progress and noise of each epoch.
    pub noise: Vec<(u32, Vec<Epoch>)>,
    /// By GPU model, in the order asked for.
    pub machines: Vec<Machine>,
}

struct Shape {
    name: &'static str,
    delay_s: u64,
    /// Initial batch, and the most.
    batches: (u32, u32),
    /// Fewest and most samples on a GPU at once.
    local: (u32, u32),
    /// Time of a step: see [`Fit`].
    fit: [f64; 7],
    epochs: u32,
    /// Iterations of an epoch with the initial batch.
    iterations: f64,
    /// Variance of the gradient over its squared norm, in initial batches, at first and at last.
    noise: (f64, f64),
}

const SHAPES: [Shape; 4] = [
    Shape {
        name: "small",
        delay_s: 20,
        batches: (64, 2048),
        local: (16, 512),
        fit: [0.02, 0.0004, 0.02, 0.001, 0.006, 0.0005, 1.4],
        epochs: 40,
        iterations: 800.0,
        noise: (1.0, 24.0),
    },
    Shape {
        name: "medium",
        delay_s: 40,
        batches: (32, 1024),
        local: (8, 128),
        fit: [0.05, 0.004, 0.05, 0.003, 0.02, 0.002, 1.6],
        epochs: 60,
        iterations: 1300.0,
        noise: (1.0, 20.0),
    },
    Shape {
        name: "large",
        delay_s: 90,
        batches: (128, 8192),
        local: (16, 256),
        fit: [0.06, 0.003, 0.06, 0.002, 0.02, 0.001, 1.8],
        epochs: 90,
        iterations: 3600.0,
        noise: (2.0, 60.0),
    },
    Shape {
        name: "huge",
        delay_s: 180,
        batches: (64, 4096),
        local: (4, 32),
        fit: [0.10, 0.012, 0.12, 0.003, 0.04, 0.002, 2.0],
        epochs: 50,
        iterations: 24_000.0,
        noise: (4.0, 50.0),
    },
];

/// The applications on GPU models of these speeds.
pub fn applications(speeds: &[f64]) -> Vec<MadeUp> {
    let made = |shape: &Shape| MadeUp {
        name: shape.name,
        delay: Span::from_secs(shape.delay_s),
        noise: [shape.batches.0, shape.batches.1]
            .map(|batch| (batch, epochs(shape)))
            .into(),
        machines: speeds.iter().map(|speed| machine(shape, *speed)).collect(),
    };
    SHAPES.iter().map(made).collect()
}

fn epochs(shape: &Shape) -> Vec<Epoch> {
    let (first, last) = shape.noise;
    let epoch = |nth: u32| {
        let share = f64::from(nth) / f64::from(shape.epochs);
        Epoch {
            progress: f64::from(nth + 1) * shape.iterations,
            noise: Noise {
                square: 1.0,
                variance: first + share * (last - first),
            },
        }
    };
    (0..shape.epochs).map(epoch).collect()
}

/// Nodes and GPUs for which a step is told; between them it is interpolated.
const GPUS: [u32; 14] = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64];

fn machine(shape: &Shape, speed: f64) -> Machine {
    let fit = Fit::of(shape.fit);
    let locals = || {
        let doubled = std::iter::successors(Some(shape.local.0), |local| Some(local * 2));
        doubled.take_while(|local| *local <= shape.local.1)
    };
    let timed = |nodes: u32, replicas: u32, local: u32| {
        // A faster GPU computes faster; the network is the same.
        let compute_s = fit.compute_s(f64::from(local)) / speed;
        let sync_s =
            fit.step_s(nodes, replicas, f64::from(local)) - fit.compute_s(f64::from(local));
        (compute_s + sync_s, sync_s)
    };
    let mut placed = Vec::new();
    let mut scaled = Vec::new();
    for replicas in GPUS {
        for nodes in (1..=16).filter(|nodes| *nodes <= replicas) {
            for local in locals() {
                let (step_s, sync_s) = timed(nodes, replicas, local);
                if nodes == 1 {
                    let timed = Timed {
                        local,
                        step_s,
                        sync_s,
                    };
                    placed.push((vec![replicas], timed));
                }
                scaled.push(Seen {
                    nodes,
                    replicas,
                    local,
                    step_s,
                    sync_s,
                });
            }
        }
    }
    Machine::new(&placed, &scaled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_take_about_as_long_on_one_gpu_as_is_said() {
        let hours = |made: &MadeUp| {
            let (batch, epochs) = &made.noise[0];
            let most = made.machines[0].most_local_on(&[1]);
            let (step_s, _) = made.machines[0].step_s(&[1], (*batch).min(most));
            epochs.last().map_or(0.0, |epoch| epoch.progress) * step_s / 3600.0
        };
        let made = applications(&[1.0]);
        for (made, expected) in made.iter().zip([0.4, 4.0, 40.0, 160.0]) {
            let hours = hours(made);
            assert!(
                (0.7..1.4).contains(&(hours / expected)),
                "{}: {hours} h",
                made.name
            );
        }
    }

    #[test]
    fn a_faster_gpu_is_faster_and_synchronisation_is_a_part_of_the_step() {
        for made in applications(&[1.0, 2.0]) {
            for counts in [&[1][..], &[8], &[8, 8], &[3, 2]] {
                let [slow, fast] = [0, 1].map(|at: usize| made.machines[at].step_s(counts, 16));
                assert!(fast.0 < slow.0);
                assert!((0.0..slow.0).contains(&slow.1));
            }
        }
    }
}
