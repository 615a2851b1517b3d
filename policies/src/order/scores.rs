//! Orders by a published score of waiting time, estimate and size (Tang et al. 2009, Carastan-Santos and de Camargo 2017),
//! in the form in which `RLScheduler` evaluates them. A job without an estimate goes last.

use sim_core::engine::{JobView, View};
use sim_core::units::{Span, convert};

use super::{Order, keys};
use crate::queue::Key;

/// Keeps logarithms and quotients of zero finite, as the published form does.
const TINY: f64 = 1e-15;

/// WFP3: the cube of waiting time over estimate, times size; the largest first.
#[derive(Clone, Copy, Debug)]
pub struct Wfp3 {
    /// How often waiting jobs are ranked anew.
    pub quantum: Span,
}

/// UNICEP: waiting time over the logarithm of size times estimate; the largest first.
#[derive(Clone, Copy, Debug)]
pub struct Unicep {
    /// How often waiting jobs are ranked anew.
    pub quantum: Span,
}

/// F1: the logarithm of the estimate times size, plus 870 times the logarithm of the arrival; the smallest first.
#[derive(Clone, Copy, Debug)]
pub struct F1;

struct Facts {
    waited_s: f64,
    estimate_s: f64,
    gpus: f64,
}

fn facts(job: &JobView<'_>) -> Option<Facts> {
    let estimate = job.estimate().filter(|estimate| *estimate > Span::ZERO)?;
    Some(Facts {
        waited_s: keys::seconds(job.waited()),
        estimate_s: keys::seconds(estimate),
        gpus: convert::real(job.gang().gpus().max(1).into()),
    })
}

impl Order for Wfp3 {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        facts(job).map_or(Key::MAX, |facts| {
            let ratio = facts.waited_s / facts.estimate_s;
            keys::real(-(ratio * ratio * ratio * facts.gpus))
        })
    }

    fn rerank(&self) -> Option<Span> {
        Some(self.quantum)
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for Unicep {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        facts(job).map_or(Key::MAX, |facts| {
            let size = libm::log2(facts.gpus + TINY) * facts.estimate_s;
            keys::real(-(facts.waited_s + TINY) / size)
        })
    }

    fn rerank(&self) -> Option<Span> {
        Some(self.quantum)
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for F1 {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        facts(job).map_or(Key::MAX, |facts| {
            let submit_s = convert::real(job.arrival().us()) / 1e6;
            let submit_s = if submit_s > 0.0 { submit_s } else { 0.1 };
            keys::real(libm::log10(facts.estimate_s) * facts.gpus + 870.0 * libm::log10(submit_s))
        })
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}
