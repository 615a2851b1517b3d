//! Random scenarios, each fixed by a seed: small worlds in which much can go wrong at once.
//!
//! Swarm testing: each feature is on in half of the scenarios, drawn by its own name. What a
//! feature hides when it is always on (a fleet with racks never has all jobs on one node) shows in
//! the scenarios without it, and adding a feature changes no other's draws.

mod goodput;
mod mig;
mod quotas;
mod services;
mod slowdown;
mod speeds;

use crate::course::{CourseKind, CourseModel, Rates, UNIT_RATE};
use crate::engine::{Trigger, World};
use crate::model::{
    Appetite, ChargedFrom, Checkpoint, Class, Commitment, Demand, Gang, GpuDemand, Job,
};
use crate::model::{
    Keep, Market, MarketSet, ModelSet, Offering, OfferingSet, Ownership, Queue, Reservation,
};
use crate::model::{Risk, Role, Shape, Terms};
use crate::units::{ClassId, ModelId, Money, OfferingId, Price, QueueId, SimTime, Span};
use crate::units::{ZoneId, convert};
use crate::world::draw::{Part, Stream};
use crate::world::{BootTime, Calendar, Curve, Lifetime, Severity, Shocks};

mod stocks;

pub use services::services;
pub use stocks::stocks;

/// Draws of one scenario.
#[derive(Clone, Copy)]
struct Swarm {
    seed: u64,
    /// Most times are multiples of it: a second brings many ties, a prime number of microseconds
    /// few.
    tick: u64,
}

/// The world and the jobs of the scenario `seed`.
pub fn scenario(seed: u64) -> (World, Vec<Job>) {
    let mut swarm = Swarm { seed, tick: 1 };
    swarm.tick = if swarm.has("ties") {
        1_000_000
    } else {
        997_331
    };
    let mut luck = swarm.luck("world", 0);
    let models = if swarm.has("models") {
        luck.between(2, 3)
    } else {
        1
    };
    let offerings: Vec<Offering> = (0..luck.between(1, 4))
        .map(|at| swarm.offering(at, models))
        .collect();
    let classes: Vec<Class> = (0..luck.between(1, 4)).map(|at| swarm.class(at)).collect();
    let trigger = if swarm.has("rounds") {
        Trigger::Round(swarm.span(&mut luck, 1, 7))
    } else if swarm.has("steps") {
        Trigger::Step
    } else {
        Trigger::Event
    };
    // Rounds go on for ever while a job waits.
    // So may machines that break, and jobs that begin again each time.
    let breaks = swarm.has("lifetimes") || swarm.has("failures");
    let ends = swarm.has("horizon") || matches!(trigger, Trigger::Round(_)) || breaks;
    let end = ends.then(|| SimTime::ZERO + swarm.span(&mut luck, 0, 150));
    let jobs = swarm.jobs(convert::wide(classes.len()), models);
    let world = World {
        quotas: swarm.quotas(&offerings),
        offerings,
        models: (0..models).map(|model| format!("model-{model}")).collect(),
        queues: vec![Queue::named("only")],
        slowdown: swarm.slowdown(&classes, models),
        classes,
        seed,
        commitments: Vec::new(),
        budgets: Vec::new(),
        services: Vec::new(),
        sets: Vec::new(),
        calendar: Calendar::default(),
        trigger,
        end,
    };
    (world, jobs)
}

/// Gives the scenario `seed` terms, commitments and prices that are worth a bill, and returns when its window begins. The
/// draws are its own, so that the scenario stays what it is.
pub fn terms(seed: u64, world: &mut World) -> SimTime {
    let swarm = Swarm {
        seed,
        tick: 997_331,
    };
    let offerings = convert::wide(world.offerings.len());
    for (at, offering) in (0..).zip(&mut world.offerings) {
        let mut luck = swarm.luck("terms", at);
        let dollar = luck.between(1, 3_000_000_007);
        let steps = offering.price.steps().iter().map(|(from, price)| {
            let price = Price::from_nanousd_h(price.nanousd_h() * dollar);
            (*from, price.expect("below the limit"))
        });
        offering.price = Curve::new(steps.collect()).expect("ascending");
        if swarm.has("charged") {
            offering.terms = swarm.some_terms(&mut luck);
        }
    }
    if swarm.has("commitments") {
        let mut luck = swarm.luck("commitments", 0);
        let count = luck.between(1, 3);
        world.commitments = (0..count)
            .map(|_| swarm.commitment(&mut luck, offerings))
            .collect();
    }
    let mut luck = swarm.luck("warmup", 0);
    if swarm.has("warmup") {
        SimTime::ZERO + swarm.span(&mut luck, 0, 40)
    } else {
        SimTime::ZERO
    }
}

impl Swarm {
    fn some_terms(&self, luck: &mut Stream) -> Terms {
        let mut terms = match luck.below(8) {
            0 => Terms::PER_SECOND,
            1 => Terms::WHOLE_HOURS,
            2 => Terms::WHETHER_USED,
            3 => Terms::SERVERLESS,
            4 => Terms::AWS_SPOT,
            _ => Terms::EXACT,
        };
        let mut span = |high| {
            if luck.chance(0.6) {
                self.span(luck, 0, high)
            } else {
                Span::ZERO
            }
        };
        if self.has("granules") {
            terms.granularity = span(9).max(Span::MICROSECOND);
            terms.minimum = span(20);
            terms.free_if_reclaimed_within = span(30);
            terms.reclaimed_partial_free = luck.chance(0.5);
        }
        if luck.chance(0.3) {
            terms.from = ChargedFrom::Ready;
        }
        terms
    }

    fn commitment(&self, luck: &mut Stream, offerings: u64) -> Commitment {
        let offering = OfferingId(small(luck.below(offerings)));
        let money = |luck: &mut Stream, high| Money::from_nanousd(luck.between(0, high).into());
        if luck.chance(0.3) {
            return Commitment::Owned(Ownership {
                offering,
                count: small(luck.between(1, 6)),
                capex: money(luck, 1 << 50),
                months: small(luck.between(1, 60)),
                idle_watts: small(luck.between(0, 500)),
                busy_watts: small(luck.between(500, 10_000)),
                pue_milli: small(luck.between(1_000, 2_000)),
                kwh: money(luck, 1 << 30),
                staff: money(luck, 1 << 40),
            });
        }
        let covered = |at: &u64| small::<u16>(*at) == offering.0 || luck.chance(0.5);
        let covers = (0..offerings).filter(covered);
        let covers = covers.map(|at| OfferingId(small(at))).collect();
        let from = SimTime::ZERO + self.span(luck, 0, 20);
        Commitment::Reserved(Reservation {
            market: Market::Reserved,
            covers,
            count: small(luck.between(0, 5)),
            from,
            until: from + self.span(luck, 1, 90),
            upfront: money(luck, 1 << 45),
            hourly: Price::from_nanousd_h(luck.below(1 << 34)).expect("low"),
        })
    }

    fn luck(&self, name: &str, number: u64) -> Stream {
        Stream::new(
            self.seed,
            &[Part::Name("swarm"), name.into(), number.into()],
        )
    }

    fn has(&self, feature: &str) -> bool {
        self.luck(feature, u64::MAX).chance(0.5)
    }

    /// A number of ticks; without ties, some microseconds more or less.
    fn span(&self, luck: &mut Stream, low: u64, high: u64) -> Span {
        let odd = if self.has("ties") { 0 } else { luck.below(3) };
        Span::from_us(luck.between(low, high) * self.tick + odd).expect("short")
    }

    /// Steps from time zero on, of values up to `high`.
    fn steps(&self, luck: &mut Stream, first: u64, high: u64) -> Vec<(SimTime, u64)> {
        let (mut steps, mut at) = (vec![(SimTime::ZERO, first)], SimTime::ZERO);
        for _ in 0..luck.below(9) {
            at = at + self.span(luck, 1, 15);
            steps.push((at, luck.between(0, high)));
        }
        steps
    }

    fn offering(&self, at: u64, models: u64) -> Offering {
        let mut luck = self.luck("offering", at);
        let max = luck.between(1, 6);
        let initial = if self.has("elastic") {
            luck.between(0, max)
        } else {
            max
        };
        let shape = Shape {
            gpus: small(luck.between(u64::from(!self.has("cpu-nodes")), 8)),
            model: ModelId(small(luck.below(models))),
            cpu_milli: small(luck.between(2, 32) * 1000),
            memory_mib: small(luck.between(1, 64) * 1024),
        };
        let price = |value| Price::from_nanousd_h(value).expect("low");
        let mut curve = |feature, first, high| {
            let steps = self.steps(&mut luck, first, high);
            if self.has(feature) {
                steps
            } else {
                vec![steps[0]]
            }
        };
        let prices = curve("prices", 5, 9).into_iter();
        let prices = prices.map(|(at, value)| (at, price(value))).collect();
        let nodes = curve("reclaims", max, max + 1).into_iter();
        let nodes = nodes.map(|(at, nodes)| (at, small(nodes))).collect();
        let mut wait = |feature| {
            if self.has(feature) {
                self.span(&mut luck, 0, 6)
            } else {
                Span::ZERO
            }
        };
        let (boot, notice) = (wait("boots"), wait("notices"));
        Offering {
            name: format!("offering-{at}"),
            shape,
            mig: self.mig(at),
            market: if luck.chance(0.5) {
                Market::Owned
            } else {
                Market::OnDemand
            },
            zone: ZoneId(if self.has("zones") {
                small(luck.below(2))
            } else {
                0
            }),
            rack_size: if self.has("racks") {
                small(luck.between(1, 3))
            } else {
                small(max)
            },
            initial: small(initial),
            min: if self.has("minimum") {
                small(luck.between(0, initial))
            } else {
                0
            },
            max: small(max),
            standing: self.has("standing") && luck.chance(0.7),
            boot,
            notice,
            price: Curve::new(prices).expect("ascending"),
            visible: !self.has("hidden"),
            terms: Terms::default(),
            availability: Curve::new(nodes).expect("ascending"),
            risk: self.risk(at),
        }
    }

    /// What may go wrong with machines; drawn apart, so that worlds without it stay as they were.
    fn risk(&self, at: u64) -> Risk {
        let mut luck = self.luck("risk", at);
        let mut span = |low, high| self.span(&mut luck, low, high);
        let (mean, scale, broken, repair) = (span(2, 40), span(2, 40), span(5, 60), span(0, 9));
        let (median, p95) = (span(1, 3), span(5, 9));
        let (poll, advice) = (span(1, 5), span(1, 9));
        let mut risk = Risk::default();
        if self.has("lifetimes") && luck.chance(0.7) {
            risk.lifetime = if luck.chance(0.5) {
                Lifetime::exponential(mean)
            } else {
                Lifetime::weibull(scale, 0.6)
            }
            .expect("positive");
        }
        if self.has("failures") && luck.chance(0.7) {
            risk.failure = Lifetime::exponential(broken).expect("positive");
            risk.repair = Some(repair).filter(|_| luck.chance(0.6));
        }
        if self.has("boot-law") {
            let law = BootTime::log_normal(median, p95).expect("ascending");
            risk.boot = Some(law).filter(|_| luck.chance(0.6));
        }
        if self.has("miscarriages") {
            risk.launch = 0.7;
        }
        if self.has("polls") && luck.chance(0.7) {
            risk.poll = poll;
        }
        if self.has("advice") {
            risk.advice = advice;
        }
        if self.has("shocks") {
            let severity = Severity::new(0.3, 0.5).expect("fractions");
            let shocks = Shocks::new(mean, severity).expect("positive");
            let until = SimTime::from_secs(150);
            let name = format!("offering-{at}");
            let shocks = shocks.generate(self.seed, &name, until).expect("few");
            risk.shocks = shocks.into();
        }
        risk
    }

    fn class(&self, at: u64) -> Class {
        let mut luck = self.luck("class", at);
        let kind = if self.has("stepwise") && luck.chance(0.6) {
            CourseKind::Stepwise(self.span(&mut luck, 1, 4))
        } else {
            CourseKind::Linear
        };
        let kind = self.goodput(at).unwrap_or(kind);
        let is_stepwise = matches!(kind, CourseKind::Stepwise(_));
        let keep = match luck.below(if self.has("checkpoint-steps") { 5 } else { 3 }) {
            0 => Keep::All,
            1 => Keep::Nothing,
            2 => Keep::Every(self.span(&mut luck, 1, 5)),
            3 if is_stepwise => Keep::Steps(luck.between(1, 4)),
            _ => Keep::Either(self.span(&mut luck, 1, 5), luck.between(1, 4)),
        };
        let mut rate = || luck.between(1, 30) * UNIT_RATE / 7;
        let rates = Rates {
            table: None,
            by_model: vec![(ModelId(0), rate()), (ModelId(1), rate())],
            by_gpus: vec![(2, rate()), (5, rate())],
            by_share: false,
            feeds: None,
            across_nodes: rate(),
            across_racks: rate(),
            across_zones: rate(),
        };
        let feeds = rate();
        let rates = if self.has("rates") {
            rates
        } else {
            Rates::default()
        };
        let rates = Rates {
            by_share: self.has("share-of-speed"),
            feeds: self.has("data-bound").then_some(feeds),
            table: self.table(at).filter(|_| is_stepwise),
            ..rates
        };
        let restore = self.span(&mut luck, 0, 4);
        let mut cost = |feature: &str, most: u64| {
            let cost = self.span(&mut luck, 0, most);
            if self.has(feature) { cost } else { Span::ZERO }
        };
        let (dump, upload) = (cost("dump", 2), cost("upload", 4));
        let (setup, reseat) = (cost("setup", 3), cost("reseat", 3));
        Class {
            name: format!("class-{at}"),
            course: CourseModel { kind, rates },
            checkpoint: Checkpoint {
                keep,
                dump,
                upload,
                last: self.has("last-checkpoint"),
                on_notice: self.has("save-on-notice") && luck.chance(0.7),
                setup,
                restore: if self.has("restore") {
                    restore
                } else {
                    Span::ZERO
                },
                reseat,
            },
            appetite: self.appetite(at),
        }
    }

    fn appetite(&self, at: u64) -> Appetite {
        let mut luck = self.luck("appetite", at);
        let price = |value| Price::from_nanousd_h(value).expect("low");
        let (tolerance, cap) = (luck.below(1_000_001), price(luck.between(1, 9)));
        let says = |feature| self.has(feature);
        Appetite {
            tolerance_ppm: says("tolerance").then(|| small(tolerance)),
            price_cap: says("price-cap").then_some(cap),
        }
    }

    fn jobs(&self, classes: u64, models: u64) -> Vec<Job> {
        let (mut luck, mut arrival) = (self.luck("jobs", 0), SimTime::ZERO);
        let mut job = |at: u64| {
            let mut own = self.luck("job", at);
            if luck.chance(0.6) {
                arrival = arrival + self.span(&mut luck, 0, 12);
            }
            let roles = if self.has("roles") {
                own.between(1, 3)
            } else {
                1
            };
            let gang = match roles {
                1 => Gang::One(self.role(&mut own)),
                _ => Gang::Many((0..roles).map(|_| self.role(&mut own)).collect()),
            };
            let only = ModelSet::NONE.with(ModelId(small(own.below(models))));
            let class = ClassId(small(own.below(classes)));
            let gang = self.goodput_gang(class, &mut own).unwrap_or(gang);
            Job {
                arrival,
                work: self.work(class, &mut own),
                estimate: own.chance(0.5).then(|| self.span(&mut own, 1, 30)),
                deadline: own
                    .chance(0.3)
                    .then(|| arrival + self.span(&mut own, 1, 60)),
                gang: self.in_slices(at, gang),
                models: if own.chance(0.4) { only } else { ModelSet::ANY },
                priority: i32::from(own.chance(0.2)),
                queue: QueueId(0),
                class,
                kind: self.kind(arrival),
            }
        };
        (0..self.luck("load", 0).between(0, 30))
            .map(&mut job)
            .collect()
    }

    /// Steps, or microseconds; sometimes none at all.
    fn work(&self, class: ClassId, own: &mut Stream) -> u64 {
        let amount = if self.has("empty-jobs") && own.chance(0.2) {
            0
        } else {
            own.between(1, 25)
        };
        match self.class(class.0.into()).course.kind {
            CourseKind::Linear => amount * self.tick,
            CourseKind::Stepwise(_) | CourseKind::Goodput(_) => amount,
        }
    }

    fn role(&self, own: &mut Stream) -> Role {
        let gpu = match own.below(4) {
            0 if self.has("shares") => GpuDemand::Milli(small(own.between(1, 9) * 111)),
            1 if self.has("cpu-tasks") => GpuDemand::None,
            _ => GpuDemand::Whole(small(own.between(1, 4))),
        };
        let asks = self.has("cpu-and-memory") || gpu == GpuDemand::None;
        let cpu_milli = small(own.between(1, 5) * 700);
        let memory_mib = small(own.between(0, 5) * 900);
        let tasks = small(own.between(1, 3));
        Role {
            tasks,
            least: if self.has("elastic") && own.chance(0.6) {
                small(own.between(1, u64::from(tasks)))
            } else {
                tasks
            },
            demand: Demand {
                gpu,
                cpu_milli: if asks { cpu_milli } else { 0 },
                memory_mib: if asks { memory_mib } else { 0 },
                markets: if self.has("markets") && own.chance(0.3) {
                    MarketSet::NONE.with(Market::OnDemand)
                } else {
                    MarketSet::ANY
                },
                offerings: OfferingSet::ANY,
            },
        }
    }
}

/// A draw in the type that holds it.
fn small<T: TryFrom<u64, Error: std::fmt::Debug>>(n: u64) -> T {
    T::try_from(n).expect("a small draw")
}
