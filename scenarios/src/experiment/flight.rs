//! One flight: one policy, one seed.

use std::collections::{BTreeMap, BTreeSet};

use policies::place::{Scales, Weighed};
use sim_core::books::{Ledger, Window as Counted};
use sim_core::engine::{Counters, Engine, Fault, Finish};
use sim_core::serve::Completion;
use sim_core::units::{ClassId, OfferingId, ServiceId, SimTime, Span};
use sim_core::watch::{Digests, Meter, Quantity, Record, Recorder, Recording, Storekeeper};
use sim_core::world::Trace;

use super::bounded::Bounded;
use super::fragments::Fragments;
use super::held::{Held, Holdings};
use super::judged::Window;
use super::measured::Watched;
use super::metrics::{self, Known};
use super::needs::Needs;
use super::service_times::Stretches;
use super::services::{Services, Tally, Totals};
use super::tenancy::Tenancy;
use crate::build::{Contender, Experiment, Jobs};
use crate::schema::TableName;
use crate::waits::{Waited, Waits};

/// What is kept of a flight beyond its metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Samples over time.
    pub samples: bool,
    /// Most attempts.
    pub stays: usize,
}

/// One policy, one seed: what came of it.
#[derive(Debug)]
pub struct Flight {
    /// Position of the policy in the scenario.
    pub contender: usize,
    /// The seed.
    pub seed: u64,
    /// How the run ended.
    pub finish: Finish,
    /// What it did, in 2 x 256 bits.
    pub digests: Digests,
    /// What it counted.
    pub counters: Counters,
    /// In the order of [`metrics::METRICS`].
    pub metrics: Vec<Option<f64>>,
    /// What no run is below that completes the same jobs.
    pub bounded: Bounded,
    /// Job by job, and over time.
    pub record: Record,
    /// How much of everything its bill is for, if the bill is asked for.
    pub quantities: Vec<Quantity>,
    /// By service, what became of its requests.
    pub services: Vec<Tally>,
    /// The first requests that ended, if they are asked for.
    pub requests: Vec<(ServiceId, Completion)>,
    /// By workload or set of replicas and by fleet, what it held, where samples are kept.
    pub held: BTreeMap<(ClassId, OfferingId), Held>,
    /// Requests over time, where samples are kept and there are services.
    pub times: Option<Stretches>,
    /// Why its jobs waited, where that table is asked for.
    pub waited: Option<Waited>,
    /// What its placement made of the nodes, in the order of starts, where attempts are kept for the table of decisions.
    pub weighed: Vec<Weighed>,
}

/// What counts in a scenario, and what it promised.
pub fn window(experiment: &Experiment) -> Window {
    let scenario = &experiment.loaded.scenario;
    Window {
        warmup: SimTime::ZERO.saturating_add(scenario.horizon.warmup.value),
        tail: scenario.horizon.tail.value,
        wait: scenario.objectives.wait.map(|wait| wait.value),
    }
}

/// Flies one policy over the jobs of one seed.
///
/// # Errors
/// A policy that makes the run impossible to go on with.
#[expect(clippy::too_many_lines, reason = "one observer after the other")]
pub fn fly(
    experiment: &Experiment,
    contender: usize,
    (seed, jobs): (u64, &Jobs),
    keep: Keep,
) -> Result<Flight, Fault> {
    let chosen: &Contender = &experiment.contenders[contender];
    let window = window(experiment);
    let scenario = &experiment.loaded.scenario;
    let sample: Option<Span> = keep.samples.then_some(scenario.output.sample.value);
    let recording = Recording {
        warmup: window.warmup,
        sample,
        stays: keep.stays,
        // What services cost is a metric, and the same whether anything else is kept.
        attribute: keep.samples || !jobs.world().services.is_empty(),
        balance: Some(scenario.output.spend.value),
    };
    let recorder = Recorder::new(jobs.world(), recording);
    let trace = Trace::new(jobs.for_policy(chosen));
    let mut engine = Engine::new(jobs.world().clone(), Box::new(trace));
    let (scales, weighed) = Scales::new();
    let weighs = keep.stays > 0 && scenario.output.tables.contains(&TableName::Decisions);
    let mut policy = chosen.weighing(seed, weighs.then_some(scales));
    let wants_bill = keep.samples && scenario.output.tables.contains(&TableName::Bill);
    let stocks = experiment.stocks.as_ref();
    let meter = wants_bill.then(|| Meter::new(jobs.world(), stocks, window.warmup));
    let keeper = stocks.map(|stocks| Storekeeper::new(jobs.world(), stocks));
    let fragments = Fragments::of(jobs, window.warmup);
    let tenancy = Tenancy::of(jobs.world(), window.warmup);
    let tables = &scenario.output.tables;
    let one_by_one = keep.samples && tables.contains(&TableName::Requests);
    let services = Services::of(scenario, jobs.world(), (window, one_by_one));
    let end = jobs.world().end.filter(|_| keep.samples);
    let end = end.filter(|_| services.is_some());
    let times = end.map(|end| Stretches::of(jobs.world(), end));
    let holdings = keep
        .samples
        .then(|| Holdings::new(jobs.world(), window.warmup));
    let waits = tables.contains(&TableName::Waits);
    let waits = waits.then(|| Waits::new(jobs.world(), BTreeSet::new()));
    let needs = Needs::of(scenario, jobs.world(), window).filter(|_| scenario.output.bounds);
    let told = (services, (times, (holdings, (waits, needs))));
    let mut watch = (recorder, (meter, (keeper, (fragments, (tenancy, told)))));
    let finish = engine.run(&mut *policy, chosen.grants, &mut watch)?;
    let (recorder, (meter, (keeper, (fragments, (tenancy, told))))) = watch;
    let (services, (times, (holdings, (waits, needs)))) = told;
    let end = engine.now();
    let kept = |at: SimTime| {
        let counted = Counted {
            from: window.warmup,
            end: at.max(window.warmup),
        };
        let keeper = keeper.clone();
        keeper.map_or(Vec::new(), |keeper| keeper.finish(counted))
    };
    let mut record = recorder.finish_with(end, kept(end));
    // What is kept is told when it is over, and cut at each balance.
    let mut balances = std::mem::take(&mut record.balances);
    if let Some((_, earlier)) = balances.split_last_mut()
        && keeper.is_some()
    {
        for balance in earlier {
            let more = Ledger::default().with(kept(balance.at));
            balance.add(&more, |job| record.row(job).group());
        }
    }
    record.balances = balances;
    let known = Known::of(experiment, jobs);
    let (services, requests) = services.map_or_else(Default::default, Services::finish);
    let bounded = if scenario.output.bounds {
        Bounded::of(jobs, &record, (window, needs.as_ref()))
    } else {
        Bounded::UNASKED
    };
    let watched = Watched {
        bounded,
        fragmentation: fragments.and_then(|fragments| fragments.share(end)),
        fairness: tenancy.map(|tenancy| tenancy.finish(end)),
        services: (!services.is_empty()).then(|| Totals::of_all(jobs.world(), &record, &services)),
    };
    let quantities = meter.map_or(Vec::new(), |meter| meter.finish(end));
    Ok(Flight {
        contender,
        seed,
        finish,
        digests: engine.digests(),
        counters: engine.counters(),
        metrics: metrics::measure(
            jobs.world(),
            &record,
            engine.counters(),
            (window, &known, watched),
        ),
        bounded,
        record,
        quantities,
        services,
        requests,
        held: holdings.map_or_else(BTreeMap::new, |holdings| holdings.finish(end)),
        times,
        waited: waits.map(Waits::finish),
        weighed: weighed.try_iter().collect(),
    })
}
