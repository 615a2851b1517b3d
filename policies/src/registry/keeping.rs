//! The registry's lines for what is kept.

use sim_core::model::Market;

use super::{Entry, FAIR, MARKETS, PLAIN, span};
use crate::hours::{DAYS, Hours};
use crate::keeping::{Budget, Formula, Grow, Keeper, Losses, Nothing, Office, Oversubscribe, Pace};
use crate::keeping::{Stage, Watermark};
use crate::params::{Domain, Param, Params};

const fn share(name: &'static str, default: &'static str, doc: &'static str) -> Param {
    Param::new(name, Domain::Ratio(0.0, 1000.0), default, doc)
}

const NOTHING: Entry<dyn Keeper> = Entry {
    kind: "none",
    doc: "nothing",
    params: &[],
    claims: FAIR,
    build: |_, _| Box::new(Nothing),
};

const BUDGET: &[Param] = &[
    Param::new(
        "budgets",
        Domain::Budgets,
        "[]",
        "budgets that are heeded; none: all",
    ),
    share(
        "alert",
        "0.8",
        "share of the amount past which an alert is noted",
    ),
    share("freeze", "0.9", "share past which only critical jobs start"),
    share(
        "shrink",
        "1.0",
        "share past which only critical jobs run, and machines are given back",
    ),
    Param::new(
        "critical",
        Domain::Count(0, 1_000_000),
        "1",
        "priority from which on a job is critical",
    ),
    Param::new(
        "release",
        Domain::Subset(MARKETS),
        "[\"spot\", \"on-demand\"]",
        "markets in which machines are given back, first to last",
    ),
];

/// What guards the budget.
pub const GUARDS: &[Entry<dyn Keeper>] = &[
    NOTHING,
    Entry {
        kind: "budget",
        doc: "by provisional spending: alerts, then holds back, then gives back",
        params: BUDGET,
        claims: PLAIN,
        build: |params, _| {
            Box::new(Budget {
                names: params.subset("budgets"),
                shares: ["alert", "freeze", "shrink"].map(|name| params.millionths(name)),
                critical: i32::try_from(params.count("critical")).expect("within its domain"),
                release: markets(params, "release"),
                stage: Stage::Open,
                withheld: Vec::new(),
                spent: Vec::new(),
            })
        },
    },
];

pub(super) const OPEN: Param = Param::new(
    "open",
    Domain::TimeOfDay,
    "\"08:00\"",
    "when the hours begin",
);
pub(super) const CLOSE: Param = Param::new(
    "close",
    Domain::TimeOfDay,
    "\"19:00\"",
    "when they end, on the next day if that is earlier; at their beginning: they are all day",
);
pub(super) const ON: Param = Param::new(
    "days",
    Domain::Subset(DAYS),
    "[\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]",
    "days on which they begin",
);

const OFFICE: &[Param] = &[
    Param::new(
        "fleets",
        Domain::Fleets,
        "[]",
        "fleets that close; none: all",
    ),
    OPEN,
    CLOSE,
    ON,
    Param::new(
        "drain",
        Domain::Flag,
        "true",
        "whether machines that are busy at closing time go when they are idle, be it in the morning",
    ),
    Param::new(
        "morning",
        Domain::Count(0, 1_000_000),
        "0",
        "machines of each fleet to hold when they open, at most what it may have",
    ),
];

/// When fleets are open.
pub const HOURS: &[Entry<dyn Keeper>] = &[
    NOTHING,
    Entry {
        kind: "office",
        doc: "fleets are closed outside office hours, by the scenario's calendar",
        params: OFFICE,
        claims: PLAIN,
        build: |params, _| {
            Box::new(Office {
                fleets: params.subset("fleets"),
                hours: hours(params),
                drain: params.flag("drain"),
                morning: params.count("morning"),
                was_open: false,
            })
        },
    },
];

/// Those that `open`, `close` and `days` say.
pub(super) fn hours(params: &Params) -> Hours {
    let open_on = params.subset("days");
    let mut days = [false; 7];
    for (open, day) in days.iter_mut().zip(DAYS) {
        *open = open_on.iter().any(|name| name == day);
    }
    Hours {
        open: params.second_of_day("open"),
        close: params.second_of_day("close"),
        days,
    }
}

const GROW: &[Param] = &[
    span(
        "every",
        "\"10m\"",
        "shortest time between two changes of a job's seats",
    ),
    Param::new(
        "yield",
        Domain::Flag,
        "false",
        "whether jobs shrink to their least to let in the first that waits",
    ),
];

/// How large elastic jobs are.
pub const SCALES: &[Entry<dyn Keeper>] = &[
    NOTHING,
    Entry {
        kind: "grow",
        doc: "elastic jobs grow while nobody waits and it pays",
        params: GROW,
        claims: FAIR,
        build: |params, _| {
            Box::new(Grow {
                every: params.span("every"),
                yields: params.flag("yield"),
            })
        },
    },
];

const WATERMARK: &[Param] = &[
    Param::new(
        "open",
        Domain::Ratio(0.0, 1.0),
        "0.3",
        "share of the time at work of a node's replicas below which it is open to guests again",
    ),
    Param::new(
        "drain",
        Domain::Ratio(0.0, 1.0),
        "0.8",
        "share above which it is closed to them, and they leave",
    ),
    span(
        "every",
        "\"1m\"",
        "time from one look to the next, over which the share is taken",
    ),
    Param::new(
        "guests",
        Domain::Count(1, 1_000_000),
        "1",
        "most guests that leave a node at a look, for each of its GPUs",
    ),
];

/// How long jobs may lie beside replicas.
pub const OVERSUBSCRIPTIONS: &[Entry<dyn Keeper>] = &[
    NOTHING,
    Entry {
        kind: "watermark",
        doc: "nodes whose replicas are at work for much of the time are closed to other jobs, which leave them",
        params: WATERMARK,
        claims: PLAIN,
        build: |params, _| {
            Box::new(Oversubscribe {
                open: params.millionths("open"),
                drain: params.millionths("drain"),
                every: params.span("every"),
                guests: params.count("guests"),
                seen: Watermark::default(),
            })
        },
    },
];

const PRIOR: &[Param] = &[span(
    "prior",
    "\"24h\"",
    "mean time between losses of a machine before any is seen; weighs as much as one loss",
)];

/// How often checkpoints are written.
pub const PACES: &[Entry<Pace>] = &[
    Entry {
        kind: "given",
        doc: "as the workload says",
        params: &[],
        claims: FAIR,
        build: |_, _| Box::new(Pace::given()),
    },
    Entry {
        kind: "young",
        doc: "by the losses seen: Young's interval",
        params: PRIOR,
        claims: FAIR,
        build: |params, _| Box::new(pace(params, Formula::Young)),
    },
    Entry {
        kind: "daly",
        doc: "by the losses seen: Daly's interval of higher order",
        params: PRIOR,
        claims: FAIR,
        build: |params, _| Box::new(pace(params, Formula::Daly)),
    },
    Entry {
        kind: "exact",
        doc: "by the losses seen: the optimum under exponential losses",
        params: PRIOR,
        claims: FAIR,
        build: |params, _| Box::new(pace(params, Formula::Exact)),
    },
];

fn pace(params: &Params, formula: Formula) -> Pace {
    Pace {
        formula,
        prior: params.span("prior"),
        losses: Losses::default(),
    }
}

/// The markets a parameter names, in its order.
fn markets(params: &Params, name: &str) -> Vec<Market> {
    let named = |word: &String| Market::ALL.into_iter().find(|market| market.name() == word);
    params.subset(name).iter().filter_map(named).collect()
}
