//! Shares of GPU models by which all jobs together do the most iterations a second.

use sim_core::course::goodput::Layout;
use sim_core::engine::JobView;
use sim_core::units::ModelId;

use crate::goodput::Pool;
use crate::solve::Program;

/// What a job may have: its model, GPUs, and iterations a second there.
#[derive(Clone, Copy)]
pub(super) struct Offer {
    /// Position of the job.
    pub(super) job: usize,
    pub(super) model: ModelId,
    pub(super) gpus: u32,
    pub(super) speed: f64,
}

/// What the job at a position may have.
pub(super) fn offers(at: usize, job: &JobView<'_>, pools: &[Pool]) -> Vec<Offer> {
    let gpus = job.gang().gpus();
    let allowed = pools.iter().filter(|pool| job.models().allows(pool.model));
    let fitting = allowed.filter(|pool| pool.gpus() >= gpus);
    let offer = |pool: &Pool| {
        let layout = Layout {
            model: pool.model,
            counts: pool.counts(gpus),
        };
        let own = job.training().and_then(|training| training.speed(&layout));
        Offer {
            job: at,
            model: pool.model,
            gpus,
            speed: own.or_else(|| job.speed(pool.model)).unwrap_or(0.0),
        }
    };
    fitting.map(offer).collect()
}

/// The share of each offer; none if there is no solution.
pub(super) fn shares(offers: &[Offer], pools: &[Pool], jobs: usize) -> Option<Vec<f64>> {
    let mut program = Program::new(offers.len());
    for (at, offer) in offers.iter().enumerate() {
        program.cost(at, -offer.speed);
        program.at_most(&[(at, -1.0)], 0.0);
    }
    let all = || offers.iter().enumerate();
    for job in 0..jobs {
        let own = all().filter(|(_, offer)| offer.job == job);
        let own: Vec<(usize, f64)> = own.map(|(at, _)| (at, 1.0)).collect();
        program.at_most(&own, 1.0);
    }
    for pool in pools {
        let here = all().filter(|(_, offer)| offer.model == pool.model);
        let here: Vec<_> = here
            .map(|(at, offer)| (at, f64::from(offer.gpus)))
            .collect();
        program.at_most(&here, f64::from(pool.gpus()));
    }
    Some(program.solve()?.values)
}
