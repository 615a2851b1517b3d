//! The registry: one line per part and per policy. What is here is listed, checked, and held to the contract tests.

mod autoscaler;
mod classes;
mod fair;
mod gavel;
mod heads;
mod joint;
mod keeping;
mod placements;
mod pollux;
mod replicas;
mod sia;
mod tenants;
mod tiresias;

pub use heads::HEADS;
pub use keeping::{GUARDS, HOURS, OVERSUBSCRIPTIONS, PACES, SCALES};
pub use placements::PLACEMENTS;
pub(crate) use replicas::{ORACLE, forecaster};
pub use replicas::{REPLICAS, needs};

use sim_core::engine::Policy;
use sim_core::model::Market;
use sim_core::units::SimTime;

use crate::admit::{Admit, Conservative, Easy, Skip, Strict, TurnAway};
use crate::buy::{Again, Buy, Keep, QueueDepth, Reaper};
use crate::buyers;
use crate::deadline::entries;
use crate::fragment::Seen;
use crate::order::{
    Edf, F1, Fifo, Largest, Las, Order, Priority, Qssf, Shortest, Smallest, Srtf, Unicep, Wfp3,
};
use crate::params::{Domain, Param, Params};
use crate::preempt::{ByOrder, Never, Preempt};
use crate::relocate::{Cheaper, Defragment, Relocate, Stay};

/// What a part may need to know when it is made.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Seed of the run, for policies that draw.
    pub seed: u64,
    /// Whether true durations were granted.
    pub durations: bool,
    /// Whether a part that can keep a published simulator's ways shall: see [`Claims::keeps`].
    pub compat: bool,
}

/// A part, or a whole policy, by name.
pub struct Entry<T: ?Sized> {
    /// Name in the scenario.
    pub kind: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
    /// What it claims.
    pub claims: Claims,
    /// Makes one.
    pub build: fn(&Params, &Setting) -> Box<T>,
}

/// What a part claims; the contract tests hold it to that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "claims are independent of each other"
)]
pub struct Claims {
    /// It needs an estimate of every job (or, for srtf, true durations).
    pub estimate: bool,
    /// Every job starts in the end, whatever else arrives.
    pub starvation_free: bool,
    /// The published simulator it is faithful to, if it keeps another's bugs.
    pub compat: Option<&'static str>,
    /// The published simulator whose ways it keeps where the scenario asks for them.
    pub keeps: Option<&'static str>,
    /// It takes the fleet as it is and asks for no machine; parts other than buyers never do, and claim nothing.
    pub keeps_fleet: bool,
    /// It ends every job if gangs have one role each: those of several may stand in their own way.
    pub one_role: bool,
    /// What must be granted it, in the scenario's words.
    pub needs: &'static [&'static str],
}

pub(crate) const PLAIN: Claims = Claims {
    estimate: false,
    starvation_free: false,
    compat: None,
    keeps: None,
    keeps_fleet: false,
    one_role: false,
    needs: &[],
};
pub(crate) const FAIR: Claims = Claims {
    starvation_free: true,
    ..PLAIN
};
pub(crate) const ESTIMATE: Claims = Claims {
    estimate: true,
    ..PLAIN
};

pub(crate) const fn span(name: &'static str, default: &'static str, doc: &'static str) -> Param {
    Param::new(name, Domain::Span, default, doc)
}

const RERANK: &[Param] = &[span(
    "quantum",
    "\"1m\"",
    "how often waiting jobs are ranked anew",
)];
const LAS: &[Param] = &[span(
    "quantum",
    "\"1h\"",
    "GPU time that counts as one turn; if a turn is shorter than checkpoints lie apart, all of it may be lost",
)];
const SRTF: &[Param] = &[];
const DEPTH: &[Param] = &[Param::new(
    "depth",
    Domain::Count(1, 1_000_000),
    "1000000",
    "waiting jobs that hold a reservation, from the front",
)];
/// Of whatever makes room.
const ROOM: Param = Param::new(
    "depth",
    Domain::Count(1, 1_000_000),
    "64",
    "most jobs for which room is made at an instant",
);
const RELIEF: &[Param] = &[ROOM];
/// Names of the markets.
pub(crate) const MARKETS: &[&str] = &[
    "owned",
    "on-demand",
    "reserved",
    "spot",
    "capacity-block",
    "serverless",
];

const QUEUE_DEPTH: &[Param] = &[
    Param::new(
        "market",
        Domain::Subset(MARKETS),
        "[\"on-demand\"]",
        "markets to buy in",
    ),
    Param::new(
        "fleets",
        Domain::Fleets,
        "[]",
        "fleets to buy from; none named: all of those markets",
    ),
    Param::new(
        "idle",
        Domain::Patience,
        "\"10m\"",
        "how long a node may be idle before it is given back",
    ),
    Param::new(
        "below",
        Domain::Ratio(0.0, 1.0),
        "0.0",
        "a node of which less than this share of the GPUs is used is idle too: it is drained",
    ),
    Param::new(
        "standby",
        Domain::Count(0, 1_000_000),
        "0",
        "idle nodes to keep ready beyond what waits, in the first fleets that have them; a placement that spreads, such as worst-fit, fills them, so that they grow",
    ),
];

/// Who goes first.
pub const ORDERS: &[Entry<dyn Order>] = &[
    Entry {
        kind: "fifo",
        doc: "first come, first served",
        params: &[],
        claims: FAIR,
        build: |_, _| Box::new(Fifo),
    },
    Entry {
        kind: "shortest",
        doc: "shortest estimate first",
        params: &[],
        claims: ESTIMATE,
        build: |_, _| Box::new(Shortest),
    },
    Entry {
        kind: "qssf",
        doc: "least estimate x GPUs first; with estimate = \"similar\" the policy QSSF (Hu et al., SC 2021)",
        params: &[],
        claims: ESTIMATE,
        build: |_, _| Box::new(Qssf),
    },
    Entry {
        kind: "srtf",
        doc: "shortest remaining time first: the true one with clairvoyant = [\"durations\"], else by estimate",
        params: SRTF,
        claims: ESTIMATE,
        build: |_, _| Box::new(Srtf { quantum: None }),
    },
    Entry {
        kind: "smallest",
        doc: "fewest GPUs first",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(Smallest),
    },
    Entry {
        kind: "largest",
        doc: "most GPUs first",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(Largest),
    },
    Entry {
        kind: "edf",
        doc: "earliest deadline first",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(Edf),
    },
    Entry {
        kind: "priority",
        doc: "highest priority first",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(Priority),
    },
    Entry {
        kind: "las",
        doc: "least attained GPU time first, in turns of a quantum",
        params: LAS,
        claims: PLAIN,
        build: |params, _| {
            Box::new(Las {
                quantum: params.span("quantum"),
            })
        },
    },
    Entry {
        kind: "wfp3",
        doc: "largest (waited / estimate)^3 x GPUs first",
        params: RERANK,
        claims: ESTIMATE,
        build: |params, _| {
            Box::new(Wfp3 {
                quantum: params.span("quantum"),
            })
        },
    },
    Entry {
        kind: "unicep",
        doc: "largest waited / (log2 GPUs x estimate) first",
        params: RERANK,
        claims: ESTIMATE,
        build: |params, _| {
            Box::new(Unicep {
                quantum: params.span("quantum"),
            })
        },
    },
    Entry {
        kind: "f1",
        doc: "smallest log10 estimate x GPUs + 870 log10 arrival first",
        params: &[],
        claims: ESTIMATE,
        build: |_, _| Box::new(F1),
    },
];

/// Who may start.
pub const ADMISSIONS: &[Entry<dyn Admit>] = &[
    Entry {
        kind: "strict",
        doc: "who does not fit stops all behind",
        params: &[],
        claims: FAIR,
        build: |_, _| Box::new(Strict),
    },
    Entry {
        kind: "skip",
        doc: "whoever fits starts, in order",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::<Skip>::default(),
    },
    Entry {
        kind: "easy",
        doc: "EASY backfilling: only the head holds a reservation",
        params: &[],
        claims: Claims {
            starvation_free: true,
            ..ESTIMATE
        },
        build: |_, _| Box::<Easy>::default(),
    },
    Entry {
        kind: "conservative",
        doc: "conservative backfilling: every job holds a reservation",
        params: DEPTH,
        claims: Claims {
            starvation_free: true,
            ..ESTIMATE
        },
        build: |params, _| Box::new(Conservative::new(params.count("depth"))),
    },
    tenants::CAPACITY,
    tenants::DRF,
    classes::SPOT_QUOTA,
    Entry {
        kind: "turn-away",
        doc: "who does not fit at once is turned away for good",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(TurnAway),
    },
];

/// Who makes room.
pub const PREEMPTIONS: &[Entry<dyn Preempt>] = &[
    Entry {
        kind: "none",
        doc: "nobody",
        params: &[],
        claims: FAIR,
        build: |_, _| Box::new(Never),
    },
    Entry {
        kind: "by-order",
        doc: "running jobs that rank strictly behind one that waits",
        params: RELIEF,
        claims: PLAIN,
        build: |params, _| {
            Box::new(ByOrder {
                depth: params.count("depth"),
            })
        },
    },
    tenants::TAKE_BACK,
    classes::LEAST_WASTE,
];

/// What to hold.
pub const BUYERS: &[Entry<dyn Buy>] = &[
    Entry {
        kind: "keep",
        doc: "the fleet as it is",
        params: &[],
        claims: FAIR,
        build: |_, _| Box::new(Keep),
    },
    Entry {
        kind: "queue-depth",
        doc: "machines for what waits; idle ones are given back",
        params: QUEUE_DEPTH,
        claims: FAIR,
        build: |params, _| {
            let words = params.subset("market");
            let wanted = |market: &Market| words.iter().any(|word| word == market.name());
            let markets = Market::ALL.into_iter().filter(wanted).collect();
            Box::new(QueueDepth {
                again: Again::default(),
                pass: crate::queue::Pass::default(),
                markets,
                fleets: params.subset("fleets"),
                standby: params.count("standby"),
                reaper: Reaper::new(params.patience("idle"), params.millionths("below")),
            })
        },
    },
    buyers::SPOT_FIRST,
    buyers::LAYERS,
    buyers::BURST,
    autoscaler::CLUSTER_AUTOSCALER,
];

const CHEAPER: &[Param] = &[
    Param::new(
        "margin",
        Domain::Ratio(0.0, 0.99),
        "0.2",
        "share of what is left to pay that a move must save",
    ),
    span("every", "\"15m\"", "how often to look"),
    Param::new(
        "max-rate",
        Domain::Ratio(0.0, 1000.0),
        "1000.0",
        "most reclaims per machine and hour that a pool to move to may have",
    ),
    buyers::PRIOR_RATE,
    buyers::PRIOR_HOURS,
];

const DEFRAGMENT: &[Param] = &[
    Param::new(
        "gain",
        Domain::Ratio(0.001, 1000.0),
        "0.25",
        "GPUs that must cease to be fragments by a move",
    ),
    span("every", "\"15m\"", "how often to look"),
    Param::new(
        "most",
        Domain::Count(1, 1_000_000),
        "16",
        "most moves at a look",
    ),
    placements::TYPICAL,
];

/// Who moves while it runs.
pub const RELOCATIONS: &[Entry<dyn Relocate>] = &[
    Entry {
        kind: "none",
        doc: "nobody",
        params: &[],
        claims: FAIR,
        build: |_, _| Box::new(Stay),
    },
    Entry {
        kind: "cheaper",
        doc: "running jobs, to a pool where an hour of useful work is cheaper",
        params: CHEAPER,
        claims: FAIR,
        build: |params, _| {
            Box::new(Cheaper {
                margin: params.ratio("margin"),
                every: params.span("every"),
                max_rate: params.ratio("max-rate"),
                prior: buyers::prior(params),
                next: SimTime::ZERO,
                expects: false,
            })
        },
    },
    Entry {
        kind: "defragment",
        doc: "running jobs that share a GPU, to where the placement would lay them now, if that leaves fewer fragments",
        params: DEFRAGMENT,
        claims: FAIR,
        build: |params, _| {
            Box::new(Defragment {
                gain_milli: params.ratio("gain") * 1000.0,
                every: params.span("every"),
                most: params.count("most"),
                seen: Seen::new(params.millionths("typical")),
                next: SimTime::ZERO,
            })
        },
    },
];

/// Policies that are one piece.
pub const POLICIES: &[Entry<dyn Policy + Send>] = &[
    joint::EBF,
    joint::EASY_BF,
    joint::EASY_BF_FAST,
    joint::PICK_JOBS,
    gavel::FIFO,
    gavel::ISOLATED,
    gavel::MAX_MIN,
    gavel::MAKESPAN,
    gavel::FINISH_TIME,
    gavel::THROUGHPUT,
    gavel::ALLOX,
    gavel::WATER_FILLING,
    gavel::GANDIVA,
    gavel::SHOCKWAVE,
    fair::THEMIS,
    joint::BLOX,
    tiresias::SMALLEST_FIRST,
    tiresias::SHORTEST_FIRST,
    tiresias::MLFQ,
    pollux::POLLUX,
    sia::SIA,
    entries::GREEDY,
    entries::UNIFORM_PROGRESS,
    entries::ON_DEMAND_ONLY,
    entries::TIME_SLICED,
    entries::NEXT_SPOT,
    entries::OMNISCIENT,
];

/// The entry of this name.
pub fn find<T: ?Sized>(entries: &'static [Entry<T>], kind: &str) -> Option<&'static Entry<T>> {
    entries.iter().find(|entry| entry.kind == kind)
}
