//! What a policy may know of a job's speed: what its submitter measured before, and how far it has come.

use super::JobView;
use crate::course::{Course, CourseModel, Footing, Pairing, Progress, Reach, Stepwise, UNIT_RATE};
use crate::model::Job;
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

    /// The same beside another job on every GPU, as the table of slowdown has it; alike where the table does not have the pair,
    /// and zero where the two do not fit together.
    pub fn speed_beside(&self, other: &JobView<'_>, model: ModelId) -> Option<f64> {
        let alone = self.speed(model)?;
        let pair = self.state.world.slowdown.as_ref().and_then(|table| {
            let label = |job: &Job| table.label(job.class, job.kind);
            let (own, beside) = (label(&self.live.job)?, label(&other.live.job)?);
            table.pair((own, self.live.job.gang.gpus()), beside, model)
        });
        let beside = |pair: &Pairing| {
            let part = convert::real(pair.factor_ppb) / convert::real(UNIT_RATE);
            pair.steps_s.unwrap_or(alone * part)
        };
        Some(pair.map_or(alone, beside))
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
        Some(self.live.job.work - self.steps()?.left())
    }

    /// Working time of its next so many steps on this model, as long as all of its GPUs lie side by side; one that runs is
    /// stopped now. None where it has no steps.
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
        Some(self.steps()?.span_of(steps, &on))
    }

    /// Its steps, if it has any and stopped now.
    fn steps(&self) -> Option<Stepwise> {
        let mut progress = match self.live.progress {
            Progress::Stepwise(course) => Progress::Stepwise(course),
            Progress::Linear(_) | Progress::Goodput(_) => return None,
        };
        if self.is_running() {
            let worked = self.live.working(self.state.now);
            let beside = self.state.beside.as_ref();
            if let Some(past) = beside.and_then(|beside| beside.past(self.live.id)) {
                past.advance(&mut progress, worked, &self.live.attempt.on);
            } else {
                progress.advance(worked, &self.live.attempt.on);
            }
        }
        match progress {
            Progress::Stepwise(course) => Some(course),
            Progress::Linear(_) | Progress::Goodput(_) => None,
        }
    }

    fn course(&self) -> &'a CourseModel {
        &self.state.world.classes[self.live.job.class.index()].course
    }
}
