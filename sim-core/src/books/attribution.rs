//! Attribution: who pays for the lines of a bill, so that the shares of a line are that line to the last nano-dollar.

use super::line::{Bill, Exact, Kind, Source};
use super::split::{Due, settle, spread};
use crate::units::{Money, convert};

/// A job's claim on a line: 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    job: u32,
    line: u32,
    /// The numerator over the line's denominator, the high half first.
    numerator: [u64; 2],
}

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Payer {
    /// A job, or a group of jobs.
    Of(u32),
    /// Nobody: the pseudo-payer of this kind of line.
    Nobody(Kind),
}

/// What a payer pays of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Position of the line in the bill.
    pub line: usize,
    /// Who pays.
    pub payer: Payer,
    /// How much.
    pub amount: Money,
}

/// What a group of jobs, or nobody, pays of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid<G> {
    /// Position of the line in the bill.
    pub line: usize,
    /// The group; none for what no job claims.
    pub by: Option<G>,
    /// How much.
    pub amount: Money,
}

/// What becomes of what no job claims: idle time, boots, rounding, credits, commitments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclaimed {
    /// It goes to the pseudo-payer of its kind.
    Named,
    /// It is spread over the payers in proportion to what they pay by claim; if nobody does, it goes to the pseudo-payer.
    Spread,
}

/// A line to be, and which job claims how much of its numerator.
pub type Sum = ((Source, Kind, Exact), Vec<(u32, u128)>);

/// A bill, and who claims which part of it.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    bill: Bill,
    /// By the number that claims give to a line: its position in the bill.
    position: Vec<Option<usize>>,
    claims: Vec<Claim>,
}

impl Claim {
    /// A job claims a part of the line with this number.
    pub fn new(job: u32, line: u32, numerator: u128) -> Self {
        let low = u64::try_from(numerator & u128::from(u64::MAX)).expect("the low half");
        let high = u64::try_from(numerator >> 64).expect("the high half");
        Self {
            job,
            line,
            numerator: [high, low],
        }
    }

    /// The job.
    pub fn job(&self) -> u32 {
        self.job
    }

    /// The number of the line.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Which part of the line's numerator.
    pub fn numerator(&self) -> u128 {
        u128::from(self.numerator[0]) << 64 | u128::from(self.numerator[1])
    }
}

impl Ledger {
    /// A bill, with the position in it of each line that claims number, and claims that are not more than their lines.
    pub fn new(bill: Bill, position: Vec<Option<usize>>, claims: Vec<Claim>) -> Self {
        Self {
            bill,
            position,
            claims,
        }
    }

    /// The same with further lines, whose sources come after those that are there, and what jobs claim of the numerator of each.
    #[must_use]
    pub fn with(mut self, sums: Vec<Sum>) -> Self {
        let own = self
            .bill
            .lines()
            .iter()
            .map(|line| (line.source, line.kind, line.exact));
        let more = sums.iter().map(|(sum, _)| *sum);
        let bill = Bill::new(own.chain(more));
        for ((source, kind, _), claims) in sums {
            let lines = bill.lines();
            let found =
                lines.binary_search_by_key(&(source, kind), |line| (line.source, line.kind));
            let line = convert::narrow(self.position.len());
            self.position.push(found.ok());
            let claims = claims
                .into_iter()
                .map(|(job, numerator)| Claim::new(job, line, numerator));
            self.claims.extend(claims);
        }
        self.bill = bill;
        self
    }

    /// The bill.
    pub fn bill(&self) -> &Bill {
        &self.bill
    }

    /// Splits every line among the payers that `payer_of` gives for jobs, by the job's place in the workload: the job itself,
    /// its queue, its class, whatever its tag says. Each line is split by largest remainder, ties to the lower payer.
    ///
    /// The shares come by line and then by payer, and those of a line add up to its amount.
    pub fn attribute(&self, payer_of: impl Fn(u32) -> u32, unclaimed: Unclaimed) -> Vec<Share> {
        let claimed = self.claimed(payer_of);
        let mut shares = Vec::with_capacity(claimed.len() + self.bill.lines().len());
        let mut rest = claimed.as_slice();
        for line in 0..self.bill.lines().len() {
            let own = rest.partition_point(|(of, ..)| *of == line);
            self.split(line, &rest[..own], &mut shares);
            rest = &rest[own..];
        }
        match unclaimed {
            Unclaimed::Named => shares,
            Unclaimed::Spread => spread_unclaimed(shares),
        }
    }

    /// By line and payer: what is claimed.
    fn claimed(&self, payer_of: impl Fn(u32) -> u32) -> Vec<(usize, u32, u128)> {
        let claim = |claim: &Claim| {
            let line = self.position[convert::index(claim.line)]?;
            Some((line, payer_of(claim.job), claim.numerator()))
        };
        let mut claims: Vec<(usize, u32, u128)> = self.claims.iter().filter_map(claim).collect();
        claims.sort_unstable();
        claims.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            // What is beyond 128 bits is claimed by nobody.
            kept.2 = kept.2.saturating_add(if same { next.2 } else { 0 });
            same
        });
        claims
    }

    fn split(&self, at: usize, claims: &[(usize, u32, u128)], shares: &mut Vec<Share>) {
        let line = &self.bill.lines()[at];
        let denominator = line.exact.denominator();
        let mut left = line.exact;
        let whole = |numerator: u128| {
            let denominator = denominator.unsigned_abs();
            let whole = i128::try_from(numerator / denominator).expect("a part of a line");
            (whole, numerator % denominator)
        };
        let mut dues: Vec<Due> = Vec::with_capacity(claims.len() + 1);
        for (_, _, numerator) in claims {
            let mut claim = Exact::over(denominator);
            claim.add_product(*numerator, 1);
            left.add_exact(&claim, -1);
            dues.push(whole(*numerator));
        }
        if !left.is_zero() {
            let (whole, rest, _) = left.parts();
            dues.push((whole, rest.unsigned_abs()));
        }
        let payers = claims.iter().map(|(_, payer, _)| Payer::Of(*payer));
        let payers = payers.chain([Payer::Nobody(line.kind)]);
        for (payer, amount) in payers.zip(settle(line.amount, &dues)) {
            shares.push(Share {
                line: at,
                payer,
                amount,
            });
        }
    }
}

/// What each payer pays over all lines, ascending.
pub fn totals(shares: &[Share]) -> Vec<(Payer, Money)> {
    let mut totals: Vec<(Payer, Money)> = shares
        .iter()
        .map(|share| (share.payer, share.amount))
        .collect();
    totals.sort_unstable();
    totals.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { Money::ZERO };
        same
    });
    totals
}

/// What each group of jobs pays of each line, by line and group: the sums of the shares of its jobs, so that a line is settled
/// once, among jobs, and whatever is told above them is a sum of the same integers.
pub fn grouped<G: Ord + Copy>(shares: &[Share], group_of: impl Fn(u32) -> G) -> Vec<Paid<G>> {
    let paid = shares.iter().map(|share| Paid {
        line: share.line,
        by: match share.payer {
            Payer::Of(job) => Some(group_of(job)),
            Payer::Nobody(_) => None,
        },
        amount: share.amount,
    });
    let mut paid: Vec<Paid<G>> = paid.collect();
    paid.sort_by_key(|paid| (paid.line, paid.by));
    paid.dedup_by(|next, kept| {
        let same = (next.line, next.by) == (kept.line, kept.by);
        kept.amount += if same { next.amount } else { Money::ZERO };
        same
    });
    paid
}

fn spread_unclaimed(shares: Vec<Share>) -> Vec<Share> {
    let paid = totals(&shares);
    let payers = paid.iter().filter_map(|(payer, amount)| match payer {
        Payer::Of(_) => Some((*payer, amount.nanousd().unsigned_abs())),
        Payer::Nobody(_) => None,
    });
    let (payers, weights): (Vec<Payer>, Vec<u128>) = payers.unzip();
    let mut all = Vec::with_capacity(shares.len());
    for share in shares {
        let parts = match share.payer {
            Payer::Of(_) => None,
            Payer::Nobody(_) => spread(share.amount, &weights),
        };
        let Some(parts) = parts else {
            all.push(share);
            continue;
        };
        for (payer, amount) in payers.iter().zip(parts) {
            all.push(Share {
                payer: *payer,
                amount,
                ..share
            });
        }
    }
    // A payer that claims a part of a line and bears another has one share of it.
    all.sort_by_key(|share| (share.line, share.payer));
    all.dedup_by(|next, kept| {
        let same = (next.line, next.payer) == (kept.line, kept.payer);
        kept.amount += if same { next.amount } else { Money::ZERO };
        same
    });
    all
}
