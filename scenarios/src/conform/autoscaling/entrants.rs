//! Who is flown: scalers and the grids of their parameters.

use policies::forecast::learned::{Learned, Lstm, Shape, Training, Transformer};
use policies::forecast::{Ewma, Forecaster, HoltWinters, Mstl, Persistence, SeasonalNaive};
use policies::scale::TargetTracking;
use policies::scale::hpa::controller::Settings;
use policies::scale::hpa::{Hpa, Target};
use policies::scale::queue_depth::Depth;
use policies::scale::{Bounds, Grace, Outlook, Predictive, QueueDepth, Scaler, Signal};
use sim_core::units::Span;

use super::tape::{Tape, outlook};
use super::traces::Trace;

/// Kinds of scalers; each is represented by the one of it that did best on the first half.
pub(super) const FAMILIES: [&str; 4] = ["hpa", "target-tracking", "queue-depth", PREDICTIVE];
/// The one that scales ahead.
pub(super) const PREDICTIVE: &str = "predictive";
/// Who foretells.
pub(super) const FORECASTERS: [&str; 7] = [
    "persistence",
    "seasonal-naive",
    "ewma",
    "holt-winters",
    "mstl",
    "lstm",
    "transformer",
];
/// Shares that a replica is to bear of what it can, in thousandths: from three times as many replicas as are needed to none
/// beyond the fewest.
const SHARES: [u64; 13] = [
    300, 400, 500, 600, 700, 800, 900, 1000, 1250, 1600, 2000, 4000, 1_000_000,
];
const SIGNALS: [Signal; 2] = [Signal::Utilization, Signal::Rate];

/// A scaler with parameters.
pub(super) struct Entrant {
    pub(super) family: &'static str,
    /// Of one that scales ahead, beginning with who foretells.
    pub(super) name: String,
    pub(super) make: Box<dyn Fn() -> Box<dyn Scaler + Send> + Send + Sync>,
}

/// All of the grids.
pub(super) fn all(trace: &Trace, bounds: Bounds, tapes: &[Tape]) -> Vec<Entrant> {
    let mut all = Vec::new();
    for (signal, milli) in pairs(&SIGNALS, &SHARES) {
        let target = Target { signal, milli };
        for down in [60, 300, 900, 1800] {
            all.push(entrant("hpa", format!("{target:?} {down}"), move || {
                Box::new(hpa(bounds, target, down))
            }));
        }
        for (above, below) in pairs(&[60, 180], &[180, 900, 1800]) {
            let patience = [above, below].map(Span::from_secs);
            let name = format!("{target:?} {above} {below}");
            all.push(entrant("target-tracking", name, move || {
                let scaler = TargetTracking::new(target, bounds);
                Box::new(scaler.with_patience(patience[0], patience[1]))
            }));
        }
    }
    for (per_replica, idle_milli) in
        pairs(&[1, 4, 16, 64, 256, 1_000_000], &[200, 300, 500, 700, 900])
    {
        for (up, down) in pairs(&[60, 300], &[120, 600]) {
            let depth = Depth {
                per_replica,
                idle_milli,
                up: Span::from_secs(up),
                down: Span::from_secs(down),
                ..Depth::new(bounds)
            };
            all.push(entrant("queue-depth", format!("{depth:?}"), move || {
                Box::new(QueueDepth::new(depth))
            }));
        }
    }
    for tape in tapes {
        all.extend(ahead(trace, bounds, tape));
    }
    all
}

/// Those that scale ahead by what one forecaster says.
fn ahead(trace: &Trace, bounds: Bounds, tape: &Tape) -> Vec<Entrant> {
    let mut all = Vec::new();
    for (milli, wrong_milli) in pairs(&SHARES, &[200, 500, 1_000_000]) {
        let outlook = Outlook {
            wrong_milli,
            ..outlook(trace, bounds, milli)
        };
        for grace in [0, 600, 1800] {
            let tape = tape.clone();
            let name = format!("{} {milli} {wrong_milli} {grace}", tape.name);
            all.push(entrant(PREDICTIVE, name, move || {
                let signal = Signal::Rate;
                let reactive = Box::new(hpa(bounds, Target { signal, milli }, 300));
                let scaler = Predictive::new(outlook, tape.fork(), reactive);
                Box::new(Grace::new(Box::new(scaler), Span::from_secs(grace)))
            }));
        }
    }
    all
}

fn entrant(
    family: &'static str,
    name: String,
    make: impl Fn() -> Box<dyn Scaler + Send> + Send + Sync + 'static,
) -> Entrant {
    let make = Box::new(make);
    Entrant { family, name, make }
}

fn hpa(bounds: Bounds, target: Target, down: u64) -> Hpa {
    let settings = Settings {
        down_window: Span::from_secs(down),
        ..Settings::new(bounds)
    };
    Hpa::new(settings, vec![target])
}

fn pairs<A: Copy, B: Copy>(first: &[A], second: &[B]) -> Vec<(A, B)> {
    let all = first
        .iter()
        .flat_map(|one| second.iter().map(|other| (*one, *other)));
    all.collect()
}

/// A forecaster by its name, as scenarios have it.
pub(super) fn forecaster(name: &str, season: usize) -> Box<dyn Forecaster + Send> {
    let shape = Shape {
        window: season.min(24),
        horizon: 6,
        width: 8,
    };
    let training = || Training::new(season, 1);
    match name {
        "persistence" => Box::new(Persistence::default()),
        "seasonal-naive" => Box::new(SeasonalNaive::new(season)),
        "ewma" => Box::new(Ewma::new(0.5)),
        "mstl" => Box::new(Mstl::new(vec![season], 3, 0.5)),
        "lstm" => Box::new(Learned::<Lstm>::new(shape, training())),
        "transformer" => Box::new(Learned::<Transformer>::new(shape, training())),
        _ => Box::new(HoltWinters::new(0.5, 0.3, season)),
    }
}
