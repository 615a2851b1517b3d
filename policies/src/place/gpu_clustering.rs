//! GPU clustering, as in the FGD paper's simulator: tasks of one kind lie together, those that take a share of a GPU, those
//! that take a slice, and those that take one, two or more; among nodes that host the same kinds, the fullest.

use std::collections::BTreeMap;

use sim_core::engine::{Change, JobView, View};
use sim_core::model::{GpuDemand, Placement, Seat};
use sim_core::units::{JobId, NodeId};

use super::Place;
use super::scored::{Choice, Score, Scored, Task};

/// GPU clustering.
#[derive(Clone, Debug, Default)]
pub struct GpuClustering {
    /// By job: the nodes and kinds of its seats.
    seated: BTreeMap<JobId, Vec<(NodeId, u16)>>,
    /// By node: kinds of tasks it hosts, zero for shares, the largest number for slices, how many seats of each; and how often that changed.
    hosts: Vec<(Vec<(u16, u32)>, u32)>,
}

impl GpuClustering {
    /// As a placement.
    pub fn placement() -> Box<dyn Place> {
        Box::new(Scored::by(Self::default()))
    }

    fn kinds(&self, node: NodeId) -> &[(u16, u32)] {
        self.hosts.get(node.index()).map_or(&[], |(kinds, _)| kinds)
    }

    /// A job lies there from now on.
    fn put(&mut self, job: &JobView<'_>, seats: &[Seat]) {
        let roles = job.gang().roles();
        let kind = |seat: &Seat| kind(roles[usize::from(seat.role)].demand.gpu);
        let seated: Vec<_> = seats
            .iter()
            .filter_map(|seat| Some((seat.node, kind(seat)?)))
            .collect();
        if self.seated.get(&job.id()) == Some(&seated) {
            return;
        }
        self.forget(job.id());
        for (node, kind) in &seated {
            if self.hosts.len() <= node.index() {
                self.hosts.resize(node.index() + 1, (Vec::new(), 0));
            }
            let (kinds, changes) = &mut self.hosts[node.index()];
            match kinds.iter_mut().find(|(own, _)| own == kind) {
                Some((_, seats)) => *seats += 1,
                None => kinds.push((*kind, 1)),
            }
            *changes += 1;
        }
        self.seated.insert(job.id(), seated);
    }

    fn forget(&mut self, job: JobId) {
        for (node, kind) in self.seated.remove(&job).unwrap_or_default() {
            let (kinds, changes) = &mut self.hosts[node.index()];
            let own = kinds.iter_mut().find(|(own, _)| *own == kind);
            own.expect("it was put there").1 -= 1;
            kinds.retain(|(_, seats)| *seats > 0);
            *changes += 1;
        }
    }
}

impl Score for GpuClustering {
    fn score(&self, task: &Task<'_>) -> Choice {
        let Some(kind) = kind(task.demand.gpu) else {
            return (0.0, None);
        };
        let (kinds, most) = (self.kinds(task.site.node), task.largest.gpu_milli);
        let hosts = kinds.iter().any(|(own, _)| *own == kind);
        let company = match kinds.len() {
            0 => 25,
            1 if hosts => 75,
            _ if hosts => 50,
            _ => 0,
        };
        let fullness = 25 * (most - task.site.gpu_milli()) / most;
        (f64::from(fullness + company), task.tightest())
    }

    fn note(&mut self, view: &View<'_>) -> bool {
        for change in view.changes() {
            match change {
                Change::Started(id) | Change::Reseated(id) => {
                    if let Some(job) = view.job(*id).filter(JobView::is_running) {
                        self.put(&job, job.allocation().seats());
                    }
                }
                Change::Ended(job) | Change::Requeued(job) => self.forget(*job),
                Change::Arrived(_)
                | Change::Node(_)
                | Change::Price(_)
                | Change::Availability(_)
                | Change::Waiting(_)
                | Change::Woken => {}
            }
        }
        false
    }

    fn seated(&mut self, job: JobId, placement: &Placement, view: &View<'_>) {
        if let Some(job) = view.job(job) {
            self.put(&job, &placement.seats);
        }
    }

    fn mark(&self, node: NodeId) -> u32 {
        self.hosts
            .get(node.index())
            .map_or(0, |(_, changes)| *changes)
    }
}

fn kind(gpu: GpuDemand) -> Option<u16> {
    match gpu {
        GpuDemand::None => None,
        GpuDemand::Whole(gpus) => Some(gpus),
        GpuDemand::Milli(_) => Some(0),
        GpuDemand::Slice(_) => Some(u16::MAX),
    }
}
