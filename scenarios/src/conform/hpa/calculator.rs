//! The replica calculator, row by row.

use policies::scale::hpa::calculator::{Metric, Tolerances, propose};
use policies::scale::hpa::pod::{Pod, State};

use super::{Row, input};
use crate::conform::Place;
use crate::conform::cases::Case;
use crate::conform::table::Table;

const OPTIONS: [&str; 3] = ["rows", "cpu_initialization_period_s", "inputs_columns"];
const COLUMNS: [&str; 4] = [
    "expected_replicas",
    "expected_utilization",
    "expected_raw_milli",
    "expected_error",
];

pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Table, String> {
    case.only(&OPTIONS)?;
    let input = input(case, place)?;
    let mut table = Table::new(&COLUMNS);
    for row in Row::all(&input) {
        let current: u32 = row.must("current_replicas")?;
        let tolerances = Tolerances::both(row.must("tolerance")?);
        let blank = String::new;
        table.rows.push(
            match propose(metric(&row)?, current, &pods(&row)?, tolerances) {
                Ok(proposal) => vec![
                    proposal.replicas.to_string(),
                    proposal.measured.to_string(),
                    proposal.raw_milli.map_or_else(blank, |raw| raw.to_string()),
                    blank(),
                ],
                Err(unknown) => vec![blank(), blank(), blank(), unknown.to_string()],
            },
        );
    }
    Ok(table)
}

fn metric(row: &Row<'_>) -> Result<Metric, String> {
    let target: u64 = row.get("target")?.unwrap_or(0);
    let value = || -> Result<u64, String> {
        let mut sum: u64 = 0;
        for part in row.list("metric_values_milli")? {
            let value: u64 = part.parse().map_err(|_| format!("{part}: not a number"))?;
            sum = sum.saturating_add(value);
        }
        Ok(sum)
    };
    Ok(match row.text("metric_kind")? {
        "resource_utilization" => Metric::Utilization {
            target_percent: target,
        },
        "pods_average_value" => Metric::PodsAverage {
            target_milli: target,
        },
        "object_value" | "external_value" => Metric::Value {
            value_milli: value()?,
            target_milli: target,
        },
        "object_average_value" | "external_average_value" => Metric::AverageValue {
            value_milli: value()?,
            target_milli: target,
        },
        other => return Err(format!("metric_kind {other}: not known")),
    })
}

/// Metrics belong to the first pods; there may be more of them than pods, or fewer.
fn pods(row: &Row<'_>) -> Result<Vec<Pod>, String> {
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| format!("{text}: no number"))
    };
    let numbers = |column: &str| -> Result<Vec<u64>, String> {
        let parts = row.list(column)?;
        parts.map(number).collect()
    };
    let usages = numbers("usage_milli_per_pod")?;
    let requests = numbers("request_milli_per_pod")?;
    let states = row.text("pod_states")?.chars().enumerate();
    let pod = |(at, letter)| {
        let state = match letter {
            'R' | 'M' => State::Ready,
            'U' => State::Unready,
            'P' => State::Pending,
            'F' | 'D' => State::Gone,
            other => return Err(format!("pod state {other}: not known")),
        };
        let usage = usages.get(at).filter(|_| letter != 'M');
        Ok(Pod {
            state,
            usage_milli: usage.copied(),
            request_milli: requests.get(at).copied(),
        })
    };
    states.map(pod).collect()
}
