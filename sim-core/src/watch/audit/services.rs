//! The auditor's account of services: replicas come and go as told, and each request ends once, at a replica that works.

use std::collections::BTreeMap;

use super::nodes::Phase;
use super::running::Running;
use super::{Auditor, Rule};
use crate::engine::Stream;
use crate::engine::World;
use crate::model::Seat;
use crate::serve::fluid::Passed;
use crate::serve::{Completion, End, PoolModel, Request, RequestId};
use crate::units::{JobId, ServiceId, SetId, SimTime, Span, convert};

/// A service.
pub(super) struct Account {
    /// Its requests, from the first that nothing was told of on.
    stream: Box<dyn Stream + Send>,
    /// Those before that have not ended.
    open: BTreeMap<RequestId, Request>,
    /// Replicas that live, of which set each is, and whether it is to go.
    replicas: BTreeMap<JobId, (SetId, bool)>,
    /// The last instant at which one was told to have ended, or up to which it has flowed.
    last: SimTime,
    /// Of a service of rates: requests that are left.
    left: f64,
}

impl Account {
    pub(super) fn of(world: &World) -> Vec<Self> {
        let services = world.services.iter();
        let new = |service: &crate::engine::Service| Self {
            stream: service.requests.open(),
            open: BTreeMap::new(),
            replicas: BTreeMap::new(),
            last: SimTime::ZERO,
            left: 0.0,
        };
        services.map(new).collect()
    }
}

impl Clone for Account {
    fn clone(&self) -> Self {
        Self {
            stream: self.stream.fork(),
            open: self.open.clone(),
            replicas: self.replicas.clone(),
            last: self.last,
            left: self.left,
        }
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("replicas", &self.replicas)
            .finish_non_exhaustive()
    }
}

impl Auditor {
    /// A replica is submitted.
    pub(super) fn launched(&mut self, job: JobId, set: SetId) {
        let spec = &self.world.sets[set.index()];
        let (service, most) = (spec.service, spec.max);
        let replicas = &mut self.services[service.index()].replicas;
        replicas.insert(job, (set, false));
        let live = replicas.values().filter(|(of, _)| *of == set).count();
        let live = convert::narrow(live);
        self.demand(live <= most, Rule::Replica, || {
            format!("{live} replicas of a set of at most {most}")
        });
    }

    pub(super) fn retiring(&mut self, job: JobId) {
        let mut replicas = self.services.iter_mut();
        let known = replicas.find_map(|account| account.replicas.get_mut(&job));
        let right = known.map(|(_, goes)| !std::mem::replace(goes, true));
        self.demand(right == Some(true), Rule::Replica, || {
            format!("{job} is to go: {right:?}")
        });
    }

    /// A replica that runs was at work, no longer than it has been ready.
    pub(super) fn worked(&mut self, job: JobId, busy: Span) {
        let row = job.replica().and_then(|number| self.replica_row(number));
        let running = row.and_then(|at| self.jobs[at].running.as_ref());
        let ready = running.filter(|running| running.works <= self.now);
        let ready = ready.map(|running| self.now.since(running.works));
        self.demand(
            ready.is_some_and(|ready| busy <= ready),
            Rule::Replica,
            || format!("{job} was at work for {busy}, and is ready for {ready:?}"),
        );
    }

    /// A replica has ended; if it was let go, it was to go.
    pub(super) fn gone(&mut self, job: JobId, retired: bool) {
        let mut replicas = self.services.iter_mut();
        let goes = replicas.find_map(|account| account.replicas.remove(&job));
        self.demand(
            !retired || goes.is_some_and(|(_, goes)| goes),
            Rule::Replica,
            || format!("{job} is let go: {goes:?}"),
        );
    }

    /// A policy has interrupted a job that ran so: if it was a replica that took requests, enough are left.
    pub(super) fn spared(&mut self, job: JobId, running: &Running) {
        let accounts = self.services.iter().zip(&self.world.services);
        let mut own = accounts.filter(|(account, _)| account.replicas.contains_key(&job));
        let own = own.find_map(|(account, spec)| Some((account, spec.max_unavailable?)));
        let Some((account, most)) = own else {
            return;
        };
        let takes = |running: &Running| {
            let noticed = |seat: &Seat| {
                let phase = self.slots[seat.node.index()].phase;
                matches!(phase, Phase::Noticed { .. })
            };
            running.works <= self.now && !running.seats.iter().any(noticed)
        };
        if account.replicas[&job].1 || !takes(running) {
            return;
        }
        let stay = account.replicas.iter().filter(|(_, (_, goes))| !goes);
        let serves = |job: &JobId| {
            let row = job.replica().and_then(|replica| self.replica_row(replica));
            let running = row.and_then(|row| self.jobs[row].running.as_ref());
            running.is_some_and(takes)
        };
        let without = convert::narrow(stay.filter(|(job, _)| !serves(job)).count());
        self.demand(without <= most, Rule::Replica, || {
            format!("{job} is interrupted, and {without} of at most {most} take no requests")
        });
    }

    /// A stretch of a service of rates has passed. What came is counted from the expectations; what was there or came has gone
    /// or is left.
    pub(super) fn flowed(&mut self, service: ServiceId, passed: &Passed) {
        let (spec, flow) = (&self.world.services[service.index()], &passed.flow);
        let inflow = spec.fluid.as_ref();
        let came = inflow.map_or(f64::NAN, |inflow| {
            inflow.came(passed.to) - inflow.came(passed.from)
        });
        let account = &mut self.services[service.index()];
        let follows = passed.from == account.last && passed.from < passed.to;
        account.last = passed.to;
        let before = std::mem::replace(&mut account.left, flow.backlog);
        let near = |one: f64, other: f64| (one - other).abs() <= 1e-9 * one.abs().max(1.0);
        let balances = near(before + came, flow.served + flow.dropped + flow.backlog);
        let parts = [flow.served, flow.dropped, flow.backlog, flow.steps];
        let sound =
            parts.iter().all(|part| *part >= 0.0) && (0.0..=1.0 + 1e-9).contains(&flow.busy);
        let mut own = self.services[service.index()].replicas.keys();
        let works = own.any(|job| {
            let row = job.replica().and_then(|number| self.replica_row(number));
            let running = row.and_then(|at| self.jobs[at].running.as_ref());
            running.is_some_and(|running| running.works < passed.to)
        });
        let served = works || flow.served == 0.0;
        let right = follows && balances && sound && served && passed.to <= self.now;
        self.demand(right, Rule::Flow, || {
            format!("{passed:?} of {came} where {before} were left; a replica works: {works}")
        });
    }

    pub(super) fn request(&mut self, service: ServiceId, completion: &Completion) {
        let account = &mut self.services[service.index()];
        let (id, at) = (completion.request.id, completion.at());
        while account.open.range(id..).next().is_none() {
            let Some(request) = account.stream.next() else {
                break;
            };
            account.open.insert(request.id, request);
        }
        let known = account.open.remove(&id);
        // An answer from the cache is told of at once, whenever it is there.
        let cached = matches!(completion.end, End::Cached { .. });
        let in_order = cached || (at >= account.last && at <= self.now);
        account.last = if cached { account.last } else { at };
        self.demand(known == Some(completion.request), Rule::Request, || {
            format!("{completion:?} ends, and is {known:?}")
        });
        self.demand(in_order, Rule::Request, || {
            format!("{completion:?} is told out of order")
        });
        if let End::Served { .. } = completion.end {
            self.served(service, completion);
        }
    }

    /// A replica that works has served it, on a way that was open to it.
    fn served(&mut self, service: ServiceId, completion: &Completion) {
        let End::Served {
            by,
            times,
            network,
            quality_ppm,
        } = completion.end
        else {
            return;
        };
        let request = &completion.request;
        let steps = [
            request.arrived,
            times.started,
            times.first_token,
            times.done,
        ];
        self.demand(steps.is_sorted(), Rule::Request, || {
            format!("{completion:?} goes back in time")
        });
        let row = self.replica_row(by.0).map(|at| &self.jobs[at]);
        let works = row.and_then(|row| row.running.as_ref());
        let works = works.is_some_and(|running| running.works <= times.done);
        let replicas = &self.services[service.index()].replicas;
        let set = row.and_then(|row| replicas.get(&row.id));
        let set = set.map(|(set, _)| &self.world.sets[set.index()]);
        let model = &self.world.services[service.index()].model;
        let leads = set.is_some_and(|set| {
            let worth = model.ways[set.way].quality_ppm == quality_ppm;
            worth && networks(model, request, set.way).any(|sum| sum == network)
        });
        self.demand(works && set.is_some(), Rule::Request, || {
            format!("{completion:?} is served by a replica that does not work")
        });
        self.demand(leads, Rule::Request, || {
            format!("{completion:?} is served on a way that does not lead there")
        });
    }
}

/// Time on networks, for each way that takes a request and from which its cascade ends on the last one.
fn networks<'a>(
    model: &'a PoolModel,
    request: &'a Request,
    last: usize,
) -> impl Iterator<Item = Span> + use<'a> {
    let takes = |way: &usize| model.ways[*way].takes(request.class);
    let from = move |first: usize| {
        let (mut at, mut sum) = (first, Span::ZERO);
        loop {
            let way = &model.ways[at];
            sum = sum.saturating_add(way.network_of(request));
            let accepts = |then: &crate::serve::Then| then.accepts((&model.luck, at), request.id);
            match way.then.filter(|then| !accepts(then)) {
                Some(then) => at = then.way,
                None => return (at == last).then_some(sum),
            }
        }
    };
    (0..model.ways.len()).filter(takes).filter_map(from)
}
