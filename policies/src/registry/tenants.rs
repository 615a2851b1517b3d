//! Lines of the registry: parts that ask what tenants hold.

use super::{Entry, PLAIN, RELIEF};
use crate::admit::{Admit, ByTenant};
use crate::params::{Domain, Param, Params};
use crate::preempt::{Preempt, Reclaim};
use crate::tenants::Fairness;

const WITHIN: &[Param] = &[Param::new(
    "within",
    Domain::Word(&["strict", "skip"]),
    "\"strict\"",
    "whether a job that cannot start stops those behind it in its own queue",
)];

pub(super) const CAPACITY: Entry<dyn Admit> = Entry {
    kind: "capacity",
    doc: "capacity scheduling: the queue that holds the least of its share starts a job, then what is left is borrowed by weight",
    params: WITHIN,
    claims: PLAIN,
    build: |params, _| by_tenant(Fairness::Guaranteed, params),
};

pub(super) const DRF: Entry<dyn Admit> = Entry {
    kind: "drf",
    doc: "dominant resource fairness: the queue whose largest part of GPUs, CPU or memory is the least starts a job",
    params: WITHIN,
    claims: PLAIN,
    build: |params, _| by_tenant(Fairness::Dominant, params),
};

pub(super) const TAKE_BACK: Entry<dyn Preempt> = Entry {
    kind: "reclaim",
    doc: "a queue below its share takes back what others borrowed, from whoever started last",
    params: RELIEF,
    claims: PLAIN,
    build: |params, _| {
        Box::new(Reclaim {
            depth: params.count("depth"),
        })
    },
};

fn by_tenant(fairness: Fairness, params: &Params) -> Box<dyn Admit> {
    Box::new(ByTenant::new(fairness, params.word("within") == "skip"))
}
