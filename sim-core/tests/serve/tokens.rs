//! Token by token: the fast station against the naive one, and cases by hand.

use std::sync::Arc;

use sim_core::serve::{BLOCK, Counts, Iteration, Prefix, Refusal, Request, RequestId, Serving};
use sim_core::serve::{Stage, Station, StepTime, Task};
use sim_core::units::{ClassId, SimTime, Span};
use sim_core::world::draw::{Part, Stream};

use crate::naive;

fn small(luck: &mut Stream, low: u64, high: u64) -> u32 {
    u32::try_from(luck.between(low, high)).unwrap()
}

fn world(seed: u64) -> (Iteration, Vec<(SimTime, Task)>) {
    let mut luck = Stream::new(seed, &[Part::Name("tokens")]);
    let sequences = small(&mut luck, 1, 12);
    let prefix = if luck.chance(0.5) {
        Prefix {
            by_class: vec![small(&mut luck, 0, 60), small(&mut luck, 0, 60)],
            session_ppm: small(&mut luck, 0, 1_000_000),
            sessions: small(&mut luck, 0, 3),
        }
    } else {
        Prefix::default()
    };
    let model = Iteration {
        step: StepTime {
            fixed_ps: luck.between(1, 20_000_000),
            per_token_ps: luck.below(40_000),
            per_sequence_ps: luck.below(30_000),
            per_context_ps: luck.below(200),
        },
        tokens: sequences + small(&mut luck, 0, 64),
        sequences,
        blocks: small(&mut luck, 8, 40),
        reserve: luck.chance(0.5),
        line: None,
        prefix,
    };
    let mut at = 0;
    let tick = if luck.chance(0.3) { 100 } else { 1 };
    let gap = luck.between(1, 400);
    let tasks = (0..luck.between(1, 80)).map(|id| {
        if luck.chance(0.8) {
            at += luck.below(gap) / tick * tick;
        }
        if luck.chance(0.03) {
            at += 20_000;
        }
        let now = SimTime::from_us(at).unwrap();
        let request = Request {
            id: RequestId(id),
            class: ClassId(u16::try_from(luck.below(3)).unwrap()),
            arrived: now,
            counts: Counts {
                input: small(&mut luck, 1, 64),
                output: small(&mut luck, 2, 65),
            },
            session: luck.chance(0.5).then(|| luck.below(5)),
            content: None,
        };
        let stage = match luck.below(8) {
            0 => Stage::Prefill,
            1 => Stage::Decode {
                started: SimTime::ZERO,
                first_token: now,
            },
            _ => Stage::Whole,
        };
        (now, Task { request, stage })
    });
    let tasks: Vec<(SimTime, Task)> = tasks.collect();
    (model, tasks)
}

/// Speeds that a replica goes at, from when on.
type Speeds = Vec<(SimTime, u64)>;

/// Some of them while these come.
fn speeds(seed: u64, tasks: &[(SimTime, Task)]) -> Speeds {
    let mut luck = Stream::new(seed, &[Part::Name("speeds")]);
    let last = tasks.last().map_or(0, |(at, _)| at.us());
    let count = luck.below(6);
    let speed = |_| {
        // Half of them where somebody comes.
        let some = tasks[usize::try_from(luck.below(tasks.len().try_into().unwrap())).unwrap()].0;
        let any = SimTime::from_us(luck.below(last + 2_000)).unwrap();
        let at = if luck.chance(0.5) { some } else { any };
        (at, luck.between(200_000, 2_000_000))
    };
    let mut speeds: Speeds = (0..count).map(speed).collect();
    speeds.sort_unstable();
    speeds
}

/// The station's run; it is advanced to whatever instants `luck` picks in between.
fn fast(
    model: &Iteration,
    (tasks, speeds): (&[(SimTime, Task)], &Speeds),
    luck: &mut Stream,
) -> naive::Run {
    let mut station = Serving::Iteration(Arc::new(model.clone())).station(1_000_000);
    let mut run = naive::Run::default();
    let mut now = SimTime::ZERO;
    let (mut arrivals, mut speeds) = (tasks.iter().peekable(), speeds.iter().peekable());
    loop {
        let arrival = arrivals.peek().map(|(at, _)| *at);
        let turn = speeds.peek().map(|(at, _)| *at);
        let ahead = [station.next(), arrival, turn].into_iter().flatten();
        let Some(mut next) = ahead.min() else {
            return run;
        };
        if luck.chance(0.3) {
            let early = now.us() + luck.below(next.us() - now.us() + 1);
            next = SimTime::from_us(early).unwrap();
        }
        now = next;
        station.advance(now, &mut |served| {
            run.served.push((served.task.request.id, served.times));
        });
        while let Some((_, speed_ppm)) = speeds.next_if(|(at, _)| *at == now) {
            station.go_at(now, *speed_ppm);
        }
        while let Some((_, task)) = arrivals.next_if(|(at, _)| *at == now) {
            station.offer(now, *task).unwrap();
        }
        let gauge = station.load(now);
        assert!(gauge.kv_used <= gauge.kv_capacity);
        assert!(gauge.running <= model.sequences);
        assert_eq!(gauge.running + gauge.waiting, station.outstanding());
        (run.iterations, run.preemptions) = (gauge.steps, gauge.preemptions);
        run.most_blocks = run.most_blocks.max(gauge.kv_used / u64::from(BLOCK));
    }
}

#[test]
fn iterations_in_rows_come_to_the_same_as_one_by_one() {
    let (mut preemptions, mut rows) = (0, 0);
    for seed in 0..1_000 {
        let (model, tasks) = world(seed);
        let speeds = speeds(seed, &tasks);
        let slow = naive::serve(&model, &tasks, &speeds);
        let mut luck = Stream::new(seed, &[Part::Name("instants")]);
        let mut fast = fast(&model, (&tasks, &speeds), &mut luck);
        assert!(fast.most_blocks <= slow.most_blocks, "seed {seed}");
        fast.most_blocks = slow.most_blocks;
        assert_eq!(fast, slow, "seed {seed}");
        assert_eq!(slow.served.len(), tasks.len());
        preemptions += slow.preemptions;
        rows += slow.iterations;
    }
    // The worlds are such that memory lacks and rows are long.
    assert!(preemptions > 1_000, "{preemptions} preemptions");
    assert!(rows > 50_000, "{rows} iterations");
}

fn task(id: u64, input: u32, output: u32) -> Task {
    Task::whole(Request {
        id: RequestId(id),
        class: ClassId(0),
        arrived: SimTime::ZERO,
        counts: Counts { input, output },
        session: None,
        content: None,
    })
}

fn model() -> Iteration {
    Iteration {
        step: StepTime {
            fixed_ps: 10_000_000_000,
            per_token_ps: 100_000_000,
            per_sequence_ps: 0,
            per_context_ps: 1_000_000,
        },
        tokens: 100,
        sequences: 4,
        blocks: 20,
        reserve: true,
        line: None,
        prefix: Prefix::default(),
    }
}

fn station(model: Iteration) -> Station {
    Serving::Iteration(Arc::new(model)).station(1_000_000)
}

#[test]
fn a_prompt_longer_than_the_budget_is_computed_in_chunks() {
    let mut station = station(model());
    station.offer(SimTime::ZERO, task(0, 150, 3)).unwrap();
    // 10 ms + 100 x 0.1 ms; then 10 + 50 x 0.1 + 100 x 0.001: the first token; then two of 10 + 0.1 with 150, 151 of context.
    let mut times = None;
    station.advance(SimTime::from_secs(1), &mut |served| {
        times = Some(served.times);
    });
    let times = times.unwrap();
    assert_eq!(times.started, SimTime::ZERO);
    assert_eq!(times.first_token.us(), 20_000 + 15_100);
    assert_eq!(times.done.us(), 35_100 + 10_250 + 10_251);
    assert_eq!(station.next(), None);
    assert_eq!(station.load(SimTime::from_secs(1)).steps, 4);
}

#[test]
fn what_can_never_fit_is_refused_and_what_just_fits_is_served() {
    let mut station = station(Iteration {
        line: Some(1),
        ..model()
    });
    // 20 blocks of 16 tokens hold all but the last.
    let refused = station.offer(SimTime::ZERO, task(0, 300, 22));
    assert_eq!(refused, Err(Refusal::TooLong));
    station.offer(SimTime::ZERO, task(1, 300, 21)).unwrap();
    station.offer(SimTime::ZERO, task(2, 1, 1)).unwrap();
    let refused = station.offer(SimTime::ZERO, task(3, 1, 1));
    assert_eq!(refused, Err(Refusal::Full));
    let mut served = Vec::new();
    station.advance(SimTime::from_secs(9), &mut |done| {
        served.push(done.task.request.id.0);
    });
    served.sort_unstable();
    assert_eq!(served, [1, 2]);
}

#[test]
fn a_station_at_twice_the_speed_takes_half_the_time() {
    let mut station = Serving::Iteration(Arc::new(model())).station(2_000_000);
    station.offer(SimTime::ZERO, task(0, 100, 1)).unwrap();
    assert_eq!(station.next().unwrap().us(), 10_000);
}

#[test]
fn between_its_ends_a_station_shows_how_far_it_is() {
    let mut station = station(model());
    station.offer(SimTime::ZERO, task(0, 15, 10)).unwrap();
    // After the prompt, 11.5 ms, tokens come every 10.1 ms and a little.
    let now = SimTime::ZERO + Span::from_us(45_000).unwrap();
    station.advance(now, &mut |_| ());
    let gauge = station.load(now);
    // The prompt and 3 tokens are over; the fourth iteration of the row is under way, on two blocks.
    assert_eq!((gauge.steps, gauge.tokens, gauge.kv_used), (4, 15 + 4, 32));
    assert_eq!((gauge.running, gauge.waiting), (1, 0));
    assert_eq!(gauge.busy.us(), 45_000);
    let dropped = station.drop_all();
    assert_eq!(dropped, [task(0, 15, 10)]);
}
