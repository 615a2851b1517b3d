//! GPU products in short, as scenarios call them: `NVIDIA-A100-SXM4-80GB` is an `A100-80GB`.

/// Labels of nodes that name the product, the most precise first.
pub(super) const LABELS: [&str; 5] = [
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "karpenter.k8s.aws/instance-gpu-name",
    "cloud.google.com/gke-accelerator",
    "k8s.amazonaws.com/accelerator",
];

/// Models whose memory is part of the name where it is the larger of two.
const LARGER: [(&str, u32); 2] = [("A100", 80), ("V100", 32)];

/// The model in short, and the memory of a GPU in GB if the name tells it.
pub(super) fn short(product: &str) -> (String, Option<u32>) {
    let upper = product.to_ascii_uppercase();
    let words: Vec<&str> = upper
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let memory = words
        .iter()
        .find_map(|word| word.strip_suffix("GB")?.parse::<u32>().ok());
    let model = words
        .iter()
        .find(|word| is_model(word))
        .map(|word| (*word).to_owned());
    let numbered = || {
        let at = words
            .iter()
            .position(|word| *word == "RTX" || *word == "GTX")?;
        let number = words
            .get(at + 1)
            .filter(|next| next.bytes().all(|b| b.is_ascii_digit()))?;
        Some(format!("{}-{number}", words[at]))
    };
    let mut model = model.or_else(numbered).unwrap_or_else(|| words.join("-"));
    for (name, gb) in LARGER {
        if model == name && memory == Some(gb) {
            model = format!("{name}-{gb}GB");
        }
    }
    if model.is_empty() {
        model = String::from("GPU");
    }
    model.truncate(64);
    (model, memory)
}

/// One to three letters and then digits: A100, H100, MI300X, L40S; not what says how it is mounted.
fn is_model(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = word
        .bytes()
        .skip(letters)
        .take_while(u8::is_ascii_digit)
        .count();
    let mounted = ["SXM", "HBM", "PCI", "MIG"]
        .iter()
        .any(|part| word.starts_with(part));
    (1..=3).contains(&letters) && digits > 0 && !mounted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_short_names() {
        for (product, model, memory) in [
            ("NVIDIA-A100-SXM4-80GB", "A100-80GB", Some(80)),
            ("NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", "A100", Some(40)),
            ("Tesla-V100-SXM2-16GB", "V100", Some(16)),
            ("NVIDIA-H100-80GB-HBM3", "H100", Some(80)),
            ("nvidia-tesla-t4", "T4", None),
            ("nvidia-a100-80gb", "A100-80GB", Some(80)),
            ("NVIDIA-GeForce-RTX-3090", "RTX-3090", None),
            ("AMD_Instinct_MI300X_OAM", "MI300X", None),
            ("NVIDIA-L40S", "L40S", None),
            ("a100", "A100", None),
            ("", "GPU", None),
        ] {
            assert_eq!(short(product), (model.to_owned(), memory), "{product}");
        }
    }
}
