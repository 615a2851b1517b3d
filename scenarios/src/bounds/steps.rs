//! A quantity that changes in steps: how many GPUs there are, or what one costs, and what that amounts to over time.

/// The latest instant that bounds speak of, in microseconds: 2^46, a little over two years. What cannot be done earlier is
/// taken to be done then, which is early.
pub const LAST: u64 = 1 << 46;

/// A step function of time from zero on. Its last value holds for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// From when on, and how much: strictly ascending, the first from zero.
    all: Vec<(u64, u64)>,
    /// The amount before each step.
    before: Vec<u128>,
    /// The least from each step on.
    after: Vec<u64>,
}

/// A stretch of time over which a quantity stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From when.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// How much.
    pub value: u64,
}

impl Steps {
    /// Always the same.
    pub fn constant(value: u64) -> Self {
        Self::new([(0, value)])
    }

    /// From these instants on, in any order, zero before the first; of several at one instant the last counts.
    pub fn new(steps: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut listed: Vec<(u64, u64)> = vec![(0, 0)];
        listed.extend(steps);
        listed.sort_by_key(|(from, _)| *from);
        let mut steps: Vec<(u64, u64)> = Vec::with_capacity(listed.len());
        for (from, value) in listed {
            match steps.last_mut() {
                Some(last) if last.0 == from => last.1 = value,
                Some(last) if last.1 == value => {}
                Some(_) | None => steps.push((from, value)),
            }
        }
        let mut before = Vec::with_capacity(steps.len());
        let mut amount = 0_u128;
        for (at, (from, value)) in steps.iter().enumerate() {
            before.push(amount);
            let until = steps.get(at + 1).map_or(*from, |next| next.0);
            amount = amount.saturating_add(u128::from(until - from) * u128::from(*value));
        }
        let mut after: Vec<u64> = steps.iter().map(|(_, value)| *value).collect();
        for at in (1..after.len()).rev() {
            after[at - 1] = after[at - 1].min(after[at]);
        }
        Self {
            all: steps,
            before,
            after,
        }
    }

    /// The sum of several, each taken so many times; held at the largest number there is.
    pub fn sum(parts: &[(u64, &Self)]) -> Self {
        let ends = parts.iter().flat_map(|(_, part)| part.instants());
        let value = |at: u64| {
            let values = parts
                .iter()
                .map(|(times, part)| times.saturating_mul(part.at(at)));
            values.fold(0, u64::saturating_add)
        };
        Self::new(ends.map(|at| (at, value(at))))
    }

    /// The same from an instant on, and nothing before.
    #[must_use]
    pub fn none_before(&self, instant: u64) -> Self {
        let later = self.stretches(instant, u64::MAX);
        Self::new(later.map(|stretch| (stretch.from, stretch.value)))
    }

    /// When it changes, zero included.
    pub fn instants(&self) -> impl Iterator<Item = u64> {
        self.all.iter().map(|(from, _)| *from)
    }

    /// How much at an instant.
    pub fn at(&self, instant: u64) -> u64 {
        self.all[self.step_at(instant)].1
    }

    /// The most there ever is.
    pub fn most(&self) -> u64 {
        let values = self.all.iter().map(|(_, value)| *value);
        values.max().expect("a step at zero")
    }

    /// The least from one instant to another.
    pub fn least(&self, from: u64, until: u64) -> u64 {
        let (last, _) = self.all[self.all.len() - 1];
        if last < until {
            return self.after[self.step_at(from)];
        }
        let values = self.stretches(from, until).map(|stretch| stretch.value);
        values.min().unwrap_or_else(|| self.at(from))
    }

    /// Quantity times time, from zero to an instant.
    pub fn amount(&self, until: u64) -> u128 {
        let step = self.step_at(until);
        let (from, value) = self.all[step];
        self.before[step].saturating_add(u128::from(until - from) * u128::from(value))
    }

    /// The instant by which it amounts to that much, rounded down and no later than [`LAST`]; `None` where it never does.
    pub fn reaches(&self, amount: u128) -> Option<u64> {
        let step = self.step_of(amount);
        let (from, value) = self.all[step];
        let over = amount - self.before[step];
        if over == 0 {
            return Some(from.min(LAST));
        }
        let length = over.checked_div(u128::from(value))?;
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        Some(from.saturating_add(length).min(LAST))
    }

    /// The sum of the instants of what comes from one amount to a later one, each rounded down; `None` where it never comes.
    pub fn moment(&self, from: u128, until: u128) -> Option<u128> {
        let (mut sum, mut from) = (0_u128, from);
        while from < until {
            let mut step = self.step_of(from);
            while self.before.get(step + 1) == Some(&from) {
                step += 1;
            }
            let (begins, value) = self.all[step];
            let before = self.before[step];
            let next = self.before.get(step + 1).copied();
            let upto = next.unwrap_or(until).min(until);
            let twice = (from - before) + (upto - before);
            let mean = twice.checked_div(2 * u128::from(value))?;
            let mean = mean.saturating_add(u128::from(begins));
            sum += mean.min(u128::from(LAST)) * (upto - from);
            from = upto;
        }
        Some(sum)
    }

    /// The stretches between two instants, none of them empty.
    pub fn stretches(&self, from: u64, until: u64) -> impl Iterator<Item = Stretch> {
        let first = self.step_at(from);
        let steps = self.all[first..].iter().enumerate();
        let steps = steps.take_while(move |(_, step)| step.0 < until);
        steps.map(move |(at, (begins, value))| {
            let next = self.all.get(first + at + 1);
            Stretch {
                from: from.max(*begins),
                until: next.map_or(until, |next| next.0.min(until)),
                value: *value,
            }
        })
    }

    fn step_at(&self, instant: u64) -> usize {
        self.all.partition_point(|(from, _)| *from <= instant) - 1
    }

    /// The first step within which it amounts to that much.
    fn step_of(&self, amount: u128) -> usize {
        let past = self.before.partition_point(|before| *before < amount);
        past.saturating_sub(1)
    }
}

/// Half of a sum of lengths of time, rounded down.
pub(super) fn half(lengths: impl Iterator<Item = u64>) -> u128 {
    lengths.map(u128::from).sum::<u128>() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_the_instants_that_reach_them_agree() {
        // Two from 0, none from 10 to 20, three from there.
        let steps = Steps::new([(20, 3), (0, 2), (10, 0), (15, 0)]);
        assert_eq!(
            [0, 5, 10, 15, 20, 22].map(|at| steps.amount(at)),
            [0, 10, 20, 20, 20, 26]
        );
        assert_eq!(
            [0, 1, 10, 20, 21, 23, 26].map(|amount| steps.reaches(amount)),
            [0, 0, 5, 10, 20, 21, 22].map(Some)
        );
        assert_eq!(Steps::new([(0, 1), (5, 0)]).reaches(6), None);
        assert_eq!(steps.at(9), 2);
        assert_eq!(steps.least(0, 10), 2);
        assert_eq!(steps.least(0, 11), 0);
        assert_eq!([5, 20, 21].map(|from| steps.least(from, LAST)), [0, 3, 3]);
    }

    #[test]
    fn a_moment_is_the_time_of_what_comes() {
        let steps = Steps::new([(0, 2), (10, 0), (20, 3)]);
        // 20 units around instant 5, then 6 around instant 21.
        assert_eq!(steps.moment(0, 20), Some(100));
        assert_eq!(steps.moment(20, 26), Some(126));
        assert_eq!(steps.moment(0, 26), Some(226));
        assert_eq!(Steps::new([(0, 1), (5, 0)]).moment(0, 6), None);
    }

    #[test]
    fn a_sum_has_the_steps_of_its_parts() {
        let (a, b) = (Steps::new([(0, 1), (5, 2)]), Steps::new([(3, 10), (5, 9)]));
        let sum = Steps::sum(&[(10, &a), (1, &b)]);
        assert_eq!([0, 3, 5].map(|at| sum.at(at)), [10, 20, 29]);
        assert_eq!([3, 4, 5].map(|at| sum.none_before(4).at(at)), [0, 20, 29]);
        let stretches: Vec<_> = sum.stretches(4, 7).collect();
        assert_eq!(stretches.len(), 2);
        assert_eq!((stretches[0].from, stretches[0].until), (4, 5));
    }
}
