//! Tables of slowdown at random, so that who shares a GPU matters.

use std::sync::Arc;

use super::{Swarm, small};
use crate::course::{Pairing, Slowdown, UNIT_RATE};
use crate::model::Class;
use crate::units::ModelId;

const LABELS: u16 = 4;

impl Swarm {
    /// What some kinds of some classes keep of their speed beside others; now and then nothing.
    pub(super) fn slowdown(&self, classes: &[Class], models: u64) -> Option<Arc<Slowdown>> {
        let mut luck = self.luck("slowdown", 0);
        let labels = classes.iter().map(|_| {
            let some = (0..3).map(|_| luck.chance(0.9).then(|| small(luck.below(LABELS.into()))));
            some.collect()
        });
        let labels: Vec<Vec<Option<u16>>> = labels.collect();
        let mut pairs = Vec::new();
        for model in 0..models {
            for pair in 0..LABELS * LABELS {
                for gpus in [1, 3] {
                    let factor_ppb = match luck.below(20) {
                        0 => 0,
                        1 => UNIT_RATE,
                        _ => luck.between(1, SEVENTHS) * UNIT_RATE / SEVENTHS,
                    };
                    let of = Pairing {
                        own: pair / LABELS,
                        beside: pair % LABELS,
                        model: ModelId(small(model)),
                        gpus,
                        factor_ppb,
                        steps_s: None,
                    };
                    pairs.extend(luck.chance(0.8).then_some(of));
                }
            }
        }
        let table = Arc::new(Slowdown::new(labels, pairs));
        self.has("slowdown").then_some(table)
    }
}

/// Factors are sevenths, so that few of them divide anything.
const SEVENTHS: u64 = 7;
