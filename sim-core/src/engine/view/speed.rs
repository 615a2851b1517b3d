//! What a policy may know of a job's speed: what its submitter measured before, and how far it has come.

use super::JobView;
use crate::course::{Course, CourseModel, Footing, Progress, Reach, UNIT_RATE};
use crate::units::{ModelId, Span, convert};

impl<'a> JobView<'a> {
    /// Steps a second on this model with all of its GPUs side by side, as its submitter measured them: by the table of its
    /// workload, and none where it does not run; without a table, its speed as a multiple of that at which durations are
    /// told. Of a goodput job, samples a second on one GPU.
    pub fn speed(&self, model: ModelId) -> Option<f64> {
        let job = &self.live.job;
        let rates = &self.course().rates;
        let (kind, gpus) = (job.kind, job.gang.gpus());
        let listed = || {
            let rate = rates.on(kind, Some(model), gpus, Reach::Node);
            convert::real(rate) / convert::real(UNIT_RATE)
        };
        let speed = match (&rates.table, self.training()) {
            (Some(table), _) => table.steps_s(kind, model, gpus),
            (None, Some(training)) => training.alone(model),
            (None, None) => Some(listed()),
        };
        speed.filter(|_| job.models.allows(model))
    }

    /// Steps that its estimate comes to, where its workload has a table of speeds.
    pub fn estimated_steps(&self) -> Option<u64> {
        let job = &self.live.job;
        let table = self.course().rates.table.as_ref()?;
        let reference = table.size(job.kind, job.gang.gpus())?.reference_s;
        let seconds = convert::real(job.estimate?.us()) / 1e6;
        Some(convert::floor(seconds * reference + 0.5))
    }

    /// Whole steps done so far, as it counts them itself; none where it has no steps.
    pub fn steps_done(&self) -> Option<u64> {
        let Progress::Stepwise(mut course) = self.live.progress else {
            return None;
        };
        if self.is_running() {
            let worked = self.live.working(self.state.now);
            course.advance(worked, &self.live.attempt.on);
        }
        Some(self.live.job.work - course.left())
    }

    /// Working time of so many steps on this model, as long as all of its GPUs lie side by side.
    pub fn span_of_steps(&self, steps: u64, model: ModelId) -> Option<Span> {
        let job = &self.live.job;
        let rate_ppb = self
            .course()
            .rates
            .on(job.kind, Some(model), job.gang.gpus(), Reach::Node);
        let on = Footing {
            model: Some(model),
            rate_ppb,
            compute_ppb: rate_ppb,
            ..self.live.attempt.on
        };
        self.course().span_of_steps(steps, &on)
    }

    fn course(&self) -> &'a CourseModel {
        &self.state.world.classes[self.live.job.class.index()].course
    }
}
