//! The conversions that need `as`, each named for what it does; nowhere else in the engine is there one.

#![expect(clippy::as_conversions, reason = "this is the one place for them")]

/// A table position from a 32-bit number: lossless on every platform the engine supports.
pub const fn index(n: u32) -> usize {
    n as usize
}

/// A count or position below 2^32. Panics beyond, which `limits` excludes.
pub const fn narrow(n: usize) -> u32 {
    assert!(n <= u32::MAX as usize, "tables have fewer than 2^32 rows");
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let narrowed = n as u32;
    narrowed
}

/// A length as 64 bits.
pub const fn wide(n: usize) -> u64 {
    n as u64
}

/// Two halves in one integer, the high one first.
pub const fn join(high: u32, low: u32) -> u64 {
    ((high as u64) << 32) | low as u64
}

/// The inverse of [`join`].
#[expect(
    clippy::cast_possible_truncation,
    reason = "the two halves are taken on purpose"
)]
pub const fn split(joined: u64) -> (u32, u32) {
    ((joined >> 32) as u32, joined as u32)
}

/// An integer as the nearest double: exact below 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "the caller takes the nearest double"
)]
pub const fn real(n: u64) -> f64 {
    n as f64
}

/// A double rounded down to an integer, held to the range of `u64`; NaN gives zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates by definition"
)]
pub const fn floor(x: f64) -> u64 {
    x as u64
}

/// A double as the nearest single: what a network is told of a number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the caller takes the nearest single"
)]
pub const fn single(x: f64) -> f32 {
    x as f32
}
