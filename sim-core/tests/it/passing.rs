//! Whoever asks why jobs wait is shown all time that passes, once and in order, and the run is what it is unasked.

use std::sync::Arc;

use sim_core::engine::{Grants, Scene};
use sim_core::swarm::scenario;
use sim_core::units::SimTime;
use sim_core::watch::{Fact, Observer};

use crate::rig::{engine, watch};
use crate::zoo::Animal;

/// Follows the clock.
#[derive(Default)]
struct Clock {
    at: SimTime,
    asks: bool,
    waiting: u32,
}

impl Observer for Clock {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if !self.asks {
            assert!(!matches!(fact, Fact::Held { .. }), "nobody asked why");
            return;
        }
        assert_eq!(now, self.at, "time passed and was not shown");
        if matches!(fact, Fact::Arrived { .. } | Fact::Interrupted { .. }) {
            self.waiting += 1;
        } else if matches!(fact, Fact::Started { .. }) {
            self.waiting -= 1;
        }
    }

    fn asks_why(&self) -> bool {
        self.asks
    }

    fn passes(&mut self, until: SimTime, scene: &Scene<'_>) {
        assert!(self.asks && scene.view.now() == self.at && until > self.at);
        assert!(scene.view.pending_len() <= self.waiting);
        self.at = until;
    }
}

#[test]
fn all_time_is_shown_to_whoever_asks_why_and_to_nobody_else() {
    for seed in 0..300 {
        let (world, jobs) = scenario(seed);
        let world = Arc::new(world);
        for animal in Animal::all(seed) {
            let seen = watch(&world, &jobs, animal.policy());
            for asks in [false, true] {
                let mut clock = Clock {
                    asks,
                    ..Clock::default()
                };
                let mut flown = engine(&world, &jobs);
                let finish = flown.run(&mut *animal.policy(), Grants::default(), &mut clock);
                assert_eq!(finish, seen.finish, "seed {seed}, {animal:?}");
                assert_eq!(flown.digests(), seen.digests, "seed {seed}, {animal:?}");
                if asks && finish.is_ok() {
                    assert_eq!(clock.at, flown.now(), "seed {seed}, {animal:?}");
                }
            }
        }
    }
}
