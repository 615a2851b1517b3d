//! What a policy may know of a goodput job: what its submitter profiled, and what it reports of itself.

use super::JobView;
use crate::course::goodput::{Fit, Kind, Layout, Noise, State, best};
use crate::course::{CourseKind, Progress};
use crate::units::ModelId;

/// What the submitter of a goodput job tells of it: bounds of its batch, and one GPU of each model. How fast it is on several, and
/// how noisy its gradients will be, is not told.
#[derive(Clone, Copy, Debug)]
pub struct Training<'a> {
    kind: &'a Kind,
}

impl<'a> JobView<'a> {
    /// What its submitter tells of it, if its course is one of goodput.
    pub fn training(&self) -> Option<Training<'a>> {
        let class = &self.state.world.classes[self.live.job.class.index()];
        let CourseKind::Goodput(kinds) = &class.course.kind else {
            return None;
        };
        let kind = kinds.get(usize::from(self.live.job.kind.0))?;
        Some(Training { kind })
    }

    /// What a goodput job reports of itself: epochs, batch, noise, and the speeds it has seen.
    pub fn report(&self) -> Option<State> {
        match &self.live.progress {
            Progress::Goodput(course) => Some(course.after(self.live.working(self.state.now))),
            Progress::Linear(_) | Progress::Stepwise(_) => None,
        }
    }
}

impl Training<'_> {
    /// What is trained.
    pub fn name(&self) -> &str {
        &self.kind.application.name
    }

    /// Whether the job chooses its batch itself.
    pub fn is_tuned(&self) -> bool {
        self.kind.tuned
    }

    /// Most GPUs that its largest batch feeds.
    pub fn most_gpus(&self) -> u32 {
        let application = &self.kind.application;
        (application.batches.1 / application.least_local.max(1)).max(1)
    }

    /// Samples a second on one GPU of a model, as many at once as it takes, of a pipeline as part of a replica; none
    /// where it does not run.
    pub fn alone(&self, model: ModelId) -> Option<f64> {
        let machine = self.kind.application.machine(model)?;
        if let Some(samples_s) = machine.in_a_replica() {
            return Some(samples_s);
        }
        let local = machine.most_local_on(&[1]);
        let (step_s, _) = machine.step_s(&[1], local);
        Some(f64::from(local) / step_s)
    }

    /// Iterations a second in a layout with the batch that was asked for, of a job that does not tune it: its submitter knows
    /// them as he does those of any job.
    pub fn speed(&self, layout: &Layout) -> Option<f64> {
        let told = (!self.kind.tuned).then_some(self.kind)?;
        told.iteration_s(layout)
            .map(|iteration_s| 1.0 / iteration_s)
    }

    /// Goodput on so many nodes and GPUs of a model, by what the job made of its own steps there, in initial batches a second: with
    /// the best batch that is not above the one asked for. None where no batch will do.
    pub fn goodput(
        &self,
        (model, fit): (ModelId, &Fit),
        noise: Noise,
        (nodes, gpus): (u32, u32),
    ) -> Option<f64> {
        let application = &self.kind.application;
        let most = self.kind.requested.max(application.batches.0);
        let local = application.machine(model)?.most_local();
        self.best((fit, noise), (nodes, gpus), (most, local))
    }

    /// The same for who tells no model from another: with any batch, and as many samples on a GPU as each of the models takes.
    pub fn goodput_anywhere(&self, fit: &Fit, noise: Noise, shape: (u32, u32)) -> Option<f64> {
        let application = &self.kind.application;
        let machines = application.machines.iter();
        let local = machines.map(|(_, machine)| machine.most_local()).min()?;
        self.best((fit, noise), shape, (application.batches.1, local))
    }

    /// Goodput with the best batch up to `most`, at most `local` samples on a GPU at once.
    fn best(
        self,
        known: (&Fit, Noise),
        (nodes, gpus): (u32, u32),
        (most, local): (u32, u32),
    ) -> Option<f64> {
        let application = &self.kind.application;
        let own = application.least_local.saturating_mul(gpus);
        let bounds = (application.batches.0.max(own), most);
        let found = best(application, known, (nodes, gpus), (bounds, local));
        found.map(|(_, goodput)| goodput)
    }
}
