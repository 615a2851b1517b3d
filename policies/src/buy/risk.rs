//! The risk of a job on a pool: how likely a reclaim is within what it has left to do, for all that the policy has seen.
//!
//! Reclaims of its machines are taken to come independently, at the rate seen: 1 - exp(-rate x machines x time left). How
//! much is left is what the estimate says. Without one, or once it is outrun, a job is taken to need as long again as it
//! has had: of long jobs that is about right (durations have heavy tails), and a new job looks short.

use sim_core::engine::{JobView, OfferingView, View};
use sim_core::model::Keep;
use sim_core::units::{OfferingId, Span};

use crate::compose::Sight;
use crate::place::room_in;
use crate::reclaims::{Prior, hours};

/// How long a job goes on if it runs from now on, setting up included.
pub(crate) fn remaining(job: &JobView<'_>, view: &View<'_>) -> Span {
    let setting_up = if job.is_running() {
        Span::ZERO
    } else {
        job.restore()
    };
    let by_estimate = job.estimated_end().map(|end| end.since(view.now()));
    let outrun = |left: &Span| *left > setting_up;
    let again = || setting_up.saturating_add(job.attained());
    by_estimate.filter(outrun).unwrap_or_else(again)
}

/// Machines of an offering that a gang fills if it lies there alone; `None` if some task fits on none.
pub(crate) fn machines(job: &JobView<'_>, offering: &OfferingView<'_>) -> Option<u32> {
    let machines = job.gang().roles().iter().map(|role| {
        let offered = role.demand.gpu.is_offered(offering.profiles);
        let room = if offered {
            room_in(offering.shape, role)
        } else {
            0
        };
        role.tasks
            .checked_div(room)
            .map(|_| role.tasks.div_ceil(room))
    });
    machines.sum()
}

/// How likely a reclaim is, in [0, 1].
pub(crate) fn risk(
    job: &JobView<'_>,
    (id, offering): (OfferingId, &OfferingView<'_>),
    sight: &Sight<'_, '_>,
    prior: Prior,
) -> f64 {
    let Some(machines) = machines(job, offering) else {
        return 1.0;
    };
    let rate = sight.reclaims.rate(id, prior, sight.view.now());
    let left = hours(remaining(job, sight.view));
    1.0 - libm::exp(-rate * f64::from(machines) * left)
}

/// Whether anything outlives an interruption of the job.
pub(crate) fn keeps_anything(job: &JobView<'_>) -> bool {
    match job.checkpoint().keep {
        Keep::All | Keep::Every(_) | Keep::Steps(_) | Keep::Either(..) => true,
        Keep::Nothing => false,
    }
}
