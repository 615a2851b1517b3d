//! The registry's lines for how many replicas services have.

use sim_core::units::Span;

use super::keeping::{CLOSE, ON, OPEN, hours};
use super::{Entry, FAIR, Setting, span};
use crate::buyers::knows_prices;
use crate::forecast::learned::{Learned, Lstm, Shape, Training, Transformer};
use crate::forecast::{
    Bursts, Ewma, Forecaster, HoltWinters, Mstl, Oracle, Persistence, SeasonalNaive,
};
use crate::keeping::{Keeper, Nothing, Replicas};
use crate::params::{Domain, Param, Params};
use crate::scale::choose::Limits;
use crate::scale::hpa::controller::Settings;
use crate::scale::hpa::{Hpa, Target};
use crate::scale::keda::{Keda, Object};
use crate::scale::queue_depth::{Depth, QueueDepth};
use crate::scale::{
    Bounds, BurstGuard, Fixed, Grace, Outlook, Predictive, Scaler, Schedule, Signal, TargetTracking,
};

const SIGNALS: &[&str] = &["utilization", "queue", "rate", "tokens", "kv", "speed"];
const FORECASTERS: &[&str] = &[
    "persistence",
    "seasonal-naive",
    "ewma",
    "holt-winters",
    "mstl",
    "lstm",
    "transformer",
    ORACLE,
];
/// Knows what is to come.
pub(crate) const ORACLE: &str = "oracle";

const fn count(name: &'static str, default: &'static str, doc: &'static str) -> Param {
    Param::new(name, Domain::Count(0, 100_000), default, doc)
}

const fn share(name: &'static str, default: &'static str, doc: &'static str) -> Param {
    Param::new(name, Domain::Ratio(0.0, 1000.0), default, doc)
}

const MIN: Param = count("min", "1", "fewest replicas of a set");
const MAX: Param = count(
    "max",
    "100",
    "most replicas of a set, if the set may have as many",
);
const GRACE: Param = Param::new(
    "grace",
    Domain::Patience,
    "\"never\"",
    "how long fewer must have been wanted before fewer there are; never: at once",
);
const SIGNAL: Param = Param::new(
    "signal",
    Domain::Word(SIGNALS),
    "\"utilization\"",
    "what it goes by: busy time or KV cache taken of a replica, requests that wait, requests a second or tokens in flight in all, iterations a second of a replica",
);
const TARGET: Param = Param::new(
    "target",
    Domain::Ratio(0.001, 1e9),
    "0.6",
    "what of it a replica should have: shares as 0.6, others in their own unit",
);

const BURST: Param = Param::new(
    "burst",
    Domain::Ratio(1.0, 100.0),
    "1.0",
    "while far more requests come than usual, so many times as many replicas; 1.0: as many",
);
const BURST_AT: Param = Param::new(
    "burst-at",
    Domain::Ratio(2.0, 1000.0),
    "5.0",
    "spreads above what is usual in a minute at which a burst begins; it ends at two of them",
);

const SETS: Param = Param::new(
    "sets",
    Domain::Sets,
    "[]",
    "sets that there are replicas of, by name; none named: all",
);

const CHOOSE: Param = Param::new(
    "choose",
    Domain::Word(&["all", "cheapest"]),
    "\"all\"",
    "whether each set has replicas, or of each service the cheapest by the request within the limits",
);
const QUALITY: Param = Param::new(
    "quality",
    Domain::Ratio(0.0, 1.0),
    "0.0",
    "what the answers of the set that is chosen are worth at least",
);
const LATENCY: Param = Param::new(
    "latency",
    Domain::Patience,
    "\"never\"",
    "most time that a request takes of it on the network and on an idle replica; never: any",
);

/// Parameters of a kind, and those of which sets it is about.
macro_rules! of_sets {
    ($($own:expr),* $(,)?) => {
        &[$($own,)* SETS, CHOOSE, QUALITY, LATENCY]
    };
}

const FIXED: &[Param] = of_sets![count("replicas", "1", "replicas of each set"),];

const SCHEDULE: &[Param] = of_sets![
    OPEN,
    CLOSE,
    ON,
    count("within", "2", "replicas of each set in these hours"),
    count("without", "1", "replicas of each set in all others"),
];

const HPA: &[Param] = of_sets![
    SIGNAL,
    TARGET,
    MIN,
    MAX,
    share(
        "tolerance",
        "0.1",
        "deviation from the target that changes nothing",
    ),
    span(
        "down-window",
        "\"5m\"",
        "window of which the largest recommendation holds going down",
    ),
    GRACE,
    BURST,
    BURST_AT,
];

const TRACKING: &[Param] = of_sets![
    SIGNAL,
    TARGET,
    MIN,
    MAX,
    span("above", "\"3m\"", "how long it must be above the target"),
    span(
        "below",
        "\"15m\"",
        "how long it must be below nine tenths of it",
    ),
    GRACE,
    BURST,
    BURST_AT,
];

const DEPTH: &[Param] = of_sets![
    Param::new(
        "per-replica",
        Domain::Count(1, 1_000_000),
        "10",
        "requests that may wait for a replica",
    ),
    share(
        "idle",
        "0.3",
        "busy time below which one goes where nobody waits",
    ),
    span("up", "\"5m\"", "least time from adding to adding again"),
    span(
        "down",
        "\"10m\"",
        "least time from any change to taking away",
    ),
    MIN,
    MAX,
    GRACE,
    BURST,
    BURST_AT,
];

const KEDA: &[Param] = of_sets![
    Param::new(
        "signal",
        Domain::Word(SIGNALS),
        "\"queue\"",
        "what it goes by, as under hpa",
    ),
    TARGET,
    share(
        "activation",
        "0.0",
        "above which of it there is something to do; from zero on, what comes and what is being served counts too",
    ),
    span("polling", "\"30s\"", "how often it looks whether there is"),
    span(
        "cooldown",
        "\"5m\"",
        "how long after there last was it goes to none",
    ),
    MAX,
    GRACE,
    BURST,
    BURST_AT,
];

const PREDICTIVE: &[Param] = of_sets![
    Param::new(
        "forecast",
        Domain::Word(FORECASTERS),
        "\"holt-winters\"",
        "who foretells; the oracle knows the requests to come, with clairvoyant = [\"arrivals\"]",
    ),
    Param::new(
        "season",
        Domain::Count(2, 100_000),
        "144",
        "steps of a season",
    ),
    Param::new(
        "signal",
        Domain::Word(SIGNALS),
        "\"rate\"",
        "what is foretold, as under hpa",
    ),
    Param::new(
        "target",
        Domain::Ratio(0.001, 1e9),
        "1.0",
        "how much of it a replica bears",
    ),
    MIN,
    MAX,
    span("step", "\"10m\"", "a step of the forecast"),
    span("lead", "\"8m\"", "from asking for a replica to its serving"),
    share(
        "overprovision",
        "1.1",
        "replicas for so much of what is foretold",
    ),
    share(
        "wrong",
        "0.5",
        "share of what came beyond which errors hand over to hpa on the same signal",
    ),
    Param::new(
        "memory",
        Domain::Count(1, 100_000),
        "24",
        "steps whose errors count",
    ),
    GRACE,
    BURST,
    BURST_AT,
];

/// How many replicas services have.
pub const REPLICAS: &[Entry<dyn Keeper>] = &[
    Entry {
        kind: "none",
        doc: "those that services begin with",
        params: &[],
        claims: FAIR,
        build: |_, _| Box::new(Nothing),
    },
    Entry {
        kind: "fixed",
        doc: "so many of each set",
        params: FIXED,
        claims: FAIR,
        build: |params, _| keep(params, Box::new(Fixed(params.count("replicas")))),
    },
    Entry {
        kind: "schedule",
        doc: "so many of each set in some hours of the week, by the scenario's calendar, and so many in the others",
        params: SCHEDULE,
        claims: FAIR,
        build: |params, _| {
            let schedule = Schedule {
                hours: hours(params),
                within: params.count("within"),
                without: params.count("without"),
            };
            keep(params, Box::new(schedule))
        },
    },
    Entry {
        kind: "hpa",
        doc: "the horizontal pod autoscaler of Kubernetes, as since 1.33",
        params: HPA,
        claims: FAIR,
        build: |params, _| {
            let settings = Settings {
                tolerance: params.ratio("tolerance"),
                down_window: params.span("down-window"),
                ..Settings::new(bounds(params))
            };
            keep(
                params,
                patient(params, Box::new(Hpa::new(settings, vec![target(params)]))),
            )
        },
    },
    Entry {
        kind: "target-tracking",
        doc: "towards a target, after alarms of some length, as cloud providers do",
        params: TRACKING,
        claims: FAIR,
        build: |params, _| {
            let scaler = TargetTracking::new(target(params), bounds(params));
            let scaler = scaler.with_patience(params.span("above"), params.span("below"));
            keep(params, patient(params, Box::new(scaler)))
        },
    },
    Entry {
        kind: "queue-depth",
        doc: "more while requests wait, one fewer while none does, with cooldowns",
        params: DEPTH,
        claims: FAIR,
        build: |params, _| {
            let depth = Depth {
                per_replica: params.count("per-replica").into(),
                idle_milli: milli(params.ratio("idle")),
                up: params.span("up"),
                down: params.span("down"),
                ..Depth::new(bounds(params))
            };
            keep(params, patient(params, Box::new(QueueDepth::new(depth))))
        },
    },
    Entry {
        kind: "keda",
        doc: "none while there is nothing to do, and from one on hpa",
        params: KEDA,
        claims: FAIR,
        build: |params, _| {
            let target = target(params);
            let most = params.count("max").max(1);
            let all = Bounds::new(0, most).expect("above none");
            let some = Bounds::new(1, most).expect("at least one");
            let activation = milli(params.ratio("activation"));
            let mut triggers = vec![(target.signal, activation)];
            if activation == 0 {
                // A queue that is empty because replicas keep up is no reason to let them go.
                triggers.extend([(Signal::Rate, 0), (Signal::Utilization, 0)]);
            }
            let object = Object {
                bounds: all,
                polling: params.span("polling"),
                cooldown: params.span("cooldown"),
                ..Object::new(triggers)
            };
            let inner = Hpa::new(Settings::new(some), vec![target]);
            keep(
                params,
                patient(params, Box::new(Keda::new(object, Box::new(inner)))),
            )
        },
    },
    Entry {
        kind: "predictive",
        doc: "ahead by a forecast, and by hpa where that has been wrong",
        params: PREDICTIVE,
        claims: FAIR,
        build: |params, setting| {
            let (target, bounds) = (target(params), bounds(params));
            let outlook = Outlook {
                lead: params.span("lead"),
                overprovision_milli: milli(params.ratio("overprovision")),
                wrong_milli: milli(params.ratio("wrong")),
                memory: sim_core::units::convert::index(params.count("memory")),
                ..Outlook::new((target.signal, target.milli), bounds, params.span("step"))
            };
            let reactive = Hpa::new(Settings::new(bounds), vec![target]);
            let forecaster = forecaster(params, setting);
            let scaler = Predictive::new(outlook, forecaster, Box::new(reactive));
            keep(params, patient(params, Box::new(scaler)))
        },
    },
];

/// What must be granted to a policy with these parameters of its buyer and of what sizes its services, in the scenario's words.
pub fn needs(buy: &Params, replicas: &Params) -> &'static [&'static str] {
    let knows_arrivals = replicas.declares("forecast") && replicas.word("forecast") == ORACLE;
    match (knows_prices(buy), knows_arrivals) {
        (false, false) => &[],
        (true, false) => &["prices"],
        (false, true) => &["arrivals"],
        (true, true) => &["prices", "arrivals"],
    }
}

fn keep(params: &Params, scaler: Box<dyn Scaler + Send>) -> Box<dyn Keeper> {
    let limits = Limits {
        quality_ppm: params.millionths("quality"),
        latency: params.patience("latency").unwrap_or(Span::MAX),
    };
    let one = (params.word("choose") == "cheapest").then_some(limits);
    let least = params.declares("min").then(|| params.count("min"));
    let replicas = Replicas::new(scaler).only(params.subset("sets"));
    let replicas = replicas.at_least(least.unwrap_or(0));
    Box::new(replicas.of_the_cheapest(one))
}

/// Between `min` and `max`, or `min` where that is more.
fn bounds(params: &Params) -> Bounds {
    let min = params.count("min");
    Bounds::new(min, params.count("max").max(min)).expect("ordered")
}

fn target(params: &Params) -> Target {
    let signal = match params.word("signal") {
        "queue" => Signal::Queue,
        "rate" => Signal::Rate,
        "tokens" => Signal::Tokens,
        "kv" => Signal::Kv,
        "speed" => Signal::Speed,
        _ => Signal::Utilization,
    };
    let milli = milli(params.ratio("target")).max(1);
    Target { signal, milli }
}

fn milli(share: f64) -> u64 {
    sim_core::units::convert::floor(share * 1000.0 + 0.5)
}

/// With more replicas in bursts, and with patience, where they are asked for.
fn patient(params: &Params, scaler: Box<dyn Scaler + Send>) -> Box<dyn Scaler + Send> {
    let scaler = match milli(params.ratio("burst")) {
        1000 => scaler,
        more_milli => {
            let min = if params.declares("min") {
                params.count("min")
            } else {
                0
            };
            let most = Bounds::new(min, params.count("max").max(min)).expect("ordered");
            // A tenth of what is usual is the last minute's, and what lasts an hour is usual.
            let bursts = Bursts::new(0.1, (params.ratio("burst-at"), 2.0), 60);
            let (signal, step) = ((Signal::Rate, bursts), Span::from_secs(60));
            Box::new(BurstGuard::new(scaler, signal, step, (more_milli, most)))
        }
    };
    match params.patience("grace").filter(|grace| *grace > Span::ZERO) {
        Some(grace) => Box::new(Grace::new(scaler, grace)),
        None => scaler,
    }
}

/// Who foretells, by the parameters `forecast` and `season`.
pub(crate) fn forecaster(params: &Params, setting: &Setting) -> Box<dyn Forecaster + Send> {
    let season = sim_core::units::convert::index(params.count("season"));
    let shape = Shape {
        window: season.min(24),
        horizon: 6,
        width: 8,
    };
    let training = || Training::new(season, setting.seed);
    match params.word("forecast") {
        "persistence" => Box::new(Persistence::default()),
        "seasonal-naive" => Box::new(SeasonalNaive::new(season)),
        "ewma" => Box::new(Ewma::new(0.5)),
        "mstl" => Box::new(Mstl::new(vec![season], 3, 0.5)),
        "lstm" => Box::new(Learned::<Lstm>::new(shape, training())),
        "transformer" => Box::new(Learned::<Transformer>::new(shape, training())),
        ORACLE => Box::new(Oracle::new([].into())),
        _ => Box::new(HoltWinters::new(0.5, 0.3, season)),
    }
}
