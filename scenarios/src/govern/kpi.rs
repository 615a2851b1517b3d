//! The figures by which a cluster is run, each with what it is.

use sim_core::books::Kind;
use sim_core::units::{Money, convert};
use sim_core::watch::Record;

use super::{Reaction, Shown, attribution_error, reactions};
use crate::build::Experiment;
use crate::experiment::flight::{Flight, window};
use crate::experiment::money::{self, Purpose, items};
use crate::experiment::number::real_i128;
use crate::stats::quantile;

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Kpi {
    /// Its name.
    pub name: &'static str,
    /// What it is; none where there is nothing to measure it on.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: &'static str,
    /// How it is computed, and on how much.
    pub how: String,
}

/// The figures of a flight, beside that of the baseline on the same seed.
pub fn kpis(
    (experiment, flight): (&Experiment, &Flight),
    (base, baseline): (&str, &Flight),
    shown: &[Shown],
) -> Vec<Kpi> {
    let record = &flight.record;
    let (own, theirs) = (waste(record), waste(&baseline.record));
    let dollars = |amount: Money| real_i128(amount.nanousd()) / 1e9;
    let total = dollars(record.ledger.bill().total());
    let error = attribution_error(shown, record);
    let kpi = |name, value, unit, how: String| Kpi {
        name,
        value,
        unit,
        how,
    };
    let mut all = vec![
        kpi("spend", Some(total), "$", "the whole bill".into()),
        kpi(
            "waste",
            Some(dollars(own)),
            "$",
            "machines idle or booting, unused commitments, and work that was lost".into(),
        ),
        kpi(
            "waste recovered",
            Some(dollars(theirs - own)),
            "$",
            format!("waste of {base} less waste of this policy, on the same seed"),
        ),
        kpi(
            "attribution error",
            Some(dollars(error)),
            "$",
            "what payers are shown less the bill, the worst of all dimensions and stretches".into(),
        ),
    ];
    all.extend(latency(experiment, flight));
    all.extend(reaction(&reactions(experiment, flight)));
    let spot = items(record).into_iter();
    let spot = spot.filter(|item| money::market_name(&experiment.world, item.source) == "spot");
    let spot = dollars(spot.map(|item| item.amount).sum());
    all.push(kpi(
        "spot share",
        (total > 0.0).then(|| 100.0 * spot / total),
        "%",
        "of the bill, what was paid for spot machines".into(),
    ));
    all
}

/// What was paid for nothing.
fn waste(record: &Record) -> Money {
    let wasted = |item: &money::Item| {
        let purpose = Purpose::of(item);
        matches!(
            purpose,
            Purpose::Idle | Purpose::Boot | Purpose::Lost | Purpose::Unused
        ) && item.kind != Kind::Credit
    };
    items(record)
        .iter()
        .filter(|item| wasted(item))
        .map(|item| item.amount)
        .sum()
}

/// From when a job could run to when it did: from its submission to its first start, of jobs that count.
fn latency(experiment: &Experiment, flight: &Flight) -> Vec<Kpi> {
    let window = window(experiment);
    let rows = flight.record.rows.iter();
    let counted = rows.filter(|row| window.counts(row, flight.record.end));
    let waits = counted.filter_map(|row| Some(row.start.get()?.since(row.submit)));
    let mut seconds: Vec<f64> = waits.map(|wait| convert::real(wait.us()) / 1e6).collect();
    seconds.sort_by(f64::total_cmp);
    [
        ("scheduling latency p50", 0.5),
        ("scheduling latency p95", 0.95),
    ]
    .map(|(name, q)| Kpi {
        name,
        value: quantile(&seconds, q),
        unit: "s",
        how: format!(
            "from submission to first start, of {} jobs that started",
            seconds.len()
        ),
    })
    .to_vec()
}

fn reaction(reactions: &[Reaction]) -> Vec<Kpi> {
    let after = reactions.iter().filter_map(|reaction| reaction.after);
    let mut seconds: Vec<f64> = after.map(|after| convert::real(after.us()) / 1e6).collect();
    seconds.sort_by(f64::total_cmp);
    let never = reactions.len() - seconds.len();
    [("reclaim reaction p50", 0.5), ("reclaim reaction p95", 0.95)]
        .map(|(name, q)| Kpi {
            name,
            value: quantile(&seconds, q),
            unit: "s",
            how: format!(
                "from the notice to other machines, of {} jobs on machines that were taken away; {never} more never came back",
                seconds.len()
            ),
        })
        .to_vec()
}
