//! `AlpaServe` (Li et al., OSDI 2023): 20 settings on 16 GPUs, 24 models of the kind bert-2.6b, of each what a real cluster
//! attained and what its authors' simulator did.
//!
//! What is not ours, from the public repository of the authors (alpa-projects/mms): rates fall with the root of a model's
//! number; arrivals are gamma processes drawn by `numpy` under the model's number, so that here they are the very same; an
//! objective is a multiple of the latency on one GPU; a request goes to the group whose last stage is free first, and is
//! turned away where it would come too late; each stage takes 0.9 % longer for each stage that there is, and a request 11 ms
//! besides; the first and last 10 s do not count. Placements are given with the settings.
//!
//! What is fitted, since latency profiles are not published with them: four times ([`serve`]), each to half a millisecond and
//! on one or two settings of the simulator: one GPU (slo 10, sr-greedy), four GPUs that share each operator (slo 1,
//! mp-search), and of a pipeline of eight the slowest stage and the others (slo 2 and 3, mp-search). The other sixteen
//! settings, and all that the real cluster did, are foretold.

mod arrivals;
mod serve;
mod setting;

use plots::table::{Cell, Table};

use super::Place;
use super::Verdict;
use super::own::Findings;
use setting::Setting;

/// What is read.
pub(super) const INPUTS: &[&str] = &[
    "data/serving/alpaserve/align_sim.tsv",
    "data/serving/alpaserve/align_real.tsv",
];
/// How far off an attainment may be.
const POINTS: f64 = 0.02;
/// Settings of the real cluster that are nearer than this may change places: so do two of them in the authors' simulator.
const NEAR: f64 = 0.01;

pub(super) fn run(place: &Place<'_>) -> Result<Findings, String> {
    let simulated = Setting::read(&place.find(INPUTS[0])?)?;
    let real = Setting::read(&place.find(INPUTS[1])?)?;
    let same = simulated.len() == real.len()
        && simulated
            .iter()
            .zip(&real)
            .all(|(one, other)| one.is_like(other));
    if !same {
        return Err("align_sim and align_real are not of the same settings".to_owned());
    }
    let ours: Result<Vec<f64>, String> = simulated.iter().map(serve::attained).collect();
    let ours = ours?;
    let attained = |settings: &[Setting]| settings.iter().map(|one| one.attained).collect();
    let (theirs, real): (Vec<f64>, Vec<f64>) = (attained(&simulated), attained(&real));
    let verdicts = vec![
        near("simulator", &ours, &theirs),
        near("cluster", &ours, &real),
        ordered("simulator", &ours, &theirs, 0.0),
        ordered("cluster", &ours, &real, NEAR),
    ];
    let table = table(&simulated, [&ours, &theirs, &real]);
    Ok(Findings { verdicts, table })
}

fn near(whose: &str, ours: &[f64], theirs: &[f64]) -> Verdict {
    let off: Vec<f64> = ours
        .iter()
        .zip(theirs)
        .map(|(a, b)| (a - b).abs())
        .collect();
    let matched = off.iter().filter(|off| **off <= POINTS).count();
    let case = format!("attainment of the {whose}");
    let most = off.iter().copied().fold(0.0, f64::max);
    Verdict::of(("alpaserve", case), (off.len(), matched)).within(most, POINTS)
}

/// Every two settings that are further apart than `near`: whether ours are in the same order.
fn ordered(whose: &str, ours: &[f64], theirs: &[f64], near: f64) -> Verdict {
    let (mut pairs, mut same) = (0, 0);
    for (at, (our, their)) in ours.iter().zip(theirs).enumerate() {
        for (other, their_other) in ours[..at].iter().zip(&theirs[..at]) {
            let gap = their - their_other;
            if gap.abs() > near {
                pairs += 1;
                same += usize::from((our - other) * gap > 0.0);
            }
        }
    }
    let case = format!("order of settings of the {whose}");
    let verdict = Verdict::of(("alpaserve", case), (pairs, same));
    if near > 0.0 {
        verdict.noting("pairs more than a point apart".to_owned())
    } else {
        verdict
    }
}

fn table(settings: &[Setting], attained: [&[f64]; 3]) -> Table {
    let heads = ["slo", "policy", "ours", "simulator", "cluster"];
    let row = |(at, setting): (usize, &Setting)| {
        let first = [
            Cell::number(setting.slo, 1),
            Cell::from(setting.policy.as_str()),
        ];
        let rest = attained.iter().map(|column| Cell::number(column[at], 3));
        first.into_iter().chain(rest).collect()
    };
    Table {
        columns: heads.map(str::to_owned).to_vec(),
        rows: settings.iter().enumerate().map(row).collect(),
    }
}
