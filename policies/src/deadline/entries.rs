//! What the registry says of these policies.

use sim_core::engine::Policy;

use super::{
    Clock, Deadline, Greedy, NextSpot, Omniscient, OnDemandOnly, Rule, TimeSliced, UniformProgress,
};
use crate::params::{Domain, Param, Params};
use crate::registry::{Claims, ESTIMATE, Entry, Setting, span};

type Line = Entry<dyn Policy + Send>;

const TICK: &[Param] = &[span(
    "tick",
    "\"10m\"",
    "with compat: the step in which time goes",
)];
const SLICES: &[Param] = &[Param::new(
    "slices",
    Domain::Count(1, 10_000),
    "4",
    "slices of the time between submission and deadline",
)];

/// Needs an estimate of every job, and can keep the ways of the published simulator.
const BOTH_WAYS: Claims = Claims {
    keeps: Some("cant-be-late"),
    ..ESTIMATE
};

pub(crate) const GREEDY: Line = Entry {
    kind: "greedy",
    doc: "spot whenever there is any, on demand when the deadline would be missed (Wu et al., NSDI 2024)",
    params: TICK,
    claims: BOTH_WAYS,
    build: |params, setting| made(Box::new(Greedy), params, setting),
};

pub(crate) const UNIFORM_PROGRESS: Line = Entry {
    kind: "uniform-progress",
    doc: "on demand as soon as less than an even share of the work is done (Wu et al., NSDI 2024)",
    params: TICK,
    claims: BOTH_WAYS,
    build: |params, setting| made(Box::new(UniformProgress), params, setting),
};

pub(crate) const ON_DEMAND_ONLY: Line = Entry {
    kind: "on-demand-only",
    doc: "on demand from the first moment to the last",
    params: TICK,
    claims: Claims {
        estimate: false,
        ..BOTH_WAYS
    },
    build: |params, setting| made(Box::new(OnDemandOnly), params, setting),
};

pub(crate) const TIME_SLICED: Line = Entry {
    kind: "time-sliced",
    doc: "greedy in each of several slices of the time (Wu et al., NSDI 2024)",
    params: SLICES,
    claims: ESTIMATE,
    build: |params, _| {
        let slices = params.count("slices");
        Box::new(Deadline::new(
            Box::new(TimeSliced { slices }),
            Clock::Events,
        ))
    },
};

pub(crate) const NEXT_SPOT: Line = Entry {
    kind: "next-spot",
    doc: "uniform progress that knows how long a spot machine will last (Wu et al., NSDI 2024)",
    params: &[],
    claims: Claims {
        needs: &["reclaims"],
        ..ESTIMATE
    },
    build: |_, _| Box::new(Deadline::new(Box::new(NextSpot), Clock::Events)),
};

pub(crate) const OMNISCIENT: Line = Entry {
    kind: "omniscient",
    doc: "the cheapest schedule of whole ticks, for who knows all that is to come (Wu et al., NSDI 2024)",
    params: &[span("tick", "\"10m\"", "the step of its schedules")],
    claims: Claims {
        needs: &["durations", "reclaims"],
        ..BOTH_WAYS
    },
    build: |params, _| {
        let clock = Clock::Ticks(params.span("tick"));
        Box::new(Deadline::new(Box::<Omniscient>::default(), clock))
    },
};

/// By events, or in the ticks of the published simulator.
fn made(rule: Box<dyn Rule>, params: &Params, setting: &Setting) -> Box<dyn Policy + Send> {
    let clock = if setting.compat {
        Clock::Ticks(params.span("tick"))
    } else {
        Clock::Events
    };
    Box::new(Deadline::new(rule, clock))
}
