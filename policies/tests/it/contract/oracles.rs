//! Closed forms of queueing theory, driven through the engine and the real fifo policy: |z| < 4 at a
//! standard error of at most 1 % of the mean. Seeds are fixed; each is one replication.

use std::sync::Arc;

use sim_core::engine::{Engine, Finish, Grants, Plan, Policy, View, Wakes};
use sim_core::model::{Gang, Job};
use sim_core::units::{SimTime, Span, convert};
use sim_core::watch::{Fact, Observer, Outcome};
use sim_core::world::Arrivals;
use sim_core::world::draw::Stream;

use super::rig::{self, fleet, world};
use super::roster;
use super::scenes::luck;

/// Mean service time: in microseconds, so that rounding to them is nothing.
const MEAN_US: u64 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Exponential,
    Constant,
}

/// Poisson arrivals of single-GPU jobs, made as they are asked for.
#[derive(Clone)]
struct Source {
    between: Stream,
    lengths: Stream,
    service: Service,
    /// Arrivals in one mean service time.
    rate: f64,
    clock_us: f64,
    left: u32,
}

impl Source {
    fn new(seed: u64, rate: f64, service: Service, jobs: u32) -> Self {
        Self {
            between: luck(seed, "between arrivals"),
            lengths: luck(seed, "lengths"),
            service,
            rate,
            clock_us: 0.0,
            left: jobs,
        }
    }
}

impl Arrivals for Source {
    fn next(&mut self) -> Option<Job> {
        self.left = self.left.checked_sub(1)?;
        let mean = convert::real(MEAN_US);
        self.clock_us += self.between.exponential(mean / self.rate);
        let work = match self.service {
            Service::Exponential => self.lengths.exponential_span(rig::span(1)).us(),
            Service::Constant => MEAN_US,
        };
        let arrival = SimTime::from_us(convert::floor(self.clock_us)).expect("within a century");
        Some(Job::plain(arrival, work, Gang::of(1, 1)))
    }

    fn fork(&self) -> Box<dyn Arrivals + Send> {
        Box::new(self.clone())
    }
}

/// Sums over a run.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    jobs: u64,
    rejected: u64,
    waited_us: u64,
    /// Jobs in the system, integrated over time, and over jobs.
    in_system_us: u128,
    sojourns_us: u128,
    here: u64,
    last: SimTime,
}

/// Watches waits and the number in the system.
#[derive(Default)]
struct Watch {
    sums: Sums,
    arrived: Vec<SimTime>,
}

impl Observer for Watch {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        let sums = &mut self.sums;
        sums.in_system_us += u128::from(now.since(sums.last).us()) * u128::from(sums.here);
        sums.last = now;
        if let Fact::Arrived { job, .. } = fact {
            sums.jobs += 1;
            sums.here += 1;
            if self.arrived.len() <= job.slot() {
                self.arrived.resize(job.slot() + 1, now);
            }
            self.arrived[job.slot()] = now;
        } else if let Fact::Started { job, .. } = fact {
            sums.waited_us += now.since(self.arrived[job.slot()]).us();
        } else if let Fact::Ended { job, outcome, .. } = fact {
            sums.rejected += u64::from(*outcome == Outcome::Rejected);
            sums.here -= 1;
            sums.sojourns_us += u128::from(now.since(self.arrived[job.slot()]).us());
        }
    }
}

/// Turns away whoever does not fit on arrival.
struct Blocking;

impl Policy for Blocking {
    fn name(&self) -> &'static str {
        "blocking"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let waiting: Vec<_> = view.pending().map(|job| job.id()).collect();
        for job in waiting {
            match plan.fits(job) {
                Some(placement) => plan.start(job, &placement),
                None => plan.reject(job),
            }
            .expect("it waits");
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(Self)
    }
}

fn replicate(servers: u32, source: Source, policy: &mut dyn Policy) -> Sums {
    let world = Arc::new(world(vec![fleet(1, servers)]));
    let (mut engine, mut watch) = (Engine::new(world, Box::new(source)), Watch::default());
    let finish = engine.run(policy, Grants::default(), &mut watch);
    assert_eq!(finish, Ok(Finish::Drained));
    watch.sums
}

/// An oracle: what is simulated, and how much of it.
#[derive(Clone, Copy, Debug)]
struct Oracle {
    name: &'static str,
    servers: u32,
    rate: f64,
    service: Service,
    /// Whether who does not fit is turned away.
    blocking: bool,
    replications: u64,
    jobs: u32,
}

impl Oracle {
    fn one(self, seed: u64) -> f64 {
        let source = Source::new(seed, self.rate, self.service, self.jobs);
        let fifo = roster::plain("fifo", "strict", "first-fit");
        let sums = if self.blocking {
            replicate(self.servers, source, &mut Blocking)
        } else {
            replicate(self.servers, source, &mut *fifo.policy())
        };
        let jobs = convert::real(sums.jobs);
        if self.blocking {
            convert::real(sums.rejected) / jobs
        } else {
            convert::real(sums.waited_us) / jobs / convert::real(MEAN_US)
        }
    }

    /// The replications, on two threads.
    fn samples(self) -> Vec<f64> {
        let half = |odd| {
            let seeds = (0..self.replications).filter(move |seed| seed % 2 == odd);
            move || seeds.map(|seed| self.one(seed)).collect::<Vec<f64>>()
        };
        std::thread::scope(|scope| {
            let (even, odd) = (scope.spawn(half(0)), scope.spawn(half(1)));
            let mut samples = even.join().expect("no panic");
            samples.extend(odd.join().expect("no panic"));
            samples
        })
    }

    fn check(self, theory: f64) {
        let samples = self.samples();
        let count = convert::real(self.replications);
        let mean = samples.iter().sum::<f64>() / count;
        let squares = samples
            .iter()
            .map(|sample| (sample - mean) * (sample - mean));
        let error = (squares.sum::<f64>() / (count - 1.0) / count).sqrt();
        let (z, relative) = ((mean - theory) / error, error / theory);
        let name = self.name;
        println!("{name}: theory {theory:.5}, mean {mean:.5}, s.e. {relative:.4} of it, z {z:+.2}");
        assert!(relative <= 0.01, "{name}: standard error {relative}");
        assert!(z.abs() < 4.0, "{name}: z = {z}");
    }
}

/// Wait in M/M/1: rho / (1 - rho) mean service times.
#[test]
fn mm1_at_half_load() {
    let oracle = Oracle {
        name: "M/M/1 at 0.5",
        servers: 1,
        rate: 0.5,
        service: Service::Exponential,
        blocking: false,
        replications: 32,
        jobs: 100_000,
    };
    oracle.check(1.0);
}

#[test]
fn mm1_at_four_fifths() {
    let oracle = Oracle {
        name: "M/M/1 at 0.8",
        servers: 1,
        rate: 0.8,
        service: Service::Exponential,
        blocking: false,
        replications: 32,
        jobs: 100_000,
    };
    oracle.check(4.0);
}

/// Probability of waiting in M/M/c of offered load `load`, from the blocking probability.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let (blocking, rho) = (erlang_b(servers, load), load / f64::from(servers));
    blocking / (1.0 - rho * (1.0 - blocking))
}

/// Probability of being turned away from M/G/c/c, by its recursion.
fn erlang_b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |blocking, server| {
        load * blocking / (f64::from(server) + load * blocking)
    })
}

#[test]
fn mm8_at_four_fifths() {
    let load = 6.4;
    let oracle = Oracle {
        name: "M/M/8 at 0.8",
        servers: 8,
        rate: load,
        service: Service::Exponential,
        blocking: false,
        replications: 24,
        jobs: 200_000,
    };
    let wait = erlang_c(8, load) / (8.0 - load);
    assert!((wait - 0.28603).abs() < 1e-4, "as published: {wait}");
    oracle.check(wait);
}

/// Half the wait of M/M/1: Pollaczek and Khinchine.
#[test]
fn md1_at_four_fifths() {
    let oracle = Oracle {
        name: "M/D/1 at 0.8",
        servers: 1,
        rate: 0.8,
        service: Service::Constant,
        blocking: false,
        replications: 24,
        jobs: 100_000,
    };
    oracle.check(2.0);
}

/// Blocking does not depend on how service times are distributed, only on their mean.
#[test]
fn erlang_b_and_its_insensitivity() {
    let blocking = erlang_b(16, 14.0);
    assert!(
        (blocking - 0.11451).abs() < 1e-4,
        "as published: {blocking}"
    );
    for (name, service) in [
        ("Erlang B, exponential", Service::Exponential),
        ("Erlang B, constant", Service::Constant),
    ] {
        let oracle = Oracle {
            name,
            servers: 16,
            rate: 14.0,
            service,
            blocking: true,
            replications: 20,
            jobs: 40_000,
        };
        oracle.check(blocking);
    }
}

/// Little's law as an equality of integers, on runs that start and end empty: the time jobs spend in
/// the system, summed over jobs and integrated over time.
#[test]
fn littles_law_is_an_equality_of_integers() {
    for seed in 0..4 {
        for contender in [
            roster::plain("fifo", "strict", "first-fit"),
            roster::parts(["las", "skip", "best-fit", "by-order", "keep"]).quick(),
            roster::parts(["smallest", "skip", "spread", "by-order", "keep"]),
        ] {
            let source = Source::new(seed, 3.6, Service::Exponential, 3000);
            let sums = replicate(4, source, &mut *contender.policy());
            assert_eq!(sums.here, 0);
            assert_eq!(sums.in_system_us, sums.sojourns_us, "{}", contender.name());
            assert!(sums.in_system_us > 0);
        }
    }
}

/// D/D/c by hand: two servers, a job every two seconds that takes five.
#[test]
fn constant_arrivals_and_services_go_by_the_clock() {
    let jobs: Vec<Job> = (0..6)
        .map(|at| rig::job(2 * at, Gang::of(1, 1), 5))
        .collect();
    let fifo = roster::plain("fifo", "strict", "first-fit");
    let fates = rig::fates(world(vec![fleet(1, 2)]), &jobs, &fifo);
    let starts = fates.starts();
    let starts: Vec<Span> = starts.iter().map(|at| at.since(SimTime::ZERO)).collect();
    assert_eq!(starts, [0, 2, 5, 7, 10, 12].map(rig::span));
}
