//! The registry's line for Pollux.

use sim_core::engine::Policy;

use super::{Claims, Entry, PLAIN, span};
use crate::params::{Domain, Param};
use crate::pollux::{Pollux, Ways};

pub(crate) const POLLUX: Entry<dyn Policy + Send> = Entry {
    kind: "pollux",
    doc: "in rounds: all GPUs to all jobs, by the power mean of their speedups over a fair share, whatever the GPU model (Pollux, OSDI 2021)",
    params: &[
        span("round", "\"60s\"", "how long a round is"),
        Param::new(
            "fairness",
            Domain::Ratio(-5.0, 1.0),
            "-1.0",
            "the power of the mean: 1 is the most speedup in all; the lower, the fairer",
        ),
        span(
            "restart",
            "\"30s\"",
            "what a restart is taken to cost, whatever it does cost",
        ),
        Param::new(
            "apart",
            Domain::Flag,
            "true",
            "on each node at most one of the jobs that lie across nodes, so that they do not slow each other down",
        ),
        Param::new(
            "most-gpus",
            Domain::Count(1, 4096),
            "64",
            "most GPUs of a job that adapts; before that, twice as many as it ever had",
        ),
    ],
    claims: Claims {
        keeps_fleet: true,
        ..PLAIN
    },
    build: |params, setting| {
        Box::new(Pollux::new(Ways {
            round: params.span("round"),
            fairness: params.ratio("fairness"),
            restart: params.span("restart"),
            apart: params.flag("apart"),
            most_gpus: params.count("most-gpus"),
            seed: setting.seed,
        }))
    },
};
