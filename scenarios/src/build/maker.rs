//! Records become jobs: gangs cut into tasks, deadlines and models set, and what could never run refused.

use std::fmt;
use std::sync::Arc;

use sim_core::course::{CourseKind, Size};
use sim_core::engine::World;
use sim_core::model::{
    Demand, Gang, GpuDemand, Job, Market, MarketSet, ModelSet, Offering, OfferingSet, Profile, Role,
};
use sim_core::units::{ClassId, KindId, ModelId, QueueId, SimTime, Span, convert};
use traces::{Positive, Record};

use super::holds::holds;
use super::speeds::{Measured, SpeedTable};
use super::trained::Trained;
use super::variants;
use crate::schema::{Deadline, Scenario, TaskGpus, Workload, slice_of};

/// Jobs that could never run on the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobsError {
    /// The workload.
    pub workload: String,
    /// What it asks for and there is not, in words.
    pub rule: String,
    /// How many such jobs there are.
    pub count: u64,
    /// The first of them, as its trace calls it.
    pub first: String,
    /// Its line in the trace; 0 if it was generated.
    pub line: u32,
}

impl fmt::Display for JobsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            workload,
            rule,
            count,
            first,
            line,
        } = self;
        let place = if *line > 0 {
            format!(" (line {line})")
        } else {
            String::new()
        };
        write!(
            f,
            "workload \"{workload}\": {count} jobs could never run, the first of them {first}{place}: {rule}; enlarge the fleet, cut gangs with task-gpus, or leave such jobs out"
        )
    }
}

impl std::error::Error for JobsError {}

/// Makes the jobs of one workload.
pub(super) struct Maker<'a> {
    world: &'a World,
    workload: &'a Workload,
    class: ClassId,
    queue: QueueId,
    /// By model of the trace: the world's.
    models: Vec<Option<ModelId>>,
    allowed: ModelSet,
    most_gpus: u16,
    /// What a task takes in place of its GPU.
    slice: Option<Profile>,
    /// Names of the kinds of job in the trace.
    kinds: &'a [String],
    measured: Option<Measured<'a>>,
    trained: Option<Trained<'a>>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(
        world: &'a World,
        (scenario, position): (&'a Scenario, usize),
        records: &'a traces::Workload,
        table: Option<&'a SpeedTable>,
    ) -> Self {
        let workload = &scenario.workloads[position];
        let number = |position: usize| u16::try_from(position).expect("few of them");
        let model = |name: &str| {
            let known = world.models.iter().position(|model| model == name);
            known.map(|position| ModelId(number(position)))
        };
        let named = workload.models.iter().filter_map(|name| model(&name.value));
        let queue = workload.queue.as_ref().and_then(|name| {
            world
                .queues
                .iter()
                .position(|queue| queue.name == name.value)
        });
        let most = world
            .offerings
            .iter()
            .map(|offering| offering.shape.gpus)
            .max()
            .unwrap_or(0);
        Self {
            world,
            workload,
            class: ClassId(number(position)),
            queue: QueueId(number(queue.unwrap_or(0))),
            models: records.models.iter().map(|name| model(name)).collect(),
            allowed: {
                let named = if workload.models.is_empty() {
                    ModelSet::ANY
                } else {
                    named.fold(ModelSet::NONE, ModelSet::with)
                };
                variants::fitting(scenario, workload).map_or(named, |fitting| {
                    let fitting = fitting.into_iter().filter_map(model);
                    let both = fitting.filter(|model| named.allows(*model));
                    both.fold(ModelSet::NONE, ModelSet::with)
                })
            },
            most_gpus: u16::try_from(most).expect("a node has at most 64 GPUs"),
            slice: workload
                .slices()
                .and_then(|slices| slice_of(scenario, &slices)),
            kinds: &records.classes,
            trained: Trained::of(world, &world.classes[position], &records.classes),
            measured: table.map(|table| {
                let rates = &world.classes[position].course.rates;
                Measured {
                    table,
                    speeds: Arc::clone(rates.table.as_ref().expect("made of the same table")),
                    counts_steps: records.counts_steps,
                }
            }),
        }
    }

    pub(super) fn job(&self, record: &Record, told: Option<Positive>) -> Job {
        let arrival = self.arrival(record);
        let time = |told| self.time(record, told);
        let deadline = match (&self.workload.deadline, record.deadline) {
            (Some(Deadline::Slack(slack)), _) => Some(times(time(record.duration), slack.value)),
            (Some(Deadline::After(span)), _) => Some(span.value),
            (None, published) => published.map(Positive::span).map(time),
        };
        Job {
            arrival,
            work: self.work(record),
            estimate: told.map(Positive::span).map(time),
            deadline: deadline.map(|span| arrival.saturating_add(span)),
            gang: self.gang(record),
            models: self.models(record),
            priority: self
                .workload
                .priority
                .value
                .saturating_add(record.priority.into()),
            queue: self.queue,
            class: self.class,
            kind: self.kind(record).unwrap_or_default(),
        }
    }

    /// Its kind: of application, or in the table of speeds.
    fn kind(&self, record: &Record) -> Option<KindId> {
        if let Some(trained) = &self.trained {
            return trained.number(record);
        }
        let told = record
            .class
            .map(|class| self.kinds[usize::from(class)].as_str());
        self.measured.as_ref()?.table.kind(told)
    }

    /// Its row in the table of speeds.
    fn size(&self, record: &Record) -> Option<&Size> {
        let gpus = u32::from(record.gpus) * record.tasks;
        self.measured.as_ref()?.size(self.kind(record), gpus)
    }

    /// What the trace tells as a time: where it counts steps, how long they take on the reference.
    fn time(&self, record: &Record, told: Span) -> Span {
        match (&self.measured, self.size(record)) {
            (Some(measured), Some(size)) => measured.time(told, size),
            (Some(_) | None, _) => told,
        }
    }

    fn arrival(&self, record: &Record) -> SimTime {
        let scale = self.workload.scale.value;
        if (scale - 1.0).abs() < f64::EPSILON {
            return record.submit;
        }
        let us = convert::floor(convert::real(record.submit.us()) / scale + 0.5);
        SimTime::from_us(us).unwrap_or(SimTime::MAX)
    }

    /// Work in the unit of the course.
    fn work(&self, record: &Record) -> u64 {
        let duration = record.duration;
        if let (Some(measured), Some(size)) = (&self.measured, self.size(record)) {
            return measured.steps(duration, size);
        }
        match &self.world.classes[usize::from(self.class.0)].course.kind {
            CourseKind::Linear => duration.us(),
            CourseKind::Stepwise(step) => duration.us().div_ceil(step.us()),
            // As many epochs as were measured.
            CourseKind::Goodput(_) => u64::MAX,
        }
    }

    /// Those that it allows, and that it has a speed for if speeds are a table.
    fn models(&self, record: &Record) -> ModelSet {
        let named = self.named_models(record);
        if let Some(trained) = &self.trained {
            return trained.models(record, named);
        }
        if self.measured.is_none() {
            return named;
        }
        let size = self.size(record).map_or(&[][..], |size| &size.by_model);
        let models = size.iter().map(|(model, _)| *model);
        models
            .filter(|model| named.allows(*model))
            .fold(ModelSet::NONE, ModelSet::with)
    }

    fn named_models(&self, record: &Record) -> ModelSet {
        if record.models.is_any() {
            return self.allowed;
        }
        let named = record
            .models
            .positions()
            .filter_map(|position| self.models[position]);
        named
            .filter(|model| self.allowed.allows(*model))
            .fold(ModelSet::NONE, ModelSet::with)
    }

    /// The gang, with slices where its tasks take those, the markets it may lie on and what it can do with.
    fn gang(&self, record: &Record) -> Gang {
        let gang = self.tasks(record);
        let gang = match self.slice {
            None => gang,
            Some(slice) => in_slices(gang, slice),
        };
        let workload = self.workload;
        if workload.markets.is_empty() && workload.lead.is_empty() && workload.least >= 1.0 {
            return gang;
        }
        let mut roles: Vec<Role> = Vec::new();
        for (position, role) in gang.roles().iter().enumerate() {
            let mut role = *role;
            if position == 0 && !workload.lead.is_empty() {
                roles.push(Role::rigid(1, Self::on(&workload.lead, role.demand)));
                role.tasks -= 1;
            }
            if role.tasks > 0 {
                let least = convert::floor(f64::from(role.tasks) * workload.least);
                let least = u32::try_from(least).unwrap_or(u32::MAX);
                roles.push(Role {
                    tasks: role.tasks,
                    least: least.clamp(1, role.tasks),
                    demand: Self::on(&workload.markets, role.demand),
                });
            }
        }
        match roles.as_slice() {
            [role] => Gang::One(*role),
            _ => Gang::Many(roles.into()),
        }
    }

    /// The same, on these markets only; on any if none is named.
    fn on(markets: &[Market], demand: Demand) -> Demand {
        let markets = market_set(markets);
        Demand { markets, ..demand }
    }

    fn tasks(&self, record: &Record) -> Gang {
        let trained = self.trained.as_ref();
        let elastic = trained.and_then(|all| all.gang(record, self.named_models(record)));
        if let Some(gang) = elastic {
            return gang;
        }
        let whole = record.gpu_milli == 1000 && record.gpus > 0;
        let gpus = u32::from(record.gpus) * record.tasks;
        let per_task = match self.workload.task_gpus.value {
            TaskGpus::Share(milli) if whole => {
                let gpu = GpuDemand::Milli(milli);
                let demand = Demand {
                    gpu,
                    ..demand(record, 1)
                };
                return Gang::One(Role::rigid(gpus, demand));
            }
            TaskGpus::Share(_) | TaskGpus::Trace => return as_told(record),
            TaskGpus::Job => u32::from(self.most_gpus),
            TaskGpus::Gpu => 1,
            TaskGpus::Each(gpus) => gpus,
        };
        if !whole || per_task == 0 {
            return as_told(record);
        }
        let role = |tasks, gpus| Role::rigid(tasks, demand(record, gpus));
        let (full, rest) = (gpus / per_task, gpus % per_task);
        match (full, rest) {
            (0, rest) => Gang::One(role(1, rest)),
            (full, 0) => Gang::One(role(full, per_task)),
            (full, rest) => Gang::Many(Arc::new([role(full, per_task), role(1, rest)])),
        }
    }

    /// Whether its tasks should take slices and ask for something else of GPUs.
    fn is_unsliced(&self, role: &Role) -> bool {
        match role.demand.gpu {
            GpuDemand::None | GpuDemand::Slice(_) => false,
            GpuDemand::Whole(_) | GpuDemand::Milli(_) => self.slice.is_some(),
        }
    }

    /// Whether every job could run on the fleet at its largest, if nothing else did.
    pub(super) fn check(&self, records: &traces::Workload) -> Result<(), JobsError> {
        let mut broken: Option<JobsError> = None;
        for record in &records.jobs {
            if let Some(rule) = self.breach(record) {
                let found = broken.get_or_insert_with(|| JobsError {
                    workload: self.workload.name.value.clone(),
                    rule,
                    count: 0,
                    first: record.name.to_string(),
                    line: record.line,
                });
                found.count += 1;
            }
        }
        broken.map_or(Ok(()), Err)
    }

    fn breach(&self, record: &Record) -> Option<String> {
        let trained = self.trained.as_ref();
        if let Some(rule) = trained.and_then(|trained| trained.breach(record)) {
            return Some(rule);
        }
        let (gang, models) = (self.gang(record), self.models(record));
        let gpus = gang.gpu_milli() > 0;
        if self.measured.is_some() && self.size(record).is_none() {
            let told = record
                .class
                .map(|class| self.kinds[usize::from(class)].as_str());
            return Some(match told {
                Some(kind) => format!(
                    "its kind \"{kind}\" with {} GPUs has no speed on the reference of the table",
                    gang.gpus()
                ),
                None => "its kind, which the table of speeds goes by, is not said".to_owned(),
            });
        }
        if let Some(role) = gang.roles().iter().find(|role| self.is_unsliced(role)) {
            let asked = ask(role);
            return Some(format!("it asks for {asked}, and a task takes one slice"));
        }
        if gpus && models == ModelSet::NONE {
            return Some("it allows only GPU models that no fleet has".to_owned());
        }
        let model_of = |offering: &Offering| offering.shape.model;
        let mut tried: Vec<ModelId> = Vec::new();
        for offering in &self.world.offerings {
            if gpus && (!models.allows(model_of(offering)) || tried.contains(&model_of(offering))) {
                continue;
            }
            tried.push(model_of(offering));
            let pool = |other: &Offering| !gpus || model_of(other) == model_of(offering);
            if holds(self.world, pool, &gang) {
                return None;
            }
        }
        let asked: Vec<String> = gang.roles().iter().map(ask).collect();
        Some(format!(
            "it asks for {}, which no GPU model's empty fleet can hold",
            asked.join(" and ")
        ))
    }
}

/// What a role asks for, in words.
pub(super) fn ask(role: &Role) -> String {
    let gpus = match role.demand.gpu {
        GpuDemand::None => "no GPU".to_owned(),
        GpuDemand::Whole(gpus) => format!("{gpus} GPUs"),
        GpuDemand::Milli(milli) => format!("{milli}/1000 of a GPU"),
        GpuDemand::Slice(profile) => format!("a slice {profile}"),
    };
    format!(
        "{} x {gpus} with {}/1000 CPU and {} MiB",
        role.tasks, role.demand.cpu_milli, role.demand.memory_mib
    )
}

/// These markets, or any where none is named.
pub(super) fn market_set(markets: &[Market]) -> MarketSet {
    if markets.is_empty() {
        return MarketSet::ANY;
    }
    let named = markets.iter().copied();
    named.fold(MarketSet::NONE, MarketSet::with)
}

/// Tasks as the trace tells of them.
fn as_told(record: &Record) -> Gang {
    let demand = match record.gpu_milli {
        1000 | 0 => demand(record, record.gpus.into()),
        milli => Demand {
            gpu: GpuDemand::Milli(milli),
            ..demand(record, record.gpus.into())
        },
    };
    Gang::One(Role::rigid(record.tasks, demand))
}

/// What a task with `gpus` whole GPUs asks for: CPU and memory go with the GPUs.
fn demand(record: &Record, gpus: u32) -> Demand {
    let told = u64::from(record.gpus.max(1));
    let of_told = |amount: u32| {
        let part = u64::from(amount) * u64::from(gpus.max(1)) / told;
        u32::try_from(part).unwrap_or(u32::MAX)
    };
    let gpu = match u16::try_from(gpus).expect("a node has at most 64 GPUs") {
        0 => GpuDemand::None,
        gpus => GpuDemand::Whole(gpus),
    };
    Demand {
        gpu,
        cpu_milli: of_told(record.cpu_milli),
        memory_mib: of_told(record.memory_mib),
        markets: MarketSet::ANY,
        offerings: OfferingSet::ANY,
    }
}

/// A span times a factor, to the nearest microsecond.
fn times(span: Span, factor: f64) -> Span {
    let us = convert::floor(convert::real(span.us()) * factor + 0.5);
    Span::from_us(us).unwrap_or(Span::MAX)
}

/// The same, with a slice for each task that asks for a GPU.
#[cold]
fn in_slices(mut gang: Gang, slice: Profile) -> Gang {
    if let Gang::One(role) = &mut gang
        && role.demand.gpu == GpuDemand::Whole(1)
    {
        role.demand.gpu = GpuDemand::Slice(slice);
    }
    gang
}
