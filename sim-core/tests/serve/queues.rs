//! Simulated queues against closed forms: means over batches of arrivals, |z| < 4, standard errors printed.

use std::sync::Arc;

use sim_core::serve::theory::{Parallel, bulk, erlang_b, pollaczek_khinchine};
use sim_core::serve::{Batch, Counts, Law, Luck, Request, RequestId, Service, Serving, Task};
use sim_core::units::{ClassId, SimTime, Span};
use sim_core::world::draw::{Part, Stream};

const SERVICE: Span = Span::from_secs(1);
const BATCHES: u32 = 50;

fn luck(name: &str) -> Luck {
    Luck {
        seed: 20,
        service: name.into(),
    }
}

fn queue(servers: u32, size: u32, line: Option<u32>, law: Law) -> Batch {
    Batch {
        servers,
        size,
        timeout: Span::ZERO,
        line,
        service: Service::Drawn {
            law,
            mean: SERVICE,
            fan_out: 1,
            luck: luck("queue"),
        },
    }
}

/// What is measured of one arrival: its wait in service times, and whether it had to wait; none of a refused one.
type Seen = Option<f64>;

/// Poisson arrivals at `rate` in a service time, `BATCHES` times `each`, after a fifth as many that are not counted.
fn simulate(model: Batch, rate: f64, each: u32) -> Vec<Vec<Seen>> {
    let mut station = Serving::Batch(Arc::new(model)).station(1_000_000);
    let mut arrivals = Stream::new(21, &[Part::Name("arrivals")]);
    let (mut us, count) = (0.0, each * BATCHES);
    let warm = count / 5;
    let mut seen: Vec<Seen> = vec![None; usize::try_from(count).unwrap()];
    let mut tell = |served: sim_core::serve::Served| {
        let request = served.task.request;
        if let Some(place) = request.id.0.checked_sub(warm.into()) {
            let wait = served.times.started.since(request.arrived).us();
            let wait = f64::from(u32::try_from(wait).unwrap()) / 1e6;
            seen[usize::try_from(place).unwrap()] = Some(wait);
        }
    };
    for id in 0..u64::from(warm + count) {
        us += arrivals.exponential(1e6 / rate);
        let now = SimTime::ZERO + sim_core::world::draw::span(us);
        let request = Request {
            id: RequestId(id),
            class: ClassId(0),
            arrived: now,
            counts: Counts::default(),
            session: None,
            content: None,
        };
        station.advance(now, &mut tell);
        let _ = station.offer(now, Task::whole(request));
    }
    station.advance(SimTime::MAX, &mut tell);
    seen.chunks(usize::try_from(each).unwrap())
        .map(<[Seen]>::to_vec)
        .collect()
}

/// Holds the mean of `of` against `expected`, by batch means.
fn holds(name: &str, batches: &[Vec<Seen>], expected: f64, of: impl Fn(Seen) -> Option<f64>) {
    let means = batches.iter().map(|batch| {
        let values: Vec<f64> = batch.iter().filter_map(|seen| of(*seen)).collect();
        values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap())
    });
    let means: Vec<f64> = means.collect();
    let count = f64::from(BATCHES);
    let mean = means.iter().sum::<f64>() / count;
    let squares = means.iter().map(|one| (one - mean) * (one - mean));
    let error = (squares.sum::<f64>() / (count - 1.0) / count).sqrt();
    let z = (mean - expected) / error;
    println!("{name}: {mean:.5} for {expected:.5}, error {error:.5}, z {z:.2}");
    assert!(z.abs() < 4.0, "{name}: {mean} for {expected}, z {z}");
    assert!(
        error < 0.2 * expected,
        "{name}: an error of {error} shows nothing"
    );
}

const fn wait(seen: Seen) -> Option<f64> {
    seen
}

fn waits(seen: Seen) -> Option<f64> {
    seen.map(|wait| if wait > 0.0 { 1.0 } else { 0.0 })
}

#[test]
fn several_servers_wait_as_erlang_has_it() {
    for (servers, load) in [(1, 0.5), (2, 0.8), (8, 0.7), (32, 0.9)] {
        let rate = load * f64::from(servers);
        let batches = simulate(queue(servers, 1, None, Law::Exponential), rate, 2_000);
        let theory = Parallel::new(servers, rate);
        let name = format!("M/M/{servers} at {load}");
        holds(&name, &batches, theory.mean_wait(), wait);
        holds(&name, &batches, theory.waiting(), waits);
    }
}

#[test]
fn without_a_line_as_many_are_lost_as_erlang_has_it() {
    for (servers, load) in [(1, 0.5), (5, 0.9)] {
        let rate = load * f64::from(servers);
        let batches = simulate(queue(servers, 1, Some(0), Law::Erlang(2)), rate, 1_000);
        let lost = |seen: Seen| Some(if seen.is_none() { 1.0 } else { 0.0 });
        let name = format!("M/E2/{servers}/{servers} at {load}");
        holds(&name, &batches, erlang_b(servers, rate), lost);
    }
}

#[test]
fn one_server_waits_as_pollaczek_and_khinchine_have_it() {
    let laws = [Law::Constant, Law::Erlang(4), Law::Hyperexponential(4.0)];
    for law in laws {
        for load in [0.5, 0.8] {
            let batches = simulate(queue(1, 1, None, law), load, 2_000);
            let expected = pollaczek_khinchine(load, law.squared_variation());
            holds(&format!("{law:?} at {load}"), &batches, expected, wait);
        }
    }
}

#[test]
fn batches_wait_as_their_chain_has_it() {
    for (size, load) in [(2, 0.7), (8, 0.5), (32, 0.9)] {
        let rate = load * f64::from(size);
        let batches = simulate(queue(1, size, None, Law::Constant), rate, 2_000);
        let expected = bulk(size, rate).unwrap().mean_wait;
        holds(&format!("bulk {size} at {load}"), &batches, expected, wait);
    }
}
