//! Replicas that do the same of a request, and the lanes before them.

use std::collections::BTreeSet;

use super::lanes::{Lanes, order};
use crate::serve::request::{Refusal, ReplicaId, Request, Served, Task};
use crate::serve::router::{Candidate, Router};
use crate::serve::station::{Gauge, Station};
use crate::units::{SimTime, convert};

/// Replicas that do the same, in the order of their numbers, and who waits for one of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    router: Router,
    /// What the router sees of each replica.
    candidates: Vec<Candidate>,
    replicas: Vec<Replica>,
    /// When which replica next changes.
    due: BTreeSet<(SimTime, ReplicaId)>,
    lanes: Lanes,
}

#[derive(Clone, Debug, PartialEq)]
struct Replica {
    station: Station,
    due: Option<SimTime>,
    drains: bool,
}

impl Group {
    pub(super) const fn new(router: Router, lanes: Lanes) -> Self {
        Self {
            router,
            candidates: Vec::new(),
            replicas: Vec::new(),
            due: BTreeSet::new(),
            lanes,
        }
    }

    /// Panics on a number that is taken.
    pub(super) fn add(&mut self, (replica, way): (ReplicaId, usize), station: Station) {
        let at = self.candidates.partition_point(|one| one.replica < replica);
        let taken = self
            .candidates
            .get(at)
            .is_some_and(|one| one.replica == replica);
        assert!(!taken, "a replica has its number for itself");
        let candidate = Candidate {
            replica,
            way,
            outstanding: 0,
            room: false,
        };
        self.candidates.insert(at, candidate);
        let drains = false;
        let due = None;
        self.replicas.insert(
            at,
            Replica {
                station,
                due,
                drains,
            },
        );
        self.lanes.standing_mut(way).rises();
        self.refresh(at);
    }

    /// From `now` on it takes nobody; false if there is none of that number.
    pub(super) fn drain(&mut self, replica: ReplicaId, now: SimTime) -> bool {
        let Some(at) = self.place(replica) else {
            return false;
        };
        if !std::mem::replace(&mut self.replicas[at].drains, true) {
            self.lanes.standing_mut(self.candidates[at].way).falls(now);
        }
        self.refresh(at);
        true
    }

    /// Whatever it begins after `now` goes at this speed; false if there is none of that number.
    pub(super) fn go_at(&mut self, replica: ReplicaId, now: SimTime, speed_ppm: u64) -> bool {
        let Some(at) = self.place(replica) else {
            return false;
        };
        self.replicas[at].station.go_at(now, speed_ppm);
        self.refresh(at);
        true
    }

    /// Takes it out at `now`, with all that were inside.
    pub(super) fn remove(&mut self, replica: ReplicaId, now: SimTime) -> Option<Vec<Task>> {
        // Whoever is out takes nobody, and has no room.
        self.drain(replica, now);
        let at = self.place(replica)?;
        self.candidates.remove(at);
        let gone = self.replicas.remove(at);
        if let Some(due) = gone.due {
            self.due.remove(&(due, replica));
        }
        Some(gone.station.drop_all())
    }

    pub(super) fn next(&self) -> Option<SimTime> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Goes on to `at`, replica by replica.
    pub(super) fn advance(&mut self, at: SimTime, sink: &mut impl FnMut(&Candidate, Served)) {
        while let Some((_, replica)) = self.due.first().filter(|(due, _)| *due <= at) {
            let replica = *replica;
            let place = self.place(replica).expect("it is there until removed");
            let (station, by) = (&mut self.replicas[place].station, &self.candidates[place]);
            station.advance(at, &mut |served| sink(by, served));
            self.refresh(place);
        }
    }

    /// Sends on whoever finds room, first come, first served; `refused` is told of those that are too long.
    pub(super) fn dispatch(&mut self, now: SimTime, refused: &mut impl FnMut(Request)) {
        let mut last = None;
        while let Some((lane, task)) = self.lanes.after(last) {
            last = Some(order(&task));
            let open = self.lanes.open(lane, now);
            let Some(at) = self.router.choose(&task.request, &self.candidates, open) else {
                continue;
            };
            // It may be amid something that began before and is not seen from outside.
            let station = &mut self.replicas[at].station;
            match station.offer(now, task) {
                Ok(()) => self.refresh(at),
                Err(Refusal::TooLong) => refused(task.request),
                Err(Refusal::Full) => unreachable!("the router was told who has room"),
            }
            self.lanes.pop(lane);
        }
    }

    pub(super) const fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    pub(super) const fn lanes_mut(&mut self) -> &mut Lanes {
        &mut self.lanes
    }

    /// Whether a replica takes requests.
    pub(super) fn takes(&self, replica: ReplicaId) -> Option<bool> {
        self.place(replica).map(|at| !self.replicas[at].drains)
    }

    /// Tasks inside a replica.
    pub(super) fn outstanding(&self, replica: ReplicaId) -> Option<u32> {
        self.place(replica)
            .map(|at| self.candidates[at].outstanding)
    }

    /// When a replica next changes by itself.
    pub(super) fn next_of(&self, replica: ReplicaId) -> Option<SimTime> {
        self.place(replica).and_then(|at| self.replicas[at].due)
    }

    pub(super) fn load_of(&self, replica: ReplicaId, now: SimTime) -> Option<Gauge> {
        self.place(replica)
            .map(|at| self.replicas[at].station.load(now))
    }

    /// All replicas together, and who waits for one.
    pub(super) fn load(&self, now: SimTime) -> Gauge {
        let gauges = self.replicas.iter().map(|one| one.station.load(now));
        let mut all = gauges.fold(Gauge::default(), Gauge::and);
        all.waiting += convert::narrow(self.lanes.len());
        all
    }

    pub(super) fn place(&self, replica: ReplicaId) -> Option<usize> {
        let found = self
            .candidates
            .binary_search_by_key(&replica, |one| one.replica);
        found.ok()
    }

    /// Looks again at what is seen of the replica in this place.
    fn refresh(&mut self, at: usize) {
        let (candidate, replica) = (&mut self.candidates[at], &mut self.replicas[at]);
        candidate.outstanding = replica.station.outstanding();
        let room = !replica.drains && replica.station.has_room();
        if room != candidate.room {
            candidate.room = room;
            self.lanes.standing_mut(candidate.way).turns(room);
        }
        let next = replica.station.next();
        if next == replica.due {
            return;
        }
        if let Some(due) = replica.due {
            self.due.remove(&(due, candidate.replica));
        }
        if let Some(due) = next {
            self.due.insert((due, candidate.replica));
        }
        replica.due = next;
    }
}
