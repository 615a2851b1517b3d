//! A scenario of a few dozen jobs, for tests that add to it what they are about.

/// Two seeds of twenty jobs on sixteen GPUs, under two policies.
pub(crate) const SMALL: &str = r#"
name = "small"

[replicate]
n = 2

[[fleet]]
name = "f"
instance = { gpus = 8, gpu = "V100" }
price = "$2"
count = 2

[[workload]]
name = "w"

[workload.synth]
model = "parametric"
jobs = 20
arrivals = { kind = "poisson", per-hour = 40 }
durations = { kind = "lognormal", median = "30m", sigma = 1.2 }
gangs = [{ gpus = 1, weight = 6 }, { gpus = 8, weight = 1 }]

[[policy]]
name = "strict"
order = "fifo"
admit = "strict"
place = "best-fit"

[[policy]]
name = "skip"
order = "fifo"
admit = "skip"
place = "best-fit"
"#;
