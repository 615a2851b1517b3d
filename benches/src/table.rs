//! Two sides of a comparison timed in turns, and the table that says how they stand.

use std::time::{Duration, Instant};

/// What is compared: ours against a loop written by hand.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// What is flown.
    pub name: &'static str,
    /// Most times the cost of the loop, if something was promised.
    pub target: Option<f64>,
}

/// A comparison at one scale.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What is compared.
    pub subject: Subject,
    /// Jobs flown.
    pub jobs: u32,
    /// Nodes, or servers.
    pub nodes: u32,
    /// Medians of both sides.
    pub pair: Pair,
}

/// Medians of two sides.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The engine.
    pub ours: Duration,
    /// The loop written by hand.
    pub hand: Duration,
}

/// The most that a ratio may grow from one scale to any larger one.
pub const MOST_GROWTH: f64 = 1.5;

/// Times two sides in turns, `rounds` times, after one round that does not count: what disturbs one disturbs the other.
pub fn in_turns(rounds: usize, mut ours: impl FnMut(), mut hand: impl FnMut()) -> Pair {
    let [ours, hand] = medians(rounds, [&mut ours, &mut hand]);
    Pair { ours, hand }
}

/// The same with any number of sides: the median of each.
pub fn medians<const N: usize>(rounds: usize, mut sides: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut times = [const { Vec::new() }; N];
    for round in 0..=rounds {
        for (side, times) in sides.iter_mut().zip(&mut times) {
            let start = Instant::now();
            side();
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    times.map(median)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

impl Row {
    /// How many times the cost of the loop.
    pub fn ratio(&self) -> f64 {
        self.pair.ours.as_secs_f64() / self.pair.hand.as_secs_f64()
    }

    fn nanos_a_job(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e9 / f64::from(self.jobs)
    }

    fn is_at_least(&self, other: &Self) -> bool {
        self.jobs >= other.jobs && self.nodes >= other.nodes
    }
}

/// The most that the ratio grows from a scale to another that is at least as large in jobs and in nodes.
pub fn growth(rows: &[Row]) -> f64 {
    let from = |small: &Row| {
        let larger = rows.iter().filter(|large| large.is_at_least(small));
        let grown = larger.map(|large| large.ratio() / small.ratio());
        grown.fold(1.0, f64::max)
    };
    rows.iter().map(from).fold(1.0, f64::max)
}

/// The table for people: rows of one subject together, each with its verdict.
pub fn text(rows: &[Row]) -> String {
    let mut lines = vec![format!(
        "{:<14} {:>8} {:>7} {:>12} {:>12} {:>7}",
        "subject", "jobs", "nodes", "engine ns", "by hand ns", "ratio"
    )];
    for subject in rows.chunk_by(|a, b| a.subject.name == b.subject.name) {
        lines.extend(subject.iter().map(line));
        lines.push(verdict(subject));
    }
    lines.join("\n")
}

fn line(row: &Row) -> String {
    format!(
        "{:<14} {:>8} {:>7} {:>12.1} {:>12.1} {:>7.2}",
        row.subject.name,
        row.jobs,
        row.nodes,
        row.nanos_a_job(row.pair.ours),
        row.nanos_a_job(row.pair.hand),
        row.ratio()
    )
}

fn verdict(rows: &[Row]) -> String {
    let (worst, grown) = (
        rows.iter().map(Row::ratio).fold(0.0, f64::max),
        growth(rows),
    );
    let holds = |holds| if holds { "holds" } else { "MISSED" };
    match rows[0].subject.target {
        Some(target) => format!(
            "  worst ratio {worst:.2}, target {target}: {}; growth {grown:.2}, target {MOST_GROWTH}: {}",
            holds(worst <= target),
            holds(grown <= MOST_GROWTH)
        ),
        None => format!("  worst ratio {worst:.2}; growth {grown:.2}; nothing promised"),
    }
}

/// The table for programs.
pub fn csv(rows: &[Row]) -> String {
    let mut lines =
        vec!["subject,jobs,nodes,engine_ns_per_job,hand_ns_per_job,ratio,target".to_owned()];
    let of_row = |row: &Row| {
        let target = row.subject.target.map(|target| target.to_string());
        format!(
            "{},{},{},{:.1},{:.1},{:.3},{}",
            row.subject.name,
            row.jobs,
            row.nodes,
            row.nanos_a_job(row.pair.ours),
            row.nanos_a_job(row.pair.hand),
            row.ratio(),
            target.unwrap_or_default()
        )
    };
    lines.extend(rows.iter().map(of_row));
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(jobs: u32, nodes: u32, ours: u64) -> Row {
        Row {
            subject: Subject {
                name: "fifo",
                target: Some(8.0),
            },
            jobs,
            nodes,
            pair: Pair {
                ours: Duration::from_nanos(ours),
                hand: Duration::from_nanos(100),
            },
        }
    }

    #[test]
    fn growth_is_from_a_scale_to_a_larger_one() {
        let shrinking = [row(10, 1, 400), row(100, 1, 300)];
        assert!((growth(&shrinking) - 1.0).abs() < 1e-9);
        let growing = [row(10, 1, 200), row(100, 1, 300), row(10, 2, 500)];
        assert!((growth(&growing) - 2.5).abs() < 1e-9);
    }
}
