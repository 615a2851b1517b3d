//! Who is tested: all that the registry holds, in sensible combinations. A new line in the registry
//! is in here by being there.

use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::params::{Params, Value};
use policies::registry::{
    ADMISSIONS, BUYERS, Entry, GUARDS, HOURS, ORDERS, OVERSUBSCRIPTIONS, PACES, PLACEMENTS,
    POLICIES, PREEMPTIONS, RELOCATIONS, SCALES, Setting, find,
};
use sim_core::engine::{Grants, Policy};

/// A policy made of parts, or whole, with what it may know.
#[derive(Clone, Debug)]
pub(crate) struct Contender {
    pub(crate) kinds: Kinds,
    pub(crate) grants: Grants,
    /// Parameters that differ from their defaults, for whichever part declares them.
    pub(crate) given: Vec<(&'static str, Value)>,
    /// Whether it shall keep a published simulator's ways, if it can.
    pub(crate) compat: bool,
    /// What is kept beside the parts: guard, hours, scale, oversubscribe, pace.
    pub(crate) keeps: [&'static str; 5],
}

const NOTHING: [&str; 5] = ["none", "none", "none", "none", "given"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kinds {
    /// Order, admission, placement, preemption, buyer, mover.
    Parts([&'static str; 6]),
    Whole(&'static str),
}

/// Order, admission, placement; nobody makes room, the fleet stays.
pub(crate) fn plain(order: &'static str, admit: &'static str, place: &'static str) -> Contender {
    parts([order, admit, place, "none", "keep"])
}

pub(crate) fn parts([order, admit, place, preempt, buy]: [&'static str; 5]) -> Contender {
    moving([order, admit, place, preempt, buy, "none"])
}

/// The same, with who moves while it runs.
pub(crate) fn moving(kinds: [&'static str; 6]) -> Contender {
    Contender {
        kinds: Kinds::Parts(kinds),
        grants: Grants::default(),
        given: Vec::new(),
        compat: false,
        keeps: NOTHING,
    }
}

pub(crate) fn whole(kind: &'static str) -> Contender {
    Contender {
        kinds: Kinds::Whole(kind),
        grants: Grants {
            // Keeping another simulator's ways implies all that it needs.
            arrivals: claims(POLICIES, kind).compat.is_some(),
            durations: claims(POLICIES, kind).needs.contains(&"durations"),
            reclaims: claims(POLICIES, kind).needs.contains(&"reclaims"),
            ..Grants::default()
        },
        given: Vec::new(),
        compat: false,
        keeps: NOTHING,
    }
}

/// The contenders: every order with every admission, with and without preemption; every placement
/// and every buyer under rules that ask much of them; every whole policy.
pub(crate) fn all() -> Vec<Contender> {
    let mut all: Vec<Contender> = Vec::new();
    for order in ORDERS {
        for admit in ADMISSIONS {
            for preempt in PREEMPTIONS {
                let kinds = [order.kind, admit.kind, "best-fit", preempt.kind, "keep"];
                all.push(parts(kinds));
            }
        }
    }
    for place in PLACEMENTS {
        for admit in ADMISSIONS {
            all.push(plain("fifo", admit.kind, place.kind));
        }
        all.push(parts(["priority", "skip", place.kind, "by-order", "keep"]));
    }
    for buy in BUYERS {
        for admit in ADMISSIONS {
            // It buys for what fits nowhere, not for what a quota of what is held keeps back: that may wait for ever.
            let pair = (buy.kind, admit.kind);
            let waits = pair == ("cluster-autoscaler", "spot-quota");
            let admit = if waits { "skip" } else { admit.kind };
            all.push(parts(["fifo", admit, "best-fit", "none", buy.kind]));
        }
        all.push(parts(["las", "skip", "spread", "by-order", buy.kind]).quick());
    }
    for order in ORDERS {
        all.push(parts([order.kind, "skip", "best-fit", "by-order", "keep"]).quick());
    }
    for relocate in RELOCATIONS {
        for buy in BUYERS {
            let kinds = [
                "fifo",
                "skip",
                "best-fit",
                "by-order",
                buy.kind,
                relocate.kind,
            ];
            all.push(moving(kinds).quick());
        }
    }
    all.push(parts(["srtf", "skip", "best-fit", "by-order", "keep"]).knowing());
    all.extend(POLICIES.iter().map(|entry| whole(entry.kind)));
    let both_ways = POLICIES.iter().filter(|entry| entry.claims.keeps.is_some());
    all.extend(both_ways.map(|entry| whole(entry.kind).keeping()));
    all.extend(queues());
    all.extend(keepers());
    for buy in ["spot-first", "layers", "burst"] {
        for forecast in ["persistence", "holt-winters", "ewma"] {
            let foresees = parts(["fifo", "skip", "best-fit", "none", buy]);
            let foresees = foresees.with("pools", Value::Text("expected-cost".to_owned()));
            let foresees = foresees.with("forecast", Value::Text(forecast.to_owned()));
            let foresees = foresees.with("forecast-step", Value::Text("10m".to_owned()));
            all.push(foresees.with("season", Value::Integer(6)));
        }
    }
    for admit in ["skip", "strict"] {
        let evicts = parts(["fifo", admit, "best-fit", "none", "cluster-autoscaler"]);
        all.push(evicts.with("evict", Value::Flag(true)));
    }
    all
}

/// Queues short enough to matter within a scene, from which jobs rise again, with the Gittins index and without.
fn queues() -> Vec<Contender> {
    let spans = |spans: &[&str]| Value::Texts(spans.iter().map(|span| (*span).into()).collect());
    let short = || {
        whole("mlfq")
            .with("limits", spans(&["1m", "5m", "20m"]))
            .with("promote-after", Value::Float(0.5))
    };
    let sample = spans(&["30s", "2m", "10m", "1h"]);
    let ranked = short()
        .with("gittins", sample)
        .with("quantum", Value::Text("2m".to_owned()));
    let by_time = short().with("service", Value::Text("time".to_owned()));
    vec![
        short().keeping(),
        short(),
        by_time,
        ranked.clone().keeping(),
        ranked,
    ]
}

/// Everything that can be kept, each by itself and all together, under rules and buyers that it meddles with.
fn keepers() -> Vec<Contender> {
    let rules = [GUARDS, HOURS, SCALES, OVERSUBSCRIPTIONS];
    let mut kept: Vec<[&'static str; 5]> = Vec::new();
    for (seam, entries) in rules.into_iter().enumerate() {
        for entry in entries.iter().filter(|entry| entry.kind != "none") {
            let mut keeps = NOTHING;
            keeps[seam] = entry.kind;
            kept.push(keeps);
        }
    }
    let paces = PACES.iter().filter(|pace| pace.kind != "given");
    kept.extend(paces.map(|pace| ["none", "none", "none", "none", pace.kind]));
    let last = |entries: &[Entry<_>]| entries.last().expect("an entry").kind;
    let [guard, hours, scale, oversubscribe] = rules.map(last);
    kept.push([guard, hours, scale, oversubscribe, "exact"]);
    let mut all = Vec::new();
    for keeps in kept {
        for admit in ADMISSIONS {
            let parts = parts(["fifo", admit.kind, "best-fit", "none", "queue-depth"]);
            all.push(parts.keep(keeps));
        }
        let busy = parts(["las", "skip", "spread", "by-order", "queue-depth"]).quick();
        all.push(busy.keep(keeps).with("yield", Value::Flag(true)));
    }
    all
}

impl Contender {
    /// With these rules kept.
    pub(crate) fn keep(mut self, keeps: [&'static str; 5]) -> Self {
        self.keeps = keeps;
        self
    }

    /// Told true durations.
    pub(crate) fn knowing(mut self) -> Self {
        self.grants.durations = true;
        self
    }

    /// With turns, ranks and patience short enough to matter within a scene.
    pub(crate) fn quick(self) -> Self {
        self.with("quantum", Value::Text("10m".to_owned()))
            .with("depth", Value::Integer(3))
            .with("idle", Value::Text("1m".to_owned()))
            .with("patience", Value::Text("2m".to_owned()))
            .with("every", Value::Text("3m".to_owned()))
            .with("margin", Value::Float(0.01))
    }

    /// In the ways of the published simulator that it can keep.
    pub(crate) fn keeping(mut self) -> Self {
        self.compat = true;
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.given.push((name, value));
        self
    }

    pub(crate) fn name(&self) -> String {
        let kinds = match self.kinds {
            Kinds::Parts(parts) => parts.join(" + "),
            Kinds::Whole(kind) => kind.to_owned(),
        };
        let kept = if self.keeps == NOTHING {
            String::new()
        } else {
            format!(" keeping {}", self.keeps.join(" + "))
        };
        let ways = if self.compat { " compat" } else { "" };
        format!("{kinds}{kept}{ways} {:?}", self.given)
    }

    /// One to run with.
    pub(crate) fn policy(&self) -> Box<dyn Policy + Send> {
        match self.kinds {
            Kinds::Whole(kind) => self.made(POLICIES, kind),
            Kinds::Parts([order, admit, place, preempt, buy, relocate]) => Box::new(Composed {
                name: self.name(),
                order: self.made(ORDERS, order),
                admit: self.made(ADMISSIONS, admit),
                place: self.made(PLACEMENTS, place),
                preempt: self.made(PREEMPTIONS, preempt),
                buy: self.made(BUYERS, buy),
                relocate: self.made(RELOCATIONS, relocate),
                keep: self.kept(),
                state: Standing::default(),
            }),
        }
    }

    fn kept(&self) -> Keeping {
        let [guard, hours, scale, oversubscribe, pace] = self.keeps;
        let rules = [
            self.made(GUARDS, guard),
            self.made(HOURS, hours),
            self.made(SCALES, scale),
            self.made(OVERSUBSCRIPTIONS, oversubscribe),
        ];
        Keeping::new(rules, *self.made(PACES, pace))
    }

    fn made<T: ?Sized>(&self, entries: &'static [Entry<T>], kind: &str) -> Box<T> {
        let entry = find(entries, kind).expect("a line of the registry");
        let declared = |name: &str| entry.params.iter().any(|param| param.name == name);
        let given = self.given.iter().filter(|(name, _)| declared(name));
        let given: Vec<(String, Value)> = given
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let params = Params::check(entry.params, &given).expect("sound parameters");
        let setting = Setting {
            seed: 7,
            durations: self.grants.durations,
            compat: self.compat,
        };
        (entry.build)(&params, &setting)
    }

    /// Whether every part claims that each job starts in the end, whatever else arrives. A placement
    /// claims nothing: it finds room wherever there is any.
    pub(crate) fn is_starvation_free(&self) -> bool {
        match self.kinds {
            Kinds::Whole(kind) => claims(POLICIES, kind).starvation_free,
            Kinds::Parts([order, admit, _, preempt, buy, relocate]) => {
                claims(ORDERS, order).starvation_free
                    && claims(ADMISSIONS, admit).starvation_free
                    && claims(PREEMPTIONS, preempt).starvation_free
                    && claims(BUYERS, buy).starvation_free
                    && claims(RELOCATIONS, relocate).starvation_free
                    && claims(GUARDS, self.keeps[0]).starvation_free
                    && claims(HOURS, self.keeps[1]).starvation_free
                    && claims(SCALES, self.keeps[2]).starvation_free
                    && claims(OVERSUBSCRIPTIONS, self.keeps[3]).starvation_free
            }
        }
    }

    pub(crate) fn is_compat(&self) -> bool {
        match self.kinds {
            Kinds::Whole(kind) => claims(POLICIES, kind).compat.is_some(),
            Kinds::Parts(_) => false,
        }
    }

    /// Whether it is for gangs of one role.
    pub(crate) fn wants_one_role(&self) -> bool {
        let place = self.part(2);
        place.is_some_and(|place| claims(PLACEMENTS, place).one_role)
    }

    /// Whether it closes fleets at times.
    pub(crate) fn closes(&self) -> bool {
        self.keeps[1] != "none"
    }

    pub(crate) fn part(&self, seam: usize) -> Option<&'static str> {
        match self.kinds {
            Kinds::Whole(_) => None,
            Kinds::Parts(parts) => Some(parts[seam]),
        }
    }

    pub(crate) fn admits(&self, kind: &str) -> bool {
        self.part(1) == Some(kind)
    }

    /// Whether whoever does not fit is turned away.
    pub(crate) fn turns_away(&self) -> bool {
        self.admits("turn-away")
    }

    pub(crate) fn places(&self, kind: &str) -> bool {
        self.part(2) == Some(kind)
    }

    pub(crate) fn preempts(&self) -> bool {
        let moves = matches!(self.kinds, Kinds::Whole(_)) && !self.is_compat();
        moves || self.part(3).is_some_and(|kind| kind != "none")
    }

    /// Whether it decides in rounds, and turns away what it cannot think of in GPUs of a model.
    pub(crate) fn has_rounds(&self) -> bool {
        matches!(self.kinds, Kinds::Whole(kind) if kind.starts_with("gavel-") || ["gandiva", "pollux", "shockwave", "sia"].contains(&kind))
    }

    /// Whether it buys machines, so that it can be given a fleet that is too small to begin with.
    pub(crate) fn buys(&self) -> bool {
        let hires = match self.kinds {
            // A simulator of batch jobs has the fleet it was given, whichever of its ways is kept.
            Kinds::Whole(kind) => !self.is_compat() && !claims(POLICIES, kind).keeps_fleet,
            Kinds::Parts(_) => false,
        };
        hires || self.part(4).is_some_and(|kind| kind != "keep")
    }
}

fn claims<T: ?Sized>(entries: &'static [Entry<T>], kind: &str) -> policies::registry::Claims {
    find(entries, kind).expect("a line of the registry").claims
}
