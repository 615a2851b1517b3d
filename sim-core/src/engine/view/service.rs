//! Services as a policy sees them.

use super::{ArrivalsToCome, JobView, View};
use crate::course::Reach;
use crate::engine::service::{ReplicaSet, Service, ServiceState};
use crate::engine::state::State;
use crate::serve::{Gauge, ReplicaId, Traffic, Way};
use crate::units::{JobId, ModelId, ServiceId, SetId, SimTime};

/// A service as a policy sees it: what a load balancer and its replicas' metrics tell.
#[derive(Clone, Copy, Debug)]
pub struct ServiceView<'a> {
    id: ServiceId,
    spec: &'a Service,
    standing: &'a ServiceState,
    state: &'a State,
}

/// A replica as a policy sees it.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaView<'a> {
    /// The job that it is.
    pub job: JobView<'a>,
    /// Of which set it is.
    pub set: SetId,
    /// Whether it is to go.
    pub leaves: bool,
    /// From when on it takes requests; none while it waits to be started.
    pub ready: Option<SimTime>,
    /// What can be read off it; none before it takes requests.
    pub gauge: Option<Gauge>,
}

impl<'a> View<'a> {
    /// Services, by id.
    pub fn services(&self) -> impl Iterator<Item = ServiceView<'a>> + use<'a> {
        let ids =
            (0..self.state.services.len()).map(|at| ServiceId(u16::try_from(at).expect("few")));
        let view = *self;
        ids.filter_map(move |id| view.service(id))
    }

    /// A service, if there is one of this id.
    pub fn service(&self, id: ServiceId) -> Option<ServiceView<'a>> {
        Some(ServiceView {
            id,
            spec: self.state.world.services.get(id.index())?,
            standing: self.state.services.get(id.index())?,
            state: self.state,
        })
    }
}

impl<'a> ServiceView<'a> {
    /// Which one it is.
    pub fn id(&self) -> ServiceId {
        self.id
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.spec.name
    }

    /// The sets of its replicas.
    pub fn sets(&self) -> impl Iterator<Item = (SetId, &'a ReplicaSet)> + use<'a> {
        let (sets, id) = (&self.state.world.sets, self.id);
        let ids = (0..).map(SetId).zip(sets);
        ids.filter(move |(_, set)| set.service == id)
    }

    /// The rule by which requests come to a set of this service, the `at`-th of them.
    pub fn way(&self, at: usize) -> Option<&'a Way> {
        self.spec.model.ways.get(at)
    }

    /// How fast a replica of a set serves on this model, in parts per million; zero where it does not run.
    pub fn speed_ppm(&self, set: &ReplicaSet, model: ModelId) -> u64 {
        let job = &set.replica;
        let class = &self.state.world.classes[job.class.index()];
        if job.gang.gpu_milli() > 0 && !job.models.allows(model) {
            return 0;
        }
        let rates = &class.course.rates;
        rates.on(job.kind, Some(model), job.gang.gpus(), Reach::Node) / 1000
    }

    /// What came and how it ended, since the beginning.
    pub fn traffic(&self) -> Traffic {
        self.standing.traffic()
    }

    /// When every request of the run comes, past and to come, in order.
    pub fn arriving(&self, _leave: ArrivalsToCome) -> impl Iterator<Item = SimTime> + use<'a> {
        let mut stream = self.spec.requests.open();
        std::iter::from_fn(move || stream.next()).map(|request| request.arrived)
    }

    /// What can be read off all its replicas together.
    pub fn gauge(&self) -> Gauge {
        self.standing.load()
    }

    /// Requests that no replica has taken.
    pub fn waiting(&self) -> u32 {
        self.standing.line()
    }

    /// Replicas, in the order in which they were launched.
    pub fn replicas(&self) -> impl Iterator<Item = ReplicaView<'a>> + use<'a> {
        let (standing, state) = (self.standing, self.state);
        let replicas = standing.replicas.iter();
        replicas.filter_map(move |(id, replica)| {
            let job = seen(state, replica.job)?;
            Some(ReplicaView {
                job,
                set: replica.set,
                leaves: replica.leaves,
                ready: job.works(),
                gauge: standing.load_of(*id),
            })
        })
    }

    /// Whether a job is a replica of this service.
    pub fn has(&self, job: JobId) -> bool {
        let replica = job.replica().map(ReplicaId);
        replica.is_some_and(|replica| self.standing.replicas.contains_key(&replica))
    }
}

fn seen(state: &State, job: JobId) -> Option<JobView<'_>> {
    let live = state.jobs.get(job)?;
    Some(JobView { live, state })
}
