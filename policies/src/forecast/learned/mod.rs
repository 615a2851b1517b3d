//! Networks that learn a series from its own past.
//!
//! A [`Net`] is told the last values and says by how much the next ones will differ from the last of them, so that a net that
//! says nothing is persistence. It is trained again every so many values, on windows of the past that are drawn at random,
//! by Adam (Kingma, Ba, 2015). Doubles throughout, `libm` and keyed draws: the same values give the same bits.

mod linear;
mod lstm;
mod transformer;

use sim_core::units::convert;
use sim_core::world::draw::Stream;

pub use lstm::Lstm;
pub use transformer::Transformer;

use super::Forecaster;

/// What a net is told of a step: the value, and its place in the season on a circle.
pub type Step = [f64; 3];

/// A network from the last steps to what comes after.
pub trait Net: Clone + Send + 'static {
    /// What it is called.
    const NAME: &'static str;
    /// One of this shape, its weights drawn.
    fn new(shape: Shape, luck: &mut Stream) -> Self;
    /// All its weights.
    fn weights(&mut self) -> &mut [f64];
    /// What comes after these steps, as many of them as the horizon has.
    fn run(&self, steps: &[Step]) -> Vec<f64>;
    /// Adds the gradient of half the squared error, by weight; the error itself is returned.
    fn learn(&self, steps: &[Step], came: &[f64], gradient: &mut [f64]) -> f64;
}

/// Size of a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Steps that it is told.
    pub window: usize,
    /// Steps that it foretells.
    pub horizon: usize,
    /// Numbers by which it remembers a step.
    pub width: usize,
}

/// How a net is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// Steps of a season, such as a day.
    pub season: usize,
    /// Values between two trainings; the first is after two windows with their horizons.
    pub every: usize,
    /// Batches of a training, and windows of a batch.
    pub batches: usize,
    /// Windows of a batch.
    pub batch: usize,
    /// Step length of Adam.
    pub rate: f64,
    /// What its draws are keyed by.
    pub seed: u64,
}

/// A net as a forecaster.
#[derive(Clone, Debug)]
pub struct Learned<N> {
    net: N,
    shape: Shape,
    training: Training,
    luck: Stream,
    values: Vec<f64>,
    /// Mean and deviation of the values it was last trained on; none: it has not been.
    scale: Option<[f64; 2]>,
    /// Mean gradient and its square, by weight, and steps of Adam so far.
    moments: Vec<[f64; 2]>,
    updates: f64,
    /// What it foretells now.
    foretold: Vec<f64>,
}

impl Training {
    /// Trained every season: 60 batches of 16, steps of 0.005.
    pub fn new(season: usize, seed: u64) -> Self {
        Self {
            season,
            every: season,
            batches: 60,
            batch: 16,
            rate: 0.005,
            seed,
        }
    }
}

impl<N: Net> Learned<N> {
    /// Nothing has been learned yet: the last value stays. Panics on a shape or a training of nothing.
    pub fn new(shape: Shape, training: Training) -> Self {
        assert!(shape.window > 0 && shape.horizon > 0 && shape.width > 0);
        assert!(training.season > 0 && training.every > 0 && training.batch > 0);
        let mut luck = Stream::new(training.seed, &["forecast".into(), N::NAME.into()]);
        let mut net = N::new(shape, &mut luck);
        let moments = vec![[0.0; 2]; net.weights().len()];
        Self {
            net,
            shape,
            training,
            luck,
            values: Vec::new(),
            scale: None,
            moments,
            updates: 0.0,
            foretold: Vec::new(),
        }
    }

    /// The window that ends before `end`.
    fn window(&self, end: usize, [mean, deviation]: [f64; 2]) -> Vec<Step> {
        let season = self.training.season;
        let step = |at: usize| {
            let turn = real(at % season) / real(season) * std::f64::consts::TAU;
            let value = (self.values[at] - mean) / deviation;
            [value, libm::sin(turn), libm::cos(turn)]
        };
        (end - self.shape.window..end).map(step).collect()
    }

    fn train(&mut self) {
        let count = real(self.values.len());
        let mean = self.values.iter().sum::<f64>() / count;
        let squares = self
            .values
            .iter()
            .map(|value| (value - mean) * (value - mean));
        let deviation = (squares.sum::<f64>() / count).sqrt();
        // A series that never changes needs no net.
        if deviation <= 0.0 {
            return;
        }
        self.scale = Some([mean, deviation]);
        let (window, horizon) = (self.shape.window, self.shape.horizon);
        let places = convert::wide(self.values.len() - window - horizon + 1);
        for _ in 0..self.training.batches {
            let mut gradient = vec![0.0; self.moments.len()];
            for _ in 0..self.training.batch {
                let drawn = usize::try_from(self.luck.below(places)).expect("one of the values");
                let end = drawn + window;
                let last = self.values[end - 1];
                let coming = &self.values[end..end + horizon];
                let came: Vec<f64> = coming.iter().map(|v| (v - last) / deviation).collect();
                let steps = self.window(end, [mean, deviation]);
                self.net.learn(&steps, &came, &mut gradient);
            }
            self.update(&gradient);
        }
    }

    /// A step of Adam along a gradient, which is held to a length of one for each window.
    fn update(&mut self, gradient: &[f64]) {
        const KEEP: [f64; 2] = [0.9, 0.999];
        let batch = real(self.training.batch);
        let squares: f64 = gradient.iter().map(|part| part * part).sum();
        let shrink = 1.0 / squares.sqrt().max(batch);
        self.updates += 1.0;
        let unbias = KEEP.map(|keep| 1.0 - libm::pow(keep, self.updates));
        let parts = gradient.iter().zip(&mut self.moments);
        for (weight, (part, [first, second])) in self.net.weights().iter_mut().zip(parts) {
            let part = part * shrink;
            *first = KEEP[0] * *first + (1.0 - KEEP[0]) * part;
            *second = KEEP[1] * *second + (1.0 - KEEP[1]) * part * part;
            let [first, second] = [*first / unbias[0], *second / unbias[1]];
            *weight -= self.training.rate * first / (second.sqrt() + 1e-8);
        }
    }
}

impl<N: Net> Forecaster for Learned<N> {
    fn name(&self) -> &'static str {
        N::NAME
    }

    fn observe(&mut self, value: f64) {
        self.values.push(value);
        let first = 2 * (self.shape.window + self.shape.horizon);
        let late = self.values.len().checked_sub(first);
        if late.is_some_and(|late| late.is_multiple_of(self.training.every)) {
            self.train();
        }
        if let Some(scale) = self.scale {
            let said = self.net.run(&self.window(self.values.len(), scale));
            let next = |by: &f64| (value + by * scale[1]).max(0.0);
            self.foretold = said.iter().map(next).collect();
        }
    }

    fn ahead(&self, steps: u32) -> f64 {
        let at = convert::index(steps.max(1)) - 1;
        let foretold = self.foretold.get(at).or(self.foretold.last());
        foretold.or(self.values.last()).copied().unwrap_or(0.0)
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(self.clone())
    }
}

fn real(count: usize) -> f64 {
    convert::real(convert::wide(count))
}

/// Half the squared error, and what it changes by with each output.
fn loss(said: &[f64], came: &[f64]) -> (f64, Vec<f64>) {
    let off: Vec<f64> = said
        .iter()
        .zip(came)
        .map(|(said, came)| said - came)
        .collect();
    (off.iter().map(|off| off * off / 2.0).sum(), off)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Persistence, skill};

    const SHAPE: Shape = Shape {
        window: 5,
        horizon: 2,
        width: 3,
    };

    /// The gradient is what the error changes by as each weight is moved a little.
    fn gradient_is_right<N: Net>() {
        let mut luck = Stream::new(3, &["gradient".into()]);
        let mut net = N::new(SHAPE, &mut luck);
        let steps: Vec<Step> = (0..SHAPE.window)
            .map(|_| [(); 3].map(|()| luck.normal()))
            .collect();
        let came = [luck.normal(), luck.normal()];
        let mut gradient = vec![0.0; net.weights().len()];
        net.learn(&steps, &came, &mut gradient);
        for (at, part) in gradient.iter().enumerate() {
            let error = |by: f64| {
                let mut moved = net.clone();
                moved.weights()[at] += by;
                loss(&moved.run(&steps), &came).0
            };
            let slope = (error(1e-5) - error(-1e-5)) / 2e-5;
            assert!(
                (slope - part).abs() < 1e-7,
                "{} {at}: {slope} {part}",
                N::NAME
            );
        }
    }

    #[test]
    fn gradients_are_the_slopes_of_the_error() {
        gradient_is_right::<Lstm>();
        gradient_is_right::<Transformer>();
    }

    /// Skill two steps ahead on a season with noise, over the second half.
    fn skill<N: Net>() -> f64 {
        let mut luck = Stream::new(4, &["series".into()]);
        let value = |at: usize| {
            let turn = real(at % 24) / 24.0 * std::f64::consts::TAU;
            50.0 + 20.0 * libm::sin(turn) + 10.0 * libm::sin(3.0 * turn) + 2.0 * luck.normal()
        };
        let values: Vec<f64> = (0..600).map(value).collect();
        let shape = Shape {
            window: 12,
            horizon: 2,
            width: 8,
        };
        let mut learned = Learned::<N>::new(shape, Training::new(24, 1));
        let errors = skill::errors(&mut learned, &values, 300, 2);
        let plain = skill::errors(&mut Persistence::default(), &values, 300, 2);
        // The same again, bit by bit.
        let mut again = Learned::<N>::new(shape, Training::new(24, 1));
        assert_eq!(skill::errors(&mut again, &values, 300, 2), errors);
        errors.skill(&plain).expect("persistence misses")
    }

    #[test]
    fn both_learn_a_season_from_its_past() {
        let [lstm, transformer] = [skill::<Lstm>(), skill::<Transformer>()];
        assert!(lstm > 0.6, "{lstm}");
        assert!(transformer > 0.6, "{transformer}");
    }
}
