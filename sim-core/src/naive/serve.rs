//! Services, as the design tells it: brought on at every instant at which anything happens, where the engine does so only
//! where somebody looks.

use super::{Naive, Next};
use crate::serve::fluid::FluidPool;
use crate::serve::{Completion, Pool, ReplicaId, Request};
use crate::units::{JobId, NodeId, ServiceId, SetId, SimTime, convert, limits};
use crate::watch::{Fact, Outcome};
use crate::{engine, engine::Stream};

/// A service.
pub(super) struct Service {
    pool: Pool,
    /// In place of the pool, where there are rates in place of requests.
    fluid: Option<FluidPool>,
    stream: Box<dyn Stream + Send>,
    next: Option<Request>,
    /// Replicas that were started and do not take requests yet: from when on they do, and whether they shall not.
    coming: Vec<(SimTime, usize, bool)>,
    /// What ended and was not told yet.
    ended: Vec<Completion>,
}

impl Service {
    /// The service at this place of a world.
    pub(super) fn new(world: &engine::World, at: usize) -> Self {
        let spec = &world.services[at];
        let mut stream = spec.requests.open();
        let fluid = spec.fluid.as_ref().map(|inflow| {
            let set = world.sets.iter().find(|set| set.service.index() == at);
            FluidPool::new(inflow, &spec.model, &set.expect("a set").serving)
        });
        Self {
            pool: Pool::new(spec.model.clone()),
            next: stream.next().filter(|_| fluid.is_none()),
            fluid,
            stream,
            coming: Vec::new(),
            ended: Vec::new(),
        }
    }
}

/// The number of a replica.
fn number(job: JobId) -> ReplicaId {
    ReplicaId(job.replica().expect("a replica"))
}

impl Naive<'_> {
    /// Brings every service to `now`: of an instant replicas that are ready come first, and requests after all else, so that
    /// those of `now` do not count yet.
    pub(super) fn serve(&mut self) {
        for at in 0..self.services.len() {
            self.serve_before(at);
        }
    }

    fn serve_before(&mut self, at: usize) {
        loop {
            let service = &self.services[at];
            let ready = service.coming.iter().map(|(when, ..)| *when).min();
            let asked = service.next.map(|request| request.arrived);
            let ready = ready.filter(|when| *when <= self.now);
            let asked = asked.filter(|when| *when < self.now);
            if ready.is_some() && (asked.is_none() || ready <= asked) {
                self.join(at);
                continue;
            }
            if asked.is_none() {
                break;
            }
            self.take_request(at);
        }
        let service = &mut self.services[at];
        let ended = &mut service.ended;
        service.pool.advance(self.now, &mut |end| ended.push(end));
        if let Some(fluid) = &mut service.fluid {
            fluid.advance(self.now);
        }
    }

    /// What flows ends with the run.
    pub(super) fn cut_flows(&mut self) {
        for at in 0..self.services.len() {
            if let Some(fluid) = &mut self.services[at].fluid {
                fluid.cut(self.now);
            }
            self.tell_ended(at);
        }
    }

    fn take_request(&mut self, at: usize) {
        let service = &mut self.services[at];
        let (pool, ended) = (&mut service.pool, &mut service.ended);
        let request = service.next.take().expect("it is asked");
        pool.arrive(request.arrived, request, &mut |end| ended.push(end));
        service.next = service.stream.next();
    }

    /// The first replica that is ready takes requests from now on.
    fn join(&mut self, at: usize) {
        let key = |coming: &(SimTime, usize, bool)| (coming.0, number(self.rows[coming.1].id));
        let first = self.services[at].coming.iter().map(key).min();
        let same = |coming: &(SimTime, usize, bool)| Some(key(coming)) == first;
        let position = self.services[at].coming.iter().position(same);
        let position = position.expect("one is ready");
        let (when, row, shut) = self.services[at].coming.remove(position);
        let (id, set) = (number(self.rows[row].id), self.rows[row].set);
        let set = &self.world.sets[set.expect("a replica").index()];
        let speed_ppm = self.rows[row].speed_ppm;
        let service = &mut self.services[at];
        if let Some(fluid) = &mut service.fluid {
            fluid.add(when, id, speed_ppm);
            if shut {
                fluid.drain(id);
            }
            return;
        }
        let ended = &mut service.ended;
        let station = set.serving.station(speed_ppm);
        service
            .pool
            .add(when, (id, set.way), station, &mut |end| ended.push(end));
        if shut {
            service.pool.drain(id);
        }
    }

    /// Tells what ended, for somebody looks.
    pub(super) fn pass_services(&mut self) {
        for at in 0..self.services.len() {
            self.pass(at);
        }
    }

    fn pass(&mut self, at: usize) {
        self.serve_before(at);
        self.tell_ended(at);
    }

    fn tell_ended(&mut self, at: usize) {
        let service = ServiceId(u16::try_from(at).expect("few"));
        for completion in std::mem::take(&mut self.services[at].ended) {
            self.tell(&Fact::Request {
                service,
                completion: &completion,
            });
        }
        let fluid = self.services[at].fluid.as_mut();
        for passed in fluid.map_or(Vec::new(), FluidPool::take_passed) {
            let passed = &passed;
            self.tell(&Fact::Flow { service, passed });
        }
    }

    /// Where the service of a replica stands; none for any other job.
    fn service_of(&self, row: usize) -> Option<usize> {
        let set = self.rows[row].set?;
        Some(self.world.sets[set.index()].service.index())
    }

    /// A replica was started.
    pub(super) fn start_replica(&mut self, row: usize) {
        if let Some(at) = self.service_of(row) {
            self.pass(at);
            let (works, shut) = (self.rows[row].works, self.rows[row].leaves);
            self.services[at].coming.push((works, row, shut));
            self.rows[row].speed_ppm = self.speed_of(row);
        }
    }

    /// How fast a replica is to serve in its seats, in parts per million.
    fn speed_of(&self, row: usize) -> u64 {
        (self.rows[row].on.rate_ppb / 1000).max(1)
    }

    /// Every replica whose neighbours leave it another speed serves on at that.
    pub(super) fn turn_replicas(&mut self) {
        for at in 0..self.services.len() {
            for row in self.living(at) {
                let (one, speed_ppm) = (&self.rows[row], self.speed_of(row));
                if one.seats.is_empty() || one.speed_ppm == speed_ppm {
                    continue;
                }
                self.pass(at);
                self.rows[row].speed_ppm = speed_ppm;
                let (id, service) = (number(self.rows[row].id), &mut self.services[at]);
                match &mut service.fluid {
                    Some(fluid) => fluid.go_at(id, speed_ppm),
                    None => service.pool.go_at(id, speed_ppm),
                };
            }
        }
    }

    /// A replica stops: whoever is inside begins anew.
    pub(super) fn lose_replica(&mut self, row: usize) {
        let Some(at) = self.service_of(row) else {
            return;
        };
        self.pass(at);
        self.tell_work(row);
        let service = &mut self.services[at];
        let before = service.coming.len();
        service.coming.retain(|(_, coming, _)| *coming != row);
        if service.coming.len() == before {
            let ended = &mut service.ended;
            let id = number(self.rows[row].id);
            match &mut service.fluid {
                Some(fluid) => fluid.lose(self.now, id),
                None => service.pool.lose(self.now, id, &mut |end| ended.push(end)),
            }
        }
        self.tell_ended(at);
    }

    /// Tells for how long a replica was at work.
    pub(super) fn tell_work(&mut self, row: usize) {
        let Some(at) = self.service_of(row) else {
            return;
        };
        let (job, service) = (self.rows[row].id, &self.services[at]);
        let gauge = match &service.fluid {
            Some(fluid) => fluid.load_of(number(job)),
            None => service.pool.load_of(number(job)),
        };
        let set = self.rows[row].set.expect("it is of one");
        if let Some(gauge) = gauge {
            let busy = self.world.sets[set.index()].serving.work(&gauge);
            self.tell(&Fact::Worked { job, busy });
        }
    }

    /// Replicas on a node that will be taken away take no more requests.
    pub(super) fn warn_replicas(&mut self, node: NodeId) {
        for at in 0..self.services.len() {
            let on = |row: &usize| {
                self.service_of(*row) == Some(at)
                    && self.rows[*row].seats.iter().any(|seat| seat.node == node)
            };
            let there: Vec<usize> = (0..self.rows.len()).filter(on).collect();
            if there.is_empty() {
                continue;
            }
            self.pass(at);
            for row in there {
                self.shut(at, row);
            }
        }
    }

    fn shut(&mut self, at: usize, row: usize) {
        let id = number(self.rows[row].id);
        let service = &mut self.services[at];
        service.pool.drain(id);
        if let Some(fluid) = &mut service.fluid {
            fluid.drain(id);
        }
        for coming in &mut service.coming {
            coming.2 |= coming.1 == row;
        }
    }

    pub(super) fn decide_launch(&mut self, set: SetId, count: u32) -> Result<(), &'static str> {
        let spec = self
            .world
            .sets
            .get(set.index())
            .ok_or("there is such a set")?;
        let live = self.rows.iter();
        let live = live
            .filter(|row| row.set == Some(set) && !row.ended)
            .count();
        let after = convert::narrow(live) + self.launching[set.index()] + count;
        if count == 0 || after > spec.max {
            return Err("a set has at most so many replicas");
        }
        self.launching[set.index()] += count;
        Ok(())
    }

    pub(super) fn launched(&mut self, set: usize) {
        for _ in 0..std::mem::take(&mut self.launching[set]) {
            let replicas = self.rows.iter().filter(|row| row.set.is_some()).count();
            let ordinal = limits::FIRST_REPLICA + convert::narrow(replicas);
            let mut job = self.world.sets[set].replica.clone();
            job.arrival = self.now;
            let id = SetId(u16::try_from(set).expect("few"));
            self.submit(ordinal, &job, Some(id));
        }
    }

    pub(super) fn decide_retire(&mut self, job: JobId) -> Result<(), &'static str> {
        let row = self.live(job)?;
        let at = self.service_of(row).ok_or("only replicas are retired")?;
        if self.rows[row].leaves {
            return Err("a replica is retired once");
        }
        self.pass(at);
        self.shut(at, row);
        self.rows[row].leaves = true;
        self.tell(&Fact::Retiring { job });
        Ok(())
    }

    /// Whether no more replicas of a service take no requests than may, if this one takes none any more.
    pub(super) fn can_spare(&self, row: usize) -> bool {
        let Some(at) = self.service_of(row) else {
            return true;
        };
        let service = &self.services[at];
        let takes = |id: ReplicaId| match &service.fluid {
            Some(fluid) => fluid.takes(id),
            None => service.pool.takes(id) == Some(true),
        };
        let serves = |row: &usize| {
            let row = &self.rows[*row];
            !row.leaves && takes(number(row.id))
        };
        let stay = self.living(at).into_iter();
        let stay = stay.filter(|row| !self.rows[*row].leaves);
        let without = convert::narrow(stay.filter(|row| !serves(row)).count());
        let most = self.world.services[at].max_unavailable;
        !serves(&row) || most.is_none_or(|most| without < most)
    }

    /// When services want to be looked at, and when replicas are to come.
    pub(super) fn calls(&self, all: &mut Vec<(SimTime, Next)>) {
        for (set, count) in self.launching.iter().enumerate() {
            if *count > 0 {
                all.push((self.now, Next::Launch(set)));
            }
        }
        for (at, service) in self.services.iter().enumerate() {
            let leaving = self.living(at).into_iter();
            for row in leaving.filter(|row| self.rows[*row].leaves) {
                let id = number(self.rows[row].id);
                let busy = service.pool.next_of(id);
                let busy = busy.filter(|_| !self.is_idle(at, row));
                let when = busy.unwrap_or(self.now).max(self.now);
                all.push((when, Next::Call(at)));
            }
            if self.is_deserted(at) {
                let next = service.next.map(|request| request.arrived);
                all.extend(next.map(|when| (when, Next::Call(at))));
                let left = service.fluid.as_ref().and_then(FluidPool::calls);
                all.extend(left.map(|when| (when.max(self.now), Next::Call(at))));
            }
        }
    }

    fn is_idle(&self, at: usize, row: usize) -> bool {
        let id = number(self.rows[row].id);
        self.services[at].pool.outstanding(id).unwrap_or(0) == 0
    }

    /// A service is looked at: who is to go and has nothing left to do ends.
    pub(super) fn call(&mut self, at: usize) {
        self.pass(at);
        let goes = |row: &usize| self.rows[*row].leaves && self.is_idle(at, *row);
        let idle: Vec<usize> = self.living(at).into_iter().filter(goes).collect();
        for row in idle {
            self.end(row, Outcome::Retired);
        }
        if self.is_deserted(at) {
            let next = self.services[at].next;
            if next.is_some_and(|request| request.arrived == self.now) {
                self.take_request(at);
                self.tell_ended(at);
            }
        }
        let service = &mut self.services[at];
        let mut line = service.pool.line();
        if let Some(fluid) = &mut service.fluid {
            fluid.look();
            line = convert::index(fluid.line());
        }
        if self.is_deserted(at) && line > 0 {
            self.happened = self.happened | engine::Wakes::DEMAND;
        }
    }

    /// Replicas of a service that have not ended.
    fn living(&self, at: usize) -> Vec<usize> {
        let mine = |row: &usize| self.service_of(*row) == Some(at) && !self.rows[*row].ended;
        (0..self.rows.len()).filter(mine).collect()
    }

    /// Whether it has no replica, and none was launched.
    fn is_deserted(&self, at: usize) -> bool {
        let mut sets = self.world.sets.iter().zip(&self.launching);
        let launched = sets.any(|(set, count)| set.service.index() == at && *count > 0);
        self.living(at).is_empty() && !launched
    }
}
