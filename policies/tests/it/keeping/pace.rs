//! The pace of checkpoints.

use policies::params::Value;
use sim_core::course::theory::{daly, exact, young};
use sim_core::model::{Gang, Keep, Market};
use sim_core::units::Span;
use sim_core::world::Lifetime;

use super::rig::{fleet, fly, job, minutes, standing, text, world};

/// Two hundred jobs of a day each on spot machines that live two hours on average: the pace comes to what theory says of
/// two hours, however wrong the first guess was. Of the last hundred starts the mean is within five in a hundred: some 2,000
/// losses were seen, whose mean has a standard error of two in a hundred, and the pace goes with its root.
#[test]
fn the_pace_comes_to_that_of_the_true_rate() {
    let dump = minutes(2);
    for (kind, best) in [
        ("young", young(dump, minutes(120))),
        ("daly", daly(dump, minutes(120))),
        ("exact", exact(dump, minutes(120))),
    ] {
        let mut fleets = vec![fleet("f", Market::Spot, 1, 20)];
        fleets[0].risk.lifetime = Lifetime::exponential(minutes(120)).expect("a mean");
        let mut world = world(fleets);
        world.classes[0].checkpoint.keep = Keep::Every(minutes(600));
        world.classes[0].checkpoint.dump = dump;
        let jobs = vec![job(0, 1440); 200];
        let prior = [("prior", text("2d"))];
        let buy = [("market", Value::Texts(vec!["spot".to_owned()]))];
        let parts = [("buy", "queue-depth", &buy[..]), ("pace", kind, &prior)];
        let (log, _) = fly(world, &jobs, &parts);
        let last = &log.paces[log.paces.len() - 100..];
        let mean = last.iter().sum::<u64>() / 100;
        let best = best.us() / 1_000_000;
        let near = best * 95 / 100..best * 105 / 100;
        assert!(near.contains(&mean), "{kind}: {mean} s, not {best} s");
        assert!(log.paces[0] > 4 * best, "{kind}: the guess was wrong");
    }
}

/// A gang is lost with any of its machines. Where none is ever lost only the prior counts, which time makes longer.
#[test]
fn a_gang_of_four_machines_writes_twice_as_often_as_one() {
    let paced = |tasks| {
        let mut world = world(vec![standing("f", 1, 4)]);
        world.classes[0].checkpoint.keep = Keep::Every(minutes(600));
        world.classes[0].checkpoint.dump = Span::from_secs(30);
        let mut gang = job(0, 60);
        gang.gang = Gang::of(tasks, 1);
        let prior = [("prior", text("6h"))];
        let (log, _) = fly(world, &[gang], &[("pace", "young", &prior)]);
        log.paces
    };
    // sqrt(2 x 30 s x 6 h) = 1138.4 s.
    assert_eq!(paced(1), [1138]);
    assert_eq!(paced(4), [569]);
}

#[test]
fn a_job_that_writes_no_checkpoints_has_no_pace() {
    let world = world(vec![standing("f", 1, 1)]);
    let (log, _) = fly(world, &[job(0, 60)], &[("pace", "exact", &[])]);
    assert!(log.paces.is_empty());
}
