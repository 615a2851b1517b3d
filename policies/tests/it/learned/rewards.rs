//! Rewards add up to what the books say, term by term.

use std::sync::Arc;

use policies::learned::Learned;
use sim_core::engine::{Engine, Grants};
use sim_core::model::Job;
use sim_core::units::{SimTime, convert};
use sim_core::watch::{Outcome, Recorder, Recording, Row};
use sim_core::world::Trace;

use super::rig::{Asks, Lot, MARKET, MEASURE, NEXT, START, bazaar, crowd, episode};

/// The sum that the rows of a record and its bill come to.
fn by_the_books((jobs, rows): (&[Job], &[Row]), end: SimTime, dollars: f64) -> f64 {
    let secs = |span: sim_core::units::Span| convert::real(span.us()) / 1e6;
    let (mut violations, mut interruptions, mut waited, mut slowdown) = (0.0, 0.0, 0.0, 0.0);
    for (job, row) in jobs.iter().zip(rows) {
        let until = row.finish.get().unwrap_or(end);
        let took = until.since(row.submit);
        let wait = took.saturating_sub(row.run);
        waited += secs(wait) / 3600.0;
        interruptions += f64::from(row.preemptions) + f64::from(row.reclaims);
        let late = row.deadline.get().is_some_and(|deadline| until > deadline);
        let first = row.start.get().unwrap_or(end).since(row.submit);
        violations += f64::from(u8::from(
            late || first > MEASURE.promise.expect("one was made"),
        ));
        slowdown += if row.outcome == Outcome::Completed {
            (secs(took) / secs(row.run).max(10.0)).max(1.0)
        } else {
            // One that does not end has waited so many times as long as it would have run.
            secs(wait) / (convert::real(job.work) / 1e6).max(10.0)
        };
    }
    let weights = MEASURE.weights;
    let penalties = violations + weights.interruption * interruptions;
    -(weights.spend * dollars / MEASURE.scale.on_demand_usd
        + (weights.penalty * penalties + weights.queue * waited + weights.slowdown * slowdown)
            / MEASURE.scale.jobs)
}

#[test]
fn rewards_add_up_to_the_bill_and_the_record() {
    for seed in 0..8 {
        let preempts = Asks {
            parts: ["shortest", "skip", "best-fit", "by-order", "keep"],
            ..NEXT
        };
        for asks in [NEXT, START, preempts, MARKET] {
            let (world, mut jobs) = if asks.head == "market" {
                bazaar(seed, 30)
            } else {
                crowd(seed, 120)
            };
            // One that could never run would stop a line for good.
            jobs.retain(|job| job.gang.tasks() < 5);
            let mut lot = Lot::new(seed);
            let recording = Recording {
                warmup: SimTime::ZERO,
                sample: None,
                stays: 0,
                attribute: false,
                balance: None,
            };
            let mut recorder = Recorder::new(&world, recording);
            let trace = Box::new(Trace::new(jobs.as_slice().into()));
            let mut engine = Engine::new(Arc::clone(&world), trace);
            let mut policy = Learned::new(asks.process(12), Box::new(lot.clone()));
            let flown = engine.run(&mut policy, Grants::default(), &mut recorder);
            flown.expect("it goes on");
            let record = recorder.finish(engine.now());
            let nano = record.ledger.bill().total().nanousd();
            let dollars = convert::real(u64::try_from(nano).expect("no credit")) / 1e9;
            let books = by_the_books((&jobs, &record.rows), record.end, dollars);

            let mut episode = episode(&world, &jobs, asks.process(12));
            let mut sum = 0.0;
            while let Some(question) = episode.question() {
                let row = lot.row(question);
                sum += episode.answer(row).expect("a legal row").reward;
            }
            let off = (sum - books).abs();
            assert!(
                off < 1e-9,
                "{asks:?}, seed {seed}: {sum} in place of {books}"
            );
        }
    }
}
