//! Arrivals as `numpy` draws them: gaps of a gamma process, one uniform after the other of a seeded Mersenne Twister.

use policies::gavel::Mersenne;

/// Instants, in seconds, of a gamma process of this rate and coefficient of variation (above one), up to `end`.
pub(super) fn gamma(seed: u32, rate: f64, variation: f64, end: f64) -> Vec<f64> {
    let squared = variation * variation;
    let mut luck = Mersenne::of_one(seed);
    let mut instants = Vec::new();
    let mut now = 0.0;
    loop {
        now += below_one(&mut luck, 1.0 / squared) * squared / rate;
        if now >= end {
            return instants;
        }
        instants.push(now);
    }
}

/// A gamma of this shape, below one, and a scale of one: by rejection from a power and an exponential tail (Ahrens, Dieter,
/// 1974), in the form in which two uniforms make a proposal.
fn below_one(luck: &mut Mersenne, shape: f64) -> f64 {
    loop {
        let first = luck.uniform();
        let threshold = -libm::log(1.0 - luck.uniform());
        let (proposed, spent) = if first <= 1.0 - shape {
            (libm::pow(first, 1.0 / shape), 0.0)
        } else {
            let tail = -libm::log((1.0 - first) / shape);
            (libm::pow(1.0 - shape + shape * tail, 1.0 / shape), tail)
        };
        if proposed <= threshold + spent {
            return proposed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_draws_what_numpy_draws() {
        let mut luck = Mersenne::of_one(3);
        // numpy.random.RandomState(3).gamma(1 / 16, 1.0, size=4).
        let theirs = [
            7.175_901_105_820_358e-5,
            2.630_345_134_650_424_4e-9,
            0.163_384_391_570_756_74,
            3.828_436_930_739_651e-15,
        ];
        for their in theirs {
            let own = below_one(&mut luck, 1.0 / 16.0);
            assert!((own - their).abs() <= 1e-12 * their, "{own} is not {their}");
        }
    }

    #[test]
    fn a_process_has_its_rate() {
        let count = gamma(0, 8.0, 4.0, 10_000.0).len();
        // 80,000 are expected, with a standard error of 4 * sqrt(80,000) = 1,130.
        assert!((76_000..84_000).contains(&count), "{count}");
    }
}
