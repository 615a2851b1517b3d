//! What a run used of what it paid for, gathered from the scenario, the world and the record of the run.

use std::collections::BTreeMap;

use sim_core::books::Source;
use sim_core::course::CourseKind;
use sim_core::model::{ChargedFrom, Class, Keep, Offering, Profile, Risk};
use sim_core::serve::Objective;
use sim_core::units::{ClassId, OfferingId, Price, SimTime, convert};
use sim_core::world::Curve;

use super::flight::{Flight, window};
use super::money;
use super::number::real;
use super::usage::{FleetUsage, Keeps, SliceOffer, Usage, User};
use crate::build::{Experiment, Jobs};
use crate::schema::{
    Geometry, GpusSpec, Machines, ReplicasSpec, ServiceSpec, TaskGpus, UsageSpec, Workload,
};

impl Usage {
    /// Of a flight that was attributed.
    pub fn of(experiment: &Experiment, flight: &Flight, jobs: &Jobs) -> Self {
        let scenario = &experiment.loaded.scenario;
        let window = (window(experiment).warmup, flight.record.end);
        let costs = costs(flight);
        let mut this = Self {
            scenario: scenario.name.value.clone(),
            policy: experiment.contenders[flight.contender].name.clone(),
            seed: flight.seed,
            length_us: length(window),
            fleets: Vec::new(),
            users: users(experiment),
        };
        for (at, offering) in jobs.world().offerings.iter().enumerate() {
            let id = OfferingId(u16::try_from(at).expect("few offerings"));
            let mut fleet = fleet(experiment, (id, offering), window);
            let all = costs.iter().filter(|((of, _), _)| *of == id);
            fleet.cost_nanousd = all.map(|(_, cost)| cost).sum();
            let machines = flight.record.machines.iter();
            for machine in machines.filter(|machine| machine.offering == id) {
                let gone = machine.gone.get().unwrap_or(window.1);
                fleet.held_us += u128::from(length((machine.granted, gone)));
                fleet.reclaimed += u64::from(machine.reclaimed);
            }
            this.fleets.push(fleet);
            for (class, user) in (0..).map(ClassId).zip(&mut this.users) {
                let held = flight.held.get(&(class, id));
                user.held.push(held.cloned().unwrap_or_default());
                let cost = costs.get(&(id, Some(class)));
                user.cost_nanousd.push(cost.copied().unwrap_or_default());
            }
        }
        for row in flight.record.rows.iter().chain(&flight.record.replicas) {
            let user = &mut this.users[row.class.index()];
            user.most_gpus = user.most_gpus.max(row.gpu_milli.div_ceil(1000));
            if !row.gpu_milli.is_multiple_of(1000) && user.part.is_none() {
                user.part = Some("shares".to_owned());
            }
        }
        this
    }
}

fn length((from, until): (SimTime, SimTime)) -> u64 {
    until.max(from).since(from).us()
}

/// What machines cost, by fleet and who claims it; what is committed to is paid whatever is done.
fn costs(flight: &Flight) -> BTreeMap<(OfferingId, Option<ClassId>), i128> {
    let mut costs = BTreeMap::new();
    for item in money::items(&flight.record) {
        if let Source::Offering(offering) = item.source {
            let class = item.by.map(|(_, class)| class);
            *costs.entry((offering, class)).or_default() += item.amount.nanousd();
        }
    }
    costs
}

fn fleet(
    experiment: &Experiment,
    (id, offering): (OfferingId, &Offering),
    window: (SimTime, SimTime),
) -> FleetUsage {
    let spec = money::fleet(experiment, Source::Offering(id));
    let partition = spec.and_then(|spec| spec.mig.as_ref());
    let partition = partition.map(|geometry| &geometry.value);
    let instance = spec.and_then(|spec| match &spec.machines {
        Machines::Alike { instance, .. } => Some(&instance.value),
        Machines::Listed { .. } => None,
    });
    let could = partition.is_none().then_some(instance).flatten();
    let could = could.and_then(Geometry::of);
    let geometry = partition.or(could.as_ref());
    let model = experiment
        .world
        .models
        .get(usize::from(offering.shape.model.0));
    let gpu_memory = instance.and_then(|instance| instance.gpu_memory);
    FleetUsage {
        name: offering.name.clone(),
        market: offering.market.name().to_owned(),
        gpu: model.cloned().unwrap_or_default(),
        gpus: offering.shape.gpus,
        gpu_memory: gpu_memory
            .or(geometry.map(|own| own.gpu_memory))
            .map(|bytes| bytes.0),
        price_nanousd_h: mean_price(&offering.price, window),
        cost_nanousd: 0,
        lasts_us: lasts(&offering.risk, window),
        held_us: 0,
        reclaimed: 0,
        boot_us: match offering.terms.from {
            ChargedFrom::Grant => offering.boot.us(),
            ChargedFrom::Ready => 0,
        },
        partition: partition.map(|own| own.name.clone()),
        geometry: geometry.map(|own| own.name.clone()),
        slices: geometry.map_or(Vec::new(), slices),
    }
}

fn slices(geometry: &Geometry) -> Vec<SliceOffer> {
    let slice = |(name, profile): &(String, Profile)| SliceOffer {
        name: name.clone(),
        memory_milli: geometry.memory_milli(*profile),
        compute_milli: u32::from(profile.compute()) * 1000 / u32::from(profile.of()),
        per_gpu: profile.per_gpu(),
    };
    geometry.profiles.iter().map(slice).collect()
}

/// The price an hour, on average over a window.
fn mean_price(curve: &Curve<Price>, (from, until): (SimTime, SimTime)) -> u64 {
    let steps = curve.steps();
    let ends = steps
        .iter()
        .skip(1)
        .map(|(at, _)| *at)
        .chain([SimTime::MAX]);
    let (mut sum, mut whole) = (0, 0);
    for ((start, price), end) in steps.iter().zip(ends) {
        let us = u128::from(length(((*start).max(from), end.min(until))));
        sum += us * u128::from(price.nanousd_h());
        whole += us;
    }
    let mean = sum.checked_div(whole);
    let mean = mean.unwrap_or_else(|| u128::from(curve.at(from).nanousd_h()));
    u64::try_from(mean).expect("between the prices")
}

/// How long a machine lasts until the provider takes it: by the law of its own, and by the shocks of the run.
fn lasts(risk: &Risk, window: (SimTime, SimTime)) -> Option<u64> {
    let alone = risk
        .lifetime
        .mean()
        .map_or(0.0, |mean| 1.0 / real(mean.us()));
    let shocks = risk.shocks.iter().filter(|shock| shock.at <= window.1);
    let taken: u64 = shocks.map(|shock| u64::from(shock.fraction_ppm)).sum();
    let run = real(window.1.us().max(1));
    let rate = alone + real(taken) / 1e6 / run;
    (rate > 0.0).then(|| convert::floor(1.0 / rate))
}

/// Workloads and sets in the order of the classes of a world, which have held nothing yet.
fn users(experiment: &Experiment) -> Vec<User> {
    let scenario = &experiment.loaded.scenario;
    let workloads = scenario.workloads.iter().map(workload);
    let sets = scenario.services.iter().flat_map(|service| {
        let sets = service.replicas.iter();
        sets.map(move |set| replicas(service, set))
    });
    let classes = experiment.world.classes.iter();
    let users = workloads.chain(sets).zip(classes);
    let known = users.map(|(user, class)| User {
        name: class.name.clone(),
        keeps: keeps(class),
        ..user
    });
    known.collect()
}

fn workload(spec: &Workload) -> User {
    let share = match spec.task_gpus.value {
        TaskGpus::Share(milli) => Some(part(milli)),
        TaskGpus::Trace | TaskGpus::Job | TaskGpus::Gpu | TaskGpus::Each(_) => None,
    };
    let profile = spec.profile.as_ref().map(|name| name.value.clone());
    User {
        path: format!("workload.{}", spec.name.value),
        priority: spec.priority.value,
        is_urgent: spec.deadline.is_some(),
        part: profile.or(share),
        gpu_memory: spec.gpu_memory.map(|memory| memory.value.0),
        ..told(spec.usage)
    }
}

fn replicas(service: &ServiceSpec, set: &ReplicasSpec) -> User {
    let share = match set.gpus {
        GpusSpec::Share(milli) => Some(part(milli)),
        GpusSpec::Whole(_) => None,
    };
    let profile = set.profile.as_ref().map(|name| name.value.clone());
    User {
        path: format!("service.{}.replicas.{}", service.name.value, set.name.value),
        is_service: true,
        priority: service.priority,
        is_urgent: service.promise != Objective::default(),
        part: profile.or(share),
        ..told(set.usage)
    }
}

/// A part of a GPU, as a scenario writes it.
fn part(milli: u16) -> String {
    format!("{}", f64::from(milli) / 1000.0)
}

/// Somebody of whom no more is known than a monitor says.
fn told(usage: UsageSpec) -> User {
    User {
        name: String::new(),
        path: String::new(),
        is_service: false,
        priority: 0,
        is_urgent: false,
        part: None,
        most_gpus: 0,
        gpu_memory: None,
        memory_milli: usage.memory_milli,
        compute_milli: usage.compute_milli,
        keeps: Keeps::default(),
        held: Vec::new(),
        cost_nanousd: Vec::new(),
    }
}

fn keeps(class: &Class) -> Keeps {
    let of = &class.checkpoint;
    let steps = |count: u64| match &class.course.kind {
        CourseKind::Stepwise(step) => Some(step.us().saturating_mul(count)),
        CourseKind::Linear | CourseKind::Goodput(_) => None,
    };
    let every_us = match of.keep {
        Keep::All | Keep::Nothing => None,
        Keep::Every(span) => Some(span.us()),
        Keep::Steps(count) => steps(count),
        Keep::Either(span, count) => Some(steps(count).map_or(span.us(), |us| us.min(span.us()))),
    };
    Keeps {
        all: of.keep == Keep::All,
        every_us,
        dump_us: of.dump.us(),
        upload_us: of.upload.us(),
        restore_us: of.restore.us(),
        on_notice: of.on_notice,
    }
}
