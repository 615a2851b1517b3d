//! Which values the keys of a sweep take in which cell: a grid, or points drawn by the sweep's seed.
//!
//! Every draw is keyed by the seed and the key's path, so that another key shifts no draw of this one, and a longer
//! random or Sobol sweep has the cells of the shorter among its own.

use sim_core::units::convert;
use sim_core::world::draw::{Part, Stream};

use super::sobol::Sobol;
use crate::schema::{Spanned, SweepMethod, SweepSpec, Value};

/// The cells of a sweep, by position.
#[derive(Clone, Debug)]
pub struct Design<'a> {
    spec: &'a SweepSpec,
    points: Points,
}

#[derive(Clone, Debug)]
enum Points {
    Grid,
    Random,
    /// By key, the stratum of each point.
    Latin(Vec<Vec<u32>>),
    /// The sequence, and by dimension what its coordinates are shifted by.
    Sobol(Sobol, Vec<u32>),
}

/// What a cell of Saltelli's design is: of two independent samples A and B, or A with one key taken from B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saltelli {
    /// A point of the first sample.
    A,
    /// The same with the value of this key from the second.
    Mixed(usize),
    /// The point of the second.
    B,
}

impl<'a> Design<'a> {
    /// The design that a sweep asks for.
    pub fn of(spec: &'a SweepSpec) -> Self {
        let points = match spec.method {
            SweepMethod::Grid => Points::Grid,
            SweepMethod::Random => Points::Random,
            SweepMethod::LatinHypercube => {
                let paths = spec.axes.iter().map(|axis| axis.path.value.as_str());
                Points::Latin(paths.map(|path| strata(spec, path)).collect())
            }
            SweepMethod::Sobol => {
                let shift = |(domain, path): (&str, &str)| {
                    let bits = stream(spec.seed, domain, path, 0).bits();
                    convert::split(bits).0
                };
                let paths = spec.axes.iter().map(|axis| axis.path.value.as_str());
                let first = paths.clone().map(|path| ("sobol-a", path));
                let shifts = first.chain(paths.map(|path| ("sobol-b", path))).map(shift);
                Points::Sobol(Sobol::new(2 * spec.axes.len()), shifts.collect())
            }
        };
        Self { spec, points }
    }

    /// How many cells there are, equal ones counted each time.
    pub fn len(&self) -> usize {
        usize::try_from(self.spec.cells()).expect("a sweep is held within its limit")
    }

    /// Whether there are none; there always are some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of each key at a position.
    pub fn values(&self, position: usize) -> Vec<Spanned<Value>> {
        let axes = || self.spec.axes.iter();
        match &self.points {
            Points::Grid => self.combination(position),
            Points::Random => {
                let drawn = |path: &str| {
                    let place = convert::wide(position);
                    stream(self.spec.seed, "random", path, place).uniform()
                };
                axes()
                    .map(|axis| axis.levels.at(drawn(&axis.path.value)))
                    .collect()
            }
            Points::Latin(strata) => {
                let n = f64::from(self.spec.n);
                let fraction = |(path, strata): (&str, &Vec<u32>)| {
                    let place = convert::wide(position);
                    let within = stream(self.spec.seed, "within", path, place).uniform();
                    (f64::from(strata[position]) + within) / n
                };
                axes()
                    .zip(strata)
                    .map(|(axis, strata)| axis.levels.at(fraction((&axis.path.value, strata))))
                    .collect()
            }
            Points::Sobol(sobol, shifts) => {
                let (point, part) = saltelli(position, self.spec.axes.len());
                let fraction = |key: usize| {
                    let second = match part {
                        Saltelli::A => false,
                        Saltelli::Mixed(mixed) => mixed == key,
                        Saltelli::B => true,
                    };
                    let dimension = key + if second { self.spec.axes.len() } else { 0 };
                    let shifted = sobol.coordinate(point, dimension) ^ shifts[dimension];
                    (f64::from(shifted) + 0.5) / TWO_TO_32
                };
                let keyed = axes().enumerate();
                keyed
                    .map(|(key, axis)| axis.levels.at(fraction(key)))
                    .collect()
            }
        }
    }

    /// A cell of the grid, the last key changing fastest.
    fn combination(&self, position: usize) -> Vec<Spanned<Value>> {
        let mut rest = convert::wide(position);
        let mut values = Vec::with_capacity(self.spec.axes.len());
        for axis in self.spec.axes.iter().rev() {
            let count = axis.levels.count();
            // The middle of the level's share, away from the rounding of its ends.
            let share = (convert::real(rest % count) + 0.5) / convert::real(count);
            values.push(axis.levels.at(share));
            rest /= count;
        }
        values.reverse();
        values
    }
}

const TWO_TO_32: f64 = 4_294_967_296.0;

/// Of which point of the sequence a position is a cell, and which, where `keys` are varied.
pub fn saltelli(position: usize, keys: usize) -> (u32, Saltelli) {
    let cells = keys + 2;
    let point = convert::narrow(position / cells);
    let part = match position % cells {
        0 => Saltelli::A,
        last if last == cells - 1 => Saltelli::B,
        mixed => Saltelli::Mixed(mixed - 1),
    };
    (point, part)
}

fn stream(seed: u64, domain: &str, path: &str, place: u64) -> Stream {
    let name: [Part<'_>; 4] = ["sweep".into(), domain.into(), path.into(), place.into()];
    Stream::new(seed, &name)
}

/// The strata of a key in random order: a shuffle after Fisher and Yates.
fn strata(spec: &SweepSpec, path: &str) -> Vec<u32> {
    let mut strata: Vec<u32> = (0..spec.n).collect();
    let mut draws = stream(spec.seed, "strata", path, 0);
    for last in (1..strata.len()).rev() {
        let chosen = draws.below(convert::wide(last + 1));
        strata.swap(last, usize::try_from(chosen).expect("a position"));
    }
    strata
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{AxisSpec, Between, Levels, Place, Quantity, Table};

    fn spec(method: SweepMethod, n: u32, levels: Vec<Levels>) -> SweepSpec {
        let axes = levels
            .into_iter()
            .enumerate()
            .map(|(key, levels)| AxisSpec {
                path: Spanned::new(format!("fleet.f.key-{key}"), Place::default()),
                levels,
            });
        SweepSpec {
            method,
            n,
            seed: 5,
            axes: axes.collect(),
            written: Table::default(),
        }
    }

    fn listed(values: impl IntoIterator<Item = i64>) -> Levels {
        let values = values.into_iter().map(Value::Integer);
        let nowhere = |value| Spanned::new(value, Place::default());
        Levels::Listed(values.map(nowhere).collect())
    }

    fn unit() -> Levels {
        let at = |number| Spanned::new(Quantity::Number(number), Place::default());
        Levels::Between(Between {
            from: at(0.0),
            to: at(1.0),
            log: false,
        })
    }

    fn rows(spec: &SweepSpec) -> Vec<Vec<Value>> {
        let design = Design::of(spec);
        let values = |position| design.values(position).into_iter().map(|value| value.value);
        (0..design.len())
            .map(|position| values(position).collect())
            .collect()
    }

    fn numbers(spec: &SweepSpec) -> Vec<Vec<f64>> {
        let number = |value: &Value| {
            let Value::Float(number) = value else {
                panic!("{value:?} is no number");
            };
            *number
        };
        let row = |row: &Vec<Value>| row.iter().map(number).collect();
        rows(spec).iter().map(row).collect()
    }

    #[test]
    fn a_grid_has_every_combination_once_the_last_key_changing_fastest() {
        let spec = spec(SweepMethod::Grid, 1, vec![listed(0..3), listed(10..17)]);
        let expected = (0..3).flat_map(|a| (10..17).map(move |b| vec![a, b]));
        let expected: Vec<Vec<Value>> = expected
            .map(|row| row.into_iter().map(Value::Integer).collect())
            .collect();
        assert_eq!(rows(&spec), expected);
    }

    #[test]
    fn a_latin_hypercube_has_one_point_in_each_stratum_of_each_key() {
        let spec = spec(
            SweepMethod::LatinHypercube,
            64,
            vec![unit(), unit(), unit()],
        );
        let numbers = numbers(&spec);
        let order = |key: usize| -> Vec<u64> {
            let strata = numbers.iter().map(|row| convert::floor(row[key] * 64.0));
            strata.collect()
        };
        for key in 0..3 {
            let mut strata = order(key);
            strata.sort_unstable();
            assert!(strata.into_iter().eq(0..64), "key {key}");
        }
        assert_ne!(order(0), order(1));
    }

    #[test]
    fn a_key_keeps_its_draws_whatever_stands_beside_it_and_a_longer_sweep_goes_on() {
        for method in [SweepMethod::Random, SweepMethod::Sobol] {
            let alone = numbers(&spec(method, 8, vec![unit()]));
            let beside = spec(method, 16, vec![unit(), unit()]);
            let beside = numbers(&beside);
            let first = |rows: &[Vec<f64>], keys: usize| -> Vec<f64> {
                let each = if method == SweepMethod::Sobol {
                    keys + 2
                } else {
                    1
                };
                rows.iter().step_by(each).map(|row| row[0]).collect()
            };
            assert_eq!(first(&alone, 1), first(&beside, 2)[..8], "{method:?}");
        }
    }

    #[test]
    fn random_points_lie_in_the_middle_on_average() {
        let numbers = numbers(&spec(SweepMethod::Random, 4096, vec![unit()]));
        let mean = numbers.iter().map(|row| row[0]).sum::<f64>() / 4096.0;
        // The standard error is 1 / sqrt(12 * 4096) = 0.0045.
        assert!((mean - 0.5).abs() < 4.0 * 0.0045, "{mean}");
    }

    #[test]
    fn saltellis_design_takes_one_key_from_the_second_sample_at_a_time() {
        let spec = spec(SweepMethod::Sobol, 4, vec![unit(), unit()]);
        let numbers = numbers(&spec);
        assert_eq!(numbers.len(), 16);
        for point in numbers.chunks(4) {
            let [a, first, second, b] = point else {
                panic!("four cells a point");
            };
            assert_eq!(first, &[b[0], a[1]]);
            assert_eq!(second, &[a[0], b[1]]);
            assert!((a[0] - b[0]).abs() > 0.0);
            assert!((a[1] - b[1]).abs() > 0.0);
        }
        assert_eq!(saltelli(0, 2), (0, Saltelli::A));
        assert_eq!(saltelli(6, 2), (1, Saltelli::Mixed(1)));
        assert_eq!(saltelli(7, 2), (1, Saltelli::B));
    }
}
