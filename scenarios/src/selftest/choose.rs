//! Who flies a scenario: two policies composed at random of what is in the registry, one of those that are one piece, and
//! one that knows no manners.

use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::params::Params;
use policies::registry::{
    ADMISSIONS, BUYERS, Entry, GUARDS, HOURS, ORDERS, OVERSUBSCRIPTIONS, PACES, PLACEMENTS,
    POLICIES, PREEMPTIONS, RELOCATIONS, REPLICAS, SCALES, Setting,
};
use sim_core::engine::{Grants, Policy};
use sim_core::units::convert;
use sim_core::world::draw::{Part, Stream};

use super::wild::Wild;

/// A policy for one scenario.
pub(super) struct Pilot {
    /// Its name, of the names of its parts.
    pub(super) name: String,
    /// What it may know.
    pub(super) grants: Grants,
    /// Whether it keeps to the rules: then nothing of what it decides is refused.
    pub(super) behaves: bool,
    /// Whether its placements name GPUs.
    pub(super) names_gpus: bool,
    /// The policy itself.
    pub(super) policy: Box<dyn Policy + Send>,
}

/// Placements that choose the GPU of a share by rules of their own; all others take what the engine would.
const NAMING_GPUS: [&str; 2] = ["fgd", "random-node"];

/// The pilots of a scenario.
pub(super) fn pilots(seed: u64) -> Vec<Pilot> {
    let mut luck = Stream::new(seed, &[Part::Name("selftest")]);
    vec![
        composed(seed, &mut luck),
        composed(seed, &mut luck),
        whole(seed, &mut luck),
        wild(seed),
    ]
}

/// One entry of a part of the registry.
fn any<T: ?Sized>(entries: &'static [Entry<T>], luck: &mut Stream) -> &'static Entry<T> {
    let position = luck.below(convert::wide(entries.len()));
    &entries[usize::try_from(position).expect("below a length")]
}

fn plain<T: ?Sized>(entry: &'static Entry<T>) -> Params {
    Params::check(entry.params, &[]).expect("defaults are sound")
}

fn composed(seed: u64, luck: &mut Stream) -> Pilot {
    let (order, admit, place) = (
        any(ORDERS, luck),
        any(ADMISSIONS, luck),
        any(PLACEMENTS, luck),
    );
    let (preempt, buy) = (any(PREEMPTIONS, luck), any(BUYERS, luck));
    let (guard, hours, scale) = (any(GUARDS, luck), any(HOURS, luck), any(SCALES, luck));
    let (pace, relocate) = (any(PACES, luck), any(RELOCATIONS, luck));
    let replicas = any(REPLICAS, luck);
    let grants = Grants {
        durations: luck.chance(0.3),
        ..Grants::default()
    };
    let setting = Setting {
        seed,
        durations: grants.durations,
        compat: false,
    };
    let kinds = [order.kind, admit.kind, place.kind, preempt.kind, buy.kind];
    let kept = [
        guard.kind,
        hours.kind,
        scale.kind,
        pace.kind,
        relocate.kind,
        replicas.kind,
    ];
    let oversubscribe = any(OVERSUBSCRIPTIONS, luck);
    let kept = [&kept[..], &[oversubscribe.kind]].concat();
    let name = [kinds.join("+"), kept.join("+")].join(" keeping ");
    let rules = [guard, hours, scale, replicas, oversubscribe]
        .map(|rule| (rule.build)(&plain(rule), &setting));
    let policy = Box::new(Composed {
        name: name.clone(),
        order: (order.build)(&plain(order), &setting),
        admit: (admit.build)(&plain(admit), &setting),
        place: (place.build)(&plain(place), &setting),
        preempt: (preempt.build)(&plain(preempt), &setting),
        buy: (buy.build)(&plain(buy), &setting),
        relocate: (relocate.build)(&plain(relocate), &setting),
        keep: Keeping::new(rules, *(pace.build)(&plain(pace), &setting)),
        state: Standing::default(),
    });
    Pilot {
        name,
        grants,
        behaves: true,
        names_gpus: NAMING_GPUS.contains(&place.kind),
        policy,
    }
}

fn whole(seed: u64, luck: &mut Stream) -> Pilot {
    let entry = any(POLICIES, luck);
    let grants = Grants {
        arrivals: true,
        ..Grants::default()
    };
    let setting = Setting {
        seed,
        durations: false,
        compat: false,
    };
    let policy = (entry.build)(&plain(entry), &setting);
    Pilot {
        name: entry.kind.to_owned(),
        grants,
        behaves: true,
        names_gpus: true,
        policy,
    }
}

fn wild(seed: u64) -> Pilot {
    let policy = Box::new(Wild::new(seed));
    Pilot {
        name: "wild".to_owned(),
        grants: Grants::default(),
        behaves: false,
        names_gpus: true,
        policy,
    }
}
