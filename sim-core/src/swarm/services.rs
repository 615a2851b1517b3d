//! Services at random: few requests, tight memory and short lines, so that everything happens.

use std::sync::Arc;

use super::{Swarm, small};
use crate::course::{CourseKind, CourseModel, Rates, UNIT_RATE};
use crate::engine::{Listed, ReplicaSet, Service, World};
use crate::model::{Appetite, Checkpoint, Class, Demand, Gang, GpuDemand, Job, Keep, Role};
use crate::serve;
use crate::serve::fluid::Inflow;
use crate::serve::{
    Batch, Caching, Counts, Expiry, Iteration, Law, Luck, PoolModel, Prefix, Request, RequestId,
    Routing, Serving, StepTime, Then, Tier, Transfer, Way, When,
};
use crate::units::{ClassId, ModelId, ServiceId, SimTime, convert};
use crate::world::draw::Stream;

/// Gives the scenario `seed` services, and an end. The draws are their own, so that the scenario stays what it is.
pub fn services(seed: u64, world: &mut World) {
    let swarm = Swarm {
        seed,
        tick: 997_331,
    };
    let mut luck = swarm.luck("services", 0);
    for at in 0..luck.between(1, 2) {
        let id = ServiceId(small(at));
        let class = ClassId(small(convert::wide(world.classes.len())));
        let name = format!("service-{at}");
        let own = Luck {
            seed,
            service: name.clone(),
        };
        let split = luck.chance(0.25);
        let mut own_ways = swarm.luck("ways", at);
        let roles = if split {
            vec![serve::Role::Prefill, serve::Role::Decode]
        } else {
            vec![serve::Role::Whole; small(own_ways.between(1, 4))]
        };
        let ways = swarm.ways(&roles, &mut own_ways);
        world.classes.push(swarm.replicas_class(&name, &mut luck));
        world.services.push(Service {
            requests: swarm.requests(&mut luck),
            model: PoolModel {
                ways,
                ..swarm.pool(own.clone(), split, &mut luck)
            },
            max_unavailable: own_ways.chance(0.5).then(|| small(own_ways.below(3))),
            fluid: None,
            name,
        });
        for way in 0..roles.len() {
            let tokens = split || luck.chance(0.5);
            world.sets.push(ReplicaSet {
                name: format!("set-{}", world.sets.len()),
                service: id,
                way,
                serving: swarm.serving(own.clone(), tokens, &mut luck),
                replica: swarm.replica(class, &mut luck, convert::wide(world.sets.len())),
                initial: small(luck.below(3)),
                max: small(luck.between(2, 5)),
            });
        }
        if !split {
            swarm.make_fluid(id, world);
        }
    }
    // Their replicas lie on GPUs as well, and beside others.
    world.slowdown = swarm.slowdown(&world.classes, convert::wide(world.models.len()));
    world.end = world
        .end
        .or(Some(SimTime::ZERO + swarm.span(&mut luck, 20, 150)));
}

impl Swarm {
    /// Makes a service one of rates, or leaves it as it is. The draws are their own.
    fn make_fluid(&self, id: ServiceId, world: &mut World) {
        let mut luck = self.luck("fluid services", u64::from(id.0));
        if luck.chance(0.6) {
            return;
        }
        let mut expected = |_| luck.chance(0.7).then(|| luck.uniform() * 8.0);
        let expected: Vec<f64> = (0..12).map(|at| expected(at).unwrap_or(0.0)).collect();
        let sample = vec![Counts {
            input: small(luck.between(0, 90)),
            output: small(luck.between(0, 60)),
        }];
        let inflow = Inflow::new(self.span(&mut luck, 1, 20), &expected, sample);
        let service = &mut world.services[id.index()];
        service.fluid = Some(Arc::new(inflow));
        service.model.caching = None;
        for way in &mut service.model.ways {
            *way = Way::plain(way.role);
        }
        let mut own = world.sets.iter_mut().filter(|set| set.service == id);
        let serving = own.next().expect("it has a set").serving.clone();
        own.for_each(|set| set.serving = serving.clone());
    }

    /// What replicas share: they work for ever, keep nothing, and are slower on another model.
    fn replicas_class(&self, name: &str, luck: &mut Stream) -> Class {
        Class {
            name: name.to_owned(),
            course: CourseModel {
                kind: CourseKind::Linear,
                rates: Rates {
                    by_model: vec![(ModelId(1), UNIT_RATE * 2 / 3)],
                    ..Rates::default()
                },
            },
            checkpoint: Checkpoint {
                keep: Keep::Nothing,
                setup: self.span(luck, 0, 5),
                restore: self.span(luck, 0, 3),
                ..Checkpoint::default()
            },
            appetite: Appetite::default(),
        }
    }

    /// A replica of a set: of one or two GPUs, or of a share of one or of each of two. Whether it is a share is a draw of its own.
    fn replica(&self, class: ClassId, luck: &mut Stream, set: u64) -> Job {
        let mut gang = Gang::of(1, small(luck.between(1, 2)));
        let mut own = self.luck("shares of replicas", set);
        if own.chance(0.6) {
            let demand = Demand {
                gpu: GpuDemand::Milli(small(own.between(1, 6) * 111)),
                ..Demand::gpus(1)
            };
            gang = Gang::One(Role::rigid(small(own.between(1, 2)), demand));
        }
        Job {
            class,
            ..Job::plain(SimTime::ZERO, u64::MAX, gang)
        }
    }

    fn requests(&self, luck: &mut Stream) -> Arc<Listed> {
        let count = luck.between(0, 60);
        let ordered = |_| SimTime::ZERO + self.span(luck, 0, 100);
        let mut arrivals: Vec<SimTime> = (0..count).map(ordered).collect();
        arrivals.sort_unstable();
        let request = |(id, arrived): (u64, SimTime)| Request {
            id: RequestId(id),
            class: ClassId(small(luck.below(2))),
            arrived,
            counts: Counts {
                input: small(luck.between(0, 90)),
                output: small(luck.between(0, 60)),
            },
            session: luck.chance(0.5).then(|| luck.below(5)),
            content: luck.chance(0.5).then(|| luck.below(9)),
        };
        Arc::new(Listed((0..).zip(arrivals).map(request).collect()))
    }

    fn pool(&self, own: Luck, split: bool, luck: &mut Stream) -> PoolModel {
        let routing = [
            Routing::RoundRobin,
            Routing::LeastOutstanding,
            Routing::PowerOfTwo,
            Routing::Session(3),
        ];
        let caching = Caching {
            memory: Tier {
                answers: 2,
                latency: self.span(luck, 0, 1),
            },
            behind: luck.chance(0.5).then(|| Tier {
                answers: 3,
                latency: self.span(luck, 0, 2),
            }),
            expiry: match luck.below(3) {
                0 => Expiry::Never,
                1 => Expiry::SinceAccess(self.span(luck, 1, 30)),
                _ => Expiry::SinceInsert(self.span(luck, 1, 30)),
            },
            semantic_ppm: small(luck.below(300_000)),
        };
        let transfer = Transfer {
            fixed: self.span(luck, 0, 1),
            per_token_ns: luck.below(2_000_000),
        };
        PoolModel {
            luck: own,
            routing: routing[small::<usize>(luck.below(4))],
            caching: luck.chance(0.5).then_some(caching),
            line: luck.chance(0.5).then(|| small(luck.below(8))),
            patience: luck.chance(0.5).then(|| self.span(luck, 1, 20)),
            retries: small(luck.below(3)),
            transfer: split.then_some(transfer),
            ways: Vec::new(),
        }
    }

    /// Ways for these roles: half of them plain.
    fn ways(&self, roles: &[serve::Role], luck: &mut Stream) -> Vec<Way> {
        let way = |(at, role): (usize, &serve::Role)| {
            let mut way = Way::plain(*role);
            if luck.chance(0.5) {
                return way;
            }
            let classes = [0, 1].into_iter().filter(|_| luck.chance(0.7));
            way.classes = Some(classes.map(ClassId).collect());
            way.when = match luck.below(4) {
                0 => When::Full,
                1 => When::Down(self.span(luck, 0, 9)),
                _ => When::Always,
            };
            let later = convert::wide(roles.len() - 1 - at);
            if *role == serve::Role::Whole && later > 0 && luck.chance(0.5) {
                way.then = Some(Then {
                    way: at + 1 + small::<usize>(luck.below(later)),
                    accept_ppm: small(luck.below(1_000_000)),
                });
            }
            way.network = (0..luck.below(3)).map(|_| self.span(luck, 0, 2)).collect();
            way.quality_ppm = small(luck.below(1_000_000));
            way
        };
        roles.iter().enumerate().map(way).collect()
    }

    fn serving(&self, own: Luck, tokens: bool, luck: &mut Stream) -> Serving {
        let line = luck.chance(0.5).then(|| small(luck.below(5)));
        if !tokens {
            let drawn = serve::Service::Drawn {
                law: Law::Exponential,
                mean: self.span(luck, 1, 5),
                fan_out: small(luck.between(1, 3)),
                luck: own,
            };
            let affine = serve::Service::Affine {
                fixed: self.span(luck, 1, 4),
                per_request: self.span(luck, 0, 2),
            };
            return Serving::Batch(Arc::new(Batch {
                servers: small(luck.between(1, 2)),
                size: small(luck.between(1, 4)),
                timeout: self.span(luck, 0, 3),
                line,
                service: if luck.chance(0.5) { drawn } else { affine },
            }));
        }
        Serving::Iteration(Arc::new(Iteration {
            step: StepTime {
                fixed_ps: luck.between(1, 400_000_000_000),
                per_token_ps: luck.below(20_000_000_000),
                per_sequence_ps: luck.below(20_000_000_000),
                per_context_ps: luck.below(500_000_000),
            },
            tokens: small(luck.between(8, 64)),
            sequences: small(luck.between(1, 8)),
            blocks: small(luck.between(4, 30)),
            reserve: luck.chance(0.5),
            line,
            prefix: Prefix {
                by_class: vec![small(luck.below(40)), 0],
                session_ppm: small(luck.below(1_000_000)),
                sessions: 2,
            },
        }))
    }
}
