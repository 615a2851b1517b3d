//! When time on a machine may have been free, because the provider took the machine away and let off what had been paid.

use sim_core::model::Offering;

use super::steps::Steps;

/// From when until when, in microseconds, in order and apart; `None` where machines may be taken away at any time.
///
/// What is let off lies within so long before a machine is taken away, and that comes its notice after the provider has fewer
/// machines than before, or after a shock.
pub(super) fn let_off(offering: &Offering) -> Option<Vec<(u64, u64)>> {
    let terms = offering.terms;
    let granule = if terms.reclaimed_partial_free {
        terms.granularity.us()
    } else {
        0
    };
    let longest = terms.free_if_reclaimed_within.us().max(granule);
    if longest == 0 || terms.whether_used {
        return Some(vec![]);
    }
    if !offering.risk.lifetime.is_endless() {
        return None;
    }
    let steps = offering.availability.steps().windows(2);
    let fewer = steps.filter(|step| step[1].1 < step[0].1.min(offering.max));
    let shocks = offering.risk.shocks.iter();
    let losses = fewer
        .map(|step| step[1].0)
        .chain(shocks.map(|shock| shock.at));
    let ends = losses.map(|at| at.us().saturating_add(offering.notice.us()));
    let mut ends: Vec<u64> = ends.collect();
    ends.sort_unstable();
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for end in ends {
        let start = end.saturating_sub(longest);
        match stretches.last_mut() {
            Some(last) if start <= last.1 => last.1 = end,
            Some(_) | None => stretches.push((start, end)),
        }
    }
    Some(stretches)
}

/// A price that is nothing in these stretches.
pub(super) fn free_in(price: Steps, stretches: &[(u64, u64)]) -> Steps {
    if stretches.is_empty() {
        return price;
    }
    let ends = stretches.iter().flat_map(|(start, end)| [*start, *end]);
    let value = |at: u64| {
        let next = stretches.partition_point(|(start, _)| *start <= at);
        let within = next
            .checked_sub(1)
            .is_some_and(|last| at < stretches[last].1);
        (at, if within { 0 } else { price.at(at) })
    };
    Steps::new(price.instants().chain(ends).map(value).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_nothing_in_the_stretches_and_itself_beside_them() {
        let price = Steps::new([(0, 3), (10, 5)]);
        let free = free_in(price.clone(), &[(2, 4), (9, 12)]);
        assert_eq!(
            [0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 99].map(|at| free.at(at)),
            [3, 3, 0, 0, 3, 3, 0, 0, 0, 5, 5]
        );
        assert_eq!(free_in(price.clone(), &[]), price);
    }
}
