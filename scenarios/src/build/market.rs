//! What happens to fleets from outside: series are read once, models are drawn for each seed.

use sim_core::engine::World;
use sim_core::model::Market;
use sim_core::units::{Price, SimTime, Span};
use sim_core::world::availability::{UpDown, capped_by_price, minimum};
use sim_core::world::{Curve, Lifetime, ParameterError, Severity, Shocks};
use traces::Source;
use traces::series::{self, After, Series, SeriesError};

use super::history::Tape;
use super::{BuildError, files};
use crate::schema::{
    DataPath, Diagnostic, EventSpec, Fleet, Machines, MeasuredSpec, NodeSource, Over, PriceSource,
    RegionSpec, Scenario, SeriesSpec, ShockSpec,
};

/// How far models and repeated series reach where a run has no end: beyond it the last value holds.
const FAR: Span = Span::from_secs(5 * 365 * 86_400);

/// What happens to the fleets of a scenario from outside.
#[derive(Clone)]
pub(super) struct Markets {
    /// The world but for what is drawn and read here.
    base: World,
    fleets: Vec<Outside>,
    until: SimTime,
    /// How far series in files reach.
    reach: Span,
}

/// What happens to one fleet, whose name is that of its offering.
#[derive(Clone)]
struct Outside {
    name: String,
    price: Option<Curve<Price>>,
    nodes: Option<Curve<u32>>,
    /// How far the files of both reach.
    reach: Span,
    drawn_price: Option<PriceSource>,
    drawn_nodes: Option<NodeSource>,
    bid: Option<Price>,
    shocks: Option<ShockSpec>,
    /// As machines in a file lived.
    lifetime: Option<Lifetime>,
    /// Of the regions that it lies in.
    regions: Vec<(String, UpDown)>,
    events: Vec<EventSpec>,
}

impl Markets {
    /// Reads every series; the load in files, if there is any, reaches so far.
    pub(super) fn read(
        scenario: &Scenario,
        (base, load): (World, Span),
        reasons: &mut Vec<Diagnostic>,
    ) -> Result<Self, BuildError> {
        let until = base.end.unwrap_or(SimTime::ZERO.saturating_add(FAR));
        let followed = match scenario.replicate.over {
            Over::Seeds => (until, base.end.is_some()),
            Over::Windows(_) | Over::Blocks(_) if load == Span::ZERO => {
                (SimTime::ZERO.saturating_add(FAR), false)
            }
            // A run may begin wherever there is load.
            Over::Windows(_) | Over::Blocks(_) => (until.saturating_add(load), false),
        };
        let alike = |fleet: &&Fleet| matches!(fleet.machines, Machines::Alike { .. });
        let mut fleets = Vec::new();
        for fleet in scenario.fleets.iter().filter(alike) {
            let mut outside = outside(fleet, followed, reasons)?;
            outside.regions = regions_of(scenario, fleet);
            outside.events = events_of(scenario, &fleet.name.value);
            fleets.push(outside);
        }
        let reaches = fleets.iter().map(|outside| outside.reach);
        Ok(Self {
            reach: reaches.max().unwrap_or(Span::ZERO),
            base,
            fleets,
            until,
        })
    }

    /// How far series in files reach.
    pub(super) fn reach(&self) -> Span {
        self.reach
    }

    /// Whether another seed brings another market, or other luck of machines.
    pub(super) fn is_random(&self) -> bool {
        let drawn = |outside: &Outside| {
            outside.drawn_price.is_some()
                || outside.drawn_nodes.is_some()
                || outside.shocks.is_some()
                || outside.lifetime.is_some()
                || !outside.regions.is_empty()
                || outside.events.iter().any(super::event::is_drawn)
        };
        let lucky = |offering: &sim_core::model::Offering| {
            let risk = &offering.risk;
            !risk.lifetime.is_endless()
                || !risk.failure.is_endless()
                || risk.launch < 1.0
                || risk.boot.is_some()
        };
        self.fleets.iter().any(drawn) || self.base.offerings.iter().any(lucky)
    }

    /// The world of a seed, and of what it meets of the history.
    pub(super) fn world(&self, seed: u64, tape: &Tape) -> Result<World, ParameterError> {
        let mut world = World {
            seed,
            calendar: tape.calendar(&self.base.calendar),
            ..self.base.clone()
        };
        for outside in &self.fleets {
            let mut offerings = world.offerings.iter_mut();
            let Some(offering) = offerings.find(|offering| offering.name == outside.name) else {
                continue;
            };
            let (name, until) = (outside.name.as_str(), self.until);
            match &outside.drawn_price {
                Some(PriceSource::Smoothed(law)) => {
                    offering.price = law.generate(seed, name, until)?;
                }
                Some(PriceSource::Auction(law)) => {
                    offering.price = law.generate(seed, name, until)?;
                }
                Some(PriceSource::Jumps(law)) => {
                    offering.price = law.generate(seed, name, until)?;
                }
                Some(PriceSource::Steps(_) | PriceSource::Series(_)) | None => {}
            }
            if let Some(curve) = &outside.price {
                offering.price = tape.curve(curve);
            }
            if let Some(NodeSource::UpDown(law)) = &outside.drawn_nodes {
                offering.availability = law.generate(seed, name, offering.max, until)?;
            }
            if let Some(curve) = &outside.nodes {
                offering.availability = tape.curve(curve);
            }
            if let Some(bid) = outside.bid {
                offering.availability =
                    capped_by_price(&offering.price, bid, &offering.availability);
            }
            if let Some(law) = &outside.lifetime {
                offering.risk.lifetime = law.clone();
            }
            if let Some(spec) = &outside.shocks {
                let severity = Severity::new(spec.total, spec.partial)?;
                let shocks = Shocks::new(spec.every, severity)?;
                offering.risk.shocks = shocks.generate(seed, name, until)?.into();
            }
            for (region, law) in &outside.regions {
                let curve = law.generate(seed, region, u32::MAX, until)?;
                offering.availability = minimum(&offering.availability, &curve);
            }
            for spec in &outside.events {
                super::event::strike(offering, spec, seed, until);
            }
        }
        Ok(world)
    }
}

/// The regions of a fleet's zone, if it is of the spot market.
fn regions_of(scenario: &Scenario, fleet: &Fleet) -> Vec<(String, UpDown)> {
    if fleet.market.value != Market::Spot {
        return Vec::new();
    }
    let mine = |region: &&RegionSpec| {
        let mut zones = region.zones.iter();
        zones.any(|zone| zone.value == fleet.zone.value)
    };
    let named = |region: &RegionSpec| (region.name.value.clone(), region.law.clone());
    scenario.regions.iter().filter(mine).map(named).collect()
}

fn events_of(scenario: &Scenario, fleet: &str) -> Vec<EventSpec> {
    let mine = |event: &&EventSpec| {
        let mut named = event.fleets.iter();
        event.fleets.is_empty() || named.any(|name| name.value == fleet)
    };
    scenario.events.iter().filter(mine).cloned().collect()
}

fn outside(
    fleet: &Fleet,
    until: (SimTime, bool),
    reasons: &mut Vec<Diagnostic>,
) -> Result<Outside, BuildError> {
    let mut outside = Outside {
        name: fleet.name.value.clone(),
        price: None,
        nodes: None,
        reach: Span::ZERO,
        drawn_price: None,
        drawn_nodes: None,
        bid: fleet.bid.map(|bid| bid.value),
        shocks: fleet.risk.shocks.clone(),
        lifetime: None,
        regions: Vec::new(),
        events: Vec::new(),
    };
    match &fleet.price.value {
        PriceSource::Steps(_) => {}
        PriceSource::Series(spec) => {
            let read = |source: Source<'_>| {
                series::import_prices(&spec.format.value, source, &spec.options)
            };
            outside.price = imported(spec, until, (&mut outside.reach, reasons), read)?;
        }
        drawn @ (PriceSource::Smoothed(_) | PriceSource::Auction(_) | PriceSource::Jumps(_)) => {
            outside.drawn_price = Some(drawn.clone());
        }
    }
    match fleet.availability.as_ref().map(|nodes| &nodes.value) {
        Some(NodeSource::Steps(_)) | None => {}
        Some(NodeSource::Series(spec)) => {
            let read = |source: Source<'_>| {
                series::import_availability(&spec.format.value, source, &spec.options)
            };
            outside.nodes = imported(spec, until, (&mut outside.reach, reasons), read)?;
        }
        Some(drawn @ NodeSource::UpDown(_)) => outside.drawn_nodes = Some(drawn.clone()),
    }
    if let Some(spec) = &fleet.risk.measured {
        outside.lifetime = measured(spec, reasons)?;
    }
    Ok(outside)
}

/// The law by which the machines in a file lived.
fn measured(
    spec: &MeasuredSpec,
    reasons: &mut Vec<Diagnostic>,
) -> Result<Option<Lifetime>, BuildError> {
    let path: &DataPath = &spec.file.value;
    let source = Source::new(&path.written, files::open(path)?);
    let options = series::Options::default();
    let all = series::import_lifetimes(&spec.format.value, source, &options);
    let mut seen = all.map_err(BuildError::Trace)?;
    if let Some(label) = &spec.label {
        seen = seen.of(label);
    }
    if spec.only_ended {
        seen = seen.ended();
    }
    let law = Lifetime::empirical(seen.quantiles());
    if law.is_err() {
        let rule = "no machine of it was ended by the provider";
        let remedy = "name another label, or leave it out";
        reasons.push(Diagnostic::new(spec.file.place, &path.written, rule).or(remedy));
    }
    Ok(law.ok())
}

/// The part of a series that is used, as a run follows it; `reach` is not below what the file holds of it.
fn imported<T: Copy + Eq>(
    spec: &SeriesSpec,
    until: (SimTime, bool),
    (reach, reasons): (&mut Span, &mut Vec<Diagnostic>),
    read: impl FnOnce(Source<'_>) -> Result<Series<T>, traces::Refused>,
) -> Result<Option<Curve<T>>, BuildError> {
    let path: &DataPath = &spec.file.value;
    let source = Source::new(&path.written, files::open(path)?);
    let series = read(source).map_err(BuildError::Trace)?;
    let end = spec
        .until
        .map_or(series.end(), |until| SimTime::ZERO.saturating_add(until));
    let from = SimTime::ZERO.saturating_add(spec.from).min(end);
    *reach = (*reach).max(end.since(from));
    match used(&series, spec, until) {
        Ok(curve) => Ok(Some(curve)),
        Err(error) => {
            let rule = format!("{error}");
            let remedy = "change from, until, after or the horizon";
            reasons.push(Diagnostic::new(spec.file.place, &path.written, rule).or(remedy));
            Ok(None)
        }
    }
}

fn used<T: Copy + Eq>(
    series: &Series<T>,
    spec: &SeriesSpec,
    (end, has_end): (SimTime, bool),
) -> Result<Curve<T>, SeriesError> {
    let from = SimTime::ZERO.saturating_add(spec.from);
    if let Some(until) = spec.until {
        // Of a part that is named, the part repeats.
        let part = series.window(from, SimTime::ZERO.saturating_add(until))?;
        return Ok(part.extend_to(end, spec.after)?.curve());
    }
    let end = from.saturating_add(end.since(SimTime::ZERO));
    if spec.after == After::Error && !has_end {
        return Ok(series.window(from, series.end())?.curve());
    }
    Ok(series
        .extend_to(end, spec.after)?
        .window(from, end)?
        .curve())
}
