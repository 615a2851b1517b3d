//! Plain forecasts, a bucket ahead.

use policies::forecast::skill::errors;
use policies::forecast::{Ewma, Forecaster, HoltWinters, Persistence, SeasonalMean, SeasonalNaive};
use sim_core::units::convert;

use crate::conform::Place;
use crate::conform::cases::Case;
use crate::conform::table::Table;

const OPTIONS: [&str; 6] = [
    "value_column",
    "buckets",
    "buckets_per_day",
    "first_test_bucket",
    "ewma_start",
    "holt_winters",
];
const WORDS: [(&str, &str); 2] = [
    ("ewma_start", "first value"),
    (
        "holt_winters",
        "additive, no trend; level = mean of day 1, seasonal = day 1 - level, updates from day 2; \
         seasonal uses the new level; forecasts below 0 become 0",
    ),
];
const COLUMNS: [&str; 7] = [
    "bucket",
    "model",
    "train_buckets",
    "test_buckets",
    "mae",
    "rmse",
    "wape",
];

pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Table, String> {
    case.only(&OPTIONS)?;
    case.fixed(&WORDS)?;
    let column = case.word("value_column").ok_or("value_column: no word")?;
    let buckets = case.options.get("buckets").and_then(toml::Value::as_array);
    let buckets = buckets.ok_or("buckets: no list")?.iter();
    let buckets: Vec<&str> = buckets.filter_map(toml::Value::as_str).collect();
    let (days, firsts) = (
        case.numbers("buckets_per_day")?,
        case.numbers("first_test_bucket")?,
    );
    let lengths = [buckets.len(), days.len(), firsts.len()];
    if lengths != [case.inputs.len(); 3] {
        return Err("buckets: not as many as there are inputs".to_owned());
    }
    let models = Table::read(&place.folder.join(&case.compare.file))?;
    let models: Vec<_> = models
        .texts("bucket")?
        .into_iter()
        .zip(models.texts("model")?)
        .collect();
    let mut table = Table::new(&COLUMNS);
    for (at, input) in case.inputs.iter().enumerate() {
        let values = Table::read(&place.find(input)?)?.numbers(column)?;
        let small = |n: u64| u32::try_from(n).map(convert::index);
        let day = small(days[at]).map_err(|_| "buckets_per_day: too many")?;
        let first = small(firsts[at]).map_err(|_| "first_test_bucket: too many")?;
        for (bucket, model) in models.iter().filter(|(bucket, _)| bucket == buckets[at]) {
            let mut forecaster = forecaster(model, day)?;
            let errors = errors(forecaster.as_mut(), &values, first, 1);
            let number = |n: Option<f64>| n.map_or(String::new(), |n| format!("{n:.9}"));
            table.rows.push(vec![
                bucket.clone(),
                model.clone(),
                first.to_string(),
                errors.count.to_string(),
                number(errors.mae()),
                number(errors.rmse()),
                number(errors.wape()),
            ]);
        }
    }
    Ok(table)
}

/// A model by its name, with parameters in brackets.
fn forecaster(model: &str, day: usize) -> Result<Box<dyn Forecaster>, String> {
    let unknown = || format!("model {model}: not known");
    let (name, inner) = model
        .strip_suffix(')')
        .and_then(|model| model.split_once('('))
        .unwrap_or((model, ""));
    let parameter = |name: &str| {
        let own = inner.split(';').filter_map(|part| part.split_once('='));
        let mut own = own.filter(|(key, _)| *key == name);
        let value: Option<f64> = own.next().and_then(|(_, value)| value.parse().ok());
        let value = value.filter(|value| *value > 0.0 && *value <= 1.0);
        value.ok_or_else(unknown)
    };
    Ok(match name {
        "persistence" => Box::new(Persistence::default()),
        "seasonal_naive_1d" => Box::new(SeasonalNaive::new(day)),
        "seasonal_mean_7d" => Box::new(SeasonalMean::new(day, 7)),
        "ewma" => Box::new(Ewma::new(parameter("alpha")?)),
        "holt_winters_additive_no_trend" => {
            let (level, season) = (parameter("alpha")?, parameter("gamma")?);
            Box::new(HoltWinters::new(level, season, day))
        }
        _ => return Err(unknown()),
    })
}
