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

/// WFP3 by seconds waited, seconds estimated and processors: the smallest first.
pub(crate) fn wfp3(waited_s: f64, estimate_s: f64, size: f64) -> f64 {
    let ratio = waited_s / estimate_s;
    -(ratio * ratio * ratio * size)
}

/// UNICEP in the same terms.
pub(crate) fn unicep(waited_s: f64, estimate_s: f64, size: f64) -> f64 {
    -(waited_s + TINY) / (libm::log2(size + TINY) * estimate_s)
}

/// F1 by the second of submission, seconds estimated and processors: the smallest first.
pub(crate) fn f1(submit_s: f64, estimate_s: f64, size: f64) -> f64 {
    let log10 = |seconds: f64| libm::log10(if seconds > 0.0 { seconds } else { 0.1 });
    log10(estimate_s) * size + 870.0 * log10(submit_s)
}

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
            keys::real(wfp3(facts.waited_s, facts.estimate_s, facts.gpus))
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
            keys::real(unicep(facts.waited_s, facts.estimate_s, facts.gpus))
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
            keys::real(f1(submit_s, facts.estimate_s, facts.gpus))
        })
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}
