//! Timers in a 4-ary heap that knows where each lies, so that a cancelled one is taken out at once: the alternative to the
//! engine's pending set, which leaves it in until it comes up.

const ARITY: usize = 4;
const NOWHERE: u32 = u32::MAX;

/// Timers, at most one an entity.
#[derive(Debug)]
pub struct Indexed {
    /// Time and entity.
    heap: Vec<(u64, u32)>,
    /// By entity: where it lies in the heap.
    places: Vec<u32>,
}

impl Indexed {
    /// None, of up to `entities` entities.
    pub fn new(entities: usize) -> Self {
        Self {
            heap: Vec::new(),
            places: vec![NOWHERE; entities],
        }
    }

    /// Sets the timer of an entity that has none.
    pub fn set(&mut self, entity: u32, at: u64) {
        self.heap.push((at, entity));
        self.rise(self.heap.len() - 1);
    }

    /// The next to ring.
    pub fn ring(&mut self) -> Option<(u64, u32)> {
        let first = self.heap.first().copied()?;
        self.take(0);
        Some(first)
    }

    /// Cancels the timer of an entity that has one.
    pub fn cancel(&mut self, entity: u32) {
        self.take(index(self.places[index(entity)]));
    }

    fn take(&mut self, at: usize) {
        let (_, entity) = self.heap.swap_remove(at);
        self.places[index(entity)] = NOWHERE;
        if at < self.heap.len() {
            self.rise(at);
            self.sink(index(self.places[index(self.heap[at].1)]));
        }
    }

    fn rise(&mut self, mut at: usize) {
        let moving = self.heap[at];
        while at > 0 && moving < self.heap[(at - 1) / ARITY] {
            let parent = (at - 1) / ARITY;
            self.put(at, self.heap[parent]);
            at = parent;
        }
        self.put(at, moving);
    }

    fn sink(&mut self, mut at: usize) {
        let moving = self.heap[at];
        loop {
            let children = at * ARITY + 1..self.heap.len().min(at * ARITY + 1 + ARITY);
            let least = children.min_by_key(|child| self.heap[*child]);
            match least.filter(|child| self.heap[*child] < moving) {
                Some(child) => {
                    self.put(at, self.heap[child]);
                    at = child;
                }
                None => return self.put(at, moving),
            }
        }
    }

    fn put(&mut self, at: usize, timer: (u64, u32)) {
        self.heap[at] = timer;
        self.places[index(timer.1)] = u32::try_from(at).expect("fewer than 2^32 timers");
    }
}

fn index(n: u32) -> usize {
    usize::try_from(n).expect("32 bits fit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::engine::bench_support::Timers;
    use sim_core::units::SimTime;
    use sim_core::world::draw::{Part, Stream};

    #[test]
    fn rings_as_the_pending_set_does() {
        let mut luck = Stream::new(3, &[Part::Name("timers")]);
        let (mut ours, mut indexed) = (Timers::new(1000), Indexed::new(1000));
        let (mut now, mut is_set) = (0, [false; 1000]);
        for _ in 0..100_000 {
            let entity = u32::try_from(luck.below(1000)).expect("small");
            let set = &mut is_set[index(entity)];
            if luck.chance(0.2) {
                let (ringing, by_hand) = (ours.ring(), indexed.ring());
                assert_eq!(ringing.map(|(at, entity)| (at.us(), entity)), by_hand);
                if let Some((at, entity)) = by_hand {
                    now = at;
                    is_set[index(entity)] = false;
                }
            } else if *set {
                ours.cancel(entity);
                indexed.cancel(entity);
                *set = false;
            } else {
                let at = now + luck.below(5000);
                ours.set(entity, SimTime::from_us(at).expect("short"));
                indexed.set(entity, at);
                *set = true;
            }
        }
    }
}
