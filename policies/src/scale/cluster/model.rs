//! Groups of nodes, nodes and pods, as the autoscaler sees them.

use sim_core::units::{SimTime, convert};

/// What a pod asks for, or a node has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub cpu_milli: u64,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Millionths of GPUs.
    pub gpu_millionths: u64,
}

/// A group of like nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What a node of it has for pods.
    pub template: Resources,
    /// Fewest nodes,
    pub min: u32,
    /// and most.
    pub max: u32,
    /// Price of a node, in nano-dollars an hour.
    pub price: u64,
    /// The higher, the sooner it is taken.
    pub priority: u32,
}

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its identity: no other node has or had it.
    pub id: u64,
    /// Position of its group.
    pub group: usize,
    /// What it has for pods.
    pub allocatable: Resources,
    /// Where it is,
    pub state: NodeState,
    /// and since when.
    pub since: SimTime,
}

/// Where a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Asked for, and not there yet.
    Starting,
    /// Pods can run on it.
    Ready,
    /// It does not answer.
    Unready,
}

/// A pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its identity.
    pub id: u64,
    /// What it asks for.
    pub request: Resources,
    /// Whether it may be moved.
    pub is_movable: bool,
    /// The node that it runs on; none: it waits for one.
    pub node: Option<u64>,
}

/// All that is seen at a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// It is now.
    pub now: SimTime,
    /// Groups of nodes.
    pub groups: Vec<Group>,
    /// Nodes, by identity, those that go included.
    pub nodes: Vec<Node>,
    /// Pods, in the order in which they came.
    pub pods: Vec<Pod>,
}

impl Resources {
    /// Whether all of `request` is in it.
    pub fn has(&self, request: &Self) -> bool {
        self.cpu_milli >= request.cpu_milli
            && self.memory_mib >= request.memory_mib
            && self.gpu_millionths >= request.gpu_millionths
    }

    /// How many times all of `request` is in it; none says how often nothing is.
    pub fn times(&self, request: &Self) -> Option<u64> {
        let parts = [
            self.cpu_milli.checked_div(request.cpu_milli),
            self.memory_mib.checked_div(request.memory_mib),
            self.gpu_millionths.checked_div(request.gpu_millionths),
        ];
        parts.into_iter().flatten().min()
    }

    /// So many of it.
    #[must_use]
    pub fn by(&self, times: u64) -> Self {
        Self {
            cpu_milli: self.cpu_milli * times,
            memory_mib: self.memory_mib * times,
            gpu_millionths: self.gpu_millionths * times,
        }
    }

    /// What is left without `request`, nothing where that is more.
    #[must_use]
    pub fn less(&self, request: &Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.saturating_sub(request.cpu_milli),
            memory_mib: self.memory_mib.saturating_sub(request.memory_mib),
            gpu_millionths: self.gpu_millionths.saturating_sub(request.gpu_millionths),
        }
    }

    /// Both.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli + other.cpu_milli,
            memory_mib: self.memory_mib + other.memory_mib,
            gpu_millionths: self.gpu_millionths + other.gpu_millionths,
        }
    }

    /// Whether what is asked for of this is below a share of it, in thousandths: of its GPUs where it has any, else of both CPU
    /// and memory.
    pub fn is_below(&self, asked: &Self, share_milli: u64) -> bool {
        let below = |asked: u64, has: u64| asked * 1000 < has * share_milli;
        if self.gpu_millionths > 0 {
            return below(asked.gpu_millionths, self.gpu_millionths);
        }
        below(asked.cpu_milli, self.cpu_milli) && below(asked.memory_mib, self.memory_mib)
    }
}

impl Cluster {
    /// Position of a node.
    pub fn position(&self, node: u64) -> Option<usize> {
        self.nodes.binary_search_by_key(&node, |node| node.id).ok()
    }

    /// Nodes of a group.
    pub fn size(&self, group: usize) -> u32 {
        let own = self.nodes.iter().filter(|node| node.group == group);
        convert::narrow(own.count())
    }
}
