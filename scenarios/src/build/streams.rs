//! Requests as a run takes them: of a file read once, or drawn one by one as they come.

use std::sync::Arc;

use sim_core::engine::{Listed, Requests, Stream};
use sim_core::serve::fluid::Inflow;
use sim_core::serve::{Request, RequestId};
use sim_core::units::{SimTime, Span, convert};
use traces::requests::synth::{self, Arrivals, Synthetic};
use traces::requests::{RequestLog, RequestRecord, import_rates, import_requests};
use traces::synth::Luck;
use traces::{Options, Source as Bytes};

use super::history::{self, Tape};
use super::{BuildError, files, requests};
use crate::schema::{
    CurveSpec, Diagnostic, Fidelity, Place, RequestLogSpec, RequestsSpec, ServiceSpec,
};

/// Requests whose demands stand for those of all.
const SAMPLE: usize = 1 << 14;

/// Where the requests of a service come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The same whatever the seed, with the names of their classes.
    Listed(Arc<Listed>, Vec<String>),
    /// Drawn by the seed and the service's name; whether its rates are those of hours of the calendar or of a file, and how far
    /// a file's reach.
    Drawn(Box<Synthetic>, Vec<String>, Option<Span>),
}

impl Source {
    /// Reads the file, or checks the generator, of a service; a generator goes on for `length` if it is not said, and its weeks
    /// have gone on for so long when the run `begins`. None if a reason was noted.
    pub(super) fn read(
        service: &ServiceSpec,
        (begins, length): (Span, Span),
        reasons: &mut Vec<Diagnostic>,
    ) -> Result<Option<Self>, BuildError> {
        let noted = reasons.len();
        let (place, clock, drawn) = match &service.requests {
            RequestsSpec::Log(spec) => return log(spec).map(Some),
            RequestsSpec::Model(part) => (
                part.kind.place,
                requests::has_calendar(part).then_some(Span::ZERO),
                requests::model(part, (begins, length), reasons),
            ),
            RequestsSpec::Curve(spec) => {
                let curve = curve(spec)?;
                let reach = curve.span();
                let drawn = (curve.then(spec.then), spec.counted);
                let drawn = requests::on_curve(&spec.params, drawn, length, reasons);
                (spec.format.place, Some(reach), Ok(drawn))
            }
        };
        if reasons.len() > noted {
            return Ok(None);
        }
        let drawn = drawn.and_then(|model| {
            let checked = model.requests(Luck {
                seed: 0,
                workload: "",
            });
            checked.map_err(|error| error.to_string()).map(|_| model)
        });
        match drawn {
            Ok(model) => {
                let names = model.classes.iter().map(|class| class.name.clone());
                let names = names.collect();
                Ok(Some(Self::Drawn(Box::new(model), names, clock)))
            }
            Err(rule) => {
                reasons.push(refusal(place, &rule));
                Ok(None)
            }
        }
    }

    /// Names of the classes of requests, by their numbers.
    pub(super) fn classes(&self) -> &[String] {
        match self {
            Self::Listed(_, names) | Self::Drawn(_, names, _) => names,
        }
    }

    /// Whether another seed brings others.
    pub(super) fn is_random(&self) -> bool {
        match self {
            Self::Listed(..) => false,
            Self::Drawn(..) => true,
        }
    }

    /// How far a file reaches; none is behind what is drawn by a law.
    pub(super) fn reach(&self) -> Span {
        match self {
            Self::Listed(listed, _) => {
                let last = listed.0.last().map(|request| request.arrived);
                history::reach(Span::ZERO, last)
            }
            Self::Drawn(_, _, clock) => clock.unwrap_or(Span::ZERO),
        }
    }

    /// What of it a replication meets: requests of a log as they came, rates as of the hour at which the run begins.
    pub(super) fn played(&self, tape: &Tape) -> Self {
        match self {
            Self::Listed(listed, names) => {
                let moved = |request: &Request, arrived| Request {
                    arrived,
                    ..*request
                };
                let played = tape.play(&listed.0, |request| request.arrived, moved);
                let numbered = played.map(|requests| {
                    let requests = (0..).zip(requests);
                    let numbered = requests.map(|(id, own)| Request {
                        id: RequestId(id),
                        ..own
                    });
                    Arc::new(Listed(numbered.collect()))
                });
                Self::Listed(
                    numbered.unwrap_or_else(|| Arc::clone(listed)),
                    names.clone(),
                )
            }
            Self::Drawn(model, names, clock) => {
                let mut model = model.clone();
                if clock.is_some()
                    && let Arrivals::Curve(curve) | Arrivals::Counted(curve) = &mut model.arrivals
                {
                    curve.turn(tape.ahead());
                }
                Self::Drawn(model, names.clone(), *clock)
            }
        }
    }

    /// The requests of a seed.
    pub(super) fn open(&self, seed: u64, service: &str) -> Arc<dyn Requests> {
        match self {
            Self::Listed(listed, _) => listed.clone(),
            Self::Drawn(model, ..) => {
                let luck = Luck {
                    seed,
                    workload: &named(service),
                };
                let first = model.requests(luck).expect("parameters were checked");
                Arc::new(Lazy(first))
            }
        }
    }
}

impl Source {
    /// The same as rates over so many intervals.
    pub(super) fn inflow(
        &self,
        (seed, service): (u64, &str),
        (interval, count): (Span, usize),
    ) -> Inflow {
        let mut sample = Vec::new();
        let mut stream = self.open(seed, service).open();
        match self {
            Self::Listed(listed, _) => {
                let mut expected = vec![0.0; count];
                for request in listed.0.iter() {
                    let nth = usize::try_from(request.arrived.us() / interval.us());
                    if let Some(count) = nth.ok().and_then(|nth| expected.get_mut(nth)) {
                        *count += 1.0;
                    }
                }
                let every = listed.0.len().div_ceil(SAMPLE).max(1);
                sample.extend(listed.0.iter().step_by(every).map(|own| own.counts));
                Inflow::new(interval, &expected, sample)
            }
            Self::Drawn(model, ..) => {
                while let Some(request) = stream.next().filter(|_| sample.len() < SAMPLE) {
                    sample.push(request.counts);
                }
                let luck = Luck {
                    seed,
                    workload: &named(service),
                };
                let expected = model.expected(luck, (interval, count));
                let expected = expected.expect("parameters were checked");
                Inflow::new(interval, &expected, sample)
            }
        }
    }

    /// Why a service of rates does not know these requests: they come in sessions.
    pub(super) fn talks(&self, service: &ServiceSpec) -> Option<Diagnostic> {
        let Self::Drawn(model, ..) = self else {
            return None;
        };
        let place = match &service.requests {
            RequestsSpec::Model(part) => part.kind.place,
            RequestsSpec::Curve(spec) => spec.format.place,
            RequestsSpec::Log(_) => return None,
        };
        let fluid = matches!(service.fidelity, Fidelity::Fluid(_));
        let talks = fluid && model.dialogues.is_some();
        let rule = "rates know no sessions";
        let remedy = "remove turns, pause and prompt, or write fidelity = \"requests\"";
        talks.then(|| Diagnostic::new(place, "requests", rule).or(remedy))
    }
}

/// No workload is called so, and none has its draws.
fn named(service: &str) -> String {
    format!("service/{service}")
}

fn refusal(place: Place, rule: &str) -> Diagnostic {
    Diagnostic::new(place, "requests", rule).or("correct the parameter")
}

fn curve(spec: &CurveSpec) -> Result<traces::requests::RateCurve, BuildError> {
    let opened = files::open(&spec.file.value)?;
    let source = Bytes::new(&spec.file.value.written, opened);
    import_rates(&spec.format.value, source).map_err(BuildError::Trace)
}

fn log(spec: &RequestLogSpec) -> Result<Source, BuildError> {
    let opened = files::open(&spec.file.value)?;
    let source = Bytes::new(&spec.file.value.written, opened);
    let options = Options {
        lenient: spec.lenient,
        ..Options::default()
    };
    let log = import_requests(&spec.format.value, source, &options);
    let log = log.map_err(BuildError::Trace)?;
    let requests = used(&log, spec);
    Ok(Source::Listed(Arc::new(Listed(requests)), log.classes))
}

/// The part of a file that is used, at its pace.
fn used(log: &RequestLog, spec: &RequestLogSpec) -> Arc<[Request]> {
    let records = log.records.iter();
    let part = spec.from.us()..spec.until.us();
    let records = records.filter(|record| part.contains(&record.arrived.us()));
    let limit = spec.limit.and_then(|limit| usize::try_from(limit).ok());
    let records = records.take(limit.unwrap_or(usize::MAX));
    let moved = records.map(|record| {
        let us = convert::real(record.arrived.us() - spec.from.us()) / spec.scale;
        RequestRecord {
            arrived: SimTime::from_us(convert::floor(us + 0.5)).unwrap_or(SimTime::MAX),
            ..*record
        }
    });
    (0..)
        .zip(moved)
        .map(|(id, record)| record.request(id))
        .collect()
}

/// Requests that are drawn as they are taken.
#[derive(Debug)]
struct Lazy(synth::Requests);

#[derive(Clone, Debug)]
struct Drawing {
    source: synth::Requests,
    next: u64,
}

impl Requests for Lazy {
    fn open(&self) -> Box<dyn Stream + Send> {
        Box::new(Drawing {
            source: self.0.clone(),
            next: 0,
        })
    }
}

impl Stream for Drawing {
    fn next(&mut self) -> Option<Request> {
        let record = self.source.next()?;
        let request = record.request(self.next);
        self.next += 1;
        Some(request)
    }

    fn fork(&self) -> Box<dyn Stream + Send> {
        Box::new(self.clone())
    }
}
