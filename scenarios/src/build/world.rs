//! Fleets become offerings; names become numbers.

use std::sync::Arc;

use sim_core::course::goodput::Kind;
use sim_core::course::{CourseKind, CourseModel, Rates, UNIT_RATE};
use sim_core::engine::{Trigger, World};
use sim_core::model::{Checkpoint, Class, Keep, Offering, Queue, Risk, Shape};
use sim_core::units::{ModelId, Price, QueueId, SimTime, Span, ZoneId, convert};
use sim_core::world::{Calendar, Curve};

use super::files::NodeList;
use super::goodput::Profiles;
use super::speeds::SpeedTable;
use super::{commitments, quotas, services, stocks, variants};
use crate::schema::{
    self, Fleet, InstanceType, Machines, NodeSource, PriceSource, RiskSpec, Scenario, Size, Steps,
};

/// What does not constrain.
pub(super) const PLENTY: u32 = u32::MAX;

/// What a workload tells of its jobs beside the scenario.
pub(super) struct Told<'a> {
    /// Its table of speeds.
    pub(super) table: Option<&'a SpeedTable>,
    /// What was profiled of it.
    pub(super) profiles: Option<&'a Profiles>,
    /// The classes of job that its trace tells of.
    pub(super) classes: Vec<&'a str>,
}

/// The GPU models of a scenario's fleets.
pub(super) fn models(scenario: &Scenario, lists: &[Option<NodeList>]) -> Vec<String> {
    let mut names = Names::default();
    offerings(scenario, lists, &mut names);
    names.models
}

/// The world of a scenario; `lists` are the node lists of its fleets, and `told` what its workloads tell, by position.
pub(super) fn build(scenario: &Scenario, lists: &[Option<NodeList>], told: &[Told<'_>]) -> World {
    let mut names = Names::default();
    let offerings = offerings(scenario, lists, &mut names);
    let workloads = scenario.workloads.iter().zip(told);
    let mut classes: Vec<Class> = workloads
        .map(|(workload, told)| class(scenario, (workload, told), &mut names))
        .collect();
    classes.extend(services::classes(scenario, &mut |name| names.model(name)));
    let horizon = &scenario.horizon;
    World {
        queues: scenario
            .queues
            .iter()
            .map(|spec| queue(spec, &scenario.queues))
            .collect(),
        classes,
        seed: scenario.seed.value,
        commitments: commitments::of(scenario, &offerings),
        budgets: commitments::budgets(scenario, &offerings),
        // Drawn for each seed.
        services: Vec::new(),
        sets: Vec::new(),
        quotas: quotas::of(scenario, &offerings),
        offerings,
        calendar: calendar(scenario),
        // Names of GPU models are complete only now: see `sharing`.
        slowdown: None,
        trigger: match scenario.engine.trigger {
            schema::Trigger::Event => Trigger::Event,
            schema::Trigger::Step => Trigger::Step,
            schema::Trigger::Round(period) => Trigger::Round(period.value),
        },
        end: match horizon.end {
            schema::End::Drain => None,
            schema::End::At(at) => Some(at.value),
        },
        models: names.models,
    }
}

/// Fleets as offerings, in order.
fn offerings(scenario: &Scenario, lists: &[Option<NodeList>], names: &mut Names) -> Vec<Offering> {
    let mut offerings = Vec::new();
    for (fleet, list) in scenario.fleets.iter().zip(lists) {
        match (&fleet.machines, list) {
            (Machines::Alike { instance, size }, _) => {
                let shape = names.shape(&instance.value);
                offerings.push(offering(
                    fleet,
                    fleet.name.value.clone(),
                    shape,
                    *size,
                    names,
                ));
            }
            (Machines::Listed { .. }, Some(list)) => {
                listed(fleet, list, names, &mut offerings);
            }
            (Machines::Listed { .. }, None) => unreachable!("every list was read"),
        }
    }
    offerings
}

/// A tenant, among all that the scenario names.
fn queue(spec: &schema::Queue, all: &[schema::Queue]) -> Queue {
    let plain = Queue::named(&spec.name.value);
    let named = |name: &str| all.iter().position(|queue| queue.name.value == name);
    let parent = spec.parent.as_ref().and_then(|parent| named(&parent.value));
    Queue {
        parent: parent.map(|at| QueueId(u16::try_from(at).expect("a scenario has few queues"))),
        share: spec.share.map_or(plain.share, |share| share.value),
        cap: spec.cap.map(|cap| cap.value),
        borrow: spec.borrow.map_or(plain.borrow, |borrow| borrow.value),
        weight: spec.weight.map_or(plain.weight, |weight| weight.value),
        ..plain
    }
}

#[derive(Default)]
struct Names {
    models: Vec<String>,
    zones: Vec<String>,
}

impl Names {
    fn model(&mut self, name: &str) -> ModelId {
        ModelId(position(&mut self.models, name))
    }

    fn zone(&mut self, name: &str) -> ZoneId {
        ZoneId(position(&mut self.zones, name))
    }

    fn shape(&mut self, instance: &InstanceType) -> Shape {
        Shape {
            gpus: instance.gpus,
            model: self.model(instance.gpu.as_deref().unwrap_or("none")),
            cpu_milli: instance
                .cpus
                .map_or(PLENTY, |cpus| cpus.saturating_mul(1000)),
            memory_mib: instance.memory.map_or(PLENTY, |bytes| {
                u32::try_from(bytes.0 >> 20).unwrap_or(PLENTY)
            }),
        }
    }
}

fn position(names: &mut Vec<String>, name: &str) -> u16 {
    let known = names.iter().position(|known| known == name);
    let position = known.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(position).expect("a scenario has few names")
}

/// One offering for each shape that the list holds, in the order in which shapes first occur.
fn listed(fleet: &Fleet, list: &NodeList, names: &mut Names, offerings: &mut Vec<Offering>) {
    let first = offerings.len();
    for node in &list.nodes.nodes {
        let model = node.model.map_or("none", |model| {
            list.nodes.models[usize::from(model)].as_str()
        });
        let shape = Shape {
            gpus: node.gpus.into(),
            model: names.model(model),
            cpu_milli: if node.cpu_milli == 0 {
                PLENTY
            } else {
                node.cpu_milli
            },
            memory_mib: if node.memory_mib == 0 {
                PLENTY
            } else {
                node.memory_mib
            },
        };
        let mut known = offerings[first..].iter_mut();
        if let Some(offering) = known.find(|offering| offering.shape == shape) {
            for nodes in [&mut offering.initial, &mut offering.min, &mut offering.max] {
                *nodes += 1;
            }
            offering.availability = Curve::constant(offering.max);
            continue;
        }
        let name = format!("{}/{model}-{}", fleet.name.value, offerings.len() - first);
        let size = Size::Fixed(schema::Spanned::new(1, fleet.name.place));
        offerings.push(offering(fleet, name, shape, size, names));
    }
}

fn offering(fleet: &Fleet, name: String, shape: Shape, size: Size, names: &mut Names) -> Offering {
    let (min, max, standing) = match size {
        Size::Fixed(count) => (count.value, count.value, true),
        Size::Elastic { min, max } => (min.value, max.value, false),
    };
    Offering {
        name,
        shape,
        mig: fleet.mig.as_ref().map(|mig| {
            let profiles = mig.value.profiles.iter();
            profiles.map(|(_, profile)| *profile).collect()
        }),
        market: fleet.market.value,
        zone: names.zone(&fleet.zone.value),
        rack_size: fleet.rack_size.map_or(0, |size| size.value),
        initial: min,
        min,
        max,
        standing,
        boot: fleet.boot.value,
        notice: fleet.notice.value,
        price: match &fleet.price.value {
            PriceSource::Steps(steps) => curve(steps),
            // Read, or drawn for each seed, later.
            PriceSource::Series(_)
            | PriceSource::Smoothed(_)
            | PriceSource::Auction(_)
            | PriceSource::Jumps(_) => Curve::constant(Price::ZERO),
        },
        terms: fleet.terms,
        visible: fleet.visible,
        risk: risk(&fleet.risk),
        availability: match fleet.availability.as_ref().map(|nodes| &nodes.value) {
            Some(NodeSource::Steps(steps)) => curve(steps),
            Some(NodeSource::Series(_) | NodeSource::UpDown(_)) | None => Curve::constant(max),
        },
    }
}

/// What may go wrong; shocks are drawn for each seed anew.
fn risk(spec: &RiskSpec) -> Risk {
    let calm = Risk::default();
    let (failure, repair) = match &spec.failure {
        Some((law, repair)) => (law.clone(), *repair),
        None => (calm.failure, calm.repair),
    };
    Risk {
        boot: spec.boot.clone(),
        lifetime: spec.lifetime.clone().unwrap_or(calm.lifetime),
        launch: spec.launch.unwrap_or(1.0),
        failure,
        repair,
        poll: spec.poll,
        advice: spec.advice,
        ..Risk::default()
    }
}

fn curve<T: Copy>(steps: &Steps<T>) -> Curve<T> {
    Curve::new(steps.steps.clone()).expect("checked when it was read")
}

fn class(
    scenario: &Scenario,
    (workload, told): (&schema::Workload, &Told<'_>),
    names: &mut Names,
) -> Class {
    let course = &workload.course;
    let reads = course.input.as_ref().and_then(|input| {
        let mut data = scenario.data.iter();
        Some((
            data.find(|data| data.name.value == input.data.value)?,
            input,
        ))
    });
    // Each start fills the caches before the work.
    let fill = reads.map_or(Span::ZERO, |(data, input)| stocks::fill(data, input));
    let rates = variants::rates(scenario, workload);
    let by_model = rates
        .iter()
        .map(|(model, rate)| (names.model(model), ppb(*rate)));
    let across_nodes = ppb(course.across_nodes);
    let across_racks = times(across_nodes, ppb(course.across_racks));
    let by_model: Vec<_> = by_model.collect();
    let rates = Rates {
        table: told
            .table
            .map(|table| Arc::new(table.speeds(&mut |model| names.model(model)))),
        by_model,
        by_gpus: course
            .scaling
            .iter()
            .map(|(gpus, rate)| (*gpus, ppb(*rate)))
            .collect(),
        // Without a table of speeds a part of a gang does its part.
        by_share: workload.least < 1.0 && course.scaling.is_empty(),
        feeds: reads.map(|(data, input)| stocks::feeds(data, input)),
        across_nodes,
        across_racks,
        across_zones: times(across_racks, ppb(course.across_zones)),
    };
    let checkpoint = &workload.checkpoint;
    Class {
        name: workload.name.value.clone(),
        course: CourseModel {
            kind: match course.kind {
                schema::CourseKind::Linear => CourseKind::Linear,
                schema::CourseKind::Goodput => CourseKind::Goodput(kinds(told, names)),
                schema::CourseKind::Stepwise { step } => CourseKind::Stepwise(step.value),
            },
            rates,
        },
        checkpoint: Checkpoint {
            keep: match checkpoint.keep {
                schema::Keep::All => Keep::All,
                schema::Keep::None => Keep::Nothing,
                schema::Keep::Every(period) => Keep::Every(period.value),
                schema::Keep::Steps(steps) => Keep::Steps(steps.value),
                schema::Keep::Either(period, steps) => Keep::Either(period.value, steps.value),
            },
            dump: checkpoint.dump.value,
            upload: checkpoint.upload.value,
            last: checkpoint.last,
            on_notice: checkpoint.on_notice,
            setup: checkpoint.setup.value + fill,
            restore: checkpoint.restore.value + fill,
            reseat: checkpoint.reseat.value + fill,
        },
        appetite: workload.appetite,
    }
}

fn kinds(told: &Told<'_>, names: &mut Names) -> Arc<[Arc<Kind>]> {
    match told.profiles {
        Some(profiles) => profiles.kinds(&told.classes, &mut |name| names.model(name)),
        None => Arc::new([]),
    }
}

/// A factor in parts per billion, to the nearest.
pub(super) fn ppb(factor: f64) -> u64 {
    convert::floor(factor * convert::real(UNIT_RATE) + 0.5)
}

fn times(a: u64, b: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(b) / u128::from(UNIT_RATE))
        .expect("factors are at most one")
}

/// Local time: an epoch, by default a Monday at midnight, and the offsets of the time zone from there on.
pub(super) fn calendar(scenario: &Scenario) -> Calendar {
    /// 2026-01-05 00:00 UTC, a Monday.
    const MONDAY_S: i64 = 1_767_571_200;
    let epoch = scenario
        .horizon
        .epoch
        .map_or(MONDAY_S, |epoch| epoch.value.as_second());
    let zone = jiff::tz::TimeZone::get(&scenario.horizon.timezone.value)
        .unwrap_or(jiff::tz::TimeZone::UTC);
    let start = jiff::Timestamp::from_second(epoch).expect("a date of the calendar");
    let mut offsets = vec![(SimTime::ZERO, zone.to_offset(start).seconds())];
    let end = scenario_end(scenario);
    for transition in zone.following(start) {
        let since = transition.timestamp().as_second() - epoch;
        let at = u64::try_from(since)
            .ok()
            .and_then(|secs| SimTime::from_us(secs.checked_mul(1_000_000)?));
        match at {
            Some(at) if at > SimTime::ZERO && at <= end => {
                offsets.push((at, transition.offset().seconds()));
            }
            Some(at) if at > end => break,
            Some(_) => {}
            None => break,
        }
    }
    Calendar::new(epoch, offsets)
}

/// How far offsets are needed: to the end, or ten years where the run drains or begins with a window of a longer history.
fn scenario_end(scenario: &Scenario) -> SimTime {
    match (scenario.horizon.end, scenario.replicate.over) {
        (schema::End::At(at), schema::Over::Seeds) => at.value,
        (schema::End::At(_) | schema::End::Drain, _) => {
            SimTime::ZERO.saturating_add(Span::from_secs(3653 * 86_400))
        }
    }
}
