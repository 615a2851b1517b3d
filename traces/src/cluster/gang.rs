//! What the tasks of a gang ask for together: equal tasks as they are, unequal ones as one task a
//! GPU.

use super::{Asks, Notes};

/// Tasks, and what each asks for: those that take GPUs, or all where none does.
pub(super) fn equal(parts: &[(u32, Asks)], notes: &mut Notes) -> Option<(u32, Asks)> {
    let with_gpus = parts
        .iter()
        .any(|(count, asks)| *count > 0 && asks.gpus > 0);
    let kept: Vec<&(u32, Asks)> = parts
        .iter()
        .filter(|(count, asks)| *count > 0 && (asks.gpus > 0) == with_gpus)
        .collect();
    if kept.len() < parts.iter().filter(|(count, _)| *count > 0).count() {
        notes.one("jobs have helpers without GPUs beside their workers: those were left out");
    }
    let tasks = kept
        .iter()
        .map(|(count, _)| *count)
        .fold(0, u32::saturating_add);
    let first = &kept.first()?.1;
    let shape = |asks: &Asks| (asks.gpus, asks.gpu_milli, asks.slice.clone());
    let most = |of: fn(&Asks) -> u32| kept.iter().map(|(_, asks)| of(asks)).max().unwrap_or(0);
    if kept.iter().all(|(_, asks)| shape(asks) == shape(first)) {
        let (cpu_milli, memory_mib) = (most(|asks| asks.cpu_milli), most(|asks| asks.memory_mib));
        return Some((
            tasks,
            Asks {
                cpu_milli,
                memory_mib,
                ..first.clone()
            },
        ));
    }
    notes.one("gangs have workers of several sizes: each of their GPUs became a worker");
    let gpus = kept
        .iter()
        .map(|(count, asks)| count.saturating_mul(asks.gpus.into()));
    let gpus = gpus.fold(0, u32::saturating_add);
    let each = |of: fn(&Asks) -> u32| {
        let all = kept
            .iter()
            .map(|(count, asks)| u64::from(*count) * u64::from(of(asks)));
        u32::try_from(all.sum::<u64>() / u64::from(gpus.max(1))).unwrap_or(u32::MAX)
    };
    let asks = Asks {
        gpus: 1,
        gpu_milli: kept
            .iter()
            .map(|(_, asks)| asks.gpu_milli)
            .max()
            .unwrap_or(1000),
        slice: kept.iter().find_map(|(_, asks)| asks.slice.clone()),
        cpu_milli: each(|asks| asks.cpu_milli),
        memory_mib: each(|asks| asks.memory_mib),
    };
    Some((gpus, asks))
}
