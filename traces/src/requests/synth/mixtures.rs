//! Named mixtures: models whose parameters are fitted to real traces, with the errors of each fit.
//!
//! Gaps and quantiles are aggregates of the traces; no row of them is held here. The figures are
//! checked against the traces by a test that runs where they are at hand.

use sim_core::units::Span;

use super::{Arrivals, Class, Length, Phase, State, Synthetic, Tokens};

/// Requests like those to the coding service of Azure in 2023: long prompts, short answers, and
/// arrivals in bursts between silences of a minute.
///
/// | | trace | model | error |
/// |---|---|---|---|
/// | requests in 3,436 s | 8,819 | 8,817 | -0.0 % |
/// | CV^2 of the gaps | 173.0 | 173.1 | +0.1 % |
/// | mean input | 2,047.8 | 2,048.7 | +0.0 % |
/// | mean output | 27.9 | 28.7 | +3.0 % |
/// | tokens at 5, 10, 25, 50, 75, 90, 95 and 99 % | | the same | |
///
/// Input and output are independent, as in the trace (correlation 0.00). Gaps are independent, as
/// theirs are (autocorrelation below 0.003 at lags 1 to 20). The few long silences decide the CV^2,
/// so that of one generated hour strays far from the model's.
pub fn azure_code_like(length: Length) -> Synthetic {
    let phase = |weight, us| Phase {
        weight,
        mean: Span::from_us(us).expect("a short gap"),
    };
    let phases = vec![
        phase(0.4320, 3_800),
        phase(0.5521, 161_000),
        phase(0.0104, 3_000_000),
        phase(0.005_48, 48_900_000),
    ];
    model(
        Arrivals::Hyperexponential { phases },
        Tokens::Quantiles(CODE_INPUT.to_vec()),
        Tokens::Quantiles(CODE_OUTPUT.to_vec()),
        length,
    )
}

/// Requests like those to the conversation service of Azure in 2023: middling prompts, answers of
/// two kinds, and a rate that wanders within the hour.
///
/// | | trace | model | error |
/// |---|---|---|---|
/// | requests in 3,502 s | 19,366 | 19,366 | 0.0 % |
/// | CV^2 of the gaps | 1.197 | 1.198 | +0.1 % |
/// | mean input | 1,154.7 | 1,137.1 | -1.5 % |
/// | mean output | 211.1 | 212.9 | +0.8 % |
/// | tokens at 5, 10, 25, 50, 75, 90, 95 and 99 % | | the same | |
///
/// Input and output are independent; in the trace they are nearly so (correlation -0.11).
pub fn azure_conversation_like(length: Length) -> Synthetic {
    let state = |per_s| State {
        per_s,
        mean: Span::from_secs(480),
    };
    // 5.53 a second in the mean, 30 % below and above it.
    let states = vec![state(3.871), state(7.190)];
    model(
        Arrivals::Mmpp { states },
        Tokens::Quantiles(CONVERSATION_INPUT.to_vec()),
        Tokens::Quantiles(CONVERSATION_OUTPUT.to_vec()),
        length,
    )
}

fn model(arrivals: Arrivals, input: Tokens, output: Tokens, length: Length) -> Synthetic {
    Synthetic {
        arrivals,
        classes: vec![Class {
            name: String::new(),
            weight: 1.0,
            input,
            output,
        }],
        length,
        contents: None,
        dialogues: None,
    }
}

const CODE_INPUT: [(f64, u32); 17] = [
    (0.0, 3),
    (0.05, 75),
    (0.1, 147),
    (0.16, 253),
    (0.25, 578),
    (0.46, 1296),
    (0.5, 1469),
    (0.65, 2164),
    (0.75, 2745),
    (0.79, 3066),
    (0.84, 3714),
    (0.89, 4759),
    (0.9, 5194),
    (0.94, 6585),
    (0.95, 7315),
    (0.99, 7436),
    (1.0, 7437),
];

const CODE_OUTPUT: [(f64, u32); 17] = [
    (0.0, 6),
    (0.05, 6),
    (0.1, 7),
    (0.25, 9),
    (0.5, 13),
    (0.69, 19),
    (0.75, 24),
    (0.83, 34),
    (0.9, 55),
    (0.95, 90),
    (0.97, 128),
    (0.98, 172),
    (0.99, 252),
    (0.995, 361),
    (0.998, 676),
    (0.9995, 895),
    (1.0, 1899),
];

const CONVERSATION_INPUT: [(f64, u32); 17] = [
    (0.0, 2),
    (0.05, 181),
    (0.1, 207),
    (0.25, 396),
    (0.36, 419),
    (0.4, 703),
    (0.42, 903),
    (0.5, 1020),
    (0.69, 1122),
    (0.75, 1189),
    (0.82, 1369),
    (0.86, 2032),
    (0.9, 2735),
    (0.95, 4083),
    (0.99, 4142),
    (0.999, 6212),
    (1.0, 14_050),
];

const CONVERSATION_OUTPUT: [(f64, u32); 17] = [
    (0.0, 7),
    (0.04, 38),
    (0.05, 41),
    (0.1, 54),
    (0.15, 67),
    (0.25, 85),
    (0.31, 92),
    (0.5, 129),
    (0.6, 177),
    (0.66, 237),
    (0.69, 378),
    (0.75, 395),
    (0.86, 414),
    (0.9, 424),
    (0.95, 451),
    (0.99, 601),
    (1.0, 1000),
];
