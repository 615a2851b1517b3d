//! The registry's lines for published simulators' notions of backfilling and of room.

use sim_core::engine::Policy;

use super::{Claims, ESTIMATE, Entry};
use crate::joint::{Blox, EasyBf, EasyBfFast, Ebf, PickJobs, Score};
use crate::params::{Domain, Param};
use crate::place::FirstFit;
use crate::repack::Line as Behind;
use crate::tiresias::{By, Ranked};

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
        keeps_fleet: true,
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

pub(crate) const BLOX: Line = Entry {
    kind: "blox",
    doc: "Blox (Agarwal et al., EuroSys 2024): in an order, each in the place of those behind it; who does not fit stops all behind",
    params: &[Param::new(
        "order",
        Domain::Word(&["fifo", "las", "srtf"]),
        "\"las\"",
        "by submission, by estimated time that is left, or by working time so far, lost or not (las): with checkpoints further apart than rounds turns are lost for ever",
    )],
    claims: Claims {
        keeps: Some("blox"),
        keeps_fleet: true,
        ..ESTIMATE
    },
    build: |params, setting| {
        let by = match params.word("order") {
            "fifo" => By::Arrival,
            "srtf" => By::TimeLeft,
            _ => By::Time,
        };
        if setting.compat {
            return Box::new(Blox::new(by));
        }
        Box::new(Ranked::new("blox", by, Behind::Strict, Box::new(FirstFit)))
    },
};
