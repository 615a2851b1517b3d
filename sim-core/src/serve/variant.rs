//! Variants of a model, as data: how much faster, smaller and worse than the model itself.

/// A variant: a precision, a pruned or distilled model, or a set of levers such as paged memory or offloading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name: `fp16`, `int8`, `distilled`.
    pub name: String,
    /// Speed in parts per million of the model as given.
    pub speed_ppm: u64,
    /// Memory of a replica.
    pub memory_mib: u32,
    /// Quality in parts per million of the model as given, as its source measures it.
    pub quality_ppm: u32,
}

/// The fastest variant of at least this quality that fits into so much memory, as its place in the list; of equally fast
/// ones the better, then the smaller, then the first. `None` where there is none.
pub fn fastest(variants: &[Variant], floor_ppm: u32, memory_mib: u32) -> Option<usize> {
    let fits =
        |variant: &Variant| variant.quality_ppm >= floor_ppm && variant.memory_mib <= memory_mib;
    let rank = |variant: &Variant| {
        let small = u32::MAX - variant.memory_mib;
        (variant.speed_ppm, variant.quality_ppm, small)
    };
    let mut best: Option<usize> = None;
    for (at, variant) in variants.iter().enumerate() {
        if fits(variant) && best.is_none_or(|best| rank(variant) > rank(&variants[best])) {
            best = Some(at);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(name: &str, speed_ppm: u64, memory_mib: u32, quality_ppm: u32) -> Variant {
        Variant {
            name: name.into(),
            speed_ppm,
            memory_mib,
            quality_ppm,
        }
    }

    #[test]
    fn the_fastest_that_is_good_enough_and_fits_is_taken() {
        let variants = [
            variant("fp32", 1_000_000, 32_000, 1_000_000),
            variant("fp16", 1_800_000, 16_000, 999_000),
            variant("int8", 2_600_000, 8_000, 990_000),
            variant("int4", 2_600_000, 4_000, 960_000),
            variant("pruned", 2_600_000, 6_000, 990_000),
        ];
        assert_eq!(fastest(&variants, 1_000_000, 40_000), Some(0));
        assert_eq!(fastest(&variants, 995_000, 40_000), Some(1));
        // Three are as fast: the better two first, of them the smaller.
        assert_eq!(fastest(&variants, 900_000, 40_000), Some(4));
        assert_eq!(fastest(&variants, 900_000, 5_000), Some(3));
        assert_eq!(fastest(&variants, 990_000, 5_000), None);
    }
}
