//! `[[policy]]`: who decides, and what it is allowed to know.

use std::collections::BTreeSet;

use super::path::DataPath;
use super::place::Spanned;
use super::spec::Seam;
use super::value::{Part, Value};

/// A policy: a composition of parts, or one of the registry's own.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicySpec {
    /// What tables and reports call it.
    pub name: Spanned<String>,
    /// How it decides.
    pub kind: PolicyKind,
    /// What it is allowed to know that a real scheduler would not.
    pub clairvoyant: BTreeSet<Knowledge>,
    /// What it is told of a job's duration, in place of what the workloads say.
    pub estimate: Option<Part>,
    /// The published simulator whose ways it keeps.
    pub compat: Option<Spanned<String>>,
    /// What it brings along: paths of the scenario with other values, as written.
    pub with: Option<Value>,
}

/// How a policy decides.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyKind {
    /// By parts, each of one method; where one is absent the registry's default stands.
    Composed(Composed),
    /// By what an agent answers.
    Learned(Learned),
    /// By a name of the registry, with parameters that the registry checks.
    Named(Part),
}

/// A policy whose choices an agent makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// What the agent is asked.
    pub asks: Part,
    /// The agent; nobody: what it is built on has its way.
    pub file: Option<Spanned<DataPath>>,
    /// What it is built on; nothing for what looks after each job by itself.
    pub composed: Composed,
}

/// The parts of a composed policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Composed {
    /// Which job comes first.
    pub order: Option<Part>,
    /// Who may start when the first cannot.
    pub admit: Option<Part>,
    /// On which nodes.
    pub place: Option<Part>,
    /// Who makes way.
    pub preempt: Option<Part>,
    /// How many machines are held.
    pub buy: Option<Part>,
    /// Which running jobs go on elsewhere.
    pub relocate: Option<Part>,
    /// What guards the budget.
    pub guard: Option<Part>,
    /// When fleets are open.
    pub hours: Option<Part>,
    /// How large elastic jobs are.
    pub scale: Option<Part>,
    /// How often checkpoints are written.
    pub pace: Option<Part>,
    /// How many replicas services have.
    pub replicas: Option<Part>,
    /// How long jobs may lie beside replicas.
    pub oversubscribe: Option<Part>,
}

/// Something that no real scheduler knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Knowledge {
    /// How long each job takes.
    Durations,
    /// What prices will be.
    Prices,
    /// When machines will be taken away.
    Reclaims,
    /// What will be submitted.
    Arrivals,
}

impl Knowledge {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 4] = [
        Self::Durations,
        Self::Prices,
        Self::Reclaims,
        Self::Arrivals,
    ];

    /// Its name in a scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Durations => "durations",
            Self::Prices => "prices",
            Self::Reclaims => "reclaims",
            Self::Arrivals => "arrivals",
        }
    }
}

impl Composed {
    /// The parts that are there, each with its seam.
    pub fn parts(&self) -> Vec<(Seam, &Part)> {
        let all = [
            (Seam::Order, &self.order),
            (Seam::Admit, &self.admit),
            (Seam::Place, &self.place),
            (Seam::Preempt, &self.preempt),
            (Seam::Buy, &self.buy),
            (Seam::Move, &self.relocate),
            (Seam::Guard, &self.guard),
            (Seam::Hours, &self.hours),
            (Seam::Scale, &self.scale),
            (Seam::Pace, &self.pace),
            (Seam::Replicas, &self.replicas),
            (Seam::Oversubscribe, &self.oversubscribe),
        ];
        let present = all.into_iter();
        present
            .filter_map(|(seam, part)| Some((seam, part.as_ref()?)))
            .collect()
    }
}
