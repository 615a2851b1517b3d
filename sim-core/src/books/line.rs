//! A line of a bill: an exact sum over a denominator of its own, rounded once.

use crate::units::{Money, OfferingId};

/// What is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Machines of an offering, at its price.
    Offering(OfferingId),
    /// Machines of an offering while a commitment covers them, by its position in the world.
    Covered(u16, OfferingId),
    /// The rest of a commitment, by its position in the world.
    Commitment(u16),
    /// A store, by its position.
    Store(u16),
    /// A route between two places, by its position.
    Route(u16),
    /// A kind of thing that was left over, by its position.
    Leftover(u16),
}

/// What it is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A job's share of a machine, while it did work that was kept.
    Work,
    /// The same, while it set up.
    Restore,
    /// The same, while it wrote checkpoints.
    Dump,
    /// The same, while it did work that was lost.
    Lost,
    /// The same, while it waited for data.
    Stall,
    /// Machines that were ready, as far as nobody held them.
    Idle,
    /// Machines that booted.
    Boot,
    /// What granularity and minimum add.
    Rounding,
    /// What is let off: free hours, failed launches. Not positive.
    Credit,
    /// Covered machines, at the price of the commitment.
    Commitment,
    /// Paid for and not held.
    Unused,
    /// Fees paid once, straight-line over their term.
    Upfront,
    /// Machines bought, written off straight-line.
    Capex,
    /// Electricity.
    Power,
    /// People.
    Staff,
    /// Bytes moved between places.
    Egress,
    /// Bytes kept over time.
    Storage,
    /// Requests to a store, and retrievals from it.
    Requests,
    /// Things that nobody needs and nobody has removed.
    Leftover,
}

/// A line: exact before, half-even to a nano-dollar once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is paid for.
    pub source: Source,
    /// What for.
    pub kind: Kind,
    /// How much.
    pub amount: Money,
    /// The sum behind it.
    pub exact: Exact,
}

/// A sum of fractions of nano-dollars that share a denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    /// Nano-dollars.
    whole: i128,
    /// Numerator of what is left.
    rest: i128,
    denominator: i128,
}

/// Above this a numerator is brought down to nano-dollars. A single addend is below 1.65 x 10^38 within the limits (highest
/// price x longest time x most CPU of a node), so that no sum of the two overflows.
const FOLD: i128 = 1 << 120;

impl Exact {
    /// Nothing, over `denominator` (positive, below 2^90).
    pub const fn over(denominator: i128) -> Self {
        assert!(denominator > 0);
        assert!(denominator < 1 << 90);
        Self {
            whole: 0,
            rest: 0,
            denominator,
        }
    }

    /// Adds `numerator` over the denominator.
    pub fn add(&mut self, numerator: i128) {
        self.rest = self
            .rest
            .checked_add(numerator)
            .expect("an addend within the limits");
        if self.rest.unsigned_abs() > FOLD.unsigned_abs() {
            self.fold();
        }
    }

    /// Adds `a x b` over the denominator; the product of `b` and the denominator is below 2^120.
    pub fn add_product(&mut self, a: u128, b: u128) {
        if let Some(product) = a.checked_mul(b)
            && let Ok(product) = i128::try_from(product)
            && product < FOLD
        {
            return self.add(product);
        }
        let denominator = self.denominator.unsigned_abs();
        let whole = (a / denominator)
            .checked_mul(b)
            .and_then(|whole| i128::try_from(whole).ok());
        let rest = (a % denominator)
            .checked_mul(b)
            .and_then(|rest| i128::try_from(rest).ok());
        self.whole += whole.expect("an amount within the limits");
        self.add(rest.expect("an addend within the limits"));
    }

    /// Adds another sum over the same denominator, `times` times: 1 or -1.
    pub fn add_exact(&mut self, other: &Self, times: i128) {
        assert!(self.denominator == other.denominator);
        let mut other = *other;
        other.fold();
        self.whole += times * other.whole;
        self.add(times * other.rest);
    }

    fn fold(&mut self) {
        self.whole += self.rest.div_euclid(self.denominator);
        self.rest = self.rest.rem_euclid(self.denominator);
    }

    /// Nano-dollars rounded down, what is left above them, and what that is a fraction of.
    pub fn parts(&self) -> (i128, i128, i128) {
        let mut this = *self;
        this.fold();
        (this.whole, this.rest, this.denominator)
    }

    /// Whether it is nothing at all.
    pub fn is_zero(&self) -> bool {
        let (whole, rest, _) = self.parts();
        whole == 0 && rest == 0
    }

    /// Rounded half-even to a nano-dollar.
    pub fn settle(&self) -> Money {
        let (whole, rest, denominator) = self.parts();
        let up = match (2 * rest).cmp(&denominator) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => whole % 2 != 0,
            std::cmp::Ordering::Greater => true,
        };
        Money::from_nanousd(whole + i128::from(up))
    }
}

/// A bill: its lines, by source and kind. It is their sum by definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    lines: Vec<Line>,
}

impl Bill {
    /// The lines that are something, in order.
    pub fn new(sums: impl IntoIterator<Item = (Source, Kind, Exact)>) -> Self {
        let something = sums.into_iter().filter(|(_, _, exact)| !exact.is_zero());
        let mut lines: Vec<Line> = something
            .map(|(source, kind, exact)| Line {
                source,
                kind,
                amount: exact.settle(),
                exact,
            })
            .collect();
        lines.sort_by_key(|line| (line.source, line.kind));
        let twice = lines
            .windows(2)
            .any(|two| (two[0].source, two[0].kind) == (two[1].source, two[1].kind));
        assert!(!twice, "a source has a line of each kind");
        Self { lines }
    }

    /// Its lines, ascending by source and kind.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// All of it.
    pub fn total(&self) -> Money {
        self.sum(|_| true)
    }

    /// The lines that `of` chooses.
    pub fn sum(&self, of: impl Fn(&Line) -> bool) -> Money {
        let chosen = self.lines.iter().filter(|line| of(line));
        chosen.map(|line| line.amount).sum()
    }

    /// This bill and another with no line of the same source and kind.
    pub fn with(&self, other: &Self) -> Self {
        let lines = self.lines.iter().chain(&other.lines);
        Self::new(lines.map(|line| (line.source, line.kind, line.exact)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::limits::{MAX_CPU_MILLI, MAX_PRICE_NANOUSD_H, MAX_TIME_US};

    #[test]
    fn a_line_is_rounded_once() {
        let mut thirds = Exact::over(3);
        for _ in 0..3 {
            thirds.add(1);
        }
        assert_eq!(thirds.settle(), Money::from_nanousd(1));
        let half = |n: i128| {
            let mut halves = Exact::over(2);
            halves.add(n);
            halves.settle().nanousd()
        };
        assert_eq!(
            [half(1), half(3), half(5), half(-1), half(-3)],
            [0, 2, 2, 0, -2]
        );
    }

    #[test]
    fn the_dearest_machines_for_ever_overflow_nothing() {
        let denominator = 3_600_000_000 * i128::from(MAX_CPU_MILLI);
        let mut line = Exact::over(denominator);
        let (time, cpu) = (u128::from(MAX_TIME_US), u128::from(MAX_CPU_MILLI));
        let one = u128::from(MAX_PRICE_NANOUSD_H) * time;
        let most = i128::try_from(one * cpu).expect("below 2^127");
        for _ in 0..1_000 {
            line.add(most);
            line.add_product(one, cpu);
        }
        let exact = 2_000 * (i128::try_from(one).expect("low") / 3_600_000_000);
        assert_eq!(line.settle(), Money::from_nanousd(exact));
        line.add(-most);
        assert_eq!(line.settle(), Money::from_nanousd(exact / 2_000 * 1_999));
    }

    #[test]
    fn a_product_is_the_sum_of_its_parts() {
        let (mut product, mut sum) = (Exact::over(7 * 3_600), Exact::over(7 * 3_600));
        product.add_product(u128::from(u64::MAX) << 60, 12_345);
        for _ in 0..12_345 {
            sum.add(i128::from(u64::MAX) << 60);
        }
        assert_eq!(product.parts(), sum.parts());
        sum.add_exact(&product, -1);
        assert!(sum.is_zero());
    }

    #[test]
    fn a_bill_is_the_sum_of_its_rounded_lines() {
        let source = |at| Source::Offering(OfferingId(at));
        let mut part = Exact::over(10);
        part.add(16);
        let bill = Bill::new([
            (source(1), Kind::Work, part),
            (source(0), Kind::Idle, part),
            (source(0), Kind::Work, Exact::over(10)),
        ]);
        assert_eq!(bill.lines().len(), 2);
        assert_eq!(bill.lines()[0].source, source(0));
        // 1.6 and 1.6 are 2 and 2, and not 3.2.
        assert_eq!(bill.total(), Money::from_nanousd(4));
    }
}
