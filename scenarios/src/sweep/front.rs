//! The Pareto front: what nothing else beats in both of two measures of which less is better.

/// The positions of the points on the front, in the order of the points; equal points are all on it.
pub(super) fn front(points: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    let key = |at: &usize| points[*at];
    order.sort_by(|a, b| {
        let ((ax, ay), (bx, by)) = (key(a), key(b));
        ax.total_cmp(&bx).then(ay.total_cmp(&by)).then(a.cmp(b))
    });
    let mut front = Vec::new();
    let mut least: Option<(f64, f64)> = None;
    for at in order {
        let point = points[at];
        // Whoever came before costs no more.
        if least.is_none_or(|least| point.1 < least.1 || point == least) {
            least = Some(point);
            front.push(at);
        }
    }
    front.sort_unstable();
    front
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::world::draw::Stream;

    /// The definition, word for word.
    fn slow(points: &[(f64, f64)]) -> Vec<usize> {
        let beats = |a: (f64, f64), b: (f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
        (0..points.len())
            .filter(|at| !points.iter().any(|other| beats(*other, points[*at])))
            .collect()
    }

    #[test]
    fn the_front_is_what_its_definition_says() {
        let mut luck = Stream::new(1, &["front".into()]);
        for size in 0..200 {
            let mut coordinate = || f64::from(u8::try_from(luck.below(12)).expect("small"));
            let points: Vec<_> = (0..size % 40)
                .map(|_| (coordinate(), coordinate()))
                .collect();
            assert_eq!(front(&points), slow(&points), "{points:?}");
        }
    }
}
