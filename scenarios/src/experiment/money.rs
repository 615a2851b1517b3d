//! Where the money went: the lines of a bill by market, purpose and payer. All sums are of integers.

use sim_core::books::{Bill, Kind, Source};
use sim_core::engine::World;
use sim_core::model::{Commitment, Market};
use sim_core::units::{ClassId, ModelId, Money, QueueId};
use sim_core::watch::Record;

use crate::build::Experiment;
use crate::schema::{Fleet, Workload};

/// What one payer pays of one line of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is paid for.
    pub source: Source,
    /// What for.
    pub kind: Kind,
    /// The jobs of a workload of a tenant; none for what no job claims.
    pub by: Option<(QueueId, ClassId)>,
    /// How much.
    pub amount: Money,
}

/// What a payer may be. Each splits a bill among payers that together pay all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// The queue.
    Team,
    /// The workload.
    Workload,
    /// The model of the GPUs that are paid for.
    Model,
    /// All tags of a workload but the project, together: one payer, since no split among several would be more than a guess.
    Tag,
    /// The tag `project:NAME`, the first one if there are several.
    Project,
}

/// What money is for, as a figure and a table tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Work that was kept.
    Work,
    /// Machines that a commitment covers, whatever is done on them.
    Covered,
    /// Setting up.
    Restore,
    /// Writing checkpoints, and waiting for data.
    Checkpoints,
    /// Work that was lost.
    Lost,
    /// Machines that boot.
    Boot,
    /// Machines held and not used, and what granularity adds.
    Idle,
    /// Commitments that nobody used.
    Unused,
    /// Fees, and what owning costs.
    Standing,
    /// Bytes kept, requests to stores, and what was left over.
    Storage,
    /// Bytes moved.
    Egress,
    /// What is let off.
    Credit,
}

/// What nobody claims, and what has no tag.
const NOBODY: &str = "(nobody)";
const NONE: &str = "(none)";

/// The items of a bill, by line and payer.
pub fn items(record: &Record) -> Vec<Item> {
    items_of(record.ledger.bill(), &record.paid)
}

/// The same of a bill as it stood at an instant.
pub fn items_of(bill: &Bill, paid: &[sim_core::books::Paid<(QueueId, ClassId)>]) -> Vec<Item> {
    let lines = bill.lines();
    let item = |paid: &sim_core::books::Paid<(QueueId, ClassId)>| Item {
        source: lines[paid.line].source,
        kind: lines[paid.line].kind,
        by: paid.by,
        amount: paid.amount,
    };
    paid.iter().map(item).collect()
}

/// How a source is paid for, if it is a machine or a commitment to some.
pub fn market(world: &World, source: Source) -> Option<Market> {
    match source {
        Source::Offering(offering) => Some(world.offerings[offering.index()].market),
        Source::Covered(at, _) | Source::Commitment(at) => {
            Some(match &world.commitments[usize::from(at)] {
                Commitment::Reserved(reservation) => reservation.market,
                Commitment::Owned(_) => Market::Owned,
            })
        }
        Source::Store(_) | Source::Route(_) | Source::Leftover(_) => None,
    }
}

/// The market of a source in tables; what is no machine goes by what it is.
pub fn market_name(world: &World, source: Source) -> &'static str {
    match (market(world, source), source) {
        (Some(market), _) => market.name(),
        (None, Source::Route(_)) => "network",
        (None, Source::Leftover(_)) => "leftovers",
        (None, _) => "storage",
    }
}

/// The offering that a source is about, if it is one alone.
fn offering(world: &World, source: Source) -> Option<usize> {
    match source {
        Source::Offering(offering) | Source::Covered(_, offering) => Some(offering.index()),
        Source::Commitment(at) => match &world.commitments[usize::from(at)] {
            Commitment::Reserved(reservation) => match reservation.covers.as_slice() {
                [one] => Some(one.index()),
                _ => None,
            },
            Commitment::Owned(owned) => Some(owned.offering.index()),
        },
        Source::Store(_) | Source::Route(_) | Source::Leftover(_) => None,
    }
}

/// What a source is called in the scenario: a fleet, a reservation, a store, a thing that is left over; a route goes by the
/// store that bytes leave.
pub fn source_name(experiment: &Experiment, source: Source) -> &str {
    let scenario = &experiment.loaded.scenario;
    match source {
        Source::Offering(_) => fleet_name(&experiment.world, source),
        // Reservations come before what is owned.
        Source::Covered(at, _) | Source::Commitment(at) => {
            let reserved = scenario.reservations.get(usize::from(at));
            reserved.map_or_else(
                || fleet_name(&experiment.world, source),
                |reserved| &reserved.name.value,
            )
        }
        Source::Store(at) | Source::Route(at) => &scenario.storage[usize::from(at)].name.value,
        Source::Leftover(at) => &scenario.leftovers[usize::from(at)].name.value,
    }
}

/// The zone of a source; empty for what is in none, or in several.
pub fn zone_name(experiment: &Experiment, source: Source) -> &str {
    match source {
        Source::Offering(_) | Source::Covered(..) | Source::Commitment(_) => {
            fleet(experiment, source).map_or("", |fleet| &fleet.zone.value)
        }
        Source::Store(at) | Source::Route(at) => {
            let store = &experiment.loaded.scenario.storage[usize::from(at)];
            store.zone.as_ref().map_or("", |zone| &zone.value)
        }
        Source::Leftover(_) => "",
    }
}

/// The fleet of a source as tables name it; empty for what is of none.
pub fn fleet_name(world: &World, source: Source) -> &str {
    offering(world, source).map_or("", |at| &world.offerings[at].name)
}

/// The fleet of a source as the scenario has it. One that a file lists has an offering for each shape, named after it.
pub fn fleet(experiment: &Experiment, source: Source) -> Option<&Fleet> {
    let name = fleet_name(&experiment.world, source);
    let fleets = &experiment.loaded.scenario.fleets;
    fleets.iter().find(|fleet| {
        let rest = name.strip_prefix(fleet.name.value.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The model of the GPUs that a source is about.
pub fn model_name(world: &World, source: Source) -> &str {
    let model = |at: usize| {
        let ModelId(model) = world.offerings[at].shape.model;
        world.models.get(usize::from(model))
    };
    offering(world, source)
        .and_then(model)
        .map_or(NONE, String::as_str)
}

/// A kind of line, as the bill names it.
pub const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Work => "work",
        Kind::Restore => "restore",
        Kind::Dump => "dump",
        Kind::Lost => "lost work",
        Kind::Stall => "stall",
        Kind::Idle => "idle",
        Kind::Boot => "boot",
        Kind::Rounding => "rounding",
        Kind::Credit => "credit",
        Kind::Commitment => "covered",
        Kind::Unused => "unused commitment",
        Kind::Upfront => "upfront fee",
        Kind::Capex => "capex",
        Kind::Power => "power",
        Kind::Staff => "staff",
        Kind::Egress => "egress",
        Kind::Storage => "storage",
        Kind::Requests => "requests",
        Kind::Leftover => "leftover",
    }
}

impl Purpose {
    /// All, from what money is meant for to what it is lost on.
    pub const ALL: [Self; 12] = [
        Self::Work,
        Self::Covered,
        Self::Restore,
        Self::Checkpoints,
        Self::Lost,
        Self::Boot,
        Self::Idle,
        Self::Unused,
        Self::Standing,
        Self::Storage,
        Self::Egress,
        Self::Credit,
    ];

    /// What an item is for. What the minimum terms of a store add is for storage.
    pub fn of(item: &Item) -> Self {
        let stored = matches!(item.source, Source::Store(_));
        match item.kind {
            Kind::Work => Self::Work,
            Kind::Commitment => Self::Covered,
            Kind::Restore => Self::Restore,
            Kind::Dump | Kind::Stall => Self::Checkpoints,
            Kind::Lost => Self::Lost,
            Kind::Boot => Self::Boot,
            Kind::Rounding if stored => Self::Storage,
            Kind::Idle | Kind::Rounding => Self::Idle,
            Kind::Unused => Self::Unused,
            Kind::Upfront | Kind::Capex | Kind::Power | Kind::Staff => Self::Standing,
            Kind::Storage | Kind::Requests | Kind::Leftover => Self::Storage,
            Kind::Egress => Self::Egress,
            Kind::Credit => Self::Credit,
        }
    }

    /// Its name in figures and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Work => "kept work",
            Self::Covered => "covered by a commitment",
            Self::Restore => "restore",
            Self::Checkpoints => "dump and stall",
            Self::Lost => "lost work",
            Self::Boot => "boot",
            Self::Idle => "idle",
            Self::Unused => "unused commitment",
            Self::Standing => "fees and ownership",
            Self::Storage => "storage",
            Self::Egress => "egress",
            Self::Credit => "credit",
        }
    }
}

impl Dimension {
    /// All, in the order of the tables.
    pub const ALL: [Self; 5] = [
        Self::Team,
        Self::Workload,
        Self::Model,
        Self::Tag,
        Self::Project,
    ];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Workload => "workload",
            Self::Model => "model",
            Self::Tag => "tag",
            Self::Project => "project",
        }
    }

    /// Who pays for an item, in the experiment as the policy had it.
    pub fn payer(self, experiment: &Experiment, item: &Item) -> String {
        if self == Self::Model {
            return model_name(&experiment.world, item.source).to_owned();
        }
        let Some((queue, class)) = item.by else {
            return NOBODY.to_owned();
        };
        if self == Self::Team {
            return team_name(&experiment.world, Some(queue)).to_owned();
        }
        let mut workloads = experiment.loaded.scenario.workloads.iter();
        let Some(workload) = workloads.nth(class.index()) else {
            return match self {
                Self::Team | Self::Workload | Self::Model => {
                    experiment.world.classes[class.index()].name.clone()
                }
                Self::Tag | Self::Project => NONE.to_owned(),
            };
        };
        match self {
            Self::Team | Self::Workload | Self::Model => workload.name.value.clone(),
            Self::Tag => tags(workload),
            Self::Project => {
                let mut projects = workload.tags.iter().filter_map(|tag| project(&tag.value));
                projects.next().unwrap_or(NONE).to_owned()
            }
        }
    }
}

/// A tenant as tables name it, or whoever pays what no job claims.
pub fn team_name(world: &World, queue: Option<QueueId>) -> &str {
    queue.map_or(NOBODY, |queue| {
        let queue = world.queues.get(queue.index());
        queue.map_or(NONE, |queue| queue.name.as_str())
    })
}

fn project(tag: &str) -> Option<&str> {
    tag.strip_prefix("project:")
}

fn tags(workload: &Workload) -> String {
    let tags = workload.tags.iter().map(|tag| tag.value.as_str());
    let tags: Vec<&str> = tags.filter(|tag| project(tag).is_none()).collect();
    if tags.is_empty() {
        NONE.to_owned()
    } else {
        tags.join(" ")
    }
}

/// The sums of amounts by key, in the order in which the keys come first.
pub fn sums<K: PartialEq>(amounts: impl IntoIterator<Item = (K, Money)>) -> Vec<(K, Money)> {
    let mut sums: Vec<(K, Money)> = Vec::new();
    for (key, amount) in amounts {
        match sums.iter_mut().find(|(known, _)| *known == key) {
            Some((_, sum)) => *sum += amount,
            None => sums.push((key, amount)),
        }
    }
    sums
}
