//! What traces of Slurm clusters share: how nodes and GPUs become a gang, and words for states.

use sim_core::units::limits;

use crate::error::Rule;
use crate::record::Status;

/// Tasks and GPUs of each: one task a node where the GPUs divide evenly, else one a GPU; a job
/// without GPUs has one task a node.
pub(crate) fn gang(gpus: u32, nodes: u32) -> Result<(u32, u16), Rule> {
    let nodes = nodes.max(1);
    let even = gpus.is_multiple_of(nodes) && gpus / nodes <= limits::MAX_GPUS_PER_NODE;
    let (tasks, each) = if even {
        (nodes, gpus / nodes)
    } else {
        (gpus, 1)
    };
    if tasks > limits::MAX_GANG {
        let rule = format!("a gang has at most {} tasks", limits::MAX_GANG);
        return Err(Rule::new(rule, "drop the row"));
    }
    Ok((tasks, u16::try_from(each).expect("bounded by a node")))
}

/// CPU of each task, in thousandths of a core.
pub(super) fn cpu_milli(cores: u32, tasks: u32) -> u32 {
    let milli = u64::from(cores) * 1000 / u64::from(tasks.max(1));
    u32::try_from(milli).unwrap_or(u32::MAX)
}

/// Slurm's words for how a job ended.
pub(crate) fn status(text: &str) -> Status {
    match text {
        "COMPLETED" => Status::Completed,
        "FAILED" | "OUT_OF_MEMORY" => Status::Failed,
        "CANCELLED" => Status::Cancelled,
        "TIMEOUT" => Status::TimedOut,
        "NODE_FAIL" => Status::NodeFailed,
        "RUNNING" => Status::Running,
        "PENDING" => Status::Pending,
        _ => Status::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_that_divide_among_nodes_make_a_task_a_node() {
        assert_eq!(gang(16, 2), Ok((2, 8)));
        assert_eq!(gang(10, 3), Ok((10, 1)));
        assert_eq!(gang(0, 2), Ok((2, 0)));
        assert_eq!(gang(4, 0), Ok((1, 4)));
        assert_eq!(gang(1024, 1), Ok((1024, 1)), "no node has so many");
        assert!(gang(200_001, 3).is_err());
    }
}
