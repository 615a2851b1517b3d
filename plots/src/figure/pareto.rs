//! The Pareto front: the points that no other point beats in both measures, less being better.

/// Indices of the points on the front, by rising x; equal points are all on it or all off it.
pub(crate) fn front(points: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| {
        let ((ax, ay), (bx, by)) = (points[*a], points[*b]);
        ax.total_cmp(&bx).then(ay.total_cmp(&by)).then(a.cmp(b))
    });
    let mut front: Vec<usize> = Vec::new();
    for i in order {
        let beaten = front.last().is_some_and(|last| {
            let (best, this) = (points[*last], points[i]);
            this.1 >= best.1 && this != best
        });
        if !beaten {
            front.push(i);
        }
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, word for word.
    fn slow(points: &[(f64, f64)]) -> Vec<usize> {
        let beats = |a: (f64, f64), b: (f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
        (0..points.len())
            .filter(|i| !points.iter().any(|other| beats(*other, points[*i])))
            .collect()
    }

    proptest! {
        #[test]
        fn the_front_is_what_its_definition_says(
            points in proptest::collection::vec((0_u8..12, 0_u8..12), 0..40)
        ) {
            let points: Vec<(f64, f64)> =
                points.into_iter().map(|(x, y)| (f64::from(x), f64::from(y))).collect();
            let mut fast = front(&points);
            prop_assert!(fast.windows(2).all(|pair| points[pair[0]].0 <= points[pair[1]].0));
            fast.sort_unstable();
            prop_assert_eq!(fast, slow(&points));
        }
    }
}
