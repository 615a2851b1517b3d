//! First come, first served, each job on a model that is drawn for it, where it stays to its end: what Gavel compares with.

use std::collections::{BTreeMap, VecDeque};

use sim_core::units::{JobId, convert};
use sim_core::world::draw::{Part, Stream};

use super::{Ask, Claimant, Goal};
use crate::gavel::Mersenne;

/// Whole models by the draw, in the order in which jobs came.
#[derive(Clone, Debug)]
pub struct FifoRandom {
    /// The model of each job that has one.
    held: BTreeMap<JobId, usize>,
    luck: Luck,
}

#[derive(Clone, Debug)]
enum Luck {
    Own(Box<Stream>),
    /// As published. Its draw decides nothing: the job gets the last model by name, and may get more GPUs than there are; the
    /// model that was drawn is taken from the list when that one is full.
    Published(Box<Mersenne>),
}

impl FifoRandom {
    /// Draws by `seed`.
    pub fn new(seed: u64) -> Self {
        let luck = Stream::new(seed, &[Part::Name("policy"), Part::Name("gavel-fifo")]);
        Self {
            held: BTreeMap::new(),
            luck: Luck::Own(Box::new(luck)),
        }
    }

    /// As published, of which the seed is `seed`.
    pub fn published(seed: u64) -> Self {
        let seed = u32::try_from(seed % (1 << 32)).expect("below 2^32");
        Self {
            held: BTreeMap::new(),
            luck: Luck::Published(Box::new(Mersenne::new(seed))),
        }
    }

    /// The published form hands a model on as its job ends, before it has counted who else is there.
    fn hand_on(&mut self, ask: &Ask, queue: &mut VecDeque<&Claimant>) -> Vec<f64> {
        let mut free = ask.gpus.clone();
        let published = matches!(self.luck, Luck::Published(_));
        for (job, model) in self.held.clone() {
            let lives = ask.claimants.iter().find(|claimant| claimant.job == job);
            if let Some(claimant) = lives {
                free[model] -= claimant.gpus;
                continue;
            }
            self.held.remove(&job);
            // Whoever does not fit there loses its turn.
            let next = if published { queue.pop_front() } else { None };
            if let Some(next) = next.filter(|next| next.gpus <= free[model]) {
                self.held.insert(next.job, model);
                free[model] -= next.gpus;
            }
        }
        free
    }
}

impl Goal for FifoRandom {
    fn name(&self) -> &'static str {
        "gavel-fifo"
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        let waits = |claimant: &&Claimant| !self.held.contains_key(&claimant.job);
        let mut queue: VecDeque<&Claimant> = ask.claimants.iter().filter(waits).collect();
        let mut free = self.hand_on(ask, &mut queue);
        let models = 0..ask.gpus.len();
        let mut open: Vec<usize> = models.filter(|model| free[*model] > 0.0).collect();
        for claimant in queue {
            let own = matches!(self.luck, Luck::Own(_));
            if own && claimant.speeds.iter().all(|speed| *speed <= 0.0) {
                continue;
            }
            let places = 0..open.len();
            let fits = |at: &usize| {
                let runs = !own || claimant.speeds[open[*at]] > 0.0;
                runs && free[open[*at]] >= claimant.gpus
            };
            let fitting: Vec<usize> = places.filter(fits).collect();
            if fitting.is_empty() {
                break;
            }
            let drawn = fitting[self.luck.below(fitting.len())];
            let model = match self.luck {
                Luck::Own(_) => open[drawn],
                Luck::Published(_) => *open.last().expect("some fit"),
            };
            self.held.insert(claimant.job, model);
            free[model] -= claimant.gpus;
            // Sums of whole numbers are exact.
            if free[model] == 0.0 {
                open.remove(drawn);
            }
        }
        let row = |claimant: &Claimant| {
            let held = self.held.get(&claimant.job);
            let share = |model| if held == Some(&model) { 1.0 } else { 0.0 };
            (0..ask.gpus.len()).map(share).collect()
        };
        ask.claimants.iter().map(row).collect()
    }

    fn only_shares(&self) -> bool {
        true
    }

    fn shuffles(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(self.clone())
    }
}

impl Luck {
    fn below(&mut self, count: usize) -> usize {
        match self {
            Self::Own(stream) => {
                let drawn = stream.below(convert::wide(count));
                usize::try_from(drawn).expect("below a length")
            }
            Self::Published(twister) => twister.below(count),
        }
    }
}
