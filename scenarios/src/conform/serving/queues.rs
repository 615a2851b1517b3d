//! Queues in simulation: Poisson arrivals at a station.
//!
//! A run goes on until the standard error that is asked for is reached; above a load of 0.9, as many requests as there are to
//! be. It is asked for only when there is an eighth more of it, so that luck has little choice when to stop. Where there are
//! several servers, means are told with the help of a [control](super::endless), which is held to its own mean.

use std::sync::Arc;

use sim_core::serve::{Batch, Law, Luck, Request, Served, Service, Serving, Task};
use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{Stream, span};

use super::Effort;
use super::endless::Endless;
use super::estimate::{Estimate, LEAST, Sections, Sums};
use super::model::Model;

/// A mean service, in microseconds.
const SERVICE_US: f64 = 1e6;
/// Bins of waits, each a hundredth of the mean wait of those that wait.
const BINS: usize = 4_000;
/// Largest load at which a standard error is sought (some are quotients): above, a run takes as many requests as it may.
const LOAD: f64 = 0.900_001;

/// A queue to be simulated.
struct Queue {
    model: Batch,
    /// Arrivals in a mean service.
    rate: f64,
    /// Requests after which what was is nearly forgotten.
    memory: f64,
    /// A bin of waits, in seconds.
    bin: f64,
    /// A control, where there are several servers.
    control: Option<(u32, f64)>,
}

/// What comes out of a station, summed up.
struct Watch {
    bin: f64,
    /// Bins that are counted: none where no column asks for them.
    bins: usize,
    /// Requests of a part.
    size: f64,
    part: Sums,
    from: SimTime,
    /// Start and end of the last batch.
    last: (Option<SimTime>, SimTime),
    control: Option<Endless>,
    /// Parts that are over, the first of which is the way to what is usual.
    over: u32,
    sections: Sections,
}

/// Estimates of these columns of a queue.
pub(super) fn simulate(
    model: &Model,
    name: &str,
    columns: &[&str],
    effort: Effort,
) -> Result<Vec<Estimate>, String> {
    let queue = Queue::of(model, name).ok_or("a cache is no queue")?;
    let estimates = |watch: &Watch| -> Result<Vec<Estimate>, String> {
        columns
            .iter()
            .map(|column| watch.estimate(column))
            .collect()
    };
    let (judged, share) = judged(model, columns, effort);
    let mut fault = None;
    let quantiles = columns.iter().any(|column| column.starts_with("Wq_p"));
    let bins = if quantiles { BINS } else { 0 };
    let watch = queue.fly((name, bins), |watch| {
        if model.load() > LOAD {
            return watch.served() >= effort.arrivals;
        }
        let found = watch.estimate(judged);
        let rare = columns.contains(&EMPTY).then(|| watch.estimate(EMPTY));
        match (found, rare.transpose()) {
            (Ok(found), Ok(rare)) => {
                found.within(share) && rare.is_none_or(|rare| rare.within(5.0 * effort.stderr))
            }
            (Err(error), _) | (_, Err(error)) => {
                fault = Some(error);
                true
            }
        }
    });
    let control = watch.sections.ratio(|sums| (sums.control, sums.requests));
    if control.mean.abs() > 5.0 * control.stderr {
        return Err(format!(
            "{name}: services or arrivals are not what they should be"
        ));
    }
    fault.map_or_else(|| estimates(&watch), Err)
}

const EMPTY: &str = "p_queue_empty_at_completion";

/// The column that says when a run is long enough, and the standard error it should have.
fn judged<'c>(model: &Model, columns: &[&'c str], effort: Effort) -> (&'c str, f64) {
    let find = |wanted: &str| columns.iter().find(|column| **column == wanted).copied();
    let wait = columns
        .iter()
        .find(|column| column.starts_with("Wq_mean"))
        .copied();
    let rare = find("erlang_c_p_wait").filter(|_| model.waiting() < 0.05);
    let doubled = rare.map(|rare| (rare, 2.0 * effort.stderr));
    let usual = wait.or_else(|| find("W_mean")).unwrap_or("W_mean");
    doubled.unwrap_or((usual, effort.stderr))
}

impl Queue {
    fn of(model: &Model, name: &str) -> Option<Self> {
        let mean = Span::from_us(convert::floor(SERVICE_US)).expect("a second");
        let drawn = |law: Law| Service::Drawn {
            law,
            mean,
            fan_out: 1,
            luck: luck(name),
        };
        let (servers, size, service, varied) = match *model {
            Model::Parallel { servers, .. } => (servers, 1, drawn(Law::Exponential), 1.0),
            Model::Single { law, .. } => (1, 1, drawn(law), law.squared_variation()),
            Model::Bulk { size, .. } => {
                let per_request = Span::ZERO;
                (
                    1,
                    size,
                    Service::Affine {
                        fixed: mean,
                        per_request,
                    },
                    0.0,
                )
            }
            Model::Cache { .. } => return None,
        };
        let load = model.load();
        let at_once = f64::from(servers * size);
        // Where hardly anybody waits a control hardly ever says anything, and nothing can be told from it.
        let control = servers > 1 && model.waiting() > 1e-3;
        // The relaxation time of M/M/1 (Cohen, The single server queue, 1982), and that of servers that are never all busy.
        let relaxed = load / (1.0 - load.sqrt()).powi(2) * f64::midpoint(1.0, varied);
        Some(Self {
            model: Batch {
                servers,
                size,
                timeout: Span::ZERO,
                line: None,
                service,
            },
            rate: load * at_once,
            memory: relaxed.max(load * at_once),
            bin: 0.01 / (at_once * (1.0 - load)),
            control: control.then_some((servers, load * at_once)),
        })
    }

    /// Serves until `enough` of it, asked now and then.
    fn fly(&self, (name, bins): (&str, usize), mut enough: impl FnMut(&Watch) -> bool) -> Watch {
        let mut watch = Watch::new((self.bin, bins), (5.0 * self.memory).max(1_000.0));
        watch.control = self
            .control
            .map(|(servers, busy)| Endless::new(servers, busy));
        let mut station = Serving::Batch(Arc::new(self.model.clone())).station(1_000_000);
        let mut arrivals = Stream::new(1, &["arrivals".into(), name.into()]);
        let mut us = 0.0;
        let mut ask = 0;
        for id in 0_u64.. {
            us += arrivals.exponential(SERVICE_US / self.rate);
            let now = SimTime::ZERO + span(us);
            station.advance(now, &mut |served| watch.see(&served));
            if let Some(control) = &mut watch.control {
                control.arrive(now);
            }
            let task = Task::whole(Request::plain(id, now));
            station.offer(now, task).expect("its line has no end");
            if watch.over >= ask {
                ask = watch.over + watch.over / 8 + 16;
                if watch.sections.len() >= LEAST && enough(&watch) {
                    break;
                }
            }
        }
        watch
    }
}

impl Watch {
    fn new((bin, bins): (f64, usize), size: f64) -> Self {
        Self {
            bin,
            bins,
            size,
            part: Sums::default(),
            from: SimTime::ZERO,
            last: (None, SimTime::ZERO),
            control: None,
            over: 0,
            sections: Sections::default(),
        }
    }

    fn see(&mut self, served: &Served) {
        let (times, arrived) = (served.times, served.task.request.arrived);
        let seconds = |span: Span| convert::real(span.us()) / 1e6;
        let wait = seconds(times.started.since(arrived));
        let part = &mut self.part;
        part.control += self
            .control
            .as_mut()
            .map_or(0.0, |control| control.see(served));
        part.requests += 1.0;
        part.wait += wait;
        part.inside += seconds(times.done.since(arrived));
        if self.last.0 != Some(times.started) {
            part.batches += 1.0;
            part.empty += f64::from(u8::from(times.started > self.last.1));
            self.last = (Some(times.started), times.done);
        }
        part.hits += f64::from(u8::from(wait > 0.0));
        part.waits.resize(self.bins, 0.0);
        if let Some(last) = self.bins.checked_sub(1) {
            let bin = usize::try_from(convert::floor((wait / self.bin).ceil()));
            part.waits[bin.map_or(last, |bin| bin.min(last))] += 1.0;
        }
        if part.requests >= self.size {
            part.length = seconds(times.done.since(self.from));
            self.from = times.done;
            let part = std::mem::take(part);
            if self.over > 0 {
                self.sections.push(&part);
            }
            self.over += 1;
        }
    }

    /// Requests served.
    fn served(&self) -> f64 {
        f64::from(self.over) * self.size
    }

    fn estimate(&self, column: &str) -> Result<Estimate, String> {
        let quantile = |share| {
            let bins = self.sections.quantile(share);
            Estimate {
                mean: bins.mean * self.bin,
                stderr: bins.stderr * self.bin,
            }
        };
        let ratio = |of: fn(&Sums) -> (f64, f64)| match self.control {
            Some(_) => self.sections.controlled(of),
            None => self.sections.ratio(of),
        };
        Ok(match column {
            "erlang_c_p_wait" => ratio(|sums| (sums.hits, sums.requests)),
            "Wq_mean" | "Wq_mean_in_service_times" => ratio(|sums| (sums.wait, sums.requests)),
            "W_mean" => ratio(|sums| (sums.inside, sums.requests)),
            "L_mean" => ratio(|sums| (sums.inside, sums.length)),
            "mean_batch_size" => ratio(|sums| (sums.requests, sums.batches)),
            EMPTY => ratio(|sums| (sums.empty, sums.batches)),
            "Wq_p95" => quantile(0.95),
            "Wq_p99" => quantile(0.99),
            _ => return Err(format!("column {column}: not known of a queue")),
        })
    }
}

fn luck(name: &str) -> Luck {
    Luck {
        seed: 1,
        service: name.to_owned(),
    }
}
