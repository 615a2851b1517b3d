//! One flight, looked at from all sides: audited, replayed by the naive simulator, flown again unobserved, and taken up from
//! a snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use sim_core::books::{Bill, Paid, Window};
use sim_core::engine::{Engine, Policy, Step, World};
use sim_core::model::Job;
use sim_core::naive;
use sim_core::recording::Recorder;
use sim_core::swarm;
use sim_core::units::{Money, Span};
use sim_core::watch::audit::Auditor;
use sim_core::watch::{self, Digests, Observer, Record, Recording};
use sim_core::watch::{Storekeeper, Transcript, compare};
use sim_core::world::Trace;

use super::choose::Pilot;
use super::reach::{Reach, Watch};
use crate::waits::{Waited, Waits};

/// A flight that went wrong.
#[derive(Clone, Debug)]
pub struct Failing {
    /// The scenario's seed.
    pub seed: u64,
    /// The policy.
    pub policy: String,
    /// What is wrong, in words.
    pub what: String,
}

/// What a sound flight leaves.
pub(super) struct Flown {
    pub(super) facts: u64,
    pub(super) reach: Reach,
}

/// The scenario of a seed, one in four with services; every job has an estimate, for the policies that need one.
fn scenario(seed: u64) -> (Arc<World>, Arc<[Job]>) {
    let (mut world, jobs) = swarm::scenario(seed);
    if seed % 4 == 3 {
        swarm::services(seed, &mut world);
    }
    let estimated = |job: Job| Job {
        estimate: job.estimate.or(Some(Span::from_secs(7))),
        ..job
    };
    (Arc::new(world), jobs.into_iter().map(estimated).collect())
}

/// Flies the scenario of `seed`.
pub(super) fn fly(seed: u64, pilot: &Pilot) -> Result<Flown, Box<Failing>> {
    let failing = |what: String| {
        Box::new(Failing {
            seed,
            policy: pilot.name.clone(),
            what,
        })
    };
    let (world, jobs) = scenario(seed);
    let engine = || Engine::new(Arc::clone(&world), Box::new(Trace::new(Arc::clone(&jobs))));
    let mut flown = engine();
    let mut recorder = Recorder::new(pilot.policy.fork());
    let mut seen = (
        (Auditor::new(Arc::clone(&world)), Transcript::default()),
        Watch::default(),
    );
    let finish = flown
        .run(&mut recorder, pilot.grants, &mut seen)
        .map_err(|fault| failing(fault.to_string()))?;
    let ((auditor, transcript), mut watch) = seen;
    let audit = auditor.finish(flown.now());
    if let Some(violation) = audit.violations.first() {
        return Err(failing(format!("the auditor: {violation}")));
    }
    if pilot.behaves && flown.counters().refusals > 0 {
        return Err(failing(format!(
            "{} decisions were refused",
            flown.counters().refusals
        )));
    }
    let mut recording = recorder.into_recording();
    recording.names_gpus = pilot.names_gpus;
    let mut again = Transcript::default();
    let replayed = naive::replay(&world, &jobs, &recording, &mut again);
    if let Some(difference) = compare(&transcript, &again) {
        return Err(failing(format!(
            "the naive simulator: {difference}; it ended with {replayed:?}"
        )));
    }
    match replayed {
        Ok(naively) if naively == finish => {}
        other => {
            return Err(failing(format!(
                "the naive simulator: {other:?}, where the engine ended with {finish:?}"
            )));
        }
    }
    let digests = flown.digests();
    if unobserved(engine(), pilot) != Some(digests) {
        return Err(failing(
            "flown again without observers, it has other digests".to_owned(),
        ));
    }
    if from_snapshot(engine(), pilot, seed) != Some(digests) {
        return Err(failing(
            "taken up from a snapshot, it has other digests".to_owned(),
        ));
    }
    if let Some(wrong) = books(seed, pilot) {
        return Err(failing(format!("the books: {wrong}")));
    }
    watch.reach.events(&flown.counters());
    watch.reach.decisions(&recording);
    watch.reach.finish(finish);
    Ok(Flown {
        facts: watch.facts,
        reach: watch.reach,
    })
}

/// Flies it again where money is worth something and there is something to keep, and says which
/// parts of its bill are not the whole.
fn books(seed: u64, pilot: &Pilot) -> Option<String> {
    let (world, jobs) = scenario(seed);
    let mut world = (*world).clone();
    let warmup = swarm::terms(seed, &mut world);
    let world = Arc::new(world);
    let stocks = swarm::stocks(seed, &world);
    let recording = Recording {
        warmup,
        sample: None,
        stays: 0,
        attribute: true,
        balance: Some(Span::from_secs(10)),
    };
    let recorder = watch::Recorder::new(&world, recording);
    let waits = Waits::new(&world, BTreeSet::new());
    let mut seen = ((recorder, Storekeeper::new(&world, &stocks)), waits);
    let mut engine = Engine::new(world, Box::new(Trace::new(jobs)));
    let mut policy = pilot.policy.fork();
    engine.run(&mut *policy, pilot.grants, &mut seen).ok()?;
    let ((recorder, keeper), waits) = seen;
    let end = engine.now();
    let window = Window {
        from: warmup,
        end: end.max(warmup),
    };
    let record = recorder.finish_with(end, keeper.finish(window));
    unequal(&record).or_else(|| unexplained(&record, &waits.finish()))
}

/// A job of which the reasons to wait are not all of its wait.
fn unexplained(record: &Record, waited: &Waited) -> Option<String> {
    let jobs = record.rows.iter().zip(&waited.jobs);
    let replicas = record.replicas.iter().zip(&waited.replicas);
    let counts = [&record.rows, &record.replicas].map(Vec::len);
    if counts != [waited.jobs.len(), waited.replicas.len()] {
        return Some(format!("{counts:?} jobs and replicas waited"));
    }
    jobs.chain(replicas).find_map(|(row, split)| {
        let until = row.finish.get().unwrap_or(record.end);
        let wait = until.since(row.submit) - row.run;
        let sum = split.iter().fold(Span::ZERO, |sum, part| sum + *part);
        (sum != wait).then(|| format!("{row:?} waited for {sum}: {split:?}"))
    })
}

fn unequal(record: &Record) -> Option<String> {
    let bill = record.ledger.bill();
    let total = bill.total();
    if let Some(unpaid) = unpaid(bill, &record.paid) {
        return Some(unpaid);
    }
    for balance in &record.balances {
        if let Some(unpaid) = unpaid(&balance.bill, &balance.paid) {
            return Some(format!("at {}: {unpaid}", balance.at));
        }
    }
    let nobody = record.paid.iter().filter(|paid| paid.by.is_none());
    let nobody: Money = nobody.map(|paid| paid.amount).sum();
    let jobs = record.rows.iter().chain(&record.replicas);
    let jobs: i128 = jobs.map(|row| i128::from(row.cost_nanousd)).sum();
    if nobody + Money::from_nanousd(jobs) != total {
        return Some(format!("jobs pay {jobs}, nobody {nobody}, of {total}"));
    }
    let last = record.balances.last().map(|balance| balance.bill.total());
    (last != Some(total)).then(|| format!("the last balance is {last:?}, the bill {total}"))
}

/// A line that those who pay for it do not add up to.
fn unpaid<G>(bill: &Bill, paid: &[Paid<G>]) -> Option<String> {
    let lines = bill.lines().iter().enumerate();
    let sum = |at| -> Money {
        let own = paid.iter().filter(|paid| paid.line == at);
        own.map(|paid| paid.amount).sum()
    };
    let mut unpaid = lines.filter(|(at, line)| sum(*at) != line.amount);
    let (at, line) = unpaid.next()?;
    Some(format!("{line:?} is paid with {}", sum(at)))
}

fn unobserved(mut engine: Engine, pilot: &Pilot) -> Option<Digests> {
    let mut policy = pilot.policy.fork();
    engine.run(&mut *policy, pilot.grants, &mut ()).ok()?;
    Some(engine.digests())
}

/// Stops at a decision that the seed picks, takes a snapshot, spoils the original, and goes on from the snapshot.
fn from_snapshot(mut engine: Engine, pilot: &Pilot, seed: u64) -> Option<Digests> {
    let mut policy = pilot.policy.fork();
    let stop = seed % 37;
    for _ in 0..stop {
        if !step(&mut engine, &mut *policy, pilot) {
            return Some(engine.digests());
        }
    }
    let snapshot = engine.snapshot(&*policy);
    // The original goes on for a while: what it does must not show in the copy.
    for _ in 0..3 {
        step(&mut engine, &mut *policy, pilot);
    }
    let (mut engine, mut policy) = snapshot.resume();
    engine.run(&mut *policy, pilot.grants, &mut ()).ok()?;
    Some(engine.digests())
}

/// One decision; whether there was one.
fn step(engine: &mut Engine, policy: &mut dyn Policy, pilot: &Pilot) -> bool {
    let watch: &mut dyn Observer = &mut ();
    match engine.advance(policy.wakes_on(), watch) {
        Ok(Step::Decide) => {
            let (view, mut plan) = engine.open(pilot.grants);
            policy.decide(&view, &mut plan);
            engine.commit(watch);
            true
        }
        Ok(Step::Done(_)) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selftest::choose::pilots;

    /// The pilot without manners of a scenario.
    fn wild(seed: u64) -> Pilot {
        pilots(seed).pop().expect("the last one is wild")
    }

    #[test]
    fn a_policy_that_claims_manners_and_has_none_is_found_out() {
        let found = (1..20).find_map(|seed| {
            fly(
                seed,
                &Pilot {
                    behaves: true,
                    ..wild(seed)
                },
            )
            .err()
        });
        let found = found.expect("it is refused sooner or later");
        assert!(found.what.contains("refused"), "{}", found.what);
    }

    #[test]
    fn a_choice_of_gpus_that_is_not_the_engines_is_found_out() {
        let found = (1..200).find_map(|seed| {
            fly(
                seed,
                &Pilot {
                    names_gpus: false,
                    ..wild(seed)
                },
            )
            .err()
        });
        let found = found.expect("it names GPUs sooner or later");
        assert!(
            found.what.starts_with("the naive simulator"),
            "{}",
            found.what
        );
    }

    #[test]
    fn a_thousand_bills_are_the_sums_of_what_their_payers_pay() {
        for seed in 1..=1000 {
            let pilots = pilots(seed);
            let pilot = &pilots[usize::try_from(seed % 4).expect("small")];
            assert_eq!(books(seed, pilot), None, "seed {seed}, {}", pilot.name);
        }
    }

    #[test]
    fn sixty_scenarios_are_sound() {
        for seed in 1..=60 {
            for pilot in pilots(seed) {
                if let Err(failing) = fly(seed, &pilot) {
                    panic!("seed {seed}, {}: {}", failing.policy, failing.what);
                }
            }
        }
    }
}
