//! The registry's lines for Gavel's goals.

use sim_core::engine::Policy;
use sim_core::units::convert;

use super::{Claims, ESTIMATE, Entry, Setting, span};
use crate::gavel::{
    Allox, Fifo, FifoRandom, FinishTimeFairness, Gandiva, Gavel, Goal, Heeds, Isolated, Market,
    MaxMinFairness, MaxSumThroughput, MinTotalDuration, Newcomers, Shockwave, WaterFilling, Ways,
    Within,
};
use crate::params::{Domain, Param, Params};

type Line = Entry<dyn Policy + Send>;

const ROUND: Param = span("round", "\"6m\"", "how long a round is");
const BETWEEN: Param = span(
    "between",
    "\"32m\"",
    "the least time between two computations of shares",
);
const BY_SPEED: Param = Param::new(
    "by-speed",
    Domain::Flag,
    "true",
    "whether it looks at how fast jobs are on each GPU model",
);
const NEWCOMERS: Param = Param::new(
    "newcomers",
    Domain::Word(&["wait", "run"]),
    "\"wait\"",
    "whether jobs that came since shares were computed wait for theirs, or run on what is left over",
);
const PACK: Param = Param::new(
    "pack",
    Domain::Flag,
    "false",
    "whether two jobs, of at most half of each GPU, may share their GPUs where by-speed finds that to be worth it",
);
const PLAIN: &[Param] = &[ROUND, BETWEEN, NEWCOMERS];
const SPEED: &[Param] = &[ROUND, BETWEEN, NEWCOMERS, BY_SPEED, PACK];
const THROUGHPUT_PARAMS: &[Param] = &[
    ROUND,
    BETWEEN,
    NEWCOMERS,
    BY_SPEED,
    PACK,
    Param::new(
        "by-cost",
        Domain::Flag,
        "false",
        "count steps for each dollar, not for each second",
    ),
    Param::new(
        "deadlines",
        Domain::Flag,
        "false",
        "whoever has a deadline shall meet it, if all can",
    ),
];

/// Needs no estimate, and can keep the published simulator's ways.
const FREE: Claims = Claims {
    estimate: false,
    ..KNOWING
};

const KNOWING: Claims = Claims {
    keeps_fleet: true,
    keeps: Some("gavel"),
    ..ESTIMATE
};

pub(crate) const FIFO: Line = Entry {
    kind: "gavel-fifo",
    doc: "in rounds: first come, first served, on the fastest GPUs, or on any by a draw (Gavel, OSDI 2020)",
    params: &[
        ROUND,
        BETWEEN,
        NEWCOMERS,
        BY_SPEED,
        PACK,
        Param::new(
            "pack-above",
            Domain::Ratio(0.0, 2.0),
            "1.5",
            "a job that finds no GPUs runs beside another if both together get done more than so many times what one does",
        ),
    ],
    claims: FREE,
    build: |params, setting| {
        let (anywhere, seed) = (setting.compat, setting.seed);
        let pack_above = params.flag("pack").then(|| params.ratio("pack-above"));
        let goal: Box<dyn Goal + Send> = match (params.flag("by-speed"), anywhere) {
            (true, _) => Box::new(Fifo {
                anywhere,
                pack_above,
            }),
            (false, false) => Box::new(FifoRandom::new(seed)),
            (false, true) => Box::new(FifoRandom::published(seed)),
        };
        made(goal, params, setting)
    },
};

pub(crate) const ISOLATED: Line = Entry {
    kind: "gavel-isolated",
    doc: "in rounds: an equal part of every GPU model for each job (Gavel, OSDI 2020)",
    params: PLAIN,
    claims: FREE,
    build: |params, setting| made(Box::new(Isolated), params, setting),
};

pub(crate) const MAX_MIN: Line = Entry {
    kind: "gavel-max-min-fairness",
    doc: "in rounds: the least relative speed that any job has is as high as can be (Gavel, OSDI 2020)",
    params: SPEED,
    claims: FREE,
    build: |params, setting| {
        let (by_speed, raw) = (params.flag("by-speed"), setting.compat);
        made(
            Box::new(MaxMinFairness::new(by_speed, raw).packed(params.flag("pack"))),
            params,
            setting,
        )
    },
};

pub(crate) const MAKESPAN: Line = Entry {
    kind: "gavel-makespan",
    doc: "in rounds: all jobs together are done as soon as can be (Gavel, OSDI 2020)",
    params: SPEED,
    claims: KNOWING,
    build: |params, setting| {
        let (by_speed, raw) = (params.flag("by-speed"), setting.compat);
        made(
            Box::new(MinTotalDuration::new(by_speed, raw).packed(params.flag("pack"))),
            params,
            setting,
        )
    },
};

pub(crate) const FINISH_TIME: Line = Entry {
    kind: "gavel-finish-time-fairness",
    doc: "in rounds: nobody's time to its end is stretched more than need be (Themis in Gavel, OSDI 2020)",
    params: SPEED,
    claims: KNOWING,
    build: |params, setting| {
        let goal = FinishTimeFairness::new(params.flag("by-speed"), setting.compat);
        let goal = goal.packed(params.flag("pack"));
        made(Box::new(goal), params, setting)
    },
};

pub(crate) const THROUGHPUT: Line = Entry {
    kind: "gavel-throughput",
    doc: "in rounds: the most steps of all jobs together, for each second or each dollar (Gavel, OSDI 2020)",
    params: THROUGHPUT_PARAMS,
    claims: KNOWING,
    build: |params, setting| {
        let heeds = Heeds {
            speeds: params.flag("by-speed"),
            prices: params.flag("by-cost"),
            deadlines: params.flag("deadlines"),
        };
        let goal = MaxSumThroughput::new(heeds, setting.compat).packed(params.flag("pack"));
        made(Box::new(goal), params, setting)
    },
};

pub(crate) const ALLOX: Line = Entry {
    kind: "gavel-allox",
    doc: "in rounds: a GPU and a turn on it for each job on one GPU, so that they end soonest on average (AlloX, EuroSys 2020)",
    params: &[
        ROUND,
        BETWEEN,
        NEWCOMERS,
        Param::new(
            "depth",
            Domain::Count(1, 1_000_000),
            "128",
            "most waiting jobs that it looks at",
        ),
    ],
    claims: KNOWING,
    build: |params, setting| {
        let depth = usize::try_from(params.count("depth")).unwrap_or(usize::MAX);
        made(Box::new(Allox::new(depth)), params, setting)
    },
};

pub(crate) const GANDIVA: Line = Entry {
    kind: "gandiva",
    doc: "in rounds: equal parts; where jobs do not all fit, random pairs share GPUs and part if that does not pay (Gandiva in Gavel)",
    params: PLAIN,
    claims: FREE,
    build: |params, setting| made(Box::new(Gandiva::new(setting.seed)), params, setting),
};

pub(crate) const WATER_FILLING: Line = Entry {
    kind: "gavel-water-filling",
    doc: "in rounds: max-min fairness, and again among those who can have more; tenants first, if asked (Gavel, OSDI 2020)",
    params: &[
        ROUND,
        BETWEEN,
        NEWCOMERS,
        BY_SPEED,
        Param::new(
            "tenants",
            Domain::Word(&["none", "fairness", "fifo"]),
            "\"none\"",
            "parts for tenants by the weights of their queues, and how the jobs of one share its part",
        ),
    ],
    claims: FREE,
    build: |params, setting| {
        let within = match params.word("tenants") {
            "fairness" => Within::Fairness,
            "fifo" => Within::Fifo,
            _ => Within::Nothing,
        };
        let goal = WaterFilling::new(params.flag("by-speed"), setting.compat, within);
        made(Box::new(goal), params, setting)
    },
};

pub(crate) const SHOCKWAVE: Line = Entry {
    kind: "shockwave",
    doc: "in rounds: a market for time, in which whoever fares worse can spend more (after Shockwave, Zheng et al., NSDI 2023)",
    params: &[
        span(
            "round",
            "\"6m\"",
            "how long a round is, the authors' 2m; jobs that save their state less often may lose every turn",
        ),
        span(
            "between",
            "\"6m\"",
            "the least time between two computations of shares",
        ),
        NEWCOMERS,
        span(
            "window",
            "\"40m\"",
            "how far it looks ahead, and how long shares hold at most",
        ),
        Param::new(
            "power",
            Domain::Ratio(0.0, 20.0),
            "5.0",
            "of how much longer a job takes than on its part: what it can spend",
        ),
        Param::new(
            "regularizer",
            Domain::Ratio(0.0, 1000.0),
            "0.1",
            "what the longest time that is left counts for, over the time that all jobs take",
        ),
    ],
    claims: Claims {
        keeps: None,
        ..KNOWING
    },
    build: |params, setting| {
        let market = Market {
            window_s: convert::real(params.span("window").us()) / 1e6,
            power: params.ratio("power"),
            regularizer: params.ratio("regularizer"),
        };
        made(Box::new(Shockwave::new(market)), params, setting)
    },
};

fn made(goal: Box<dyn Goal + Send>, params: &Params, setting: &Setting) -> Box<dyn Policy + Send> {
    let newcomers = match params.word("newcomers") {
        "run" => Newcomers::Run,
        _ => Newcomers::Wait,
    };
    let ways = Ways {
        newcomers,
        round: params.span("round"),
        between: params.span("between"),
        seed: setting.seed,
        faithful: setting.compat,
    };
    Box::new(Gavel::new(goal, ways))
}
