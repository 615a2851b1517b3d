//! `trace stats` of a series: how often machines were there and for how long at a time, what they cost, how long they lived.

use std::path::Path;

use clap::Args;
use plots::table::{Cell, Table, Value};
use sim_core::units::{Price, Span};
use traces::series::{
    self, AvailabilityStats, ClockUnit, Format, Lifetimes, Options, Polarity, Pool, PriceStats,
    Reads, Runs, Series,
};
use traces::{Refused, Source};

use super::run::plot;
use super::trace::open;
use super::{Failure, terminal};

/// Most pools of a file that are told one by one.
const MOST_POOLS: usize = 500;

/// What a file of a series does not say about itself.
#[derive(Debug, Args)]
pub(super) struct Asked {
    /// What a 1 means in an availability trace: available (as published) or unavailable
    #[arg(long, value_name = "WORD")]
    polarity: Option<String>,
    /// The zone of a file of prices
    #[arg(long)]
    zone: Option<String>,
    /// The instance type of a file of prices
    #[arg(long)]
    instance: Option<String>,
    /// The product of a file of prices
    #[arg(long)]
    product: Option<String>,
}

/// The format of series of that name.
pub(super) fn format(name: &str) -> Option<&'static Format> {
    let mut formats = series::formats().iter();
    formats.find(|format| format.name == name)
}

impl Asked {
    /// Whether anything was.
    pub(super) fn is_anything(&self) -> bool {
        let asked = [&self.polarity, &self.zone, &self.instance, &self.product];
        asked.into_iter().any(Option::is_some)
    }

    /// How to read the file, where one tick of its clock is `unit`.
    fn options(&self, unit: Option<Span>) -> Result<Options, Failure> {
        let polarity = self.polarity.as_ref().map(|word| {
            let mut named = Polarity::NAMED.into_iter();
            let found = named.find(|(name, _)| name == word);
            found.map(|(_, polarity)| polarity).ok_or_else(|| {
                let message = format!("--polarity {word}: write available or unavailable");
                Failure::Input(message)
            })
        });
        let unit = unit.map(|unit| {
            let known = [
                (1, ClockUnit::Seconds),
                (60, ClockUnit::Minutes),
                (3600, ClockUnit::Hours),
                (86_400, ClockUnit::Days),
            ];
            let mut known = known.into_iter();
            let found = known.find(|(secs, _)| Span::from_secs(*secs) == unit);
            found.map(|(_, unit)| unit).ok_or_else(|| {
                let message = format!("--unit {unit}: a series counts in 1s, 1m, 1h or 1d");
                Failure::Input(message)
            })
        });
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        Ok(Options {
            polarity: polarity.transpose()?,
            unit: unit.transpose()?,
            pool: Pool {
                zone: name(&self.zone),
                instance: name(&self.instance),
                product: name(&self.product),
            },
        })
    }

    /// Describes all that a file holds.
    pub(super) fn stats(
        &self,
        format: &Format,
        file: &Path,
        unit: Option<Span>,
    ) -> Result<(), Failure> {
        let options = self.options(unit)?;
        let reading = Reading {
            format,
            file,
            options: &options,
        };
        let told = [
            reading.availability()?,
            reading.prices()?,
            reading.lifetimes()?,
        ];
        let told: Vec<String> = told.into_iter().flatten().collect();
        terminal::say(&told.join("\n"))
    }
}

/// A file, and how to read it.
struct Reading<'a> {
    format: &'a Format,
    file: &'a Path,
    options: &'a Options,
}

type Import<T> = fn(&str, Source<'_>, &Options) -> Result<T, Refused>;

impl Reading<'_> {
    fn import<T>(&self, import: Import<T>, options: &Options) -> Result<T, Failure> {
        let source = Source::new(&self.file.to_string_lossy(), open(self.file)?);
        let imported = import(self.format.name, source, options);
        imported.map_err(|refused| Failure::Input(refused.to_string()))
    }

    fn availability(&self) -> Result<Option<String>, Failure> {
        if self.format.reads.availability.is_none() {
            return Ok(None);
        }
        let series = self.import(series::import_availability, self.options)?;
        notes(&series.notes);
        let stats = AvailabilityStats::of(&series);
        let runs = table(&RUNS, vec![runs("up", stats.up), runs("down", stats.down)])?;
        Ok(Some(format!("{}\n{runs}", availability(&stats))))
    }

    /// A row a pool. A file of availability that might hold prices need not.
    fn prices(&self) -> Result<Option<String>, Failure> {
        let reads = &self.format.reads;
        if reads.prices.is_none() {
            return Ok(None);
        }
        let pools = self.pools(reads)?;
        let mut rows = Vec::new();
        for pool in &pools {
            let options = Options {
                pool: pool.clone(),
                ..self.options.clone()
            };
            match self.import(series::import_prices, &options) {
                Ok(series) => {
                    notes(&series.notes);
                    rows.push(prices(&pool.to_string(), &series));
                }
                Err(Failure::Input(refused)) if reads.availability.is_some() => {
                    notes(&[format!("no prices are told: {refused}")]);
                    return Ok(None);
                }
                Err(failure) => return Err(failure),
            }
        }
        let head = "prices, $ an hour\n\n";
        Ok(Some(format!("{head}{}", table(&PRICES, rows)?)))
    }

    /// The pools that are asked for; where a file does not tell pools apart, one without a name.
    fn pools(&self, reads: &Reads) -> Result<Vec<Pool>, Failure> {
        let asked = &self.options.pool;
        if reads.pools.is_none() {
            return Ok(vec![asked.clone()]);
        }
        let pools = self.import(
            |format, source, _| series::list_pools(format, source),
            self.options,
        )?;
        let pools = pools.into_iter().map(|(pool, _)| pool);
        let pools: Vec<Pool> = pools.filter(|pool| asked.matches(pool)).collect();
        if pools.len() > MOST_POOLS {
            let message = format!(
                "{}: {} pools, more than {MOST_POOLS}; choose some with --zone, --instance or --product",
                self.file.display(),
                pools.len()
            );
            return Err(Failure::Input(message));
        }
        // Of no pool at all the import tells what there is.
        if pools.is_empty() {
            return Ok(vec![asked.clone()]);
        }
        Ok(pools)
    }

    fn lifetimes(&self) -> Result<Option<String>, Failure> {
        if self.format.reads.lifetimes.is_none() {
            return Ok(None);
        }
        let lifetimes = self.import(series::import_lifetimes, self.options)?;
        notes(&lifetimes.notes);
        lived(&lifetimes).map(Some)
    }
}

fn notes(notes: &[String]) {
    for note in notes {
        eprintln!("note: {note}");
    }
}

fn table(columns: &[&str], rows: Vec<Vec<Cell>>) -> Result<String, Failure> {
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    Table { columns, rows }
        .text(terminal::width())
        .map_err(plot)
}

fn cell(value: Option<f64>, decimals: u8) -> Cell {
    value.map_or(Cell::from(Value::Missing), |value| {
        Cell::number(value, decimals)
    })
}

fn availability(stats: &AvailabilityStats) -> String {
    let percent = |share: f64| share * 100.0;
    format!(
        "availability: {} records over {:.2} days, at most {} and on average {:.2} machines\n\
         all of them {:.2} % of the time; {} losses of all of them, {} machines lost at {} instants\n",
        stats.records,
        stats.days,
        stats.nodes,
        stats.mean_nodes,
        percent(stats.frac_all_available),
        stats.losses,
        stats.node_drops,
        stats.drop_events,
    )
}

const RUNS: [&str; 6] = ["", "runs", "mean h", "median h", "p90 h", "max h"];

/// Up is a stretch with all machines, down one without some.
fn runs(name: &str, runs: Runs) -> Vec<Cell> {
    vec![
        Cell::from(name),
        Cell::from(runs.count.to_string().as_str()),
        cell(runs.mean_h, 3),
        cell(runs.median_h, 3),
        cell(runs.p90_h, 3),
        cell(runs.max_h, 3),
    ]
}

const PRICES: [&str; 9] = [
    "pool",
    "records",
    "days",
    "min",
    "mean",
    "max",
    "changes",
    "a day",
    "at the lowest %",
];

fn prices(pool: &str, series: &Series<Price>) -> Vec<Cell> {
    let stats = PriceStats::of(series);
    let changes = series.steps().len() - 1;
    vec![
        Cell::from(if pool.is_empty() { "all" } else { pool }),
        Cell::from(stats.records.to_string().as_str()),
        Cell::number(stats.days, 2),
        Cell::number(stats.min, 4),
        Cell::number(stats.mean, 4),
        Cell::number(stats.max, 4),
        Cell::from(changes.to_string().as_str()),
        cell(stats.changes_per_day, 2),
        Cell::number(stats.frac_at_min * 100.0, 1),
    ]
}

/// The ended ones, and how many of all are gone by an age, those that were cut off counted rightly.
fn lived(lifetimes: &Lifetimes) -> Result<String, Failure> {
    const HOURS: [u64; 6] = [1, 3, 6, 12, 18, 24];
    let stats = lifetimes.stats();
    let ages = HOURS.map(|hours| Span::from_secs(hours * 3600));
    let survive = lifetimes.survival(&ages).into_iter();
    let gone = survive.map(|share| Cell::number((1.0 - share) * 100.0, 1));
    let row = std::iter::once(Cell::from("gone %")).chain(gone);
    let ages = HOURS.map(|hours| format!("{hours} h"));
    let columns: Vec<&str> = std::iter::once("by age")
        .chain(ages.iter().map(String::as_str))
        .collect();
    let of = |value: Option<f64>| value.map_or("-".to_owned(), |hours| format!("{hours:.3}"));
    Ok(format!(
        "lifetimes: {} machines, {} of them ended by the provider after {} h in the mean and {} h in the median\n\n{}",
        stats.lifetimes,
        stats.ended,
        of(stats.mean_ended_h),
        of(stats.median_ended_h),
        table(&columns, vec![row.collect()])?
    ))
}
