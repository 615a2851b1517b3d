//! Room for a job that waits: it takes the place of running ones, of as few of the first victims as will do, and only of those
//! whose nodes it comes to lie on, or whose tenant would else hold more than it may.

use sim_core::model::Placement;
use sim_core::units::JobId;

use crate::compose::Desk;

/// Starts `head` in the place of victims, which run; nothing changes if they do not hold enough.
pub(super) fn make(desk: &mut Desk<'_, '_, '_>, head: JobId, victims: &[JobId]) -> bool {
    let Some((placement, needed)) = found(desk, head, victims) else {
        return false;
    };
    // Services that could spare all of them can spare some.
    let (hit, beside) = in_the_way(desk, &placement, &needed);
    for job in hit {
        desk.preempt(job);
    }
    for job in beside {
        if desk.is_within_limits(head, &placement.seats) {
            break;
        }
        desk.preempt(job);
    }
    desk.start(head, &placement);
    for job in needed {
        if !desk.plan.is_running(job) {
            desk.requeue(job);
        }
    }
    true
}

/// The victims that lie on nodes of a placement, and the others.
fn in_the_way(
    desk: &Desk<'_, '_, '_>,
    placement: &Placement,
    victims: &[JobId],
) -> (Vec<JobId>, Vec<JobId>) {
    victims.iter().partition(|victim| {
        let seats = desk.job(**victim).allocation().seats();
        seats
            .iter()
            .any(|seat| placement.seats.iter().any(|asked| asked.node == seat.node))
    })
}

/// The first of `victims` that must go for `head` to fit, but for those that cannot be spared, and where it would lie then; all
/// is left as it was.
fn found(
    desk: &mut Desk<'_, '_, '_>,
    head: JobId,
    victims: &[JobId],
) -> Option<(Placement, Vec<JobId>)> {
    let mark = desk.plan.mark();
    let (wanted, mut freed) = (desk.job(head).gang().gpu_milli(), free_milli(desk));
    let (mut found, mut gone) = (None, Vec::new());
    for victim in victims {
        if !desk.preempt(*victim) {
            continue;
        }
        freed += desk.job(*victim).gang().gpu_milli();
        gone.push(*victim);
        if wanted >= 1000 && freed < wanted {
            continue;
        }
        let fits = desk.lay(head);
        if let Some(placement) = fits.filter(|fits| desk.is_within_limits(head, &fits.seats)) {
            found = Some(placement);
            break;
        }
    }
    desk.plan.rollback(mark);
    for victim in &gone {
        desk.runs_on(*victim);
    }
    found.map(|placement| (placement, gone))
}

/// Thousandths of GPUs that are wholly free, anywhere: what is missing to the wanted must come from victims.
fn free_milli(desk: &Desk<'_, '_, '_>) -> u64 {
    let capacity = desk.plan.capacity();
    let free: u64 = capacity
        .offerings()
        .map(|offering| u64::from(capacity.free_gpus(offering)))
        .sum();
    free * 1000
}
