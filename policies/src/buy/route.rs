//! Where a job may lie: on machines that may be taken away, on those that stay, or on either.
//!
//! Three things bind everybody: a pool dearer than the job's price cap is out of the question; of the risky pools only those
//! remain on which the risk is within what the job puts up with; and machines that are paid whatever runs there (owned,
//! reserved, or held at a fleet's minimum) are open to all, for they cost nothing more. A job that only one side could ever
//! hold lies on that side, whatever its lane. One that its price cap keeps from everything that could hold it lies nowhere.

use sim_core::engine::{JobView, OfferingView, View};
use sim_core::model::{GpuDemand, Market, MarketSet, OfferingSet, Role};
use sim_core::units::{ModelId, OfferingId, SimTime, Span};

use super::fleet::Fleet;
use super::lot::Offer;
use super::risk;
use crate::compose::Sight;
use crate::place::room_in;
use crate::reclaims::Prior;

/// How a job is treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lane {
    /// It lies on machines that stay.
    Steady,
    /// It lies on risky pools up to this risk, and on machines that stay once it is late.
    Risky {
        /// The most likely that a reclaim may be within its remaining work.
        most: f64,
        /// Whether it has waited for risky ones for long enough.
        late: bool,
    },
}

/// What a buyer says of markets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    /// Markets whose machines may be taken away.
    pub(crate) risky: MarketSet,
    /// What is believed of them at first.
    pub(crate) prior: Prior,
    /// So many machines of this market are held in any case.
    pub(crate) base: Option<(Market, u32)>,
}

/// Offerings by side, for one job.
struct Split {
    /// Within its risk.
    tolerable: OfferingSet,
    risky: OfferingSet,
    stays: OfferingSet,
    /// Those that stay and are paid whatever runs there.
    paid: OfferingSet,
}

impl Sides {
    /// Where a job may lie, and in which lane it comes to be: in none of its own where no pool that it could bear holds it.
    pub(crate) fn route(
        &self,
        job: &JobView<'_>,
        sight: &Sight<'_, '_>,
        lane: Lane,
    ) -> (OfferingSet, Lane) {
        let (split, view) = (self.split(job, sight, lane), sight.view);
        if let Lane::Risky { late, .. } = lane
            && could_hold(job, view, split.tolerable)
        {
            let beside = if late { split.stays } else { split.paid };
            return (split.tolerable.or(beside), lane);
        }
        let everything = split.risky.or(split.stays);
        let choices = [split.stays, everything];
        let first = choices.into_iter().find(|set| could_hold(job, view, *set));
        let unaffordable = || could_hold(job, view, OfferingSet::ANY);
        let routes = match first {
            Some(set) => set,
            None if unaffordable() => OfferingSet::NONE,
            None => OfferingSet::ANY,
        };
        (routes, Lane::Steady)
    }

    /// What a job is offered of a fleet on which it may lie: first what is paid whatever runs there. Beside that, one that
    /// waits for risky machines is offered those alone; one that is late takes those that come, else new ones that stay, and
    /// new risky ones only where there are no others.
    pub(crate) fn offer(
        &self,
        fleet: &Fleet,
        (routes, lane): (OfferingSet, Lane),
    ) -> Option<Offer> {
        let is_risky = self.risky.allows(fleet.market);
        if !routes.allows(fleet.id) {
            return None;
        }
        let (coming, new) = match lane {
            Lane::Steady | Lane::Risky { .. } if is_committed(fleet.market) => (0, 0),
            Lane::Risky { late: false, .. } if !is_risky => return None,
            Lane::Risky { late: true, .. } if is_risky => (0, 2),
            Lane::Steady | Lane::Risky { .. } => (1, 1),
        };
        Some(Offer { coming, new })
    }

    fn split(&self, job: &JobView<'_>, sight: &Sight<'_, '_>, lane: Lane) -> Split {
        let none = OfferingSet::NONE;
        let mut split = Split {
            tolerable: none,
            risky: none,
            stays: none,
            paid: none,
        };
        for (id, offering) in sight.view.offerings() {
            if !is_affordable(job, &offering) {
                continue;
            }
            if !self.risky.allows(offering.market) {
                split.stays = split.stays.with(id);
                if self.is_paid(&offering) {
                    split.paid = split.paid.with(id);
                }
                continue;
            }
            split.risky = split.risky.with(id);
            if let Lane::Risky { most, .. } = lane
                && most > 0.0
                && risk::risk(job, (id, &offering), sight, self.prior) <= most
            {
                split.tolerable = split.tolerable.with(id);
            }
        }
        split
    }

    /// Whether machines of an offering are paid whatever runs there.
    fn is_paid(&self, offering: &OfferingView<'_>) -> bool {
        let base = self.base.filter(|(market, _)| *market == offering.market);
        let floor = base.map_or(offering.min, |(_, count)| offering.min.max(count));
        let at_the_floor = offering.held - offering.leaving <= floor && floor > 0;
        is_committed(offering.market) || at_the_floor
    }
}

/// Whether machines of a market are paid whether they are used or not.
pub(crate) fn is_committed(market: Market) -> bool {
    match market {
        Market::Owned | Market::Reserved | Market::CapacityBlock => true,
        Market::OnDemand | Market::Spot | Market::Serverless => false,
    }
}

/// When a job that waits for risky machines will have waited for `patience`.
pub(crate) fn late_at(
    job: &JobView<'_>,
    (lane, patience): (Lane, Option<Span>),
    view: &View<'_>,
) -> Option<SimTime> {
    let at = job.queued().saturating_add(patience?);
    let waits = matches!(lane, Lane::Risky { late: false, .. });
    (waits && at > view.now()).then_some(at)
}

/// Whether a GPU of an offering costs no more than the job pays.
fn is_affordable(job: &JobView<'_>, offering: &OfferingView<'_>) -> bool {
    job.price_cap().is_none_or(|cap| {
        let most = u128::from(cap.nanousd_h()) * u128::from(offering.shape.gpus);
        offering.shape.gpus == 0 || u128::from(offering.price.nanousd_h()) <= most
    })
}

/// Whether these offerings could hold the job if all their machines that quotas leave were there and empty.
fn could_hold(job: &JobView<'_>, view: &View<'_>, within: OfferingSet) -> bool {
    let headroom = view.headroom();
    let holds = |role: &Role| {
        let allowed = || {
            let offerings = view.offerings();
            offerings.filter(|of| within.allows(of.0) && is_allowed(job, role, (of.0, &of.1)))
        };
        let tasks = |model: ModelId| {
            let same = allowed().filter(|(_, offering)| offering.shape.model == model);
            let rooms = same.map(|(id, of)| (id, of.max, room_in(of.shape, role)));
            headroom.tasks(rooms)
        };
        let mut models = allowed().map(|(_, offering)| offering.shape.model);
        models.any(|model| tasks(model) >= u64::from(role.least))
    };
    job.gang().roles().iter().all(holds)
}

fn is_allowed(
    job: &JobView<'_>,
    role: &Role,
    (id, offering): (OfferingId, &OfferingView<'_>),
) -> bool {
    let demand = &role.demand;
    let model = demand.gpu == GpuDemand::None || job.models().allows(offering.shape.model);
    let offered = demand.gpu.is_offered(offering.profiles);
    model && offered && demand.markets.allows(offering.market) && demand.offerings.allows(id)
}
