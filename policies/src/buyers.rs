//! What the registry says of the buyers for spot markets and clouds.

use sim_core::model::{Market, MarketSet};
use sim_core::units::{Span, convert};

use crate::buy::{
    Again, Bears, Burst, Buy, Layers, Outlook, POOLS, Pools, Reaper, Sides, SpotFirst, cloud_sides,
};
use crate::params::{Domain, Param, Params};
use crate::reclaims::Prior;
use crate::registry::{Entry, FAIR, MARKETS, ORACLE, Setting, forecaster, span};

type Line = Entry<dyn Buy>;

const SPOT: Param = Param::new(
    "market",
    Domain::Subset(MARKETS),
    "[\"spot\"]",
    "markets whose machines may be taken away, and that are tried first",
);
const PATIENCE: Param = Param::new(
    "patience",
    Domain::Patience,
    "\"30m\"",
    "how long a job waits for spot before it takes what stays as well; or never",
);
const POOL_RULE: Param = Param::new(
    "pools",
    Domain::Word(POOLS),
    "\"lowest-price\"",
    "which pool of a market and model is bought from first",
);
const FORECAST: Param = Param::new(
    "forecast",
    Domain::Word(&[
        "persistence",
        "seasonal-naive",
        "ewma",
        "holt-winters",
        "mstl",
        ORACLE,
    ]),
    "\"persistence\"",
    "with pools = \"expected-cost\", who foretells prices; the oracle knows them, with clairvoyant = [\"prices\"]",
);
const FORECAST_STEP: Param = span("forecast-step", "\"1h\"", "a step of that forecast");
const SEASON: Param = Param::new(
    "season",
    Domain::Count(2, 100_000),
    "24",
    "steps of a season of prices",
);
const IDLE: Param = Param::new(
    "idle",
    Domain::Patience,
    "\"10m\"",
    "how long a node may be idle before it is given back; or never",
);
pub(crate) const PRIOR_RATE: Param = Param::new(
    "prior-rate",
    Domain::Ratio(0.0, 1000.0),
    "0.1",
    "reclaims per spot machine and hour, before any is seen",
);
pub(crate) const PRIOR_HOURS: Param = Param::new(
    "prior-hours",
    Domain::Ratio(0.001, 1_000_000.0),
    "10.0",
    "machine hours seen that weigh as much as the prior rate",
);

const SPOT_FIRST_PARAMS: &[Param] = &[
    SPOT,
    Param::new(
        "fallback",
        Domain::Word(MARKETS),
        "\"on-demand\"",
        "market of the machines for those who do not go to spot",
    ),
    Param::new(
        "max-risk",
        Domain::Ratio(0.0, 1.0),
        "0.2",
        "the likeliest that a reclaim may be within the remaining work of a job on spot, unless its workload says; 0: none goes",
    ),
    Param::new(
        "saved-risk",
        Domain::Ratio(0.0, 1.0),
        "0.0",
        "the same for jobs of which something outlives an interruption, where it is more",
    ),
    Param::new(
        "unsaved",
        Domain::Flag,
        "false",
        "whether jobs that keep nothing go to spot at all",
    ),
    Param::new(
        "urgent",
        Domain::Count(0, 2_147_483_647),
        "2147483647",
        "priority from which on a job does not go to spot",
    ),
    PATIENCE,
    POOL_RULE,
    FORECAST,
    FORECAST_STEP,
    SEASON,
    IDLE,
    PRIOR_RATE,
    PRIOR_HOURS,
];

const LAYERS_PARAMS: &[Param] = &[
    SPOT,
    Param::new(
        "base",
        Domain::Count(0, 1_000_000),
        "0",
        "machines that are always held",
    ),
    Param::new(
        "base-market",
        Domain::Word(MARKETS),
        "\"reserved\"",
        "market of the base",
    ),
    Param::new(
        "buffer",
        Domain::Word(MARKETS),
        "\"on-demand\"",
        "market of the buffer",
    ),
    Param::new(
        "tolerance",
        Domain::Ratio(0.0, 1.0),
        "0.2",
        "what a job tolerates whose workload does not say",
    ),
    Param::new(
        "low",
        Domain::Ratio(0.0, 1.0),
        "0.05",
        "tolerance from which on a job goes to spot, as far as its risk is within it",
    ),
    Param::new(
        "high",
        Domain::Ratio(0.0, 1.0),
        "0.5",
        "tolerance from which on it goes to spot at any risk, and never to the buffer",
    ),
    PATIENCE,
    POOL_RULE,
    FORECAST,
    FORECAST_STEP,
    SEASON,
    IDLE,
    PRIOR_RATE,
    PRIOR_HOURS,
];

const BURST_PARAMS: &[Param] = &[
    Param::new(
        "cloud",
        Domain::Subset(MARKETS),
        "[\"spot\", \"on-demand\"]",
        "markets of the cloud, in the order of buying; all others are at home",
    ),
    span("patience", "\"15m\"", "how long a job waits for home"),
    Param::new(
        "depth",
        Domain::Count(0, 1_000_000),
        "1000000",
        "jobs that may wait before all go to the cloud",
    ),
    Param::new(
        "release",
        Domain::Subset(MARKETS),
        "[\"spot\", \"on-demand\"]",
        "which market is given back first: each after one more stretch of idle than the one before",
    ),
    POOL_RULE,
    FORECAST,
    FORECAST_STEP,
    SEASON,
    IDLE,
];

pub(crate) const SPOT_FIRST: Line = Entry {
    kind: "spot-first",
    doc: "spot for those who bear the risk, the fallback for the others and for those who waited",
    params: SPOT_FIRST_PARAMS,
    claims: FAIR,
    build: |params, setting| {
        Box::new(SpotFirst {
            sides: sides(params, None),
            bears: Bears {
                max_risk: params.ratio("max-risk"),
                saved_risk: params.ratio("saved-risk"),
                unsaved: params.flag("unsaved"),
                urgent: params.count("urgent").into(),
            },
            fallback: market(params.word("fallback")),
            pools: Pools::named(params.word("pools")),
            outlook: outlook(params, setting),
            patience: params.patience("patience"),
            reaper: reaper(params),
            again: Again::default(),
        })
    },
};

pub(crate) const LAYERS: Line = Entry {
    kind: "layers",
    doc: "a base that is always held, spot above it, on demand as a buffer; jobs by what they tolerate",
    params: LAYERS_PARAMS,
    claims: FAIR,
    build: |params, setting| {
        let base = (market(params.word("base-market")), params.count("base"));
        Box::new(Layers {
            sides: sides(params, Some(base)),
            base,
            buffer: market(params.word("buffer")),
            tolerance: params.ratio("tolerance"),
            lanes: (params.ratio("low"), params.ratio("high")),
            patience: params.patience("patience"),
            pools: Pools::named(params.word("pools")),
            outlook: outlook(params, setting),
            reaper: reaper(params),
            again: Again::default(),
        })
    },
};

pub(crate) const BURST: Line = Entry {
    kind: "burst",
    doc: "machines at home first, the cloud for those who waited",
    params: BURST_PARAMS,
    claims: FAIR,
    build: |params, setting| {
        let cloud = markets(&params.subset("cloud"));
        let release = markets(&params.subset("release"));
        Box::new(Burst {
            sides: cloud_sides(&cloud),
            cloud,
            patience: params.span("patience"),
            depth: params.count("depth"),
            reapers: reapers(params.patience("idle"), release.len()),
            release,
            pools: Pools::named(params.word("pools")),
            outlook: outlook(params, setting),
            again: Again::default(),
        })
    },
};

/// Prices to come, if pools are ranked by them.
fn outlook(params: &Params, setting: &Setting) -> Option<Outlook> {
    let quiet_hours = if params.declares("prior-hours") {
        params.ratio("prior-hours")
    } else {
        10.0
    };
    let model = (params.word("forecast") != ORACLE).then(|| forecaster(params, setting));
    let outlook = || Outlook::new(model, params.span("forecast-step"), quiet_hours);
    ranks_by_cost(params).then(outlook)
}

fn ranks_by_cost(params: &Params) -> bool {
    Pools::named(params.word("pools")) == Pools::ExpectedCost
}

/// Whether a buyer with these parameters must know prices to come.
pub(crate) fn knows_prices(params: &Params) -> bool {
    params.declares("forecast") && ranks_by_cost(params) && params.word("forecast") == ORACLE
}

fn sides(params: &Params, base: Option<(Market, u32)>) -> Sides {
    let risky = markets(&params.subset("market")).into_iter();
    Sides {
        risky: risky.fold(MarketSet::NONE, MarketSet::with),
        prior: prior(params),
        base,
    }
}

/// One for each place in an order of giving back, the last for those that it does not name.
fn reapers(idle: Option<Span>, places: usize) -> Vec<Reaper> {
    let times = 1..=convert::wide(places) + 1;
    times
        .map(|times| Reaper::new(idle.map(|idle| idle.saturating_mul(times)), 0))
        .collect()
}

fn reaper(params: &Params) -> Reaper {
    Reaper::new(params.patience("idle"), 0)
}

/// What the parameters say of reclaims before any is seen.
pub(crate) fn prior(params: &Params) -> Prior {
    Prior {
        rate: params.ratio("prior-rate"),
        hours: params.ratio("prior-hours"),
    }
}

/// The markets of these names, in that order.
fn markets(words: &[String]) -> Vec<Market> {
    words.iter().map(|word| market(word)).collect()
}

fn market(word: &str) -> Market {
    let mut all = Market::ALL.into_iter();
    all.find(|market| market.name() == word)
        .expect("one of the registry's words")
}
