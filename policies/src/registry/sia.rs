//! The registry's lines for policies over goodputs.

use sim_core::engine::Policy;

use super::{Claims, Entry, PLAIN, span};
use crate::params::{Domain, Param};
use crate::sia::{PUBLISHED_PENALTIES, Sia, Ways};

type Line = Entry<dyn Policy + Send>;

const CLAIMS: Claims = Claims {
    keeps: Some("sia"),
    keeps_fleet: true,
    ..PLAIN
};

pub(crate) const SIA: Line = Entry {
    kind: "sia",
    doc: "in rounds: GPUs of one model for each job by an integer program over goodputs (Sia, SOSP 2023)",
    params: &[
        span("round", "\"60s\"", "how long a round is"),
        Param::new(
            "power",
            Domain::Ratio(-5.0, -0.01),
            "-0.5",
            "the power to which relative goodputs are raised: the closer to zero, the fairer",
        ),
        Param::new(
            "idle",
            Domain::Ratio(0.0, 100.0),
            "1.1",
            "what it costs to leave a job without GPUs",
        ),
        Param::new(
            "most-gpus",
            Domain::Count(1, 4096),
            "64",
            "most GPUs of a job",
        ),
    ],
    claims: CLAIMS,
    build: |params, setting| {
        Box::new(Sia::new(Ways {
            round: params.span("round"),
            power: params.ratio("power"),
            idle: params.ratio("idle"),
            most_gpus: params.count("most-gpus"),
            penalties: if setting.compat {
                PUBLISHED_PENALTIES
            } else {
                &[]
            },
        }))
    },
};
