//! A log served again by the modelled engine, request by request as they came.

use std::sync::Arc;

use sim_core::serve::{Iteration, Prefix, Served, Serving, StepTime, Task, Times};
use sim_core::units::convert;
use traces::requests::RequestLog;

/// The limits of a serving engine, as its configuration states them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Tokens of an iteration, at most (vLLM's `max_num_batched_tokens`).
    pub tokens: u32,
    /// Sequences that run, at most (`max_num_seqs`).
    pub sequences: u32,
    /// Blocks of 16 tokens that its memory holds (`num_gpu_blocks`).
    pub blocks: u32,
    /// Whether a request is admitted only where its whole prompt fits.
    pub reserve: bool,
}

impl Engine {
    pub(super) fn serving(self, step: StepTime) -> Serving {
        Serving::Iteration(Arc::new(Iteration {
            step,
            tokens: self.tokens,
            sequences: self.sequences,
            blocks: self.blocks,
            reserve: self.reserve,
            line: None,
            prefix: Prefix::default(),
        }))
    }
}

/// When each request of the log got on, in its order; nothing of one that the memory can never hold.
pub(super) fn replay(log: &RequestLog, serving: &Serving) -> Vec<Option<Times>> {
    const OWN_SPEED_PPM: u64 = 1_000_000;
    let mut station = serving.station(OWN_SPEED_PPM);
    let mut times = vec![None; log.records.len()];
    let mut sink = |served: Served| {
        let at = usize::try_from(served.task.request.id.0).expect("a position in the log");
        times[at] = Some(served.times);
    };
    for (id, record) in (0_u64..).zip(&log.records) {
        station.advance(record.arrived, &mut sink);
        // What is refused stays without times.
        let _ = station.offer(record.arrived, Task::whole(record.request(id)));
    }
    while let Some(next) = station.next() {
        station.advance(next, &mut sink);
    }
    times
}

/// A log as the engine would have written it, had it been the modelled one.
pub fn served(log: &RequestLog, engine: Engine, step: StepTime) -> Option<RequestLog> {
    let serving = engine.serving(step);
    serving.check().ok()?;
    let times = replay(log, &serving);
    let measured = log.records.iter().zip(times).map(|(record, times)| {
        let times = times?;
        Some(traces::requests::Measured {
            queued: record.arrived,
            scheduled: times.started,
            first_token: times.first_token,
            last_token: times.done,
        })
    });
    Some(RequestLog {
        measured: measured.collect::<Option<Vec<_>>>()?,
        ..log.clone()
    })
}

/// The number of requests as a real.
pub(super) fn real(count: usize) -> f64 {
    convert::real(convert::wide(count))
}
