//! What is held of networks: they are what a slow and obvious reckoning in doubles says they are.

use sim_core::units::convert;
use sim_core::world::draw::Stream;

use super::{Form, Network, Scratch, Slopes, choice};
use crate::learned::{Question, Widths};

const WIDTHS: Widths = Widths {
    context: 3,
    row: 9,
    rows: 6,
};

const FORMS: [Form; 3] = [
    Form::Mlp {
        hidden: 11,
        layers: 2,
    },
    Form::Mlp {
        hidden: 8,
        layers: 1,
    },
    Form::Attention { width: 6, heads: 3 },
];

fn luck(of: &str) -> Stream {
    Stream::new(7, &["networks".into(), of.into()])
}

/// A network none of whose weights is small or zero.
fn network(form: Form) -> Network {
    let mut luck = luck("weights");
    let mut network = Network::new(form, WIDTHS, &mut luck);
    for weight in network.weights_mut() {
        *weight = convert::single(luck.normal() / 3.0);
    }
    network
}

fn question(legal: &[bool]) -> Question {
    let mut luck = luck("question");
    let mut draw = |count: usize| {
        let drawn = (0..count).map(|_| convert::single(luck.normal()));
        drawn.collect()
    };
    Question {
        context: draw(WIDTHS.context),
        rows: draw(WIDTHS.row * legal.len()),
        legal: legal.to_vec(),
    }
}

const LEGAL: [bool; 6] = [true, false, true, true, false, true];

/// A network in doubles, its weights by name.
struct Slow<'a> {
    network: &'a Network,
    weights: Vec<f64>,
}

impl<'a> Slow<'a> {
    fn new(network: &'a Network) -> Self {
        let weights = network.weights().iter().map(|weight| f64::from(*weight));
        Self {
            network,
            weights: weights.collect(),
        }
    }

    fn linear(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let tensors = self.network.tensors();
        let named = |end: &str| {
            let name = format!("{name}{end}");
            let tensor = tensors.iter().find(|tensor| tensor.name == name);
            tensor.expect("a tensor of this name")
        };
        let (weight, bias) = (named("weight"), named("bias"));
        assert_eq!(weight.shape, [bias.shape[0], input.len()]);
        let bias = &self.weights[bias.range.clone()];
        let columns = self.weights[weight.range.clone()].chunks(input.len());
        let product =
            |column: &[f64]| -> f64 { column.iter().zip(input).map(|(w, x)| w * x).sum() };
        columns
            .zip(bias)
            .map(|(column, bias)| product(column) + bias)
            .collect()
    }

    fn layers(&self, name: &str, count: usize, input: &[f64]) -> f64 {
        let mut units = input.to_vec();
        for layer in 0..count {
            units = cut(self.linear(&format!("{name}.{layer}."), &units));
        }
        self.linear(&format!("{name}.{count}."), &units)[0]
    }

    fn scores(&self, question: &Question) -> Vec<f64> {
        let context = doubles(&question.context);
        let rows = question.rows.chunks(WIDTHS.row);
        let joined = rows.map(|row| [doubles(row), context.clone()].concat());
        match self.network.form() {
            Form::Mlp { layers, .. } => joined
                .map(|row| self.layers("rows", layers, &row))
                .collect(),
            Form::Attention { width, heads } => {
                let rows = joined.map(|row| cut(self.linear("embed.", &row)));
                let rows: Vec<Vec<f64>> = rows.collect();
                let asked = rows
                    .iter()
                    .map(|row| self.linear("attention.in_proj_", row));
                let asked: Vec<Vec<f64>> = asked.collect();
                let heard = (0..rows.len()).map(|row| heard(&asked, row, width, heads));
                let mixed = rows
                    .iter()
                    .zip(heard)
                    .map(|(row, heard)| plus(row, &self.linear("attention.out_proj.", &heard)));
                let last = mixed.map(|mixed| {
                    let wide = cut(self.linear("widen.", &mixed));
                    plus(&mixed, &self.linear("narrow.", &wide))
                });
                last.map(|last| self.linear("score.", &last)[0]).collect()
            }
        }
    }

    fn worth(&self, question: &Question) -> f64 {
        let mut mean = vec![0.0; WIDTHS.row];
        for row in question.rows.chunks(WIDTHS.row) {
            mean = plus(&mean, &doubles(row));
        }
        let count = convert::real(convert::wide(question.len()));
        let mean = mean.iter().map(|number| number / count).collect();
        let input = [doubles(&question.context), mean].concat();
        let layers = match self.network.form() {
            Form::Mlp { layers, .. } => layers,
            Form::Attention { .. } => 2,
        };
        self.layers("worth", layers, &input)
    }

    /// Something that depends on all that a network says.
    fn loss(&self, question: &Question, by: Slopes<'_>) -> f64 {
        let scores = self.scores(question);
        let chosen = scores.iter().zip(by.scores).zip(&question.legal);
        let sum: f64 = chosen
            .filter(|(_, legal)| **legal)
            .map(|((score, by), _)| score * f64::from(*by))
            .sum();
        sum + self.worth(question) * f64::from(by.worth)
    }
}

fn doubles(singles: &[f32]) -> Vec<f64> {
    singles.iter().map(|single| f64::from(*single)).collect()
}

fn cut(units: Vec<f64>) -> Vec<f64> {
    units.into_iter().map(|unit| unit.max(0.0)).collect()
}

fn plus(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(l, r)| l + r).collect()
}

fn heard(asked: &[Vec<f64>], row: usize, width: usize, heads: usize) -> Vec<f64> {
    let size = width / heads;
    let mut all = Vec::new();
    for head in 0..heads {
        let part = |row: &[f64], which: usize| row[which * width + head * size..][..size].to_vec();
        let query = part(&asked[row], 0);
        let met = asked.iter().map(|other| {
            let products = query.iter().zip(part(other, 1)).map(|(q, k)| q * k);
            libm::exp(products.sum::<f64>() / convert::real(convert::wide(size)).sqrt())
        });
        let met: Vec<f64> = met.collect();
        let whole: f64 = met.iter().sum();
        let mut values = vec![0.0; size];
        for (other, met) in asked.iter().zip(&met) {
            let value = part(other, 2).into_iter().map(|value| value * met / whole);
            values = plus(&values, &value.collect::<Vec<_>>());
        }
        all.extend(values);
    }
    all
}

#[test]
fn a_network_says_what_the_slow_one_says() {
    for form in FORMS {
        let (network, question) = (network(form), question(&LEGAL));
        let mut scratch = Scratch::default();
        let slow = Slow::new(&network);
        let scores = network.scores(&question, &mut scratch);
        for (row, (score, slow)) in scores.iter().zip(slow.scores(&question)).enumerate() {
            if question.legal[row] {
                assert!(
                    (f64::from(*score) - slow).abs() < 1e-5,
                    "{form:?} {score} {slow}"
                );
            } else {
                assert!(*score < f32::MIN, "{form:?} {score}");
            }
        }
        let worth = network.worth(&question, &mut scratch);
        let slow = slow.worth(&question);
        assert!(
            (f64::from(worth) - slow).abs() < 1e-5,
            "{form:?} {worth} {slow}"
        );
    }
}

#[test]
fn slopes_are_what_a_loss_changes_by() {
    for form in FORMS {
        let (network, question) = (network(form), question(&LEGAL));
        let by = Slopes {
            // Rows that may not be chosen take no part, whatever is said of them.
            scores: &[0.7, 1e6, -1.3, 0.4, f32::NAN, 0.9],
            worth: -0.6,
        };
        let mut scratch = Scratch::default();
        network.scores(&question, &mut scratch);
        network.worth(&question, &mut scratch);
        // What is there already is added to.
        let mut gradient = vec![0.5; network.weights().len()];
        network.slopes(&question, by, &mut scratch, &mut gradient);
        let mut slow = Slow::new(&network);
        for (at, slope) in gradient.iter().enumerate() {
            let mut loss = |weight: f64| {
                let before = std::mem::replace(&mut slow.weights[at], weight);
                let loss = slow.loss(&question, by);
                slow.weights[at] = before;
                loss
            };
            let weight = f64::from(network.weights()[at]);
            let expected = (loss(weight + 1e-6) - loss(weight - 1e-6)) / 2e-6;
            let off = f64::from(*slope) - 0.5 - expected;
            assert!(
                off.abs() < 1e-5 * (1.0 + expected.abs()),
                "{form:?} {at}: {slope} {expected}"
            );
        }
    }
}

#[test]
fn rows_that_change_places_change_those_of_their_scores() {
    for form in FORMS {
        let (network, question) = (network(form), question(&LEGAL));
        let mut scratch = Scratch::default();
        let scores = network.scores(&question, &mut scratch).to_vec();
        let order = [3, 5, 0, 4, 1, 2];
        let rows = order.map(|row| &question.rows[WIDTHS.row * row..][..WIDTHS.row]);
        let moved = Question {
            context: question.context.clone(),
            rows: rows.concat(),
            legal: order.map(|row| question.legal[row]).to_vec(),
        };
        let again = network.scores(&moved, &mut scratch);
        for (score, row) in again.iter().zip(order) {
            let expected = scores[row];
            let is_same = score.to_bits() == expected.to_bits() || (score - expected).abs() < 1e-5;
            assert!(is_same, "{form:?} {row}: {score} {expected}");
        }
    }
}

#[test]
fn any_number_of_rows_is_scored() {
    for form in FORMS {
        let network = network(form);
        let mut scratch = Scratch::default();
        for rows in [6, 1, 3] {
            let question = question(&LEGAL[..rows]);
            assert_eq!(network.scores(&question, &mut scratch).len(), rows);
            assert!(network.worth(&question, &mut scratch).is_finite());
        }
    }
}

#[test]
fn a_new_network_is_nearly_indifferent_and_its_luck_is_keyed() {
    for form in FORMS {
        let new = || Network::new(form, WIDTHS, &mut luck("new"));
        let question = question(&[true; 6]);
        let (mut scratch, mut log_shares) = (Scratch::default(), Vec::new());
        let network = new();
        let scores = network.scores(&question, &mut scratch);
        choice::log_shares(scores, &question.legal, &mut log_shares);
        let most = libm::logf(6.0);
        let entropy = choice::entropy(&log_shares);
        assert!(
            entropy > 0.999 * most && entropy <= 1.000_01 * most,
            "{entropy}"
        );
        assert_eq!(network, new());
        assert_ne!(network, Network::new(form, WIDTHS, &mut luck("other")));
    }
}

#[test]
fn a_network_has_as_many_weights_as_its_tensors() {
    for form in FORMS {
        let network = network(form);
        let mut end = 0;
        for tensor in network.tensors() {
            assert_eq!(tensor.range.start, end, "{}", tensor.name);
            assert_eq!(tensor.range.len(), tensor.shape.iter().product::<usize>());
            end = tensor.range.end;
        }
        assert_eq!(network.weights().len(), end);
        let again = Network::with_weights(form, WIDTHS, network.weights().to_vec());
        assert_eq!(again, network);
    }
}

#[test]
fn sizes_beyond_their_ranges_are_told() {
    let said = |form: Form, widths: Widths| form.check(widths).map_err(|error| error.to_string());
    assert_eq!(said(Form::DEFAULT, WIDTHS), Ok(()));
    let mlp = |hidden, layers| said(Form::Mlp { hidden, layers }, WIDTHS);
    let attention = |width, heads| said(Form::Attention { width, heads }, WIDTHS);
    let within = |count: &str, range: &str| Err(format!("{count}: from {range} are allowed"));
    assert_eq!(mlp(0, 2), within("0 hidden units", "1 to 2048"));
    assert_eq!(mlp(8, 9), within("9 hidden layers", "1 to 8"));
    assert_eq!(mlp(2_048, 8), within("58806274 weights", "1 to 16777216"));
    assert_eq!(attention(8, 0), within("0 heads", "1 to 8"));
    assert!(attention(8, 3).is_err());
    let widths = Widths { row: 0, ..WIDTHS };
    assert_eq!(
        said(Form::DEFAULT, widths),
        within("0 numbers of a row", "1 to 4096")
    );
}

/// Bits of all scores, of the worth, and of a sum over the slopes.
fn bits(form: Form) -> Vec<u32> {
    let mut luck = luck("golden");
    let network = Network::new(form, WIDTHS, &mut luck);
    let question = question(&LEGAL);
    let (mut scratch, mut log_shares) = (Scratch::default(), Vec::new());
    let scores = network.scores(&question, &mut scratch);
    choice::log_shares(scores, &question.legal, &mut log_shares);
    let mut bits: Vec<u32> = scores.iter().map(|score| score.to_bits()).collect();
    bits.extend(log_shares.iter().map(|share| share.to_bits()));
    let worth = network.worth(&question, &mut scratch);
    let mut by_scores = Vec::new();
    choice::slopes(&log_shares, 2, [-1.0, -0.01], &mut by_scores);
    let by = Slopes {
        scores: &by_scores,
        worth,
    };
    let mut gradient = vec![0.0; network.weights().len()];
    network.slopes(&question, by, &mut scratch, &mut gradient);
    let folded = gradient.iter().fold(0_u32, |all, slope| {
        all.rotate_left(5).wrapping_add(slope.to_bits())
    });
    bits.extend([worth.to_bits(), folded]);
    bits
}

#[test]
fn the_bits_of_a_network_are_the_same_everywhere() {
    let hex = |form| {
        let bits = bits(form).into_iter().map(|bits| format!("{bits:08x}"));
        bits.collect::<Vec<_>>().join(" ")
    };
    let mlp = Form::Mlp {
        hidden: 16,
        layers: 2,
    };
    let expected = concat!(
        "bb746d54 ff800000 3b0d25c8 bca9d87e ff800000 bc45bda0 ",
        "bfb0d3e8 ff800000 bfb0131e bfb30113 ff800000 bfb1e52c ",
        "becee782 5b4bd910"
    );
    assert_eq!(hex(mlp), expected);
    let expected = concat!(
        "bbcd0d63 ff800000 b8be8e20 bc37cf49 ff800000 3a876550 ",
        "bfb1b818 ff800000 bfb0ee05 bfb25aaa ff800000 bfb0c932 ",
        "bdef6fe6 e89e09e5"
    );
    assert_eq!(hex(Form::Attention { width: 8, heads: 2 }), expected);
}

#[test]
fn the_best_row_is_the_first_of_the_best_that_may_be_chosen() {
    let scores = [9.0, 1.0, 3.0, 3.0, f32::NAN];
    assert_eq!(choice::greedy(&scores, &[true; 5]), 0);
    assert_eq!(choice::greedy(&scores, &[false, true, true, true, true]), 2);
    assert_eq!(
        choice::greedy(&scores, &[false, true, false, false, true]),
        1
    );
}

#[test]
fn rows_that_may_not_be_chosen_never_are() {
    let mut luck = luck("choice");
    let mut log_shares = Vec::new();
    for _ in 0..2_000 {
        let count = 1 + usize::try_from(luck.below(8)).expect("small");
        let scores: Vec<f32> = (0..count)
            .map(|_| convert::single(30.0 * luck.normal()))
            .collect();
        let mut legal: Vec<bool> = (0..count).map(|_| luck.chance(0.3)).collect();
        legal[usize::try_from(luck.below(convert::wide(count))).expect("small")] = true;
        choice::log_shares(&scores, &legal, &mut log_shares);
        let ends = [f64::MIN_POSITIVE, 1.0 - f64::EPSILON, luck.uniform()];
        for uniform in ends {
            assert!(legal[choice::drawn(&log_shares, &legal, uniform)]);
        }
        assert!(legal[choice::greedy(&scores, &legal)]);
        let whole: f32 = log_shares.iter().map(|share| libm::expf(*share)).sum();
        assert!((whole - 1.0).abs() < 1e-5, "{whole}");
    }
}

#[test]
fn rows_are_drawn_as_often_as_their_shares_say() {
    let (scores, legal) = ([1.0, 5.0, 0.0, 2.0], [true, false, true, true]);
    let mut log_shares = Vec::new();
    choice::log_shares(&scores, &legal, &mut log_shares);
    let mut luck = luck("shares");
    let mut counts = [0.0; 4];
    let draws = 20_000.0;
    for _ in 0..20_000 {
        counts[choice::drawn(&log_shares, &legal, luck.uniform())] += 1.0;
    }
    for (count, log_share) in counts.iter().zip(&log_shares) {
        let share = libm::exp(f64::from(*log_share));
        let error = (share * (1.0 - share) / draws).sqrt();
        assert!((count / draws - share).abs() <= 4.0 * error, "{counts:?}");
    }
}

#[test]
fn slopes_of_a_choice_are_what_it_changes_by() {
    let (scores, legal) = ([0.3_f32, 2.0, -1.0, 0.8], [true, false, true, true]);
    let by = [0.7, -1.9];
    let value = |scores: &[f32]| {
        let mut log_shares = Vec::new();
        choice::log_shares(scores, &legal, &mut log_shares);
        by[0] * log_shares[2] + by[1] * choice::entropy(&log_shares)
    };
    let (mut log_shares, mut slopes) = (Vec::new(), Vec::new());
    choice::log_shares(&scores, &legal, &mut log_shares);
    choice::slopes(&log_shares, 2, by, &mut slopes);
    for row in 0..4 {
        let moved = |by: f32| {
            let mut scores = scores;
            scores[row] += by;
            value(&scores)
        };
        let expected = (moved(0.01) - moved(-0.01)) / 0.02;
        assert!(
            (slopes[row] - expected).abs() < 1e-3,
            "{row}: {slopes:?} {expected}"
        );
    }
}
