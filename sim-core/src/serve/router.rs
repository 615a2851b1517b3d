//! Which replica a request goes to.

use super::request::{Luck, ReplicaId, Request};
use super::{Lru, WaySet};
use crate::units::convert;

/// How requests are spread over replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// One after the other, in the order of their numbers.
    RoundRobin,
    /// To whoever has fewest requests inside.
    LeastOutstanding,
    /// To the one of two, drawn by the request's number, that has fewer inside (Mitzenmacher, IEEE TPDS 12, 2001).
    PowerOfTwo,
    /// To the replica that served the session last, while it is there and has room; else, and without a session, to whoever
    /// has fewest inside. So many sessions are remembered.
    Session(u32),
}

/// A router at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Router {
    routing: Routing,
    luck: Luck,
    /// Whom the last request went to.
    last: Option<ReplicaId>,
    sessions: Lru<ReplicaId>,
}

/// A replica that takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which one.
    pub replica: ReplicaId,
    /// The place of its way in the pool's list.
    pub way: usize,
    /// Requests inside.
    pub outstanding: u32,
    /// Whether it takes another.
    pub room: bool,
}

impl Router {
    /// A router that has seen nothing.
    pub fn new(routing: Routing, luck: Luck) -> Self {
        let sessions = match routing {
            Routing::Session(remembered) => convert::index(remembered),
            Routing::RoundRobin | Routing::LeastOutstanding | Routing::PowerOfTwo => 0,
        };
        Self {
            routing,
            luck,
            last: None,
            sessions: Lru::new(sessions),
        }
    }

    /// The place of the one that `request` goes to among candidates in the order of their numbers, if only these ways are open
    /// to it; `None` where nobody has room.
    pub fn choose(
        &mut self,
        request: &Request,
        candidates: &[Candidate],
        open: WaySet,
    ) -> Option<usize> {
        let at = match self.routing {
            Routing::RoundRobin => self.next(candidates, open),
            Routing::LeastOutstanding => least(candidates, open),
            Routing::PowerOfTwo => self.of_two(request, candidates, open),
            Routing::Session(_) => {
                let same = self.same(request, candidates, open);
                same.or_else(|| least(candidates, open))
            }
        }?;
        let chosen = candidates[at].replica;
        self.last = Some(chosen);
        if let Some(session) = request.session {
            self.sessions.insert(session, chosen);
        }
        Some(at)
    }

    /// The next with room after the last one, round and round.
    fn next(&self, candidates: &[Candidate], open: WaySet) -> Option<usize> {
        let after = candidates.partition_point(|one| Some(one.replica) <= self.last);
        let with_room = |at: &usize| candidates[*at].takes(open);
        (after..candidates.len())
            .find(with_room)
            .or_else(|| (0..after).find(with_room))
    }

    fn of_two(&self, request: &Request, candidates: &[Candidate], open: WaySet) -> Option<usize> {
        let able = candidates.iter().enumerate();
        let able = able.filter(|(_, one)| one.takes(open));
        let count = convert::wide(able.clone().count());
        if count <= 2 {
            return least(candidates, open);
        }
        let mut luck = self.luck.stream("router", request.id);
        let first = luck.below(count);
        // Of the others, each as likely.
        let second = (first + 1 + luck.below(count - 1)) % count;
        let place = |nth: u64| {
            let nth = usize::try_from(nth).expect("a place among candidates");
            able.clone().nth(nth).map(|(at, _)| at)
        };
        let (low, high) = (place(first.min(second))?, place(first.max(second))?);
        let shorter = candidates[high].outstanding < candidates[low].outstanding;
        Some(if shorter { high } else { low })
    }

    /// The one that the session was with, if it takes another.
    fn same(&self, request: &Request, candidates: &[Candidate], open: WaySet) -> Option<usize> {
        let replica = self.sessions.peek(request.session?)?;
        let at = candidates.binary_search_by_key(&replica, |one| one.replica);
        at.ok().filter(|at| candidates[*at].takes(open))
    }
}

impl Candidate {
    /// Whether it takes a request to which these ways are open.
    const fn takes(&self, open: WaySet) -> bool {
        self.room && open.has(self.way)
    }
}

/// The first of those with fewest inside.
fn least(candidates: &[Candidate], open: WaySet) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (at, one) in candidates.iter().enumerate() {
        let shorter = |best: usize| one.outstanding < candidates[best].outstanding;
        if one.takes(open) && best.is_none_or(shorter) {
            best = Some(at);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::{Counts, RequestId};
    use crate::units::{ClassId, SimTime};

    fn request(id: u64, session: Option<u64>) -> Request {
        Request {
            id: RequestId(id),
            class: ClassId(0),
            arrived: SimTime::ZERO,
            counts: Counts::default(),
            session,
            content: None,
        }
    }

    fn replicas(of: &[(u32, u32, bool)]) -> Vec<Candidate> {
        let candidate = |&(id, outstanding, room): &(u32, u32, bool)| Candidate {
            replica: ReplicaId(id),
            way: 0,
            outstanding,
            room,
        };
        of.iter().map(candidate).collect()
    }

    fn router(routing: Routing) -> Router {
        let service = "test".into();
        Router::new(routing, Luck { seed: 1, service })
    }

    #[test]
    fn round_robin_goes_round_and_passes_over_the_full_and_the_gone() {
        let mut router = router(Routing::RoundRobin);
        let mut turn = |of: &[(u32, u32, bool)]| {
            let replicas = replicas(of);
            let at = router.choose(&request(0, None), &replicas, WaySet::ALL);
            at.map(|at| replicas[at].replica.0)
        };
        let all = [(2, 9, true), (5, 0, true), (7, 0, true)];
        let turns = [turn(&all), turn(&all), turn(&all), turn(&all)];
        assert_eq!(turns, [Some(2), Some(5), Some(7), Some(2)]);
        assert_eq!(turn(&[(2, 0, true), (5, 0, false), (7, 0, true)]), Some(7));
        assert_eq!(turn(&[(2, 0, true), (5, 0, true)]), Some(2));
        assert_eq!(turn(&[(3, 0, true), (9, 0, true)]), Some(3));
        assert_eq!(turn(&[(3, 0, false)]), None);
        assert_eq!(turn(&[]), None);
    }

    #[test]
    fn fewest_inside_goes_first_and_ties_to_the_lower_number() {
        let mut router = router(Routing::LeastOutstanding);
        let replicas = replicas(&[(1, 3, true), (2, 0, false), (3, 1, true), (4, 1, true)]);
        assert_eq!(
            router.choose(&request(0, None), &replicas, WaySet::ALL),
            Some(2)
        );
    }

    #[test]
    fn of_two_drawn_the_shorter_line_is_taken() {
        let mut router = router(Routing::PowerOfTwo);
        let replicas = replicas(&[
            (1, 0, true),
            (2, 1, true),
            (3, 2, true),
            (4, 0, false),
            (5, 3, true),
        ]);
        let mut taken = [0_u32; 5];
        for id in 0..6_000 {
            taken[router
                .choose(&request(id, None), &replicas, WaySet::ALL)
                .unwrap()] += 1;
        }
        // Of six pairs the first is in three, the second shortest in two more, the third in one more; the longest never wins.
        assert_eq!((taken[3], taken[4]), (0, 0));
        for (at, share) in [(0, 3_000), (1, 2_000), (2, 1_000)] {
            assert!(taken[at].abs_diff(share) < 160, "{taken:?}");
        }
    }

    #[test]
    fn a_session_stays_where_it_is_while_there_is_room() {
        let mut router = router(Routing::Session(2));
        let quiet = replicas(&[(1, 5, true), (2, 0, true)]);
        let later = replicas(&[(1, 0, true), (2, 9, true)]);
        let full = replicas(&[(1, 0, true), (2, 9, false)]);
        let gone = replicas(&[(1, 0, true)]);
        assert_eq!(
            router.choose(&request(0, Some(7)), &quiet, WaySet::ALL),
            Some(1)
        );
        assert_eq!(
            router.choose(&request(1, Some(7)), &later, WaySet::ALL),
            Some(1)
        );
        assert_eq!(
            router.choose(&request(2, None), &later, WaySet::ALL),
            Some(0)
        );
        assert_eq!(
            router.choose(&request(3, Some(7)), &full, WaySet::ALL),
            Some(0)
        );
        // Now it is with the first.
        assert_eq!(
            router.choose(&request(4, Some(7)), &quiet, WaySet::ALL),
            Some(0)
        );
        assert_eq!(
            router.choose(&request(5, Some(7)), &gone, WaySet::ALL),
            Some(0)
        );
    }

    #[test]
    fn whoever_is_on_another_way_is_passed_over() {
        let mut all = replicas(&[(1, 0, true), (2, 9, true), (3, 5, true), (4, 7, true)]);
        (all[0].way, all[2].way) = (1, 63);
        let (both, last) = (WaySet::default().with(0), WaySet::default().with(63));
        let routings = [
            Routing::RoundRobin,
            Routing::LeastOutstanding,
            Routing::PowerOfTwo,
            Routing::Session(9),
        ];
        for routing in routings {
            let mut router = router(routing);
            let first = router.choose(&request(0, Some(1)), &all, both);
            assert!(matches!(first, Some(1 | 3)), "{routing:?}: {first:?}");
            let second = router.choose(&request(1, Some(1)), &all, last);
            assert_eq!(second, Some(2), "{routing:?}");
            let nobody = router.choose(&request(2, None), &all, WaySet::default());
            assert_eq!(nobody, None);
        }
    }
}
