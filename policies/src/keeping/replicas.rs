//! Replicas: as many of each set as a scaler wants. They are launched and let go here, and placed like any job.

use std::collections::BTreeMap;

use sim_core::engine::{Change, NodePhase, ReplicaView, ServiceView, View, Wakes};
use sim_core::model::Market;
use sim_core::units::{JobId, ServiceId, SetId, SimTime, Span, convert};

use super::meters::Meters;
use super::{Keeper, Shut, choice};
use crate::compose::Desk;
use crate::scale::choose::Limits;
use crate::scale::release::{Held, release};
use crate::scale::{self, Load, Local, Scaler, Seen};

/// Sizes every set of replicas of every service, each by a scaler of its own.
pub struct Replicas {
    /// As which they all begin.
    like: Box<dyn Scaler + Send>,
    /// Names of the sets that there are to be replicas of; none: all.
    only: Vec<String>,
    /// As many are wanted of each at first: a scaler may take none for a word that it is not to scale.
    least: u32,
    /// Whether each service has replicas of one set alone, the cheapest within these limits.
    limits: Option<Limits>,
    /// By service: the set that was chosen, and until when that holds.
    chosen: BTreeMap<ServiceId, (SimTime, Option<SetId>)>,
    sets: BTreeMap<SetId, Sized>,
}

/// What is remembered of a set.
struct Sized {
    scaler: Box<dyn Scaler + Send>,
    /// When it is asked next.
    next: SimTime,
    wanted: u32,
    /// Requests that had come then.
    arrived: u64,
    /// As they were when it was asked last.
    meters: Meters,
}

impl Replicas {
    /// A scaler like this for each set.
    pub fn new(like: Box<dyn Scaler + Send>) -> Self {
        Self {
            like,
            only: Vec::new(),
            least: 0,
            limits: None,
            chosen: BTreeMap::new(),
            sets: BTreeMap::new(),
        }
    }

    /// Of these sets alone, by name, as far as any is named: of the others there are none.
    #[must_use]
    pub fn only(mut self, sets: Vec<String>) -> Self {
        self.only = sets;
        self
    }

    /// With at least so many from the first.
    #[must_use]
    pub fn at_least(mut self, replicas: u32) -> Self {
        self.least = replicas;
        self
    }

    /// Of one set of each service alone, the cheapest within these limits.
    #[must_use]
    pub fn of_the_cheapest(mut self, limits: Option<Limits>) -> Self {
        self.limits = limits;
        self
    }

    /// The one set that a service has replicas of, if it has one alone: looked for once a minute.
    fn choose(&mut self, desk: &Desk<'_, '_, '_>, service: &ServiceView<'_>) -> Option<SetId> {
        let (limits, now) = (self.limits?, desk.view.now());
        if let Some((until, chosen)) = self.chosen.get(&service.id())
            && now < *until
        {
            return *chosen;
        }
        let chosen = choice::chosen(desk, service, limits, |set| self.heeds(set));
        let until = now.saturating_add(Span::from_secs(60));
        self.chosen.insert(service.id(), (until, chosen));
        chosen
    }

    /// Whether as many replicas of a set take requests as are wanted.
    fn serves(&self, service: &ServiceView<'_>, set: SetId) -> bool {
        let replicas = service.replicas().filter(|replica| replica.set == set);
        let ready = replicas.filter(|replica| replica.gauge.is_some()).count();
        let sized = self.sets.get(&set);
        sized.is_some_and(|sized| ready >= convert::index(sized.wanted))
    }

    /// A set goes by its own name, and by the service's and its own.
    fn heeds(&self, set: &str) -> bool {
        let own = set.split_once('/').map_or(set, |(_, own)| own);
        let mut only = self.only.iter();
        self.only.is_empty() || only.any(|name| name == set || name == own)
    }
}

impl Keeper for Replicas {
    fn begin(&mut self, desk: &mut Desk<'_, '_, '_>, _shut: &mut Shut) -> Option<SimTime> {
        let (view, mut wish) = (desk.view, None);
        for service in view.services() {
            let waits = view.changes().contains(&Change::Waiting(service.id()));
            let chosen = self.choose(desk, &service);
            for (set, spec) in service.sets() {
                if !self.heeds(&spec.name) || chosen.is_some_and(|chosen| chosen != set) {
                    // Whoever is not chosen any more serves until the chosen ones do.
                    if chosen.is_none_or(|chosen| self.serves(&service, chosen)) {
                        adjust(desk, (set, 0), &staying(view, &service, set));
                    }
                    continue;
                }
                let sized = self.sets.entry(set).or_insert_with(|| Sized {
                    scaler: informed(self.like.fork(), view, &service),
                    next: SimTime::ZERO,
                    wanted: spec.initial.max(self.least.min(spec.max)),
                    arrived: 0,
                    meters: Meters::default(),
                });
                if view.now() >= sized.next || waits {
                    let stay = staying(view, &service, set);
                    sized.look(view, &service, (set, &stay));
                    adjust(desk, (set, sized.wanted), &stay);
                }
                wish = super::earlier(wish, Some(sized.next));
            }
        }
        wish
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::DEMAND
    }

    fn fork(&self) -> Box<dyn Keeper> {
        let copy = |(set, sized): (&SetId, &Sized)| (*set, sized.copy());
        Box::new(Self {
            like: self.like.fork(),
            only: self.only.clone(),
            least: self.least,
            limits: self.limits,
            chosen: self.chosen.clone(),
            sets: self.sets.iter().map(copy).collect(),
        })
    }
}

/// A scaler that has been told what is to come, if that may be known.
fn informed(
    mut scaler: Box<dyn Scaler + Send>,
    view: &View<'_>,
    service: &ServiceView<'_>,
) -> Box<dyn Scaler + Send> {
    if let Some(leave) = view.arrivals() {
        scaler.reveal(&mut service.arriving(leave));
    }
    scaler
}

/// Replicas of a set that are not to go, and whose machines are not to be taken away.
fn staying<'a>(view: &View<'a>, service: &ServiceView<'a>, set: SetId) -> Vec<ReplicaView<'a>> {
    let doomed = |replica: &ReplicaView<'_>| {
        let mut seats = replica.job.allocation().seats().iter();
        let running = replica.job.is_running();
        running
            && seats.any(|seat| {
                let node = view.node(seat.node);
                node.is_some_and(|node| matches!(node.phase, NodePhase::Noticed(_)))
            })
    };
    let replicas = service.replicas();
    let stay = replicas.filter(|replica| replica.set == set && !replica.leaves);
    stay.filter(|replica| !doomed(replica)).collect()
}

/// Launches what is missing, and lets go what is too many.
fn adjust(desk: &mut Desk<'_, '_, '_>, (set, wanted): (SetId, u32), stay: &[ReplicaView<'_>]) {
    let there = convert::narrow(stay.len());
    let missing = wanted.saturating_sub(there).min(desk.plan.may_launch(set));
    if missing > 0 {
        desk.plan.launch(set, missing).expect("below the maximum");
    }
    let is_spot = |replica: &ReplicaView<'_>| {
        let mut seats = replica.job.allocation().seats().iter();
        let capacity = desk.plan.capacity();
        seats.any(|seat| capacity.market_of(seat.node) == Market::Spot)
    };
    let held = stay.iter().map(|replica| Held {
        id: replica.job.id().packed(),
        is_spot: replica.job.is_running() && is_spot(replica),
        is_ready: replica.gauge.is_some(),
        since: replica.job.arrival(),
    });
    let held: Vec<Held> = held.collect();
    let surplus = convert::index(there.saturating_sub(wanted));
    for id in release(&held, surplus) {
        let job = JobId::unpack(id);
        desk.plan.retire(job).expect("it is to stay");
        desk.queue.remove(job);
    }
}

impl Sized {
    /// Asks the scaler.
    fn look(
        &mut self,
        view: &View<'_>,
        service: &ServiceView<'_>,
        (set, stay): (SetId, &[ReplicaView<'_>]),
    ) {
        let now = view.now();
        let ready: Vec<&ReplicaView<'_>> = stay.iter().filter(|one| one.gauge.is_some()).collect();
        let age = |one: &&ReplicaView<'_>| now.since(one.ready.unwrap_or(now));
        let mut ages: Vec<Span> = ready.iter().map(age).collect();
        ages.sort_unstable_by(|a, b| b.cmp(a));
        let calendar = view.calendar();
        let local = Local {
            day: calendar.day_of_week(now),
            second: calendar.second_of_day(now),
        };
        let seen = Seen {
            now,
            local,
            replicas: scale::Replicas {
                wanted: self.wanted,
                ready: convert::narrow(ready.len()),
                starting: convert::narrow(stay.len() - ready.len()),
                ages,
            },
            load: self.load(service, (set, &ready), now),
        };
        self.wanted = self.scaler.want(&seen);
        self.next = now.saturating_add(self.scaler.interval());
    }

    /// What there was to do since it was last asked, or is now.
    fn load(
        &mut self,
        service: &ServiceView<'_>,
        (set, ready): (SetId, &[&ReplicaView<'_>]),
        now: SimTime,
    ) -> Load {
        let us = now.since(self.meters.last()).us();
        let servers = service.sets().find(|(id, _)| *id == set);
        let servers = servers.map_or(1, |(_, spec)| u64::from(spec.serving.servers()));
        let arrived = service.traffic().arrived;
        let came = arrived - std::mem::replace(&mut self.arrived, arrived);
        let mut look = self.meters.look(now);
        let (mut busy, mut steps, mut load) = (0, 0, Load::default());
        let (mut used, mut room) = (0, 0);
        load.queue = u64::from(service.waiting());
        for replica in ready {
            let gauge = replica.gauge.unwrap_or_default();
            let done = look.at(replica);
            busy += done.map_or(0, |done| done.busy.us());
            steps += done.map_or(0, |done| done.steps);
            load.queue += u64::from(gauge.waiting);
            load.tokens += gauge.tokens;
            (used, room) = (used + gauge.kv_used, room + gauge.kv_capacity);
        }
        let count = convert::wide(ready.len());
        let share = |part: u64, whole: u64| {
            let milli = (u128::from(part) * 1000).checked_div(whole.into());
            u64::try_from(milli.unwrap_or(0)).unwrap_or(u64::MAX)
        };
        load.utilization_milli = share(busy, us.saturating_mul(count * servers));
        load.rate_milli = share(came.saturating_mul(1_000_000), us);
        load.kv_milli = share(used, room);
        load.speed_milli = share(steps.saturating_mul(1_000_000), us.saturating_mul(count));
        load
    }

    fn copy(&self) -> Self {
        Self {
            scaler: self.scaler.fork(),
            meters: self.meters.clone(),
            ..*self
        }
    }
}
