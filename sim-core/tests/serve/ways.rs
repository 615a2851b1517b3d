//! Ways through a pool: each rule by hand, and all of them on random scenes against a pool that looks at everything, at every
//! microsecond.

use std::collections::BTreeMap;

use sim_core::serve::{Attainment, Cache, Candidate, Completion, Counts, End, Gauge, Objective};
use sim_core::serve::{Pool, PoolModel, Reason, ReplicaId, Request, RequestId, Role, Router};
use sim_core::serve::{Served, Station, Task, Then, Times, Way, WaySet, When};
use sim_core::units::{ClassId, SimTime, Span};

use crate::pools::{Act, act, at, plain, scene, single, us};

/// A pool of these, whose replicas serve one request at a time, in a hundred microseconds; and how requests ended: number,
/// instant, replica.
struct Stage {
    pool: Pool,
    ends: Vec<Completion>,
}

impl Stage {
    fn of(ways: Vec<Way>) -> Self {
        let model = PoolModel { ways, ..plain() };
        Self {
            pool: Pool::new(model),
            ends: Vec::new(),
        }
    }

    fn add(&mut self, now: u64, (replica, way): (u32, usize)) {
        let tell = &mut |end| self.ends.push(end);
        let replica = (ReplicaId(replica), way);
        self.pool.add(at(now), replica, single(Some(0)), tell);
    }

    fn lose(&mut self, now: u64, replica: u32) {
        let tell = &mut |end| self.ends.push(end);
        self.pool.lose(at(now), ReplicaId(replica), tell);
    }

    fn arrive(&mut self, now: u64, (id, class): (u64, u16)) {
        let request = Request {
            class: ClassId(class),
            ..Request::plain(id, at(now))
        };
        let tell = &mut |end| self.ends.push(end);
        self.pool.arrive(at(now), request, tell);
    }

    fn until(&mut self, now: u64) -> &[Completion] {
        let tell = &mut |end| self.ends.push(end);
        self.pool.advance(at(now), tell);
        &self.ends
    }

    /// What became of each up to `now`.
    fn fates(&mut self, now: u64) -> Vec<(u64, u64, u32)> {
        let fate = |one: &Completion| match one.end {
            End::Served { by, times, .. } => (one.request.id.0, times.done.us(), by.0),
            End::Cached { .. } | End::Dropped { .. } => panic!("{one:?}"),
        };
        self.until(now).iter().map(fate).collect()
    }
}

fn takes(classes: &[u16]) -> Way {
    let classes = classes.iter().copied().map(ClassId).collect();
    Way {
        classes: Some(classes),
        ..Way::plain(Role::Whole)
    }
}

fn when(when: When) -> Way {
    Way {
        when,
        ..Way::plain(Role::Whole)
    }
}

#[test]
fn classes_go_where_they_may_and_do_not_wait_for_each_other() {
    let mut stage = Stage::of(vec![takes(&[1]), takes(&[0, 2])]);
    stage.add(0, (0, 0));
    stage.add(0, (1, 1));
    // Two of class one: the second waits, though the other replica is free, and whoever comes later goes past it.
    for (now, class) in [(0, 1), (1, 1), (2, 2)] {
        stage.arrive(now, (now, class));
    }
    // Of a class that nobody named: nobody takes it.
    stage.arrive(3, (3, 9));
    assert_eq!(stage.pool.line(), 2);
    let expected = [(0, 100, 0), (2, 102, 1), (1, 200, 0)];
    assert_eq!(stage.fates(900), expected);
    assert_eq!(stage.pool.line(), 1);
}

#[test]
fn sets_that_are_open_together_are_one_to_the_router() {
    let mut stage = Stage::of(vec![Way::plain(Role::Whole), takes(&[0])]);
    for replica in [(0, 1), (1, 0), (2, 1)] {
        stage.add(0, replica);
    }
    // The first with fewest inside, wherever it is; class three goes to the one set that takes it.
    for (id, class) in [(0, 3), (1, 0), (2, 0), (3, 0)] {
        stage.arrive(id, (id, class));
    }
    let expected = [(0, 100, 1), (1, 101, 0), (2, 102, 2), (3, 200, 1)];
    assert_eq!(stage.fates(900), expected);
}

#[test]
fn an_edge_spills_over_while_it_is_full() {
    let mut stage = Stage::of(vec![Way::plain(Role::Whole), when(When::Full)]);
    stage.add(0, (7, 0));
    stage.add(0, (3, 1));
    stage.arrive(0, (0, 0));
    stage.arrive(10, (1, 0));
    // Both are full: it waits for whoever is free first, and that is the edge.
    stage.arrive(20, (2, 0));
    stage.until(150);
    // The cloud is free, the edge is not.
    stage.arrive(150, (3, 0));
    stage.until(260);
    // Both are free.
    stage.arrive(260, (4, 0));
    let expected = [
        (0, 100, 7),
        (1, 110, 3),
        (2, 200, 7),
        (3, 250, 3),
        (4, 360, 7),
    ];
    assert_eq!(stage.fates(900), expected);
}

#[test]
fn a_standby_takes_over_when_its_primary_has_been_gone_for_so_long() {
    let mut stage = Stage::of(vec![Way::plain(Role::Whole), when(When::Down(us(50)))]);
    stage.add(0, (0, 0));
    stage.add(0, (1, 1));
    // A primary that is full is not gone.
    stage.arrive(0, (0, 0));
    stage.arrive(1, (1, 0));
    assert_eq!(stage.pool.line(), 1);
    stage.until(220);
    stage.pool.drain(ReplicaId(0));
    stage.arrive(230, (2, 0));
    assert_eq!(stage.pool.next(), Some(at(270)));
    stage.until(400);
    // It goes at once while the primary is away, and no more once it is back.
    stage.arrive(400, (3, 0));
    stage.add(450, (2, 0));
    stage.arrive(500, (4, 0));
    stage.arrive(510, (5, 0));
    let expected = [
        (0, 100, 0),
        (1, 200, 0),
        (2, 370, 1),
        (3, 500, 1),
        (4, 600, 2),
        (5, 700, 2),
    ];
    assert_eq!(stage.fates(900), expected);
}

#[test]
fn a_standby_without_a_delay_takes_over_at_once() {
    let mut stage = Stage::of(vec![Way::plain(Role::Whole), when(When::Down(Span::ZERO))]);
    stage.add(0, (0, 0));
    stage.add(0, (1, 1));
    stage.arrive(0, (0, 0));
    stage.arrive(1, (1, 0));
    stage.until(20);
    stage.pool.drain(ReplicaId(0));
    // Whoever was inside is served there.
    assert_eq!(stage.fates(900), [(0, 100, 0), (1, 120, 1)]);
    let mut stage = Stage::of(vec![Way::plain(Role::Whole), when(When::Down(Span::ZERO))]);
    stage.add(0, (0, 0));
    stage.add(0, (1, 1));
    stage.arrive(0, (0, 0));
    stage.lose(30, 0);
    assert_eq!(stage.fates(900), [(0, 130, 1)]);
}

/// A small model, a large one behind it and a larger one behind that.
fn cascade(accept_ppm: [u32; 2]) -> Vec<Way> {
    let set = |way: usize| {
        let ms = u64::try_from(way).unwrap() * 1_000;
        Way {
            classes: (way > 0).then(Vec::new),
            then: accept_ppm.get(way).map(|accept_ppm| Then {
                way: way + 1,
                accept_ppm: *accept_ppm,
            }),
            network: vec![us(10 + ms); 2],
            quality_ppm: [600_000, 900_000, 1_000_000][way],
            ..Way::plain(Role::Whole)
        }
    };
    (0..3).map(set).collect()
}

#[test]
fn an_answer_that_is_not_good_enough_is_asked_for_behind() {
    for (accept_ppm, last, done, network, quality) in [
        ([1_000_000, 0], 0, 100, 10, 600_000),
        ([0, 1_000_000], 1, 200, 1_020, 900_000),
        ([0, 0], 2, 300, 3_030, 1_000_000),
    ] {
        let mut stage = Stage::of(cascade(accept_ppm));
        for way in 0..3 {
            stage.add(0, (u32::try_from(way).unwrap(), way));
        }
        stage.arrive(0, (0, 1));
        let [completion] = stage.until(900) else {
            panic!("one request has one end");
        };
        let end = End::Served {
            by: ReplicaId(last),
            times: Times {
                started: at(done - 100),
                first_token: at(done),
                done: at(done),
            },
            network: us(network),
            quality_ppm: quality,
        };
        assert_eq!(completion.end, end);
        // The network counts in what the user sees, and not in what replicas do.
        let whole = us(done + network);
        assert_eq!(completion.at(), at(done));
        assert_eq!(completion.latency(), Some(whole));
        assert_eq!(completion.to_first_token(), Some(whole));
        let mut kept = Attainment::default();
        for bound in [whole, us(done + network - 1)] {
            let objective = Objective {
                whole: Some(bound),
                ..Objective::default()
            };
            kept.count(&objective, completion);
        }
        assert_eq!((kept.answered, kept.met), (2, 1));
        let traffic = stage.pool.take_traffic();
        assert_eq!(
            (traffic.arrived, traffic.served, traffic.retried),
            (1, 1, 0)
        );
    }
}

#[test]
fn each_of_a_cascade_accepts_its_share_by_draws_of_its_own() {
    let then = |accept_ppm| Then { way: 9, accept_ppm };
    let luck = plain().luck;
    let draw = |way, id| then(700_000).accepts((&luck, way), RequestId(id));
    let count = |accepts: &dyn Fn(u64) -> bool| (0..10_000).filter(|id| accepts(*id)).count();
    // The standard error of a share is below 0.005.
    for way in 0..3 {
        let share = count(&|id| draw(way, id));
        assert!(share.abs_diff(7_000) < 200, "{way}: {share}");
    }
    let both = count(&|id| draw(0, id) && draw(1, id));
    assert!(both.abs_diff(4_900) < 200, "{both}");
}

/// The same as a pool without transfers: it goes from microsecond to microsecond and keeps no index.
struct Naive {
    model: PoolModel,
    router: Router,
    cache: Option<Cache>,
    /// By number.
    replicas: BTreeMap<u32, Replica>,
    waiting: Vec<Waiting>,
    /// How often each has lost its replica, where it was sent, and the networks it has behind it.
    past: BTreeMap<u64, (u32, Option<usize>, Span)>,
    /// By way: the last instant at which a replica took requests.
    last_up: Vec<SimTime>,
    now: SimTime,
    ends: Vec<Completion>,
}

struct Replica {
    way: usize,
    station: Station,
    drains: bool,
}

struct Waiting {
    request: Request,
    sent: Option<usize>,
}

impl Naive {
    fn new(model: &PoolModel) -> Self {
        let cache = model.caching.clone();
        Self {
            router: Router::new(model.routing, model.luck.clone()),
            cache: cache.map(|caching| Cache::new(caching, model.luck.clone())),
            replicas: BTreeMap::new(),
            waiting: Vec::new(),
            past: BTreeMap::new(),
            last_up: vec![SimTime::ZERO; model.ways.len()],
            now: SimTime::ZERO,
            ends: Vec::new(),
            model: model.clone(),
        }
    }

    /// The next microsecond.
    fn tick(&mut self) {
        self.now = at(self.now.us() + 1);
        self.go_on();
    }

    fn go_on(&mut self) {
        loop {
            let mut served: Vec<(u32, Served)> = Vec::new();
            for (id, replica) in &mut self.replicas {
                let station = &mut replica.station;
                station.advance(self.now, &mut |one| served.push((*id, one)));
            }
            for (id, one) in &served {
                self.settle(*id, one);
            }
            self.dispatch();
            if served.is_empty() {
                break;
            }
        }
    }

    fn act(&mut self, act: &Act) {
        match act.clone() {
            Act::Arrive(request) => {
                let cache = self.cache.as_mut();
                let found = cache.and_then(|cache| cache.find(self.now, &request));
                if let Some(latency) = found {
                    let done = self.now.saturating_add(latency);
                    return self.end(request, End::Cached { done });
                }
                self.enter(request);
            }
            Act::Add(id, way, station) => {
                let drains = false;
                let replica = Replica {
                    way,
                    station,
                    drains,
                };
                self.replicas.insert(id.0, replica);
            }
            Act::Drain(id) => {
                if let Some(replica) = self.replicas.get_mut(&id.0) {
                    replica.drains = true;
                }
            }
            Act::Pace(id, speed_ppm) => {
                if let Some(replica) = self.replicas.get_mut(&id.0) {
                    replica.station.go_at(self.now, speed_ppm);
                }
            }
            Act::Lose(id) => {
                let gone = self.replicas.remove(&id.0);
                for task in gone.map_or(Vec::new(), |gone| gone.station.drop_all()) {
                    let past = self.past.entry(task.request.id.0).or_default();
                    past.0 += 1;
                    if past.0 > self.model.retries {
                        self.drop(task.request, Reason::Lost);
                    } else {
                        self.enter(task.request);
                    }
                }
            }
        }
        self.dispatch();
    }

    fn enter(&mut self, request: Request) {
        let past = self.past.get(&request.id.0);
        let sent = past.and_then(|past| past.1);
        self.waiting.push(Waiting { request, sent });
        self.waiting
            .sort_by_key(|one| (one.request.arrived, one.request.id));
    }

    fn settle(&mut self, id: u32, served: &Served) {
        let (request, times, by) = (served.task.request, served.times, ReplicaId(id));
        let at = self.replicas[&id].way;
        let way = &self.model.ways[at];
        let past = self.past.entry(request.id.0).or_default();
        past.2 = past.2.saturating_add(way.network_of(&request));
        let (network, quality_ppm) = (past.2, way.quality_ppm);
        match way.then {
            Some(then) if !then.accepts((&self.model.luck, at), request.id) => {
                past.1 = Some(then.way);
                self.enter(request);
            }
            Some(_) | None => {
                if let Some(cache) = &mut self.cache {
                    cache.keep(times.done, &request);
                }
                let end = End::Served {
                    by,
                    times,
                    network,
                    quality_ppm,
                };
                self.end(request, end);
            }
        }
    }

    fn has_room(&self, way: usize) -> bool {
        let mut of = self.replicas.values().filter(|one| one.way == way);
        of.any(|one| !one.drains && one.station.has_room())
    }

    fn is_up(&self, way: usize) -> bool {
        let mut of = self.replicas.values().filter(|one| one.way == way);
        of.any(|one| !one.drains)
    }

    /// Whether a request may enter this way of its own accord.
    fn may_enter(&self, class: ClassId, way: usize) -> bool {
        let takes = |way: &usize| self.model.ways[*way].takes(class);
        let mut earlier = (0..way).filter(takes);
        takes(&way)
            && match self.model.ways[way].when {
                When::Always => true,
                When::Full => !earlier.any(|one| self.may_enter(class, one) && self.has_room(one)),
                When::Down(after) => {
                    earlier.all(|one| {
                        let since = self.now.since(self.last_up[one]);
                        !self.is_up(one) && since >= after
                    }) && self.now.since(SimTime::ZERO) >= after
                }
            }
    }

    fn dispatch(&mut self) {
        for way in 0..self.last_up.len() {
            if self.is_up(way) {
                self.last_up[way] = self.now;
            }
        }
        let (mut left, mut long) = (Vec::new(), Vec::new());
        for one in std::mem::take(&mut self.waiting) {
            let open = |way: usize| match one.sent {
                Some(sent) => way == sent,
                None => self.may_enter(one.request.class, way),
            };
            let able = self.replicas.iter().filter(|(_, own)| open(own.way));
            let candidate = |(id, own): (&u32, &Replica)| Candidate {
                replica: ReplicaId(*id),
                way: 0,
                outstanding: own.station.outstanding(),
                room: !own.drains && own.station.has_room(),
            };
            let able: Vec<Candidate> = able.map(candidate).collect();
            let chosen = self.router.choose(&one.request, &able, WaySet::ALL);
            let Some(chosen) = chosen.map(|at| able[at].replica.0) else {
                left.push(one);
                continue;
            };
            let replica = self.replicas.get_mut(&chosen).unwrap();
            if replica
                .station
                .offer(self.now, Task::whole(one.request))
                .is_err()
            {
                long.push(one.request);
            }
        }
        self.waiting = left;
        for request in long {
            self.drop(request, Reason::TooLong);
        }
        let gives_up = |one: &Waiting| {
            let patience = self.model.patience;
            patience.is_some_and(|span| one.request.arrived.saturating_add(span) <= self.now)
        };
        let (gone, left) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(gives_up);
        self.waiting = left;
        let gone: Vec<Waiting> = gone;
        for one in gone {
            self.drop(one.request, Reason::Impatient);
        }
        let most = self
            .model
            .line
            .map_or(usize::MAX, |line| usize::try_from(line).unwrap());
        while self.waiting.len() > most {
            let last = self.waiting.pop().unwrap();
            self.drop(last.request, Reason::Full);
        }
    }

    fn drop(&mut self, request: Request, why: Reason) {
        let at = self.now;
        self.end(request, End::Dropped { at, why });
    }

    fn end(&mut self, request: Request, end: End) {
        self.past.remove(&request.id.0);
        self.ends.push(Completion { request, end });
    }

    fn load(&self) -> Gauge {
        let gauges = self.replicas.values();
        let gauges = gauges.map(|one| one.station.load(self.now));
        let mut all = gauges.fold(Gauge::default(), Gauge::and);
        all.waiting += u32::try_from(self.waiting.len()).unwrap();
        all
    }
}

/// What is read off a pool is the same at every microsecond, so that the time of replicas is spent alike, and not on answers
/// of the cache; no memory is promised twice.
fn alike(pool: &Pool, naive: &Naive, seed: u64) {
    let (own, other) = (pool.load(), naive.load());
    assert_eq!(own, other, "seed {seed} at {}", naive.now);
    assert!(own.kv_used <= own.kv_capacity, "seed {seed}");
    assert_eq!(pool.line(), naive.waiting.len());
    for (id, replica) in &naive.replicas {
        assert_eq!(pool.takes(ReplicaId(*id)), Some(!replica.drains));
    }
}

#[test]
fn a_pool_that_looks_at_everything_comes_to_the_same() {
    let (mut steps, mut spilt, mut sent, mut stood_by) = (0_u64, 0, 0, 0);
    for seed in 0..1_200 {
        let scene = scene(10_000 + seed);
        if scene.model.transfer.is_some() {
            continue;
        }
        let (mut pool, mut naive) = (Pool::new(scene.model.clone()), Naive::new(&scene.model));
        let mut ends = Vec::new();
        for one in &scene.acts {
            while naive.now < one.0 {
                naive.tick();
                pool.advance(naive.now, &mut |end| ends.push(end));
                alike(&pool, &naive, seed);
                steps += 1;
            }
            act(&mut pool, one, &mut |end| ends.push(end));
            naive.act(&one.1);
            // A replica that drains leaves it to the next look at the pool to see whether a standby takes over.
            pool.advance(naive.now, &mut |end| ends.push(end));
            alike(&pool, &naive, seed);
        }
        while naive.ends.len() < arrivals(&scene.acts) {
            naive.tick();
            steps += 1;
        }
        pool.advance(naive.now, &mut |end| ends.push(end));
        assert_eq!(ends, naive.ends, "seed {seed}");
        for end in &ends {
            let End::Served { by, .. } = end.end else {
                continue;
            };
            let way = scene.acts.iter().find_map(|(_, act)| match act {
                Act::Add(id, way, _) if *id == by => Some(*way),
                Act::Add(..) | Act::Arrive(_) | Act::Drain(_) | Act::Lose(_) | Act::Pace(..) => {
                    None
                }
            });
            let way = &scene.model.ways[way.unwrap()];
            spilt += u32::from(way.when == When::Full);
            sent += u32::from(!way.takes(end.request.class));
            stood_by += u32::from(matches!(way.when, When::Down(_)));
        }
    }
    assert!(steps > 1_000_000, "{steps}");
    let reached = [spilt, sent, stood_by];
    assert!(reached.iter().all(|count| *count > 50), "{reached:?}");
}

fn arrivals(acts: &[(SimTime, Act)]) -> usize {
    let comes = |(_, act): &&(SimTime, Act)| matches!(act, Act::Arrive(_));
    acts.iter().filter(comes).count()
}

#[test]
fn tokens_of_a_cascade_are_counted_once() {
    let mut stage = Stage::of(cascade([0, 0]));
    for way in 0..3 {
        stage.add(0, (u32::try_from(way).unwrap(), way));
    }
    let counts = Counts {
        input: 5,
        output: 7,
    };
    let request = Request {
        counts,
        ..Request::plain(0, at(0))
    };
    stage.pool.arrive(at(0), request, &mut |_| {});
    stage.until(900);
    let traffic = stage.pool.traffic();
    assert_eq!((traffic.input_tokens, traffic.output_tokens), (5, 7));
}
