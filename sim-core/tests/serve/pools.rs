//! Pools: by hand, and what must hold whatever happens to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sim_core::serve::{Batch, Caching, Completion, Counts, End, Expiry, Gauge, Iteration, Luck};
use sim_core::serve::{Pool, PoolModel, Prefix, Reason, ReplicaId, Request, RequestId, Role};
use sim_core::serve::{
    Routing, Service, Serving, Station, StepTime, Then, Tier, Traffic, Transfer,
};
use sim_core::serve::{Way, When};
use sim_core::units::{ClassId, SimTime, Span};
use sim_core::world::draw::{Part, Stream};

pub(crate) fn us(us: u64) -> Span {
    Span::from_us(us).unwrap()
}

pub(crate) fn at(us: u64) -> SimTime {
    SimTime::from_us(us).unwrap()
}

fn small(luck: &mut Stream, low: u64, high: u64) -> u32 {
    u32::try_from(luck.between(low, high)).unwrap()
}

fn request(id: u64, arrived: u64) -> Request {
    Request {
        id: RequestId(id),
        class: ClassId(0),
        arrived: at(arrived),
        counts: Counts {
            input: 16,
            output: 3,
        },
        session: None,
        content: None,
    }
}

pub(crate) fn plain() -> PoolModel {
    let luck = Luck {
        seed: 1,
        service: "test".into(),
    };
    PoolModel {
        retries: 1,
        ..PoolModel::plain(luck)
    }
}

/// One request at a time, a hundred microseconds each; so many may wait.
pub(crate) fn single(line: Option<u32>) -> Station {
    let model = Batch {
        servers: 1,
        size: 1,
        timeout: Span::ZERO,
        line,
        service: Service::Affine {
            fixed: us(100),
            per_request: us(0),
        },
    };
    Serving::Batch(Arc::new(model)).station(1_000_000)
}

/// Ten microseconds an iteration, one more for each token.
fn tokens() -> Station {
    let model = Iteration {
        step: StepTime {
            fixed_ps: 10_000_000,
            per_token_ps: 1_000_000,
            per_sequence_ps: 0,
            per_context_ps: 0,
        },
        tokens: 64,
        sequences: 8,
        blocks: 8,
        reserve: true,
        line: None,
        prefix: Prefix::default(),
    };
    Serving::Iteration(Arc::new(model)).station(1_000_000)
}

/// What became of each: number, instant, and of the served the replica, of the dropped the reason.
type Fate = (u64, u64, Result<Option<u32>, Reason>);

fn fate(completion: &Completion) -> Fate {
    let became = match completion.end {
        End::Served { by, .. } => Ok(Some(by.0)),
        End::Cached { .. } => Ok(None),
        End::Dropped { why, .. } => Err(why),
    };
    (completion.request.id.0, completion.at().us(), became)
}

#[test]
fn whoever_finds_no_replica_waits_for_one_and_goes_first() {
    let mut pool = Pool::new(plain());
    let mut fates = Vec::new();
    let mut tell = |completion: Completion| fates.push(fate(&completion));
    pool.arrive(at(0), request(0, 0), &mut tell);
    pool.arrive(at(5), request(1, 5), &mut tell);
    assert_eq!((pool.next(), pool.line()), (None, 2));
    let one = (ReplicaId(4), 0);
    pool.add(at(50), one, single(Some(0)), &mut tell);
    pool.arrive(at(60), request(2, 60), &mut tell);
    // One at a time; the second waits in the common line before the third.
    assert_eq!(pool.line(), 2);
    pool.advance(at(1_000), &mut tell);
    let served = |id, done| (id, done, Ok(Some(4)));
    assert_eq!(fates, [served(0, 150), served(1, 250), served(2, 350)]);
}

#[test]
fn a_lost_replicas_requests_begin_anew_as_often_as_they_may() {
    let mut pool = Pool::new(plain());
    let mut fates = Vec::new();
    let mut tell = |completion: Completion| fates.push(fate(&completion));
    for id in 1..=2 {
        pool.add(at(0), (ReplicaId(id), 0), single(None), &mut tell);
    }
    // The first and the third go to replica 1.
    for id in 0..3 {
        pool.arrive(at(id), request(id, id), &mut tell);
    }
    pool.lose(at(90), ReplicaId(1), &mut tell);
    assert_eq!(pool.outstanding(ReplicaId(1)), None);
    assert_eq!(pool.outstanding(ReplicaId(2)), Some(3));
    pool.advance(at(150), &mut tell);
    pool.lose(at(150), ReplicaId(2), &mut tell);
    let expected = [
        (1, 101, Ok(Some(2))),
        (0, 150, Err(Reason::Lost)),
        (2, 150, Err(Reason::Lost)),
    ];
    assert_eq!(fates, expected);
    let traffic = pool.take_traffic();
    let counted = (traffic.arrived, traffic.served, traffic.dropped);
    assert_eq!((counted, traffic.retried), ((3, 1, 2), 2));
    assert_eq!((traffic.input_tokens, traffic.output_tokens), (16, 3));
    assert_eq!(pool.take_traffic(), Traffic::default());
}

#[test]
fn whoever_begins_anew_goes_before_those_who_came_later() {
    let mut pool = Pool::new(plain());
    let mut order = Vec::new();
    let mut tell = |completion: Completion| order.push(completion.request.id.0);
    let replica = |id| (ReplicaId(id), 0);
    pool.add(at(0), replica(0), single(Some(0)), &mut tell);
    for id in 0..3 {
        pool.arrive(at(id), request(id, id), &mut tell);
    }
    pool.lose(at(50), ReplicaId(0), &mut tell);
    pool.add(at(60), replica(1), single(Some(0)), &mut tell);
    pool.advance(at(1_000), &mut tell);
    assert_eq!(order, [0, 1, 2]);
}

#[test]
fn the_line_and_the_patience_of_those_in_it_are_bounded() {
    let mut pool = Pool::new(PoolModel {
        line: Some(2),
        patience: Some(us(70)),
        ..plain()
    });
    let mut fates = Vec::new();
    let mut tell = |completion: Completion| fates.push(fate(&completion));
    pool.add(at(0), (ReplicaId(0), 0), single(Some(0)), &mut tell);
    for (id, now) in [(0, 0), (1, 10), (2, 40), (3, 45), (4, 80)] {
        pool.arrive(at(now), request(id, now), &mut tell);
    }
    pool.advance(at(1_000), &mut tell);
    let expected = [
        (3, 45, Err(Reason::Full)),
        (1, 80, Err(Reason::Impatient)),
        (0, 100, Ok(Some(0))),
        (4, 150, Err(Reason::Impatient)),
        (2, 200, Ok(Some(0))),
    ];
    assert_eq!(fates, expected);
}

#[test]
fn a_draining_replica_serves_those_inside_and_takes_nobody() {
    let mut pool = Pool::new(plain());
    let mut fates = Vec::new();
    let mut tell = |completion: Completion| fates.push(fate(&completion));
    pool.add(at(0), (ReplicaId(0), 0), single(None), &mut tell);
    for id in 0..2 {
        pool.arrive(at(id), request(id, id), &mut tell);
    }
    assert!(pool.drain(ReplicaId(0)));
    assert!(!pool.drain(ReplicaId(1)));
    pool.arrive(at(2), request(2, 2), &mut tell);
    pool.advance(at(900), &mut tell);
    assert_eq!((pool.outstanding(ReplicaId(0)), pool.line()), (Some(0), 1));
    pool.lose(at(900), ReplicaId(0), &mut tell);
    assert_eq!(fates, [(0, 100, Ok(Some(0))), (1, 200, Ok(Some(0)))]);
}

#[test]
fn prompts_and_answers_apart_take_what_their_parts_take() {
    let mut pool = Pool::new(PoolModel {
        transfer: Some(Transfer {
            fixed: us(7),
            per_token_ns: 500,
        }),
        ways: vec![Way::plain(Role::Prefill), Way::plain(Role::Decode)],
        ..plain()
    });
    let mut ends = Vec::new();
    let mut tell = |completion: Completion| ends.push(completion.end);
    pool.add(at(0), (ReplicaId(0), 0), tokens(), &mut tell);
    pool.add(at(0), (ReplicaId(1), 1), tokens(), &mut tell);
    pool.arrive(at(0), request(0, 0), &mut tell);
    // 10 + 16 for the prompt, 7 + 8 on the way, and two more tokens at 10 + 1.
    assert_eq!(pool.next(), Some(at(26)));
    pool.advance(at(30), &mut tell);
    assert_eq!((pool.load().waiting, pool.next()), (1, Some(at(41))));
    pool.advance(at(100), &mut tell);
    let [End::Served { by, times, .. }] = ends[..] else {
        panic!("{ends:?}");
    };
    let instants = (times.started.us(), times.first_token.us(), times.done.us());
    assert_eq!((by, instants), (ReplicaId(1), (0, 26, 63)));
}

#[test]
fn a_hit_costs_its_latency_and_no_replica() {
    let mut pool = Pool::new(PoolModel {
        caching: Some(Caching {
            memory: Tier {
                answers: 9,
                latency: us(3),
            },
            behind: None,
            expiry: Expiry::Never,
            semantic_ppm: 0,
        }),
        ..plain()
    });
    let mut fates = Vec::new();
    let mut tell = |completion: Completion| fates.push(fate(&completion));
    pool.add(at(0), (ReplicaId(0), 0), single(None), &mut tell);
    let same = |id, arrived| Request {
        content: Some(7),
        ..request(id, arrived)
    };
    // The second comes before there is an answer.
    for (id, now) in [(0, 0), (1, 50), (2, 100)] {
        pool.arrive(at(now), same(id, now), &mut tell);
    }
    pool.advance(at(500), &mut tell);
    let expected = [
        (0, 100, Ok(Some(0))),
        (2, 103, Ok(None)),
        (1, 200, Ok(Some(0))),
    ];
    assert_eq!(fates, expected);
    assert_eq!(pool.load().steps, 2);
    assert_eq!(pool.load().busy, us(200));
}

/// What is done to a pool.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Arrive(Request),
    Add(ReplicaId, usize, Station),
    Drain(ReplicaId),
    Lose(ReplicaId),
    Pace(ReplicaId, u64),
}

pub(crate) struct Scene {
    pub(crate) model: PoolModel,
    pub(crate) acts: Vec<(SimTime, Act)>,
}

fn model(luck: &mut Stream, seed: u64) -> PoolModel {
    let routings = [
        Routing::RoundRobin,
        Routing::LeastOutstanding,
        Routing::PowerOfTwo,
        Routing::Session(3),
    ];
    let caching = Caching {
        memory: Tier {
            answers: 3,
            latency: us(2),
        },
        behind: None,
        expiry: Expiry::SinceAccess(us(500)),
        semantic_ppm: 50_000,
    };
    let split = luck.chance(0.4);
    PoolModel {
        luck: Luck {
            seed,
            service: "scene".into(),
        },
        routing: routings[usize::try_from(luck.below(4)).unwrap()],
        caching: luck.chance(0.5).then_some(caching),
        line: luck.chance(0.3).then(|| small(luck, 0, 5)),
        patience: luck.chance(0.3).then(|| us(luck.between(1, 300))),
        retries: small(luck, 0, 2),
        transfer: split.then(|| Transfer {
            fixed: us(luck.below(9)),
            per_token_ns: luck.below(2_000),
        }),
        ways: ways(luck, split),
    }
}

/// Up to five ways, of which the last of each role takes whoever comes.
fn ways(luck: &mut Stream, split: bool) -> Vec<Way> {
    let some = |luck: &mut Stream, role: Role, rest: u64| {
        let mut way = Way::plain(role);
        way.network = (0..luck.below(4)).map(|_| us(luck.below(50))).collect();
        way.quality_ppm = small(luck, 0, 1_000_000);
        if rest == 0 {
            return way;
        }
        let classes: Vec<ClassId> = (0..3).filter(|_| luck.chance(0.6)).map(ClassId).collect();
        way.classes = luck.chance(0.5).then_some(classes);
        way.when = match luck.below(4) {
            0 => When::Full,
            1 => When::Down(us(luck.below(300))),
            _ => When::Always,
        };
        way
    };
    if split {
        let roles = [Role::Prefill, Role::Decode, Role::Prefill, Role::Decode];
        let of = |(at, role): (u64, Role)| some(luck, role, u64::from(at < 2));
        return (0..).zip(roles).map(of).collect();
    }
    let last = luck.below(5);
    let mut ways: Vec<Way> = (0..=last)
        .map(|at| some(luck, Role::Whole, last - at))
        .collect();
    for at in 0..ways.len() - 1 {
        let later = u64::try_from(ways.len() - 1 - at).unwrap();
        ways[at].then = luck.chance(0.3).then(|| Then {
            way: at + 1 + usize::try_from(luck.below(later)).unwrap(),
            accept_ppm: small(luck, 0, 1_000_000),
        });
    }
    ways
}

fn station(luck: &mut Stream, split: bool) -> Station {
    if !split && luck.chance(0.5) {
        let line = luck.chance(0.5).then(|| small(luck, 0, 3));
        return single(line);
    }
    let model = Iteration {
        step: StepTime {
            fixed_ps: luck.between(1, 20_000_000),
            per_token_ps: luck.below(1_000_000),
            per_sequence_ps: 0,
            per_context_ps: luck.below(10_000),
        },
        tokens: 8,
        sequences: small(luck, 1, 8),
        blocks: small(luck, 2, 8),
        reserve: luck.chance(0.5),
        line: luck.chance(0.5).then(|| small(luck, 0, 3)),
        prefix: Prefix::default(),
    };
    Serving::Iteration(Arc::new(model)).station(luck.between(500_000, 2_000_000))
}

pub(crate) fn scene(seed: u64) -> Scene {
    let mut luck = Stream::new(seed, &[Part::Name("pools")]);
    let model = model(&mut luck, seed);
    let split = model.transfer.is_some();
    let (mut now, gap) = (0, luck.between(1, 60));
    let (mut requests, mut replicas) = (0, 0);
    let mut acts = Vec::new();
    for _ in 0..luck.between(10, 150) {
        now += luck.below(gap);
        let some = ReplicaId(small(&mut luck, 0, u64::from(replicas)));
        let act = match luck.below(20) {
            0 | 1 => {
                replicas += 1;
                let ways = u64::try_from(model.ways.len()).unwrap();
                let way = usize::try_from(luck.below(ways)).unwrap();
                Act::Add(ReplicaId(replicas), way, station(&mut luck, split))
            }
            2 => Act::Drain(some),
            3 => Act::Lose(some),
            4 => Act::Pace(some, luck.between(200_000, 2_000_000)),
            _ => {
                requests += 1;
                Act::Arrive(Request {
                    class: ClassId(u16::try_from(luck.below(4)).unwrap()),
                    counts: Counts {
                        input: small(&mut luck, 0, 70),
                        output: small(&mut luck, 0, 20),
                    },
                    session: luck.chance(0.5).then(|| luck.below(5)),
                    content: luck.chance(0.5).then(|| luck.below(8)),
                    ..request(requests, now)
                })
            }
        };
        acts.push((at(now), act));
    }
    // In the end somebody serves whoever is left.
    for way in 0..model.ways.len() {
        replicas += 1;
        acts.push((at(now), Act::Add(ReplicaId(replicas), way, tokens())));
    }
    Scene { model, acts }
}

pub(crate) fn act(pool: &mut Pool, (now, act): &(SimTime, Act), sink: &mut impl FnMut(Completion)) {
    match act.clone() {
        Act::Arrive(request) => pool.arrive(*now, request, sink),
        Act::Add(id, way, station) => pool.add(*now, (id, way), station, sink),
        Act::Lose(id) => pool.lose(*now, id, sink),
        Act::Drain(id) => {
            pool.advance(*now, sink);
            pool.drain(id);
        }
        Act::Pace(id, speed_ppm) => {
            pool.advance(*now, sink);
            pool.go_at(id, speed_ppm);
        }
    }
}

#[test]
fn a_pool_comes_to_the_same_however_often_it_is_advanced() {
    for seed in 0..500 {
        let scene = scene(seed);
        let run = |often: bool| {
            let mut luck = Stream::new(seed, &[Part::Name("instants")]);
            let mut pool = Pool::new(scene.model.clone());
            let mut ends = Vec::new();
            let mut now = 0;
            for one in &scene.acts {
                while often && luck.chance(0.5) {
                    now += luck.below(one.0.us() - now + 1);
                    pool.advance(at(now), &mut |end| ends.push(end));
                }
                now = one.0.us();
                act(&mut pool, one, &mut |end| ends.push(end));
            }
            pool.advance(SimTime::MAX, &mut |end| ends.push(end));
            (ends, pool)
        };
        assert_eq!(run(false), run(true), "seed {seed}");
    }
}

/// Watches a pool from outside.
#[derive(Default)]
struct Watch {
    arrived: BTreeMap<u64, Request>,
    ended: BTreeSet<u64>,
    traffic: Traffic,
}

impl Watch {
    fn end(&mut self, completion: &Completion, there: &BTreeSet<u32>) {
        let request = completion.request;
        assert_eq!(self.arrived.get(&request.id.0), Some(&request));
        assert!(self.ended.insert(request.id.0), "{completion:?} ends twice");
        assert!(completion.at() >= request.arrived);
        match completion.end {
            End::Served { by, times, .. } => {
                assert!(there.contains(&by.0), "{completion:?} by whom?");
                assert!(request.arrived <= times.started);
                assert!(times.started <= times.first_token && times.first_token <= times.done);
                self.traffic.served += 1;
                self.traffic.input_tokens += u64::from(request.counts.input);
                self.traffic.output_tokens += u64::from(request.counts.output);
            }
            End::Cached { .. } => self.traffic.cached += 1,
            End::Dropped { .. } => self.traffic.dropped += 1,
        }
    }
}

fn sound(pool: &Pool, watch: &Watch, replicas: &BTreeSet<u32>) {
    let mut inside = 0;
    for id in replicas {
        let gauge: Gauge = pool.load_of(ReplicaId(*id)).unwrap();
        assert!(gauge.kv_used <= gauge.kv_capacity);
        assert_eq!(
            Some(gauge.waiting + gauge.running),
            pool.outstanding(ReplicaId(*id))
        );
        inside += gauge.waiting + gauge.running;
    }
    let all = pool.load();
    let left = watch.arrived.len() - watch.ended.len();
    assert_eq!(usize::try_from(all.waiting + all.running).unwrap(), left);
    assert!(usize::try_from(inside).unwrap() <= left);
}

/// Over a million steps. Beside that: memory is never promised twice, a replica that drains takes nobody, and who is answered
/// from the cache takes nothing of any replica.
#[test]
fn whatever_happens_every_request_ends_exactly_once() {
    let (mut steps, mut hits) = (0, 0);
    for seed in 500.. {
        if steps > 1_000_000 {
            break;
        }
        let scene = scene(seed);
        steps += scene.acts.len();
        let mut pool = Pool::new(scene.model.clone());
        let (mut watch, mut there) = (Watch::default(), BTreeSet::new());
        let mut drained = BTreeMap::new();
        for one in &scene.acts {
            if let Act::Arrive(request) = &one.1 {
                watch.arrived.insert(request.id.0, *request);
            }
            if let Act::Add(id, ..) = &one.1 {
                there.insert(id.0);
            }
            pool.advance(one.0, &mut |end| watch.end(&end, &there));
            let (before, cached) = (pool.load(), watch.traffic.cached);
            act(&mut pool, one, &mut |end| watch.end(&end, &there));
            if watch.traffic.cached > cached {
                assert_eq!(pool.load(), before, "a hit costs no replica anything");
                hits += 1;
            }
            if let Act::Lose(id) = &one.1 {
                there.remove(&id.0);
                drained.remove(&id.0);
            }
            if let Act::Drain(id) = &one.1
                && let Some(inside) = pool.outstanding(*id)
            {
                drained.insert(id.0, inside);
            }
            for (id, inside) in &mut drained {
                let now = pool.outstanding(ReplicaId(*id)).unwrap();
                assert!(now <= *inside, "a draining replica took somebody");
                *inside = now;
            }
            sound(&pool, &watch, &there);
        }
        pool.advance(SimTime::MAX, &mut |end| watch.end(&end, &there));
        assert_eq!(watch.ended.len(), watch.arrived.len(), "seed {seed}");
        let traffic = pool.take_traffic();
        let arrived = u64::try_from(watch.arrived.len()).unwrap();
        let expected = Traffic {
            arrived,
            retried: traffic.retried,
            ..watch.traffic
        };
        assert_eq!(traffic, expected);
    }
    assert!(hits > 1_000, "{hits}");
}
