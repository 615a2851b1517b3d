//! What an hour of a GPU is expected to cost on a pool over the time that a job still takes: the mean of the prices foretold,
//! times 1 + rate x machines x hours lost.
//!
//! A forecaster is told the price at the end of each step, and that of now as that of the step going on; what it says of later
//! ones holds until their ends, and beyond a week the week's mean. Prices are those that the policy saw: what was so between
//! two of its decisions, the first one said. Of every hour, the rate of reclaims times what one costs is lost: setting up
//! again, and half a stretch between checkpoints, or half of what is left where nothing is kept. The rate is that seen, on top
//! of hours in which there was none: as long as nothing was taken away, only prices count, and if they stay as they are,
//! only those of now.
//!
//! It says where machines are bought; on which of those that are there a job lies, the placement says.
//!
//! With leave to know prices to come, the one who knows them says what will be.

use std::fmt;

use sim_core::engine::{JobView, OfferingView, View};
use sim_core::model::Keep;
use sim_core::units::{OfferingId, SimTime, Span, convert};

use super::risk::{machines, remaining};
use crate::compose::Sight;
use crate::forecast::Forecaster;
use crate::reclaims::{Prior, hours};

/// How far ahead steps are told apart.
const FAR: Span = Span::from_secs(7 * 24 * 3600);

/// Prices to come.
pub(crate) struct Outlook {
    /// Who foretells, before anything was told; none: who knows.
    model: Option<Box<dyn Forecaster + Send>>,
    step: Span,
    /// Hours without a reclaim on top of those seen.
    quiet_hours: f64,
    /// When the step going on ends.
    ends: SimTime,
    /// By offering.
    pools: Vec<Pool>,
}

/// What is foretold of a pool.
struct Pool {
    /// Told all steps that have ended.
    told: Option<Box<dyn Forecaster + Send>>,
    /// Nano-dollars an hour of a machine.
    price: u64,
    /// What the steps after the one going on are foretold to cost more than now an hour, summed up step by step.
    more: Vec<f64>,
}

impl Outlook {
    /// Nothing is known yet. Panics on a step of no length.
    pub(crate) fn new(
        model: Option<Box<dyn Forecaster + Send>>,
        step: Span,
        quiet_hours: f64,
    ) -> Self {
        assert!(step > Span::ZERO, "a step has a length");
        Self {
            model,
            step,
            quiet_hours,
            ends: SimTime::ZERO,
            pools: Vec::new(),
        }
    }

    /// It is now, and prices are what they are.
    pub(crate) fn pass(&mut self, view: &View<'_>) {
        let (now, mut is_new) = (view.now(), self.pools.is_empty());
        if is_new {
            // What was before is not known.
            let begun = now.saturating_add(Span::MICROSECOND);
            self.ends = begun.round_up(self.step);
            let told = || self.model.as_ref().map(|model| model.fork());
            let pool = |(_, of): (OfferingId, OfferingView<'_>)| Pool {
                told: told(),
                price: of.price.nanousd_h(),
                more: Vec::new(),
            };
            self.pools = view.offerings().map(pool).collect();
        }
        while self.ends <= now {
            for pool in &mut self.pools {
                let price = convert::real(pool.price);
                if let Some(told) = &mut pool.told {
                    told.observe(price);
                }
            }
            self.ends = self.ends.saturating_add(self.step);
            is_new = true;
        }
        for (id, of) in view.offerings() {
            let price = of.price.nanousd_h();
            let was = std::mem::replace(&mut self.pools[id.index()].price, price);
            if is_new || was != price {
                self.foretell(id, view);
            }
        }
    }

    /// Sums up what is foretold of a pool.
    fn foretell(&mut self, id: OfferingId, view: &View<'_>) {
        let steps = u32::try_from(FAR.us().div_ceil(self.step.us())).unwrap_or(u32::MAX);
        let pool = &mut self.pools[id.index()];
        let price = convert::real(pool.price);
        let with_now = pool.told.as_ref().map(|told| {
            let mut told = told.fork();
            told.observe(price);
            told
        });
        let ahead = |steps: u32| match (&with_now, view.prices()) {
            (Some(told), _) => told.ahead(steps),
            (None, Some(leave)) => {
                let end = self
                    .ends
                    .saturating_add(self.step.saturating_mul(steps.into()));
                let at = SimTime::from_us(end.us() - 1).expect("before it");
                convert::real(view.price_at(id, at, leave).nanousd_h())
            }
            (None, None) => price,
        };
        let mut sum = 0.0;
        let later = (1..=steps).map(|step| {
            sum += ahead(step) - price;
            sum
        });
        pool.more = later.collect();
    }

    /// The mean price of a machine from `now` on until `left` has passed, in nano-dollars an hour.
    fn mean(&self, id: OfferingId, now: SimTime, left: Span) -> f64 {
        let pool = &self.pools[id.index()];
        let price = convert::real(pool.price);
        let beyond = left.saturating_sub(self.ends.since(now)).us();
        if beyond == 0 {
            return price;
        }
        let step = self.step.us();
        let (whole, part) = (
            convert::index(u32::try_from(beyond / step).unwrap_or(u32::MAX)),
            beyond % step,
        );
        let upto = |steps: usize| {
            if steps == 0 {
                0.0
            } else {
                pool.more[steps - 1]
            }
        };
        let longest = pool.more.len();
        if whole >= longest {
            // Weighed as if the rest were like what is foretold.
            return price + upto(longest) / convert::real(convert::wide(longest));
        }
        let share = convert::real(part) / convert::real(step);
        let steps = upto(whole) + share * (upto(whole + 1) - upto(whole));
        price + steps * convert::real(step) / convert::real(left.us())
    }

    /// What an hour of useful work costs on a GPU, in nano-dollars, rounded.
    pub(crate) fn cost(
        &self,
        job: &JobView<'_>,
        (id, of): (OfferingId, &OfferingView<'_>),
        sight: &Sight<'_, '_>,
    ) -> u64 {
        let (now, left) = (sight.view.now(), remaining(job, sight.view));
        let mean = convert::floor(self.mean(id, now, left).max(0.0) + 0.5);
        let per_gpu = mean / u64::from(of.shape.gpus.max(1));
        let prior = Prior {
            rate: 0.0,
            hours: self.quiet_hours,
        };
        let machines = f64::from(machines(job, of).unwrap_or(1));
        let rate = sight.reclaims.rate(id, prior, now) * machines;
        let more = rate * hours(lost(job, left));
        convert::floor(convert::real(per_gpu) * (1.0 + more))
    }
}

/// What a reclaim costs a job that has that left: setting up again, and the work that is lost, on average.
fn lost(job: &JobView<'_>, left: Span) -> Span {
    let checkpoint = job.checkpoint();
    let half = |span: Span| Span::from_us(span.us() / 2).unwrap_or(Span::MAX);
    let work = match checkpoint.keep {
        Keep::Nothing => half(left),
        Keep::Every(stretch) | Keep::Either(stretch, _) => half(job.paced().unwrap_or(stretch)),
        // How long steps take is not known here.
        Keep::All | Keep::Steps(_) => Span::ZERO,
    };
    checkpoint.restore.saturating_add(work)
}

impl Clone for Outlook {
    fn clone(&self) -> Self {
        let fork =
            |told: &Option<Box<dyn Forecaster + Send>>| told.as_ref().map(|told| told.fork());
        let pool = |pool: &Pool| Pool {
            told: fork(&pool.told),
            price: pool.price,
            more: pool.more.clone(),
        };
        Self {
            model: fork(&self.model),
            pools: self.pools.iter().map(pool).collect(),
            ..*self
        }
    }
}

impl fmt::Debug for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = self.model.as_ref().map(|model| model.name());
        f.debug_struct("Outlook")
            .field("model", &model)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}
