//! Jobs of a goodput course: which application a record is of, where that runs, and on how many GPUs.

use std::sync::Arc;

use sim_core::course::CourseKind;
use sim_core::course::goodput::{Kind, Machine};
use sim_core::engine::World;
use sim_core::model::{Class, Demand, Gang, ModelSet, Role};
use sim_core::units::{KindId, ModelId};
use traces::Record;

use super::goodput;

/// The kinds of a workload, as its jobs meet them.
#[derive(Clone, Debug)]
pub(super) struct Trained<'a> {
    world: &'a World,
    kinds: &'a [Arc<Kind>],
    /// What the trace calls the classes of its jobs.
    classes: &'a [String],
}

impl<'a> Trained<'a> {
    /// None for a class of another course.
    pub(super) fn of(world: &'a World, class: &'a Class, classes: &'a [String]) -> Option<Self> {
        match &class.course.kind {
            CourseKind::Linear | CourseKind::Stepwise(_) => None,
            CourseKind::Goodput(kinds) => Some(Self {
                world,
                kinds,
                classes,
            }),
        }
    }

    /// The kind of a job; none if its trace names an application that is not known.
    pub(super) fn number(&self, record: &Record) -> Option<KindId> {
        let class = record
            .class
            .map(|class| self.classes[usize::from(class)].as_str());
        goodput::kind_of(self.kinds, class, (record.duration, gpus(record)))
    }

    fn kind(&self, record: &Record) -> Option<&Kind> {
        Some(&self.kinds[usize::from(self.number(record)?.0)])
    }

    /// Those of the models that it was measured on, and that its GPUs make up a replica on, if its size is fixed.
    pub(super) fn models(&self, record: &Record, allowed: ModelSet) -> ModelSet {
        let kind = self.kind(record);
        let machines = kind.map_or(&[][..], |kind| &kind.application.machines);
        let enough = |(_, machine): &&(ModelId, Machine)| machine.least_gpus() <= gpus(record);
        let measured = machines.iter().filter(enough).map(|(model, _)| *model);
        measured
            .filter(|model| allowed.allows(*model))
            .fold(ModelSet::NONE, ModelSet::with)
    }

    /// A gang of any size, as far as there are samples and GPUs, for a job that tunes its batch.
    pub(super) fn gang(&self, record: &Record, allowed: ModelSet) -> Option<Gang> {
        let application = &self.kind(record).filter(|kind| kind.tuned)?.application;
        let models = self.models(record, allowed);
        let by_batch = application.batches.1 / application.least_local.max(1);
        let of = |model: ModelId| {
            let offerings = self.world.offerings.iter();
            let here = offerings.filter(|offering| offering.shape.model == model);
            here.map(|offering| offering.max.saturating_mul(offering.shape.gpus))
                .fold(0, u32::saturating_add)
        };
        let allowed = application
            .machines
            .iter()
            .filter(|(model, _)| models.allows(*model));
        let most = allowed.map(|(model, machine)| machine.most_gpus().min(of(*model)));
        let most = most.max().unwrap_or(1).min(by_batch).max(1);
        Some(Gang::One(Role {
            least: 1,
            ..Role::rigid(most, Demand::gpus(1))
        }))
    }

    /// Why a job cannot run.
    pub(super) fn breach(&self, record: &Record) -> Option<String> {
        let Some(kind) = self.kind(record) else {
            return Some("it is of no application that was profiled".to_owned());
        };
        let least = kind.application.least_gpus();
        if gpus(record) < least {
            let name = &kind.application.name;
            return Some(format!("a replica of {name} takes {least} GPUs at least"));
        }
        (record.gpus == 0 || record.gpu_milli < 1000)
            .then(|| "a goodput job needs whole GPUs".to_owned())
    }
}

/// GPUs that it asks for, at least one.
fn gpus(record: &Record) -> u32 {
    (u32::from(record.gpus) * record.tasks).max(1)
}
