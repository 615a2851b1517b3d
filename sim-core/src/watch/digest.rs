//! The two digests of a run: of what was decided, and of what happened. Tags and bytes are fixed; a change of either is a
//! change of [`DIGEST_VERSION`].

use std::fmt;

use super::fact::{Cause, Fact, Outcome, Spent};
use crate::engine::{Decision, JobDecision, MarketDecision, NodeDecision, ServiceDecision};
use crate::model::Seat;
use crate::serve::fluid::Passed;
use crate::serve::{Completion, End, Reason};
use crate::units::{JobId, SimTime, Span, convert};

/// Version of the encoding.
pub const DIGEST_VERSION: u32 = 2;

/// 256 bits that two runs share only if they did the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The digests of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Start, stop, reject, node requests and releases, with times and GPUs.
    pub decisions: Digest,
    /// All facts but explanations.
    pub facts: Digest,
}

/// The hash is fed in whole multiples of this many bytes, so that it always stands at the border of a subtree and hashes
/// its eight leaves at once: measured at a sixth of the cost of updates of uneven length.
const CHUNK: usize = 8192;

/// A digest in the making.
#[derive(Clone, Debug)]
struct Digester {
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
}

impl Digester {
    fn new(context: &str) -> Self {
        Self {
            hasher: blake3::Hasher::new_derive_key(context),
            buffer: Vec::with_capacity(CHUNK + CHUNK / 4),
        }
    }

    /// A record: its tag, and when.
    fn begin(&mut self, tag: u8, now: SimTime) -> &mut Self {
        if self.buffer.len() >= CHUNK {
            self.feed();
        }
        let mut head = [tag; 9];
        head[1..].copy_from_slice(&now.us().to_le_bytes());
        self.buffer.extend_from_slice(&head);
        self
    }

    /// Hashes what makes whole chunks, and keeps the rest.
    #[cold]
    fn feed(&mut self) {
        let whole = self.buffer.len() - self.buffer.len() % CHUNK;
        self.hasher.update(&self.buffer[..whole]);
        self.buffer.drain(..whole);
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.buffer.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.buffer.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn time(&mut self, time: SimTime) -> &mut Self {
        self.u64(time.us())
    }

    fn span(&mut self, span: Span) -> &mut Self {
        self.u64(span.us())
    }

    /// The parts that take time in few attempts are told only of those.
    fn spent(&mut self, spent: &Spent) -> &mut Self {
        let Spent {
            restore,
            kept,
            lost,
            dump,
            stall,
        } = *spent;
        let rare = [restore, lost, dump, stall];
        let mask = (0..).zip(rare).filter(|(_, span)| *span > Span::ZERO);
        let mask = mask.fold(0, |mask, (bit, _)| mask | 1 << bit);
        self.u32(mask).span(kept);
        for span in rare.into_iter().filter(|span| *span > Span::ZERO) {
            self.span(span);
        }
        self
    }

    fn job(&mut self, job: JobId) -> &mut Self {
        self.u32(job.ordinal())
    }

    fn seats(&mut self, seats: &[Seat]) -> &mut Self {
        self.u32(convert::narrow(seats.len()));
        for seat in seats {
            let mut bytes = [0; 20];
            bytes[..4].copy_from_slice(&seat.node.0.to_le_bytes());
            // Where no slice starts, the digest is what it was before there were any.
            let role = u32::from(seat.role) | u32::from(seat.start.code()) << 16;
            bytes[4..8].copy_from_slice(&role.to_le_bytes());
            bytes[8..12].copy_from_slice(&seat.tasks.to_le_bytes());
            bytes[12..].copy_from_slice(&seat.gpus.0.to_le_bytes());
            self.buffer.extend_from_slice(&bytes);
        }
        self
    }

    fn completion(&mut self, completion: &Completion) -> &mut Self {
        self.u64(completion.request.id.0);
        match completion.end {
            // What an answer is worth follows from who gave it.
            End::Served {
                by, times, network, ..
            } => {
                self.u32(by.0)
                    .time(times.started)
                    .time(times.first_token)
                    .time(times.done);
                // Where there is no network, the digest is what it was before there were any.
                if network == Span::ZERO {
                    return self;
                }
                self.span(network)
            }
            End::Cached { done } => self.time(done),
            End::Dropped { at, why } => {
                let why = match why {
                    Reason::Full => 0,
                    Reason::TooLong => 1,
                    Reason::Lost => 2,
                    Reason::Impatient => 3,
                };
                self.u32(why).time(at)
            }
        }
    }

    fn passed(&mut self, passed: &Passed) -> &mut Self {
        let flow = &passed.flow;
        self.time(passed.from).time(passed.to);
        for count in [flow.arrived, flow.served, flow.dropped, flow.backlog] {
            self.u64(count.to_bits());
        }
        self
    }

    fn finish(&self) -> Digest {
        let mut hasher = self.hasher.clone();
        hasher.update(&self.buffer);
        Digest(*hasher.finalize().as_bytes())
    }
}

/// Both digests in the making.
#[derive(Clone, Debug)]
pub(crate) struct Digesting {
    decisions: Digester,
    facts: Digester,
}

impl Digesting {
    pub(crate) fn new() -> Self {
        Self {
            decisions: Digester::new("windtunnel digest of decisions, version 1"),
            facts: Digester::new("windtunnel digest of facts, version 2"),
        }
    }

    pub(crate) fn finish(&self) -> Digests {
        Digests {
            decisions: self.decisions.finish(),
            facts: self.facts.finish(),
        }
    }

    pub(crate) fn decision(&mut self, now: SimTime, decision: &Decision) {
        let digester = &mut self.decisions;
        match decision {
            Decision::Job(JobDecision::Start(job, allocation)) => {
                digester.begin(1, now).job(*job).seats(allocation.seats());
            }
            Decision::Job(JobDecision::Preempt(job)) => {
                digester.begin(2, now).job(*job);
            }
            Decision::Job(JobDecision::Reseat(job, allocation)) => {
                digester.begin(7, now).job(*job).seats(allocation.seats());
            }
            Decision::Job(JobDecision::Pace(job, every)) => {
                digester.begin(8, now).job(*job).span(*every);
            }
            Decision::Job(JobDecision::Reject(job)) => {
                digester.begin(3, now).job(*job);
            }
            Decision::Node(NodeDecision::Drain(node)) => {
                digester.begin(4, now).u32(node.0);
            }
            Decision::Node(NodeDecision::Release(node)) => {
                digester.begin(5, now).u32(node.0);
            }
            Decision::Market(MarketDecision::Request(offering, count)) => {
                digester.begin(6, now).u32(offering.0.into()).u32(*count);
            }
            Decision::Service(ServiceDecision::Launch(set, count)) => {
                digester.begin(9, now).u32(set.0.into()).u32(*count);
            }
            Decision::Service(ServiceDecision::Retire(job)) => {
                digester.begin(10, now).job(*job);
            }
            // When a policy wishes to think is its own affair.
            Decision::WakeAt(_) => {}
        }
    }

    pub(crate) fn fact(&mut self, now: SimTime, fact: &Fact<'_>) {
        let digester = &mut self.facts;
        match fact {
            Fact::Arrived { job, .. } => digester.begin(1, now).job(*job),
            Fact::Started { job, seats, works } => {
                digester.begin(2, now).job(*job).time(*works).seats(seats)
            }
            Fact::Interrupted { job, cause, spent } => {
                let cause = match cause {
                    Cause::Policy => 0,
                    Cause::Reclaim => 1,
                    Cause::Notice => 2,
                    Cause::Failure => 3,
                };
                digester.begin(3, now).job(*job).u32(cause).spent(spent)
            }
            Fact::Paced { job, every } => digester.begin(20, now).job(*job).span(*every),
            Fact::Reseated {
                job,
                seats,
                works,
                spent,
            } => digester
                .begin(14, now)
                .job(*job)
                .time(*works)
                .spent(spent)
                .seats(seats),
            Fact::Ended {
                job,
                outcome,
                spent,
            } => digester
                .begin(4, now)
                .job(*job)
                .u32(ended(*outcome))
                .spent(spent),
            Fact::Retiring { job } => digester.begin(21, now).job(*job),
            Fact::Worked { job, busy } => digester.begin(24, now).job(*job).span(*busy),
            Fact::Request {
                service,
                completion,
            } => digester
                .begin(22, now)
                .u32(service.0.into())
                .completion(completion),
            Fact::Flow { service, passed } => {
                digester.begin(23, now).u32(service.0.into()).passed(passed)
            }
            // Explanations: what a policy says changes nothing.
            Fact::Refused(_) | Fact::Held { .. } => digester,
            Fact::Requested { .. }
            | Fact::Booting { .. }
            | Fact::Ready { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Reclaimed { .. }
            | Fact::Advised { .. }
            | Fact::Miscarried { .. }
            | Fact::Failed { .. }
            | Fact::Repaired { .. }
            | Fact::Shock { .. }
            | Fact::Released { .. }
            | Fact::Price { .. }
            | Fact::Availability { .. } => {
                self.of_the_fleet(now, fact);
                &mut self.facts
            }
        };
    }

    /// A fact about machines and markets.
    fn of_the_fleet(&mut self, now: SimTime, fact: &Fact<'_>) {
        let digester = &mut self.facts;
        match fact {
            Fact::Requested {
                offering,
                asked,
                granted,
            } => digester
                .begin(5, now)
                .u32(offering.0.into())
                .u32(*asked)
                .u32(*granted),
            Fact::Booting {
                node,
                launch,
                ready,
            } => digester.begin(6, now).u32(node.0).u32(*launch).time(*ready),
            Fact::Ready { node, launch } => digester.begin(7, now).u32(node.0).u32(*launch),
            Fact::Draining { node } => digester.begin(8, now).u32(node.0),
            Fact::Noticed { node, at } => digester.begin(9, now).u32(node.0).time(*at),
            Fact::Reclaimed { node } => digester.begin(10, now).u32(node.0),
            Fact::Released { node } => digester.begin(11, now).u32(node.0),
            Fact::Advised { node } => digester.begin(15, now).u32(node.0),
            Fact::Miscarried { node } => digester.begin(16, now).u32(node.0),
            Fact::Failed { node, repaired } => {
                let digester = digester.begin(17, now).u32(node.0);
                match repaired {
                    Some(at) => digester.time(*at),
                    None => digester,
                }
            }
            Fact::Repaired { node } => digester.begin(18, now).u32(node.0),
            Fact::Shock { offering } => digester.begin(19, now).u32(offering.0.into()),
            Fact::Price { offering, price } => digester
                .begin(12, now)
                .u32(offering.0.into())
                .u64(price.nanousd_h()),
            Fact::Availability { offering, nodes } => {
                digester.begin(13, now).u32(offering.0.into()).u32(*nodes)
            }
            Fact::Arrived { .. }
            | Fact::Started { .. }
            | Fact::Paced { .. }
            | Fact::Reseated { .. }
            | Fact::Interrupted { .. }
            | Fact::Ended { .. }
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Refused(_)
            | Fact::Held { .. } => digester,
        };
    }
}

const fn ended(outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Completed => 0,
        Outcome::Rejected => 1,
        Outcome::Unfinished => 2,
        Outcome::Retired => 3,
    }
}
