//! Measured speeds as a table: steps a second by kind of job, number of GPUs and GPU model.

use super::UNIT_RATE;
use crate::units::{KindId, ModelId, Span, convert};

/// A table of speeds. A job runs on the models that its kind and size have a speed for, and on no others.
///
/// They are speeds alone: how jobs that share a GPU slow each other down is another table, [`Slowdown`](super::Slowdown), and
/// without that each runs as if it were alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Speeds {
    sizes: Vec<Size>,
}

/// Speeds of the jobs of a kind that ask for so many GPUs.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// The kind.
    pub kind: KindId,
    /// GPUs of the whole job.
    pub gpus: u32,
    /// Steps a second on the model that durations refer to.
    pub reference_s: f64,
    /// Steps a second of the whole job, positive; a model on which it does not run is absent.
    pub by_model: Vec<(ModelId, f64)>,
}

impl Speeds {
    /// The length of a step at unit rate in courses with a table: so long that a rate in parts per billion tells steps a
    /// second to twelve decimals.
    pub const STEP: Span = Span::from_secs(1000);

    /// A table of these sizes. Panics if one stands twice, or a speed is not in (0, 1e6].
    pub fn new(mut sizes: Vec<Size>) -> Self {
        sizes.sort_by_key(|size| (size.kind, size.gpus));
        let twice = |pair: &[Size]| (pair[0].kind, pair[0].gpus) == (pair[1].kind, pair[1].gpus);
        assert!(!sizes.windows(2).any(twice), "a size stands once");
        let sound = |speed: f64| speed > 0.0 && speed <= 1e6;
        for size in &sizes {
            assert!(sound(size.reference_s), "a reference speed is positive");
            let all = size.by_model.iter().all(|(_, speed)| sound(*speed));
            assert!(all, "a speed is positive");
        }
        Self { sizes }
    }

    /// All sizes, by kind and number of GPUs.
    pub fn sizes(&self) -> &[Size] {
        &self.sizes
    }

    /// The row for so many GPUs: the largest of the kind that is not above.
    pub fn size(&self, kind: KindId, gpus: u32) -> Option<&Size> {
        let beyond = self
            .sizes
            .partition_point(|size| (size.kind, size.gpus) <= (kind, gpus));
        let size = &self.sizes[beyond.checked_sub(1)?];
        (size.kind == kind).then_some(size)
    }

    /// Steps a second; none where it does not run.
    pub fn steps_s(&self, kind: KindId, model: ModelId, gpus: u32) -> Option<f64> {
        let listed = &self.size(kind, gpus)?.by_model;
        let found = listed.iter().find(|(listed, _)| *listed == model);
        found.map(|(_, speed)| *speed)
    }

    /// The same as a rate: steps of [`Speeds::STEP`], in parts per billion.
    pub fn rate(&self, kind: KindId, model: ModelId, gpus: u32) -> Option<u64> {
        self.steps_s(kind, model, gpus).map(Self::rate_of)
    }

    /// So many steps a second as a rate, to the nearest.
    pub fn rate_of(steps_s: f64) -> u64 {
        let step_s = convert::real(Self::STEP.us() / 1_000_000);
        convert::floor(steps_s * step_s * convert::real(UNIT_RATE) + 0.5).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_size_that_is_not_above_holds() {
        let size = |kind, gpus, speed| Size {
            kind: KindId(kind),
            gpus,
            reference_s: speed,
            by_model: vec![(ModelId(1), speed)],
        };
        let speeds = Speeds::new(vec![size(1, 4, 3.0), size(0, 1, 1.0), size(1, 2, 2.0)]);
        let on = |kind, gpus| speeds.steps_s(KindId(kind), ModelId(1), gpus);
        assert_eq!(
            [on(0, 8), on(1, 2), on(1, 3)],
            [Some(1.0), Some(2.0), Some(2.0)]
        );
        assert_eq!([on(1, 1), on(2, 8)], [None, None]);
        assert_eq!(speeds.steps_s(KindId(0), ModelId(0), 1), None);
        assert_eq!(
            speeds.rate(KindId(1), ModelId(1), 9),
            Some(3_000 * UNIT_RATE)
        );
    }
}
