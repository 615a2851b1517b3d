//! Cheaper: a running job goes on in another pool where what it has left to do is cheaper there by a margin, the move
//! included.
//!
//! An hour in a pool is worth less than its price says where machines are taken away: of every hour, the rate of reclaims
//! times what one costs (setting up again, and half a stretch between checkpoints, or all that was done where nothing is
//! kept) is lost. A job stays for price x (1 + rate x lost) x left, and moves for the same there x (left + reseat). The rate
//! is that of its machines together, as far as it was seen; what is left is what the estimate says, or as long again as it
//! has had.
//!
//! It moves onto machines that are free; where there are none, they are asked for, and it moves once they are there if that
//! is still worth it. So that it does not go to and fro, all is looked at once in a while only, the margin binds both ways,
//! and one move each is made at a look. What it leaves behind the buyer gives back.

use sim_core::engine::{Change, JobView, NodePhase, OfferingView, Wakes};
use sim_core::model::{Keep, Market, OfferingSet, Placement, Seat};
use sim_core::units::{JobId, NodeId, OfferingId, SimTime, Span, convert};

use super::Relocate;
use crate::buy::{machines, remaining};
use crate::compose::Desk;
use crate::reclaims::{Prior, hours};

/// To where it is cheaper.
#[derive(Clone, Debug)]
pub struct Cheaper {
    /// The share that must be saved.
    pub margin: f64,
    /// How often to look.
    pub every: Span,
    /// The most reclaims per machine and hour that a pool to move to may have.
    pub max_rate: f64,
    /// What is believed of spot at first.
    pub prior: Prior,
    /// When to look next.
    pub next: SimTime,
    /// Whether machines were asked for that have not come.
    pub expects: bool,
}

/// A pool as a place for one job.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Site {
    offering: OfferingId,
    machines: u32,
    /// What an hour of useful work costs, in nano-dollars.
    cost: f64,
}

impl Relocate for Cheaper {
    fn relocate(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        let now = desk.view.now();
        let is_node = |change: &Change| matches!(change, Change::Node(_));
        let came = self.expects && desk.view.changes().iter().any(is_node);
        if now >= self.next || came {
            self.expects = false;
            self.next = now.saturating_add(self.every);
            let running: Vec<JobId> = desk.view.running().map(|job| job.id()).collect();
            let mut asked = OfferingSet::NONE;
            for job in running {
                if desk.plan.is_running(job) && !desk.job(job).is_saving() {
                    self.consider(desk, job, &mut asked);
                }
            }
        }
        (desk.view.running_len() > 0).then_some(self.next)
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::NOTICE
    }

    fn watches_reclaims(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Relocate> {
        Box::new(self.clone())
    }
}

impl Cheaper {
    /// Moves a job to the cheapest pool that is worth it and has the room, or asks for machines of the cheapest, once for
    /// each pool at a look.
    fn consider(&mut self, desk: &mut Desk<'_, '_, '_>, id: JobId, asked: &mut OfferingSet) {
        let job = desk.job(id);
        let routes = desk.routes(&job);
        let here = self.here(desk, &job);
        let left = hours(remaining(&job, desk.view));
        let reseat = hours(job.checkpoint().reseat);
        let stay = here * left * (1.0 - self.margin);
        let mut sites: Vec<Site> = desk
            .view
            .offerings()
            .filter(|(offering, _)| routes.allows(*offering))
            .filter_map(|(offering, of)| self.site(desk, &job, (offering, &of)))
            .filter(|site| site.cost * (left + reseat) < stay)
            .collect();
        sites.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.offering.cmp(&b.offering)));
        let tasks = |seats: &[Seat]| seats.iter().map(|seat| seat.tasks).sum::<u32>();
        let full = |at: &Placement| tasks(&at.seats) >= tasks(job.allocation().seats());
        for site in &sites {
            let only = OfferingSet::NONE.with(site.offering);
            if let Some(placement) = desk.lay_on(id, only).filter(full) {
                let moved = desk.plan.reseat(id, &placement);
                moved.expect("it runs, saves nothing, and was laid out on this plan");
                return;
            }
        }
        if let Some(site) = sites.first()
            && !asked.allows(site.offering)
        {
            *asked = asked.with(site.offering);
            self.expects |= ask(desk, *site);
        }
    }

    /// What an hour of useful work costs where the job lies.
    fn here(&self, desk: &Desk<'_, '_, '_>, job: &JobView<'_>) -> f64 {
        let (mut price, mut rate, mut last) = (0.0, 0.0, None);
        for seat in job.allocation().seats() {
            let offering = desk.plan.capacity().offering_of(seat.node);
            let of = desk.view.offering(offering).expect("nodes have one");
            let gpus = f64::from(seat.gpus.count());
            price += gpus * per_gpu(&of);
            if last != Some(seat.node) {
                rate += self.rate(desk, (offering, &of));
            }
            last = Some(seat.node);
        }
        price * (1.0 + rate * hours(lost(job)))
    }

    /// The pool as a place for the job, unless it lies there, cannot, or the pool is too risky.
    fn site(
        &self,
        desk: &Desk<'_, '_, '_>,
        job: &JobView<'_>,
        (offering, of): (OfferingId, &OfferingView<'_>),
    ) -> Option<Site> {
        let mut roles = job.gang().roles().iter();
        let capacity = desk.plan.capacity();
        let allows = roles.all(|role| capacity.allows(offering, job.models(), &role.demand));
        let mut seats = job.allocation().seats().iter();
        let lies_there = seats.any(|seat| capacity.offering_of(seat.node) == offering);
        // On another model an hour is worth something else.
        let mut seats = job.allocation().seats().iter();
        let alike = seats.all(|seat| {
            let model = capacity.shape(capacity.offering_of(seat.node)).model;
            seat.gpus.is_empty() || model == of.shape.model
        });
        let rate = self.rate(desk, (offering, of));
        if !allows || lies_there || !alike || rate > self.max_rate {
            return None;
        }
        let machines = machines(job, of).filter(|machines| *machines <= of.max)?;
        let price = f64::from(job.gang().gpus()) * per_gpu(of);
        let cost = price * (1.0 + rate * f64::from(machines) * hours(lost(job)));
        Some(Site {
            offering,
            machines,
            cost,
        })
    }

    /// Reclaims per machine and hour to be expected; of machines that are not spot, as many as were seen.
    fn rate(&self, desk: &Desk<'_, '_, '_>, (id, of): (OfferingId, &OfferingView<'_>)) -> f64 {
        let rate = if of.market == Market::Spot {
            self.prior.rate
        } else {
            0.0
        };
        let prior = Prior { rate, ..self.prior };
        desk.reclaims.rate(id, prior, desk.view.now())
    }
}

/// Asks for what a job would fill of a pool, less what boots; whether any is to come.
fn ask(desk: &mut Desk<'_, '_, '_>, site: Site) -> bool {
    let of = desk
        .view
        .offering(site.offering)
        .expect("listed by the view");
    let boots = |node: &NodeId| {
        let node = desk.view.node(*node);
        node.is_some_and(|node| node.phase == NodePhase::Booting)
    };
    let slots = desk.plan.capacity().slots_of(site.offering);
    let booting = convert::narrow(slots.filter(boots).count());
    let missing = site.machines.saturating_sub(booting);
    let most = of.max.min(of.available);
    let room = most.saturating_sub(desk.plan.holds(site.offering));
    if missing > 0 && missing <= room {
        let asked = desk.plan.request(site.offering, missing);
        asked.expect("within the quota");
    }
    missing <= room
}

/// Nano-dollars an hour of one GPU.
fn per_gpu(of: &OfferingView<'_>) -> f64 {
    convert::real(of.price.nanousd_h()) / f64::from(of.shape.gpus.max(1))
}

/// What a reclaim costs the job: setting up again, and the work that is lost, on average.
fn lost(job: &JobView<'_>) -> Span {
    let checkpoint = job.checkpoint();
    let work = match checkpoint.keep {
        Keep::Nothing => job.attained(),
        Keep::Every(stretch) | Keep::Either(stretch, _) => {
            Span::from_us(stretch.us() / 2).unwrap_or(Span::MAX)
        }
        // How long steps take is not known here.
        Keep::All | Keep::Steps(_) => Span::ZERO,
    };
    checkpoint.restore.saturating_add(work)
}
