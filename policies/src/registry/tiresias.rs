//! The registry's lines for Tiresias.

use sim_core::engine::Policy;
use sim_core::units::Span;

use super::{Claims, Entry, PLACEMENTS, PLAIN, Setting, find, span};
use crate::params::{Domain, Param, Params};
use crate::place::Place;
use crate::repack::Line;
use crate::tiresias::{By, Gittins, Mlfq, Ranked, Rules, Service};

type Kind = Entry<dyn Policy + Send>;

const KEEPS: Claims = Claims {
    keeps: Some("tiresias"),
    keeps_fleet: true,
    ..PLAIN
};

const SERVICES: &[&str] = &["time", "gpu-time"];

const PLACE: Param = Param::new(
    "place",
    Domain::Word(&[
        "best-fit",
        "first-fit",
        "worst-fit",
        "consolidate",
        "spread",
        "rack-aware",
        "yarn",
    ]),
    "\"best-fit\"",
    "where a job lies that starts",
);

pub(crate) const SMALLEST_FIRST: Kind = Entry {
    kind: "smallest-first",
    doc: "at each event whoever fits runs, fewest GPUs first, the rest makes room (the sjf of Tiresias, Gu et al., NSDI 2019)",
    params: &[PLACE],
    claims: KEEPS,
    build: |params, setting| ranked("smallest-first", By::Gpus, params, setting),
};

pub(crate) const SHORTEST_FIRST: Kind = Entry {
    kind: "shortest-first",
    doc: "at each event whoever fits runs, least left by estimate first, the rest makes room (shortest of Tiresias)",
    params: &[
        Param::new(
            "service",
            Domain::Word(SERVICES),
            "\"time\"",
            "what is left of: time, or time times GPUs",
        ),
        PLACE,
    ],
    claims: Claims {
        estimate: true,
        ..KEEPS
    },
    build: |params, setting| {
        let by = match params.word("service") {
            "gpu-time" => By::GpuTimeLeft,
            _ => By::TimeLeft,
        };
        ranked("shortest-first", by, params, setting)
    },
};

const LEVELS: &[Param] = &[
    Param::new(
        "service",
        Domain::Word(SERVICES),
        "\"gpu-time\"",
        "what a job has been served: time worked, or time times GPUs",
    ),
    Param::new(
        "limits",
        Domain::Spans,
        "[\"3250s\", \"7200s\"]",
        "service at which a job leaves each queue for the next one, which lets the ones above it go first",
    ),
    Param::new(
        "promote-after",
        Domain::Ratio(0.0, 1_000_000.0),
        "0.0",
        "a job that waited so many times as long as it worked and kept goes back to the first queue; 0: never; turns are as short as the first limit then, which should be well above what a restore takes",
    ),
    Param::new(
        "gittins",
        Domain::Spans,
        "[]",
        "a sample of the service that jobs take: within a queue the likeliest to end soon goes first; none: by turn",
    ),
    span(
        "quantum",
        "\"3250s\"",
        "service that the Gittins index looks ahead",
    ),
    PLACE,
];

pub(crate) const MLFQ: Kind = Entry {
    kind: "mlfq",
    doc: "queues that jobs sink through as they are served; higher ones go first (dlas of Tiresias, Gu et al., NSDI 2019)",
    params: LEVELS,
    claims: KEEPS,
    build: |params, setting| {
        let tick = if setting.compat {
            Span::from_secs(1)
        } else {
            Span::MICROSECOND
        };
        let ticks = |span: Span| span.us() / tick.us();
        let sample: Vec<u64> = params.spans("gittins").into_iter().map(ticks).collect();
        let gittins = Gittins::new(sample.clone(), ticks(params.span("quantum")));
        let gittins = if setting.compat {
            gittins.published()
        } else {
            gittins
        };
        let rules = Rules {
            service: match params.word("service") {
                "time" => Service::Time,
                _ => Service::GpuTime,
            },
            limits: params.spans("limits").into_iter().map(ticks).collect(),
            promote_after: params.ratio("promote-after"),
            gittins: (!sample.is_empty()).then_some(gittins),
            tick,
            published: setting.compat,
        };
        Box::new(Mlfq::new(rules, place(params, setting)))
    },
};

fn ranked(
    name: &'static str,
    by: By,
    params: &Params,
    setting: &Setting,
) -> Box<dyn Policy + Send> {
    let ranked = Ranked::new(name, by, Line::Skip, place(params, setting));
    Box::new(ranked.sorting_in_place(setting.compat))
}

fn place(params: &Params, setting: &Setting) -> Box<dyn Place> {
    let entry = find(PLACEMENTS, params.word("place")).expect("a placement of the registry");
    (entry.build)(&Params::default(), setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_may_lie_by_any_placement_that_neither_draws_nor_takes_notes() {
        let Domain::Word(kinds) = PLACE.domain else {
            panic!("a placement is a word")
        };
        // Those of FGD are for shares, and learn what typically comes from a desk.
        let plain =
            |entry: &&Entry<dyn Place>| entry.kind != "random" && entry.claims.keeps.is_none();
        let known = PLACEMENTS.iter().filter(plain).map(|entry| entry.kind);
        assert!(known.eq(kinds.iter().copied()));
    }
}
