//! What jobs cost, with deadlines and without.

use scenarios::bounds::{Quantity, RELAXATIONS, Unbounded, best};
use sim_core::units::convert;
use sim_core::world::draw::Stream;

use super::brute::{Goal, PRICE, STEP, Tiny};
use super::drawn::{luck, shop, with_deadlines};
use super::table::Table;

const INSTANCES: usize = 10_000;

fn beside_all(name: &'static str, draw: impl Fn(&mut Stream) -> Tiny, title: &str) {
    let mut luck = luck(name);
    let mut table = Table::default();
    let mut compared = 0;
    while compared < INSTANCES {
        let tiny = draw(&mut luck);
        let problem = tiny.problem();
        let Some(optimum) = tiny.optimum(Goal::Cost) else {
            continue;
        };
        let problem = problem.expect("a schedule does it");
        compared += 1;
        let optimum = convert::real(optimum * STEP * PRICE);
        let real = |value: u128| convert::real(u64::try_from(value).expect("small"));
        for relaxation in RELAXATIONS.iter().filter(|one| one.of == Quantity::Cost) {
            let bound = relaxation.bound(&problem).expect("it holds for all");
            assert!(
                real(bound.value) <= optimum,
                "{}: {} above {optimum}: {tiny:#?}",
                relaxation.name,
                bound.value
            );
            table.add(relaxation.name, real(bound.value), optimum);
        }
        let bound = best(&problem, Quantity::Cost).expect("one of them holds");
        table.add("the best of them", real(bound.value), optimum);
    }
    table.judge(title, INSTANCES);
}

#[test]
fn no_schedule_costs_less_than_a_bound_without_deadlines() {
    beside_all("shop", shop, "Cost without deadlines");
}

#[test]
fn no_schedule_that_meets_all_deadlines_costs_less_than_a_bound() {
    beside_all("deadlines", with_deadlines, "Cost with deadlines");
}

#[test]
fn what_no_schedule_does_in_time_has_no_bound() {
    let mut luck = luck("late");
    let mut impossible = 0;
    for _ in 0..2000 {
        let mut tiny = with_deadlines(&mut luck);
        for job in &mut tiny.jobs {
            let sooner = luck.below(3);
            job.deadline = job.deadline.map(|deadline| deadline - sooner.min(deadline));
        }
        let bound = tiny
            .problem()
            .and_then(|problem| best(&problem, Quantity::Cost));
        if let Err(why) = bound {
            assert!(matches!(why, Unbounded::Impossible(_)), "{why}");
            assert_eq!(tiny.optimum(Goal::Cost), None);
            impossible += 1;
        }
    }
    assert!(impossible > 50, "only {impossible}");
}
