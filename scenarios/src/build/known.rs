//! What there is to name in a scenario, gathered from the registries of the crates below.

use policies::params::{Domain, Param as PolicyParam};
use policies::registry::{
    ADMISSIONS, BUYERS, Entry, GUARDS, HEADS, HOURS, ORDERS, OVERSUBSCRIPTIONS, PACES, PLACEMENTS,
    POLICIES, PREEMPTIONS, RELOCATIONS, REPLICAS, SCALES,
};
use traces::Reads;

use crate::schema::{Known, Param, ParamTakes, Seam};

/// A published simulator whose ways policies can keep.
#[derive(Clone, Copy, Debug)]
pub struct Compat {
    /// Its name in a scenario.
    pub name: &'static str,
    /// What it is.
    pub of: &'static str,
    /// Policies that can keep its ways, and each of the ways.
    pub keeps: &'static [(&'static str, &'static str)],
    /// What is not kept.
    pub lacks: &'static [&'static str],
}

/// Every simulator that can be kept faith with.
pub const COMPATS: &[Compat] = &[
    Compat {
        name: "accasim",
        of: "AccaSim 1.1.3",
        keeps: &[(
            "ebf",
            "the reservation binds nobody, so that the head can starve",
        )],
        lacks: &[],
    },
    Compat {
        name: "batsim",
        of: "batsched, which decides for Batsim",
        keeps: &[
            ("easy-bf", "the head's reservation is of named processors"),
            ("easy-bf-fast", "a frozen shadow time, no extra nodes"),
        ],
        lacks: &[],
    },
    Compat {
        name: "blox",
        of: "Blox c8851b2b, whose rounds are [engine] trigger = { round = \"5m\" }",
        keeps: &[
            (
                "blox",
                "placement takes of each node as many free GPUs as the job wants in all, and fails unless they add up exactly",
            ),
            (
                "blox",
                "victims stay terminated, though the job that they made room for then does not fit",
            ),
        ],
        lacks: &[
            "a job that waited for 1000 hours goes first",
            "jobs for which nothing adds up on an empty fleet block all behind them for ever; they are rejected",
            "consolidated placement, by which only nodes of exactly the right size match",
            "its Tiresias, which is Las whatever its queues say; Optimus and Gavel, which crash",
        ],
    },
    Compat {
        name: "cant-be-late",
        of: "the simulator of \"Can't Be Late\"",
        keeps: &[(
            "greedy, uniform-progress, on-demand-only, omniscient",
            "decides in ticks, to which times are rounded; a job whose spot machine is gone at the last moment idles for a tick",
        )],
        lacks: &[],
    },
    Compat {
        name: "fgd",
        of: "the FGD paper's simulator",
        keeps: &[
            (
                "fgd, vector-fit, dot-prod",
                "scores are whole numbers, so that what differs by little is a tie",
            ),
            ("fgd", "it knows beforehand what is typical of all jobs"),
            (
                "gpu-clustering, gpu-packing, random-node",
                "the same with its ways as without",
            ),
        ],
        lacks: &[],
    },
    Compat {
        name: "gavel",
        of: "Gavel's simulator, whose rounds are [engine] trigger = { round = \"6m\" }",
        keeps: &[
            (
                "gavel-*",
                "its clock of doubles and its shuffles; a task is charged since the end of the last round, idle time included",
            ),
            (
                "gavel-*",
                "a last round with fewer steps than GPUs fails, and the job is dropped after five",
            ),
            (
                "gavel-*",
                "jobs that come between two computations of shares hold the place of others",
            ),
            (
                "gavel-*",
                "shares computed at time zero count as never computed: they are computed anew as soon as anything happens",
            ),
            (
                "gavel-*, gandiva",
                "(pack) both of a pair are charged in full until the later one is through, by its accounts; in the run a job ends when its steps are done, and the other does no more of them than the accounts say",
            ),
            (
                "gandiva",
                "approximate: pairs are known by the table and not tried out, there is no migration, growth or time slicing but by rounds, as in Gavel's repository",
            ),
            ("gavel-*", "shares are taken as the solver leaves them"),
            (
                "gavel-*",
                "goals that do not look at speeds take those on a model named v100 for all",
            ),
            (
                "gavel-fifo",
                "(by-speed = false) the last model by name is given, past what there is, whatever was drawn",
            ),
        ],
        lacks: &[
            "throughputs of pairs that are estimated instead of known; water filling with pairs",
        ],
    },
    Compat {
        name: "rlscheduler",
        of: "RLScheduler's simulator",
        keeps: &[(
            "pick-jobs",
            "the waiting time is minus the time of submission, whatever the time is",
        )],
        lacks: &[],
    },
    Compat {
        name: "sia",
        of: "the simulator of Sia's artifact, whose rounds are those of the workload's course",
        keeps: &[(
            "sia",
            "what restarts are taken to cost is a table by application, whatever they do cost",
        )],
        lacks: &[
            "pipelines of several GPUs (gpt_pmp), which its policy cannot run either",
            "ncf, whose jobs ask for 32768 samples whatever the workload says",
        ],
    },
    Compat {
        name: "tiresias",
        of: "Tiresias 959f9b08; its count is place = \"first-fit\", its fifo and fjf are composed: admit = \"strict\", \"skip\"",
        keeps: &[
            (
                "smallest-first, shortest-first",
                "(sjf, shortest, shortest-gpu) equal jobs keep the order that they had before, whatever it came from",
            ),
            (
                "mlfq",
                "(dlas) times are whole seconds, and a job sinks at most one queue at an event",
            ),
            (
                "mlfq",
                "(dlas-gpu) when to look again is (limit - seconds) / GPUs, rounded down: jobs sink late",
            ),
            (
                "mlfq",
                "(dlas-gpu-gittins) index at the next value of the sample, in whole numbers and rounded; the last two values alike",
            ),
        ],
        lacks: &[
            "jobs that can never start are left out without a word; on yarn they lie anywhere",
            "preemption on yarn, which loses memory until nothing fits; gittins, which crashes",
            "lpjf, which skips every other job; packing and Gandiva",
        ],
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
        Seam::Replicas => entries(REPLICAS),
        Seam::Oversubscribe => entries(OVERSUBSCRIPTIONS),
        Seam::Head => entries(HEADS),
        Seam::Policy => entries(POLICIES),
        Seam::Synth => synths(),
        Seam::Requests => super::requests::generators(),
        Seam::Estimate => estimates(),
        Seam::TraceFormat => formats(|reads| matches!(reads, Reads::Jobs(_) | Reads::Cluster(_))),
        Seam::RequestFormat => traces::requests::formats()
            .iter()
            .map(|format| kind(format.name, vec![]))
            .collect(),
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

/// A kind, and its parameters.
pub(super) fn kind(name: &str, params: Vec<Param>) -> Known {
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
        | Domain::Spans
        | Domain::Patience
        | Domain::TimeOfDay
        | Domain::Fleets
        | Domain::Budgets
        | Domain::Sets => ParamTakes::Any,
    };
    optional(param.name, takes)
}

/// A parameter that need not be there.
pub(super) fn optional(name: &str, takes: ParamTakes) -> Param {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_said_to_be_kept_is_what_policies_claim_to_keep() {
        let whole = POLICIES.iter().map(|entry| (entry.claims, entry.kind));
        let placements = PLACEMENTS.iter().map(|entry| (entry.claims, entry.kind));
        let claimed = whole.chain(placements).filter_map(|(claims, kind)| {
            let simulator = claims.keeps.or(claims.compat)?;
            Some((simulator, kind))
        });
        let claimed: BTreeSet<_> = claimed.collect();
        // A star stands for all of a family.
        let told = COMPATS.iter().flat_map(|compat| {
            let kinds = compat.keeps.iter().flat_map(|(kinds, _)| kinds.split(", "));
            kinds.flat_map(|kind| {
                let family = kind.strip_suffix('*').unwrap_or("no family");
                let all = claimed.iter().map(|(_, kind)| *kind);
                let its = all.filter(move |one| *one == kind || one.starts_with(family));
                let its: Vec<_> = its.collect();
                assert!(!its.is_empty(), "{kind} claims nothing");
                its.into_iter().map(|kind| (compat.name, kind))
            })
        });
        let told: BTreeSet<_> = told.collect();
        assert_eq!(claimed, told);
    }
}
