//! What a file does not say about itself, and its reader must.

/// How to import a series. An option that a format does not take is refused, not ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// For `skypilot-json`: what a 1 means; nothing = available, as published.
    pub polarity: Option<Polarity>,
    /// For `step-plot`, which requires it: the unit of its clock.
    pub unit: Option<ClockUnit>,
    /// For price histories: which pool of the file; an empty field matches all.
    pub pool: Pool,
}

/// What the numbers of an availability trace count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// Machines that could be had.
    Available,
    /// 1 where a machine could not be had: the copies of the public traces inside simulators.
    Unavailable,
}

/// The unit of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockUnit {
    /// s.
    Seconds,
    /// 60 s.
    Minutes,
    /// 3600 s.
    Hours,
    /// 86,400 s.
    Days,
}

/// A spot pool: machines that share a price. A field is empty where the file does not state it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pool {
    /// Availability zone, such as `us-east-1a`.
    pub zone: String,
    /// Instance type, such as `p3.2xlarge`.
    pub instance: String,
    /// Product, such as `Linux/UNIX`.
    pub product: String,
}

impl Options {
    /// The names of what is set.
    pub(super) fn set(&self) -> impl Iterator<Item = &'static str> {
        let set = [
            ("polarity", self.polarity.is_some()),
            ("unit", self.unit.is_some()),
            ("pool", self.pool != Pool::default()),
        ];
        set.into_iter()
            .filter(|(_, set)| *set)
            .map(|(name, _)| name)
    }
}

impl Polarity {
    /// What a scenario calls them.
    pub const NAMED: [(&'static str, Self); 2] = [
        ("available", Self::Available),
        ("unavailable", Self::Unavailable),
    ];
}

impl ClockUnit {
    /// What a scenario calls them.
    pub const NAMED: [(&'static str, Self); 4] = [
        ("seconds", Self::Seconds),
        ("minutes", Self::Minutes),
        ("hours", Self::Hours),
        ("days", Self::Days),
    ];

    /// Its length.
    pub(super) const fn seconds(self) -> u64 {
        match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 3600,
            Self::Days => 86_400,
        }
    }
}

impl Pool {
    /// Whether `pool` is what this one asks for: what is empty here is not asked.
    pub fn matches(&self, pool: &Self) -> bool {
        let fields = [
            (&self.zone, &pool.zone),
            (&self.instance, &pool.instance),
            (&self.product, &pool.product),
        ];
        fields
            .into_iter()
            .all(|(asked, has)| asked.is_empty() || asked == has)
    }
}

impl std::fmt::Display for Pool {
    /// The fields that are stated: `us-east-1a p3.2xlarge Linux/UNIX`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields = [&self.zone, &self.instance, &self.product];
        let stated = fields.into_iter().filter(|field| !field.is_empty());
        let stated: Vec<&str> = stated.map(String::as_str).collect();
        f.write_str(&stated.join(" "))
    }
}
