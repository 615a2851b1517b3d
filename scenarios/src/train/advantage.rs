//! How much better an answer was than what was expected (Schulman et al., 2016).
//!
//! `A = sum over k of (discount x trace)^k x d_k` with `d = reward + discount x worth after - worth before`, up to the end of the
//! episode or of what was gathered.

/// What is expected beyond an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Beyond {
    /// What the question is worth that was asked next and answered.
    #[default]
    Next,
    /// This much, and no more is known: the episode was cut off, or goes on later.
    Worth(f64),
}

/// An answer in the order of an episode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) reward: f64,
    pub(super) worth: f64,
    pub(super) beyond: Beyond,
}

/// The advantage of each answer. The last one's beyond is not [`Beyond::Next`].
pub(super) fn advantages(outcomes: &[Outcome], [discount, trace]: [f64; 2]) -> Vec<f64> {
    let mut made = vec![0.0; outcomes.len()];
    let (mut after, mut carried) = (0.0, 0.0);
    for (advantage, outcome) in made.iter_mut().zip(outcomes).rev() {
        if let Beyond::Worth(worth) = outcome.beyond {
            (after, carried) = (worth, 0.0);
        }
        let surprise = outcome.reward + discount * after - outcome.worth;
        carried = surprise + discount * trace * carried;
        *advantage = carried;
        after = outcome.worth;
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advantages_are_the_discounted_surprises_of_their_own_episode() {
        let outcome = |reward, worth, beyond| Outcome {
            reward,
            worth,
            beyond,
        };
        let outcomes = [
            outcome(1.0, 0.5, Beyond::Next),
            outcome(2.0, 1.0, Beyond::Worth(0.0)),
            outcome(3.0, 2.0, Beyond::Next),
            outcome(4.0, 0.0, Beyond::Worth(10.0)),
        ];
        let [discount, trace] = [0.5, 0.8];
        let by_hand = |from: usize, until: usize| -> f64 {
            let after = |at: usize| match outcomes[at].beyond {
                Beyond::Next => outcomes[at + 1].worth,
                Beyond::Worth(worth) => worth,
            };
            let surprise =
                |at: usize| outcomes[at].reward + discount * after(at) - outcomes[at].worth;
            let mut weight = 1.0;
            let mut sum = 0.0;
            for at in from..=until {
                sum += weight * surprise(at);
                weight *= discount * trace;
            }
            sum
        };
        let expected = [by_hand(0, 1), by_hand(1, 1), by_hand(2, 3), by_hand(3, 3)];
        for (made, expected) in advantages(&outcomes, [discount, trace])
            .iter()
            .zip(expected)
        {
            assert!((made - expected).abs() < 1e-12, "{made} {expected}");
        }
    }

    #[test]
    fn with_a_whole_trace_an_advantage_is_what_came_less_what_was_expected() {
        let outcomes = [1.0, 2.0, 3.0].map(|reward| Outcome {
            reward,
            worth: 10.0 * reward,
            beyond: if reward < 3.0 {
                Beyond::Next
            } else {
                Beyond::Worth(0.0)
            },
        });
        let made = advantages(&outcomes, [1.0, 1.0]);
        for (made, expected) in made.iter().zip([6.0 - 10.0, 5.0 - 20.0, 3.0 - 30.0]) {
            assert!((made - expected).abs() < 1e-12, "{made} {expected}");
        }
    }
}
