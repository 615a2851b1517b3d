//! A policy of the comparison, and what makes one for each run.

use std::fmt;
use std::sync::Arc;

use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::learned::{Actor, Learned, Process, Widths};
use policies::params::Params;
use policies::place::Scales;
use policies::registry::{
    ADMISSIONS, BUYERS, Claims, GUARDS, HEADS, HOURS, ORDERS, OVERSUBSCRIPTIONS, PACES, PLACEMENTS,
    POLICIES, PREEMPTIONS, RELOCATIONS, REPLICAS, SCALES, Setting, find,
};
use sim_core::engine::{Grants, Policy};

use crate::schema::{Part, Place};

/// Parts of a composed policy.
pub(super) const SEAMS: usize = 12;

/// A policy of the comparison.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Its name.
    pub name: String,
    /// Where the scenario names it.
    pub place: Place,
    /// What it may know beyond what a real scheduler sees.
    pub grants: Grants,
    /// What it is told of durations, where that is not what the workload says.
    pub estimate: Option<Part>,
    /// What the reader must be told: peeking, compatibility.
    pub knows: Knows,
    /// Whether it draws.
    pub draws: bool,
    pub(super) claims: Claims,
    pub(super) make: Make,
}

/// What a table says about a policy beside its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knows {
    /// What it peeks at, in words; empty if nothing.
    pub peeks: Vec<String>,
    /// The simulator whose ways it keeps.
    pub compat: Option<String>,
}

/// How a policy is made.
#[derive(Clone, Debug)]
pub(super) enum Make {
    Composed(Parts),
    Learned {
        /// What is asked.
        head: &'static str,
        params: Params,
        parts: Parts,
        agent: Option<Agent>,
    },
    Named {
        kind: &'static str,
        params: Params,
    },
}

/// Parts of a composed policy, by seam.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) kinds: [&'static str; SEAMS],
    pub(super) params: Vec<Params>,
}

/// Who answers.
#[derive(Clone)]
pub(super) struct Agent(pub(super) Arc<dyn Actor>);

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Agent")
    }
}

impl Parts {
    /// A composed policy of this name.
    fn compose(&self, name: &str, setting: &Setting, scales: Option<Scales>) -> Composed {
        let Self { kinds, params } = self;
        Composed {
            name: name.to_owned(),
            order: (find(ORDERS, kinds[0]).expect("checked").build)(&params[0], setting),
            admit: (find(ADMISSIONS, kinds[1]).expect("checked").build)(&params[1], setting),
            place: (find(PLACEMENTS, kinds[2]).expect("checked").build)(&params[2], setting),
            preempt: (find(PREEMPTIONS, kinds[3]).expect("checked").build)(&params[3], setting),
            buy: (find(BUYERS, kinds[4]).expect("checked").build)(&params[4], setting),
            relocate: (find(RELOCATIONS, kinds[9]).expect("checked").build)(&params[9], setting),
            keep: self.keeping(setting),
            state: Standing::weighing(scales),
        }
    }

    /// What it keeps: the guard first, so that a morning's machines are not bought with money that is gone.
    fn keeping(&self, setting: &Setting) -> Keeping {
        let Self { kinds, params } = self;
        let rules = [
            (GUARDS, 5),
            (HOURS, 6),
            (SCALES, 7),
            (REPLICAS, 10),
            (OVERSUBSCRIPTIONS, 11),
        ];
        let rules = rules.map(|(entries, seam)| {
            (find(entries, kinds[seam]).expect("checked").build)(&params[seam], setting)
        });
        let pace = find(PACES, kinds[8]).expect("checked");
        Keeping::new(rules, *(pace.build)(&params[8], setting))
    }
}

/// How a head asks.
pub(super) struct Asking {
    /// What its questions are like.
    pub(super) widths: Widths,
    /// Whether it is built on other parts.
    pub(super) composes: bool,
}

/// How a head would ask within a policy of these parts.
pub(super) fn asking((head, params): (&str, &Params), parts: &Parts) -> Asking {
    let setting = Setting {
        seed: 0,
        durations: false,
        compat: false,
    };
    let head = (find(HEADS, head).expect("checked").build)(params, &setting);
    Asking {
        composes: head.composes(),
        widths: head.lead(parts.compose("", &setting, None)).widths(),
    }
}

impl Contender {
    /// A policy for one run.
    pub fn policy(&self, seed: u64) -> Box<dyn Policy + Send> {
        self.weighing(seed, None)
    }

    /// The same; a composed one tells what its placement makes of the nodes for each job that it starts.
    pub fn weighing(&self, seed: u64, scales: Option<Scales>) -> Box<dyn Policy + Send> {
        let setting = self.setting(seed);
        match &self.make {
            Make::Composed(parts) => Box::new(parts.compose(&self.name, &setting, scales)),
            Make::Learned {
                head,
                params,
                parts,
                agent,
            } => {
                let head = (find(HEADS, head).expect("checked").build)(params, &setting);
                let composed = parts.compose(&self.name, &setting, scales);
                match agent {
                    Some(agent) => Box::new(Learned::new(head.lead(composed), agent.0.fork())),
                    None => head.heuristic(composed),
                }
            }
            Make::Named { kind, params } => {
                (find(POLICIES, kind).expect("checked").build)(params, &setting)
            }
        }
    }

    /// What a learned policy asks in a run, for whoever answers; nothing of others.
    pub fn process(&self, seed: u64) -> Option<Box<dyn Process>> {
        let Make::Learned {
            head,
            params,
            parts,
            ..
        } = &self.make
        else {
            return None;
        };
        let setting = self.setting(seed);
        let head = (find(HEADS, head).expect("checked").build)(params, &setting);
        Some(head.lead(parts.compose(&self.name, &setting, None)))
    }

    /// What a learned policy asks, by name; nothing of others.
    pub fn head(&self) -> Option<&'static str> {
        match &self.make {
            Make::Learned { head, .. } => Some(head),
            Make::Composed(_) | Make::Named { .. } => None,
        }
    }

    fn setting(&self, seed: u64) -> Setting {
        Setting {
            seed,
            durations: self.grants.durations,
            compat: self.knows.compat.is_some(),
        }
    }

    /// Whether every job must have an estimate: true durations serve as well, for an order by remaining time alone.
    pub fn needs_estimate(&self) -> bool {
        let by_truth = match &self.make {
            Make::Composed(Parts { kinds, .. })
            | Make::Learned {
                parts: Parts { kinds, .. },
                ..
            } => {
                let admits = find(ADMISSIONS, kinds[1]).is_some_and(|entry| entry.claims.estimate);
                kinds[0] == "srtf" && self.grants.durations && !admits
            }
            Make::Named { .. } => false,
        };
        self.claims.estimate && !by_truth
    }
}
