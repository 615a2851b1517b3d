//! Goodput courses at random: three small applications on three models, and gangs that they can run in.

use std::sync::Arc;

use super::{Swarm, small};
use crate::course::CourseKind;
use crate::course::goodput::{Application, Epoch, Kind, Machine, Noise, Seen, Timed};
use crate::model::{Demand, Gang, Role};
use crate::units::{ClassId, ModelId, convert};
use crate::world::draw::Stream;

/// As many as kinds of jobs.
const KINDS: u64 = 3;
/// Samples a step, from the first to the most, and those that a GPU takes.
const BATCHES: [u32; 3] = [8, 16, 64];
const LOCALS: [u32; 3] = [4, 8, 16];
/// Of a whole step, the step of a stage: about 150 of them are an iteration.
const STAGE: f64 = 1.0 / 150.0;
/// Samples that feed two replicas of a pipeline, and not quite three.
const FED: u32 = 140;
const PLACED: [&[u32]; 4] = [&[1], &[2], &[1, 1], &[1, 2]];
const SCALED: [(u32, u32); 3] = [(2, 4), (3, 3), (3, 8)];

impl Swarm {
    /// The kinds of a class, if its course is one of goodput.
    pub(super) fn goodput(&self, at: u64) -> Option<CourseKind> {
        let mut luck = self.luck("goodput", at);
        if !self.has("goodput") || luck.chance(0.5) {
            return None;
        }
        let mut stages = self.luck("stages", at);
        let kinds = (0..KINDS).map(|_| {
            let stages = stages.chance(0.2).then_some(&mut stages);
            Arc::new(self.trained(&mut luck, stages))
        });
        Some(CourseKind::Goodput(kinds.collect()))
    }

    /// The gang of a job of that class: tasks of whole GPUs, elastic or not.
    pub(super) fn goodput_gang(&self, class: ClassId, own: &mut Stream) -> Option<Gang> {
        let Some(CourseKind::Goodput(kinds)) = self.goodput(class.0.into()) else {
            return None;
        };
        let tasks = small(own.between(1, 5));
        let least = if own.chance(0.5) { 1 } else { tasks };
        let each = small(own.between(1, 2));
        // On fewer GPUs than it has stages a pipeline would stand still for ever.
        let machines = kinds.iter().flat_map(|kind| &kind.application.machines);
        let most = machines.map(|(_, machine)| machine.least_gpus()).max();
        let enough = most.unwrap_or(1).div_ceil(each);
        let (tasks, least) = (tasks.max(enough), least.max(enough));
        let demand = Demand::gpus(small(each.into()));
        Some(Gang::One(Role {
            tasks,
            least,
            demand,
        }))
    }

    /// With `stages`, which are drawn apart, so that the others stay as they were, a pipeline of a few of them.
    fn trained(&self, luck: &mut Stream, stages: Option<&mut Stream>) -> Kind {
        let epochs = luck.between(1, 6);
        let share = |luck: &mut Stream| convert::real(luck.between(1, 1000)) / 1000.0;
        let noise = BATCHES.map(|batch| {
            let mut progress = 0.0;
            let epoch = |_| {
                progress += convert::real(luck.between(1, 30));
                let (square, variance) = (share(luck), 9.0 * share(luck));
                let noise = Noise { square, variance };
                Epoch { progress, noise }
            };
            (batch, (0..epochs).map(epoch).collect())
        });
        let step = if stages.is_some() { STAGE } else { 1.0 };
        let machines: [Machine; 3] = std::array::from_fn(|_| machine(luck, step));
        let (machines, most, is_pipeline) = match stages {
            None => (machines, BATCHES[2], false),
            Some(own) => {
                let piped = |machine: Machine| machine.in_stages(small(own.between(1, 3)));
                (machines.map(piped), FED, true)
            }
        };
        Kind {
            application: Arc::new(Application {
                name: "trained".to_owned(),
                batches: (BATCHES[0], most),
                least_local: LOCALS[0],
                slowdown: 1.0 + share(luck),
                delay: self.span(luck, 0, 5),
                noise: noise.into(),
                machines: (0..).map(ModelId).zip(machines).collect(),
            }),
            requested: small(luck.between(8, 64)),
            tuned: luck.chance(0.7) && !is_pipeline,
            round: self.span(luck, 1, 7),
        }
    }
}

/// Steps of a quarter of a second and more, times `step`, of which a part is synchronisation where there is any.
fn machine(luck: &mut Stream, step: f64) -> Machine {
    let mut timed = |local: u32, alone: bool| {
        let compute_s = convert::real(luck.between(1, 5)) / 20.0 + f64::from(local) / 40.0;
        let sync_s = convert::real(luck.between(1, 40)) / 100.0;
        let sync_s = if alone { 0.0 } else { sync_s };
        Timed {
            local,
            step_s: (compute_s + sync_s) * step,
            sync_s: sync_s * step,
        }
    };
    let mut placed: Vec<(Vec<u32>, Timed)> = Vec::new();
    for counts in PLACED {
        placed.extend(LOCALS.map(|local| (counts.to_vec(), timed(local, counts == [1]))));
    }
    let mut scaled: Vec<Seen> = Vec::new();
    for (nodes, replicas) in SCALED {
        scaled.extend(LOCALS.map(|local| {
            let timed = timed(local, false);
            Seen {
                nodes,
                replicas,
                local,
                step_s: timed.step_s,
                sync_s: timed.sync_s,
            }
        }));
    }
    Machine::new(&placed, &scaled)
}
