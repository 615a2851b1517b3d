//! `[[fleet]]`: machines of one kind, in one zone and one market.

use sim_core::model::{Market, Terms};
use sim_core::units::{Price, SimTime, Span};
use sim_core::world::{BootTime, Lifetime};

use super::commitment::OwnershipSpec;
use super::curve::{NodeSource, PriceSource};
use super::mig::Geometry;
use super::path::DataPath;
use super::place::Spanned;
use super::value::Value;

/// Machines of one kind, in one zone and one market.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// What tables and policies call it.
    pub name: Spanned<String>,
    /// Which machines, and how many.
    pub machines: Machines,
    /// How their GPUs are partitioned, if they are.
    pub mig: Option<Spanned<Geometry>>,
    /// The zone they stand in; fleets that name the same zone share it.
    pub zone: Spanned<String>,
    /// Nodes per rack, numbered in the order of the slots; without it the fleet is one rack.
    pub rack_size: Option<Spanned<u32>>,
    /// Who pays for them, and when.
    pub market: Spanned<Market>,
    /// Price of one node; free in the market "owned" unless stated.
    pub price: Spanned<PriceSource>,
    /// How many nodes can be had; when it falls below what is held, machines are taken away.
    pub availability: Option<Spanned<NodeSource>>,
    /// How what is held is charged.
    pub terms: Terms,
    /// What owning costs.
    pub ownership: Option<OwnershipSpec>,
    /// Most that is paid; at a higher price none can be had.
    pub bid: Option<Spanned<Price>>,
    /// Warning before a machine is taken away.
    pub notice: Spanned<Span>,
    /// From the request of a node to its readiness.
    pub boot: Spanned<Span>,
    /// Whether policies see how many nodes can be had.
    pub visible: bool,
    /// Quotas that the machines count against, beside those that name the fleet.
    pub quotas: Vec<Spanned<String>>,
    /// What may go wrong with the machines.
    pub risk: RiskSpec,
    /// Keys that are printed as they were written.
    pub written: Vec<(String, Value)>,
}

/// What may go wrong with the machines of a fleet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RiskSpec {
    /// Law of boot times.
    pub boot: Option<BootTime>,
    /// When the provider takes machines back, each for itself.
    pub lifetime: Option<Lifetime>,
    /// The same by the lifetimes in a file.
    pub measured: Option<MeasuredSpec>,
    /// When it takes back many at once.
    pub shocks: Option<ShockSpec>,
    /// How often a notice is looked for.
    pub poll: Span,
    /// How long before the loss of a machine the provider advises to leave it.
    pub advice: Span,
    /// Share of launches that come up.
    pub launch: Option<f64>,
    /// When machines break, and how long a repair takes.
    pub failure: Option<(Lifetime, Option<Span>)>,
}

/// Lifetimes of machines in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredSpec {
    /// Name of the format.
    pub format: Spanned<String>,
    /// The file.
    pub file: Spanned<DataPath>,
    /// Only machines that have this among their names.
    pub label: Option<String>,
    /// Whether only those count that the provider ended.
    pub only_ended: bool,
}

/// Shocks of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct ShockSpec {
    /// Mean time between them.
    pub every: Span,
    /// Probability that one takes everything.
    pub total: f64,
    /// Mean fraction that another takes.
    pub partial: f64,
}

/// Which machines a fleet has.
#[derive(Clone, Debug, PartialEq)]
pub enum Machines {
    /// Equal nodes.
    Alike {
        /// What one node is.
        instance: Spanned<InstanceType>,
        /// How many there are.
        size: Size,
    },
    /// The nodes that a file lists, all of them always there.
    Listed {
        /// Name of the format, such as "openb-nodes".
        format: Spanned<String>,
        /// The file.
        file: Spanned<DataPath>,
    },
}

/// How many nodes a fleet has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Always this many, at least 1.
    Fixed(Spanned<u32>),
    /// Between two bounds, as the policy buys: `min <= max`, `max >= 1`.
    Elastic {
        /// Held whether used or not.
        min: Spanned<u32>,
        /// Never more.
        max: Spanned<u32>,
    },
}

/// What one node is.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceType {
    /// Catalogue name; an inline table may have one too.
    pub name: Option<String>,
    /// GPUs of a node; 0 for a machine without.
    pub gpus: u32,
    /// GPU model, such as "V100"; absent exactly where `gpus` is 0.
    pub gpu: Option<String>,
    /// Memory of one GPU, where known.
    pub gpu_memory: Option<Bytes>,
    /// Power of the machine in full use, where known.
    pub watts: Option<u32>,
    /// Virtual CPUs; `None` does not constrain.
    pub cpus: Option<u32>,
    /// Main memory; `None` does not constrain.
    pub memory: Option<Bytes>,
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// A quantity that changes at given instants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps<T> {
    /// Instants, strictly ascending, the first of them zero, each with what holds from then on.
    pub steps: Vec<(SimTime, T)>,
}

impl Machines {
    /// The most nodes there can be; `None` where a file says.
    pub const fn most(&self) -> Option<u32> {
        match self {
            Self::Alike {
                size: Size::Fixed(most) | Size::Elastic { max: most, .. },
                ..
            } => Some(most.value),
            Self::Listed { .. } => None,
        }
    }
}

impl<T> Steps<T> {
    /// The same value for ever.
    pub fn constant(value: T) -> Self {
        Self {
            steps: vec![(SimTime::ZERO, value)],
        }
    }
}
