//! Who lies where, and where there is room.

use std::cmp::Reverse;

use sim_core::units::ModelId;

use super::problem::{Problem, Spot};

/// Free GPUs by node, and how many of the jobs that lie across nodes lie there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ground {
    free: Vec<u32>,
    across: Vec<u32>,
}

impl Ground {
    /// Everything is free.
    pub(super) fn new(problem: &Problem<'_>) -> Self {
        Self {
            free: problem.sites.iter().map(|site| site.gpus).collect(),
            across: vec![0; problem.sites.len()],
        }
    }

    /// Someone comes.
    pub(super) fn take(&mut self, spot: &Spot) {
        for (site, gpus) in spot {
            self.free[*site] -= gpus;
            self.across[*site] += u32::from(spot.len() > 1);
        }
    }

    /// Someone goes.
    pub(super) fn give(&mut self, spot: &Spot) {
        for (site, gpus) in spot {
            self.free[*site] += gpus;
            self.across[*site] -= u32::from(spot.len() > 1);
        }
    }

    /// Whether just these GPUs can be had.
    pub(super) fn has(&self, problem: &Problem<'_>, spot: &Spot) -> bool {
        let crowds = problem.alone && spot.len() > 1;
        let free = |(site, gpus): &(usize, u32)| {
            self.free[*site] >= *gpus && !(crowds && self.across[*site] > 0)
        };
        spot.iter().all(free)
    }

    /// Open nodes of a model with GPUs that are free, and how many.
    pub(super) fn sites(
        &self,
        problem: &Problem<'_>,
        model: ModelId,
    ) -> impl Iterator<Item = (usize, u32)> {
        let all = problem.sites.iter().zip(&self.free).enumerate();
        let open =
            all.filter(move |(_, (site, free))| site.open && site.model == model && **free > 0);
        open.map(|(at, (_, free))| (at, *free))
    }

    /// So many GPUs of a model, `each` of them together: on the tightest node that has them all, or else on as few nodes as will
    /// do, the last of which is the tightest for what is left.
    pub(super) fn find(
        &self,
        problem: &Problem<'_>,
        model: ModelId,
        (gpus, each): (u32, u32),
    ) -> Option<Spot> {
        let sites = || self.sites(problem, model);
        let whole = sites().filter(|(_, free)| *free >= gpus);
        if let Some((at, _)) = whole.min_by_key(|(at, free)| (*free, *at)) {
            return Some(vec![(at, gpus)]);
        }
        if gpus <= each {
            return None;
        }
        let parts = sites().map(|(at, free)| (at, free - free % each));
        let mut parts: Spot = parts
            .filter(|(at, room)| *room > 0 && !(problem.alone && self.across[*at] > 0))
            .collect();
        if parts.iter().map(|(_, room)| *room).sum::<u32>() < gpus {
            return None;
        }
        parts.sort_unstable_by_key(|(at, room)| (Reverse(*room), *at));
        let (mut spot, mut left) = (Spot::new(), gpus);
        for (nth, (at, room)) in parts.iter().enumerate() {
            if *room >= left {
                // Of the last ones with room enough the one with the least.
                let tight = parts[nth..].iter().rev().find(|(_, room)| *room >= left);
                spot.push((tight.map_or(*at, |(at, _)| *at), left));
                break;
            }
            spot.push((*at, *room));
            left -= room;
        }
        spot.sort_unstable();
        Some(spot)
    }
}
