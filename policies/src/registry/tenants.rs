//! Lines of the registry: parts that ask what tenants hold.

use super::{Entry, PLAIN};
use crate::admit::{Admit, ByTenant};
use crate::params::{Domain, Param};
use crate::preempt::{Preempt, Reclaim};
use crate::tenants::Fairness;

const WITHIN: &[Param] = &[Param::new(
    "within",
    Domain::Word(&["strict", "skip"]),
    "\"strict\"",
    "whether a job that cannot start stops those behind it in its own queue",
)];

const RECLAIM: &[Param] = &[Param::new(
    "depth",
    Domain::Count(1, 1_000_000),
    "64",
    "most jobs for which room is made at an instant",
)];

pub(super) const CAPACITY: Entry<dyn Admit> = Entry {
    kind: "capacity",
    doc: "capacity scheduling: the queue that holds the least of its share starts a job, then what is left is borrowed by weight",
    params: WITHIN,
    claims: PLAIN,
    build: |params, _| {
        let skips = params.word("within") == "skip";
        Box::new(ByTenant::new(Fairness::Guaranteed, skips))
    },
};

pub(super) const DRF: Entry<dyn Admit> = Entry {
    kind: "drf",
    doc: "dominant resource fairness: the queue whose largest part of GPUs, CPU or memory is the least starts a job",
    params: WITHIN,
    claims: PLAIN,
    build: |params, _| {
        let skips = params.word("within") == "skip";
        Box::new(ByTenant::new(Fairness::Dominant, skips))
    },
};

pub(super) const TAKE_BACK: Entry<dyn Preempt> = Entry {
    kind: "reclaim",
    doc: "a queue below its share takes back what others borrowed, from whoever started last",
    params: RECLAIM,
    claims: PLAIN,
    build: |params, _| {
        Box::new(Reclaim {
            depth: params.count("depth"),
        })
    },
};
