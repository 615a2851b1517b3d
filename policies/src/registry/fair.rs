//! The registry's line for Themis.

use sim_core::engine::Policy;

use super::tiresias::{PLACE, place};
use super::{Claims, ESTIMATE, Entry, span};
use crate::params::{Domain, Param};
use crate::themis::{Rules, Themis};

pub(crate) const THEMIS: Entry<dyn Policy + Send> = Entry {
    kind: "themis",
    doc: "GPUs are leased; when leases end, those whose time to the end is stretched most bid for them (after Themis, Mahajan et al., NSDI 2020)",
    params: &[
        span(
            "lease",
            "\"20m\"",
            "how long a job keeps GPUs that others want",
        ),
        Param::new(
            "fairness",
            Domain::Ratio(0.0, 1.0),
            "0.8",
            "the part of the jobs, those that fare best, that may not bid",
        ),
        Param::new(
            "depth",
            Domain::Count(1, 10_000),
            "128",
            "most bids in an auction",
        ),
        PLACE,
    ],
    claims: Claims {
        keeps_fleet: true,
        ..ESTIMATE
    },
    build: |params, setting| {
        let rules = Rules {
            lease: params.span("lease"),
            fairness: params.ratio("fairness"),
            depth: usize::try_from(params.count("depth")).unwrap_or(usize::MAX),
        };
        Box::new(Themis::new(rules, place(params, setting)))
    },
};
