//! What a row of an oracle is about.

use sim_core::serve::Law;
use sim_core::serve::theory::{Parallel, hits_lru, zipf};

use super::estimate::Estimate;
use super::{Effort, caches, queues};
use crate::conform::cases::Case;
use crate::conform::row::Row;

/// What a row is about; its time unit is a mean service, or the mean time between two requests of a cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Model {
    /// M/M/c.
    Parallel { servers: u32, load: f64 },
    /// M/G/1.
    Single { load: f64, law: Law },
    /// M/D^[1..b]/1.
    Bulk { size: u32, rate: f64 },
    /// Requests by Zipf's law for what a cache holds.
    Cache {
        items: u32,
        exponent: f64,
        held: Held,
    },
}

/// What a cache holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Held {
    /// So many items, those used last.
    Capacity(u32),
    /// All for so long from their last use.
    SinceAccess(f64),
    /// All for so long from when they were put there.
    SinceInsert(f64),
}

/// Services by the models' names, in the words of the cases.
const LAWS: [(&str, &str, Law); 4] = [
    ("M/D/1", "constant 1", Law::Constant),
    ("M/E4/1", "Erlang-4", Law::Erlang(4)),
    ("M/M/1", "exponential", Law::Exponential),
    (
        "M/H2/1 cs2=4",
        "any two-phase hyperexponential with squared coefficient of variation 4",
        Law::Hyperexponential(4.0),
    ),
];

impl Model {
    pub(super) fn of(case: &Case, row: &Row<'_>) -> Result<Self, String> {
        let cache = |held| {
            Ok(Self::Cache {
                items: row.must("n_items")?,
                exponent: row.must("zipf_s")?,
                held,
            })
        };
        let ttl = "characteristic_time_or_ttl";
        match case.policy.as_str() {
            "M/M/c" => Ok(Self::Parallel {
                servers: row.must("c")?,
                load: row.must("rho")?,
            }),
            "M/G/1" => Ok(Self::Single {
                load: row.must("rho")?,
                law: law(case, row)?,
            }),
            "M/D^[1..b]/1" => Ok(Self::Bulk {
                size: row.must("max_batch_b")?,
                rate: row.must("arrival_rate")?,
            }),
            "LRU_che" => cache(Held::Capacity(row.must("capacity")?)),
            "TTL_reset_on_access" => cache(Held::SinceAccess(row.must(ttl)?)),
            "TTL_fixed_from_insert" => cache(Held::SinceInsert(row.must(ttl)?)),
            other => Err(format!("policy {other}: not known to this family")),
        }
    }

    /// Load of a server; none of a cache.
    pub(super) fn load(&self) -> f64 {
        match *self {
            Self::Parallel { load, .. } | Self::Single { load, .. } => load,
            Self::Bulk { size, rate } => rate / f64::from(size),
            Self::Cache { .. } => 0.0,
        }
    }

    /// Probability of having to wait; of a bulk queue, that somebody does.
    pub(super) fn waiting(&self) -> f64 {
        match *self {
            Self::Parallel { servers, load } => {
                Parallel::new(servers, load * f64::from(servers)).waiting()
            }
            Self::Single { load, .. } => load,
            Self::Bulk { .. } => 1.0,
            Self::Cache { .. } => 0.0,
        }
    }

    /// The hit ratio of a cache of one item, where Che's approximation misses it by more than the tolerance: that of asking
    /// twice in a row for the same.
    pub(super) fn exact(&self, tolerance: f64) -> Option<f64> {
        let Self::Cache {
            items,
            exponent,
            held: Held::Capacity(1),
        } = *self
        else {
            return None;
        };
        let rates = zipf(items, exponent);
        let twice: f64 = rates.iter().map(|rate| rate * rate).sum();
        let (_, approximate) = hits_lru(&rates, 1);
        ((twice - approximate).abs() > tolerance).then_some(twice)
    }

    /// Estimates of these columns, under the luck of this name.
    pub(super) fn simulate(
        &self,
        name: &str,
        columns: &[&str],
        effort: Effort,
    ) -> Result<Vec<Estimate>, String> {
        match *self {
            Self::Parallel { .. } | Self::Single { .. } | Self::Bulk { .. } => {
                queues::simulate(self, name, columns, effort)
            }
            Self::Cache {
                items,
                exponent,
                held,
            } => caches::simulate((items, exponent), held, name, effort),
        }
    }
}

/// The law that a model's name, and the case where it says so, give its services.
fn law(case: &Case, row: &Row<'_>) -> Result<Law, String> {
    let model = row.text("model")?;
    let known = LAWS.iter().find(|(name, _, _)| *name == model);
    let (_, words, law) = known.ok_or_else(|| format!("model {model}: not known"))?;
    let said = case
        .options
        .get("services")
        .and_then(|services| services.get(model));
    if said.is_some_and(|said| said.as_str() != Some(words)) {
        return Err(format!("services.\"{model}\": only \"{words}\" is known"));
    }
    let squared: f64 = row.must("cs2")?;
    if (squared - law.squared_variation()).abs() > 1e-12 {
        return Err(format!("cs2: {squared}: not that of \"{words}\""));
    }
    Ok(*law)
}
