//! Small random scenes, each fixed by a seed, in which every job could run: several fleets, models
//! and racks, gangs of several roles, shares of GPUs, CPU tasks, interruptions with a restore,
//! priorities, deadlines, estimates that are too short, too long or right.

use std::sync::Arc;

use sim_core::course::{CourseKind, CourseModel, Rates, Size, Speeds, UNIT_RATE};
use sim_core::engine::World;
use sim_core::model::{
    Appetite, Checkpoint, Class, Demand, Gang, GpuDemand, Job, Keep, Market, MarketSet, ModelSet,
    Offering, OfferingSet, Profile, Role, Shape, Terms,
};
use sim_core::units::{ClassId, KindId, ModelId, Price, QueueId, SimTime, Span, ZoneId};
use sim_core::world::Curve;
use sim_core::world::draw::{Part, Stream};

use super::rig;
use super::roster::Contender;

/// A world and its jobs.
pub(crate) struct Scene {
    pub(crate) world: Arc<World>,
    pub(crate) jobs: Vec<Job>,
}

pub(crate) fn luck(seed: u64, name: &str) -> Stream {
    Stream::new(seed, &[Part::Name("scene"), name.into()])
}

/// A draw in the type that holds it.
pub(crate) fn small<T: TryFrom<u64, Error: std::fmt::Debug>>(n: u64) -> T {
    T::try_from(n).expect("a small draw")
}

/// A scene that suits a contender: a fleet that grows for those who buy; nothing lost at an
/// interruption under those who interrupt, lest jobs that lose all they do go on for ever.
pub(crate) fn scene(seed: u64, contender: &Contender) -> Scene {
    let mut luck = luck(seed, "world");
    let models = 1 + luck.below(2);
    let offerings: Vec<Offering> = (0..=luck.below(3))
        .map(|_| offering(&mut luck, models, contender.buys()))
        .collect();
    let mut world = rig::world(offerings);
    world.classes = vec![class(&mut luck, contender), class(&mut luck, contender)];
    let simple = contender.is_compat() && luck.chance(0.5);
    let mut jobs = jobs(seed, &world, simple);
    if contender.wants_one_role() {
        for job in &mut jobs {
            job.gang = Gang::One(job.gang.roles()[0]);
        }
    }
    if contender.is_compat() {
        // Those simulators know no job without an estimate.
        for job in &mut jobs {
            job.estimate.get_or_insert(rig::span(3600));
        }
    }
    Scene {
        world: Arc::new(world),
        jobs,
    }
}

fn offering(luck: &mut Stream, models: u64, grows: bool) -> Offering {
    let (nodes, gpus) = (1 + luck.below(5), 1 + luck.below(8));
    let initial = if grows { luck.below(nodes + 1) } else { nodes };
    let price = |value| Price::from_nanousd_h(value).expect("low");
    let mut prices = vec![(SimTime::ZERO, price(5))];
    let mut stock = vec![(SimTime::ZERO, small(nodes))];
    if luck.chance(0.3) {
        prices.push((hours(luck, 3), price(9)));
    }
    if luck.chance(0.3) {
        // Some are taken away, and come back.
        let from = hours(luck, 6);
        stock.push((from, small(luck.below(nodes + 1))));
        let until = from.saturating_add(minutes(luck, 60));
        stock.push((until, small(nodes)));
    }
    Offering {
        name: "fleet".to_owned(),
        shape: Shape {
            gpus: small(gpus),
            model: ModelId(small(luck.below(models))),
            // More than enough for the tasks of any one gang, not for those of all jobs.
            cpu_milli: small(8_000 + 1_000 * gpus),
            memory_mib: 64_000,
        },
        mig: Some(partitions()),
        market: Market::OnDemand,
        zone: ZoneId(small(luck.below(2))),
        rack_size: small(luck.below(4)),
        initial: small(initial),
        min: if grows {
            small(luck.below(initial + 1))
        } else {
            small(nodes)
        },
        max: small(nodes),
        standing: !grows,
        boot: if grows { minutes(luck, 10) } else { Span::ZERO },
        notice: if luck.chance(0.5) {
            minutes(luck, 5)
        } else {
            Span::ZERO
        },
        price: Curve::new(prices).expect("ascending"),
        visible: true,
        risk: sim_core::model::Risk::default(),
        terms: Terms::default(),
        availability: Curve::new(stock).expect("ascending"),
    }
}

fn minutes(luck: &mut Stream, most: u64) -> Span {
    rig::span(60 * luck.between(1, most))
}

fn hours(luck: &mut Stream, most: u64) -> SimTime {
    rig::at(60 * luck.between(1, 60 * most))
}

fn class(luck: &mut Stream, contender: &Contender) -> Class {
    let rate = |luck: &mut Stream| luck.between(4, 10) * UNIT_RATE / 7;
    let steady = luck.chance(0.5);
    let rates = if steady {
        Rates::default()
    } else {
        Rates {
            table: None,
            by_model: vec![(ModelId(0), rate(luck)), (ModelId(1), rate(luck))],
            by_gpus: vec![(4, rate(luck))],
            by_share: false,
            feeds: None,
            across_nodes: rate(luck),
            across_racks: rate(luck),
            across_zones: rate(luck),
        }
    };
    let kind = if luck.chance(0.3) {
        CourseKind::Stepwise(rig::span(60))
    } else {
        CourseKind::Linear
    };
    // Every other stepwise class tells its speeds by a table.
    let rates = if kind == CourseKind::Linear || steady {
        rates
    } else {
        let speed = |model| (ModelId(model), 0.000_9 + 0.000_2 * f64::from(model));
        let size = |gpus| Size {
            kind: KindId(0),
            gpus,
            reference_s: 0.001,
            by_model: (0..4).map(speed).collect(),
        };
        let table = Speeds::new(vec![size(0), size(4)]);
        Rates {
            table: Some(std::sync::Arc::new(table)),
            ..rates
        }
    };
    let keep = match luck.below(3) {
        _ if contender.preempts() => Keep::All,
        0 => Keep::All,
        1 => Keep::Nothing,
        _ => Keep::Every(minutes(luck, 20)),
    };
    let restore = minutes(luck, 3);
    Class {
        name: "class".to_owned(),
        course: CourseModel { kind, rates },
        checkpoint: Checkpoint {
            keep,
            restore: if luck.chance(0.5) {
                restore
            } else {
                Span::ZERO
            },
            ..Checkpoint::default()
        },
        appetite: Appetite::default(),
    }
}

/// 5 to 30 jobs over some hours; `simple` ones are of single-GPU tasks alone.
fn jobs(seed: u64, world: &World, simple: bool) -> Vec<Job> {
    let mut luck = luck(seed, "jobs");
    let (count, ties) = (luck.between(5, 30), luck.chance(0.3));
    let mut arrival = SimTime::ZERO;
    let next = |_| {
        if luck.chance(0.8) {
            let wait = if ties {
                60 * luck.below(20)
            } else {
                luck.below(1200)
            };
            arrival = arrival.saturating_add(rig::span(wait));
        }
        one(&mut luck, world, arrival, simple)
    };
    (0..count).map(next).collect()
}

fn one(luck: &mut Stream, world: &World, arrival: SimTime, simple: bool) -> Job {
    let class = luck.below(2);
    let secs = 60 * luck.between(1, 200);
    let work = match world.classes[usize::from(class == 1)].course.kind {
        CourseKind::Linear => secs * 1_000_000 + luck.below(7),
        CourseKind::Stepwise(_) | CourseKind::Goodput(_) => secs / 60,
    };
    let estimate = match luck.below(6) {
        0 => secs,
        1 | 2 => 1 + luck.below(secs),
        _ => secs + luck.below(3 * secs),
    };
    let models = if simple || luck.chance(0.6) {
        ModelSet::ANY
    } else {
        let count = u64::try_from(world.offerings.len()).expect("few");
        let chosen = small::<usize>(luck.below(count));
        ModelSet::NONE.with(world.offerings[chosen].shape.model)
    };
    let (gang, models) = gang(luck, world, models, simple);
    let deadline = arrival.saturating_add(rig::span(secs * luck.between(1, 4)));
    Job {
        arrival,
        work,
        estimate: luck.chance(0.9).then(|| rig::span(estimate)),
        deadline: luck.chance(0.5).then_some(deadline),
        gang,
        models,
        priority: small::<i32>(luck.below(4)) - 1,
        queue: QueueId(0),
        class: ClassId(small(class)),
        kind: KindId(0),
    }
}

/// Slices of a GPU of seven compute slices: those of 1, 1, 2, 3 and 4 of them.
fn partitions() -> Arc<[Profile]> {
    let rows: [(u8, u8, &[u8]); 5] = [
        (1, 1, &[0, 1, 2, 3, 4, 5, 6]),
        (1, 2, &[0, 2, 4, 6]),
        (2, 2, &[0, 2, 4]),
        (3, 4, &[0, 4]),
        (4, 4, &[0]),
    ];
    let profile = |(compute, memory, starts): &(u8, u8, &[u8])| {
        Profile::new((*compute, 7), (*memory, memory * 5), starts).expect("a slice")
    };
    rows.iter().map(profile).collect()
}

/// A gang that fits on the empty fleet, and the models it may lie on.
fn gang(luck: &mut Stream, world: &World, models: ModelSet, simple: bool) -> (Gang, ModelSet) {
    if simple {
        let role = whole(luck, world, models, Some(1));
        return (Gang::One(role), models);
    }
    match luck.below(8) {
        0 => {
            let milli = small(100 * luck.between(1, 9));
            let tasks = luck.between(1, 2);
            // One in two is a slice that is about as large.
            let gpu = match milli / 200 {
                slice if milli % 200 == 0 => GpuDemand::Slice(partitions()[usize::from(slice)]),
                _ => GpuDemand::Milli(milli),
            };
            let role = sized(tasks, gpu, 500);
            // Two shares fit on two GPUs, if there are two.
            let most = roomiest(world, models, 1);
            let tasks = role.tasks.min(small(most));
            (Gang::One(Role::rigid(tasks, role.demand)), models)
        }
        1 => {
            let cpu = 1_000 * luck.between(1, 8);
            (Gang::One(sized(1, GpuDemand::None, cpu)), models)
        }
        2 => roles(luck, world, models),
        _ => (Gang::One(whole(luck, world, models, None)), models),
    }
}

fn sized(tasks: u64, gpu: GpuDemand, cpu: u64) -> Role {
    Role {
        tasks: small(tasks),
        least: small(tasks),
        demand: Demand {
            gpu,
            cpu_milli: small(cpu),
            memory_mib: 100,
            markets: MarketSet::ANY,
            offerings: OfferingSet::ANY,
        },
    }
}

/// Whole GPUs, as many tasks as fit on one model.
fn whole(luck: &mut Stream, world: &World, models: ModelSet, gpus: Option<u64>) -> Role {
    let allowed = world.offerings.iter();
    let allowed = allowed.filter(|offering| models.allows(offering.shape.model));
    let largest = allowed.map(|offering| u64::from(offering.shape.gpus)).max();
    let gpus = gpus.unwrap_or(1 + luck.below(largest.expect("an allowed model")));
    let tasks = 1 + luck.below(roomiest(world, models, gpus).min(6));
    let demand = Demand::gpus(small(gpus));
    Role::rigid(small(tasks), demand)
}

/// Tasks of `gpus` GPUs that fit on the empty nodes of one model, the roomiest.
fn roomiest(world: &World, models: ModelSet, gpus: u64) -> u64 {
    let of_model = |model: u16| {
        let same = world.offerings.iter().filter(|offering| {
            offering.shape.model == ModelId(model) && models.allows(ModelId(model))
        });
        same.map(|offering| u64::from(offering.max) * (u64::from(offering.shape.gpus) / gpus))
            .sum::<u64>()
    };
    of_model(0).max(of_model(1))
}

/// A master and its workers, on one model: wherever the master lies, the workers fit beside it.
fn roles(luck: &mut Stream, world: &World, models: ModelSet) -> (Gang, ModelSet) {
    let model = world
        .offerings
        .iter()
        .map(|offering| offering.shape.model)
        .find(|model| models.allows(*model))
        .expect("an allowed model");
    let only = ModelSet::NONE.with(model);
    let master = if luck.chance(0.5) {
        sized(1, GpuDemand::Whole(1), 500)
    } else {
        sized(1, GpuDemand::None, 500)
    };
    // The master spoils at most the roomiest node.
    let largest = world
        .offerings
        .iter()
        .filter(|offering| offering.shape.model == model)
        .map(|offering| u64::from(offering.shape.gpus))
        .max()
        .expect("an allowed model");
    let room = roomiest(world, only, 1).saturating_sub(largest);
    if room == 0 {
        return (Gang::One(sized(1, GpuDemand::Whole(1), 500)), only);
    }
    let workers = sized(1 + luck.below(room.min(4)), GpuDemand::Whole(1), 200);
    (Gang::Many(Arc::new([master, workers])), only)
}
