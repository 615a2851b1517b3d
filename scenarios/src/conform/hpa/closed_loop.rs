//! Closed loops: the controller over a plant of pods that start, share a load and go, youngest first.

use policies::scale::Bounds;
use policies::scale::hpa::behavior::{Behavior, Rate, Rules};
use policies::scale::hpa::calculator::{Metric, propose};
use policies::scale::hpa::controller::{Controller, Settings};
use policies::scale::hpa::pod::{Pod, State};
use serde::Deserialize;
use sim_core::units::{SimTime, Span, convert};

use super::behavior::{change, select};
use crate::conform::Place;
use crate::conform::cases::Case;
use crate::conform::table::Table;

const OPTIONS: [&str; 8] = [
    "scenarios",
    "syncs",
    "sync_s",
    "request_milli",
    "max_usage_milli",
    "load_column",
    "first_recommendation",
    "scale_in",
];
const WORDS: [(&str, &str); 3] = [
    ("load_column", "load_milli"),
    ("first_recommendation", "(initial, t = 0)"),
    ("scale_in", "youngest pods first"),
];
const COLUMNS: [&str; 8] = [
    "scenario",
    "t_s",
    "current_replicas",
    "ready_pods",
    "utilization_pct",
    "metric_desired",
    "stabilized",
    "new_replicas",
];

/// A scenario, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    #[serde(rename = "scenario")]
    name: String,
    #[serde(rename = "load")]
    _load: String,
    up: Option<Written>,
    down: Option<Written>,
    pod_startup_s: u64,
    min: u32,
    max: u32,
    tolerance: f64,
    target: u64,
    initial: u32,
}

/// Rules for a direction: window in seconds, which policy counts, and the policies: kind, value, period in seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    stab: u64,
    sel: String,
    pol: Vec<(String, u32, u64)>,
}

pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Table, String> {
    case.only(&OPTIONS)?;
    case.fixed(&WORDS)?;
    let [scenarios, loads] = case.inputs.as_slice() else {
        return Err("a closed loop has two inputs".to_owned());
    };
    let path = place.find(scenarios)?;
    let error = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|e| error(&e))?;
    let scenarios: Vec<Scenario> = serde_json::from_str(&text).map_err(|e| error(&e))?;
    if u64::try_from(scenarios.len()) != Ok(case.number("scenarios")?) {
        return Err(error(&"not as many scenarios as are meant"));
    }
    let loads = Table::read(&place.find(loads)?)?;
    let names = loads.texts("scenario")?;
    let loads = loads.whole("load_milli")?;
    let mut table = Table::new(&COLUMNS);
    for scenario in &scenarios {
        let own = names.iter().zip(&loads);
        let own = own.filter(|(name, _)| **name == scenario.name);
        let load: Vec<u64> = own.map(|(_, load)| u64::from(*load)).collect();
        if u64::try_from(load.len()) != Ok(case.number("syncs")?) {
            return Err(format!("{}: not so many syncs", scenario.name));
        }
        fly(case, scenario, &load, &mut table)?;
    }
    Ok(table)
}

impl Written {
    fn rules(&self) -> Result<Rules, String> {
        let rate = |(kind, value, period): &(String, u32, u64)| {
            let change = change(kind, *value).ok_or_else(|| format!("policy {kind}: not known"))?;
            let period = Span::from_secs(*period);
            Ok::<_, String>(Rate { change, period })
        };
        let select = select(&self.sel).ok_or_else(|| format!("sel {}: not known", self.sel));
        Ok(Rules {
            window: Span::from_secs(self.stab),
            select: select?,
            policies: self.pol.iter().map(rate).collect::<Result<_, _>>()?,
            tolerance: None,
        })
    }
}

impl Scenario {
    fn controller(&self) -> Result<Controller, String> {
        let bounds = Bounds::new(self.min, self.max).ok_or("max: below min")?;
        let behavior = match (&self.up, &self.down) {
            (Some(up), Some(down)) => Some(Behavior {
                up: up.rules()?,
                down: down.rules()?,
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err("only rules for both directions are known".to_owned());
            }
        };
        Ok(Controller::new(Settings {
            tolerance: self.tolerance,
            behavior,
            ..Settings::new(bounds)
        }))
    }
}

fn fly(case: &Case, scenario: &Scenario, load: &[u64], table: &mut Table) -> Result<(), String> {
    let (request, most) = (
        case.number("request_milli")?,
        case.number("max_usage_milli")?,
    );
    let (sync_s, mut controller) = (case.number("sync_s")?, scenario.controller()?);
    let target_percent = scenario.target;
    let startup = Span::from_secs(scenario.pod_startup_s);
    // When each pod is ready, the oldest first.
    let mut ready_at = vec![SimTime::ZERO; convert::index(scenario.initial)];
    for (sync, load) in (0_u64..).zip(load) {
        let t_s = sync * sync_s;
        let now = SimTime::from_secs(t_s);
        let ready = convert::wide(ready_at.iter().filter(|at| **at <= now).count());
        let usage = load.checked_div(ready).unwrap_or(0).min(most);
        let pod = |at: &SimTime| Pod {
            state: if *at <= now {
                State::Ready
            } else {
                State::Pending
            },
            usage_milli: (*at <= now).then_some(usage),
            request_milli: Some(request),
        };
        let pods: Vec<Pod> = ready_at.iter().map(pod).collect();
        let current = convert::narrow(pods.len());
        let tolerances = controller.settings().tolerances();
        let proposal = propose(
            Metric::Utilization { target_percent },
            current,
            &pods,
            tolerances,
        );
        let outcome = controller.sync(now, current, &[proposal.map(|p| p.replicas)]);
        let text = |n: Option<u64>| n.map_or(String::new(), |n| n.to_string());
        table.rows.push(vec![
            scenario.name.clone(),
            t_s.to_string(),
            current.to_string(),
            ready.to_string(),
            text(proposal.ok().map(|proposal| proposal.measured)),
            text(outcome.proposed.map(u64::from)),
            outcome.stabilized.to_string(),
            outcome.replicas.to_string(),
        ]);
        let coming = now.saturating_add(startup);
        ready_at.resize(convert::index(outcome.replicas), coming);
    }
    Ok(())
}
