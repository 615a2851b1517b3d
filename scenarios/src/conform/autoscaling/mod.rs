//! Six traces of autoscaling: what scalers cost beside the exact optimum.
//!
//! At the level of rates ([`policies::scale::flight`]): a replica bears one request a second, and rates are scaled so that ten
//! of them bear the mean of the first half; it takes 8 min to start and costs a GPU-hour an hour from when it is asked for.
//! What more replicas would have been needed than serve, in GPU-hours, is a violation, at a penalty of 0.1, 1 and 10 GPU-hours
//! each. Every scaler's parameters are those of a grid that cost least over the first half, at each penalty anew: also who
//! foretells is chosen there. Judged is the second half, against the optimum that knew it all and began with as many as it
//! liked. Ratios below one are impossible.
//!
//! What is found: at penalties of 0.1 and 1 it is best to keep the fewest replicas and to let the rest go, and the grids find
//! that. At 10, scaling ahead is cheaper than all others on the diurnal trace alone; on the others hardly any forecast is
//! better than persistence, and what scales by the load as it is does as well or a little better. So all that is claimed, at
//! all three penalties, is that scaling ahead costs at most a twentieth more than each of the others; not beside HPA on Azure's
//! code trace (15 % more) and beside queue depth on its conversation trace (6 % more).

mod entrants;
mod tape;
mod traces;

use plots::table::{Cell, Table};
use policies::forecast::skill::errors;
use policies::forecast::{Forecaster, Persistence};
use policies::scale::Bounds;
use policies::scale::flight::{Course, fly};
use policies::scale::optimum::{Pool, optimum};
use rayon::prelude::*;
use sim_core::units::convert;

use super::own::Findings;
use super::{Place, Verdict};
use entrants::{Entrant, FAMILIES, PREDICTIVE};
use traces::Trace;

pub(super) use traces::INPUTS;

/// Seconds that a replica takes to start.
const START_S: u64 = 480;
/// A replica for a tick costs so much, and one that is missing one of these.
const COST: u64 = 10;
const PENALTIES: [u64; 3] = [1, 10, 100];
/// What we claim: scaling ahead costs at most so much of what each of the others does, at all three penalties,
const CLAIM: f64 = 1.05;
/// but for these.
const UNCLAIMED: [(&str, &str); 2] = [("azure-code", "hpa"), ("azure-conversation", "queue-depth")];

/// A trace, flown.
struct Judged {
    trace: Trace,
    /// By penalty: cost of the optimum, and, by family, the entrant that was chosen and what it cost beside it.
    rows: Vec<(u64, Vec<(String, f64)>)>,
    /// By forecaster: its skill against persistence over the second half.
    skills: Vec<(&'static str, Option<f64>)>,
}

pub(super) fn run(place: &Place<'_>) -> Result<Findings, String> {
    let traces = traces::all(place)?;
    let judged: Vec<Judged> = traces.into_par_iter().map(judge).collect();
    let verdicts = judged.iter().flat_map(verdicts).collect();
    let mut table = table();
    for one in &judged {
        table.rows.extend(rows(one));
    }
    Ok(Findings { verdicts, table })
}

fn judge(trace: Trace) -> Judged {
    let start = trace.ticks(START_S);
    let most = trace
        .rates_milli
        .iter()
        .max()
        .map_or(0, |most| most.div_ceil(1000));
    let bounds = Bounds::new(
        1,
        convert::narrow(usize::try_from(2 * most).unwrap_or(1)).max(2),
    );
    let bounds = bounds.expect("one is below two");
    let half = trace.rates_milli.len() / 2;
    let whole = course(&trace, &trace.rates_milli, start);
    let first = course(&trace, &trace.rates_milli[..half], start);
    let (tapes, skills) = foretell(&trace, &whole, bounds);
    let entrants = entrants::all(&trace, bounds, &tapes);
    let spent = |entrant: &Entrant| -> [u64; 2] { spend(entrant, &first, 0) };
    let tuned: Vec<[u64; 2]> = entrants.par_iter().map(spent).collect();
    let need = whole.need();
    let rows = PENALTIES.map(|penalty| {
        let pool = Pool {
            initial: bounds.max(),
            bounds,
            start,
            minimum: 1,
            cost: COST,
            penalty,
        };
        let best = optimum(&need[half..], &pool).expect("costs fit").cost;
        let price = |[paid, missed]: [u64; 2]| paid * COST + missed * penalty;
        let chosen = FAMILIES.iter().map(|family| {
            let of = entrants
                .iter()
                .zip(&tuned)
                .filter(|(one, _)| one.family == *family);
            let (entrant, _) = of.min_by_key(|(_, spent)| price(**spent)).expect("a grid");
            let cost = price(spend(entrant, &whole, half));
            (
                entrant.name.clone(),
                convert::real(cost) / convert::real(best),
            )
        });
        (best, chosen.collect())
    });
    Judged {
        rows: rows.to_vec(),
        skills,
        trace,
    }
}

fn course<'a>(trace: &Trace, rates_milli: &'a [u64], start: u32) -> Course<'a> {
    Course {
        rates_milli,
        tick_s: trace.tick_s,
        start,
        each_milli: 1000,
        patience_s: 60,
        initial: 10,
    }
}

/// What an entrant pays and misses from this tick on.
fn spend(entrant: &Entrant, course: &Course<'_>, from: usize) -> [u64; 2] {
    let flown = fly((entrant.make)().as_mut(), course);
    let need = course.need();
    let missed = need.iter().zip(&flown.serving).skip(from);
    let missed = missed.map(|(need, serving)| u64::from(need.saturating_sub(*serving)));
    let paid = flown.paid.iter().skip(from).map(|paid| u64::from(*paid));
    [paid.sum(), missed.sum()]
}

/// What every forecaster says, step by step, and its skill over the second half, as far ahead as a replica takes to start.
fn foretell(
    trace: &Trace,
    course: &Course<'_>,
    bounds: Bounds,
) -> (Vec<tape::Tape>, Vec<(&'static str, Option<f64>)>) {
    let told = tape::told(trace, course, bounds);
    let (lead, half) = (trace.lead(START_S), told.len() / 2);
    let plain = errors(&mut Persistence::default(), &told, half, lead);
    let all: Vec<_> = entrants::FORECASTERS
        .par_iter()
        .map(|name| {
            let mut forecaster = entrants::forecaster(name, trace.season);
            let tape = tape::Tape::of(forecaster.as_mut(), name, &told, lead + 1);
            let skill = errors(tape.fork().as_mut(), &told, half, lead).skill(&plain);
            (tape, (*name, skill))
        })
        .collect();
    all.into_iter().unzip()
}

/// At how many of the penalties scaling ahead keeps what is claimed, beside each of the others.
fn verdicts(judged: &Judged) -> Vec<Verdict> {
    let case = format!("{}: optimum below all", judged.trace.name);
    let ratios = judged
        .rows
        .iter()
        .flat_map(|(_, row)| row.iter().map(|(_, ratio)| *ratio));
    let ratios: Vec<f64> = ratios.collect();
    let above = ratios.iter().filter(|ratio| **ratio >= 1.0).count();
    let mut verdicts = vec![Verdict::of(("autoscaling", case), (ratios.len(), above))];
    for (at, family) in FAMILIES
        .iter()
        .enumerate()
        .filter(|(_, one)| **one != PREDICTIVE)
    {
        if UNCLAIMED.contains(&(judged.trace.name, *family)) {
            continue;
        }
        let beside = |(_, row): &(u64, Vec<(String, f64)>)| {
            let ahead = FAMILIES
                .iter()
                .position(|one| *one == PREDICTIVE)
                .expect("one of them");
            row[ahead].1 / row[at].1
        };
        let shares: Vec<f64> = judged.rows.iter().map(beside).collect();
        let kept = shares.iter().filter(|share| **share <= CLAIM).count();
        let case = format!("{}: predictive beside {family}", judged.trace.name);
        let words: Vec<String> = shares.iter().map(|share| format!("{share:.3}")).collect();
        let verdict = Verdict::of(("autoscaling", case), (shares.len(), kept));
        verdicts.push(verdict.noting(format!("{} of its cost", words.join(", "))));
    }
    verdicts
}

fn table() -> Table {
    let heads = ["trace", "penalty", "optimum (GPU-h)"].map(str::to_owned);
    let families = FAMILIES.iter().map(|family| format!("{family} / optimum"));
    let last = ["who foretells", "its skill", "most skill"].map(str::to_owned);
    Table {
        columns: heads.into_iter().chain(families).chain(last).collect(),
        rows: Vec::new(),
    }
}

fn rows(judged: &Judged) -> impl Iterator<Item = Vec<Cell>> {
    let skill = |of: Option<f64>| Cell::number(of.unwrap_or(f64::NAN), 3);
    let known = judged.skills.iter().filter_map(|(_, skill)| *skill);
    let most = known.reduce(f64::max);
    judged
        .rows
        .iter()
        .zip(PENALTIES)
        .map(move |((best, row), penalty)| {
            let hours = convert::real(best * judged.trace.tick_s) / convert::real(COST) / 3600.0;
            let ahead = row.last().map_or("", |(name, _)| name.as_str());
            let own = judged
                .skills
                .iter()
                .find(|(name, _)| ahead.starts_with(name));
            let first = [
                Cell::from(judged.trace.name),
                Cell::number(convert::real(penalty) / convert::real(COST), 1),
                Cell::number(hours, 1),
            ];
            let ratios = row.iter().map(|(_, ratio)| Cell::number(*ratio, 3));
            let last = [
                Cell::from(ahead),
                skill(own.and_then(|(_, skill)| *skill)),
                skill(most),
            ];
            first.into_iter().chain(ratios).chain(last).collect()
        })
}
