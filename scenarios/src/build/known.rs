//! What there is to name in a scenario, gathered from the registries of the crates below.

use policies::params::{Domain, Param as PolicyParam};
use policies::registry::{
    ADMISSIONS, BUYERS, Entry, GUARDS, HOURS, ORDERS, PACES, PLACEMENTS, POLICIES, PREEMPTIONS,
    RELOCATIONS, SCALES,
};
use traces::Reads;

use crate::schema::{Known, Param, ParamTakes, Seam};

/// A published simulator whose ways a policy can keep.
#[derive(Clone, Copy, Debug)]
pub struct Compat {
    /// Its name in a scenario.
    pub name: &'static str,
    /// What is kept.
    pub keeps: &'static str,
}

/// Every simulator that can be kept faith with.
pub const COMPATS: &[Compat] = &[
    Compat {
        name: "accasim",
        keeps: "AccaSim 1.1.3: policy ebf, whose reservation binds nobody, so that the head can starve",
    },
    Compat {
        name: "batsim",
        keeps: "batsched: policies easy-bf (a reservation of named processors) and easy-bf-fast (a frozen shadow time, no extra nodes)",
    },
    Compat {
        name: "cant-be-late",
        keeps: "the simulator of \"Can't Be Late\": policies greedy, uniform-progress and on-demand-only in ticks, times rounded to ticks; a job whose spot machine is gone at the last moment idles for a tick",
    },
    Compat {
        name: "fgd",
        keeps: "the FGD paper's simulator: placements fgd, vector-fit and dot-prod score in whole numbers, so that what differs by little is a tie, and fgd knows beforehand what is typical of all jobs",
    },
    Compat {
        name: "gavel",
        keeps: "Gavel's simulator: policies gavel-* with its clock of doubles and its shuffles; gavel-fifo by-speed = false gives the last model by name, past what there is, whatever it drew; goals that do not look at speeds take those on a model named v100 for all; a task is charged since the end of the last round, idle time included; a last round with fewer steps than GPUs fails, and the job is dropped after five; jobs that come between two computations of shares hold the place of others; shares computed at time zero count as never computed, so that they are computed anew as soon as anything happens; shares as the solver leaves them",
    },
    Compat {
        name: "rlscheduler",
        keeps: "RLScheduler's simulator: policy pick-jobs, with a waiting time that is minus the time of submission, whatever the time is",
    },
];

/// The kinds of a seam, with their parameters.
pub fn known(seam: Seam) -> Option<Vec<Known>> {
    let kinds = match seam {
        Seam::Order => entries(ORDERS),
        Seam::Admit => entries(ADMISSIONS),
        Seam::Place => entries(PLACEMENTS),
        Seam::Preempt => entries(PREEMPTIONS),
        Seam::Buy => entries(BUYERS),
        Seam::Move => entries(RELOCATIONS),
        Seam::Guard => entries(GUARDS),
        Seam::Hours => entries(HOURS),
        Seam::Scale => entries(SCALES),
        Seam::Pace => entries(PACES),
        Seam::Policy => entries(POLICIES),
        Seam::Synth => synths(),
        Seam::Estimate => estimates(),
        Seam::TraceFormat => formats(|reads| matches!(reads, Reads::Jobs(_))),
        Seam::NodeFormat => formats(|reads| matches!(reads, Reads::Nodes(_))),
        Seam::Compat => COMPATS
            .iter()
            .map(|compat| kind(compat.name, vec![]))
            .collect(),
        // What is measured and drawn is known where it is.
        Seam::Metric | Seam::Figure => return None,
    };
    Some(kinds)
}

fn entries<T: ?Sized>(entries: &'static [Entry<T>]) -> Vec<Known> {
    let params = |entry: &Entry<T>| entry.params.iter().map(param).collect();
    entries
        .iter()
        .map(|entry| kind(entry.kind, params(entry)))
        .collect()
}

fn kind(name: &str, params: Vec<Param>) -> Known {
    Known {
        kind: name.to_owned(),
        params,
    }
}

fn param(param: &PolicyParam) -> Param {
    let takes = match param.domain {
        Domain::Span => ParamTakes::Duration,
        Domain::Count(low, high) => ParamTakes::Integer(low.into(), high.into()),
        Domain::Ratio(low, high) => ParamTakes::Number(low, high),
        Domain::Flag => ParamTakes::Bool,
        Domain::Word(words) => {
            ParamTakes::Choice(words.iter().map(|word| (*word).to_owned()).collect())
        }
        // The registry itself says which words, and what else may stand there.
        Domain::Subset(_)
        | Domain::Patience
        | Domain::TimeOfDay
        | Domain::Fleets
        | Domain::Budgets => ParamTakes::Any,
    };
    optional(param.name, takes)
}

fn optional(name: &str, takes: ParamTakes) -> Param {
    Param {
        name: name.to_owned(),
        takes,
        required: false,
    }
}

fn formats(reads: fn(&Reads) -> bool) -> Vec<Known> {
    let formats = traces::formats()
        .iter()
        .filter(|format| reads(&format.reads));
    formats.map(|format| kind(format.name, vec![])).collect()
}

/// Most jobs an hour that a generator takes.
const MOST_PER_HOUR: f64 = 1e9;

fn synths() -> Vec<Known> {
    let jobs = || optional("jobs", ParamTakes::Integer(1, 100_000_000));
    let length = || optional("length", ParamTakes::Duration);
    let per_hour = optional("jobs-per-hour", ParamTakes::Number(1e-6, MOST_PER_HOUR));
    let any = |name: &str| optional(name, ParamTakes::Any);
    let kinds = ["one", "batch-and-interactive"].map(str::to_owned).to_vec();
    vec![
        kind("philly-2017", vec![per_hour, length(), jobs()]),
        kind(
            "lublin",
            vec![
                optional("procs", ParamTakes::Integer(2, 1_000_000)),
                optional("kinds", ParamTakes::Choice(kinds)),
                length(),
                jobs(),
            ],
        ),
        kind(
            "parametric",
            vec![
                any("arrivals"),
                any("durations"),
                any("gangs"),
                any("users"),
                any("deadlines"),
                any("priorities"),
                any("models"),
                length(),
                jobs(),
            ],
        ),
    ]
}

fn estimates() -> Vec<Known> {
    // What is said of jobs of which the past says nothing yet.
    let first = || optional("first", ParamTakes::Duration);
    let factor = Param {
        name: "factor".to_owned(),
        takes: ParamTakes::Number(1e-6, 1e6),
        required: true,
    };
    vec![
        kind("given", vec![]),
        kind("exact", vec![]),
        kind("factor", vec![factor]),
        kind(
            "lognormal-error",
            vec![
                optional("median", ParamTakes::Number(1e-6, 1e6)),
                optional("sigma", ParamTakes::Number(0.0, 100.0)),
            ],
        ),
        kind("history", vec![first()]),
        kind(
            "similar",
            vec![optional("weight", ParamTakes::Number(1e-6, 1.0)), first()],
        ),
    ]
}
