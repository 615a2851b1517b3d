//! What the policies share: every job is looked after on its own, and got to where its rule wants it.

use std::collections::BTreeMap;

use sim_core::engine::{Change, JobView, Plan, Policy, Reason, View, Wakes};
use sim_core::model::Market;
use sim_core::units::{JobId, OfferingId, SimTime, Span};

use super::ledger::{Got, Ledger, Site, sites};
use super::rule::{On, Rule, Situation, Want};
use crate::buy::Soon;

/// When rules are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Whenever something happens, and when they ask to be.
    Events,
    /// At every multiple of a tick, and at no other time.
    Ticks(Span),
}

/// Looks after jobs with a deadline, by a rule.
pub struct Deadline {
    rule: Box<dyn Rule>,
    clock: Clock,
    tracks: BTreeMap<JobId, Track>,
    /// The latest tick that was asked for.
    woken: SimTime,
    soon: Soon,
    /// What is to be had at the present instant.
    ledger: Ledger,
}

/// A job as it stands, for who decides where it should be.
pub(crate) struct Stand<'a> {
    /// Where it is.
    pub(crate) on: On,
    /// What a rule would be told; nothing of a job that goes by none.
    pub(crate) ruled: Option<Situation<'a>>,
    /// Whether spot machines are to be had for it, and steady ones.
    pub(crate) to_be_had: [bool; 2],
}

/// What is remembered of a job.
#[derive(Clone, Debug)]
struct Track {
    spot: Vec<Site>,
    steady: Vec<Site>,
    /// Where it was at the end of the last decision.
    last: On,
    /// When its latest start works.
    works: SimTime,
    /// What its rule said, and when; in ticks that holds until the next.
    want: Want,
    decided: Option<SimTime>,
    /// When machines were last asked for, and how long to wait until they are asked for again.
    asked: Option<SimTime>,
    patience: Span,
}

/// A request that was not granted, or whose machine did not come up, is repeated after this, then after twice that...
const PATIENCE: Span = Span::from_secs(60);

impl Deadline {
    /// Under a rule.
    pub fn new(rule: Box<dyn Rule>, clock: Clock) -> Self {
        Self {
            rule,
            clock,
            tracks: BTreeMap::new(),
            woken: SimTime::ZERO,
            soon: Soon::default(),
            ledger: Ledger::default(),
        }
    }

    /// Takes in what has come and gone, and what is to be had.
    pub(crate) fn open(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        plan.hold_others(Reason::NotRouted);
        self.take_in(view, plan);
        self.soon.heed(view.changes());
        self.ledger = Ledger::new(view, plan);
    }

    /// Those that are looked after.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = JobId> + '_ {
        self.tracks.keys().copied()
    }

    /// Gives back what nobody got.
    pub(crate) fn close(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let ledger = std::mem::take(&mut self.ledger);
        let denied = plan.headroom().binds() && self.is_denied(&ledger, view, plan);
        if ledger.release_rest(plan)
            && denied
            && let Some(next) = self.soon.after(view.now())
        {
            plan.wake_at(next).expect("a time that has not come");
        }
        self.wind(view, plan);
    }

    /// How a job stands; nothing of one that is gone.
    pub(crate) fn stand<'a>(
        &self,
        view: &'a View<'a>,
        plan: &Plan<'_>,
        id: JobId,
    ) -> Option<Stand<'a>> {
        let job = view.job(id)?;
        let track = &self.tracks[&id];
        let on = place_of(view, plan, &job);
        let has = |sites: &[Site]| self.ledger.best(view, plan, sites).is_some();
        let ruled = ruled(&job, track, view.now());
        Some(Stand {
            on,
            ruled: ruled.map(|ruled| self.situation((view, plan), (&job, track), on, ruled)),
            to_be_had: [
                on == On::Spot || has(&track.spot),
                on == On::OnDemand || has(&track.steady),
            ],
        })
    }

    /// What its rule says of a job.
    pub(crate) fn says(&mut self, job: &Situation<'_>) -> Want {
        self.rule.want(job)
    }

    /// Takes in what has come and gone. A gang that no offering could ever hold as a whole is turned away.
    fn take_in(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        for change in view.changes() {
            match change {
                Change::Arrived(id) => {
                    let Some(job) = view.job(*id) else { continue };
                    let track = Track::new(view, plan, &job);
                    if track.spot.is_empty() && track.steady.is_empty() {
                        plan.reject(*id).expect("it has just come");
                    } else {
                        self.tracks.insert(*id, track);
                    }
                }
                Change::Ended(id) => {
                    self.tracks.remove(id);
                    self.rule.forget(*id);
                }
                Change::Requeued(_)
                | Change::Started(_)
                | Change::Reseated(_)
                | Change::Node(_)
                | Change::Price(_)
                | Change::Availability(_)
                | Change::Waiting(_)
                | Change::Woken => {}
            }
        }
    }

    /// Looks after one job.
    fn pursue(&mut self, view: &View<'_>, plan: &mut Plan<'_>, id: JobId) {
        let Some(job) = view.job(id) else {
            return;
        };
        let on = place_of(view, plan, &job);
        let want = self.want((view, plan), &job, on);
        self.follow((view, plan), id, want);
    }

    /// Gets a job to where it is wanted, as far as that can be had.
    pub(crate) fn follow(
        &mut self,
        (view, plan): (&View<'_>, &mut Plan<'_>),
        id: JobId,
        want: Want,
    ) {
        let Some(job) = view.job(id) else {
            return;
        };
        let now = view.now();
        let mut track = self.tracks.remove(&id).expect("it is looked after");
        let on = place_of(view, plan, &job);
        if track.decided != Some(now) {
            track.want = want;
            track.decided = Some(now);
        }
        if let Some(again) = want
            .again
            .filter(|again| *again > now && *again < SimTime::MAX)
        {
            plan.wake_at(again).expect("a time that has not come");
        }
        let may_ask = self.clock.strikes(now) || ruled(&job, &track, now).is_none();
        let ledger = &mut self.ledger;
        let mut desk = Desk { view, plan, ledger };
        track.last = go(&mut desk, &job, &mut track, (on, want.on), may_ask);
        self.tracks.insert(id, track);
    }

    /// Where its rule wants it; in ticks, what the rule said at the last one.
    fn want(&mut self, at: (&View<'_>, &Plan<'_>), job: &JobView<'_>, on: On) -> Want {
        let (track, now) = (&self.tracks[&job.id()], at.0.now());
        let Some(terms) = ruled(job, track, now) else {
            return self.unruled(job, on);
        };
        let in_ticks = self.clock != Clock::Events;
        if in_ticks && (!self.clock.strikes(now) || track.decided == Some(now)) {
            return track.want;
        }
        let situation = self.situation(at, (job, track), on, terms);
        self.rule.want(&situation)
    }

    /// Where a job is to be that goes by no rule.
    pub(crate) fn unruled(&self, job: &JobView<'_>, on: On) -> Want {
        let late = job.deadline().is_some() && on == On::Spot;
        let spot = late || self.tracks[&job.id()].steady.is_empty();
        Want::be(if spot { On::Spot } else { On::OnDemand })
    }

    /// A job as a rule sees it.
    fn situation<'a>(
        &self,
        (view, plan): (&'a View<'a>, &Plan<'_>),
        (job, track): (&JobView<'_>, &Track),
        on: On,
        (deadline, work): (SimTime, Span),
    ) -> Situation<'a> {
        let held = job.allocation().seats().first();
        let held = held.map(|seat| plan.capacity().offering_of(seat.node));
        let best = || self.ledger.best(view, plan, &track.spot);
        let spot = match on {
            On::Spot => held,
            On::Idle | On::OnDemand => best().map(|site| site.offering),
        };
        let markets = [&track.spot, &track.steady].map(|sites| cheapest(view, sites));
        let meant = spot.or(markets[0]);
        let nodes = track.spot.iter().find(|site| Some(site.offering) == meant);
        Situation {
            view,
            job: job.id(),
            arrival: job.arrival(),
            deadline,
            work,
            done: job.served(),
            changeover: changeover(view, job, track),
            on,
            last: track.last,
            works: track.works,
            spot,
            markets,
            nodes: nodes.map_or(0, |site| site.nodes),
            tick: match self.clock {
                Clock::Events => None,
                Clock::Ticks(tick) => Some(tick),
            },
        }
    }

    /// Whether a quota keeps some job from machines that there are.
    fn is_denied(&self, ledger: &Ledger, view: &View<'_>, plan: &Plan<'_>) -> bool {
        let mut sites = self
            .tracks
            .values()
            .flat_map(|track| track.spot.iter().chain(&track.steady));
        sites.any(|site| ledger.is_denied(view, plan, *site))
    }

    /// Asks to be asked at the next tick, as long as there is a deadline to be met.
    fn wind(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let Clock::Ticks(tick) = self.clock else {
            return;
        };
        let now = view.now();
        let ahead = |id: &JobId| {
            let deadline = view.job(*id).and_then(|job| job.deadline());
            deadline.is_some_and(|deadline| deadline >= now)
        };
        let next = now
            .saturating_add(Span::from_us(1).expect("short"))
            .round_up(tick);
        if next > self.woken && next < SimTime::MAX && self.tracks.keys().any(ahead) {
            plan.wake_at(next).expect("a tick that has not come");
            self.woken = next;
        }
    }
}

impl Policy for Deadline {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn wakes_on(&self) -> Wakes {
        // In ticks too: jobs that go by no rule wait for none.
        let supply = Wakes::NODE | Wakes::NOTICE | Wakes::AVAILABILITY;
        Wakes::ARRIVAL | Wakes::END | Wakes::WAKE | supply
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.open(view, plan);
        let jobs: Vec<JobId> = self.jobs().collect();
        for job in jobs {
            self.pursue(view, plan, job);
        }
        self.close(view, plan);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.copy())
    }
}

impl Deadline {
    /// An exact copy.
    pub(crate) fn copy(&self) -> Self {
        Self {
            rule: self.rule.fork(),
            clock: self.clock,
            tracks: self.tracks.clone(),
            woken: self.woken,
            soon: self.soon,
            ledger: self.ledger.clone(),
        }
    }
}

/// What a decision works with.
struct Desk<'d, 'v, 'p> {
    view: &'d View<'v>,
    plan: &'d mut Plan<'p>,
    ledger: &'d mut Ledger,
}

impl Track {
    fn new(view: &View<'_>, plan: &Plan<'_>, job: &JobView<'_>) -> Self {
        Self {
            spot: sites(view, plan, job, On::Spot),
            steady: sites(view, plan, job, On::OnDemand),
            last: On::Idle,
            works: SimTime::ZERO,
            want: Want::be(On::Idle),
            decided: None,
            asked: None,
            patience: PATIENCE,
        }
    }
}

impl Clock {
    /// Whether rules are asked at this instant.
    fn strikes(self, now: SimTime) -> bool {
        match self {
            Self::Events => true,
            Self::Ticks(tick) => now.us().is_multiple_of(tick.us()),
        }
    }
}

/// The deadline and the estimate of a job that goes by the rule: others have no deadline or are late, or nobody knows how much
/// there is to do, or there is nothing on demand for them.
fn ruled(job: &JobView<'_>, track: &Track, now: SimTime) -> Option<(SimTime, Span)> {
    let deadline = job.deadline().filter(|deadline| *deadline >= now)?;
    let work = job.estimate()?;
    (!track.steady.is_empty()).then_some((deadline, work))
}

/// Gets a job from where it is to where it should be, as far as there are machines; returns where it is then.
fn go(
    desk: &mut Desk<'_, '_, '_>,
    job: &JobView<'_>,
    track: &mut Track,
    (on, want): (On, On),
    may_ask: bool,
) -> On {
    let id = job.id();
    if want == on {
        return on;
    }
    let sites = match want {
        On::Idle => {
            desk.plan.preempt(id).expect("it runs");
            return On::Idle;
        }
        On::Spot => &track.spot,
        On::OnDemand => &track.steady,
    };
    let site = desk.ledger.best(desk.view, desk.plan, sites);
    // Late on spot is better than waiting for machines that others hold.
    let instead = || desk.ledger.best(desk.view, desk.plan, &track.spot);
    let site = match (site, on) {
        (None, On::Idle) if want == On::OnDemand => instead(),
        (site, _) => site,
    };
    let Some(site) = site else { return on };
    let now = desk.view.now();
    match desk.ledger.seat(desk.plan, id, site) {
        Got::Started => {
            track.works = now.saturating_add(setup(job, on));
            track.patience = PATIENCE;
            market(desk.view, site.offering)
        }
        Got::Waits => on,
        Got::Lacks(count) => {
            if !may_ask {
                return on;
            }
            // A machine that did not come up is not asked for again at once.
            if track.asked != Some(now) {
                desk.plan
                    .request(site.offering, count)
                    .expect("the ledger knows what is to be had");
                track.asked = Some(now);
            }
            let again = now.saturating_add(track.patience);
            if again < SimTime::MAX {
                desk.plan.wake_at(again).expect("patience takes time");
                track.patience = track.patience.saturating_mul(2);
            }
            on
        }
    }
}

/// What a start takes to set up, were it now: a job that runs has started before.
fn setup(job: &JobView<'_>, on: On) -> Span {
    match on {
        On::Idle => job.restore(),
        On::Spot | On::OnDemand => job.checkpoint().restore,
    }
}

/// The most that a start costs before it works: d. A machine that boots does not work either.
fn changeover(view: &View<'_>, job: &JobView<'_>, track: &Track) -> Span {
    let boot = |site: &Site| view.offering(site.offering).map(|offering| offering.boot);
    let boots = track.spot.iter().chain(&track.steady).filter_map(boot);
    let checkpoint = job.checkpoint();
    let setup = checkpoint.setup.max(checkpoint.restore);
    setup.saturating_add(boots.max().unwrap_or(Span::ZERO))
}

/// The cheapest of these sites now, to be had or not.
fn cheapest(view: &View<'_>, sites: &[Site]) -> Option<OfferingId> {
    let price = |site: &&Site| view.offering(site.offering).map(|offering| offering.price);
    let site = sites.iter().min_by_key(|site| (price(site), site.offering));
    site.map(|site| site.offering)
}

/// Where a job is.
fn place_of(view: &View<'_>, plan: &Plan<'_>, job: &JobView<'_>) -> On {
    match job.allocation().seats().first() {
        Some(seat) if job.is_running() => market(view, plan.capacity().offering_of(seat.node)),
        Some(_) | None => On::Idle,
    }
}

fn market(view: &View<'_>, offering: OfferingId) -> On {
    match view.offering(offering).map(|offering| offering.market) {
        Some(Market::Spot) => On::Spot,
        Some(_) | None => On::OnDemand,
    }
}
