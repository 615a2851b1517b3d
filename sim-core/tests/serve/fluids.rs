//! Rates per interval against closed forms, against pools that serve request by request, and as accounts that balance.

use std::sync::Arc;

use sim_core::serve::StepTime;
use sim_core::serve::fluid::{Demand, Fluid, Rate};
use sim_core::serve::theory::Parallel;
use sim_core::serve::{Batch, Completion, Counts, End, Iteration, Law, Luck, Pool, PoolModel};
use sim_core::serve::{Prefix, ReplicaId, Request, RequestId, Service, Serving};
use sim_core::units::{ClassId, SimTime, Span};
use sim_core::world::draw::{Part, Stream, span};

fn close(one: f64, other: f64, relative: f64) {
    let error = (one - other).abs();
    assert!(error <= relative * other.abs(), "{one} is not {other}");
}

fn luck() -> Luck {
    Luck {
        seed: 5,
        service: "fluid".into(),
    }
}

fn batch(servers: u32, size: u32, service: Service) -> Serving {
    Serving::Batch(Arc::new(Batch {
        servers,
        size,
        timeout: Span::ZERO,
        line: None,
        service,
    }))
}

fn exponential(servers: u32) -> Serving {
    let service = Service::Drawn {
        law: Law::Exponential,
        mean: Span::from_secs(1),
        fan_out: 1,
        luck: luck(),
    };
    batch(servers, 1, service)
}

fn affine(size: u32) -> Serving {
    let service = Service::Affine {
        fixed: Span::from_us(40_000).unwrap(),
        per_request: Span::from_us(5_000).unwrap(),
    };
    batch(1, size, service)
}

fn tokens() -> Serving {
    Serving::Iteration(Arc::new(Iteration {
        step: StepTime {
            fixed_ps: 12_687_300_000,
            per_token_ps: 34_980_000,
            per_sequence_ps: 31_998_300,
            per_context_ps: 58_066,
        },
        tokens: 2_048,
        sequences: 128,
        blocks: 4_000,
        reserve: true,
        line: None,
        prefix: Prefix::default(),
    }))
}

#[test]
fn what_comes_is_served_or_left() {
    let mut luck = Stream::new(1, &[Part::Name("fluids")]);
    let demand = Demand::of([Counts {
        input: 100,
        output: 50,
    }]);
    for serving in [exponential(4), affine(8), tokens()] {
        let rate = Rate::of(&serving, 1_000_000, &demand);
        let mut fluid = Fluid::default();
        let (mut came, mut went) = (0.0, 0.0);
        for _ in 0..500 {
            let replicas = u32::try_from(luck.below(4)).unwrap();
            let arrived = luck.uniform() * 60.0 * rate.peak() * 3.0;
            let flow = fluid.advance(&rate, replicas, (60.0, arrived));
            (came, went) = (came + flow.arrived, went + flow.served);
            let most = rate.peak() * 60.0 * f64::from(replicas);
            assert!(flow.served >= 0.0 && flow.served <= most * (1.0 + 1e-12));
            assert!((0.0..=1.0).contains(&flow.busy));
            let median = flow.wait_quantile_s(0.5);
            assert!(median <= flow.wait_quantile_s(0.99));
            if median > 0.0 && median.is_finite() {
                assert!((flow.within(median) - 0.5).abs() < 1e-3);
            }
            assert_eq!(
                replicas == 0 && flow.behind > 0.0,
                flow.mean_wait_s().is_infinite()
            );
        }
        close(came, went + fluid.backlog, 1e-9);
    }
}

#[test]
fn a_calm_interval_is_erlangs_queue() {
    let rate = Rate::of(&exponential(2), 2_000_000, &Demand::default());
    // Three replicas of two servers at twice the speed: service takes half a second.
    let flow = Fluid::default().advance(&rate, 3, (3_600.0, 9.0 * 3_600.0));
    let theory = Parallel::new(6, 4.5);
    close(flow.mean_wait_s(), theory.mean_wait() / 2.0, 1e-12);
    close(
        flow.wait_quantile_s(0.99),
        theory.wait_quantile(0.99) / 2.0,
        1e-4,
    );
    close(flow.busy, 0.75, 1e-12);
    close(flow.served, flow.arrived, 1e-12);
}

#[test]
fn an_overload_is_carried_over_and_worked_off() {
    let rate = Rate::of(&exponential(10), 1_000_000, &Demand::default());
    let mut fluid = Fluid::default();
    let rush = fluid.advance(&rate, 1, (100.0, 1_500.0));
    close(rush.backlog, 500.0, 1e-12);
    close(rush.mean_wait_s(), 25.0, 1e-12);
    close(rush.wait_quantile_s(0.9), 45.0, 1e-6);
    // At half the rate the 500 take the whole of the next hundred seconds.
    let calm = fluid.advance(&rate, 1, (100.0, 500.0));
    close(calm.mean_wait_s(), 25.0, 1e-12);
    assert!(calm.backlog < 1e-9 && calm.behind > 0.999);
    let none = fluid.advance(&rate, 0, (100.0, 1.0));
    assert!(none.mean_wait_s().is_infinite());
    close(none.backlog, 1.0, 1e-9);
}

/// Mean wait for the start, to the first token, and to the end, in seconds, of so many requests at `rate` on one replica.
fn simulated(serving: &Serving, rate: f64, counts: Counts) -> [f64; 3] {
    let mut pool = Pool::new(PoolModel::plain(luck()));
    let (mut sums, mut counted) = ([0.0; 3], 0.0);
    let mut tell = |completion: Completion| {
        let (request, End::Served { times, .. }) = (completion.request, completion.end) else {
            panic!("all are served");
        };
        if request.id.0 >= 2_000 {
            counted += 1.0;
            for (sum, at) in sums
                .iter_mut()
                .zip([times.started, times.first_token, times.done])
            {
                let us = at.since(request.arrived).us();
                *sum += f64::from(u32::try_from(us).unwrap()) / 1e6;
            }
        }
    };
    let replica = (ReplicaId(0), 0);
    pool.add(
        SimTime::ZERO,
        replica,
        serving.station(1_000_000),
        &mut tell,
    );
    let mut luck = Stream::new(9, &[Part::Name("arrivals")]);
    let mut us = 0.0;
    for id in 0..42_000 {
        us += luck.exponential(1e6 / rate);
        let now = SimTime::ZERO + span(us);
        let request = Request {
            id: RequestId(id),
            class: ClassId(0),
            arrived: now,
            counts,
            session: None,
            content: None,
        };
        pool.arrive(now, request, &mut tell);
    }
    pool.advance(SimTime::MAX, &mut tell);
    sums.map(|sum| sum / counted)
}

#[test]
fn batches_of_a_length_that_grows_wait_nearly_as_simulated() {
    let (serving, counts) = (affine(8), Counts::default());
    let rate = Rate::of(&serving, 1_000_000, &Demand::default());
    for load in [0.3, 0.6, 0.85] {
        let arriving = load * rate.peak();
        let [wait, _, whole] = simulated(&serving, arriving, counts);
        let steady = rate.steady(arriving, 1);
        println!("load {load}: wait {} for {wait}", steady.wait_s);
        // The mean length stands for all lengths: the more so, the more they vary.
        close(steady.wait_s, wait, 0.2);
        close(steady.wait_s + steady.service_s, whole, 0.1);
    }
}

#[test]
fn tokens_take_nearly_as_long_as_simulated() {
    let serving = tokens();
    let counts = Counts {
        input: 600,
        output: 200,
    };
    let rate = Rate::of(&serving, 1_000_000, &Demand::of([counts]));
    for load in [0.1, 0.4, 0.7] {
        let arriving = load * rate.peak();
        let [_, first, whole] = simulated(&serving, arriving, counts);
        let steady = rate.steady(arriving, 1);
        let (first_s, whole_s) = (steady.first_token_s, steady.service_s + steady.wait_s);
        println!("load {load}: first {first_s} for {first}, all {whole_s} for {whole}");
        close(whole_s, whole, 0.05);
        close(first_s, first, 0.25);
    }
}
