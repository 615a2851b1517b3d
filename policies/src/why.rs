//! Why a job is left for which the placement found nothing: in words of what the policy withholds from it.

use sim_core::engine::{JobView, OfferingView, Reason};
use sim_core::model::{Market, OfferingSet};
use sim_core::units::JobId;

use crate::compose::Desk;

impl Desk<'_, '_, '_> {
    /// Says why a job is not started for which no place was found, nor any other that wants the same.
    pub fn hold_unplaced(&mut self, job: JobId) {
        if !self.plan.asks_why() {
            return;
        }
        let routes = self.queue.routes(job);
        let reason = if routes != OfferingSet::ANY {
            self.kept_away(&self.job(job), routes)
        } else if self.plan.sets_aside() {
            Reason::Reserved
        } else {
            Reason::Unplaced
        };
        self.plan.hold_alike(job, reason);
    }

    /// Why a job is kept to some offerings while there is room on others.
    fn kept_away(&self, job: &JobView<'_>, routes: OfferingSet) -> Reason {
        let capacity = self.plan.capacity();
        let others = self.view.offerings().filter(|(id, _)| !routes.allows(*id));
        let roomy = others.filter(|(id, _)| capacity.open_nodes(*id) > 0);
        let (mut any, mut cheap, mut steady) = (false, false, false);
        for (_, offering) in roomy {
            let pays = is_within_cap(job, &offering);
            (any, cheap) = (true, cheap || pays);
            steady |= pays && offering.market != Market::Spot;
        }
        match (any, cheap, steady) {
            (true, false, _) => Reason::PriceCap,
            (true, true, false) => Reason::Risk,
            (false, _, _) | (true, true, true) => Reason::NotRouted,
        }
    }
}

/// Whether a GPU of an offering costs no more than the job pays.
fn is_within_cap(job: &JobView<'_>, offering: &OfferingView<'_>) -> bool {
    job.price_cap().is_none_or(|cap| {
        let most = u128::from(cap.nanousd_h()) * u128::from(offering.shape.gpus);
        u128::from(offering.price.nanousd_h()) <= most
    })
}
