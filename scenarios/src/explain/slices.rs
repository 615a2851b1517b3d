//! What work would cost on slices: the GPUs that it would fill with them, of those that it holds now.

use policies::scale::rightsize::{Slice, slowdown_milli};

use crate::experiment::held::Held;
use crate::experiment::usage::SliceOffer;

/// The slices of a GPU, each with what work would cost there that computes `compute_milli` of a GPU while it is at work.
///
/// What takes longer runs beside more of its like: where so many GPUs were held at a time, as many slices times the slowdown
/// are, and a GPU that is begun is paid whole. Nobody else's slices fill it up.
pub fn offered(held: &Held, compute_milli: u32, offers: &[SliceOffer]) -> Vec<Slice> {
    let slice = |offer: &SliceOffer| Slice {
        name: offer.name.clone(),
        memory_milli: offer.memory_milli,
        compute_milli: offer.compute_milli,
        cost_milli: cost_milli(held, compute_milli, offer),
    };
    offers.iter().map(slice).collect()
}

fn cost_milli(held: &Held, compute_milli: u32, offer: &SliceOffer) -> u32 {
    let slowdown = u64::from(slowdown_milli(compute_milli, offer.compute_milli));
    let per_gpu = u64::from(offer.per_gpu) * 1000;
    let filled = held.gpus_us.iter().map(|(gpus, us)| {
        let whole = (u64::from(*gpus) * slowdown).div_ceil(per_gpu);
        u128::from(whole) * u128::from(*us)
    });
    let filled: u128 = filled.sum();
    let milli = (filled * 1000).div_ceil(held.gpu_us().max(1));
    u32::try_from(milli).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(per_gpu: u32) -> SliceOffer {
        SliceOffer {
            name: "2g.10gb".to_owned(),
            memory_milli: 250,
            compute_milli: 285,
            per_gpu,
        }
    }

    #[test]
    fn a_gpu_that_is_begun_is_paid_whole() {
        // One GPU for three hours, four for one: seven GPU-hours.
        let held = Held {
            gpus_us: [(1, 3), (4, 1)].into(),
            ..Held::default()
        };
        // Three to a GPU: 1 for three hours and 2 for one.
        assert_eq!(cost_milli(&held, 285, &offer(3)), 715);
        // At twice the time eight stand where four stood, and two where one did.
        assert_eq!(cost_milli(&held, 570, &offer(3)), 858);
        // Alone on its GPU it costs as much as before.
        assert_eq!(cost_milli(&held, 200, &offer(1)), 1000);
    }
}
