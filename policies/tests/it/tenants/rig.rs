//! The rig: one fleet that is always there, a policy by tenant, and an account of what each queue holds and wants.

use std::collections::BTreeMap;
use std::sync::Arc;

use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::params::Value;
use policies::registry::{
    ADMISSIONS, BUYERS, GUARDS, HOURS, ORDERS, PACES, PLACEMENTS, PREEMPTIONS, SCALES,
};
use policies::relocate::Stay;
use sim_core::engine::{Engine, Finish, Grants, World};
use sim_core::model::{Amount, Demand, Gang, GpuDemand, Job, Market, Queue, Role};
use sim_core::units::{JobId, QueueId, SimTime};
use sim_core::watch::{Cause, Fact, Observer};
use sim_core::world::Trace;

use crate::plain::{self, HONEST, made, text};

/// A queue that is guaranteed so many GPUs.
pub(super) fn queue(name: &str, share: u32) -> Queue {
    Queue {
        share: Amount::Gpus(share),
        ..Queue::named(name)
    }
}

/// Nodes of one GPU, 1 CPU core and 1 GiB each, all for these queues.
pub(super) fn world(nodes: u32, queues: Vec<Queue>) -> World {
    let mut fleet = plain::standing(plain::fleet(Market::Owned, 1, nodes));
    fleet.shape.cpu_milli = 1000;
    fleet.shape.memory_mib = 1024;
    World {
        queues,
        ..plain::world(vec![fleet])
    }
}

/// `count` jobs of one GPU for a queue, all submitted then.
pub(super) fn jobs(queue: u16, count: usize, (arrival, secs): (u64, u64)) -> Vec<Job> {
    let job = Job {
        queue: QueueId(queue),
        ..plain::job(arrival, Gang::of(1, 1), secs)
    };
    vec![job; count]
}

/// A gang of one task that asks for no GPU.
pub(super) fn light(cpu_milli: u32, memory_mib: u32) -> Gang {
    let gpu = GpuDemand::None;
    Gang::One(Role::rigid(
        1,
        Demand {
            gpu,
            cpu_milli,
            memory_mib,
            ..Demand::gpus(1)
        },
    ))
}

/// By tenant, in the order of arrival within each.
pub(super) fn policy(admit: &str, within: &str, preempt: &str) -> Composed {
    composed((admit, &[("within", text(within))]), (preempt, &[]))
}

/// A part and its parameters.
type Part<'a> = (&'a str, &'a [(&'a str, Value)]);

/// Whoever is admitted and makes room so.
pub(super) fn composed((admit, of_admit): Part<'_>, (preempt, of_preempt): Part<'_>) -> Composed {
    let given = |of: &[(&str, Value)]| -> Vec<(String, Value)> {
        let given = of.iter();
        given
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    };
    Composed {
        name: admit.to_owned(),
        order: made(ORDERS, "fifo", &[], &HONEST),
        admit: made(ADMISSIONS, admit, &given(of_admit), &HONEST),
        place: made(PLACEMENTS, "first-fit", &[], &HONEST),
        preempt: made(PREEMPTIONS, preempt, &given(of_preempt), &HONEST),
        buy: made(BUYERS, "keep", &[], &HONEST),
        relocate: Box::new(Stay),
        keep: Keeping::new(
            [
                made(GUARDS, "none", &[], &HONEST),
                made(HOURS, "none", &[], &HONEST),
                made(SCALES, "none", &[], &HONEST),
            ],
            *made(PACES, "given", &[], &HONEST),
        ),
        state: Standing::default(),
    }
}

/// Jobs of each queue that run and wait, instant by instant.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) running: Vec<u32>,
    pub(super) waiting: Vec<u32>,
    queues: BTreeMap<JobId, usize>,
    /// What ran once an instant was over.
    pub(super) after: BTreeMap<SimTime, (Vec<u32>, Vec<u32>)>,
    /// The queue of each interruption, and what ran just before it.
    pub(super) interrupted: Vec<(SimTime, usize, Vec<u32>)>,
}

impl Seen {
    fn of(queues: usize) -> Self {
        Self {
            running: vec![0; queues],
            waiting: vec![0; queues],
            ..Self::default()
        }
    }
}

impl Observer for Seen {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        match fact {
            Fact::Arrived { job, spec, .. } => {
                self.queues.insert(*job, spec.queue.index());
                self.waiting[spec.queue.index()] += 1;
            }
            Fact::Started { job, .. } => {
                self.waiting[self.queues[job]] -= 1;
                self.running[self.queues[job]] += 1;
            }
            Fact::Interrupted { job, cause, .. } => {
                assert_eq!(*cause, Cause::Policy);
                let queue = self.queues[job];
                self.interrupted.push((now, queue, self.running.clone()));
                self.running[queue] -= 1;
                self.waiting[queue] += 1;
            }
            Fact::Ended { job, .. } => self.running[self.queues[job]] -= 1,
            Fact::Refused(refusal) => panic!("{refusal:?}"),
            Fact::Paced { .. }
            | Fact::Reseated { .. }
            | Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Booting { .. }
            | Fact::Ready { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Reclaimed { .. }
            | Fact::Advised { .. }
            | Fact::Miscarried { .. }
            | Fact::Failed { .. }
            | Fact::Repaired { .. }
            | Fact::Shock { .. }
            | Fact::Released { .. }
            | Fact::Price { .. }
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Availability { .. } => {}
        }
        let now_is = (self.running.clone(), self.waiting.clone());
        self.after.insert(now, now_is);
    }
}

/// Flies; jobs are put in the order of their arrival.
pub(super) fn fly(world: World, mut jobs: Vec<Job>, mut policy: Composed) -> Seen {
    jobs.sort_by_key(|job| job.arrival);
    let mut seen = Seen::of(world.queues.len());
    let mut engine = Engine::new(Arc::new(world), Box::new(Trace::new(jobs.into())));
    let finish = engine.run(&mut policy, Grants::default(), &mut seen);
    assert_eq!(finish, Ok(Finish::Drained));
    seen
}

/// What ran of each queue after a second.
pub(super) fn ran(seen: &Seen, secs: u64) -> Vec<u32> {
    let until = seen.after.range(..=plain::at(secs));
    until.last().expect("something happened").1.0.clone()
}
