//! The slowdown of jobs that share a GPU: pairs of names become pairs of labels, which the jobs of a class and kind bear.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::course::{Pairing, Slowdown, UNIT_RATE};
use sim_core::engine::World;
use sim_core::units::{ModelId, convert};
use traces::{PairRow, Source, import_pairs};

use super::speeds::SpeedTable;
use super::{BuildError, files};
use crate::schema::{Diagnostic, PairSpec, Scenario};

/// The names that jobs bear: of a workload with a table of speeds the kinds of that, of another its own.
struct Labels {
    /// By class and kind.
    of: Vec<Vec<Option<u16>>>,
    numbers: BTreeMap<String, u16>,
}

/// The table of a scenario, if it has one; reasons why not are left there.
pub(super) fn of(
    scenario: &Scenario,
    tables: &[Option<SpeedTable>],
    world: &World,
    reasons: &mut Vec<Diagnostic>,
) -> Result<Option<Arc<Slowdown>>, BuildError> {
    let Some(sharing) = &scenario.sharing else {
        return Ok(None);
    };
    let labels = Labels::of(scenario, tables);
    let mut pairs = BTreeMap::new();
    if let Some(file) = &sharing.file {
        let source = Source::new(&file.value.written, files::open(&file.value)?);
        let rows = import_pairs(source).map_err(BuildError::Trace)?;
        let rows = rows.iter().filter_map(|row| measured(row, &labels, world));
        pairs.extend(rows.map(|pair| (key(&pair), pair)));
    }
    let rows = written(&sharing.rows, &labels, world, reasons);
    pairs.extend(rows.into_iter().map(|pair| (key(&pair), pair)));
    let pairs = pairs.into_values().collect();
    Ok(reasons
        .is_empty()
        .then(|| Arc::new(Slowdown::new(labels.of, pairs))))
}

fn key(pair: &Pairing) -> (u16, u16, ModelId, u32) {
    (pair.own, pair.beside, pair.model, pair.gpus)
}

impl Labels {
    fn of(scenario: &Scenario, tables: &[Option<SpeedTable>]) -> Self {
        let mut numbers = BTreeMap::new();
        let mut of = Vec::new();
        let workloads = scenario.workloads.iter().zip(tables);
        let workloads = workloads.map(|(own, table)| (&own.name.value, table.as_ref()));
        // A class for each set of a service, as the world has it.
        let services = scenario.services.iter().flat_map(|own| {
            let sets = own.replicas.iter();
            sets.map(move |_| (&own.name.value, None))
        });
        for (name, table) in workloads.chain(services) {
            let name = std::slice::from_ref(name);
            let names = table.map_or(name, SpeedTable::kinds);
            let labels = names.iter().map(|name| {
                let next = numbers.len();
                let number = numbers.entry(name.clone()).or_insert(next);
                u16::try_from(*number).ok()
            });
            of.push(labels.collect());
        }
        let numbers = numbers.into_iter();
        let numbers =
            numbers.filter_map(|(name, number)| Some((name, u16::try_from(number).ok()?)));
        Self {
            of,
            numbers: numbers.collect(),
        }
    }
}

/// A pair of a file, if it is of the scenario.
fn measured(row: &PairRow, labels: &Labels, world: &World) -> Option<Pairing> {
    Some(Pairing {
        own: *labels.numbers.get(&row.kind)?,
        beside: *labels.numbers.get(&row.beside)?,
        model: model(world, &row.model)?,
        gpus: row.gpus,
        factor_ppb: ppb(row.steps_s / row.alone_s),
        steps_s: Some(row.steps_s),
    })
}

/// Pairs of the scenario: what is said of a GPU model holds there, and what is said of any on the others.
fn written(
    rows: &[PairSpec],
    labels: &Labels,
    world: &World,
    reasons: &mut Vec<Diagnostic>,
) -> Vec<Pairing> {
    let mut found: BTreeMap<(bool, u16, u16, u16, u32), u64> = BTreeMap::new();
    for row in rows {
        let mut number = |at: usize| {
            let kind = &row.kinds[at];
            let number = labels.numbers.get(&kind.value).copied();
            if number.is_none() {
                let rule = "no workload and no kind of its table of speeds is called so";
                let names: Vec<&str> = labels.numbers.keys().map(String::as_str).collect();
                let remedy = format!("name one of {}", names.join(", "));
                reasons.push(Diagnostic::new(kind.place, &kind.value, rule).or(remedy));
            }
            number
        };
        let (one, other) = (number(0), number(1));
        let models: Vec<u16> = match &row.model {
            None => (0..).take(world.models.len()).collect(),
            Some(name) => {
                let known = model(world, &name.value);
                if known.is_none() {
                    let rule = "no fleet has this GPU model";
                    let remedy = "correct it, or remove the pair";
                    reasons.push(Diagnostic::new(name.place, &name.value, rule).or(remedy));
                }
                known.map(|model| model.0).into_iter().collect()
            }
        };
        let (Some(one), Some(other)) = (one, other) else {
            continue;
        };
        let mut twice = false;
        for model in models {
            let mut insert = |own, beside, rate| {
                let key = (row.model.is_some(), own, beside, model, row.gpus);
                twice |= found.insert(key, ppb(rate)).is_some();
            };
            insert(one, other, row.rates[0]);
            if one != other {
                insert(other, one, row.rates[1]);
            }
        }
        if twice {
            let shown = row.kinds.each_ref().map(|kind| kind.value.as_str());
            let rule = "a pair stands once";
            let reason = Diagnostic::new(row.place, shown.join(" beside "), rule);
            reasons.push(reason.or("remove one"));
        }
    }
    let pair =
        |(&(named, own, beside, model, gpus), &factor_ppb): (&(bool, u16, u16, u16, u32), _)| {
            let hidden = !named && found.contains_key(&(true, own, beside, model, gpus));
            (!hidden).then_some(Pairing {
                own,
                beside,
                model: ModelId(model),
                gpus,
                factor_ppb,
                steps_s: None,
            })
        };
    found.iter().filter_map(pair).collect()
}

fn model(world: &World, name: &str) -> Option<ModelId> {
    let position = world.models.iter().position(|known| known == name)?;
    Some(ModelId(u16::try_from(position).ok()?))
}

/// A factor in parts per billion, to the nearest.
fn ppb(factor: f64) -> u64 {
    convert::floor(factor * convert::real(UNIT_RATE) + 0.5)
}
