//! Tables of speeds: read once, with models and kinds by number.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::course::{Size, Speeds};
use sim_core::units::{KindId, ModelId, Span, convert};
use traces::{Source, SpeedRow, import_speeds};

use super::{BuildError, files};
use crate::schema::{Diagnostic, Scenario, SpeedsSource, SpeedsSpec};

/// Speeds of a size: on the reference, and on each model.
type Measures = (Option<f64>, Vec<(ModelId, f64)>);

/// The table of a workload.
#[derive(Clone, Debug)]
pub(super) struct SpeedTable {
    rows: Vec<SpeedRow>,
    reference: String,
    /// Names of the kinds, in order; a kind is its position.
    kinds: Vec<String>,
    /// The kind of all jobs.
    kind: Option<String>,
}

/// The tables of a scenario's workloads, by position.
pub(super) fn read(
    scenario: &Scenario,
    reasons: &mut Vec<Diagnostic>,
) -> Result<Vec<Option<SpeedTable>>, BuildError> {
    let mut tables = Vec::new();
    for workload in &scenario.workloads {
        tables.push(match &workload.course.speeds {
            Some(spec) => table(spec, reasons)?,
            None => None,
        });
    }
    Ok(tables)
}

fn table(
    spec: &SpeedsSpec,
    reasons: &mut Vec<Diagnostic>,
) -> Result<Option<SpeedTable>, BuildError> {
    let rows = match &spec.table {
        SpeedsSource::Rows(rows) => rows.clone(),
        SpeedsSource::File(file) => {
            let opened = files::open(&file.value)?;
            import_speeds(Source::new(&file.value.written, opened)).map_err(BuildError::Trace)?
        }
    };
    let mut kinds: Vec<String> = rows.iter().map(|row| row.kind.clone()).collect();
    kinds.sort();
    kinds.dedup();
    let mut refuse = |place, value: &str, rule: &str, remedy: &str| {
        reasons.push(Diagnostic::new(place, value, rule).or(remedy));
    };
    let reference = &spec.reference;
    let key = |row: &SpeedRow| (row.kind.clone(), row.gpus, row.model.clone());
    let mut keys: Vec<_> = rows.iter().map(key).collect();
    keys.sort();
    let mut pairs = keys.iter().zip(keys.iter().skip(1));
    if let Some(((kind, gpus, model), _)) = pairs.find(|(one, next)| one == next) {
        let shown = format!("{kind} on {gpus} x {model}");
        refuse(reference.place, &shown, "a speed stands once", "remove one");
        return Ok(None);
    }
    if kinds.len() > usize::from(u16::MAX) {
        let rule = "a table has at most 65,535 kinds";
        refuse(reference.place, "", rule, "leave out those of no job");
        return Ok(None);
    }
    if rows.iter().all(|row| row.model != reference.value) {
        let rule = "the table has no speed on this GPU model";
        refuse(
            reference.place,
            &reference.value,
            rule,
            "name one of its models",
        );
        return Ok(None);
    }
    if let Some(kind) = spec
        .kind
        .as_ref()
        .filter(|kind| !kinds.contains(&kind.value))
    {
        let rule = "the table has no such kind";
        refuse(kind.place, &kind.value, rule, "name one of its kinds");
        return Ok(None);
    }
    Ok(Some(SpeedTable {
        rows,
        reference: reference.value.clone(),
        kinds,
        kind: spec.kind.as_ref().map(|kind| kind.value.clone()),
    }))
}

impl SpeedTable {
    /// The same by number. A size that does not run on the reference has no duration: nobody has such a job.
    pub(super) fn speeds(&self, model: &mut dyn FnMut(&str) -> ModelId) -> Speeds {
        let mut sizes: BTreeMap<(KindId, u32), Measures> = BTreeMap::new();
        for row in &self.rows {
            let kind = self.kind_of(&row.kind).expect("a kind of the table");
            let size = sizes.entry((kind, row.gpus)).or_default();
            if row.model == self.reference {
                size.0 = Some(row.steps_s);
            }
            size.1.push((model(&row.model), row.steps_s));
        }
        let size = |((kind, gpus), (reference, by_model))| {
            Some(Size {
                kind,
                gpus,
                reference_s: reference?,
                by_model,
            })
        };
        Speeds::new(sizes.into_iter().filter_map(size).collect())
    }

    /// Names of the kinds, by number.
    pub(super) fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// The kind of a job of which the trace says this; none if the table lacks it.
    pub(super) fn kind(&self, told: Option<&str>) -> Option<KindId> {
        self.kind_of(self.kind.as_deref().or(told)?)
    }

    fn kind_of(&self, name: &str) -> Option<KindId> {
        let position = self.kinds.binary_search_by(|kind| kind.as_str().cmp(name));
        Some(KindId(u16::try_from(position.ok()?).expect("few kinds")))
    }
}

/// A table and the kinds behind it, as the jobs of a workload meet them.
#[derive(Clone, Debug)]
pub(super) struct Measured<'a> {
    pub(super) table: &'a SpeedTable,
    pub(super) speeds: Arc<Speeds>,
    /// Whether the trace counts steps where others tell a time.
    pub(super) counts_steps: bool,
}

impl Measured<'_> {
    /// The row of a job.
    pub(super) fn size(&self, kind: Option<KindId>, gpus: u32) -> Option<&Size> {
        self.speeds.size(kind?, gpus)
    }

    /// What the trace tells as a time, as one on the reference.
    pub(super) fn time(&self, told: Span, size: &Size) -> Span {
        if !self.counts_steps {
            return told;
        }
        let us = convert::floor(convert::real(told.us()) / size.reference_s + 0.5);
        Span::from_us(us).unwrap_or(Span::MAX)
    }

    /// Steps in what the trace tells as a time: whole ones.
    pub(super) fn steps(&self, told: Span, size: &Size) -> u64 {
        if self.counts_steps {
            return told.us() / 1_000_000;
        }
        let steps = convert::real(told.us()) / 1e6 * size.reference_s;
        let whole = convert::floor(steps);
        whole + u64::from(convert::real(whole) < steps)
    }
}
