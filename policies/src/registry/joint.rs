//! The registry's lines for published simulators' notions of backfilling.

use sim_core::engine::Policy;

use super::{Claims, ESTIMATE, Entry};
use crate::joint::{EasyBf, EasyBfFast, Ebf, PickJobs, Score};
use crate::params::{Domain, Param};

type Line = Entry<dyn Policy + Send>;

const fn faithful(compat: &'static str) -> Claims {
    Claims {
        compat: Some(compat),
        ..ESTIMATE
    }
}

pub(crate) const EBF: Line = Entry {
    kind: "ebf",
    doc: "AccaSim 1.1.3's \"EASY\": its reservation binds nobody",
    params: &[],
    claims: faithful("accasim"),
    build: |_, _| Box::<Ebf>::default(),
};

pub(crate) const EASY_BF: Line = Entry {
    kind: "easy-bf",
    doc: "batsched's easy_bf: the head's reservation names nodes",
    params: &[],
    claims: faithful("batsim"),
    build: |_, _| Box::<EasyBf>::default(),
};

pub(crate) const EASY_BF_FAST: Line = Entry {
    kind: "easy-bf-fast",
    doc: "batsched's easy_bf_fast: a frozen shadow time, no extra nodes",
    params: &[],
    claims: faithful("batsim"),
    build: |_, _| Box::<EasyBfFast>::default(),
};

const SCORES: &[&str] = &["fcfs", "sjf", "wfp3", "unicep", "f1"];

pub(crate) const PICK_JOBS: Line = Entry {
    kind: "pick-jobs",
    doc: "RLScheduler's simulator: one head at a time by a score, and nobody takes its turn",
    params: &[
        Param::new(
            "score",
            Domain::Word(SCORES),
            "\"fcfs\"",
            "who is the next head",
        ),
        Param::new(
            "backfill",
            Domain::Flag,
            "true",
            "whoever would end before the head's shadow time starts beside it",
        ),
    ],
    claims: Claims {
        keeps: Some("rlscheduler"),
        ..ESTIMATE
    },
    build: |params, setting| {
        let score = match params.word("score") {
            "sjf" => Score::Sjf,
            "wfp3" => Score::Wfp3,
            "unicep" => Score::Unicep,
            "f1" => Score::F1,
            _ => Score::Fcfs,
        };
        Box::new(PickJobs::new(
            score,
            params.flag("backfill"),
            setting.compat,
        ))
    },
};
