//! Windows of published spot series, a job with a deadline in each: "Can't Be Late" (Wu et al., NSDI 2024).
//!
//! Each window is an ordinary scenario, written as a text, read, built and flown like any other. The published simulator bills
//! every tick of which a machine is held, from grant to release, whole.

use std::fmt::Write as _;
use std::path::Path;

use rayon::prelude::*;
use sim_core::engine::Engine;
use sim_core::units::{Span, convert};
use sim_core::world::Trace;

use super::Place;
use super::cases::Case;
use super::held::Held;
use super::scenario;
use super::table::Table;
use crate::schema::quantity;

const OPTIONS: [&str; 11] = [
    "deadline_h",
    "changeover_h",
    "work_h",
    "tick_s",
    "windows",
    "window_ticks",
    "price_on_demand_usd_h",
    "price_spot_usd_h",
    "polarity",
    "clairvoyant",
    "compat",
];

const COLUMNS: [&str; 8] = [
    "trace",
    "window",
    "cost_usd",
    "ondemand_billed_h",
    "spot_billed_h",
    "progress_ondemand_h",
    "progress_spot_h",
    "finish_h",
];

/// What all windows of a case have in common.
struct Setting {
    policy: &'static str,
    clairvoyant: bool,
    tick: Span,
    ticks: u64,
    work: Span,
    deadline: Span,
    changeover: Span,
    /// On spot, and on demand.
    usd_h: [f64; 2],
    polarity: &'static str,
}

/// Flies every window of a case; the table is that of the file it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    case.only(&OPTIONS)?;
    let setting = Setting::read(case)?;
    let windows = windows(case, place)?;
    let rows: Vec<Result<Vec<String>, String>> = windows
        .par_iter()
        .map(|window| {
            let row = setting.fly(window, place);
            row.map_err(|error| format!("{} window {}: {error}", window.trace, window.number))
        })
        .collect();
    let mut table = Table::new(&COLUMNS);
    table.rows = rows.into_iter().collect::<Result<_, _>>()?;
    Ok(vec![(case.compare.file.clone(), table)])
}

struct Window {
    trace: String,
    number: u64,
    start: u64,
    /// The input that holds the trace.
    input: String,
}

/// The windows of a case: those of the first input whose numbers are asked for, in the series of the others.
fn windows(case: &Case, place: &Place<'_>) -> Result<Vec<Window>, String> {
    let (list, series) = case.inputs.split_first().ok_or("there are no inputs")?;
    let asked = case.options.get("windows").and_then(toml::Value::as_table);
    let asked = asked.ok_or("option windows: not a table")?;
    let number = |key: &str| {
        let value = asked.get(key).and_then(toml::Value::as_integer);
        let value = value.and_then(|value| u64::try_from(value).ok());
        value.ok_or_else(|| format!("option windows.{key}: not a whole number from zero up"))
    };
    let (first, last, step) = (number("first")?, number("last")?, number("step")?.max(1));
    let table = Table::read(&place.find(list)?)?;
    let mut found = Vec::new();
    for row in &table.rows {
        let [trace, window, start] = row.as_slice() else {
            return Err(format!("{list}: not trace, window, start_tick"));
        };
        let whole = |text: &str| text.parse::<u64>().map_err(|_| format!("{list}: {text}"));
        let (window, start) = (whole(window)?, whole(start)?);
        if (first..=last).contains(&window) && (window - first).is_multiple_of(step) {
            let file = format!("{trace}.json");
            let input = series
                .iter()
                .find(|input| Path::new(input).ends_with(&file));
            found.push(Window {
                trace: trace.clone(),
                number: window,
                start,
                input: input
                    .ok_or_else(|| format!("{file}: not among the inputs"))?
                    .clone(),
            });
        }
    }
    for input in series {
        if found.iter().all(|window| window.input != *input) {
            return Err(format!("{input}: no window lies in it"));
        }
    }
    Ok(found)
}

impl Setting {
    fn read(case: &Case) -> Result<Self, String> {
        let policy = match case.policy.as_str() {
            "greedy" => "greedy",
            "uniform_progress" => "uniform-progress",
            "on_demand" => "on-demand-only",
            "omniscient" => "omniscient",
            other => return Err(format!("policy {other}: not known to this family")),
        };
        if case.word("compat") != Some("cant-be-late") {
            return Err("compat: only \"cant-be-late\" is implemented".to_owned());
        }
        let polarity = match case.word("polarity") {
            Some("1 = available") => "available",
            Some("1 = unavailable") => "unavailable",
            other => return Err(format!("polarity: {other:?}: not known")),
        };
        let clairvoyant = case
            .options
            .get("clairvoyant")
            .and_then(toml::Value::as_bool);
        let tick = Span::from_secs(case.number("tick_s")?);
        if tick == Span::ZERO {
            return Err("tick_s: no length of time".to_owned());
        }
        Ok(Self {
            policy,
            clairvoyant: clairvoyant.ok_or("clairvoyant: not a flag")?,
            tick,
            ticks: case.number("window_ticks")?,
            work: case.hours("work_h")?,
            deadline: case.hours("deadline_h")?,
            changeover: case.hours("changeover_h")?,
            usd_h: [
                case.real("price_spot_usd_h")?,
                case.real("price_on_demand_usd_h")?,
            ],
            polarity,
        })
    }

    /// The scenario of a window.
    fn text(&self, window: &Window) -> String {
        let span = quantity::print_span;
        let from = self.tick.saturating_mul(window.start);
        let until = self.tick.saturating_mul(window.start + self.ticks);
        let file = window.input.strip_prefix("data/").unwrap_or(&window.input);
        let mut text = String::from("name = \"window\"\n");
        let instance = "instance = { name = \"node\", gpus = 1, gpu = \"any\" }\nmax = 1\nmin = 0";
        let [spot, on_demand] = self.usd_h;
        let series = format!(
            "format = \"skypilot-json\", file = \"data:{file}\", from = \"{}\", until = \"{}\", after = \"hold\", polarity = \"{}\"",
            span(from),
            span(until),
            self.polarity
        );
        let grants = if self.clairvoyant {
            "clairvoyant = [\"durations\", \"reclaims\"]\n"
        } else {
            ""
        };
        // So many an hour that the one job comes at the first microsecond.
        write!(
            text,
            "[[fleet]]\nname = \"spot\"\nmarket = \"spot\"\n{instance}\nprice = \"${spot}\"\navailability = {{ {series} }}\n\
             [[fleet]]\nname = \"on-demand\"\nmarket = \"on-demand\"\n{instance}\nprice = \"${on_demand}\"\n\
             [[workload]]\nname = \"job\"\n\
             synth = {{ model = \"parametric\", jobs = 1, arrivals = {{ per-hour = 1e15 }}, durations = {{ kind = \"constant\", value = \"{}\" }} }}\n\
             deadline = \"{}\"\nestimate = {{ model = \"exact\" }}\n\
             checkpoint = {{ keep = \"all\", setup = \"{d}\", restore = \"{d}\" }}\n\
             [[policy]]\nname = \"{policy}\"\nkind = \"{policy}\"\ntick = \"{}\"\ncompat = \"cant-be-late\"\n{grants}",
            span(self.work),
            span(self.deadline),
            span(self.tick),
            d = span(self.changeover),
            policy = self.policy,
        )
        .expect("a text takes all");
        text
    }

    /// One row: what the job cost in a window.
    fn fly(&self, window: &Window, place: &Place<'_>) -> Result<Vec<String>, String> {
        let text = self.text(window);
        let experiment = scenario::experiment(&text, &window.input, place)?;
        let jobs = experiment.jobs(0).map_err(|error| error.to_string())?;
        let contender = &experiment.contenders[0];
        let mut held = Held::new(jobs.world());
        let trace = Trace::new(jobs.for_policy(contender));
        let mut engine = Engine::new(jobs.world().clone(), Box::new(trace));
        let mut policy = contender.policy(0);
        engine
            .run(&mut *policy, contender.grants, &mut held)
            .map_err(|fault| fault.to_string())?;
        held.close(engine.now());
        let billed = held.ticks(self.tick);
        let hours = |us: u64| convert::real(us) / 3.6e9;
        let billed_h = billed.map(|ticks| hours(ticks * self.tick.us()));
        let cost = billed_h[0] * self.usd_h[0] + billed_h[1] * self.usd_h[1];
        // The published simulator sees an end at the next tick.
        let finish = engine.now().round_up(self.tick);
        let numbers = [
            cost,
            billed_h[1],
            billed_h[0],
            hours(held.kept[1].us()),
            hours(held.kept[0].us()),
            hours(finish.us()),
        ];
        let mut row = vec![window.trace.clone(), window.number.to_string()];
        row.extend(numbers.map(|number| format!("{number:.9}")));
        Ok(row)
    }
}
