//! Members of the ledger: who can be one, what is known of it, and what it received in a round.

use sim_core::engine::{Capacity, JobView, Plan, View};
use sim_core::model::{Gang, GpuDemand, ModelSet, Role};
use sim_core::units::{JobId, Span, convert};

use super::faithful;
use super::journal::Task;
use super::ledger::{Ledger, Member, Model};
use super::policy::Ways;
use super::round::Round;
use crate::place::empty_room;

/// Whether a job can be thought of in GPUs of a model: tasks of one kind, whole GPUs each; where two may share theirs, also
/// tasks of at most half a GPU each.
pub(super) fn describes(job: &JobView<'_>, (faithful, packs): (bool, bool)) -> bool {
    let whole = match job.gang() {
        Gang::One(role) => match role.demand.gpu {
            GpuDemand::Whole(gpus) => gpus > 0,
            GpuDemand::Milli(_) | GpuDemand::None => packs && has_halves(job),
            GpuDemand::Slice(_) => false,
        },
        Gang::Many(_) => false,
    };
    whole && (!faithful || faithful::describes(job))
}

/// Whether another of its kind may lie on each of its GPUs.
fn has_halves(job: &JobView<'_>) -> bool {
    let half = |role: &Role| matches!(role.demand.gpu, GpuDemand::Milli(milli) if milli <= 500);
    job.gang().roles().iter().all(half)
}

impl Member {
    /// What is known of a job that is taken in.
    pub(super) fn new(job: &JobView<'_>, ledger: &Ledger, view: &View<'_>) -> Self {
        let clock = |us: u64| convert::real(us) / (1e6 / ledger.unit);
        let speeds = ledger.models.iter();
        let speeds = speeds.map(|model| job.speed(model.id).unwrap_or(0.0));
        let steps = job.estimated_steps().map(convert::real);
        let total = steps.or_else(|| job.estimate().map(seconds));
        Self {
            queue: job.queue(),
            tenant: view
                .queues()
                .get(job.queue().index())
                .map_or(1.0, |queue| f64::from(queue.weight)),
            gpus: job.gang().gpus(),
            halves: has_halves(job),
            weight: 1.0 + f64::from(job.priority().max(0)),
            speeds: speeds.collect(),
            arrival: clock(job.arrival().us()),
            deadline: job.deadline().map(|due| clock(due.us())),
            total: total.unwrap_or(0.0),
            done: done(job),
            failures: 0,
            shares: None,
            accounts: Vec::new(),
        }
    }

    /// Takes away the models whose machines could not hold all of its tasks even if they were empty.
    pub(super) fn stay_where_it_fits(
        &mut self,
        job: &JobView<'_>,
        ledger: &Ledger,
        capacity: &Capacity,
    ) {
        let Gang::One(role) = job.gang() else { return };
        for (speed, model) in self.speeds.iter_mut().zip(&ledger.models) {
            let mut tasks = 0;
            for pool in capacity.offerings() {
                let same = capacity.shape(pool).model == model.id;
                if same && capacity.allows(pool, ModelSet::ANY, &role.demand) {
                    let nodes = convert::narrow(capacity.slots_of(pool).count());
                    // Whoever shares a GPU has each of its tasks on another.
                    let room = empty_room(capacity, role, pool);
                    let most = match role.demand.gpu {
                        GpuDemand::Milli(_) => capacity.shape(pool).gpus,
                        GpuDemand::None | GpuDemand::Whole(_) | GpuDemand::Slice(_) => u32::MAX,
                    };
                    tasks += nodes * room.min(most);
                }
            }
            if tasks < role.tasks {
                *speed = 0.0;
            }
        }
    }
}

/// Steps done; without steps, the seconds that it worked.
fn done(job: &JobView<'_>) -> f64 {
    let steps = job.steps_done().map(convert::real);
    let steps = steps.filter(|_| job.estimated_steps().is_some());
    steps.unwrap_or_else(|| seconds(job.served()))
}

fn seconds(span: Span) -> f64 {
    convert::real(span.us()) / 1e6
}

impl Ledger {
    /// An empty one, on a clock of which so many units make a second.
    pub(super) fn new(ways: Ways, unit: f64) -> Self {
        Self {
            models: Vec::new(),
            members: std::collections::BTreeMap::new(),
            pairs: std::collections::BTreeMap::new(),
            stale: false,
            reset: 0.0,
            any_time: !ways.faithful,
            alike_as: None,
            zero_is_never: ways.faithful,
            round: seconds(ways.round) * unit,
            between: seconds(ways.between) * unit,
            unit,
        }
    }
}

/// The model that the published goals take for all where they do not look at speeds.
const ALIKE_AS: &str = "v100";

/// The GPU models of the fleet, by name; returns them in the order of the fleets.
pub(super) fn models(view: &View<'_>, ledger: &mut Ledger) -> Vec<usize> {
    let shapes = view.offerings().map(|(_, pool)| pool.shape);
    let mut found = Vec::new();
    for shape in shapes.filter(|shape| shape.gpus > 0) {
        if !found.contains(&shape.model) {
            found.push(shape.model);
        }
    }
    let name = |model: &sim_core::units::ModelId| view.models().get(usize::from(model.0));
    let mut sorted = found.clone();
    sorted.sort_by_key(|model| name(model));
    let model = |id: &sim_core::units::ModelId| Model {
        id: *id,
        gpus: 0,
        usd_h: 0.0,
        received: 0.0,
    };
    ledger.models = sorted.iter().map(model).collect();
    let published = sorted.iter().position(|model| {
        let name = name(model).map(String::as_str);
        name == Some(ALIKE_AS)
    });
    ledger.alike_as = published.filter(|_| ledger.zero_is_never);
    let place = |model| sorted.iter().position(|other| *other == model);
    found.into_iter().filter_map(place).collect()
}

/// Counts GPUs and looks at prices; forgets who ended outside a round.
pub(super) fn survey(ledger: &mut Ledger, view: &View<'_>, plan: &Plan<'_>) {
    let capacity = plan.capacity();
    for model in &mut ledger.models {
        let pools = capacity.offerings();
        let pools = pools.filter(|pool| capacity.shape(*pool).model == model.id);
        let (mut gpus, mut usd_h) = (0, f64::INFINITY);
        for pool in pools {
            let each = capacity.shape(pool).gpus;
            gpus += capacity.open_nodes(pool) * each;
            let price = view.offering(pool).map_or(0, |pool| pool.price.nanousd_h());
            usd_h = usd_h.min(convert::real(price) / 1e9 / f64::from(each.max(1)));
        }
        ledger.stale |= model.gpus != gpus;
        (model.gpus, model.usd_h) = (gpus, usd_h);
    }
    let gone = |id: &&JobId| view.job(**id).is_none();
    let gone: Vec<JobId> = ledger.members.keys().filter(gone).copied().collect();
    for id in gone {
        ledger.drop(id);
    }
}

/// The length of a round.
pub(super) fn round(ledger: &Ledger) -> Span {
    Span::from_us(convert::floor(ledger.round / ledger.unit * 1e6 + 0.5)).unwrap_or(Span::MAX)
}

/// A round is over: who ran in it has received the time that it ran. Returns what each did.
pub(super) fn settle(round: &Round, ledger: &mut Ledger, view: &View<'_>) -> Vec<Task> {
    let mut tasks = Vec::new();
    for part in &round.parts {
        let until = part.ended.unwrap_or(view.now());
        let ran = until.since(round.start);
        // A pair has received the time in which either ran, and of the time in which both did each pays half.
        let mate = round.mate(part);
        let theirs = mate.map(|mate| mate.ended.unwrap_or(view.now()).since(round.start));
        let shared = theirs.map_or(Span::ZERO, |theirs| theirs.min(ran));
        if part.unit().0 == part.job {
            let longest = theirs.map_or(ran, |theirs| theirs.max(ran));
            ledger.receive(part.unit(), part.model, convert::real(longest.us()));
        }
        let now = view.job(part.job);
        let Some(member) = ledger.members.get_mut(&part.job) else {
            continue;
        };
        let before = member.done;
        member.done = now.as_ref().map_or(member.total, done);
        ledger.stale |= part.ended.is_some();
        tasks.push(Task {
            job: part.job,
            model: part.model,
            gpus: part.gpus.clone(),
            start_s: faithful::seconds(round.start),
            finish_s: faithful::seconds(until),
            steps: convert::floor((member.done - before).max(0.0)),
            charged_s: seconds(ran) - seconds(shared) / 2.0,
            beside: part.mate,
            failed: false,
            done: now.is_none(),
            dropped: false,
        });
        if now.is_none() {
            ledger.drop(part.job);
        }
    }
    tasks
}
