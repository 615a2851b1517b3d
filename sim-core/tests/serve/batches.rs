//! Whole requests in batches: by hand, against an obvious second implementation, and what never is exceeded.

use std::sync::Arc;

use sim_core::serve::{Batch, Counts, Law, Luck, Refusal, Request, RequestId, Service, Serving};
use sim_core::serve::{Station, Task};
use sim_core::units::{ClassId, SimTime, Span};
use sim_core::world::draw::{Part, Stream, span};

fn task(id: u64, us: u64) -> (SimTime, Task) {
    let arrived = SimTime::from_us(us).unwrap();
    let request = Request {
        id: RequestId(id),
        class: ClassId(0),
        arrived,
        counts: Counts::default(),
        session: None,
        content: None,
    };
    (arrived, Task::whole(request))
}

fn us(us: u64) -> Span {
    Span::from_us(us).unwrap()
}

fn station(model: &Batch) -> Station {
    Serving::Batch(Arc::new(model.clone())).station(1_000_000)
}

/// Who was served: number, start, end.
type Row = (u64, u64, u64);

/// Speeds in parts per million, from when on.
type Speeds = Vec<(SimTime, u64)>;

/// Offers `tasks`, each at its instant, and serves them all; whoever finds no room is in the second list.
fn serve(model: &Batch, tasks: &[(SimTime, Task)]) -> (Vec<Row>, Vec<u64>) {
    serve_at(model, tasks, &Speeds::new())
}

/// The same at these speeds, each set before whoever comes at its instant.
fn serve_at(model: &Batch, tasks: &[(SimTime, Task)], speeds: &Speeds) -> (Vec<Row>, Vec<u64>) {
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    let mut station = station(model);
    let mut tell = |served: sim_core::serve::Served| {
        let times = served.times;
        assert_eq!(times.first_token, times.done);
        rows.push((
            served.task.request.id.0,
            times.started.us(),
            times.done.us(),
        ));
    };
    let mut speeds = speeds.iter().peekable();
    for (at, task) in tasks {
        while let Some((turn, speed_ppm)) = speeds.next_if(|(turn, _)| turn <= at) {
            station.advance(*turn, &mut tell);
            station.go_at(*turn, *speed_ppm);
        }
        station.advance(*at, &mut tell);
        match station.offer(*at, *task) {
            Ok(()) => {}
            Err(Refusal::Full) => refused.push(task.request.id.0),
            Err(Refusal::TooLong) => panic!("requests have no length here"),
        }
    }
    for (turn, speed_ppm) in speeds {
        station.advance(*turn, &mut tell);
        station.go_at(*turn, *speed_ppm);
    }
    station.advance(SimTime::MAX, &mut tell);
    assert_eq!(station.outstanding(), 0);
    (rows, refused)
}

#[test]
fn a_batch_starts_when_it_is_full_or_its_first_has_waited() {
    let model = Batch {
        servers: 1,
        size: 3,
        timeout: us(10),
        line: None,
        service: Service::Affine {
            fixed: us(100),
            per_request: us(5),
        },
    };
    // Two wait until 10; three that come meanwhile start when the server is free; the last waits its ten.
    let tasks: Vec<_> = [0, 4, 20, 21, 22, 300]
        .into_iter()
        .zip(0..)
        .map(|(at, id)| task(id, at))
        .collect();
    let rows = [
        (0, 10, 120),
        (1, 10, 120),
        (2, 120, 235),
        (3, 120, 235),
        (4, 120, 235),
        (5, 310, 415),
    ];
    assert_eq!(serve(&model, &tasks), (rows.to_vec(), vec![]));
}

#[test]
fn without_a_timeout_whoever_finds_nobody_is_served_alone() {
    let model = Batch {
        servers: 1,
        size: 2,
        timeout: Span::ZERO,
        line: None,
        service: Service::Affine {
            fixed: us(10),
            per_request: us(0),
        },
    };
    let tasks: Vec<_> = [0, 1, 2, 3]
        .into_iter()
        .zip(0..)
        .map(|(at, id)| task(id, at))
        .collect();
    let rows = [(0, 0, 10), (1, 10, 20), (2, 10, 20), (3, 20, 30)];
    assert_eq!(serve(&model, &tasks), (rows.to_vec(), vec![]));
}

#[test]
fn without_a_line_whoever_finds_all_servers_busy_is_refused() {
    let model = Batch {
        servers: 2,
        size: 1,
        timeout: Span::ZERO,
        line: Some(0),
        service: Service::Affine {
            fixed: us(10),
            per_request: us(0),
        },
    };
    let tasks: Vec<_> = [0, 5, 7, 10, 11]
        .into_iter()
        .zip(0..)
        .map(|(at, id)| task(id, at))
        .collect();
    let rows = [(0, 0, 10), (1, 5, 15), (3, 10, 20)];
    assert_eq!(serve(&model, &tasks), (rows.to_vec(), vec![2, 4]));
}

#[test]
fn a_query_of_several_shards_takes_as_long_as_the_slowest() {
    let luck = Luck {
        seed: 3,
        service: "search".into(),
    };
    let drawn = |fan_out| Service::Drawn {
        law: Law::Exponential,
        mean: us(1_000_000),
        fan_out,
        luck: luck.clone(),
    };
    let (alone, four) = (drawn(1), drawn(4));
    let mut sums = [0, 0];
    for id in 0..20_000 {
        let task = [task(id, 0).1];
        let mut shards = luck.stream("service", RequestId(id));
        let shards = [(); 4].map(|()| shards.exponential(1e6));
        let times = [&alone, &four].map(|service| service.span(task.iter(), 1_000_000));
        let slowest = shards.into_iter().fold(0.0, f64::max);
        assert_eq!(
            times,
            [span(shards[0]), span(slowest)].map(|span| span.max(us(1)))
        );
        sums = [sums[0] + times[0].us(), sums[1] + times[1].us()];
    }
    // 1 + 1/2 + 1/3 + 1/4 of the mean; the standard errors are 0.007 and 0.009.
    let [one, four] = sums.map(|us| f64::from(u32::try_from(us / 1_000_000).unwrap()) / 20_000.0);
    assert!(
        (one - 1.0).abs() < 0.03 && (four - 25.0 / 12.0).abs() < 0.04,
        "{one} {four}"
    );
}

fn world(seed: u64) -> (Batch, Vec<(SimTime, Task)>) {
    let mut luck = Stream::new(seed, &[Part::Name("batches")]);
    let service = if luck.chance(0.5) {
        Service::Affine {
            fixed: us(luck.between(1, 100)),
            per_request: us(luck.below(20)),
        }
    } else {
        let laws = [
            Law::Constant,
            Law::Exponential,
            Law::Erlang(3),
            Law::Hyperexponential(4.0),
        ];
        Service::Drawn {
            law: laws[usize::try_from(luck.below(4)).unwrap()],
            mean: us(luck.between(1, 100)),
            fan_out: u32::try_from(luck.between(1, 3)).unwrap(),
            luck: Luck {
                seed,
                service: "test".into(),
            },
        }
    };
    let small = |luck: &mut Stream, low, high| u32::try_from(luck.between(low, high)).unwrap();
    let timeout = if luck.chance(0.5) { luck.below(60) } else { 0 };
    let model = Batch {
        servers: small(&mut luck, 1, 3),
        size: small(&mut luck, 1, 5),
        timeout: us(timeout),
        line: luck.chance(0.3).then(|| small(&mut luck, 0, 4)),
        service,
    };
    let (mut at, gap) = (0, luck.between(1, 60));
    let tasks = (0..luck.between(1, 100)).map(|id| {
        at += luck.below(gap);
        task(id, at)
    });
    let tasks = tasks.collect();
    (model, tasks)
}

/// Some speeds while these come.
fn speeds(seed: u64, tasks: &[(SimTime, Task)]) -> Speeds {
    let mut luck = Stream::new(seed, &[Part::Name("speeds")]);
    let last = tasks.last().map_or(0, |(at, _)| at.us());
    let count = luck.below(8);
    let speed = |_| {
        let at = SimTime::from_us(luck.below(last + 500)).unwrap();
        (at, luck.between(200_000, 2_000_000))
    };
    let mut speeds: Speeds = (0..count).map(speed).collect();
    speeds.sort_unstable();
    speeds
}

/// Microsecond by microsecond: ends, then starts, then speeds, then each arrival and what it starts.
fn obvious(model: &Batch, tasks: &[(SimTime, Task)], speeds: &Speeds) -> (Vec<Row>, Vec<u64>) {
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    let mut waiting: Vec<(u64, Task)> = Vec::new();
    let mut servers: Vec<(u64, u64, Vec<Task>)> = Vec::new();
    let mut arrivals = tasks.iter().peekable();
    let mut now = 0;
    let free =
        |servers: &[(u64, u64, Vec<Task>)]| u32::try_from(servers.len()).unwrap() < model.servers;
    let size = usize::try_from(model.size).unwrap();
    let mut speed_ppm = 1_000_000;
    let start =
        |(now, speed_ppm): (u64, u64), waiting: &mut Vec<(u64, Task)>, servers: &mut Vec<_>| {
            while free(servers)
                && (waiting.len() >= size
                    || waiting
                        .first()
                        .is_some_and(|w| w.0 + model.timeout.us() <= now))
            {
                let batch = waiting.drain(..size.min(waiting.len()));
                let batch: Vec<Task> = batch.map(|w| w.1).collect();
                let end = now + model.service.span(batch.iter(), speed_ppm).us();
                servers.push((end, now, batch));
            }
        };
    while arrivals.peek().is_some() || !waiting.is_empty() || !servers.is_empty() {
        for (end, started, batch) in servers.extract_if(.., |s| s.0 == now) {
            rows.extend(batch.iter().map(|task| (task.request.id.0, started, end)));
        }
        start((now, speed_ppm), &mut waiting, &mut servers);
        let mut set = speeds.iter().filter(|(at, _)| at.us() == now);
        speed_ppm = set
            .next_back()
            .map_or(speed_ppm, |(_, speed_ppm)| *speed_ppm);
        while let Some((_, task)) = arrivals.next_if(|(at, _)| at.us() == now) {
            let before = waiting.len();
            waiting.push((now, *task));
            start((now, speed_ppm), &mut waiting, &mut servers);
            let stays = waiting.len() > before;
            if stays
                && model
                    .line
                    .is_some_and(|line| before >= usize::try_from(line).unwrap())
            {
                waiting.pop();
                refused.push(task.request.id.0);
            }
        }
        now += 1;
    }
    (rows, refused)
}

#[test]
fn batches_come_to_the_same_as_microsecond_by_microsecond() {
    for seed in 0..1_000 {
        let (model, tasks) = world(seed);
        let speeds = speeds(seed, &tasks);
        assert_eq!(
            serve_at(&model, &tasks, &speeds),
            obvious(&model, &tasks, &speeds),
            "seed {seed}"
        );
    }
}

#[test]
fn what_is_under_way_keeps_its_pace_and_what_begins_then_does_not() {
    let model = Batch {
        servers: 1,
        size: 1,
        timeout: Span::ZERO,
        line: None,
        service: Service::Affine {
            fixed: us(40),
            per_request: Span::ZERO,
        },
    };
    let tasks: Vec<_> = (0..4).map(|id| task(id, 10)).collect();
    let at = |us| SimTime::from_us(us).unwrap();
    // Slower while the first is served, as before while the third is.
    let speeds = vec![(at(30), 500_000), (at(150), 1_000_000)];
    let rows = [(0, 10, 50), (1, 50, 130), (2, 130, 210), (3, 210, 250)];
    assert_eq!(serve_at(&model, &tasks, &speeds), (rows.to_vec(), vec![]));
}

/// Over a million steps.
#[test]
fn neither_size_nor_timeout_is_ever_exceeded() {
    let mut steps = 0;
    for seed in 1_000.. {
        if steps > 1_000_000 {
            break;
        }
        let (model, tasks) = world(seed);
        steps += tasks.len();
        let mut station = station(&model);
        let mut luck = Stream::new(seed, &[Part::Name("steps")]);
        let mut batches = std::collections::BTreeMap::<(u64, u64), u32>::new();
        let mut tell = |served: sim_core::serve::Served| {
            let times = (served.times.started.us(), served.times.done.us());
            *batches.entry(times).or_default() += 1;
        };
        for (at, task) in &tasks {
            while let Some(next) = station.next().filter(|next| next <= at && luck.chance(0.5)) {
                station.advance(next, &mut tell);
            }
            station.advance(*at, &mut tell);
            let had_room = station.has_room();
            assert_eq!(station.offer(*at, *task).is_ok(), had_room);
            let gauge = station.load(*at);
            // Nobody waits beside a free server for longer than the timeout, or behind a full batch.
            let busy = gauge.running > 0;
            assert!(busy || gauge.waiting < model.size);
            assert!(
                busy || station
                    .next()
                    .is_none_or(|next| next <= *at + model.timeout)
            );
            assert!(gauge.running <= model.servers * model.size);
        }
        station.advance(SimTime::MAX, &mut tell);
        let at_once = model.servers * model.size;
        assert!(
            batches.values().all(|count| *count <= at_once),
            "seed {seed}"
        );
    }
}
