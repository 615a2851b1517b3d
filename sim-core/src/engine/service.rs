//! Services: what is asked of them, and what they are served on. Their replicas are jobs like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::model::Job;
use crate::serve::fluid::{FluidPool, Inflow, Passed};
use crate::serve::{Completion, Gauge, Pool, PoolModel, ReplicaId, Request, Serving, Traffic};
use crate::units::{JobId, ServiceId, SetId, SimTime, convert};

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// What comes to it.
    pub requests: Arc<dyn Requests>,
    /// How that is spread over its replicas.
    pub model: PoolModel,
    /// How many of its replicas that are to stay may take no requests for a policy has interrupted one that did.
    pub max_unavailable: Option<u32>,
    /// What comes to it as a rate: then there are no requests one by one, and its sets serve alike.
    pub fluid: Option<Arc<Inflow>>,
}

/// Replicas of a service that are alike.
#[derive(Clone, Debug)]
pub struct ReplicaSet {
    /// Its name.
    pub name: String,
    /// The service.
    pub service: ServiceId,
    /// The place of their way in the list of the service's pool.
    pub way: usize,
    /// How they serve at the unit rate of the course of their class.
    pub serving: Serving,
    /// What each of them is, but for when it comes: it has no end, and a gang that is seated whole.
    pub replica: Job,
    /// How many are launched at time zero.
    pub initial: u32,
    /// Most of them that may live at a time.
    pub max: u32,
}

/// Where requests come from.
pub trait Requests: fmt::Debug + Send + Sync {
    /// All of them from the first one on, in order of arrival: the same at each opening.
    fn open(&self) -> Box<dyn Stream + Send>;
}

/// Requests in order of arrival, numbered from zero.
pub trait Stream {
    /// The next one.
    fn next(&mut self) -> Option<Request>;
    /// An exact copy: both go on alike.
    fn fork(&self) -> Box<dyn Stream + Send>;
}

/// A list of requests, in order of arrival and numbered from zero.
#[derive(Clone, Debug)]
pub struct Listed(pub Arc<[Request]>);

impl Requests for Listed {
    fn open(&self) -> Box<dyn Stream + Send> {
        Box::new(Reading {
            all: self.0.clone(),
            next: 0,
        })
    }
}

struct Reading {
    all: Arc<[Request]>,
    next: usize,
}

impl Stream for Reading {
    fn next(&mut self) -> Option<Request> {
        let request = self.all.get(self.next).copied();
        self.next += 1;
        request
    }

    fn fork(&self) -> Box<dyn Stream + Send> {
        Box::new(Self {
            all: self.all.clone(),
            next: self.next,
        })
    }
}

/// A replica that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replica {
    pub(crate) job: JobId,
    pub(crate) set: SetId,
    /// Whether it is to go.
    pub(crate) leaves: bool,
    /// How fast it serves or will when it does, in parts per million; zero before it was started.
    pub(crate) speed_ppm: u64,
}

/// A service as it stands.
///
/// Time is told to its pool only where something is to be seen of it or done to it: what becomes of requests does not depend on
/// how often that is. At an instant, replicas that are ready come first, and requests after all else.
pub(crate) struct ServiceState {
    pool: Pool,
    /// In place of the pool, which stays empty, and of the stream, which is not read.
    fluid: Option<Box<FluidPool>>,
    stream: Box<dyn Stream + Send>,
    next: Option<Request>,
    pub(crate) replicas: BTreeMap<ReplicaId, Replica>,
    /// Replicas that were started, by when they work: they take requests from then on.
    coming: BTreeSet<(SimTime, ReplicaId)>,
    /// Of those, whoever is to take no requests.
    shut: BTreeSet<ReplicaId>,
    /// By set: replicas that a plan has launched, and that are not there yet.
    launching: BTreeMap<SetId, u32>,
    /// When it wants to be looked at, by itself.
    pub(crate) call: Option<SimTime>,
}

impl ServiceState {
    /// Before anything has come.
    pub(crate) fn new(id: ServiceId, service: &Service, sets: &[ReplicaSet]) -> Self {
        let mut stream = service.requests.open();
        let fluid = fluid(id, service, sets);
        Self {
            pool: Pool::new(service.model.clone()),
            next: if fluid.is_none() { stream.next() } else { None },
            fluid,
            stream,
            replicas: BTreeMap::new(),
            coming: BTreeSet::new(),
            shut: BTreeSet::new(),
            launching: BTreeMap::new(),
            call: None,
        }
    }

    /// Goes on to `now`, with all that came before it.
    pub(crate) fn reach(
        &mut self,
        now: SimTime,
        sets: &[ReplicaSet],
        sink: &mut impl FnMut(Completion),
    ) {
        loop {
            let ready = self.coming.first().map(|(at, _)| *at);
            let ready = ready.filter(|at| *at <= now);
            let asked = self.next.map(|request| request.arrived);
            let asked = asked.filter(|at| *at < now);
            match (ready, asked) {
                (Some(ready), asked) if asked.is_none_or(|asked| ready <= asked) => {
                    self.join(sets, sink);
                }
                (_, Some(_)) => self.take(sink),
                (Some(_) | None, None) => break,
            }
        }
        self.pool.advance(now, sink);
        if let Some(fluid) = &mut self.fluid {
            fluid.advance(now);
        }
    }

    /// Takes a request that comes now and that nobody can serve, if there is one.
    pub(crate) fn take_deserted(&mut self, now: SimTime, sink: &mut impl FnMut(Completion)) {
        if let Some(fluid) = &mut self.fluid {
            fluid.look();
        }
        let comes = self.next.is_some_and(|request| request.arrived == now);
        if comes && self.is_deserted() {
            self.take(sink);
        }
    }

    /// The first of those that are ready.
    fn join(&mut self, sets: &[ReplicaSet], sink: &mut impl FnMut(Completion)) {
        let Some((at, id)) = self.coming.pop_first() else {
            return;
        };
        let Replica { set, speed_ppm, .. } = self.replicas[&id];
        if let Some(fluid) = &mut self.fluid {
            fluid.add(at, id, speed_ppm);
            if self.shut.remove(&id) {
                fluid.drain(id);
            }
            return;
        }
        let set = &sets[set.index()];
        let station = set.serving.station(speed_ppm);
        self.pool.add(at, (id, set.way), station, sink);
        if self.shut.remove(&id) {
            self.pool.drain(id);
        }
    }

    fn take(&mut self, sink: &mut impl FnMut(Completion)) {
        if let Some(request) = self.next {
            self.pool.arrive(request.arrived, request, sink);
            self.next = self.stream.next();
        }
    }

    /// A replica was started, and takes requests from when it works on.
    pub(crate) fn start(&mut self, id: ReplicaId, works: SimTime, speed_ppm: u64) {
        self.coming.insert((works, id));
        let replica = self.replicas.get_mut(&id);
        replica.expect("it lives").speed_ppm = speed_ppm;
    }

    /// A replica that was started goes at this speed from now on, to which the service was brought.
    pub(crate) fn go_at(&mut self, id: ReplicaId, speed_ppm: u64) {
        let replica = self.replicas.get_mut(&id);
        replica.expect("it lives").speed_ppm = speed_ppm;
        match &mut self.fluid {
            Some(fluid) => fluid.go_at(id, speed_ppm),
            None => self.pool.go_at(id, speed_ppm),
        };
    }

    /// A replica takes no more requests.
    pub(crate) fn shut(&mut self, id: ReplicaId) {
        let there = match &mut self.fluid {
            Some(fluid) => fluid.drain(id),
            None => self.pool.drain(id),
        };
        if !there {
            self.shut.insert(id);
        }
    }

    /// A replica stops at `now`, to which the service was brought; whoever is inside begins anew.
    pub(crate) fn stop(&mut self, id: ReplicaId, now: SimTime, sink: &mut impl FnMut(Completion)) {
        let comes = self.coming.iter().find(|(_, coming)| *coming == id);
        self.shut.remove(&id);
        match comes.copied() {
            Some(key) => {
                self.coming.remove(&key);
            }
            None => match &mut self.fluid {
                Some(fluid) => fluid.lose(now, id),
                None => self.pool.lose(now, id, sink),
            },
        }
    }

    /// What has flowed since this was last asked, up to `now` where a stretch is to end there.
    pub(crate) fn take_passed(&mut self, cut: Option<SimTime>) -> Vec<Passed> {
        let Some(fluid) = &mut self.fluid else {
            return Vec::new();
        };
        if let Some(now) = cut {
            fluid.cut(now);
        }
        fluid.take_passed()
    }

    /// Counts since the beginning.
    pub(crate) fn traffic(&self) -> Traffic {
        match &self.fluid {
            Some(fluid) => fluid.traffic(),
            None => self.pool.traffic(),
        }
    }

    /// What can be read off all replicas together now, lines included.
    pub(crate) fn load(&self) -> Gauge {
        match &self.fluid {
            Some(fluid) => fluid.load(),
            None => self.pool.load(),
        }
    }

    /// Whether a replica takes requests.
    pub(crate) fn takes(&self, id: ReplicaId) -> bool {
        match &self.fluid {
            Some(fluid) => fluid.takes(id),
            None => self.pool.takes(id) == Some(true),
        }
    }

    /// What can be read off a replica now.
    pub(crate) fn load_of(&self, id: ReplicaId) -> Option<Gauge> {
        match &self.fluid {
            Some(fluid) => fluid.load_of(id),
            None => self.pool.load_of(id),
        }
    }

    /// Requests that no replica has taken.
    pub(crate) fn line(&self) -> u32 {
        match &self.fluid {
            Some(fluid) => fluid.line(),
            None => convert::narrow(self.pool.line()),
        }
    }

    /// Replicas of a set that live.
    pub(crate) fn count(&self, set: SetId) -> u32 {
        let live = self.replicas.values().filter(|replica| replica.set == set);
        convert::narrow(live.count())
    }

    /// Replicas of a set that are to come.
    pub(crate) fn launching(&self, set: SetId) -> u32 {
        self.launching.get(&set).copied().unwrap_or(0)
    }

    pub(crate) fn launch(&mut self, set: SetId, count: u32) {
        *self.launching.entry(set).or_default() += count;
    }

    /// How many of a set were launched: they are there.
    pub(crate) fn launched(&mut self, set: SetId) -> u32 {
        self.launching.remove(&set).unwrap_or(0)
    }

    /// Whether it has no replica, and none was launched.
    pub(crate) fn is_deserted(&self) -> bool {
        self.replicas.is_empty() && self.launching.is_empty()
    }

    /// Whether nobody is inside a replica.
    pub(crate) fn is_idle(&self, id: ReplicaId) -> bool {
        self.pool.outstanding(id).unwrap_or(0) == 0
    }

    /// When it wants to be looked at next: where a replica that is to go may be idle, and where somebody comes whom nobody can
    /// serve.
    pub(crate) fn wants(&self, now: SimTime) -> Option<SimTime> {
        let leaving = self.replicas.iter().filter(|(_, replica)| replica.leaves);
        let idle = leaving.map(|(id, _)| {
            let busy = self.pool.next_of(*id).filter(|_| !self.is_idle(*id));
            busy.unwrap_or(now).max(now)
        });
        let comes = self.next.filter(|_| self.is_deserted());
        let comes = comes.map(|request| request.arrived);
        let fluid = self.fluid.as_ref().filter(|_| self.is_deserted());
        let left = fluid.and_then(|fluid| fluid.calls());
        idle.chain(comes).chain(left.map(|at| at.max(now))).min()
    }
}

/// The replicas of a service that is one of rates.
fn fluid(id: ServiceId, service: &Service, sets: &[ReplicaSet]) -> Option<Box<FluidPool>> {
    let inflow = service.fluid.as_ref()?;
    let mut own = sets.iter().filter(|set| set.service == id);
    let serving = &own
        .next()
        .expect("a service is served on something")
        .serving;
    assert!(
        own.all(|set| set.serving == *serving),
        "sets of a fluid service serve alike"
    );
    Some(Box::new(FluidPool::new(inflow, &service.model, serving)))
}

impl Clone for ServiceState {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            fluid: self.fluid.clone(),
            stream: self.stream.fork(),
            next: self.next,
            replicas: self.replicas.clone(),
            coming: self.coming.clone(),
            shut: self.shut.clone(),
            launching: self.launching.clone(),
            call: self.call,
        }
    }
}

impl fmt::Debug for ServiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceState")
            .field("replicas", &self.replicas)
            .field("launching", &self.launching)
            .finish_non_exhaustive()
    }
}
