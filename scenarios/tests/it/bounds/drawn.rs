//! Tiny problems, drawn.

use sim_core::world::draw::{Part, Stream};

use super::brute::{Tiny, TinyJob, TinyPool};

/// Streams of these problems.
pub(crate) fn luck(name: &'static str) -> Stream {
    Stream::new(5, &[Part::Name(name)])
}

/// Up to four jobs on up to three GPUs of one or two models, whose numbers may change over the first steps.
pub(crate) fn crowd(luck: &mut Stream) -> Tiny {
    let models = 1 + usize::from(luck.chance(0.5));
    let fast = luck.chance(0.5);
    let mut pools = Vec::new();
    for model in 0..models {
        let most = luck.between(1, if models == 1 { 3 } else { 2 });
        let mut gpus = vec![most];
        if luck.chance(0.3) {
            gpus = (0..luck.between(1, 4))
                .map(|_| luck.between(0, most))
                .collect();
            gpus.push(most);
        }
        pools.push(TinyPool {
            model,
            gpus,
            price: vec![1],
        });
    }
    let jobs = (0..luck.between(1, 4)).map(|_| job(luck, &pools, fast));
    Tiny {
        jobs: jobs.collect(),
        pools,
        kept: vec![],
    }
}

/// A job that may run on at least one model.
fn job(luck: &mut Stream, pools: &[TinyPool], fast: bool) -> TinyJob {
    let home = usize::try_from(luck.below(u64::try_from(pools.len()).expect("few"))).expect("few");
    let most = |pool: &TinyPool| *pool.gpus.last().expect("one");
    let rates = pools.iter().enumerate().map(|(model, _)| {
        let there = model == home || luck.chance(0.6);
        let rate = if fast { luck.between(1, 2) } else { 1 };
        if there { rate } else { 0 }
    });
    let rates: Vec<u64> = rates.collect();
    // Whole steps at either rate.
    let work = if fast {
        2 * luck.between(1, 2)
    } else {
        luck.between(1, 4)
    };
    TinyJob {
        release: luck.below(4),
        deadline: None,
        width: luck.between(1, most(&pools[home])),
        work,
        rates,
    }
}

/// Up to three jobs, GPUs on spot that come and go at a price that changes, others on demand, and perhaps some that are kept.
pub(crate) fn shop(luck: &mut Stream) -> Tiny {
    let models = 1 + usize::from(luck.chance(0.3));
    let (spot, on_demand) = (luck.between(1, 2), luck.between(1, 3));
    let steps = luck.between(1, 6);
    let mut gpus: Vec<u64> = (0..steps).map(|_| luck.between(0, spot)).collect();
    gpus.push(luck.between(0, spot));
    let mut pools = vec![TinyPool {
        model: 0,
        gpus,
        price: (0..luck.between(1, 6))
            .map(|_| luck.between(1, 3))
            .collect(),
    }];
    pools.push(TinyPool {
        model: models - 1,
        gpus: vec![on_demand],
        price: vec![luck.between(3, 6)],
    });
    let mut kept = vec![];
    if luck.chance(0.3) {
        kept.push(2);
        pools.push(TinyPool {
            model: 0,
            gpus: vec![1],
            price: vec![luck.between(1, 3)],
        });
    }
    let jobs = (0..luck.between(1, 3)).map(|_| {
        let mut job = job(luck, &pools[1..2], false);
        // On demand it may always run; on another model perhaps.
        let elsewhere = luck.below(3);
        if models == 2 {
            job.rates = vec![elsewhere, 1 + luck.below(2)];
            job.work *= 2;
        }
        job
    });
    let jobs = jobs.collect();
    Tiny { jobs, pools, kept }
}

/// The same, to be done in time.
pub(crate) fn with_deadlines(luck: &mut Stream) -> Tiny {
    let mut tiny = shop(luck);
    for job in &mut tiny.jobs {
        if luck.chance(0.8) {
            let slowest = job.rates.iter().copied().filter(|rate| *rate > 0).min();
            let longest = job.work.div_ceil(slowest.expect("it runs somewhere"));
            job.deadline = Some(job.release + longest + luck.below(4));
        }
    }
    tiny
}
