//! Cooldowns, bounds, grace and scaling to zero, over a million random steps each.

use std::collections::VecDeque;

use policies::forecast::learned::{Learned, Lstm, Shape, Training};
use policies::forecast::{Bursts, Ewma};
use policies::hours::Hours;
use policies::scale::hpa::Target;
use policies::scale::hpa::behavior::Behavior;
use policies::scale::hpa::controller::Settings;
use policies::scale::keda::{Keda, Object};
use policies::scale::queue_depth::{Depth, QueueDepth};
use policies::scale::{
    Bounds, BurstGuard, Fixed, Grace, Hpa, Load, Outlook, Predictive, Scaler, Schedule, Seen,
    Signal, TargetTracking,
};
use sim_core::units::{SimTime, Span};
use sim_core::world::draw::Stream;

const STEPS: u32 = 1_000_000;

/// A service whose load wanders and whose replicas start at random; sometimes somebody else sets their number.
struct Service {
    luck: Stream,
    seen: Seen,
}

impl Service {
    fn new(name: &str) -> Self {
        Self {
            luck: Stream::new(1, &["service".into(), name.into()]),
            seen: Seen::default(),
        }
    }

    /// Some seconds later.
    fn next(&mut self) -> &Seen {
        let luck = &mut self.luck;
        let seen = &mut self.seen;
        seen.now = seen
            .now
            .saturating_add(Span::from_secs(luck.between(1, 30)));
        let load = &mut seen.load;
        let quiet = luck.chance(0.4) && load.queue < 50;
        load.queue = if quiet { 0 } else { luck.below(300) };
        load.utilization_milli = if quiet {
            luck.below(300)
        } else {
            luck.below(1001)
        };
        load.rate_milli = load.queue * 500;
        // Whole stretches without anything to do.
        if (seen.now.us() / 1_200_000_000).is_multiple_of(3) {
            *load = Load::default();
        }
        let replicas = &mut seen.replicas;
        if luck.chance(0.001) {
            replicas.wanted = u32::try_from(luck.below(40)).expect("small");
        }
        let wanted = u64::from(replicas.wanted);
        replicas.ready = u32::try_from(luck.between(wanted / 2, wanted)).expect("as wanted");
        replicas.starting = replicas.wanted - replicas.ready;
        seen
    }
}

fn bounds(min: u32, max: u32) -> Bounds {
    Bounds::new(min, max).expect("a range")
}

fn target(signal: Signal, milli: u64) -> Target {
    Target { signal, milli }
}

/// Flies a scaler; each step is checked by what was seen and wanted. At times the scaler is exchanged for its copy.
fn fly(mut scaler: Box<dyn Scaler + Send>, mut check: impl FnMut(&Seen, u32)) {
    let mut service = Service::new(scaler.name());
    for step in 0..STEPS {
        let seen = service.next().clone();
        if step % 1000 == 0 {
            scaler = scaler.fork();
        }
        let want = scaler.want(&seen);
        check(&seen, want);
        service.seen.replicas.wanted = want;
    }
}

/// One of each kind.
fn all() -> Vec<Box<dyn Scaler + Send>> {
    let range = bounds(1, 30);
    let hpa = || {
        let settings = Settings {
            behavior: Some(Behavior::default()),
            ..Settings::new(range)
        };
        Hpa::new(settings, vec![target(Signal::Queue, 10_000)])
    };
    let day = Schedule {
        hours: Hours {
            open: 8 * 3600,
            close: 20 * 3600,
            days: [true; 7],
        },
        within: 3,
        without: 3,
    };
    let tracking = TargetTracking::new(target(Signal::Utilization, 500), range);
    let outlook = Outlook::new((Signal::Rate, 5000), range, Span::from_secs(60));
    let shape = Shape {
        window: 4,
        horizon: 2,
        width: 2,
    };
    let training = Training {
        batches: 2,
        every: 100,
        ..Training::new(24, 1)
    };
    let learned = Learned::<Lstm>::new(shape, training);
    let object = Object::new(vec![(Signal::Queue, 5000)]);
    let bursts = (Signal::Rate, Bursts::new(0.1, (4.0, 2.0), 20));
    vec![
        Box::new(Fixed(3)),
        Box::new(day),
        Box::new(QueueDepth::new(Depth::new(range))),
        Box::new(hpa()),
        Box::new(Keda::new(object, Box::new(hpa()))),
        Box::new(Grace::new(Box::new(tracking), Span::from_secs(900))),
        Box::new(Predictive::new(outlook, Box::new(learned), Box::new(hpa()))),
        Box::new(BurstGuard::new(
            Box::new(hpa()),
            bursts,
            Span::from_secs(60),
            (1500, range),
        )),
    ]
}

#[test]
fn a_copy_answers_as_the_original_does() {
    for mut scaler in all() {
        let mut service = Service::new(scaler.name());
        let mut copy = scaler.fork();
        for step in 0..20_000 {
            let seen = service.next().clone();
            if step % 500 == 0 {
                copy = scaler.fork();
            }
            let want = scaler.want(&seen);
            assert_eq!(copy.want(&seen), want, "{}", scaler.name());
            service.seen.replicas.wanted = want;
        }
    }
}

#[test]
fn queue_depth_keeps_its_cooldowns_and_its_bounds() {
    let range = bounds(2, 20);
    let (mut added, mut changed): (Option<SimTime>, Option<SimTime>) = (None, None);
    let (mut ups, mut downs) = (0, 0);
    fly(
        Box::new(QueueDepth::new(Depth::new(range))),
        |seen, want| {
            let wanted = seen.replicas.wanted;
            assert_eq!(range.hold(want), want);
            // What bounds force is none of its own choice.
            let forced = range.hold(wanted) != wanted;
            let since = |last: Option<SimTime>| last.map_or(Span::MAX, |last| seen.now.since(last));
            if want > wanted {
                assert!(forced || since(added) >= Span::from_secs(300));
                added = Some(seen.now);
                ups += 1;
            } else if want < wanted {
                assert!(forced || since(changed) >= Span::from_secs(600));
                assert!(forced || wanted - want == 1);
                downs += 1;
            }
            if want != wanted {
                changed = Some(seen.now);
            }
        },
    );
    assert!(ups > 1000, "{ups}");
    assert!(downs > 1000, "{downs}");
}

#[test]
fn keda_goes_to_zero_only_after_its_cooldown_and_back_only_where_there_is_work() {
    let inner = Hpa::new(
        Settings::new(bounds(1, 30)),
        vec![target(Signal::Queue, 10_000)],
    );
    let object = Object {
        bounds: bounds(0, 30),
        ..Object::new(vec![(Signal::Queue, 5000)])
    };
    let mut alone: Option<Hpa> = Some(inner.clone());
    let (mut last_active, mut next_poll) = (None, SimTime::ZERO);
    let (mut slept, mut woke, mut is_active) = (0, 0, false);
    fly(
        Box::new(Keda::new(object, Box::new(inner))),
        |seen, want| {
            assert!(want <= 30);
            if seen.now >= next_poll {
                next_poll = seen.now.saturating_add(Span::from_secs(30));
                is_active = seen.load.queue > 5;
                last_active = if is_active {
                    Some(seen.now)
                } else {
                    last_active
                };
            }
            let rested = last_active.is_none_or(|last| seen.now.since(last) > Span::from_secs(300));
            let wanted = seen.replicas.wanted;
            if want == 0 {
                assert!(!is_active);
                assert!(rested || wanted == 0);
                slept += u32::from(wanted > 0);
            } else if wanted == 0 {
                assert!(is_active);
                assert_eq!(want, 1);
                woke += 1;
            } else {
                // In between it is the other's number.
                let hpa = alone.as_mut().expect("there is one");
                assert_eq!(hpa.want(seen), want);
            }
        },
    );
    assert!(slept > 1000, "{slept}");
    assert!(woke > 1000, "{woke}");
}

#[test]
fn grace_never_goes_below_what_was_wanted_within_it() {
    let grace = Span::from_secs(900);
    let inner = TargetTracking::new(target(Signal::Rate, 10_000), bounds(1, 40));
    let inner = inner.with_patience(Span::ZERO, Span::ZERO);
    let mut twin: Box<dyn Scaler + Send> = Box::new(inner.clone());
    let mut recent: VecDeque<(SimTime, u32)> = VecDeque::new();
    let mut held = 0;
    fly(
        Box::new(Grace::new(Box::new(inner), grace)),
        |seen, want| {
            let plain = twin.want(seen);
            recent.push_back((seen.now, plain));
            while recent
                .front()
                .is_some_and(|(at, _)| seen.now.since(*at) > grace)
            {
                recent.pop_front();
            }
            let most = recent.iter().map(|(_, want)| *want).max();
            assert_eq!(Some(want), most);
            held += u32::from(want > plain);
        },
    );
    assert!(held > 1000, "{held}");
}

#[test]
fn the_horizontal_pod_autoscaler_keeps_its_rates_and_the_others_their_bounds() {
    let range = bounds(2, 30);
    let settings = Settings {
        behavior: Some(Behavior::default()),
        ..Settings::new(range)
    };
    let targets = vec![
        target(Signal::Utilization, 600),
        target(Signal::Queue, 20_000),
    ];
    let hpa = Hpa::new(settings, targets);
    let mut recent: VecDeque<(SimTime, u32, u32)> = VecDeque::new();
    fly(Box::new(hpa.clone()), |seen, want| {
        let wanted = seen.replicas.wanted;
        if wanted == 0 {
            assert_eq!(want, 0, "somebody switched it off");
            return;
        }
        assert_eq!(range.hold(want), want);
        // At most doubled, or four more, than there were 15 s ago; what somebody else changed aside.
        recent.push_back((seen.now, wanted, want));
        while recent
            .front()
            .is_some_and(|(at, ..)| at.saturating_add(Span::from_secs(15)) <= seen.now)
        {
            recent.pop_front();
        }
        let all = recent.iter().zip(recent.iter().skip(1));
        let untouched = all.clone().all(|(before, after)| before.2 == after.1);
        if want > wanted && range.hold(wanted) == wanted && untouched {
            let (_, start, _) = recent[0];
            assert!(want <= (2 * start).max(start + 4).max(wanted));
        }
    });
    let tracking = TargetTracking::new(target(Signal::Utilization, 500), range);
    fly(Box::new(tracking), |_, want| {
        assert_eq!(range.hold(want), want);
    });
    let outlook = Outlook::new((Signal::Rate, 5000), range, Span::from_secs(60));
    let forecaster = Box::new(Ewma::new(0.5));
    fly(
        Box::new(Predictive::new(outlook, forecaster, Box::new(hpa))),
        |_, want| assert_eq!(range.hold(want), want),
    );
}
