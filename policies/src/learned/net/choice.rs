//! From scores to a row: shares, the best row, a drawn one.
//!
//! Only rows that may be chosen take part; there is at least one.

/// The logarithm of each row's share, `exp(score) / sum of exp(scores)`; negative infinity for a row that may not be chosen.
pub fn log_shares(scores: &[f32], legal: &[bool], into: &mut Vec<f32>) {
    let most = scores[greedy(scores, legal)];
    let mut sum = 0.0;
    for (score, legal) in scores.iter().zip(legal) {
        if *legal {
            sum += libm::expf(score - most);
        }
    }
    let whole = most + libm::logf(sum);
    into.clear();
    let shares = scores.iter().zip(legal);
    into.extend(shares.map(|(score, legal)| match legal {
        true => score - whole,
        false => f32::NEG_INFINITY,
    }));
}

/// The row of the highest score, the first of several. Panics if none may be chosen.
pub fn greedy(scores: &[f32], legal: &[bool]) -> usize {
    let mut best = legal
        .iter()
        .position(|legal| *legal)
        .expect("one row may be chosen");
    for (row, (score, legal)) in scores.iter().zip(legal).enumerate() {
        if *legal && *score > scores[best] {
            best = row;
        }
    }
    best
}

/// The row that `uniform`, in (0, 1), falls on where the shares lie side by side. Panics if none may be chosen.
pub fn drawn(log_shares: &[f32], legal: &[bool], uniform: f64) -> usize {
    let mut sum = 0.0;
    let mut last = None;
    for (row, (log_share, legal)) in log_shares.iter().zip(legal).enumerate() {
        if *legal {
            sum += f64::from(libm::expf(*log_share));
            last = Some(row);
            if uniform < sum {
                break;
            }
        }
    }
    last.expect("one row may be chosen")
}

/// By how much a choice among the shares is open, from 0 to the logarithm of the number of rows.
pub fn entropy(log_shares: &[f32]) -> f32 {
    let open = log_shares.iter().filter(|share| share.is_finite());
    open.map(|share| -libm::expf(*share) * share).sum()
}

/// By what the entropy and the log-share of `row` change with each score: `entropy_by` times the one and `row_by` times the
/// other, added up.
pub fn slopes(log_shares: &[f32], row: usize, [row_by, entropy_by]: [f32; 2], into: &mut Vec<f32>) {
    let entropy = entropy(log_shares);
    into.clear();
    into.extend(log_shares.iter().map(|log_share| {
        if !log_share.is_finite() {
            return 0.0;
        }
        let share = libm::expf(*log_share);
        -share * (row_by + entropy_by * (log_share + entropy))
    }));
    into[row] += row_by;
}
