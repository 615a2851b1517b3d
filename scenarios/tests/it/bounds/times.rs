//! Makespan and flow time.

use scenarios::bounds::{Quantity, RELAXATIONS, best};
use sim_core::units::convert;

use super::brute::{Goal, STEP};
use super::drawn::{crowd, luck};
use super::table::Table;

const INSTANCES: usize = 10_000;

fn beside_all(goal: Goal, of: Quantity, title: &str) {
    let mut luck = luck("times");
    let mut table = Table::default();
    for _ in 0..INSTANCES {
        let tiny = crowd(&mut luck);
        let problem = tiny.problem().expect("it can be done");
        let optimum = tiny.optimum(goal).expect("it can be done");
        let optimum = convert::real(optimum * STEP);
        let real = |value: u128| convert::real(u64::try_from(value).expect("small"));
        for relaxation in RELAXATIONS.iter().filter(|one| one.of == of) {
            let bound = relaxation.bound(&problem).expect("it holds for all");
            assert!(
                real(bound.value) <= optimum,
                "{}: {tiny:?}",
                relaxation.name
            );
            table.add(relaxation.name, real(bound.value), optimum);
        }
        let bound = best(&problem, of).expect("one of them holds");
        table.add("the best of them", real(bound.value), optimum);
    }
    table.judge(title, INSTANCES);
}

#[test]
fn no_schedule_ends_before_a_bound_of_the_makespan() {
    beside_all(Goal::Makespan, Quantity::Makespan, "Makespan");
}

#[test]
fn no_schedule_has_less_flow_time_than_a_bound_of_it() {
    beside_all(Goal::FlowTime, Quantity::FlowTime, "Flow time");
}
