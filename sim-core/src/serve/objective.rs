//! What a service promises, and how often it keeps it.

use super::request::{Completion, End};
use crate::units::Span;

/// What a service promises of each request: bounds, each included. What is not bounded is not promised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Objective {
    /// From arrival to the first token.
    pub first_token: Option<Span>,
    /// Between tokens after the first, on average over an answer.
    pub per_token: Option<Span>,
    /// From arrival to the end.
    pub whole: Option<Span>,
}

/// Counts of requests by what was kept of an objective. A dropped request keeps nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attainment {
    /// Requests that ended.
    pub ended: u64,
    /// Requests that got their answer.
    pub answered: u64,
    /// Of those, the ones whose first token came in time.
    pub first_token: u64,
    /// Of those, the ones whose tokens came fast enough.
    pub per_token: u64,
    /// Of those, the ones that ended in time.
    pub whole: u64,
    /// Of those, the ones that kept all.
    pub met: u64,
}

impl Completion {
    /// From arrival to the first token, the network included, if there was one; an answer from the cache comes in one piece.
    pub fn to_first_token(&self) -> Option<Span> {
        match self.end {
            End::Served { times, network, .. } => {
                let span = times.first_token.since(self.request.arrived);
                Some(span.saturating_add(network))
            }
            End::Cached { done } => Some(done.since(self.request.arrived)),
            End::Dropped { .. } => None,
        }
    }

    /// From the first token to the last, and the number of tokens in between, the last included; none of an answer in one
    /// piece, or of a single token.
    pub fn generation(&self) -> Option<(Span, u64)> {
        let later = u64::from(self.request.counts.output.saturating_sub(1));
        match self.end {
            End::Served { times, .. } if later > 0 => {
                Some((times.done.since(times.first_token), later))
            }
            End::Served { .. } | End::Cached { .. } | End::Dropped { .. } => None,
        }
    }
}

impl Attainment {
    /// Counts a request.
    pub fn count(&mut self, objective: &Objective, completion: &Completion) {
        self.ended += 1;
        let (Some(whole), Some(first)) = (completion.latency(), completion.to_first_token()) else {
            return;
        };
        let keeps = |bound: Option<Span>, span: Span| bound.is_none_or(|bound| span <= bound);
        let (first, whole) = (
            keeps(objective.first_token, first),
            keeps(objective.whole, whole),
        );
        let per_token = completion.generation().is_none_or(|(span, tokens)| {
            let bound = objective.per_token;
            bound.is_none_or(|bound| span <= bound.saturating_mul(tokens))
        });
        self.answered += 1;
        self.first_token += u64::from(first);
        self.per_token += u64::from(per_token);
        self.whole += u64::from(whole);
        self.met += u64::from(first && per_token && whole);
    }

    /// Counts what another has counted.
    pub fn merge(&mut self, other: &Self) {
        self.ended += other.ended;
        self.answered += other.answered;
        self.first_token += other.first_token;
        self.per_token += other.per_token;
        self.whole += other.whole;
        self.met += other.met;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::{Counts, Reason, ReplicaId, Request, RequestId, Times};
    use crate::units::{ClassId, SimTime};

    #[test]
    fn an_objective_is_kept_whole_or_in_part() {
        let at = |us| SimTime::from_us(us).unwrap();
        let request = Request {
            id: RequestId(0),
            class: ClassId(0),
            arrived: at(100),
            counts: Counts {
                input: 1,
                output: 4,
            },
            session: None,
            content: None,
        };
        let objective = Objective {
            first_token: Span::from_us(50),
            per_token: Span::from_us(10),
            whole: None,
        };
        let served = |first, done| End::Served {
            by: ReplicaId(0),
            times: Times {
                started: at(100),
                first_token: at(first),
                done: at(done),
            },
            network: Span::ZERO,
            quality_ppm: 1_000_000,
        };
        let dropped = End::Dropped {
            at: at(100),
            why: Reason::Full,
        };
        let ends = [
            served(150, 180),
            served(150, 181),
            served(151, 180),
            dropped,
            End::Cached { done: at(130) },
        ];
        let mut attainment = Attainment::default();
        for end in ends {
            attainment.count(&objective, &Completion { request, end });
        }
        let expected = Attainment {
            ended: 5,
            answered: 4,
            first_token: 3,
            per_token: 3,
            whole: 4,
            met: 2,
        };
        assert_eq!(attainment, expected);
    }
}
