//! Services become what the engine runs: a class of replicas for each set, and requests that the seed and the service's name
//! fix, so that all policies meet the same.

use std::sync::Arc;

use sim_core::course::{CourseKind, CourseModel, Rates};
use sim_core::engine::{ReplicaSet, Service, World};
use sim_core::model::{
    Appetite, Checkpoint, Class, Demand, Gang, GpuDemand, Job, Keep, ModelSet, OfferingSet, Role,
};
use sim_core::serve::{self, Law, Prefix, Serving};
use sim_core::units::{ClassId, ModelId, OfferingId, QueueId, ServiceId, SimTime, Span};

use super::BuildError;
use super::history::Tape;
use super::holds::holds;
use super::maker::{ask, market_set};
use super::streams::Source;
use super::ways;
use super::world::{calendar, ppb};
use crate::schema::{
    BatchTime, Diagnostic, End, Fidelity, GpusSpec, PrefixSpec, ReplicasSpec, Scenario,
    ServiceSpec, ServingSpec, SharedSpec, slice_of,
};

/// Where the requests of each service come from, in the order of the scenario.
#[derive(Clone, Debug)]
pub(super) struct Sources(Vec<Source>);

/// A class for each set of each service: replicas work for ever, and keep nothing.
pub(super) fn classes(scenario: &Scenario, model: &mut dyn FnMut(&str) -> ModelId) -> Vec<Class> {
    let mut classes = Vec::new();
    for service in &scenario.services {
        for set in &service.replicas {
            let rates = set.models.iter();
            let rates = rates.map(|(name, rate)| (model(&name.value), ppb(*rate)));
            classes.push(Class {
                name: set_name(service, set),
                course: CourseModel {
                    kind: CourseKind::Linear,
                    rates: Rates {
                        by_model: rates.collect(),
                        ..Rates::default()
                    },
                },
                checkpoint: Checkpoint {
                    keep: Keep::Nothing,
                    setup: set.load,
                    restore: set.reload,
                    reseat: set.reload,
                    ..Checkpoint::default()
                },
                appetite: Appetite::default(),
            });
        }
    }
    classes
}

/// What tables call a set: the service, and where it has several, the set within it.
pub(super) fn set_name(service: &ServiceSpec, set: &ReplicasSpec) -> String {
    if service.replicas.len() == 1 {
        return service.name.value.clone();
    }
    format!("{}/{}", service.name.value, set.name.value)
}

impl Sources {
    /// Reads every file, and checks every generator.
    pub(super) fn read(
        scenario: &Scenario,
        reasons: &mut Vec<Diagnostic>,
    ) -> Result<Self, BuildError> {
        let length = match scenario.horizon.end {
            End::At(at) => at.value.since(SimTime::ZERO),
            End::Drain => Span::ZERO,
        };
        let mut sources = Vec::new();
        let begins = calendar(scenario).second_of_week(SimTime::ZERO);
        let begins = Span::from_secs(begins.into());
        for service in &scenario.services {
            if let Some(source) = Source::read(service, (begins, length), reasons)? {
                reasons.extend(source.talks(service));
                for set in &service.replicas {
                    reasons.extend(stranger(&set.serving.value, &source));
                }
                reasons.extend(ways::check(service, &source));
                sources.push(source);
            }
        }
        Ok(Self(sources))
    }

    /// How far logs of requests and rates in files reach.
    pub(super) fn reach(&self) -> Span {
        let reaches = self.0.iter().map(Source::reach);
        reaches.max().unwrap_or(Span::ZERO)
    }

    /// Whether anything is drawn.
    pub(super) fn is_random(&self, scenario: &Scenario) -> bool {
        self.0.iter().any(Source::is_random) || scenario.services.iter().any(has_luck)
    }

    /// Gives a world its services, by its seed and what it meets of the history. Panics on a scenario that has others.
    pub(super) fn open(&self, scenario: &Scenario, world: &mut World, tape: &Tape) {
        let played = self.0.iter().map(|source| source.played(tape));
        let mut class = scenario.workloads.len();
        for (id, (spec, source)) in scenario.services.iter().zip(played).enumerate() {
            let luck = serve::Luck {
                seed: world.seed,
                service: spec.name.value.clone(),
            };
            let id = ServiceId(u16::try_from(id).expect("a scenario has few services"));
            for (way, set) in spec.replicas.iter().enumerate() {
                let replica = replica(scenario, (spec, set), (class, world));
                world.sets.push(ReplicaSet {
                    name: set_name(spec, set),
                    service: id,
                    way,
                    serving: serving(&set.serving.value, &luck, &source),
                    replica,
                    initial: set.initial,
                    max: set.max,
                });
                class += 1;
            }
            world
                .services
                .push(service((spec, &source), luck, world.end));
        }
    }
}

/// Whether what becomes of the same requests is drawn.
fn has_luck(spec: &ServiceSpec) -> bool {
    let similar = |caching: &serve::Caching| caching.semantic_ppm > 0;
    let varies = |set: &ReplicasSpec| match &set.serving.value {
        ServingSpec::Batch(batch) => match batch.time {
            BatchTime::Drawn { law, .. } => law != Law::Constant,
            BatchTime::Affine { .. } => false,
        },
        ServingSpec::Tokens(..) => false,
    };
    ways::has_luck(spec)
        || spec.pool.caching.as_ref().is_some_and(similar)
        || spec.replicas.iter().any(varies)
}

fn service(
    (spec, source): (&ServiceSpec, &Source),
    luck: serve::Luck,
    end: Option<SimTime>,
) -> Service {
    let pool = &spec.pool;
    let fluid = match spec.fidelity {
        Fidelity::Requests => None,
        Fidelity::Fluid(interval) => {
            let length = end.map_or(Span::ZERO, |end| end.since(SimTime::ZERO));
            let count = length.us().div_ceil(interval.us());
            let count = usize::try_from(count).expect("checked where it was read");
            let inflow = source.inflow((luck.seed, &spec.name.value), (interval, count));
            Some(Arc::new(inflow))
        }
    };
    Service {
        fluid,
        name: spec.name.value.clone(),
        requests: source.open(luck.seed, &spec.name.value),
        model: serve::PoolModel {
            luck,
            routing: pool.routing,
            caching: pool.caching.clone(),
            line: pool.line,
            patience: pool.patience,
            retries: pool.retries,
            transfer: pool.transfer,
            ways: ways::ways(spec, source),
        },
        max_unavailable: spec.max_unavailable,
    }
}

fn serving(spec: &ServingSpec, luck: &serve::Luck, source: &Source) -> Serving {
    match spec {
        ServingSpec::Batch(batch) => Serving::Batch(Arc::new(batch.model(luck))),
        ServingSpec::Tokens(iteration, prefix) => Serving::Iteration(Arc::new(serve::Iteration {
            prefix: found(prefix, source),
            ..iteration.clone()
        })),
    }
}

/// What of a prompt is found, by the number of its class.
fn found(spec: &PrefixSpec, source: &Source) -> Prefix {
    let classes = source.classes();
    let by_class = match &spec.shared {
        SharedSpec::Alike(0) => Vec::new(),
        SharedSpec::Alike(tokens) => vec![*tokens; classes.len().max(1)],
        SharedSpec::ByClass(tokens) => {
            let of = |class: &String| {
                let mut tokens = tokens.iter();
                let own = tokens.find(|(name, _)| name.value == *class);
                own.map_or(0, |(_, tokens)| *tokens)
            };
            classes.iter().map(of).collect()
        }
    };
    Prefix {
        by_class,
        session_ppm: spec.session_ppm,
        sessions: spec.sessions,
    }
}

/// A class that shares a prefix and of which no request is.
fn stranger(serving: &ServingSpec, source: &Source) -> Option<Diagnostic> {
    let ServingSpec::Tokens(_, prefix) = serving else {
        return None;
    };
    let SharedSpec::ByClass(named) = &prefix.shared else {
        return None;
    };
    let known = source.classes();
    let mut named = named.iter().map(|(name, _)| name);
    let stray = named.find(|name| !known.contains(&name.value))?;
    let rule = "no class of requests is called so";
    let remedy = format!("known are {}", known.join(", "));
    Some(Diagnostic::new(stray.place, &stray.value, rule).or(remedy))
}

/// A replica of a set, of this class.
fn replica(
    scenario: &Scenario,
    (service, set): (&ServiceSpec, &ReplicasSpec),
    (class, world): (usize, &World),
) -> Job {
    let number = |position: usize| u16::try_from(position).expect("few of them");
    let slice = set.slices().and_then(|slices| slice_of(scenario, &slices));
    let gpu = match (slice, set.gpus) {
        (Some(profile), _) => GpuDemand::Slice(profile),
        (None, GpusSpec::Whole(0)) => GpuDemand::None,
        (None, GpusSpec::Whole(gpus)) => GpuDemand::Whole(gpus),
        (None, GpusSpec::Share(milli)) => GpuDemand::Milli(milli),
    };
    let demand = Demand {
        gpu,
        cpu_milli: set.cpu_milli,
        memory_mib: u32::try_from(set.memory.0.div_ceil(1 << 20)).unwrap_or(u32::MAX),
        markets: market_set(&set.markets),
        offerings: offerings(world, set),
    };
    let models = set.models.iter().filter_map(|(name, _)| {
        let at = world.models.iter().position(|known| *known == name.value);
        at.map(|at| ModelId(number(at)))
    });
    let queue = service.queue.as_ref().and_then(|queue| {
        let mut known = world.queues.iter();
        known.position(|known| known.name == queue.value)
    });
    let gang = Gang::One(Role::rigid(set.tasks, demand));
    Job {
        models: if set.models.is_empty() {
            ModelSet::ANY
        } else {
            models.fold(ModelSet::NONE, ModelSet::with)
        },
        priority: service.priority,
        queue: QueueId(number(queue.unwrap_or(0))),
        class: ClassId(number(class)),
        ..Job::plain(SimTime::ZERO, u64::MAX, gang)
    }
}

/// The offerings of the fleets that a set names: a fleet that a file lists has one for each shape, named after it.
fn offerings(world: &World, set: &ReplicasSpec) -> OfferingSet {
    if set.fleets.is_empty() {
        return OfferingSet::ANY;
    }
    let named = |name: &str| {
        let fleet = name.split_once('/').map_or(name, |(fleet, _)| fleet);
        let mut fleets = set.fleets.iter();
        fleets.any(|own| own.value == name || own.value == fleet)
    };
    let offerings = (0..).map(OfferingId).zip(world.offerings.iter());
    let own = offerings.filter(|(_, offering)| named(&offering.name));
    own.fold(OfferingSet::NONE, |all, (id, _)| all.with(id))
}

/// Fleets that sets name and that are not there.
pub(super) fn check_fleets(scenario: &Scenario, reasons: &mut Vec<Diagnostic>) {
    let sets = scenario.services.iter().flat_map(|own| &own.replicas);
    for name in sets.flat_map(|set| &set.fleets) {
        let mut fleets = scenario.fleets.iter();
        if !fleets.any(|fleet| fleet.name.value == name.value) {
            let rule = "no fleet has this name";
            let remedy = "name a [[fleet]] of the scenario";
            reasons.push(Diagnostic::new(name.place, &name.value, rule).or(remedy));
        }
    }
}

/// Whether a replica of each set could run on the fleet at its largest, if nothing else did.
pub(super) fn check(scenario: &Scenario, world: &World, reasons: &mut Vec<Diagnostic>) {
    let specs = scenario.services.iter().flat_map(|own| &own.replicas);
    for (spec, set) in specs.zip(&world.sets) {
        let (gang, models) = (&set.replica.gang, set.replica.models);
        let gpus = gang.gpu_milli() > 0;
        let mut pools = world.offerings.iter().map(|own| own.shape.model);
        let fits = pools.any(|model| {
            let allowed = !gpus || models.allows(model);
            allowed && holds(world, |other| !gpus || other.shape.model == model, gang)
        });
        if !fits {
            let asked: Vec<String> = gang.roles().iter().map(ask).collect();
            let rule = format!(
                "a replica asks for {}, which no GPU model's empty fleet can hold",
                asked.join(" and ")
            );
            let remedy = "enlarge the fleet, name other models or markets, or ask for less";
            let name = &spec.name;
            reasons.push(Diagnostic::new(name.place, &name.value, rule).or(remedy));
        }
    }
}
