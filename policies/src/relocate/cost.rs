//! What an hour of useful work costs in a pool: price x (1 + rate x lost).
//!
//! An hour is worth less than its price says where machines are taken away: of every hour, the rate of reclaims times what one
//! costs (setting up again, and half a stretch between checkpoints, or all that was done where nothing is kept) is lost. The
//! rate is that of a gang's machines together, as far as it was seen. Only pools of one GPU model are compared: on another, an
//! hour is worth something else.

use sim_core::engine::{JobView, OfferingView};
use sim_core::model::{Keep, Market};
use sim_core::units::{OfferingId, Span, convert};

use crate::buy::machines;
use crate::compose::Desk;
use crate::reclaims::{Prior, hours};

/// A pool as a place for one job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Site {
    pub(super) offering: OfferingId,
    pub(super) machines: u32,
    /// What an hour of useful work costs, in nano-dollars.
    pub(super) cost: f64,
    /// Reclaims per machine and hour.
    pub(super) rate: f64,
}

/// What an hour of useful work costs where the job lies.
pub(super) fn here(desk: &Desk<'_, '_, '_>, job: &JobView<'_>, prior: Prior) -> f64 {
    let (mut price, mut rate, mut last) = (0.0, 0.0, None);
    for seat in job.allocation().seats() {
        let offering = desk.plan.capacity().offering_of(seat.node);
        let of = desk.view.offering(offering).expect("nodes have one");
        let gpus = f64::from(seat.gpus.count());
        price += gpus * per_gpu(&of);
        if last != Some(seat.node) {
            rate += rate_of(desk, (offering, &of), prior);
        }
        last = Some(seat.node);
    }
    price * (1.0 + rate * hours(lost(job)))
}

/// The pool as a place for the job, unless it lies there or cannot.
pub(super) fn site(
    desk: &Desk<'_, '_, '_>,
    job: &JobView<'_>,
    (offering, of): (OfferingId, &OfferingView<'_>),
    prior: Prior,
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
    let rate = rate_of(desk, (offering, of), prior);
    if !allows || lies_there || !alike {
        return None;
    }
    let machines = machines(job, of).filter(|machines| *machines <= of.max)?;
    let price = f64::from(job.gang().gpus()) * per_gpu(of);
    let cost = price * (1.0 + rate * f64::from(machines) * hours(lost(job)));
    Some(Site {
        offering,
        machines,
        cost,
        rate,
    })
}

/// Reclaims per machine and hour to be expected; of machines that are not spot, as many as were seen.
fn rate_of(
    desk: &Desk<'_, '_, '_>,
    (id, of): (OfferingId, &OfferingView<'_>),
    prior: Prior,
) -> f64 {
    let rate = if of.market == Market::Spot {
        prior.rate
    } else {
        0.0
    };
    let prior = Prior { rate, ..prior };
    desk.reclaims.rate(id, prior, desk.view.now())
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
