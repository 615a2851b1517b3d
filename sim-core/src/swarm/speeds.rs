//! Tables of speeds at random, and the kinds of jobs that stand in them.

use std::sync::Arc;

use super::{Swarm, small};
use crate::course::{Size, Speeds};
use crate::units::{KindId, ModelId, SimTime, convert};

const KINDS: u16 = 3;

impl Swarm {
    /// The kind of a job; without tables it stands for nothing.
    pub(super) fn kind(&self, arrival: SimTime) -> KindId {
        KindId(small(self.luck("kind", arrival.us()).below(KINDS.into())))
    }

    /// Speeds of every kind on every model, in steps a second.
    pub(super) fn table(&self, at: u64) -> Option<Arc<Speeds>> {
        let mut luck = self.luck("speed-table", at);
        let mut speed = || convert::real(luck.between(1, 30)) / 7_000.0;
        let kinds = (0..KINDS).flat_map(|kind| [0, 2].map(|gpus| (KindId(kind), gpus)));
        let sizes = kinds.map(|(kind, gpus)| Size {
            kind,
            gpus,
            reference_s: speed(),
            by_model: (0..3).map(|model| (ModelId(model), speed())).collect(),
        });
        let table = Arc::new(Speeds::new(sizes.collect()));
        self.has("speed-table").then_some(table)
    }
}
