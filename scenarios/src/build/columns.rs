//! The column map of the generic CSV format: `submit = "submit_time:s"` names a column and its unit.

use traces::{Amount, ColumnMap, CpuUnit, MemoryUnit, TimeColumn, TimeUnit};

/// Enters a column; `false` if there is no such column of ours, or no such unit.
pub fn set(map: &mut ColumnMap, ours: &str, theirs: &str) -> bool {
    let time = || time_column(theirs);
    let plain = || Some(theirs.to_owned());
    match ours {
        "submit" => time().map(|column| map.submit = column).is_some(),
        "duration" => time().map(|column| map.duration = column).is_some(),
        "estimate" => time().map(|column| map.estimate = Some(column)).is_some(),
        "deadline" => time().map(|column| map.deadline = Some(column)).is_some(),
        "cpu" => cpu_column(theirs)
            .map(|column| map.cpu = Some(column))
            .is_some(),
        "memory" => memory_column(theirs)
            .map(|column| map.memory = Some(column))
            .is_some(),
        _ => {
            let target = match ours {
                "name" => &mut map.name,
                "tasks" => &mut map.tasks,
                "gpus" => &mut map.gpus,
                "gpu-milli" => &mut map.gpu_milli,
                "user" => &mut map.user,
                "queue" => &mut map.queue,
                "class" => &mut map.class,
                "models" => &mut map.models,
                "priority" => &mut map.priority,
                _ => return false,
            };
            *target = plain();
            true
        }
    }
}

/// A column, and the unit behind its colon.
fn split(theirs: &str) -> (&str, Option<&str>) {
    theirs
        .rsplit_once(':')
        .map_or((theirs, None), |(column, unit)| (column, Some(unit)))
}

fn time_column(theirs: &str) -> Option<TimeColumn> {
    let (column, unit) = split(theirs);
    let unit = match unit {
        Some("us") => TimeUnit::Microseconds,
        Some("ms") => TimeUnit::Milliseconds,
        Some("s") | None => TimeUnit::Seconds,
        Some("min") => TimeUnit::Minutes,
        Some("h") => TimeUnit::Hours,
        Some("local") => TimeUnit::Local,
        Some("offset") => TimeUnit::Offset,
        Some(_) => return None,
    };
    Some(TimeColumn {
        column: column.to_owned(),
        unit,
    })
}

fn cpu_column(theirs: &str) -> Option<Amount<CpuUnit>> {
    let (column, unit) = split(theirs);
    let unit = match unit {
        Some("milli") => CpuUnit::Milli,
        Some("cores") | None => CpuUnit::Cores,
        Some(_) => return None,
    };
    Some(Amount {
        column: column.to_owned(),
        unit,
    })
}

fn memory_column(theirs: &str) -> Option<Amount<MemoryUnit>> {
    let (column, unit) = split(theirs);
    let unit = match unit {
        Some("mib") | None => MemoryUnit::Mib,
        Some("gib") => MemoryUnit::Gib,
        Some(_) => return None,
    };
    Some(Amount {
        column: column.to_owned(),
        unit,
    })
}
