//! Work, computed a second time: what the docs of `course` say, in the auditor's own arithmetic.

use std::collections::BTreeSet;

use super::epochs::Epochs;
use crate::course::goodput::Layout;
use crate::course::{CourseKind, CourseModel, Rates, Reach, Speeds, UNIT_RATE};
use crate::model::{Class, GpuDemand, Job, Keep, Seat};
use crate::units::{KindId, ModelId, NodeId, Span, ZoneId, convert};

use crate::engine::World;

/// Where a node is, as far as speed goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Site {
    node: NodeId,
    offering: usize,
    rack: u32,
    zone: ZoneId,
    model: ModelId,
}

/// Work left, in microseconds x parts per billion, and the size of the least piece that is ever
/// credited, a step; or epochs.
#[derive(Clone, Debug)]
pub(super) struct Work {
    left: u128,
    grain: u128,
    /// Steps left, which is not quite the work left: of the next one something may be done, or of the last one be owed.
    steps: Option<u64>,
    pub(super) epochs: Option<Box<Epochs>>,
}

impl Work {
    /// All of a job's work.
    pub(super) fn of(course: &CourseModel, kind: KindId, work: u64) -> Self {
        let grain = match course.kind {
            CourseKind::Linear | CourseKind::Goodput(_) => 1,
            CourseKind::Stepwise(step) => u128::from(step.us()) * u128::from(UNIT_RATE),
        };
        let unit = match course.kind {
            CourseKind::Linear | CourseKind::Goodput(_) => u128::from(UNIT_RATE),
            CourseKind::Stepwise(_) => grain,
        };
        let epochs = match &course.kind {
            CourseKind::Goodput(kinds) => {
                let kind = kinds[usize::from(kind.0)].clone();
                Some(Box::new(Epochs::new(kind, work)))
            }
            CourseKind::Linear | CourseKind::Stepwise(_) => None,
        };
        Self {
            left: u128::from(work).saturating_mul(unit),
            grain,
            steps: matches!(course.kind, CourseKind::Stepwise(_)).then_some(work),
            epochs,
        }
    }

    /// Whether this much working time is enough.
    pub(super) fn is_done_after(&self, worked: &[Stretch]) -> bool {
        if let Some(epochs) = &self.epochs {
            return total(worked) >= epochs.length();
        }
        done(worked) >= self.left
    }

    /// Credits working time: whole steps, where there are any.
    pub(super) fn credit(&mut self, worked: &[Stretch]) {
        if let Some(epochs) = &mut self.epochs {
            let worked = Span::from_us(total(worked)).expect("part of the run");
            return epochs.credit(worked);
        }
        let (us, steps) = self.counts(worked);
        let of_use = done(&first(worked, us));
        self.left = self.left.saturating_sub(of_use);
        self.steps = self.steps.map(|left| left - steps);
    }

    /// How much of a working time counts: that of whole steps, in whole microseconds.
    pub(super) fn of_use(&self, worked: &[Stretch]) -> u64 {
        self.counts(worked).0
    }

    /// Microseconds that count, and steps. One that lacks less than the last microsecond at its end does too, unless it is the
    /// very last.
    fn counts(&self, worked: &[Stretch]) -> (u64, u64) {
        let all = total(worked);
        let (Some(left), true) = (self.steps, all > 0) else {
            return (all, 0);
        };
        if done(worked) >= self.left {
            return (all.min(until(worked, self.left)), left);
        }
        let last = worked.iter().rev().find(|stretch| stretch.us > 0);
        let rate = last.map_or(1, |stretch| stretch.rate);
        // Where the ends of steps lie, counted from the end of all work.
        let ends = |steps: u64| (u128::from(left - steps) * self.grain).min(self.left);
        let reached = self.left - done(worked);
        let is_done = |steps: u64| steps < left && reached < ends(steps) + u128::from(rate);
        // There are too many to look at each.
        let (mut steps, mut beyond) = (0, left);
        while beyond - steps > 1 {
            let middle = steps + (beyond - steps) / 2;
            if is_done(middle) {
                steps = middle;
            } else {
                beyond = middle;
            }
        }
        match steps {
            0 => (0, 0),
            _ => (all.min(until(worked, self.left - ends(steps))), steps),
        }
    }

    /// Microseconds to the end at `rate`, after this.
    pub(super) fn left_after(&self, worked: &[Stretch], rate: u64) -> u64 {
        if let Some(epochs) = &self.epochs {
            return epochs.length().saturating_sub(total(worked));
        }
        let left = self.left.saturating_sub(done(worked));
        u64::try_from(left.div_ceil(u128::from(rate))).unwrap_or(u64::MAX)
    }
}

/// The first microsecond by which so much is done.
fn until(worked: &[Stretch], mut missing: u128) -> u64 {
    let mut us = 0;
    for stretch in worked {
        let needed = missing.div_ceil(u128::from(stretch.rate));
        let taken = u64::try_from(needed).map_or(stretch.us, |needed| needed.min(stretch.us));
        us += taken;
        missing = missing.saturating_sub(u128::from(taken) * u128::from(stretch.rate));
    }
    us
}

/// The first so many microseconds.
fn first(worked: &[Stretch], mut left: u64) -> Vec<Stretch> {
    let cut = |stretch: &Stretch| {
        let us = stretch.us.min(left);
        left -= us;
        Stretch { us, ..*stretch }
    };
    worked.iter().map(cut).collect()
}

/// Microseconds in all.
fn total(worked: &[Stretch]) -> u64 {
    worked.iter().map(|stretch| stretch.us).sum()
}

/// Working time at rates that did not change meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) us: u64,
    pub(super) rate: u64,
    /// What the rate would be without waiting for data.
    pub(super) compute: u64,
}

impl Stretch {
    /// Microseconds of it in which data is waited for.
    pub(super) fn waited(&self) -> u64 {
        let exact = u128::from(self.us) * u128::from(self.compute - self.rate);
        u64::try_from(exact / u128::from(self.compute)).unwrap_or(u64::MAX)
    }
}

/// Work done, in microseconds x parts per billion.
fn done(worked: &[Stretch]) -> u128 {
    let each = worked.iter();
    let each = each.map(|stretch| u128::from(stretch.us) * u128::from(stretch.rate));
    each.sum()
}

/// An attempt as the auditor sees it: how much there is to do, and how checkpoints are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Microseconds of work to the end.
    pub(super) work: u64,
    /// Microseconds of work between checkpoints, if any are written.
    every: Option<u64>,
    dump: u64,
    upload: u64,
    last: bool,
}

impl Pace {
    /// Of an attempt at `rate` with `left` to do; the policy may have chosen the stretch between checkpoints.
    pub(super) fn of(class: &Class, left: &Work, rate: u64, chosen: Option<Span>) -> Self {
        let steps = |count: u64| (left.grain * u128::from(count)).div_ceil(u128::from(rate));
        let is_stepwise = matches!(class.course.kind, CourseKind::Stepwise(_));
        let steps = |count: u64| u64::try_from(steps(count)).ok().filter(|_| is_stepwise);
        let said = match class.checkpoint.keep {
            Keep::All | Keep::Nothing => None,
            Keep::Every(work) => Some(work.us()),
            Keep::Steps(count) => steps(count),
            Keep::Either(work, count) => steps(count).into_iter().chain([work.us()]).min(),
        };
        let writes = !matches!(class.checkpoint.keep, Keep::All | Keep::Nothing);
        Self {
            work: left.left_after(&[], rate),
            every: chosen.map(Span::us).or(said).filter(|_| writes),
            dump: class.checkpoint.dump.us(),
            upload: class.checkpoint.upload.us(),
            last: class.checkpoint.last,
        }
    }

    /// Checkpoints that are written on the way.
    fn dumps(&self) -> u64 {
        let between = |every: u64| match self.work {
            0 => 0,
            work if self.last => (work - 1) / every + 1,
            work => (work - 1) / every,
        };
        self.every.map_or(0, between)
    }

    /// Microseconds from when it begins to work to its end.
    pub(super) fn length(&self) -> u64 {
        self.work
            .saturating_add(self.dumps().saturating_mul(self.dump))
    }

    /// Microseconds worked this long after it began to.
    pub(super) fn worked(&self, elapsed: u64) -> u64 {
        let Some(every) = self.every else {
            return elapsed.min(self.work);
        };
        // What is not work is writing: whole checkpoints before, and the one that may be under way.
        let writing = |nth: u64| {
            let begins = (nth * every).min(self.work) + (nth - 1) * self.dump;
            elapsed.saturating_sub(begins).min(self.dump)
        };
        let begun = (elapsed / (every + self.dump) + 1).min(self.dumps());
        let before = begun.saturating_sub(1) * self.dump;
        let now = if begun > 0 { writing(begun) } else { 0 };
        (elapsed - before - now).min(self.work)
    }

    /// Microseconds of work in the last checkpoint that is durable this long after it began to work.
    pub(super) fn durable(&self, elapsed: u64) -> u64 {
        let Some(every) = self.every else {
            return 0;
        };
        let durable =
            |nth: &u64| (nth * every).min(self.work) + nth * self.dump + self.upload <= elapsed;
        let guess = elapsed.saturating_sub(self.upload) / (every + self.dump);
        // It may be stopped at the very instant at which its work is done.
        let guess = guess.min(self.dumps());
        let nth = (guess..=guess + 1).rfind(|nth| *nth <= self.dumps() && durable(nth));
        (nth.unwrap_or(0) * every).min(self.work)
    }
}

/// The speed of a gang at its seats, in parts per billion, and what it would be if no data had to be waited for; so much of it
/// is `left` by neighbours.
pub(super) fn rate(world: &World, job: &Job, seats: &[Seat], left: u64) -> (u64, u64) {
    let compute = product(compute(world, job, seats), left).max(1);
    let rates = &world.classes[job.class.index()].course.rates;
    let Some(feeds) = rates.feeds else {
        return (compute, compute);
    };
    let nodes: BTreeSet<NodeId> = seats.iter().map(|seat| seat.node).collect();
    let gpus: u64 = seats.iter().map(|seat| gpus_of(job, seat)).sum();
    let read = u128::from(feeds) * u128::from(convert::wide(nodes.len()));
    let read = u64::try_from(read / u128::from(gpus.max(1))).unwrap_or(u64::MAX);
    (compute.min(read.max(1)), compute)
}

/// Where the GPUs of a gang lie.
pub(super) fn layout(world: &World, job: &Job, seats: &[Seat]) -> Layout {
    let (mut layout, mut last) = (
        Layout {
            model: ModelId(0),
            counts: Vec::new(),
        },
        None,
    );
    for seat in seats.iter().filter(|seat| gpus_of(job, seat) > 0) {
        let gpus = u32::try_from(gpus_of(job, seat)).unwrap_or(u32::MAX);
        match (last == Some(seat.node), layout.counts.last_mut()) {
            (true, Some(count)) => *count += gpus,
            (_, None) => {
                layout.model = site(world, seat.node).map_or(ModelId(0), |site| site.model);
                layout.counts.push(gpus);
            }
            (false, Some(_)) => layout.counts.push(gpus),
        }
        last = Some(seat.node);
    }
    layout
}

fn compute(world: &World, job: &Job, seats: &[Seat]) -> u64 {
    let rates = &world.classes[job.class.index()].course.rates;
    let sites: Vec<Site> = seats
        .iter()
        .filter_map(|seat| site(world, seat.node))
        .collect();
    let holds_gpu = |seat: &&Seat| {
        let role = job.gang.roles().get(usize::from(seat.role));
        role.is_some_and(|role| role.demand.gpu != GpuDemand::None)
    };
    let on = seats
        .iter()
        .find(holds_gpu)
        .and_then(|seat| site(world, seat.node))
        .map(|site| site.model);
    let gpus: u64 = seats.iter().map(|seat| gpus_of(job, seat)).sum();
    let spread = match reach(&sites) {
        Reach::Node => UNIT_RATE,
        Reach::Rack => rates.across_nodes,
        Reach::Zone => rates.across_racks,
        Reach::Zones => rates.across_zones,
    };
    let rate = product(alone(rates, job, (on, gpus)), spread).max(1);
    let seated: u64 = seats.iter().map(|seat| u64::from(seat.tasks)).sum();
    let all: u64 = job
        .gang
        .roles()
        .iter()
        .map(|role| u64::from(role.tasks))
        .sum();
    if rates.by_share && seated < all {
        let part = u128::from(rate) * u128::from(seated) / u128::from(all);
        return u64::try_from(part).unwrap_or(u64::MAX).max(1);
    }
    rate
}

/// The rate on GPUs of a model that lie together.
fn alone(rates: &Rates, job: &Job, (on, gpus): (Option<ModelId>, u64)) -> u64 {
    if let Some(table) = &rates.table {
        if on.is_none() {
            return UNIT_RATE;
        }
        let of_kind = table.sizes().iter().filter(|size| size.kind == job.kind);
        let fitting = of_kind.filter(|size| u64::from(size.gpus) <= gpus);
        let row = fitting.max_by_key(|size| size.gpus);
        let speeds = row.map_or(&[][..], |row| &row.by_model);
        let speed = speeds.iter().find(|(model, _)| Some(*model) == on);
        return speed.map_or(1, |(_, steps_s)| Speeds::rate_of(*steps_s));
    }
    let listed = rates.by_model.iter().find(|(model, _)| Some(*model) == on);
    let scaling = rates
        .by_gpus
        .iter()
        .filter(|(from, _)| u64::from(*from) <= gpus)
        .max_by_key(|(from, _)| *from);
    let listed = listed.map_or(UNIT_RATE, |(_, rate)| *rate);
    product(listed, scaling.map_or(UNIT_RATE, |(_, rate)| *rate))
}

/// GPUs of the tasks of a seat, a share or a slice counting as one.
pub(super) fn gpus_of(job: &Job, seat: &Seat) -> u64 {
    let role = job.gang.roles().get(usize::from(seat.role));
    let each = match role.map_or(GpuDemand::None, |role| role.demand.gpu) {
        GpuDemand::None => 0,
        GpuDemand::Whole(gpus) => gpus.into(),
        GpuDemand::Milli(_) | GpuDemand::Slice(_) => 1,
    };
    u64::from(seat.tasks) * each
}

/// The product of two rates, rounded down.
fn product(a: u64, b: u64) -> u64 {
    let exact = u128::from(a) * u128::from(b) / u128::from(UNIT_RATE);
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// The widest boundary between any two sites.
fn reach(sites: &[Site]) -> Reach {
    let between = |a: &Site, b: &Site| {
        if a.node == b.node {
            Reach::Node
        } else if a.offering == b.offering && a.rack == b.rack {
            Reach::Rack
        } else if a.zone == b.zone {
            Reach::Zone
        } else {
            Reach::Zones
        }
    };
    let pairs = sites
        .iter()
        .flat_map(|a| sites.iter().map(move |b| between(a, b)));
    pairs.max().unwrap_or(Reach::Node)
}

/// Where `node` is; `None` beyond the fleet.
fn site(world: &World, node: NodeId) -> Option<Site> {
    let mut slot = node.0;
    for (offering, spec) in world.offerings.iter().enumerate() {
        if slot < spec.max {
            return Some(Site {
                node,
                offering,
                rack: slot.checked_div(spec.rack_size).unwrap_or(0),
                zone: spec.zone,
                model: spec.shape.model,
            });
        }
        slot -= spec.max;
    }
    None
}

/// The offering of every slot, in order.
pub(super) fn slots(world: &World) -> Vec<usize> {
    let of = |(offering, spec): (usize, &crate::model::Offering)| {
        std::iter::repeat_n(offering, convert::index(spec.max))
    };
    world.offerings.iter().enumerate().flat_map(of).collect()
}
