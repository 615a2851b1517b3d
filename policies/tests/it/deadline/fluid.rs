//! The fluid limit of Wu et al.: spot a fixed part of the time, in ever finer turns, changeovers that cost nothing.

use sim_core::units::Span;

use super::rig::{self, pilot};

/// With R0 = 120 min allowed and C0 = 60 min of work, spot for 1 minute of every 4 (r = 1/4): greedy works on spot alone until
/// t' = (R0 - C0) / (1 - r) = 80 min, with 20 min done and 40 to do in 40, and on demand from there. Price k a minute on
/// demand and 1 on spot: p = k R0 + (r - k) t' = 120 k + 20 - 80 k = 40 k + 20. A turn is the grain.
#[test]
fn greedy_costs_what_the_fluid_limit_says() {
    let k = 3.06 / 0.9731;
    for turn in [240, 120, 60] {
        let turns = 7200 / turn;
        let up: Vec<bool> = (0..turns * 4).map(|quarter| quarter % 4 == 0).collect();
        let world = rig::world(&up, turn / 4, Span::ZERO, 1);
        let jobs = [rig::job(0, 3600, 7200)];
        let log = rig::fly(&world, &jobs, pilot("greedy"), 1);
        let minutes = |us: u64| f64::from(u32::try_from(us / 1000).unwrap()) / 60_000.0;
        let cost = minutes(log.held_us[0]) + k * minutes(log.held_us[1]);
        let fluid = 40.0 * k + 20.0;
        let grain = k * f64::from(u32::try_from(turn).unwrap()) / 60.0;
        assert!((cost - fluid).abs() <= grain, "{turn}: {cost} for {fluid}");
        assert!(log.ends[0] <= rig::at(7201), "{turn}: {:?}", log.ends);
    }
}
