//! A setting as it is published: a line of a table without a head, the placement in it written as Python prints it.

use std::path::Path;

/// A setting, and what was attained.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    /// How many models there are, and requests a second in all.
    pub(super) models: u32,
    pub(super) rate: f64,
    /// Coefficient of variation of the gaps between arrivals.
    pub(super) variation: f64,
    /// Seconds.
    pub(super) duration: f64,
    /// The objective, as a multiple of the latency on one GPU.
    pub(super) slo: f64,
    /// Who placed the models.
    pub(super) policy: String,
    pub(super) groups: Vec<Group>,
    /// Share of the requests that were served in time.
    pub(super) attained: f64,
}

/// GPUs that serve together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// GPUs that share each operator, and stages.
    pub(super) shape: (u32, u32),
    /// The models that it holds.
    pub(super) models: Vec<u32>,
}

impl Setting {
    /// All settings of a file.
    pub(super) fn read(path: &Path) -> Result<Vec<Self>, String> {
        let error = |error: String| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|e| error(e.to_string()))?;
        let lines = text.lines().enumerate();
        let settings = lines.map(|(at, line)| {
            Self::of(line).map_err(|what| error(format!("line {}: {what}", at + 1)))
        });
        settings.collect()
    }

    fn of(line: &str) -> Result<Self, String> {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |at: usize| cells.get(at).copied().ok_or("there are not 19 columns");
        let number = |text: &str| {
            let number: Option<f64> = text.parse().ok();
            let number = number.filter(|number| number.is_finite() && *number >= 0.0);
            number.ok_or_else(|| format!("{text}: not a number from zero up"))
        };
        for (at, only) in [(3, "bert-2.6b"), (6, "power_law"), (7, "gamma")] {
            if cell(at)? != only {
                return Err(format!("{}: only {only} is known", cell(at)?));
            }
        }
        let kwargs = cell(8)?;
        let variation = kwargs
            .strip_prefix("{'cv': ")
            .and_then(|rest| rest.strip_suffix('}'));
        let models = cell(4)?;
        Ok(Self {
            models: models
                .parse()
                .map_err(|_| format!("{models}: not a number of models"))?,
            rate: number(cell(5)?)?,
            variation: number(variation.ok_or_else(|| format!("{kwargs}: not {{'cv': N}}"))?)?,
            duration: number(cell(10)?)?,
            slo: number(cell(9)?)?,
            policy: cell(11)?.to_owned(),
            groups: groups(cell(16)?).ok_or_else(|| format!("{}: not a placement", cells[16]))?,
            attained: number(cell(17)?)?,
        })
    }

    /// Whether it is the same but for what was attained.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let attained = self.attained;
        *self
            == Self {
                attained,
                ..other.clone()
            }
    }
}

/// `ModelPlacement(group_configs=(ParallelConfig(dp=1, op=1, pp=8), ...), group_models=((0, 1), ...))`.
fn groups(text: &str) -> Option<Vec<Group>> {
    let (configs, models) = text.split_once("group_models=(")?;
    let shape = |config: &str| {
        let (op, pp) = config.split_once(')')?.0.split_once(", pp=")?;
        Some((op.parse().ok()?, pp.parse().ok()?))
    };
    let shapes = configs.split("ParallelConfig(dp=1, op=").skip(1).map(shape);
    let held = |list: &str| -> Option<Vec<u32>> {
        let numbers = list.split_once(')')?.0.split(',').map(str::trim);
        let numbers = numbers.filter(|number| !number.is_empty());
        numbers.map(|number| number.parse().ok()).collect()
    };
    let mut models = models.split('(').skip(1).map(held);
    let group = |shape: Option<(u32, u32)>| {
        let (shape, models) = (shape?, models.next()??);
        Some(Group { shape, models })
    };
    let groups: Option<Vec<Group>> = shapes.map(group).collect();
    groups.filter(|groups| !groups.is_empty() && models.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_is_read_and_a_broken_one_is_not() {
        let of = |shape, models: &[u32]| Group {
            shape,
            models: models.to_vec(),
        };
        let two = "ModelPlacement(group_configs=(ParallelConfig(dp=1, op=4, pp=1), \
                   ParallelConfig(dp=1, op=1, pp=8)), group_models=((0, 12), (3,)))";
        let read = groups(two);
        assert_eq!(read, Some(vec![of((4, 1), &[0, 12]), of((1, 8), &[3])]));
        assert_eq!(groups(&two.replace(", (3,)", "")), None);
        assert_eq!(groups(&two.replace("(3,)", "(3,), (4,)")), None);
        assert_eq!(groups(&two.replace("pp=8", "pp=x")), None);
    }
}
