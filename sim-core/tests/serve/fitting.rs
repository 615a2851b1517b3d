//! Coefficients found again from the times of a station that has them.

use sim_core::serve::fit::{Measured, fit, misfit};
use sim_core::serve::{Counts, Iteration, Prefix, Request, RequestId, Serving, StepTime, Task};
use sim_core::units::{ClassId, SimTime, Span};
use sim_core::world::draw::{Part, Stream};

fn engine(blocks: u32) -> Iteration {
    Iteration {
        step: StepTime {
            fixed_ps: 12_000_000_000,
            per_token_ps: 35_000_000,
            per_sequence_ps: 30_000_000,
            per_context_ps: 60_000,
        },
        tokens: 1_024,
        sequences: 64,
        blocks,
        reserve: true,
        line: None,
        prefix: Prefix::default(),
    }
}

/// What the engine's log would be, as other engines with those limits know nothing of its coefficients.
fn log(engine: &Iteration) -> Vec<Measured> {
    let mut luck = Stream::new(3, &[Part::Name("log")]);
    let mut now = SimTime::ZERO;
    let mut log = Vec::new();
    let serving = Serving::Iteration(std::sync::Arc::new(engine.clone()));
    let mut station = serving.station(1_000_000);
    let tell = |log: &mut Vec<Measured>, served: sim_core::serve::Served| {
        let request = served.task.request;
        let place = usize::try_from(request.id.0).unwrap();
        log[place] = Measured {
            request,
            first_token: served.times.first_token.since(request.arrived),
            whole: served.times.done.since(request.arrived),
        };
    };
    for id in 0..160 {
        now = now + luck.exponential_span(Span::from_us(80_000).unwrap());
        let request = Request {
            id: RequestId(id),
            class: ClassId(0),
            arrived: now,
            counts: Counts {
                input: u32::try_from(luck.between(10, 1_500)).unwrap(),
                output: u32::try_from(luck.between(2, 300)).unwrap(),
            },
            session: None,
            content: None,
        };
        log.push(Measured {
            request,
            first_token: Span::ZERO,
            whole: Span::ZERO,
        });
        station.advance(now, &mut |served| tell(&mut log, served));
        station.offer(now, Task::whole(request)).unwrap();
    }
    station.advance(SimTime::MAX, &mut |served| tell(&mut log, served));
    log
}

#[test]
fn a_fit_to_half_of_a_log_tells_the_times_of_the_other_half() {
    for blocks in [4_000, 1_200] {
        let engine = engine(blocks);
        let log = log(&engine);
        let limits = Iteration {
            step: StepTime::default(),
            ..engine.clone()
        };
        let step = fit(&limits, &log, 0..80).unwrap();
        let found = misfit(&Iteration { step, ..limits }, &log, 80..160).unwrap();
        println!("{blocks} blocks: {step:?}, {found:?}");
        assert!(found.whole < 0.01 && found.first_token < 0.01, "{found:?}");
        let truth = engine.step.fixed_ps;
        assert!(step.fixed_ps.abs_diff(truth) < truth / 10, "{step:?}");
        let none = misfit(&engine, &log, 0..160).unwrap();
        assert!(none.whole <= 0.0 && none.first_token <= 0.0);
    }
}

#[test]
fn a_log_that_tells_nothing_is_not_fitted() {
    let engine = engine(4_000);
    let log = log(&engine);
    assert_eq!(fit(&engine, &log, 0..0), None);
    assert_eq!(fit(&engine, &log, 150..200), None);
    let tiny = Iteration {
        blocks: 2,
        ..engine
    };
    assert_eq!(fit(&tiny, &log, 0..80), None);
}
