//! What a job is worth wherever it lies, each shape reckoned once.

use sim_core::units::convert;

use super::problem::{Problem, Spot, gpus};

/// What a shape is worth to a job: if it has it already, and if that is a change.
type Worth = (f64, f64);

/// Worths so far.
pub(super) struct Worths<'a> {
    problem: &'a Problem<'a>,
    /// By job; on one node and across; by GPUs.
    known: Vec<[Vec<Option<Worth>>; 2]>,
    /// By job: what it can be worth at most.
    pub(super) most: Vec<f64>,
}

impl<'a> Worths<'a> {
    /// Of all jobs of a problem.
    pub(super) fn new(problem: &'a Problem<'a>) -> Self {
        let count = problem.seekers.len();
        let mut worths = Self {
            problem,
            known: vec![[Vec::new(), Vec::new()]; count],
            most: Vec::new(),
        };
        worths.most = (0..count).map(|job| worths.highest(job)).collect();
        worths
    }

    /// What it is worth that a job lies so.
    pub(super) fn of(&mut self, job: usize, spot: &Spot) -> f64 {
        let (stay, change) = self.shape(job, (spot.len() > 1, gpus(spot)));
        if self.problem.seekers[job].now == *spot {
            stay
        } else {
            change
        }
    }

    fn highest(&mut self, job: usize) -> f64 {
        let problem = self.problem;
        let seeker = &problem.seekers[job];
        let now = self.of(job, &seeker.now);
        let sizes = seeker.sizes.iter();
        let shapes = sizes.flat_map(|gpus| [(false, *gpus), (true, *gpus)]);
        let worths = shapes.filter(|(across, gpus)| !across || *gpus > seeker.each);
        worths.fold(now, |most, shape| most.max(self.shape(job, shape).1))
    }

    fn shape(&mut self, job: usize, (across, gpus): (bool, u32)) -> Worth {
        let problem = self.problem;
        let by_gpus = &mut self.known[job][usize::from(across)];
        let at = convert::index(gpus);
        by_gpus.resize(by_gpus.len().max(at + 1), None);
        *by_gpus[at].get_or_insert_with(|| {
            if gpus == 0 {
                return (problem.worth(0.0), problem.worth(0.0));
            }
            let speedup = (problem.speedup)(job, (across, gpus));
            let seeker = &problem.seekers[job];
            let kept = if seeker.now.is_empty() {
                1.0
            } else {
                seeker.stays
            };
            (problem.worth(speedup), problem.worth(speedup * kept))
        })
    }
}
