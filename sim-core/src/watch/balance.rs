//! Balances: the bill as it stands at the multiples of a period, and who pays for it.
//!
//! Claims of jobs are many, and a balance is told by groups of them. So what was claimed up to the last balance is kept as sums by
//! line and group, and a balance costs what was claimed since, whatever was claimed before.

use std::collections::BTreeMap;

use super::biller::Biller;
use crate::books::{Bill, Claim, Ledger, Paid, Payer, Unclaimed};
use crate::units::{ClassId, QueueId, SimTime, Span};

/// The jobs of a class of a tenant.
pub(super) type Group = (QueueId, ClassId);

/// The bill as it stood at an instant: that of a run that ends there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// When.
    pub at: SimTime,
    /// All that was spent by then.
    pub bill: Bill,
    /// Who pays for it, by line, as in the bill of the whole run; what a group pays of a line adds up to it.
    pub paid: Vec<Paid<(QueueId, ClassId)>>,
}

/// Most balances that are kept: of a longer run each second one is dropped, and they are struck half as often from then on.
const MOST: usize = 2048;

/// Strikes balances.
#[derive(Clone, Debug)]
pub(super) struct Balances {
    period: Option<Span>,
    due: SimTime,
    struck: Vec<Balance>,
    /// By number of a line and group: a job of the group, and what the group has claimed.
    claimed: BTreeMap<(u32, Group), (u32, u128)>,
    /// Claims of the biller that are in there.
    gathered: usize,
}

impl Balance {
    /// Adds further lines, whose sources come after those that are there, and what groups of jobs claim of them.
    pub fn add(&mut self, more: &Ledger, group_of: impl Fn(u32) -> (QueueId, ClassId)) {
        let before = self.bill.lines().len();
        let last = self.bill.lines().last().map(|line| line.source);
        let first = more.bill().lines().first().map(|line| line.source);
        assert!(last.is_none() || first.is_none() || last < first);
        self.bill = self.bill.with(more.bill());
        let paid = by_group(more, group_of).into_iter();
        self.paid.extend(paid.map(|paid| Paid {
            line: paid.line + before,
            ..paid
        }));
    }
}

impl Balances {
    /// One every `period`, which is longer than zero; none if it is not said.
    pub(super) fn new(period: Option<Span>) -> Self {
        Self {
            period,
            due: period.map_or(SimTime::MAX, |period| SimTime::ZERO + period),
            struck: Vec::new(),
            claimed: BTreeMap::new(),
            gathered: 0,
        }
    }

    /// Strikes all that are due before `now`: nothing has changed since the last fact.
    pub(super) fn strike(
        &mut self,
        biller: &mut Biller,
        now: SimTime,
        group_of: impl Fn(u32) -> Group,
    ) {
        while let Some(period) = self.period
            && self.due < now
        {
            let at = self.due;
            let ledger = biller.ledger_at(at, self.claims(biller, &group_of));
            self.struck.push(Balance {
                at,
                bill: ledger.bill().clone(),
                paid: by_group(&ledger, &group_of),
            });
            if self.struck.len() == MOST {
                let mut nth = 0_u32;
                self.struck.retain(|_| {
                    nth += 1;
                    nth.is_multiple_of(2)
                });
                self.period = Some(period + period);
            }
            self.due = at.saturating_add(self.period.unwrap_or(period));
        }
    }

    /// All that was claimed, a claim for each group and line.
    fn claims(&mut self, biller: &Biller, group_of: impl Fn(u32) -> Group) -> Vec<Claim> {
        for claim in &biller.claims()[self.gathered..] {
            let key = (claim.line(), group_of(claim.job()));
            let (_, sum) = self.claimed.entry(key).or_insert((claim.job(), 0));
            *sum += claim.numerator();
        }
        self.gathered = biller.claims().len();
        let claimed = self.claimed.iter();
        let claim =
            |(&(line, _), &(job, sum)): (&(u32, Group), &(u32, u128))| Claim::new(job, line, sum);
        claimed.map(claim).collect()
    }

    /// All of them, the bill of the whole run last, with who pays for it.
    pub(super) fn finish(
        mut self,
        end: SimTime,
        bill: Bill,
        paid: Vec<Paid<Group>>,
    ) -> Vec<Balance> {
        self.struck.push(Balance {
            at: end,
            bill,
            paid,
        });
        self.struck
    }
}

/// What each group of jobs, or nobody, pays of each line, settled among groups.
fn by_group(ledger: &Ledger, group_of: impl Fn(u32) -> Group) -> Vec<Paid<Group>> {
    let number = |job| {
        let (QueueId(queue), ClassId(class)) = group_of(job);
        u32::from(queue) << 16 | u32::from(class)
    };
    let group = |number: u32| {
        let half = |half: u32| u16::try_from(half & 0xffff).expect("half of 32 bits");
        (QueueId(half(number >> 16)), ClassId(half(number)))
    };
    let shares = ledger.attribute(number, Unclaimed::Named).into_iter();
    let paid = shares.map(|share| Paid {
        line: share.line,
        by: match share.payer {
            Payer::Of(number) => Some(group(number)),
            Payer::Nobody(_) => None,
        },
        amount: share.amount,
    });
    paid.collect()
}
