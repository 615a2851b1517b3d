//! Shares of a job: which to take in each slot of time, and the least that all of it can cost.
//!
//! What a job pays in all is a linear programme with one constraint, that its shares add up to one. Its dual has one variable,
//! what a share is worth. Any value gives a bound, the best one the optimum; it is found in integers.

/// A share of one, in the unit that shares are counted in.
pub(super) const SHARE: u128 = 1 << 32;

/// A model in a slot: progress and price if the job runs there throughout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) slot: usize,
    pub(super) model: usize,
    /// Rounded up.
    pub(super) share: u128,
    /// Before it is scaled.
    pub(super) cost: u128,
    pub(super) length: u64,
}

/// Choices slot by slot.
#[derive(Default)]
pub(super) struct Choices {
    pub(super) all: Vec<Choice>,
    /// By slot: how many there are up to its end.
    pub(super) ends: Vec<usize>,
}

impl Choices {
    /// Whether they are all of the job together.
    pub(super) fn are_enough(&self) -> bool {
        let best = |slot: &[Choice]| slot.iter().map(|choice| choice.share).max().unwrap_or(0);
        self.slots().map(best).sum::<u128>() >= SHARE
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &[Choice]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.all[*start..*end])
    }
}

/// Costs are counted in a unit in which they fit well into an integer: finer by so many bits, or coarser and rounded down.
pub(super) struct Scale {
    finer: u32,
    coarser: u32,
    /// The most that a share may be worth.
    highest: u128,
}

/// Bits of the largest product there is to be.
const BITS: u32 = 116;
/// Worths that are tried where lines meet; after them, the middle.
const LINES: u32 = 24;

impl Scale {
    pub(super) fn of(choices: &Choices) -> Self {
        let choices = || choices.all.iter();
        let bits = |number: u128| u128::BITS - number.leading_zeros();
        let worth = choices()
            .map(|choice| choice.cost.div_ceil(choice.share))
            .max();
        let (worth, share) = (
            worth.unwrap_or(0),
            choices().map(|choice| choice.share).max(),
        );
        let share = share.unwrap_or(0).max(SHARE);
        let cost = choices().map(|choice| choice.cost).max().unwrap_or(0);
        let needed = (bits(worth) + bits(share) + 10).max(bits(cost));
        let finer = BITS.saturating_sub(needed).min(48);
        let coarser = needed.saturating_sub(BITS);
        // A dearer model may pay above all averages; where it does not pay even then, the bound stays one.
        let highest = ((worth + 1) << 8 << finer) >> coarser;
        Self {
            finer,
            coarser,
            highest,
        }
    }

    /// The least worth of a share at which enough of them pay, and what all then cost at the least.
    ///
    /// That cost is a concave function of the worth, and a line at each. Where the lines at two worths meet between them is the
    /// next to try.
    pub(super) fn dearest(&self, choices: &Choices) -> (u128, u128) {
        let line = |worth: u128| {
            let all = choices.slots().map(|slot| self.best(slot, worth));
            let (gains, shares) = all.fold((0_u128, 0_u128), |sum, one| {
                (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1))
            });
            ((worth * SHARE).saturating_sub(gains), shares)
        };
        let (mut low, mut high) = (0, self.highest);
        let (mut below, mut above) = (line(low), line(high));
        if below.1 >= SHARE {
            return (low, below.0);
        }
        for tried in 0_u32.. {
            if high - low <= 1 {
                break;
            }
            let [up, down] = [SHARE - below.1, above.1.saturating_sub(SHARE)];
            let rise = down.checked_mul(high - low);
            let rise = rise.and_then(|rise| rise.checked_add(above.0)?.checked_sub(below.0));
            let meets = rise.map(|rise| low + rise / (up + down));
            // Which takes as many attempts as there are kinds of slots at the worst, and few as a rule.
            let middle = meets
                .filter(|_| tried < LINES)
                .unwrap_or(low + (high - low) / 2);
            let middle = middle.clamp(low + 1, high - 1);
            let found = line(middle);
            if found.1 >= SHARE {
                (high, above) = (middle, found);
            } else {
                (low, below) = (middle, found);
            }
        }
        (high, above.0.max(below.0))
    }

    /// The choice that gains most if a share is worth so much, the one with the largest share of several; none where all lose.
    pub(super) fn choice<'a>(&self, slot: &'a [Choice], worth: u128) -> Option<&'a Choice> {
        let gain = |choice: &&Choice| (worth * choice.share).checked_sub(self.up(choice.cost));
        let gains = slot.iter().filter(|choice| gain(choice).is_some());
        gains.max_by_key(|choice| (gain(choice), choice.share))
    }

    /// What that gains, and its share.
    pub(super) fn best(&self, slot: &[Choice], worth: u128) -> (u128, u128) {
        let choice = self.choice(slot, worth);
        choice.map_or((0, 0), |choice| {
            (worth * choice.share - self.up(choice.cost), choice.share)
        })
    }

    fn up(&self, cost: u128) -> u128 {
        (cost >> self.coarser) << self.finer
    }

    pub(super) fn down(&self, cost: u128) -> u128 {
        (cost >> self.finer) << self.coarser
    }
}
