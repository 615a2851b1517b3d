//! What placements say of the nodes they could have taken: of all that they rate they take the best, and saying it changes
//! nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use policies::buy::Keep;
use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::order::Fifo;
use policies::place::{MOST_TOLD, Scales, Weighed};
use policies::preempt::Never;
use policies::registry::{ADMISSIONS, PLACEMENTS};
use policies::relocate::Stay;
use sim_core::engine::{Engine, Grants, World};
use sim_core::model::{Demand, Gang, GpuDemand, Job, Market, Offering, Profile, Role, Shape};
use sim_core::units::{ModelId, NodeId, SimTime};
use sim_core::watch::{Digests, Fact, Observer};
use sim_core::world::Trace;
use sim_core::world::draw::Stream;

use crate::plain::{HONEST, fleet, job, made, standing, world};

/// Two models, racks, and slices on some.
fn fleets() -> World {
    let slice = |compute, memory, starts: &[u8]| {
        Profile::new((compute, 7), (memory, 5 * memory), starts).expect("a slice")
    };
    let slices = [
        slice(1, 1, &[0, 1, 2, 3, 4, 5, 6]),
        slice(3, 4, &[0, 4]),
        slice(7, 8, &[0]),
    ];
    let machines = |model, nodes, gpus: u32, cores: u32| {
        let fleet = standing(fleet(Market::Owned, gpus, nodes));
        let shape = Shape {
            model: ModelId(model),
            cpu_milli: cores * 1000,
            ..fleet.shape
        };
        Offering {
            shape,
            rack_size: 2,
            ..fleet
        }
    };
    let sliced = Offering {
        mig: Some(slices.into()),
        ..machines(1, 3, 4, 32)
    };
    world(vec![machines(0, 5, 4, 16), sliced, machines(0, 2, 8, 64)])
}

fn jobs(luck: &mut Stream, world: &World) -> Vec<Job> {
    let mut below = |n: u64| luck.below(n);
    let mut arrival = 0;
    let jobs = (0..60).map(|_| {
        arrival += below(20);
        let gpu = match below(5) {
            0 => GpuDemand::Milli([100, 300, 500][usize::try_from(below(3)).expect("small")]),
            1 => {
                let slices = world.offerings[1].mig.as_ref().expect("slices");
                GpuDemand::Slice(slices[usize::try_from(below(3)).expect("small")])
            }
            _ => GpuDemand::Whole(u16::try_from(1 + below(4)).expect("small")),
        };
        let cores = u32::try_from(below(5)).expect("small");
        let demand = Demand {
            gpu,
            cpu_milli: cores * 1000,
            ..Demand::gpus(1)
        };
        let tasks = if below(3) == 0 { 1 + below(6) } else { 1 };
        let role = Role::rigid(u32::try_from(tasks).expect("small"), demand);
        job(arrival, Gang::One(role), 30 + below(200))
    });
    jobs.collect()
}

/// By start, job and instant: the nodes.
#[derive(Default)]
struct Starts(BTreeMap<(u32, SimTime), Vec<NodeId>>);

impl Observer for Starts {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Started { job, seats, .. } = fact {
            let mut nodes: Vec<NodeId> = seats.iter().map(|seat| seat.node).collect();
            nodes.sort_unstable();
            nodes.dedup();
            self.0.insert((job.ordinal(), now), nodes);
        }
    }
}

fn fly(world: &World, jobs: &[Job], kind: &str, scales: Option<Scales>) -> (Starts, Digests) {
    let mut policy = Composed {
        name: kind.to_owned(),
        order: Box::new(Fifo),
        admit: made(ADMISSIONS, "skip", &[], &HONEST),
        place: made(PLACEMENTS, kind, &[], &HONEST),
        preempt: Box::new(Never),
        buy: Box::new(Keep),
        relocate: Box::new(Stay),
        keep: Keeping::default(),
        state: Standing::weighing(scales),
    };
    let mut engine = Engine::new(Arc::new(world.clone()), Box::new(Trace::new(jobs.into())));
    let mut starts = Starts::default();
    let flown = engine.run(&mut policy, Grants::default(), &mut starts);
    assert!(flown.is_ok(), "{flown:?}");
    (starts, engine.digests())
}

#[test]
fn a_placement_takes_the_best_of_the_nodes_that_it_rates() {
    let world = fleets();
    let mut luck = Stream::new(1, &["rated".into()]);
    // Where it lies is drawn, or goes by racks alone.
    let silent = ["random", "random-node", "yarn"];
    for entry in PLACEMENTS {
        let mut told = 0;
        for _ in 0..20 {
            let jobs = jobs(&mut luck, &world);
            let (scales, heard) = Scales::new();
            let (starts, digests) = fly(&world, &jobs, entry.kind, Some(scales));
            assert_eq!(digests, fly(&world, &jobs, entry.kind, None).1);
            for Weighed {
                at,
                job,
                nodes,
                best,
            } in heard.try_iter()
            {
                let taken = &starts.0[&(job, at)];
                let ranks = best.windows(2);
                assert!(ranks.into_iter().all(|pair| pair[0].score >= pair[1].score));
                assert_eq!(
                    best.len(),
                    MOST_TOLD.min(usize::try_from(nodes).expect("few"))
                );
                if let [node] = taken[..] {
                    assert_eq!(best[0].node, node, "{}: {best:?}", entry.kind);
                    told += 1;
                }
            }
        }
        assert_eq!(
            told == 0,
            silent.contains(&entry.kind),
            "{}: {told}",
            entry.kind
        );
    }
}
