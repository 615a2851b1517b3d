//! Records of price changes, gathered by pool, and the one that is asked for.

use std::collections::BTreeMap;

use sim_core::units::{Price, SimTime};

use super::gather::Steps;
use super::{MAX_RECORDS, Origin, Pool, Series};
use crate::error::{Refused, Rule, TraceError};
use crate::record::FileName;

/// Most pools of a file.
const MAX_POOLS: usize = 100_000;

/// Most pools named in a message.
const MOST_NAMED: usize = 8;

/// One record: when, what, and where it stands.
struct Record {
    at: i64,
    price: Price,
    place: (u64, usize),
}

/// The records of the pools that match, and how many each pool has.
pub(super) struct Records {
    asked: Pool,
    first: Option<Pool>,
    pools: BTreeMap<Pool, u64>,
    kept: Vec<Record>,
}

impl Records {
    pub(super) fn new(asked: &Pool) -> Self {
        Self {
            asked: asked.clone(),
            first: None,
            pools: BTreeMap::new(),
            kept: Vec::new(),
        }
    }

    /// A record: `at` in microseconds since 1970, and where it stands.
    ///
    /// # Errors
    /// Too many records, or too many pools.
    pub(super) fn take(
        &mut self,
        pool: Pool,
        (at, price): (i64, Price),
        place: (u64, usize),
    ) -> Result<(), Rule> {
        // Records of a second pool that matches are not needed to say so.
        if self.asked.matches(&pool) && *self.first.get_or_insert_with(|| pool.clone()) == pool {
            self.kept.push(Record { at, price, place });
        }
        *self.pools.entry(pool).or_default() += 1;
        if u64::try_from(self.kept.len()).is_ok_and(|kept| kept > MAX_RECORDS) {
            let rule = format!("a series has at most {MAX_RECORDS} records");
            return Err(Rule::new(rule, "split the file by time"));
        }
        if self.pools.len() > MAX_POOLS {
            let rule = format!("a file has at most {MAX_POOLS} pools");
            return Err(Rule::new(rule, "check that these are the right columns"));
        }
        Ok(())
    }

    /// The pools and how many records each has.
    pub(super) fn into_pools(self) -> Vec<(Pool, u64)> {
        self.pools.into_iter().collect()
    }

    /// The series of the one pool that matches, from its first record to its last.
    ///
    /// # Errors
    /// No such pool, several, two prices at one instant, or more than 100 years.
    pub(super) fn finish(mut self, file: &FileName) -> Result<Series<Price>, Refused> {
        self.only(file)?;
        self.kept.sort_by_key(|record| (record.at, record.place));
        let (mut steps, mut repeated) = (Steps::new(), 0_u64);
        let (mut now, origin) = (SimTime::ZERO, self.kept.first().map_or(0, |first| first.at));
        for (n, record) in self.kept.iter().enumerate() {
            let before = n.checked_sub(1).map(|n| &self.kept[n]);
            if let Some(before) = before.filter(|before| before.at == record.at) {
                if before.price != record.price {
                    return Err(contradiction(file, before, record).into());
                }
                repeated += 1;
                continue;
            }
            let us = record
                .at
                .checked_sub(origin)
                .and_then(|us| u64::try_from(us).ok());
            let set = match us.and_then(SimTime::from_us) {
                Some(at) => {
                    now = at;
                    steps.set(at, record.price)
                }
                None => Err(Rule::new(
                    "is more than 100 years after the first record",
                    "check the unit of the clock",
                )),
            };
            let value = format!("{} us after 1970", record.at);
            set.map_err(|rule| rule.at(file, record.place, &value))?;
        }
        let mut series = steps.finish(file, now)?;
        series.origin = Some(Origin::Utc(origin));
        if repeated > 0 {
            series.notes.push(format!(
                "left out, for they repeat another record: {repeated}"
            ));
        }
        Ok(series)
    }

    /// That exactly one pool matches.
    fn only(&self, file: &FileName) -> Result<(), Refused> {
        let matching = self.pools.keys().filter(|pool| self.asked.matches(pool));
        let matching: Vec<&Pool> = matching.collect();
        let asked = format!("pool = {}", self.asked);
        let (rule, pools) = match matching.len() {
            1 => return Ok(()),
            0 if self.pools.is_empty() => {
                let rule = Rule::new("the file holds no records", "check that it is complete");
                return Err(rule.at(file, (0, 0), "").into());
            }
            0 => ("the file has no such pool", self.pools.keys().collect()),
            _ => ("several pools of the file match", matching),
        };
        let named: Vec<String> = pools
            .iter()
            .take(MOST_NAMED)
            .map(ToString::to_string)
            .collect();
        let more = if pools.len() > MOST_NAMED {
            format!(" and {} more", pools.len() - MOST_NAMED)
        } else {
            String::new()
        };
        let remedy = format!(
            "name one by zone, instance and product: {}{more}",
            named.join(", ")
        );
        Err(Rule::new(rule, remedy).at(file, (0, 0), &asked).into())
    }
}

/// Two prices at one instant: neither format says which of them is right.
fn contradiction(file: &FileName, before: &Record, record: &Record) -> TraceError {
    let rule = format!(
        "a pool has one price at an instant, line {} states another",
        before.place.0
    );
    let value = format!("{} nano-dollars an hour", record.price.nanousd_h());
    Rule::new(rule, "delete one of the two").at(file, record.place, &value)
}
