//! Time passes: the events of an instant are taken in order, and change the state.

use super::beside::Past;
use super::event::{Event, Pending};
use super::jobs::{Attempt, Standing};
use super::policy::Wakes;
use super::run::Engine;
use super::state::{Change, NodePhase, Trigger};
use crate::course::goodput::Layout;
use crate::course::{
    Cadence, Change as CourseChange, Course, Footing, Progress, Reach, Split, UNIT_RATE,
};
use crate::model::{Class, Job, Keep, Seat};
use crate::units::{JobId, ModelId, OfferingId, SetId, SimTime, Span};
use crate::watch::{Cause, Fact, Observer, Outcome, Spent};

impl Engine {
    /// The earliest event that is still expected, the next arrival included.
    pub(crate) fn upcoming(&mut self) -> Option<Pending> {
        let arrival = self
            .next_job
            .as_ref()
            .map(|job| Pending::new(job.arrival, Event::Arrival));
        while let Some(pending) = self.events.peek() {
            let stepwise = self.state.world.trigger == Trigger::Step;
            let is_first = |arrival: Pending| {
                arrival < pending || (stepwise && arrival.time() == pending.time())
            };
            if arrival.is_some_and(is_first) {
                break;
            }
            if expected(&self.state, pending) {
                return Some(pending);
            }
            self.events.pop();
            self.events.dropped();
        }
        arrival
    }

    /// Takes all events of this instant, or, step by step, the one that is first; which that is is known; returns what a policy might want to be asked after.
    pub(crate) fn take_batch(&mut self, first: Pending, watch: &mut dyn Observer) -> Wakes {
        let now = self.state.now;
        self.news = Wakes::NONE;
        self.draft.unheard = true;
        let mut next = Some(first);
        while let Some(pending) = next.filter(|pending| pending.time() == now) {
            self.counters.events += 1;
            self.counters.kinds[pending.event().rank()] += 1;
            self.take(pending, watch);
            if self.state.world.trigger == Trigger::Step {
                break;
            }
            next = self.upcoming();
        }
        self.news
    }

    /// Takes the earliest event, which is expected.
    fn take(&mut self, pending: Pending, watch: &mut dyn Observer) {
        let event = pending.event();
        if event == Event::Arrival {
            return self.arrive(watch);
        }
        self.events.pop();
        match event {
            Event::Done(job) if self.state.jobs.live(job).attempt.saving.is_some() => {
                self.vacate(job);
                self.interrupt(job, Cause::Notice, watch);
            }
            Event::Done(job) => {
                self.vacate(job);
                self.end(job, Outcome::Completed, watch);
            }
            Event::Price(offering) => self.step_price(offering, watch),
            Event::Availability(offering) => {
                self.step_availability(offering, watch);
                self.schedule_availability(offering);
            }
            Event::Shock(offering, which) => self.shock(offering, which, watch),
            Event::Fail(node, _) => self.fail(node, watch),
            Event::Advise(node, _) => {
                self.note(Change::Node(node), Wakes::NOTICE);
                self.tell(&Fact::Advised { node }, watch);
            }
            Event::Notice(node, _) => self.notice(node, watch),
            Event::Reclaim(node) => self.reclaim(node, watch),
            Event::Repair(node, _) => self.repair(node, watch),
            Event::Ready(node) => self.come_up(node, watch),
            Event::Launch(set) => self.launched(set, watch),
            Event::Arrival => unreachable!("arrivals are a stream of their own"),
            Event::Call(service) => self.call(service, watch),
            Event::Wake => {
                // Whoever asked for the same instant often is woken once.
                while self.events.peek() == Some(pending) {
                    self.events.pop();
                    self.events.dropped();
                }
                self.note(Change::Woken, Wakes::WAKE);
            }
            Event::Round => {
                self.schedule_round();
                self.news = self.news | Wakes::ROUND;
            }
        }
    }

    /// Notes a change for the policy's next view, and that it may want to be asked after it.
    pub(crate) fn note(&mut self, change: Change, news: Wakes) {
        self.state.changes.push(change);
        self.news = self.news | news;
    }

    /// The next job of the workload is submitted.
    fn arrive(&mut self, watch: &mut dyn Observer) {
        let job = self.next_job.take().expect("an arrival is due");
        self.next_job = self.arrivals.next();
        let ordinal = self.counters.arrived;
        self.counters.arrived += 1;
        self.submit(ordinal, job, None, watch);
    }

    /// A job is submitted: of the workload, or a replica of a service.
    pub(crate) fn submit(
        &mut self,
        ordinal: u32,
        job: Job,
        set: Option<SetId>,
        watch: &mut dyn Observer,
    ) -> JobId {
        let class = &self.state.world.classes[job.class.index()];
        let progress = class.course.begin(job.kind, job.work);
        let idle = Footing {
            model: None,
            gpus: job.gang.gpus(),
            reach: Reach::Node,
            rate_ppb: UNIT_RATE,
            compute_ppb: UNIT_RATE,
        };
        let attempt = Attempt {
            started: SimTime::ZERO,
            works: SimTime::ZERO,
            due: SimTime::ZERO,
            left: Span::ZERO,
            cadence: Cadence::NONE,
            saving: None,
            on: idle,
        };
        let id = self.state.jobs.admit(ordinal, job, progress, attempt);
        self.note(Change::Arrived(id), Wakes::ARRIVAL);
        let spec = &self.state.jobs.live(id).job;
        let fact = Fact::Arrived { job: id, spec, set };
        self.digests.fact(self.state.now, &fact);
        watch.observe(self.state.now, &fact);
        id
    }

    /// Gives back what a running job holds. Its seats are still counted on their nodes.
    pub(crate) fn vacate(&mut self, job: JobId) {
        let live = self.state.jobs.live(job);
        for seat in live.allocation.seats() {
            let demand = live.job.gang.roles()[usize::from(seat.role)].demand;
            self.capacity.give(seat, &demand);
        }
    }

    /// A job is gone. What it held has been given back.
    pub(crate) fn end(&mut self, job: JobId, outcome: Outcome, watch: &mut dyn Observer) {
        // What replicas are at when the run ends stays unfinished.
        if outcome == Outcome::Unfinished {
            self.tell_work(job, watch);
        } else {
            self.leaves(job, true, watch);
        }
        let spent = self.spent_to_the_end(job);
        if self.state.beside.is_some() {
            let seats = self.state.jobs.live(job).allocation.seats.clone();
            self.part(job, &seats);
        }
        let fact = Fact::Ended {
            job,
            outcome,
            spent,
        };
        self.tell(&fact, watch);
        self.note(Change::Ended(job), Wakes::END);
        for position in 0..self.state.jobs.live(job).allocation.seats.len() {
            let node = self.state.jobs.live(job).allocation.seats[position].node;
            self.unseat(node, watch);
        }
        self.state.jobs.remove(job);
        self.turn_replicas(watch);
    }

    /// A running job stops short, keeps what its class keeps, and waits again. What it held has been given back.
    pub(crate) fn interrupt(&mut self, job: JobId, cause: Cause, watch: &mut dyn Observer) {
        self.leaves(job, false, watch);
        let now = self.state.now;
        let live = self.state.jobs.live(job);
        let split = live.attempt.split(now);
        let safe = match self.class_of(job).checkpoint.keep {
            // The state is written whole, and then the job stops.
            _ if cause == Cause::Notice => split.worked,
            Keep::All => split.worked,
            Keep::Nothing => Span::ZERO,
            Keep::Every(_) | Keep::Steps(_) | Keep::Either(..) => split.durable,
        };
        let spent = self.book(job, (split, safe));
        let live = self.state.jobs.live_mut(job);
        live.queued = now;
        let fact = Fact::Interrupted { job, cause, spent };
        let seats = std::mem::take(&mut live.allocation.seats);
        self.part(job, &seats);
        self.state.jobs.stand(job, Standing::Pending);
        self.note(Change::Requeued(job), Wakes::END);
        self.tell(&fact, watch);
        let state = &self.state;
        self.events.cancel(|pending| expected(state, pending));
        for seat in seats {
            self.unseat(seat.node, watch);
        }
        self.turn_replicas(watch);
    }

    /// A running job goes on in `seats`, with all its work. What it held has been given back, and what it will hold is taken.
    pub(crate) fn reseat(&mut self, job: JobId, seats: &[Seat], watch: &mut dyn Observer) {
        let now = self.state.now;
        let split = self.state.jobs.live(job).attempt.split(now);
        let spent = self.book(job, (split, split.worked));
        let live = self.state.jobs.live_mut(job);
        let before = std::mem::replace(&mut live.allocation.seats, seats.into());
        // What it was still setting up goes on.
        let ready = live.attempt.works.max(now);
        self.part(job, &before);
        self.join(job);
        for seat in seats {
            self.state.nodes[seat.node.index()].seats += 1;
        }
        let (class, kind) = (self.class_of(job), self.state.jobs.live(job).job.kind);
        let (reseat, delay) = (class.checkpoint.reseat, class.course.delay(kind));
        let elsewhere = |alike: bool| match delay {
            None => ready.saturating_add(reseat),
            Some(_) if alike => ready,
            Some(delay) => now.saturating_add(delay),
        };
        let works = self.settle(job, elsewhere, false);
        self.set_off(job, works);
        let state = &self.state;
        self.events.cancel(|pending| expected(state, pending));
        self.state.changes.push(Change::Reseated(job));
        let live = self.state.jobs.live(job);
        let fact = Fact::Reseated {
            job,
            seats: live.allocation.seats(),
            works: live.attempt.works,
            spent,
        };
        self.digests.fact(now, &fact);
        watch.observe(now, &fact);
        for seat in before {
            self.unseat(seat.node, watch);
        }
        self.turn_replicas(watch);
    }

    /// Credits so much of the working time of a running attempt, which splits so, and tells how the attempt passed.
    fn book(&mut self, job: JobId, (split, safe): (Split, Span)) -> Spent {
        let state = &mut self.state;
        let live = state.jobs.live_mut(job);
        let past = state.beside.as_ref().and_then(|beside| beside.past(job));
        let kept = match past {
            None => live.progress.advance(safe, &live.attempt.on),
            Some(past) => past.advance(&mut live.progress, safe, &live.attempt.on),
        };
        let spent = passed(&live.attempt, past, state.now, (split, kept));
        live.kept += kept;
        live.lost += spent.lost;
        spent
    }

    /// Sets a started job to work: its allocation is in place.
    pub(crate) fn set_to_work(&mut self, job: JobId) {
        let live = self.state.jobs.live_mut(job);
        live.attempts += 1;
        let (first, kind) = (live.attempts == 1, live.job.kind);
        let setup = self.class_of(job).setup(kind, first);
        let works = self.state.now.saturating_add(setup);
        self.settle(job, |_| works, true);
        self.set_off(job, works);
    }

    /// Tells a course that asks for more than its footing where it lies, and says from when on it works, which may depend on
    /// whether it lies as it did before.
    fn settle(&mut self, job: JobId, works: impl Fn(bool) -> SimTime, starts: bool) -> SimTime {
        if !matches!(self.state.jobs.live(job).progress, Progress::Goodput(_)) {
            return works(false);
        }
        let layout = self.layout(job);
        let Progress::Goodput(course) = &mut self.state.jobs.live_mut(job).progress else {
            unreachable!("seen above");
        };
        let alike = !starts && course.lies_alike(&layout);
        let works = works(alike);
        course.settle(layout, works, !alike);
        works
    }

    /// The allocation of `job` by node.
    fn layout(&self, job: JobId) -> Layout {
        let live = self.state.jobs.live(job);
        let (roles, seats) = (live.job.gang.roles(), live.allocation.seats());
        let model = |node| self.capacity.shape(self.capacity.offering_of(node)).model;
        let with_gpus = seats.iter().filter(|seat| !seat.gpus.is_empty());
        let gpus = with_gpus.clone().map(|seat| {
            let each = roles[usize::from(seat.role)].gpus_each();
            (seat.node, seat.tasks * each)
        });
        Layout {
            model: with_gpus
                .clone()
                .next()
                .map_or(ModelId(0), |seat| model(seat.node)),
            counts: Layout::counts(gpus),
        }
    }

    /// Computes when a job is done that works from `works` on, in its seats.
    fn set_off(&mut self, job: JobId, works: SimTime) {
        let now = self.state.now;
        let on = self.footing(job);
        let live = self.state.jobs.live_mut(job);
        let class = &self.state.world.classes[live.job.class.index()];
        let CourseChange::Done(left) = live.progress.next(&on);
        let cadence = class.cadence(live.every, &on);
        let due = works.saturating_add(cadence.length(left));
        live.attempt = Attempt {
            started: now,
            works,
            due,
            left,
            cadence,
            saving: None,
            on,
        };
        // What would end beyond the last instant does not end.
        if due < SimTime::MAX {
            self.events.push(Pending::new(due, Event::Done(job)));
        }
    }

    pub(super) fn class_of(&self, job: JobId) -> &Class {
        &self.state.world.classes[self.state.jobs.live(job).job.class.index()]
    }

    /// How the attempt of a job that ends here passed: what was worked is kept, for nobody comes back to it.
    fn spent_to_the_end(&self, job: JobId) -> Spent {
        let live = self.state.jobs.live(job);
        match live.standing {
            Standing::Running => {
                let split = live.attempt.split(self.state.now);
                let state = &self.state;
                let past = state.beside.as_ref().and_then(|beside| beside.past(job));
                passed(&live.attempt, past, state.now, (split, split.worked))
            }
            Standing::Pending => Spent::default(),
        }
    }

    fn step_price(&mut self, offering: OfferingId, watch: &mut dyn Observer) {
        let price = self.state.world.offerings[offering.index()]
            .price
            .at(self.state.now);
        self.state.meter(offering);
        self.state.supply[offering.index()].price = price;
        self.tell(&Fact::Price { offering, price }, watch);
        self.note(Change::Price(offering), Wakes::PRICE);
        self.schedule_price(offering);
    }

    /// Puts the next step of a price into the pending set, if there is one.
    pub(crate) fn schedule_price(&mut self, offering: OfferingId) {
        let next = next_step(
            self.state.world.offerings[offering.index()].price.steps(),
            self.state.now,
        );
        if let Some(at) = next {
            self.events.push(Pending::new(at, Event::Price(offering)));
        }
    }

    /// Puts the next step of an availability into the pending set, if there is one.
    pub(crate) fn schedule_availability(&mut self, offering: OfferingId) {
        let next = next_step(
            self.state.world.offerings[offering.index()]
                .availability
                .steps(),
            self.state.now,
        );
        if let Some(at) = next {
            self.events
                .push(Pending::new(at, Event::Availability(offering)));
        }
    }
}

/// How an attempt passed that stops now and splits so, of which so much work is kept.
fn passed(
    attempt: &Attempt,
    past: Option<&Past>,
    now: SimTime,
    (split, kept): (Split, Span),
) -> Spent {
    let works = attempt.works.min(now);
    let saving = attempt
        .saving
        .map_or(Span::ZERO, |since| now.since(since.max(works)));
    Spent {
        restore: works.since(attempt.started),
        kept,
        lost: split.worked - kept,
        dump: split.dumping + saving,
        stall: match past {
            None => attempt.on.waits(split.worked),
            Some(past) => past.waits(split.worked, &attempt.on),
        },
    }
}

fn next_step<T>(steps: &[(SimTime, T)], now: SimTime) -> Option<SimTime> {
    let after = steps.partition_point(|(from, _)| *from <= now);
    steps.get(after).map(|(from, _)| *from)
}

/// Whether what an event speaks of still expects it.
pub(super) fn expected(state: &super::state::State, pending: Pending) -> bool {
    let at = pending.time();
    match pending.event() {
        Event::Done(job) => {
            let running = |live: &&super::jobs::Live| {
                live.standing == Standing::Running && live.attempt.due == at
            };
            state.jobs.get(job).as_ref().is_some_and(running)
        }
        Event::Reclaim(node) => state.nodes[node.index()].phase == NodePhase::Noticed(at),
        Event::Ready(node) => {
            let slot = &state.nodes[node.index()];
            slot.phase == NodePhase::Booting && slot.ready == at
        }
        Event::Fail(node, launch) => {
            let slot = &state.nodes[node.index()];
            slot.launch == launch && slot.fails == at && !matches!(slot.phase, NodePhase::Broken(_))
        }
        Event::Advise(node, launch) | Event::Notice(node, launch) => {
            let slot = &state.nodes[node.index()];
            slot.launch == launch && slot.may_be_lost()
        }
        Event::Repair(node, launch) => {
            let slot = &state.nodes[node.index()];
            slot.launch == launch && slot.phase == NodePhase::Broken(at)
        }
        Event::Price(_)
        | Event::Availability(_)
        | Event::Shock(..)
        | Event::Launch(_)
        | Event::Arrival
        | Event::Wake
        | Event::Round => true,
        Event::Call(service) => state.services[service.index()].call == Some(at),
    }
}
