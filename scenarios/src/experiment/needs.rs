//! What requests took of replicas, for the bound of what replicas cost.

use sim_core::engine::World;
use sim_core::serve::{Completion, End, Objective};
use sim_core::units::{ServiceId, SimTime};
use sim_core::watch::{Fact, Observer};

use super::bounded::Unknown;
use super::judged::Window;
use crate::bounds::service::Served;
use crate::bounds::{Bound, Unbounded};
use crate::schema::Scenario;

/// By service.
pub(super) struct Needs(Vec<(Objective, Result<Served, Unbounded>)>);

impl Needs {
    /// Nothing has come yet; none where there is no service.
    pub(super) fn of(scenario: &Scenario, world: &World, window: Window) -> Option<Self> {
        let end = world.end.filter(|_| !world.services.is_empty())?;
        let ids = (0..).map(ServiceId);
        let promises = scenario.services.iter().map(|own| own.promise);
        let services = ids.zip(promises).map(|(service, promise)| {
            let served = Served::new(world, (service, &promise), (window.warmup, end));
            (promise, served)
        });
        Some(Self(services.collect()))
    }

    /// The least that the replicas of all services cost together, by the unit of the bounds.
    pub(super) fn bound(&self) -> Result<Bound, Unknown> {
        let mut sum: Option<Bound> = None;
        for (_, served) in &self.0 {
            let bound = served.as_ref().map_err(|why| *why)?.bound()?;
            let before = sum.map_or(0, |sum| sum.value);
            sum = Some(Bound {
                value: bound.value.saturating_add(before),
                ..bound
            });
        }
        sum.ok_or(Unknown::NothingDone)
    }
}

impl Observer for Needs {
    fn observe(&mut self, _: SimTime, fact: &Fact<'_>) {
        if let Fact::Request {
            service,
            completion,
        } = fact
            && let Completion {
                request,
                end: End::Served { times, .. },
            } = **completion
            && let (promise, Ok(served)) = &mut self.0[service.index()]
        {
            let in_time = completion.latency() <= promise.whole;
            served.answered(request.arrived, (times.started, times.done), in_time);
        }
    }
}
