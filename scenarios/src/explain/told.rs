//! Advice as it is told: a table to act on, how to take it, what it comes to, and what it does not know.

use plots::table::{Cell, Table, Value};

use super::advice::{Advised, Counsel, Row};

/// What stands under every table.
pub const UNKNOWN: &str = "The advice does not know: whether the policy buys spot, how long work waits where spot runs out, \
     whether promises are kept at a slower pace, what GPUs half full and whole machines round up to, nor whether a fleet of fixed size is \
     made smaller. What work holds and computes with is known where usage = { memory, compute } or gpu-memory says it. Each \
     row stands alone: slices of several may fill a GPU together, and save more.";

/// The rows of a policy.
pub fn table(advised: &Advised) -> Table {
    let columns = [
        "who",
        "on",
        "GPUs",
        "memory %",
        "compute %",
        "works %",
        "priority",
        "cost $",
        "advice",
        "saves $",
        "why",
    ];
    let row = |row: &Row| {
        let percent = |milli: Option<u32>| match milli {
            None => Cell::from(Value::Text("unknown".to_owned())),
            Some(milli) => Cell::number(f64::from(milli) / 10.0, 1),
        };
        let part = row.part.as_ref();
        let part = part.map_or_else(String::new, |part| format!("{part} of "));
        let on = format!("{part}{}, {} ({})", row.gpu, row.fleet, row.market);
        vec![
            Cell::from(row.name.as_str()),
            Cell::from(on.as_str()),
            Cell::number(row.gpus, 2),
            percent(row.memory_milli),
            percent(row.compute_milli),
            percent(Some(row.work_milli)),
            Cell::from(Value::Integer(row.priority.into())),
            Cell::number(row.cost, 2),
            Cell::from(words(&row.counsel).as_str()),
            row.saves
                .map_or(Value::Missing.into(), |saves| Cell::number(saves, 2)),
            Cell::from(row.why.as_str()),
        ]
    };
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: advised.rows.iter().map(row).collect(),
    }
}

/// "slices 3g.40gb, 1.40 x time", "spot (cheap)".
fn words(counsel: &Counsel) -> String {
    match counsel {
        Counsel::Keep => "keep".to_owned(),
        Counsel::Slice {
            profile,
            slowdown_milli,
            ..
        } => format!(
            "slices {profile}{}",
            longer(f64::from(*slowdown_milli) / 1000.0)
        ),
        Counsel::Spot { fleet, stretch } => {
            let fleet = fleet.as_ref();
            let fleet = fleet.map_or_else(String::new, |fleet| format!(" ({fleet})"));
            format!("spot{fleet}{}", longer(*stretch))
        }
    }
}

/// How much longer it takes, if that shows.
fn longer(times: f64) -> String {
    if times < 1.005 {
        return String::new();
    }
    format!(", {times:.2} x time")
}

/// What of a scenario changes where the advice is taken: of fleets and workloads as `--set` takes it. A profile stands in place
/// of GPUs, and speeds are those on the slice.
pub fn changes(row: &Row) -> Vec<String> {
    match &row.counsel {
        Counsel::Keep => Vec::new(),
        Counsel::Slice {
            profile, partition, ..
        } => {
            let fleet = partition.iter();
            let fleet = fleet.map(|name| format!("fleet.{}.mig=\"{name}\"", row.fleet));
            let own = format!("{}.profile=\"{profile}\"", row.path);
            fleet.chain([own]).collect()
        }
        Counsel::Spot { .. } => vec![format!("{}.markets=[\"spot\"]", row.path)],
    }
}

/// "fifo: $12.00 of $48.00 a run are saved (25.0 %), by 2 of 5 rows".
pub fn total(advised: &Advised) -> String {
    let advice = |row: &&Row| row.counsel != Counsel::Keep;
    let taken = advised.rows.iter().filter(advice);
    let saves = saved(advised);
    let share = if advised.cost > 0.0 {
        100.0 * saves / advised.cost
    } else {
        0.0
    };
    format!(
        "{}: ${saves:.2} of ${:.2} a run would be saved ({share:.1} %), by advice on {} of {} rows ({} {})",
        advised.policy,
        advised.cost,
        taken.count(),
        advised.rows.len(),
        advised.runs,
        if advised.runs == 1 { "run" } else { "runs" },
    )
}

fn saved(advised: &Advised) -> f64 {
    advised.rows.iter().filter_map(|row| row.saves).sum()
}

/// Everything, for a program. Shares are thousandths, money dollars a run.
pub fn json(advised: &[Advised]) -> serde_json::Value {
    let row = |row: &Row| {
        serde_json::json!({
            "who": row.name,
            "fleet": row.fleet,
            "market": row.market,
            "gpu": row.gpu,
            "part": row.part,
            "gpus": row.gpus,
            "memory_milli": row.memory_milli,
            "compute_milli": row.compute_milli,
            "work_milli": row.work_milli,
            "priority": row.priority,
            "cost_usd": row.cost,
            "advice": counsel(&row.counsel),
            "why": row.why,
            "saves_usd": row.saves,
            "changes": changes(row),
        })
    };
    let policy = |advised: &Advised| {
        serde_json::json!({
            "policy": advised.policy,
            "runs": advised.runs,
            "cost_usd": advised.cost,
            "saves_usd": saved(advised),
            "rows": advised.rows.iter().map(row).collect::<Vec<_>>(),
        })
    };
    serde_json::json!({
        "policies": advised.iter().map(policy).collect::<Vec<_>>(),
        "unknown": UNKNOWN,
    })
}

fn counsel(counsel: &Counsel) -> serde_json::Value {
    match counsel {
        Counsel::Keep => serde_json::json!({ "kind": "keep" }),
        Counsel::Slice {
            profile,
            partition,
            slowdown_milli,
        } => serde_json::json!({
            "kind": "slice",
            "profile": profile,
            "partition": partition,
            "slowdown_milli": slowdown_milli,
        }),
        Counsel::Spot { fleet, stretch } => {
            serde_json::json!({ "kind": "spot", "fleet": fleet, "stretch": stretch })
        }
    }
}
