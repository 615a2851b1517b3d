//! Random, as in the FGD paper's simulator: any node on which the task fits, and on it any GPU that has room for its share,
//! or any start for its slice.

use sim_core::engine::Capacity;
use sim_core::model::{GpuDemand, ModelSet, Role, Seats, Start};
use sim_core::units::convert;
use sim_core::world::draw::{Part, Stream};

use super::scored::seat;
use super::sites::{Site, Sites};
use super::{Place, fill};

/// Random, from the policy's own stream.
#[derive(Clone, Debug)]
pub struct RandomNode {
    luck: Stream,
    sites: Sites,
}

impl RandomNode {
    /// Draws by `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            luck: Stream::new(
                seed,
                &[Part::Name("policy"), Part::Name("place-random-node")],
            ),
            sites: Sites::default(),
        }
    }

    fn lay_on(&mut self, role: &Role, mut fitting: Vec<Site>) -> Option<Seats> {
        let mut seats = Seats::new();
        for _ in 0..role.tasks {
            if fitting.is_empty() {
                return None;
            }
            let at = self.below(fitting.len());
            let spot = match role.demand.gpu {
                GpuDemand::None | GpuDemand::Whole(_) => None,
                GpuDemand::Milli(milli) => {
                    let parts = (0..).zip(&fitting[at].left);
                    let enough: Vec<u32> = parts
                        .filter(|(_, left)| **left >= milli)
                        .map(|(gpu, _)| gpu)
                        .collect();
                    Some((enough[self.below(enough.len())], Start::NONE))
                }
                GpuDemand::Slice(profile) => {
                    let spots: Vec<_> = fitting[at].slices(profile).collect();
                    Some(spots[self.below(spots.len())])
                }
            };
            let site = &mut fitting[at];
            site.take(&role.demand, spot);
            seat(&mut seats, site.node, (&role.demand, spot));
            if !site.fits(&role.demand) {
                fitting.swap_remove(at);
            }
        }
        Some(seats)
    }

    fn below(&mut self, count: usize) -> usize {
        let drawn = self.luck.below(convert::wide(count));
        usize::try_from(drawn).expect("below a length")
    }
}

impl Place for RandomNode {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        self.sites.sync(capacity, |_| 0);
        // A gang of several tasks lies on one model; for a single task all nodes are alike.
        let groups = if role.tasks == 1 {
            std::iter::once(fill::allowed(capacity, role, models)).collect()
        } else {
            fill::groups(capacity, role, models)
        };
        for group in groups {
            let nodes = group
                .iter()
                .flat_map(|offering| capacity.slots_of(*offering));
            let sites = nodes.map(|node| &self.sites.all[node.index()]);
            let fitting = sites.filter(|site| site.fits(&role.demand)).cloned();
            let fitting: Vec<Site> = fitting.collect();
            let seats = self.lay_on(role, fitting);
            if seats.is_some() {
                return seats;
            }
        }
        None
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(self.clone())
    }
}
