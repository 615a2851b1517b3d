//! Means of a simulation with their standard errors, by batch means: the run is cut into sections so long that what happens
//! in one says next to nothing of the next, and what differs between them is chance.

use sim_core::units::convert;

/// A mean and its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) mean: f64,
    pub(super) stderr: f64,
}

/// Sums over a section of a run; times in seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sums {
    /// Its length.
    pub(super) length: f64,
    /// Requests that were served, or that a cache was asked for.
    pub(super) requests: f64,
    /// Requests that had to wait, or that a cache had an answer to.
    pub(super) hits: f64,
    /// Times that they waited.
    pub(super) wait: f64,
    /// Times that they were inside.
    pub(super) inside: f64,
    /// Batches.
    pub(super) batches: f64,
    /// Batches before which nobody waited.
    pub(super) empty: f64,
    /// What a control was above what it is in the mean.
    pub(super) control: f64,
    /// Requests by how long they waited: not at all, up to one bin, up to two, and so on; the last holds whatever is above.
    pub(super) waits: Vec<f64>,
}

/// Sections of a run; there are never `MOST`, since then each two are made one.
#[derive(Clone, Debug, Default)]
pub(super) struct Sections {
    all: Vec<Sums>,
    open: Sums,
    /// Parts of the open one, and of a whole one.
    parts: (u32, u32),
}

/// Sections from which an estimate is made, at least.
pub(super) const LEAST: usize = 64;
const MOST: usize = 2 * LEAST;

impl Estimate {
    pub(super) const fn exact(mean: f64) -> Self {
        Self { mean, stderr: 0.0 }
    }

    /// Whether it is known to this share of it.
    pub(super) fn within(&self, share: f64) -> bool {
        self.mean > 0.0 && self.stderr <= share * self.mean
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.length += other.length;
        self.requests += other.requests;
        self.hits += other.hits;
        self.wait += other.wait;
        self.inside += other.inside;
        self.batches += other.batches;
        self.empty += other.empty;
        self.control += other.control;
        self.waits
            .resize(self.waits.len().max(other.waits.len()), 0.0);
        for (own, more) in self.waits.iter_mut().zip(&other.waits) {
            *own += more;
        }
    }

    /// Requests that waited up to so many bins, evenly spread within a bin.
    fn up_to(&self, bins: f64) -> f64 {
        let whole = usize::try_from(convert::floor(bins)).unwrap_or(usize::MAX);
        let below: f64 = self.waits.iter().take(whole.saturating_add(1)).sum();
        let part = self.waits.get(whole.saturating_add(1));
        below + part.unwrap_or(&0.0) * bins.fract()
    }

    /// Bins that this share of the requests waited up to.
    fn bins_of(&self, share: f64) -> f64 {
        let mut left = share * self.requests - self.waits.first().unwrap_or(&0.0);
        if left <= 0.0 {
            return 0.0;
        }
        let mut bins = 0.0;
        for count in self.waits.iter().skip(1) {
            if left <= *count {
                return bins + left / count;
            }
            left -= count;
            bins += 1.0;
        }
        bins
    }
}

impl Sections {
    /// Adds a part; all are of the same length.
    pub(super) fn push(&mut self, part: &Sums) {
        self.open.add(part);
        self.parts.0 += 1;
        if self.parts.0 < self.parts.1 {
            return;
        }
        self.all.push(std::mem::take(&mut self.open));
        self.parts = (0, self.parts.1.max(1));
        if self.all.len() == MOST {
            let two = |pair: &[Sums]| {
                let mut sum = pair[0].clone();
                sum.add(&pair[1]);
                sum
            };
            self.all = self.all.chunks_exact(2).map(two).collect();
            self.parts.1 *= 2;
        }
    }

    /// How many are whole.
    pub(super) const fn len(&self) -> usize {
        self.all.len()
    }

    /// A sum for each of another.
    pub(super) fn ratio(&self, of: impl Fn(&Sums) -> (f64, f64)) -> Estimate {
        let pairs: Vec<(f64, f64)> = self.all.iter().map(of).collect();
        let above: f64 = pairs.iter().map(|pair| pair.0).sum();
        let below: f64 = pairs.iter().map(|pair| pair.1).sum();
        let mean = above / below;
        let off = pairs.iter().map(|(above, below)| above - mean * below);
        let squares: f64 = off.map(|off| off * off).sum();
        let count = convert::real(convert::wide(pairs.len()));
        let stderr = (squares * count / (count - 1.0)).sqrt() / below;
        Estimate { mean, stderr }
    }

    /// The same less what the control was off by, times how much of it shows there.
    pub(super) fn controlled(&self, of: impl Fn(&Sums) -> (f64, f64)) -> Estimate {
        let plain = self.ratio(&of);
        let count = convert::real(convert::wide(self.all.len()));
        let control: f64 = self.all.iter().map(|sums| sums.control).sum();
        let (mut below, mut both, mut square) = (0.0, 0.0, 0.0);
        let mut off = |sums: &Sums| {
            let (own, size) = of(sums);
            let (own, control) = (own - plain.mean * size, sums.control - control / count);
            below += size;
            both += own * control;
            square += control * control;
            (own, control)
        };
        let pairs: Vec<(f64, f64)> = self.all.iter().map(&mut off).collect();
        let shows = if square > 0.0 { both / square } else { 0.0 };
        let left = pairs.iter().map(|(own, control)| own - shows * control);
        let squares: f64 = left.map(|left| left * left).sum();
        Estimate {
            mean: plain.mean - shows * control / below,
            stderr: (squares * count / (count - 2.0)).sqrt() / below,
        }
    }

    /// The wait that this share of the requests do not exceed, in bins, by Woodruff's interval (JASA 47, 1952): the standard
    /// error of the share below it, seen through the quantiles about it.
    ///
    /// Four standard errors of the share away on the side where the quantiles are further off, a quarter of which counts as
    /// one: that is where an estimate is judged, and quantiles are not spread alike on both sides. Where hardly more requests
    /// wait than the share leaves, those below are all zero: the mean of both sides at one standard error is then far too
    /// small, however long the run.
    pub(super) fn quantile(&self, share: f64) -> Estimate {
        let mut all = Sums::default();
        for section in &self.all {
            all.add(section);
        }
        let mean = all.bins_of(share);
        let below = self.ratio(|section| (section.up_to(mean), section.requests));
        let (low, high) = (share - 4.0 * below.stderr, share + 4.0 * below.stderr);
        let further = (all.bins_of(high) - mean).max(mean - all.bins_of(low));
        let stderr = further / 4.0;
        Estimate { mean, stderr }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::world::draw::Stream;

    use super::*;

    /// Sections of draws that hang on those before them, with a mean of one.
    fn run(seed: u64, parts: u32) -> Sections {
        let mut luck = Stream::new(seed, &["sections".into()]);
        let mut sections = Sections::default();
        let mut level = 1.0;
        for _ in 0..parts {
            let mut sums = Sums::default();
            for _ in 0..100 {
                // Each draw stays for ten on the average.
                if luck.chance(0.1) {
                    level = luck.exponential(1.0);
                }
                sums.requests += 1.0;
                sums.wait += level;
            }
            sections.push(&sums);
        }
        sections
    }

    #[test]
    fn a_standard_error_is_that_of_runs_under_other_luck() {
        let mut squares = 0.0;
        let runs = 200;
        for seed in 0..runs {
            let mean = run(seed, 300).ratio(|sums| (sums.wait, sums.requests));
            let z = (mean.mean - 1.0) / mean.stderr;
            squares += z * z;
        }
        // Squares of standard normals, nearly: the mean of 200 has a standard error of 0.1; 4 of them.
        let mean = squares / convert::real(runs);
        assert!((mean - 1.0).abs() < 0.4, "{mean}");
    }

    #[test]
    fn a_quantile_just_above_those_that_do_not_wait_is_within_four_of_its_standard_errors() {
        for wait in [0.0495, 0.0505, 0.052, 0.06, 0.3] {
            // Waits are exponential, a hundred bins in the mean.
            let exact = 100.0 * f64::ln(wait / 0.05).max(0.0);
            for seed in 0..100 {
                let mut luck = Stream::new(seed, &["waits".into()]);
                let mut sections = Sections::default();
                for _ in 0..100 {
                    let mut sums = Sums {
                        requests: 200.0,
                        waits: vec![0.0; 2_000],
                        ..Sums::default()
                    };
                    for _ in 0..200 {
                        let waits = luck.chance(wait);
                        let bins = convert::floor(luck.exponential(100.0)) + 1;
                        let bin = if waits { bins.min(1_999) } else { 0 };
                        sums.waits[usize::try_from(bin).expect("few")] += 1.0;
                    }
                    sections.push(&sums);
                }
                let found = sections.quantile(0.95);
                let off = (found.mean - exact).abs();
                assert!(
                    off <= 4.0 * found.stderr,
                    "{wait} {seed}: {found:?}, is {exact}"
                );
            }
        }
    }

    #[test]
    fn a_control_takes_away_what_it_shows_and_the_standard_error_is_still_right() {
        let (mut squares, mut shares) = (0.0, 0.0);
        let runs = 200_u64;
        for seed in 0..runs {
            let mut luck = Stream::new(seed, &["control".into()]);
            let mut sections = Sections::default();
            for _ in 0..300 {
                let (common, own) = (luck.normal(), luck.normal());
                sections.push(&Sums {
                    requests: 10.0,
                    wait: 10.0 + 3.0 * common + own,
                    control: common,
                    ..Sums::default()
                });
            }
            let of = |sums: &Sums| (sums.wait, sums.requests);
            let (plain, found) = (sections.ratio(of), sections.controlled(of));
            let z = (found.mean - 1.0) / found.stderr;
            squares += z * z;
            shares += found.stderr / plain.stderr;
        }
        let mean = |sum: f64| sum / convert::real(runs);
        // A tenth of the variance is left. Squares of standard normals have a standard error of 0.1; 4 of them.
        assert!(
            (mean(shares) - 0.1_f64.sqrt()).abs() < 0.02,
            "{}",
            mean(shares)
        );
        assert!((mean(squares) - 1.0).abs() < 0.4, "{}", mean(squares));
    }

    #[test]
    fn sections_grow_and_lose_nothing() {
        let one = Sums {
            requests: 1.0,
            ..Sums::default()
        };
        let mut sections = Sections::default();
        for parts in 1..=1_000_u32 {
            sections.push(&one);
            assert!(sections.len() < MOST);
            let whole: f64 = sections.all.iter().map(|sums| sums.requests).sum();
            assert!((whole + sections.open.requests - f64::from(parts)).abs() < 1e-9);
        }
        assert!(sections.len() >= LEAST - 1);
    }
}
