//! Doctored facts: each lie breaks the rule that should see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::engine::World;
use sim_core::model::{Gang, GpuDemand, GpuSet, Job, Keep, ModelSet, Offering, Role, Seat, Start};
use sim_core::units::{JobId, ModelId, NodeId, OfferingId, Price, SimTime, Span};
use sim_core::watch::audit::{Auditor, Rule};
use sim_core::watch::{Cause, Fact, Observer, Outcome, Spent};

use crate::mig::{ONE, THREE, partitioned, sliced};
use crate::rig::{fleet, job, steps, world};

type Tell<'a> = &'a mut dyn FnMut(u64, Fact<'_>);

/// The rules that the facts of `story` break in `world`, without repetition; times are in seconds.
fn broken(world: World, end: u64, story: impl FnOnce(Tell<'_>)) -> Vec<Rule> {
    let mut auditor = Auditor::new(Arc::new(world));
    let mut runs = BTreeMap::new();
    story(&mut |at, mut fact| {
        let now = SimTime::from_secs(at);
        if let Fact::Started { job, .. } = &fact {
            runs.insert(*job, now);
        } else if let Fact::Interrupted { job, .. } = &fact {
            runs.remove(job);
        } else if let Fact::Ended { job, spent, .. } = &mut fact {
            // All that a job worked that ends is kept.
            let started = runs.remove(job);
            spent.kept = started.map_or(Span::ZERO, |started| now.since(started.min(now)));
        }
        auditor.observe(now, &fact);
    });
    let report = auditor.finish(SimTime::from_secs(end));
    let mut rules: Vec<Rule> = report.violations.iter().map(|found| found.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn id(ordinal: u64) -> JobId {
    JobId::unpack(ordinal << 32 | ordinal)
}

fn arrives(ordinal: u64, spec: &Job) -> Fact<'_> {
    let job = id(ordinal);
    Fact::Arrived {
        job,
        spec,
        set: None,
    }
}

fn starts(ordinal: u64, seats: &[Seat], works: u64) -> Fact<'_> {
    let (job, works) = (id(ordinal), SimTime::from_secs(works));
    Fact::Started { job, seats, works }
}

fn ends(ordinal: u64, outcome: Outcome) -> Fact<'static> {
    let job = id(ordinal);
    Fact::Ended {
        job,
        outcome,
        spent: Spent::default(),
    }
}

fn stops(ordinal: u64, kept: u64, lost: u64) -> Fact<'static> {
    Fact::Interrupted {
        job: id(ordinal),
        cause: Cause::Policy,
        spent: Spent {
            kept: Span::from_secs(kept),
            lost: Span::from_secs(lost),
            ..Spent::default()
        },
    }
}

fn ready(node: u32) -> Fact<'static> {
    let node = NodeId(node);
    Fact::Ready { node, launch: 0 }
}

fn noticed(node: u32, at: u64) -> Fact<'static> {
    let (node, at) = (NodeId(node), SimTime::from_secs(at));
    Fact::Noticed { node, at }
}

fn has(nodes: u32) -> Fact<'static> {
    let offering = OfferingId(0);
    Fact::Availability { offering, nodes }
}

fn granted(asked: u32, granted: u32) -> Fact<'static> {
    Fact::Requested {
        offering: OfferingId(0),
        asked,
        granted,
    }
}

fn boots(node: u32, launch: u32, ready: u64) -> Fact<'static> {
    let (node, ready) = (NodeId(node), SimTime::from_secs(ready));
    Fact::Booting {
        node,
        launch,
        ready,
    }
}

/// A seat of one task on GPUs of a node, given as bits.
fn on(node: u32, gpus: u64) -> [Seat; 1] {
    [Seat {
        gpus: GpuSet(gpus),
        ..Seat::anywhere(NodeId(node), 0, 1)
    }]
}

const DONE: Outcome = Outcome::Completed;

/// One node of two GPUs that stands, and a job of one GPU and ten seconds that has come.
fn one_job(tell: Tell<'_>) {
    tell(0, ready(0));
    tell(0, arrives(0, &job(0, 1, 10)));
}

#[test]
fn the_truth_breaks_no_rule() {
    let rules = broken(world(vec![fleet(1, 2)]), 20, |tell| {
        one_job(tell);
        tell(0, starts(0, &on(0, 1), 0));
        tell(4, stops(0, 4, 0));
        tell(14, starts(0, &on(0, 2), 14));
        tell(20, ends(0, DONE));
    });
    assert_eq!(rules, []);
}

#[test]
fn a_job_that_starts_twice_is_seen() {
    let rules = broken(world(vec![fleet(1, 2)]), 10, |tell| {
        one_job(tell);
        tell(0, starts(0, &on(0, 1), 0));
        tell(0, starts(0, &on(0, 2), 0));
        tell(10, ends(0, DONE));
    });
    assert!(rules.contains(&Rule::JobState), "{rules:?}");
}

#[test]
fn moves_off_the_state_graph_are_seen() {
    let outcome = |outcome, running: bool| {
        broken(world(vec![fleet(1, 2)]), 10, |tell| {
            one_job(tell);
            if running {
                tell(0, starts(0, &on(0, 1), 0));
            }
            tell(0, ends(0, outcome));
        })
    };
    assert_eq!(outcome(DONE, false), [Rule::JobState]);
    assert_eq!(outcome(Outcome::Rejected, true), [Rule::JobState]);
    assert_eq!(outcome(Outcome::Unfinished, true), [Rule::Unfinished]);
    assert_eq!(outcome(Outcome::Rejected, false), []);
    let twice = broken(world(vec![fleet(1, 2)]), 10, |tell| {
        one_job(tell);
        tell(0, stops(0, 0, 0));
        tell(0, ends(0, Outcome::Rejected));
        tell(0, ends(0, Outcome::Rejected));
    });
    assert_eq!(twice, [Rule::JobState]);
    let unknown = broken(world(vec![fleet(1, 2)]), 0, |tell| {
        tell(0, ready(0));
        tell(0, starts(7, &on(0, 1), 0));
    });
    assert_eq!(unknown, [Rule::JobState]);
}

#[test]
fn a_job_that_ends_a_moment_early_or_late_or_never_is_seen() {
    let at = |us: u64| {
        let mut auditor = Auditor::new(Arc::new(world(vec![fleet(1, 2)])));
        one_job(&mut |at, fact| auditor.observe(SimTime::from_secs(at), &fact));
        auditor.observe(SimTime::ZERO, &starts(0, &on(0, 1), 0));
        let end = SimTime::from_us(us).unwrap();
        let spent = Spent {
            kept: Span::from_us(us).unwrap(),
            ..Spent::default()
        };
        let (job, outcome) = (id(0), DONE);
        auditor.observe(
            end,
            &Fact::Ended {
                job,
                outcome,
                spent,
            },
        );
        let report = auditor.finish(end);
        report.violations.first().map(|found| found.rule)
    };
    assert_eq!(at(10_000_000), None);
    assert_eq!(at(9_999_999), Some(Rule::Early));
    assert_eq!(at(10_000_001), Some(Rule::Late));
    let never = broken(world(vec![fleet(1, 2)]), 11, |tell| {
        one_job(tell);
        tell(0, starts(0, &on(0, 1), 0));
    });
    assert_eq!(never, [Rule::Late, Rule::GpuTime, Rule::Balance]);
}

#[test]
fn a_lost_microsecond_and_a_wrong_checkpoint_are_seen() {
    let interrupt = |keep, kept, lost| {
        let mut world = world(vec![fleet(1, 2)]);
        world.classes[0].checkpoint.keep = keep;
        broken(world, 7, |tell| {
            one_job(tell);
            tell(0, starts(0, &on(0, 1), 0));
            tell(7, stops(0, kept, lost));
            tell(7, ends(0, Outcome::Rejected));
        })
    };
    let every = Keep::Every(Span::from_secs(3));
    assert_eq!(interrupt(Keep::All, 7, 0), []);
    assert_eq!(interrupt(every, 6, 1), []);
    assert_eq!(interrupt(Keep::Nothing, 0, 7), []);
    assert_eq!(interrupt(every, 6, 0), [Rule::WorkingTime]);
    assert_eq!(interrupt(every, 3, 4), [Rule::Keep]);
    assert_eq!(interrupt(Keep::Nothing, 7, 0), [Rule::Keep]);
}

#[test]
fn a_restore_that_is_forgotten_is_seen() {
    let restarts = |works| {
        let mut world = world(vec![fleet(1, 2)]);
        world.classes[0].checkpoint.restore = Span::from_secs(5);
        broken(world, 0, |tell| {
            one_job(tell);
            tell(0, starts(0, &on(0, 1), 0));
            tell(0, stops(0, 0, 0));
            tell(0, starts(0, &on(0, 1), works));
            tell(0, stops(0, 0, 0));
            tell(0, ends(0, Outcome::Rejected));
        })
    };
    assert_eq!(restarts(5), []);
    assert_eq!(restarts(0), [Rule::Restore]);
}

#[test]
fn what_is_given_twice_is_seen() {
    let both = |first: &Job, second: &Job, seats: [&[Seat]; 2]| {
        broken(world(vec![fleet(1, 2)]), 0, |tell| {
            tell(0, ready(0));
            for (ordinal, spec) in [(0, first), (1, second)] {
                tell(0, arrives(ordinal, spec));
                let at = usize::try_from(ordinal).unwrap();
                tell(0, starts(ordinal, seats[at], 0));
            }
            for ordinal in [0, 1] {
                tell(0, stops(ordinal, 0, 0));
                tell(0, ends(ordinal, Outcome::Rejected));
            }
        })
    };
    let asking = |gpu, cpu_milli, memory_mib| {
        let mut spec = job(0, 1, 10);
        if let Gang::One(role) = &mut spec.gang {
            role.demand.gpu = gpu;
            (role.demand.cpu_milli, role.demand.memory_mib) = (cpu_milli, memory_mib);
        }
        spec
    };
    let (whole, share) = (GpuDemand::Whole(1), GpuDemand::Milli(600));
    let plain = asking(whole, 0, 0);
    assert_eq!(both(&plain, &plain, [&on(0, 1), &on(0, 2)]), []);
    assert_eq!(
        both(&plain, &plain, [&on(0, 1), &on(0, 1)]),
        [Rule::GpuTwice]
    );
    let (shared, less) = (asking(share, 0, 0), asking(GpuDemand::Milli(400), 0, 0));
    assert_eq!(both(&shared, &less, [&on(0, 1), &on(0, 1)]), []);
    assert_eq!(
        both(&shared, &shared, [&on(0, 1), &on(0, 1)]),
        [Rule::GpuTwice]
    );
    let hungry = asking(whole, 40_000, 0);
    assert_eq!(both(&hungry, &hungry, [&on(0, 1), &on(0, 2)]), [Rule::Cpu]);
    let fat = asking(whole, 0, 40_000);
    assert_eq!(both(&fat, &fat, [&on(0, 1), &on(0, 2)]), [Rule::Memory]);
    assert_eq!(
        both(&plain, &plain, [&on(0, 1), &on(0, 6)]),
        [Rule::GpuCount]
    );
    assert_eq!(
        both(&plain, &plain, [&on(0, 1), &on(0, 4)]),
        [Rule::GpuCount]
    );
}

#[test]
fn a_slice_that_lies_where_it_may_not_is_seen() {
    let own = |world: World, (first, second): (&Job, &Job), seats: [Seat; 2]| {
        broken(world, 0, |tell| {
            tell(0, ready(0));
            for (ordinal, spec) in [(0, first), (1, second)] {
                tell(0, arrives(ordinal, spec));
                let at = usize::try_from(ordinal).unwrap();
                tell(0, starts(ordinal, &seats[at..=at], 0));
            }
            for ordinal in [0, 1] {
                tell(0, stops(ordinal, 0, 0));
                tell(0, ends(ordinal, Outcome::Rejected));
            }
        })
    };
    let world = || world(vec![partitioned(1, 2)]);
    let slice = |gpus, start: Start| Seat {
        start,
        ..on(0, gpus)[0]
    };
    let (one, three) = (sliced(0, (ONE, 1), 10), sliced(0, (THREE, 1), 10));
    let at = |gpus, start| slice(gpus, Start::at(start));
    let threes = |a, b| own(world(), (&three, &three), [a, b]);
    let wrong = [Rule::Partition];
    assert_eq!(threes(at(1, 0), at(1, 4)), []);
    assert_eq!(threes(at(1, 0), at(2, 0)), []);
    // Twice at the same place, across the middle, nowhere.
    assert_eq!(threes(at(1, 0), at(1, 0)), wrong);
    assert_eq!(threes(at(1, 0), at(1, 2)), wrong);
    assert_eq!(threes(at(1, 0), slice(2, Start::NONE)), wrong);
    // Within another, and where the memory ends.
    let mixed = |a, b| own(world(), (&three, &one), [a, b]);
    assert_eq!(mixed(at(1, 0), at(1, 6)), []);
    assert_eq!(mixed(at(1, 0), at(1, 3)), wrong);
    assert_eq!(mixed(at(1, 0), at(1, 7)), wrong);
    // Beside what is no slice, which starts nowhere.
    let whole = job(0, 1, 10);
    let beside = |a, b| own(world(), (&one, &whole), [a, b]);
    assert_eq!(beside(at(1, 6), on(0, 2)[0]), []);
    let both = [Rule::GpuTwice, Rule::Partition];
    assert_eq!(beside(at(1, 6), on(0, 1)[0]), both);
    assert_eq!(beside(at(1, 6), at(2, 0)), wrong);
    // Where nothing is partitioned.
    let plain = crate::rig::world(vec![fleet(1, 2)]);
    assert_eq!(own(plain, (&one, &whole), [at(1, 6), on(0, 2)[0]]), wrong);
}

#[test]
fn a_gang_that_is_not_whole_or_lies_where_it_may_not_is_seen() {
    let (one, two) = (ModelSet::NONE.with(ModelId(0)), ModelSet::ANY);
    let lies = |tasks, models, seats: &[Seat]| {
        let mut other = fleet(1, 2);
        other.shape.model = ModelId(1);
        let mut spec = job(0, 1, 10);
        spec.models = models;
        let demand = spec.gang.roles()[0].demand;
        spec.gang = Gang::One(Role::rigid(tasks, demand));
        broken(world(vec![fleet(1, 2), other]), 0, |tell| {
            tell(0, ready(0));
            tell(0, ready(1));
            tell(0, arrives(0, &spec));
            tell(0, starts(0, seats, 0));
            tell(0, stops(0, 0, 0));
            tell(0, ends(0, Outcome::Rejected));
        })
    };
    let across = [on(0, 1)[0], on(1, 1)[0]];
    assert_eq!(lies(1, one, &on(0, 1)), []);
    assert_eq!(lies(1, one, &on(1, 1)), [Rule::Model]);
    assert_eq!(lies(2, two, &across), [Rule::Model]);
    assert_eq!(lies(2, two, &on(0, 1)), [Rule::Gang]);
    assert_eq!(lies(1, two, &across[..0]), [Rule::Gang]);
}

#[test]
fn time_that_runs_back_and_jobs_out_of_order_are_seen() {
    let rules = broken(world(vec![fleet(1, 2)]), 9, |tell| {
        tell(0, ready(0));
        tell(5, arrives(0, &job(5, 1, 10)));
        tell(4, ends(0, Outcome::Rejected));
    });
    assert_eq!(rules, [Rule::Clock]);
    let rules = broken(world(vec![fleet(1, 2)]), 5, |tell| {
        tell(0, ready(0));
        tell(5, arrives(0, &job(6, 1, 10)));
        tell(5, ends(0, Outcome::Rejected));
    });
    assert_eq!(rules, [Rule::Arrival]);
    let rules = broken(world(vec![fleet(1, 2)]), 0, |tell| {
        tell(0, ready(0));
        tell(0, arrives(1, &job(0, 1, 10)));
    });
    assert_eq!(rules, [Rule::Arrival, Rule::Balance]);
}

#[test]
fn an_arrival_told_late_breaks_littles_law() {
    let rules = broken(world(vec![fleet(1, 2)]), 6, |tell| {
        tell(0, ready(0));
        tell(5, arrives(0, &job(3, 1, 10)));
        tell(6, ends(0, Outcome::Rejected));
    });
    assert_eq!(rules, [Rule::Arrival, Rule::Little]);
}

/// Two nodes, of which one is taken away at five seconds with three seconds of notice.
fn spot() -> Offering {
    Offering {
        notice: Span::from_secs(3),
        boot: Span::from_secs(2),
        availability: steps(&[(0, 2), (5, 1), (20, 2)]),
        ..fleet(2, 2)
    }
}

#[test]
fn a_reclaim_at_the_wrong_time_of_the_wrong_node_or_without_notice_is_seen() {
    let story = |node: u32, told: u64, gone: u64, end: u64| {
        broken(world(vec![spot()]), end, |tell| {
            tell(0, ready(0));
            tell(0, ready(1));
            tell(5, has(1));
            tell(5, noticed(node, told));
            let node = NodeId(node);
            tell(gone, Fact::Reclaimed { node });
        })
    };
    assert_eq!(story(1, 8, 8, 9), []);
    assert_eq!(story(1, 8, 7, 9), [Rule::Reclaim]);
    assert_eq!(story(1, 8, 9, 9), [Rule::Reclaim]);
    assert_eq!(story(1, 7, 7, 9), [Rule::Notice]);
    assert_eq!(story(0, 8, 8, 9), [Rule::Notice]);
    let unnoticed = broken(world(vec![spot()]), 9, |tell| {
        tell(0, ready(0));
        tell(0, ready(1));
        tell(5, has(1));
    });
    assert_eq!(unnoticed, [Rule::Notice]);
    let unsaid = broken(world(vec![spot()]), 9, |tell| {
        tell(0, ready(0));
        tell(0, ready(1));
    });
    assert_eq!(unsaid, [Rule::Curve]);
    let with_a_job = broken(world(vec![spot()]), 8, |tell| {
        tell(0, ready(0));
        tell(0, ready(1));
        tell(0, arrives(0, &job(0, 1, 100)));
        tell(0, starts(0, &on(1, 1), 0));
        tell(5, has(1));
        tell(5, noticed(1, 8));
        let node = NodeId(1);
        tell(8, Fact::Reclaimed { node });
        tell(8, stops(0, 8, 0));
        tell(8, ends(0, Outcome::Rejected));
    });
    assert_eq!(with_a_job, [Rule::Reclaim]);
}

#[test]
fn a_start_on_a_node_that_is_not_ready_is_seen() {
    let rules = broken(world(vec![spot()]), 5, |tell| {
        tell(0, ready(0));
        tell(0, ready(1));
        tell(5, has(1));
        tell(5, noticed(1, 8));
        tell(5, arrives(0, &job(5, 1, 10)));
        tell(5, starts(0, &on(1, 1), 5));
        tell(5, stops(0, 0, 0));
        tell(5, ends(0, Outcome::Rejected));
    });
    assert_eq!(rules, [Rule::Closed]);
}

#[test]
fn machines_that_nobody_has_or_that_boot_wrongly_are_seen() {
    let grown = || Offering {
        initial: 0,
        boot: Span::from_secs(2),
        ..fleet(2, 2)
    };
    let request = |asked, given, node, launch, due| {
        broken(world(vec![grown()]), 3, |tell| {
            tell(1, granted(asked, given));
            tell(1, boots(node, launch, due));
            tell(due, ready(node));
        })
    };
    assert_eq!(request(1, 1, 0, 0, 3), []);
    assert_eq!(request(1, 1, 0, 0, 2), [Rule::Boot]);
    assert_eq!(request(1, 1, 1, 0, 3), [Rule::Slot]);
    assert_eq!(request(1, 1, 0, 1, 3), [Rule::Slot]);
    assert_eq!(request(2, 1, 0, 0, 3), [Rule::Grant]);
    assert_eq!(request(2, 2, 0, 0, 3), [Rule::Grant]);
    assert_eq!(request(3, 3, 0, 0, 3), [Rule::Grant, Rule::Quota]);
    let unasked = broken(world(vec![grown()]), 1, |tell| tell(1, boots(0, 0, 3)));
    assert_eq!(unasked, [Rule::Grant]);
    let never = broken(world(vec![grown()]), 4, |tell| {
        tell(1, granted(1, 1));
        tell(1, boots(0, 0, 3));
    });
    assert_eq!(never, [Rule::Boot]);
    let missing = broken(world(vec![fleet(1, 1)]), 0, |tell| tell(0, has(1)));
    assert_eq!(missing, [Rule::Furnishing, Rule::Curve]);
}

#[test]
fn machines_beyond_a_quota_are_seen() {
    let story = |most, begins| {
        let grown = Offering {
            initial: 0,
            boot: Span::from_secs(2),
            ..fleet(2, 2)
        };
        let other = Offering {
            initial: begins,
            ..fleet(2, 2)
        };
        let quota = sim_core::model::Quota {
            name: "both".to_owned(),
            counted: sim_core::model::Counted::Gpus,
            most,
            covers: vec![OfferingId(0), OfferingId(1)],
        };
        let world = World {
            quotas: vec![quota],
            ..world(vec![grown, other])
        };
        broken(world, 3, |tell| {
            (0..begins).for_each(|at| tell(0, ready(2 + at)));
            tell(1, granted(1, 1));
            tell(1, boots(0, 0, 3));
            tell(3, ready(0));
        })
    };
    assert_eq!(story(2, 0), []);
    assert_eq!(story(1, 0), [Rule::Quota]);
    assert_eq!(story(4, 1), []);
    assert_eq!(story(3, 1), [Rule::Quota]);
}

#[test]
fn a_standing_fleet_that_does_not_come_back_is_seen() {
    let standing = Offering {
        standing: true,
        notice: Span::ZERO,
        availability: steps(&[(0, 2), (5, 1), (8, 2)]),
        ..fleet(2, 2)
    };
    let rules = broken(world(vec![standing]), 9, |tell| {
        tell(0, ready(0));
        tell(0, ready(1));
        tell(5, has(1));
        tell(5, noticed(1, 5));
        let node = NodeId(1);
        tell(5, Fact::Reclaimed { node });
        tell(8, has(2));
        tell(8, Fact::Refused(sim_core::engine::Refusal::Busy(node)));
    });
    assert_eq!(rules, [Rule::Standing]);
}

#[test]
fn nodes_that_leave_against_the_rules_are_seen() {
    let node = NodeId(0);
    let story = |min, facts: &[Fact<'_>]| {
        let offering = Offering { min, ..fleet(1, 2) };
        broken(world(vec![offering]), 1, |tell| {
            one_job(tell);
            tell(0, starts(0, &on(0, 1), 0));
            for fact in facts {
                tell(0, *fact);
            }
            tell(0, stops(0, 0, 0));
            tell(0, ends(0, Outcome::Rejected));
        })
    };
    assert_eq!(story(0, &[]), []);
    assert_eq!(story(0, &[Fact::Released { node }]), [Rule::Drain]);
    assert_eq!(story(0, &[Fact::Draining { node }]), [Rule::Drain]);
    let minimum = story(1, &[Fact::Draining { node }]);
    assert_eq!(minimum, [Rule::Quota, Rule::Drain]);
    let twice = story(0, &[Fact::Draining { node }, Fact::Draining { node }]);
    assert_eq!(twice, [Rule::NodeState, Rule::Drain]);
    let nowhere = story(0, &[Fact::Draining { node: NodeId(9) }]);
    assert_eq!(nowhere, [Rule::NodeState]);
}

#[test]
fn a_price_out_of_turn_is_seen() {
    let price = Price::from_nanousd_h(3).unwrap();
    let offering = OfferingId(0);
    let rules = broken(world(vec![fleet(1, 1)]), 1, |tell| {
        tell(0, ready(0));
        tell(1, Fact::Price { offering, price });
    });
    assert_eq!(rules, [Rule::Curve]);
}

#[test]
fn a_fact_after_the_end_is_seen() {
    let rules = broken(world(vec![fleet(1, 1)]), 0, |tell| {
        one_job(tell);
        tell(0, ends(0, Outcome::Unfinished));
        tell(0, arrives(1, &job(0, 1, 1)));
        tell(0, ends(1, Outcome::Unfinished));
    });
    assert_eq!(rules, [Rule::Clock]);
}

#[test]
fn no_more_than_a_hundred_violations_are_kept() {
    let mut auditor = Auditor::new(Arc::new(world(vec![fleet(1, 1)])));
    for _ in 0..1_000 {
        auditor.observe(SimTime::ZERO, &stops(3, 0, 0));
    }
    let report = auditor.finish(SimTime::ZERO);
    assert_eq!(report.violations.len(), 100);
    assert_eq!(report.dropped, 901);
}
