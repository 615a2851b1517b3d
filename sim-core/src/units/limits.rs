//! Every bound in one table: what lies beyond is refused at the border, so that inside nothing overflows.

/// 100 years of 365.25 days, in microseconds: below 2^52, so exact in a double as well.
pub const MAX_TIME_US: u64 = 100 * 36_525 * 864_000_000;
/// Most jobs of a run: an ordinal is 32 bits wide, and replicas of services are numbered beyond the jobs.
pub const MAX_JOBS: u64 = 4_000_000_000;
/// The ordinal of the first replica of a service.
pub const FIRST_REPLICA: u32 = 4_000_000_000;
/// Most replicas of a service at a time.
pub const MAX_REPLICAS: u32 = 100_000;
/// Most tasks of a gang.
pub const MAX_GANG: u32 = 100_000;
/// Most GPUs of a node: a node's GPUs are one 64-bit set.
pub const MAX_GPUS_PER_NODE: u32 = 64;
/// Most thousandths of a CPU core of a node that has no GPU, so that its bill is counted in 128 bits.
pub const MAX_CPU_MILLI: u32 = 50_000_000;
/// Most node slots of a run.
pub const MAX_NODES: u32 = 1_000_000;
/// Highest price, in nano-dollars an hour: a million dollars.
pub const MAX_PRICE_NANOUSD_H: u64 = 1_000_000 * 1_000_000_000;
/// Batches at one instant before a run is declared a livelock.
pub const MAX_BATCHES: u32 = 1_000;
/// A policy that is woken this often in a row without anything happening in between has lost its way.
pub const MAX_IDLE_WAKES: u32 = 1_000_000;
/// Jobs wait, no end of one is ahead, and none is to come: after this many instants in a row in which none ended, over more
/// than [`QUIET_US`], a run without an end is stuck, whatever machines and prices do.
pub const QUIET_INSTANTS: u32 = 10_000;
/// Thirty days, in microseconds.
pub const QUIET_US: u64 = 30 * 86_400_000_000;
/// Longest name.
pub const MAX_NAME: usize = 128;
/// Largest scenario file, in bytes.
pub const MAX_TOML_BYTES: u64 = 1 << 20;
/// Deepest nesting of a scenario file.
pub const MAX_TOML_DEPTH: usize = 64;
/// Most cells of a sweep.
pub const MAX_GRID: u64 = 1_000_000;
/// Longest path in a scenario, in bytes.
pub const MAX_PATH: usize = 1024;
/// Largest trace, decoded, in bytes.
pub const MAX_TRACE_BYTES: u64 = 4 << 30;
/// Longest line of a trace, in bytes.
pub const MAX_LINE_BYTES: usize = 64 << 10;
/// Most fields of a line.
pub const MAX_FIELDS: usize = 256;
/// Largest ratio of decoded to compressed bytes, after the first mebibyte.
pub const MAX_INFLATION: u64 = 200;
/// Most hidden units of a layer of a network, and most numbers by which attention remembers a row.
pub const MAX_HIDDEN: usize = 2_048;
/// Most hidden layers of a network.
pub const MAX_LAYERS: usize = 8;
/// Most numbers of the context of a question, and of a row.
pub const MAX_QUESTION_WIDTH: usize = 4_096;
/// Most rows of a question.
pub const MAX_QUESTION_ROWS: usize = 65_536;
/// Most rows that attend to each other.
pub const MAX_ATTENDED_ROWS: usize = 1_024;
/// Most heads of an attention.
pub const MAX_HEADS: usize = 16;
/// Most weights of a network.
pub const MAX_WEIGHTS: usize = 16 << 20;
/// Largest agent file, in bytes: all the weights that a network may have, and a megabyte.
pub const MAX_AGENT_BYTES: u64 = 65 << 20;
/// Largest file of a training that was stopped, in bytes: four times the weights, and the answers of the episodes in flight.
pub const MAX_TRAINING_BYTES: u64 = 512 << 20;
/// Most iterations of a training.
pub const MAX_ITERATIONS: u32 = 1_000_000;
/// Most arenas that a training flies at a time.
pub const MAX_ARENAS: u32 = 4_096;
/// Most decisions of an arena by iteration.
pub const MAX_STEPS: u32 = 1_000_000;
/// Most decisions of all arenas by iteration: they are kept until they were learned from.
pub const MAX_GATHERED: u64 = 4_000_000;
/// Most times that the decisions of an iteration are learned from.
pub const MAX_EPOCHS: u32 = 1_000;
/// Longest header of a file of arrays, in bytes.
pub const MAX_TENSOR_HEADER_BYTES: u64 = 4 << 20;
