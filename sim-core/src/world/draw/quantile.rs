//! Inverses of distribution functions: a uniform in (0, 1) in, a value out, never falling as the
//! uniform grows.

/// Exponential of this mean.
pub fn exponential(u: f64, mean: f64) -> f64 {
    -libm::log1p(-u) * mean
}

/// Weibull: `scale` is the 63.2 % point; the hazard falls for `shape` below one and rises above.
pub fn weibull(u: f64, shape: f64, scale: f64) -> f64 {
    scale * libm::pow(-libm::log1p(-u), 1.0 / shape)
}

/// Pareto from `low` upward; its mean is finite for `shape` above one.
pub fn pareto(u: f64, shape: f64, low: f64) -> f64 {
    low * libm::exp(-libm::log1p(-u) / shape)
}

/// Pareto cut off at `high` (renormalised, not clamped).
pub fn bounded_pareto(u: f64, shape: f64, (low, high): (f64, f64)) -> f64 {
    let beyond = libm::pow(low / high, shape);
    let value = low * libm::pow(1.0 - u * (1.0 - beyond), -1.0 / shape);
    value.min(high)
}

/// Standard normal.
pub fn normal(u: f64) -> f64 {
    super::normal::quantile(u)
}

/// Lognormal: `mu` and `sigma` are the mean and the deviation of the logarithm.
pub fn lognormal(u: f64, mu: f64, sigma: f64) -> f64 {
    libm::exp(mu + sigma * normal(u))
}
