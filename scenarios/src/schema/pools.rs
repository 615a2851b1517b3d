//! Spot pools as they were measured: a dated file of ours, read by the rules of a scenario.

use sim_core::units::Span;
use sim_core::world::Lifetime;
use sim_core::world::availability::UpDown;

use super::fields::Fields;
use super::shipped;
use super::spec::{KeySpec, TableSpec, Takes};

/// A spot pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// The instance type that was watched.
    pub instance: String,
    /// Where.
    pub zone: String,
    /// Mean and median time that a machine could be had.
    pub up: (Span, Span),
    /// Mean and median time that none could.
    pub down: (Span, Span),
    /// Days that were watched.
    pub days: u32,
    /// From when on.
    pub date: String,
    /// When there are machines.
    pub law: UpDown,
}

static FILE: TableSpec = TableSpec::closed(
    "the pools",
    "Spot pools.",
    &[KeySpec::new("pool", Takes::Tables(&ENTRY), "The pools.").required()],
);

static ENTRY: TableSpec = TableSpec::closed(
    "[[pool]]",
    "A spot pool as it was measured.",
    &[
        KeySpec::new("name", Takes::Name, "Vendor, model, zone.").required(),
        KeySpec::new("instance", Takes::Text, "What was watched.").required(),
        KeySpec::new("zone", Takes::Name, "Where.").required(),
        KeySpec::new("mean-up", Takes::Duration(true), "Mean time with machines.").required(),
        KeySpec::new("median-up", Takes::Duration(true), "Its median.").required(),
        KeySpec::new("mean-down", Takes::Duration(true), "Mean time without.").required(),
        KeySpec::new("median-down", Takes::Duration(true), "Its median.").required(),
        KeySpec::new("days", Takes::Integer(1, 100_000), "Days watched.").required(),
        KeySpec::new("date", Takes::Text, "From when on.").required(),
    ],
);

/// Every pool, in the order of the file.
pub fn pools() -> Vec<Pool> {
    read(include_str!("../../data/pools.toml"))
        .expect("the pools in the repository are read by a test")
}

fn read(text: &str) -> Result<Vec<Pool>, String> {
    shipped::entries(("pools.toml", text), (&FILE, "pool"), entry)
}

fn entry(fields: &Fields<'_>) -> Option<Pool> {
    let text = |key| Some(fields.item(key)?.text()?.value);
    let span = |key| -> Option<Span> { Some(fields.item(key)?.span()?.value) };
    let up = (span("mean-up")?, span("median-up")?);
    let down = (span("mean-down")?, span("median-down")?);
    let law = |(mean, median)| Lifetime::weibull_by(mean, median);
    let law = UpDown::new(law(up).ok()?, law(down).ok()?).ok()?;
    Some(Pool {
        name: fields.item("name")?.name()?.value,
        instance: text("instance")?,
        zone: fields.item("zone")?.name()?.value,
        up,
        down,
        days: fields.item("days")?.count()?.value,
        date: text("date")?,
        law,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::units::SimTime;

    fn hours(span: Span) -> f64 {
        sim_core::units::convert::real(span.us()) / 3.6e9
    }

    /// Lengths of the stretches with machines, or without.
    fn stretches(pool: &Pool, up: bool) -> Vec<f64> {
        // Forty thousand stretches of each kind, by seeds.
        let years = SimTime::from_secs(86_400 * 365 * 4);
        let mut lengths = Vec::new();
        for seed in 0..8 {
            let curve = pool
                .law
                .generate(seed, &pool.name, 1, years)
                .expect("few steps");
            let steps = curve.steps().windows(2);
            let own = steps.filter(|pair| (pair[0].1 == 1) == up);
            lengths.extend(own.map(|pair| hours(pair[1].0.since(pair[0].0))));
        }
        lengths.sort_by(f64::total_cmp);
        lengths
    }

    #[test]
    fn a_pool_has_the_mean_and_the_median_that_were_measured() {
        for pool in pools() {
            for (up, (mean, median)) in [(true, pool.up), (false, pool.down)] {
                let lengths = stretches(&pool, up);
                let n = f64::from(u32::try_from(lengths.len()).expect("few"));
                let found = lengths.iter().sum::<f64>() / n;
                let square = lengths.iter().map(|length| length * length).sum::<f64>() / n;
                let error = ((square - found * found) / n).sqrt();
                let z = (found - hours(mean)) / error;
                assert!(
                    z.abs() < 4.0,
                    "{} up {up}: mean {found} h, z {z}",
                    pool.name
                );
                let below = lengths.partition_point(|length| *length < hours(median));
                let share = f64::from(u32::try_from(below).expect("few")) / n;
                let z = (share - 0.5) / (0.25 / n).sqrt();
                assert!(
                    z.abs() < 4.0,
                    "{} up {up}: {share} below the median",
                    pool.name
                );
            }
        }
    }
}
