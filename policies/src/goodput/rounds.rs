//! When rounds begin, and who may take part in them.

use sim_core::engine::{Change, JobView, Plan, Reason, View, Wakes};
use sim_core::model::{Gang, GpuDemand};
use sim_core::units::{JobId, SimTime, Span};

use super::wish::Wish;

/// Whether a round begins now; none does at time zero.
pub(crate) fn is_round(now: SimTime, round: Span) -> bool {
    now > SimTime::ZERO && now.us().is_multiple_of(round.us())
}

/// What a policy of rounds is woken by: news between rounds has it look at the next one.
pub(crate) fn news() -> Wakes {
    Wakes::ARRIVAL | Wakes::END | Wakes::NODE | Wakes::WAKE
}

/// Asks to be woken at the next round, as long as there are jobs of which some run, or might.
pub(crate) fn come_back(view: &View<'_>, plan: &mut Plan<'_>, round: Span) {
    let none_runs = view.running_len() == 0 && plan.decisions().is_empty();
    if none_runs && is_round(view.now(), round) {
        // Whoever found no place in an empty fleet finds none in the next round either.
        return;
    }
    wake_next(view, plan, round);
}

/// Says of whoever is not started why: for the round that begins, or because none does.
pub(crate) fn hold_back(view: &View<'_>, plan: &mut Plan<'_>, round: Span) {
    plan.hold_others(if is_round(view.now(), round) {
        Reason::Outranked
    } else {
        Reason::BetweenRounds
    });
}

/// Asks to be woken at the next round, as long as there are jobs.
pub(crate) fn wake_next(view: &View<'_>, plan: &mut Plan<'_>, round: Span) {
    let now = view.now().us();
    let next = SimTime::from_us((now / round.us() + 1).saturating_mul(round.us()));
    if let Some(next) = next.filter(|_| view.pending_len() + view.running_len() > 0) {
        plan.wake_at(next).expect("it lies ahead");
    }
}

/// Turns away those of the newcomers that cannot be thought of in GPUs of a model: tasks of one kind, whole GPUs each.
pub(crate) fn turn_away(view: &View<'_>, plan: &mut Plan<'_>) {
    for change in view.changes() {
        if let Change::Arrived(id) = change
            && view.job(*id).is_some_and(|job| !is_plain(&job))
        {
            plan.reject(*id).expect("it has just come");
        }
    }
}

/// Turns away those who found no place though the whole fleet is there and nobody runs: their tasks do not fit as configurations
/// lie, and never will.
pub(crate) fn give_up(wishes: &[Wish], view: &View<'_>, plan: &mut Plan<'_>) {
    let capacity = plan.capacity();
    let is_whole = view.offerings().all(|(pool, _)| {
        let mut slots = capacity.slots_of(pool);
        slots.all(|node| capacity.is_open(node))
    });
    if !is_whole || view.running_len() > 0 || !plan.decisions().is_empty() {
        return;
    }
    let wishing: Vec<JobId> = wishes.iter().map(|wish| wish.job).collect();
    let waiting: Vec<JobId> = view.pending().map(|job| job.id()).collect();
    // If nobody may have anything, nobody ever will.
    let hopeless = if wishing.is_empty() { waiting } else { wishing };
    for job in hopeless {
        plan.reject(job).expect("it waits");
    }
}

fn is_plain(job: &JobView<'_>) -> bool {
    match job.gang() {
        Gang::One(role) => match role.demand.gpu {
            GpuDemand::Whole(gpus) => gpus > 0,
            GpuDemand::None | GpuDemand::Milli(_) | GpuDemand::Slice(_) => false,
        },
        Gang::Many(_) => false,
    }
}
