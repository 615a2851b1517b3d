//! Partitioned GPUs at random, and tasks that ask for slices of them.

use std::sync::Arc;

use super::Swarm;
use crate::model::{Gang, GpuDemand, Profile, Role};
use crate::units::convert;
use crate::world::draw::Stream;

/// Compute slices and those of the whole GPU, memory slices and GB, and starts.
type Row = ((u8, u8), (u8, u8), &'static [u8]);

/// Of a GPU as it is sold.
const SEVEN: &[Row] = &[
    ((1, 7), (1, 5), &[0, 1, 2, 3, 4, 5, 6]),
    ((1, 7), (2, 10), &[0, 2, 4, 6]),
    ((2, 7), (2, 10), &[0, 2, 4]),
    ((3, 7), (4, 20), &[0, 4]),
    ((4, 7), (4, 20), &[0]),
    ((7, 7), (8, 40), &[0]),
];

/// Of one that nobody sells: its compute slices run out before its memory does.
const FOUR: &[Row] = &[
    ((1, 4), (1, 6), &[0, 1, 2, 3, 4, 5]),
    ((2, 4), (1, 6), &[1, 5, 7]),
    ((1, 4), (3, 18), &[0, 4]),
    ((4, 4), (5, 30), &[3]),
];

fn profiles(rows: &[Row]) -> Arc<[Profile]> {
    let profile = |(compute, memory, starts): &Row| Profile::new(*compute, *memory, starts);
    rows.iter()
        .map(|row| profile(row).expect("a profile that can be"))
        .collect()
}

fn pick<'a, T>(luck: &mut Stream, from: &'a [T]) -> &'a T {
    &from[usize::try_from(luck.below(convert::wide(from.len()))).expect("few")]
}

impl Swarm {
    /// What the GPUs of an offering are partitioned into; drawn apart, so that worlds without it stay as they were.
    pub(super) fn mig(&self, at: u64) -> Option<Arc<[Profile]>> {
        let mut luck = self.luck("partitions", at);
        let rows = *pick(&mut luck, &[SEVEN, SEVEN, FOUR]);
        (self.has("mig") && luck.chance(0.7)).then(|| profiles(rows))
    }

    /// The same gang with tasks that ask for slices instead, some of them.
    pub(super) fn in_slices(&self, at: u64, gang: Gang) -> Gang {
        if !self.has("mig") {
            return gang;
        }
        let mut luck = self.luck("slices", at);
        let rows = *pick(&mut luck, &[SEVEN, SEVEN, FOUR]);
        let mut role = |role: &Role| {
            let mut role = *role;
            if luck.chance(0.6) {
                role.demand.gpu = GpuDemand::Slice(*pick(&mut luck, &profiles(rows)));
            }
            role
        };
        match &gang {
            Gang::One(own) => Gang::One(role(own)),
            Gang::Many(roles) => Gang::Many(roles.iter().map(role).collect()),
        }
    }
}
