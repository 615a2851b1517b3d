//! What is kept in stores, read from them, and left behind.

use sim_core::books::Store;
use sim_core::course::UNIT_RATE;
use sim_core::engine::World;
use sim_core::units::{SimTime, Span, ZoneId, convert};
use sim_core::watch::{DataSet, Kept, Place, Reads, Series, Stocks, Thing, Use};

use crate::schema::{
    DataSpec, Fleet, Input, LeftoverSpec, ObjectSpec, Scenario, StorageSpec, Workload,
};

/// The stocks of a scenario; `None` if it keeps nothing.
pub(super) fn of(scenario: &Scenario, world: &World) -> Option<Stocks> {
    if scenario.storage.is_empty() && scenario.leftovers.is_empty() {
        return None;
    }
    let zone = |name: &str| -> Option<ZoneId> {
        let mut fleets = scenario.fleets.iter();
        let fleet: &Fleet = fleets.find(|fleet| fleet.zone.value == name)?;
        let mine = |offering: &&sim_core::model::Offering| {
            let rest = offering.name.strip_prefix(fleet.name.value.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        Some(world.offerings.iter().find(mine)?.zone)
    };
    let store = |name: &str| {
        let mut stores = scenario.storage.iter();
        stores.position(|store| store.name.value == name)
    };
    let kept_data: Vec<&DataSpec> = scenario
        .data
        .iter()
        .filter(|data| data.storage.is_some())
        .collect();
    let data = kept_data.iter().filter_map(|data| {
        Some(DataSet {
            store: store(&data.storage.as_ref()?.value)?,
            size: data.size.0,
        })
    });
    let uses = |workload: &Workload| {
        let checkpoints = workload.checkpoint.stored.as_ref().and_then(|stored| {
            Some(Kept {
                store: store(&stored.storage.value)?,
                size: stored.size.0,
                last: stored.retention,
                linger: stored.linger,
            })
        });
        let input = workload.course.input.as_ref().and_then(|input| {
            let at = kept_data
                .iter()
                .position(|data| data.name.value == input.data.value)?;
            Some(reads(at, kept_data[at], input))
        });
        Use { checkpoints, input }
    };
    Some(Stocks {
        stores: scenario
            .storage
            .iter()
            .map(|spec| place(spec, &zone))
            .collect(),
        data: data.collect(),
        uses: scenario.workloads.iter().map(uses).collect(),
        things: scenario.leftovers.iter().map(thing).collect(),
    })
}

fn place(spec: &StorageSpec, zone: &dyn Fn(&str) -> Option<ZoneId>) -> Place {
    let moves = spec.tiers.iter().skip(1).map(|(_, after)| *after);
    Place {
        store: Store {
            unit: spec.unit,
            tiers: spec.tiers.iter().map(|(tier, _)| *tier).collect(),
            moves: moves.collect(),
            delete_after: spec.delete_after,
            compression_milli: spec.compression_milli,
            dedup_milli: spec.dedup_milli,
        },
        zone: spec.zone.as_ref().and_then(|name| zone(&name.value)),
        egress: spec.egress,
        series: spec.objects.iter().map(series).collect(),
    }
}

fn series(spec: &ObjectSpec) -> Series {
    Series {
        size: spec.size.0,
        count: spec.count,
        from: SimTime::ZERO.saturating_add(spec.from),
        every: spec.every,
        keep: spec.keep,
        read: spec.read,
    }
}

fn thing(spec: &LeftoverSpec) -> Thing {
    let ppm = convert::floor(spec.share * 1e6 + 0.5);
    Thing {
        name: spec.name.value.clone(),
        share_ppm: u32::try_from(ppm).unwrap_or(u32::MAX),
        hourly: spec.hourly,
        size: spec.size.0,
        month: spec.month,
        unit: spec.unit,
        clean_up: spec.clean_up,
    }
}

fn reads(data: usize, spec: &DataSpec, input: &Input) -> Reads {
    let (fill, size) = (held(spec, input), spec.size.0.max(1));
    let missed = u128::from(input.read.0) * u128::from(size.saturating_sub(fill));
    Reads {
        data,
        fill,
        per_gpu_second: u64::try_from(missed / u128::from(size)).unwrap_or(u64::MAX),
    }
}

/// Bytes that a node's cache holds of it.
fn held(data: &DataSpec, input: &Input) -> u64 {
    input.cache.map_or(0, |(cache, _)| cache.0.min(data.size.0))
}

/// Time to fill the cache of a node.
pub(super) fn fill(data: &DataSpec, input: &Input) -> Span {
    let us = u128::from(held(data, input)) * 1_000_000 / u128::from(data.bandwidth.0);
    u64::try_from(us)
        .ok()
        .and_then(Span::from_us)
        .unwrap_or(Span::MAX)
}

/// GPUs at unit rate that a node feeds, in parts per billion: what is cached comes at the cache's speed, the rest at the store's.
pub(super) fn feeds(data: &DataSpec, input: &Input) -> u64 {
    let (held, size) = (
        u128::from(held(data, input)),
        u128::from(data.size.0.max(1)),
    );
    let cache = input
        .cache
        .map_or(1, |(_, bandwidth)| u128::from(bandwidth.0));
    let slow = (size - held.min(size)) * 1_000_000_000 / u128::from(data.bandwidth.0);
    let pass_ns = slow + held * 1_000_000_000 / cache.max(1);
    // Bytes a second over a pass of the data.
    let speed = size * 1_000_000_000 / pass_ns.max(1);
    let feeds = speed * u128::from(UNIT_RATE) / u128::from(input.read.0.max(1));
    u64::try_from(feeds).unwrap_or(u64::MAX).max(1)
}
