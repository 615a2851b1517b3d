//! Charts of nodes: who held which GPU, from when to when, where the fleet and the run are small.

use plots::figure::gantt::{Allocation, Gantt, Row};
use sim_core::engine::World;
use sim_core::units::{convert, limits};

use super::compare::Comparison;
use super::figures::{Figure, at_s, first_seed, heading};
use super::flight::Flight;
use crate::build::Experiment;

/// Most GPUs of a fleet that a chart has room for.
const LANES: u32 = 64;
/// Most stays of jobs it has room for.
pub(super) const STAYS: usize = 400;
/// Most slots it shows: those that were held longest.
const ROWS: usize = 40;

/// A chart for each policy, where the fleet and the run are small.
pub(super) fn all(experiment: &Experiment, comparison: &Comparison) -> Vec<Figure> {
    let offerings = experiment.world.offerings.iter();
    let gpus: u32 = offerings
        .map(|offering| offering.max * offering.shape.gpus)
        .sum();
    let small = comparison.first.iter().all(|flight| {
        let stays = &flight.record.stays;
        let rows = flight.record.rows.iter().chain(&flight.record.replicas);
        let attempts: usize = rows.map(|row| usize::from(row.attempts)).sum();
        stays.len() <= STAYS && stays.len() == attempts
    });
    if gpus == 0 || gpus > LANES || !small {
        return Vec::new();
    }
    let seed = first_seed(comparison);
    let flights = comparison.first.iter();
    flights
        .map(|flight| chart(experiment, flight, &seed))
        .collect()
}

fn chart(experiment: &Experiment, flight: &Flight, seed: &str) -> Figure {
    let name = &experiment.contenders[flight.contender].name;
    let own = experiment.of_policy(flight.contender);
    let serves = !own.world.services.is_empty();
    let (who, state) = match (serves, flight.record.rows.is_empty()) {
        (false, _) => ("job", "restoring"),
        (true, true) => ("replica", "loading"),
        (true, false) => ("job or replica", "restoring or loading"),
    };
    // Replicas come and go, and one is as good as another: what they serve is what tells them apart.
    let classes = own.world.classes.iter().filter(|_| serves);
    let mut gantt = Gantt {
        heading: heading(&format!("Nodes under {name}"), seed.to_owned()),
        rows: slots(&own.world),
        states: vec!["working".to_owned(), state.to_owned()],
        kinds: classes.map(|class| class.name.clone()).collect(),
        allocations: allocations(&own.world, flight),
    };
    let left_out = keep_used(&mut gantt);
    if !left_out.is_empty() {
        gantt.heading.subtitle = Some(format!("{seed}; {left_out}"));
    }
    Figure {
        name: format!("gantt-{name}"),
        caption: format!("Which {who} held which GPU under {name}, from when to when."),
        drawing: gantt.draw(),
    }
}

/// All slots of all fleets.
fn slots(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for offering in &world.offerings {
        for slot in 0..offering.max {
            let lanes = convert::index(offering.shape.gpus);
            rows.push(Row {
                name: format!("{}/{slot}", offering.name),
                lanes,
            });
        }
    }
    rows
}

/// Leaves out the slots that nobody held, and the least held of too many; says in words which these are.
fn keep_used(gantt: &mut Gantt) -> String {
    let slots = gantt.rows.len();
    let mut held_s = vec![0.0; slots];
    for allocation in &gantt.allocations {
        let lanes = convert::real(convert::wide(allocation.lanes.len()));
        held_s[allocation.row] += lanes * (allocation.end_s - allocation.start_s);
    }
    let mut kept: Vec<usize> = (0..slots).filter(|row| held_s[*row] > 0.0).collect();
    let used = kept.len();
    if used == 0 {
        return String::new();
    }
    kept.sort_by(|a, b| held_s[*b].total_cmp(&held_s[*a]).then(a.cmp(b)));
    kept.truncate(ROWS);
    kept.sort_unstable();
    gantt.rows = kept.iter().map(|row| gantt.rows[*row].clone()).collect();
    gantt.allocations.retain_mut(|allocation| {
        let place = kept.binary_search(&allocation.row);
        allocation.row = place.unwrap_or(0);
        place.is_ok()
    });
    if used > ROWS {
        format!("the {ROWS} slots held longest, of {used} that were used and {slots} in all")
    } else if used < slots {
        format!("{used} of {slots} slots; nobody held the others")
    } else {
        String::new()
    }
}

fn allocations(world: &World, flight: &Flight) -> Vec<Allocation> {
    let serves = !world.services.is_empty();
    let mut allocations = Vec::new();
    for stay in &flight.record.stays {
        let class = flight.record.row(stay.job).class.index();
        let job = match stay.job.checked_sub(limits::FIRST_REPLICA) {
            None => stay.job.to_string(),
            Some(replica) => format!("{}#{replica}", world.classes[class].name),
        };
        let works = stay.works.min(stay.stop);
        for (state, from, to) in [(1, stay.start, works), (0, works, stay.stop)] {
            if from == to {
                continue;
            }
            for seat in stay.seats.iter().filter(|seat| !seat.gpus.is_empty()) {
                allocations.push(Allocation {
                    row: seat.node.index(),
                    lanes: seat.gpus.iter().map(convert::index).collect(),
                    job: job.clone(),
                    state,
                    // Where nothing serves there are no kinds to tell apart.
                    kind: if serves { class } else { 0 },
                    start_s: at_s(from),
                    end_s: at_s(to),
                });
            }
        }
    }
    allocations
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One GPU a slot; slot 3 i is held for i seconds, by one after the other.
    fn gantt(slots: usize) -> Gantt {
        let row = |slot: usize| Row {
            name: format!("l4/{slot}"),
            lanes: 1,
        };
        let held = |slot: usize| Allocation {
            row: slot,
            lanes: vec![0],
            end_s: f64::from(u32::try_from(slot / 3).expect("few")),
            ..Allocation::default()
        };
        Gantt {
            rows: (0..slots).map(row).collect(),
            allocations: (0..slots).step_by(3).map(held).collect(),
            ..Gantt::default()
        }
    }

    #[test]
    fn slots_that_nobody_held_are_left_out_and_counted() {
        let mut few = gantt(10);
        let words = keep_used(&mut few);
        assert_eq!(words, "3 of 10 slots; nobody held the others");
        let names: Vec<&str> = few.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["l4/3", "l4/6", "l4/9"]);
        let rows: Vec<usize> = few.allocations.iter().map(|own| own.row).collect();
        assert_eq!(rows, [0, 1, 2]);
    }

    #[test]
    fn of_too_many_the_longest_held_stay_in_their_order() {
        let mut many = gantt(3 * 51);
        let words = keep_used(&mut many);
        assert_eq!(
            words,
            "the 40 slots held longest, of 50 that were used and 153 in all"
        );
        assert_eq!((many.rows.len(), many.allocations.len()), (40, 40));
        assert_eq!(many.rows[0].name, "l4/33");
        assert_eq!(many.rows[39].name, "l4/150");
        let unused = keep_used(&mut Gantt::default());
        assert!(unused.is_empty());
    }
}
