//! The same answers lead to the same bits: in an episode, as a policy, from a copy.

use std::sync::Arc;

use policies::learned::{Learned, Refused};
use sim_core::engine::{Engine, Grants, Policy, World};
use sim_core::model::Job;
use sim_core::watch::Digests;
use sim_core::world::Trace;

use super::rig::{Asks, Lot, MARKET, NEXT, START, bazaar, crowd, episode};

fn flown(world: &Arc<World>, jobs: &[Job], policy: &mut dyn Policy) -> Digests {
    let mut engine = Engine::new(Arc::clone(world), Box::new(Trace::new(jobs.into())));
    let flown = engine.run(policy, Grants::default(), &mut ());
    flown.expect("it goes on");
    engine.digests()
}

fn scenes() -> Vec<(Asks, Arc<World>, Vec<Job>)> {
    let mut scenes = Vec::new();
    for seed in 0..4 {
        let (world, jobs) = crowd(seed, 120);
        for asks in [NEXT, START] {
            scenes.push((asks, Arc::clone(&world), jobs.clone()));
        }
        let preempts = Asks {
            parts: ["shortest", "skip", "best-fit", "by-order", "keep"],
            ..NEXT
        };
        scenes.push((preempts, world, jobs));
        let (world, jobs) = bazaar(seed, 30);
        scenes.push((MARKET, world, jobs));
    }
    scenes
}

#[test]
fn an_episode_is_the_run_of_the_policy_that_answers_alike() {
    for (at, (asks, world, jobs)) in (0..).zip(scenes()) {
        let mut lot = Lot::new(at);
        let mut policy = Learned::new(asks.process(12), Box::new(lot.clone()));
        let whole = flown(&world, &jobs, &mut policy);
        let mut episode = episode(&world, &jobs, asks.process(12));
        let mut answers = 0;
        while let Some(question) = episode.question() {
            let row = lot.row(question);
            episode.answer(row).expect("a legal row");
            answers += 1;
        }
        assert!(answers > 20, "{asks:?} asked {answers} times");
        assert_eq!(episode.digests(), whole, "{asks:?}");
    }
}

#[test]
fn a_copy_at_any_question_goes_on_alike() {
    for (at, (asks, world, jobs)) in (0..).zip(scenes()) {
        let mut lot = Lot::new(at);
        let mut original = episode(&world, &jobs, asks.process(12));
        let mut copies = Vec::new();
        let mut told = Vec::new();
        while let Some(question) = original.question() {
            let row = lot.row(question);
            if told.len() % 7 == 0 {
                copies.push((told.len(), original.fork()));
            }
            let question = question.clone();
            let answered = original.answer(row).expect("a legal row");
            told.push((row, question, answered));
        }
        for (from, mut copy) in copies {
            for (row, question, answered) in &told[from..] {
                assert_eq!(copy.question(), Some(question), "{asks:?} from {from}");
                assert_eq!(copy.answer(*row).as_ref(), Ok(answered));
            }
            assert_eq!(copy.digests(), original.digests());
        }
    }
}

#[test]
fn an_answer_that_is_not_legal_changes_nothing() {
    let (world, jobs) = crowd(3, 150);
    let mut lot = Lot::new(3);
    let mut episode = episode(&world, &jobs, START.process(12));
    let mut masked = 0;
    while let Some(question) = episode.question().cloned() {
        let before = episode.digests();
        for row in (0..question.len() + 2).filter(|row| !question.legal.get(*row).unwrap_or(&false))
        {
            assert_eq!(episode.answer(row), Err(Refused::Masked(row)));
            masked += 1;
        }
        assert_eq!(episode.question(), Some(&question));
        assert_eq!(episode.digests(), before);
        episode.answer(lot.row(&question)).expect("a legal row");
    }
    assert!(masked > 100);
    assert_eq!(episode.answer(0), Err(Refused::Over));
}
