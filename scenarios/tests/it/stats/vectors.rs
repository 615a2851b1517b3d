//! The values that golden numbers were computed on.

/// One of the vectors, by its name.
pub(super) fn vector(name: &str) -> Vec<f64> {
    match name {
        "TINY" => vec![1.5, -0.5],
        "FIVE" => vec![2.1, 3.4, 1.9, 5.0, 2.6],
        "NEGATIVE" => vec![-3.2, -1.1, -4.8, -0.7, -2.9, -3.3, -5.1],
        "TIED" => vec![
            1.0, 2.0, 2.0, 3.0, -2.0, 1.0, 4.0, -1.0, 2.0, 2.0, 3.0, -3.0,
        ],
        "ZEROS" => vec![0.0, 0.0, 1.5, -2.5, 0.0, 3.5, 4.0, -1.0, 0.0, 2.0, 5.5],
        "DISTINCT" => (0..20).map(distinct).collect(),
        "SKEWED" => (0..40).map(skewed).collect(),
        "LARGE" => (0..200).map(large).collect(),
        other => panic!("no vector {other}"),
    }
}

/// Twenty sizes, every third negative.
fn distinct(i: i32) -> f64 {
    let sign = if i % 3 == 0 { -1.0 } else { 1.0 };
    sign * (f64::from(i * 17 % 41) + 0.5)
}

fn skewed(i: i32) -> f64 {
    let j = i * 37 % 41;
    f64::from(j * j * j) / 1000.0
}

fn large(i: i32) -> f64 {
    f64::from(i * 7919 % 1000) / 10.0 - 30.0
}

/// To 1 part in 10^9 of what is expected, whatever its size.
pub(super) fn is_close(ours: f64, expected: f64, what: &str) {
    let off = (ours - expected).abs();
    assert!(
        off <= 1e-9 * expected.abs() || off < 1e-14 && expected == 0.0,
        "{what}: {ours:e} instead of {expected:e}"
    );
}
