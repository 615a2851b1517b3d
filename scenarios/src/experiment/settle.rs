//! Where the warm-up ends, if `warmup = "mser"` leaves it to the runs: the rule of [`crate::stats::warmup`] on the JCT of jobs in
//! the order of their submission, of each policy with the first seed; the latest of these ends holds for all, so that all are
//! measured on the same jobs.

use sim_core::units::Span;
use sim_core::watch::Row;

use super::compare::{CompareError, fly_one};
use super::flight::{Flight, Keep};
use super::judged::jct;
use super::number::secs;
use crate::build::{Experiment, Settled};
use crate::stats::warmup::mser5;

/// Finds the end of the warm-up by flights that count from the start, if the scenario asks for it.
///
/// # Errors
/// The first flight that went wrong.
pub fn settle(experiment: &mut Experiment) -> Result<(), CompareError> {
    let scenario = &experiment.loaded.scenario;
    if !scenario.horizon.is_settled_by_mser {
        return Ok(());
    }
    let seed = scenario.seed.value;
    let jobs = experiment.jobs(seed).map_err(CompareError::Jobs)?;
    let keep = Keep {
        samples: false,
        stays: 0,
    };
    let mut latest: Option<Settled> = None;
    for contender in 0..experiment.contenders.len() {
        let flight = fly_one(experiment, contender, (seed, &jobs), (keep, None))?;
        let own = settled(&flight, experiment.contenders[contender].name.clone());
        if latest.as_ref().is_none_or(|latest| own.end > latest.end) {
            latest = Some(own);
        }
    }
    if let Some(settled) = latest {
        experiment.settle(settled);
    }
    Ok(())
}

/// Where one run settles; at its beginning where it is too short to say.
fn settled(flight: &Flight, policy: String) -> Settled {
    let finished = |row: &&Row| jct(row).is_some();
    let rows: Vec<&Row> = flight.record.rows.iter().filter(finished).collect();
    let series: Vec<f64> = rows.iter().filter_map(|row| jct(row)).map(secs).collect();
    let found = mser5(&series).ok();
    let cut = found.map_or(0, |found| found.values);
    // What is submitted at its end counts.
    let first = rows.get(cut).filter(|_| cut > 0);
    Settled {
        end: first.map_or(Span::ZERO, |row| {
            row.submit.since(sim_core::units::SimTime::ZERO)
        }),
        left_out: cut,
        of: series.len(),
        policy,
        is_settled: found.map(|found| found.is_settled),
    }
}

impl Settled {
    /// A badge and a sentence for a reader.
    pub(super) fn told(&self) -> (String, String) {
        let Self {
            left_out,
            of,
            policy,
            ..
        } = self;
        let end = crate::schema::quantity::print_span(self.end);
        let badge = format!("warm-up of {end}");
        let text = match self.is_settled {
            None => format!(
                "{of} jobs that finish are too few for MSER-5, which wants fifty: nothing is left out."
            ),
            Some(true) => format!(
                "By MSER-5 on the JCT of {policy}, the last of the policies to settle: {left_out} of {of} jobs are left out."
            ),
            Some(false) => format!(
                "MSER-5 leaves out {left_out} of {of} jobs of {policy}, as many as it may: the run does not settle, or is too short to say."
            ),
        };
        (badge, text)
    }
}
