//! Numbers for every GPU of every slot, and sets of them as intervals.

use sim_core::engine::World;
use sim_core::model::Seat;

/// Numbers the GPUs of all slots, fleet by fleet; a machine without GPUs counts as one.
pub(super) struct Numbers {
    /// By slot: the number of its first GPU, and how many there are.
    slots: Vec<(u32, u32)>,
}

impl Numbers {
    pub(super) fn of(world: &World) -> Self {
        let (mut slots, mut next) = (Vec::new(), 0);
        for offering in &world.offerings {
            for _ in 0..offering.max {
                slots.push((next, offering.shape.gpus));
                next += offering.shape.gpus.max(1);
            }
        }
        Self { slots }
    }

    /// The numbers that a seat takes: of a machine without GPUs its own, of a seat without GPUs on another none.
    pub(super) fn seat(&self, seat: &Seat) -> Vec<u32> {
        match self.slots[seat.node.index()] {
            (first, 0) => vec![first],
            (first, _) => seat.gpus.iter().map(|gpu| first + gpu).collect(),
        }
    }

    /// How many numbers there are.
    pub(super) fn count(&self) -> u32 {
        let last = self.slots.last();
        last.map_or(0, |(first, gpus)| first + gpus.max(&1))
    }

    /// The number of a slot's first GPU.
    pub(super) fn first(&self, slot: usize) -> u32 {
        self.slots[slot].0
    }
}

/// A set as text: "0-3 7", ascending.
pub(super) fn intervals(mut numbers: Vec<u32>) -> String {
    numbers.sort_unstable();
    numbers.dedup();
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let run = |run: &[u32]| match run {
        [one] => one.to_string(),
        run => format!("{}-{}", run[0], run[run.len() - 1]),
    };
    let runs: Vec<String> = runs.map(run).collect();
    runs.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_told_by_its_runs() {
        assert_eq!(intervals(vec![7, 0, 2, 1, 3, 3]), "0-3 7");
        assert_eq!(intervals(vec![5]), "5");
        assert_eq!(intervals(Vec::new()), "");
    }
}
