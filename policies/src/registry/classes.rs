//! Lines of the registry: parts that know two classes of jobs, high and spot.

use super::{Entry, PLAIN, ROOM, span};
use crate::admit::{Admit, SpotQuota};
use crate::params::{Domain, Param, Params};
use crate::preempt::{LeastWaste, Preempt};

const HIGH: Param = Param::new(
    "high",
    Domain::Count(0, 1_000_000),
    "1",
    "jobs of this priority and above are high, the others spot",
);

const QUOTA: &[Param] = &[
    HIGH,
    span(
        "horizon",
        "\"4h\"",
        "how long spot jobs shall be left alone once they have started",
    ),
    Param::new(
        "confidence",
        Domain::Ratio(0.5, 0.9999),
        "0.9",
        "how likely what high jobs want in that time shall be less than what is kept for them",
    ),
    Param::new(
        "weight",
        Domain::Ratio(0.01, 1.0),
        "0.3",
        "weight of the latest week in the forecast",
    ),
];

const RELIEF: &[Param] = &[HIGH, ROOM];

pub(super) const SPOT_QUOTA: Entry<dyn Admit> = Entry {
    kind: "spot-quota",
    doc: "high jobs first; spot jobs in what a forecast leaves; with preempt = \"least-waste\" after GFS (Duan et al., ASPLOS 2026)",
    params: QUOTA,
    claims: PLAIN,
    build: |params, _| {
        let (horizon, high) = (params.span("horizon"), high(params));
        let (confidence, weight) = (params.ratio("confidence"), params.ratio("weight"));
        Box::new(SpotQuota::new(high, horizon, confidence, weight))
    },
};

pub(super) const LEAST_WASTE: Entry<dyn Preempt> = Entry {
    kind: "least-waste",
    doc: "for high jobs, the spot jobs that lose the least GPU time by it",
    params: RELIEF,
    claims: PLAIN,
    build: |params, _| {
        Box::new(LeastWaste {
            high: high(params),
            depth: params.count("depth"),
        })
    },
};

fn high(params: &Params) -> i32 {
    i32::try_from(params.count("high")).unwrap_or(i32::MAX)
}
