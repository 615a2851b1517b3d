//! Whether a gang could ever run: on empty fleets, as large as their bounds and quotas leave them.

use sim_core::engine::World;
use sim_core::model::{Gang, GpuDemand, Offering, Quota, Role, Shape};
use sim_core::units::OfferingId;

/// Whether the offerings of a pool hold each role of a gang by itself. Said to be so where quotas leave that open: which
/// machines of several sizes fill one best is not looked into.
pub(super) fn holds(world: &World, pool: impl Fn(&Offering) -> bool, gang: &Gang) -> bool {
    let roles = gang.roles().iter();
    let mut enough = roles.map(|role| {
        let allows = |id: OfferingId, of: &Offering| {
            let offered = role
                .demand
                .gpu
                .is_offered(of.mig.as_deref().unwrap_or_default());
            let market = role.demand.markets.allows(of.market);
            pool(of) && offered && market && role.demand.offerings.allows(id)
        };
        let offerings = (0..).map(OfferingId).zip(world.offerings.iter());
        let rooms = offerings.map(|(id, of)| {
            let room = room(&of.shape, role);
            if allows(id, of) { room } else { 0 }
        });
        most_tasks(world, &rooms.collect::<Vec<_>>()) >= u64::from(role.tasks)
    });
    enough.all(|enough| enough)
}

/// Tasks on an empty machine.
fn room(shape: &Shape, role: &Role) -> u64 {
    let by_gpu = match role.demand.gpu {
        GpuDemand::None => u32::MAX,
        GpuDemand::Whole(gpus) => shape.gpus / u32::from(gpus),
        GpuDemand::Milli(milli) => shape.gpus * u32::from(1000 / milli),
        GpuDemand::Slice(profile) => shape.gpus * profile.per_gpu(),
    };
    let each = |has: u32, asks: u32| has.checked_div(asks).unwrap_or(u32::MAX);
    let by_cpu = each(shape.cpu_milli, role.demand.cpu_milli);
    let by_memory = each(shape.memory_mib, role.demand.memory_mib);
    by_gpu.min(by_cpu).min(by_memory).into()
}

/// No more tasks than this have room, by offering so many on a machine.
fn most_tasks(world: &World, rooms: &[u64]) -> u64 {
    let rooms = world.offerings.iter().zip(rooms);
    let all = rooms
        .clone()
        .map(|(of, room)| room * u64::from(of.max))
        .sum();
    let under = world.quotas.iter().map(|quota| {
        let covers = |at: usize| quota.covers.iter().any(|id| id.index() == at);
        let (mut inside, mut outside) = (Vec::new(), 0);
        for (at, (of, room)) in rooms.clone().enumerate() {
            if covers(at) {
                inside.push((of, *room));
            } else {
                outside += room * u64::from(of.max);
            }
        }
        outside + fill(quota, &inside)
    });
    under.min().map_or(all, |under| under.min(all))
}

/// Tasks that a quota leaves room for if machines could be had in part: first where a task takes least of it. What others
/// begin with is not there to be had.
fn fill(quota: &Quota, inside: &[(&Offering, u64)]) -> u64 {
    let share = |of: &Offering| quota.share(&of.shape);
    let aside = inside.iter().filter(|(_, room)| *room == 0);
    let aside: u64 = aside.map(|(of, _)| share(of) * u64::from(of.initial)).sum();
    let mut left = u128::from(quota.most.saturating_sub(aside));
    let mut inside: Vec<_> = inside.iter().filter(|(_, room)| *room > 0).collect();
    inside.sort_by(|(a, rooms), (b, others)| {
        let products = [(a, others), (b, rooms)];
        let [a, b] = products.map(|(of, room)| u128::from(share(of)) * u128::from(*room));
        a.cmp(&b)
    });
    let mut tasks = 0;
    for (of, room) in inside {
        let (share, room, max) = (u128::from(share(of)), u128::from(*room), u128::from(of.max));
        let taken = left.min(share * max);
        let machines = (taken * room).checked_div(share);
        tasks += machines.unwrap_or(room * max);
        left -= taken;
    }
    u64::try_from(tasks).unwrap_or(u64::MAX)
}
