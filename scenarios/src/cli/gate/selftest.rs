//! `gate check --self-test`: the gate itself is tested, on flights of the scenario at hand.

use sim_core::units::Span;

use super::{Flying, following};
use crate::build::Experiment;
use crate::cli::{Failure, terminal};
use crate::experiment::words::counted;
use crate::gate::planted::{PERIODS, planted};
use crate::gate::{Judgement, Rules, judge, tell};
use crate::schema::{Baseline, GateMode};

/// Proves that the gate sees policies that are asked too seldom, and nothing where only the seeds are others.
///
/// What `now` holds is the baseline here: the gate is in question, not the policies.
pub(super) fn prove(
    flying: &Flying,
    (experiment, rules): (&Experiment, &Rules),
    now: &Baseline,
) -> Result<(), Failure> {
    let sampled = experiment.is_random();
    let mut text = format!(
        "self-test of the gate of {} ({})\n\n",
        now.scenario,
        counted(now.seeds.len(), "seed")
    );
    let is_quiet = null(flying, (experiment, rules), now, &mut text)?;
    let own = judge(rules, (now, now), GateMode::Statistical, sampled);
    let mut is_caught = false;
    for minutes in PERIODS {
        let period = Span::from_secs(minutes * 60);
        let Some(loaded) = planted(&experiment.loaded, period) else {
            continue;
        };
        let slow = flying.fly(&Experiment::build(loaded)?, rules, &now.seeds)?;
        let judgement = judge(rules, (now, &slow), GateMode::Statistical, sampled);
        let caught = caught(&own, &judgement);
        is_caught = !caught.is_empty();
        let verdict = if is_caught {
            "caught, as it should be"
        } else {
            "not seen"
        };
        let asked = format!("planted: policies are asked every {minutes} minutes only");
        text.extend([asked.as_str(), ": ", verdict, "\n"]);
        for said in &caught {
            text.extend(["  ", said.as_str(), "\n"]);
        }
        if is_caught {
            break;
        }
    }
    let verdict = match (is_caught, is_quiet) {
        (true, true) => "the gate can fail, and does not cry wolf",
        (false, _) => "THE GATE CANNOT FAIL: tolerate less, judge more metrics, or fly more seeds",
        (true, false) => "THE GATE CRIES WOLF: other seeds alone make it fail",
    };
    text.extend(["\n", verdict, "\n"]);
    terminal::say(&text)?;
    if is_caught && is_quiet {
        Ok(())
    } else {
        Err(Failure::Failed)
    }
}

/// The same policies on other seeds: whether the tolerances hold.
fn null(
    flying: &Flying,
    (experiment, rules): (&Experiment, &Rules),
    now: &Baseline,
    text: &mut String,
) -> Result<bool, Failure> {
    if !experiment.is_random() {
        text.push_str("null: nothing is drawn, there are no other seeds\n");
        return Ok(true);
    }
    let last = now.seeds.iter().max().map_or(0, |last| last + 1);
    let n = u64::try_from(now.seeds.len()).expect("64 bits");
    // Bounds are of means, of which other seeds have others.
    let rules = Rules {
        bounds: Vec::new(),
        ..rules.clone()
    };
    let others = flying.fly(experiment, &rules, &following(last, n)?)?;
    let judgement = judge(&rules, (now, &others), GateMode::Statistical, true);
    let failures = tell::failures(&judgement);
    let verdict = if failures.is_empty() {
        "passed, as it should"
    } else {
        "failed"
    };
    text.extend(["null: the same policies on other seeds: ", verdict, "\n"]);
    for said in &failures {
        text.extend(["  ", said.as_str(), "\n"]);
    }
    Ok(failures.is_empty())
}

/// What fails of what did not fail before.
fn caught(own: &Judgement, planted: &Judgement) -> Vec<String> {
    let pairs = own.rows.iter().zip(&planted.rows);
    let fresh = pairs.filter(|(own, now)| now.verdict.fails() && !own.verdict.fails());
    fresh.map(|(_, now)| tell::sentence(now)).collect()
}
