//! The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded and drawn from as `CPython`'s `random.Random` does:
//! for whoever must draw as a Python program did, and for nothing else.

const SIZE: usize = 624;
const SHIFT: usize = 397;

/// The generator.
#[derive(Clone, Debug)]
pub struct Mersenne {
    state: [u32; SIZE],
    next: usize,
}

impl Mersenne {
    /// As `random.Random(seed)` of an integer below 2^32.
    pub fn new(seed: u32) -> Self {
        let mut state = Self::of_one(19_650_218).state;
        let mut at = 1;
        for _ in 0..SIZE {
            let mixed = mix(&state, at, 1_664_525);
            state[at] = (state[at] ^ mixed).wrapping_add(seed);
            at = after(&mut state, at);
        }
        for _ in 1..SIZE {
            let mixed = mix(&state, at, 1_566_083_941);
            let number = u32::try_from(at).expect("below 624");
            state[at] = (state[at] ^ mixed).wrapping_sub(number);
            at = after(&mut state, at);
        }
        state[0] = 1 << 31;
        Self { state, next: SIZE }
    }

    /// As `numpy.random.seed(seed)`: from the state that a single number makes.
    pub fn of_one(seed: u32) -> Self {
        let mut state = [0; SIZE];
        state[0] = seed;
        for (at, number) in (1..SIZE).zip(1_u32..) {
            let before = state[at - 1];
            state[at] = (before ^ (before >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(number);
        }
        Self { state, next: SIZE }
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        if self.next == SIZE {
            self.twist();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// A double in [0, 1), of 53 bits, as both draw it.
    pub fn uniform(&mut self) -> f64 {
        let (high, low) = (self.bits() >> 5, self.bits() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    fn twist(&mut self) {
        for at in 0..SIZE {
            let joined =
                (self.state[at] & 0x8000_0000) | (self.state[(at + 1) % SIZE] & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[at] = self.state[(at + SHIFT) % SIZE] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }

    /// As `random.shuffle`: from the last place to the second, each swapped with one that is not behind it.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            let other = self.below(at + 1);
            list.swap(at, other);
        }
    }

    /// As `random.sample` of two of so many.
    pub(super) fn two_of(&mut self, number: usize) -> [usize; 2] {
        /// Up to here it draws from a list that closes behind what was drawn.
        const LISTED: usize = 21;
        let first = self.below(number);
        if number <= LISTED {
            let second = self.below(number - 1);
            let moved = second == first;
            return [first, if moved { number - 1 } else { second }];
        }
        loop {
            let second = self.below(number);
            if second != first {
                return [first, second];
            }
        }
    }

    /// As `random._randbelow`: as many bits as the number has, drawn again until they are below it.
    pub(super) fn below(&mut self, number: usize) -> usize {
        let width = usize::BITS - number.leading_zeros();
        loop {
            let drawn = self.bits() >> (32 - width);
            let drawn = usize::try_from(drawn).expect("32 bits fit");
            if drawn < number {
                return drawn;
            }
        }
    }
}

fn mix(state: &[u32; SIZE], at: usize, factor: u32) -> u32 {
    let before = state[at - 1];
    (before ^ (before >> 30)).wrapping_mul(factor)
}

/// The next place; behind the last one the first takes its number.
fn after(state: &mut [u32; SIZE], at: usize) -> usize {
    if at + 1 < SIZE {
        return at + 1;
    }
    state[0] = state[SIZE - 1];
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_draws_what_cpython_draws() {
        let draws = |seed| {
            let mut own = Mersenne::new(seed);
            [own.bits(), own.bits(), own.bits()]
        };
        // random.Random(seed).getrandbits(32), three times.
        assert_eq!(draws(0), [3_626_764_237, 1_654_615_998, 3_255_389_356]);
        assert_eq!(draws(5), [2_675_342_405, 1_097_127_993, 3_185_950_873]);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the same bits")]
    fn it_draws_what_numpy_draws() {
        let mut own = Mersenne::of_one(0);
        // numpy.random.seed(0); numpy.random.random_sample(3).
        let drawn = [own.uniform(), own.uniform(), own.uniform()];
        let theirs = [0.548_813_503_927_324_8, 0.715_189_366_372_419_5];
        assert_eq!(drawn[..2], theirs);
        assert_eq!(drawn[2], 0.602_763_376_071_643_9);
    }

    #[test]
    fn it_shuffles_as_cpython_shuffles() {
        let mut own = Mersenne::new(5);
        let mut shuffled = || {
            let mut list = ["v100", "p100", "k80"];
            own.shuffle(&mut list);
            list
        };
        // The same list each time, shuffled by one random.Random(5).
        let first: Vec<_> = (0..4).map(|_| shuffled()).collect();
        assert_eq!(
            first,
            [
                ["v100", "p100", "k80"],
                ["v100", "p100", "k80"],
                ["p100", "v100", "k80"],
                ["k80", "v100", "p100"]
            ]
        );
        let mut ten: Vec<u32> = (0..10).collect();
        Mersenne::new(7).shuffle(&mut ten);
        assert_eq!(ten, [8, 3, 1, 4, 7, 0, 9, 6, 2, 5]);
    }
}
