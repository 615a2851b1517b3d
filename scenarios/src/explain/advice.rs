//! Advice: for each workload and each set of replicas, on each fleet that it held GPUs of, what would do and what it saves.
//!
//! What a run cannot know, how much of a GPU work computes with and what memory it holds, a monitor must have said in the
//! scenario. What is not said is taken for the whole GPU, so that no advice rests on it. Savings are estimates, in dollars.

use policies::scale::rightsize::{self, Advice, Marks, Slice, Why};

use super::stored::Runs;
use super::{slices, spot};
use crate::experiment::held::Held;
use crate::experiment::number::{ratio, real, real_i128, real_u128};
use crate::experiment::usage::{FleetUsage, User};

/// What counts as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What counts as low, high and too slow.
    pub marks: Marks,
    /// A priority up to this is low, unless there is a deadline or an objective.
    pub low_priority: i32,
}

impl Default for Options {
    /// The marks of the rule; a priority up to zero is low.
    fn default() -> Self {
        Self {
            marks: Marks::default(),
            low_priority: 0,
        }
    }
}

/// What is advised under one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Advised {
    /// The policy.
    pub policy: String,
    /// Runs that were looked at; money is what one of them costs on average.
    pub runs: u32,
    /// What all machines cost, in dollars.
    pub cost: f64,
    /// What saves most comes first.
    pub rows: Vec<Row>,
}

/// One workload or set of replicas on one fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name in tables.
    pub name: String,
    /// Where the scenario says what it is.
    pub path: String,
    /// Whether it serves requests.
    pub is_service: bool,
    /// The fleet.
    pub fleet: String,
    /// How that is paid for.
    pub market: String,
    /// The model of its GPUs.
    pub gpu: String,
    /// GPUs held on average; a part of one counts as one.
    pub gpus: f64,
    /// The part of a GPU that its tasks have, if not all of it.
    pub part: Option<String>,
    /// Higher goes first.
    pub priority: i32,
    /// Memory that it holds of a GPU, if it is known.
    pub memory_milli: Option<u32>,
    /// What it computes of a GPU while it is at work, if it is known.
    pub compute_milli: Option<u32>,
    /// Share of the time in which it was at work.
    pub work_milli: u32,
    /// What it costs, with its part of what nobody claims of the fleet, in dollars.
    pub cost: f64,
    /// What would do.
    pub counsel: Counsel,
    /// Why.
    pub why: String,
    /// What that saves, in dollars; none if there is no price for it.
    pub saves: Option<f64>,
}

/// What would do.
#[derive(Clone, Debug, PartialEq)]
pub enum Counsel {
    /// As it is.
    Keep,
    /// Slices of the fleet's GPUs.
    Slice {
        /// Which.
        profile: String,
        /// How the GPUs have to be partitioned, if they are not yet.
        partition: Option<String>,
        /// How long its work takes there, in thousandths of what it takes now.
        slowdown_milli: u32,
    },
    /// Machines that may be taken away.
    Spot {
        /// Of this fleet, if the scenario has one.
        fleet: Option<String>,
        /// How much longer work is billed there for what reclaims lose.
        stretch: f64,
    },
}

/// What is advised under each policy.
pub fn recommend(policies: &[Runs], options: Options) -> Vec<Advised> {
    let of = |runs: &Runs| {
        let usage = &runs.usage;
        let count = f64::from(runs.count);
        let mut rows = Vec::new();
        for user in &usage.users {
            for at in 0..usage.fleets.len() {
                if user.held[at].gpu_us() > 0 {
                    rows.push(Asked { runs, user, at }.row(options));
                }
            }
        }
        rows.sort_by(|one, other| {
            let keys = [one, other].map(|row| (row.saves.unwrap_or(0.0), row.cost));
            let [one_key, other_key] = keys;
            let by_saving = other_key.0.total_cmp(&one_key.0);
            let by_cost = other_key.1.total_cmp(&one_key.1);
            let by_name = one.name.cmp(&other.name).then(one.fleet.cmp(&other.fleet));
            by_saving.then(by_cost).then(by_name)
        });
        let cost: i128 = usage.fleets.iter().map(|fleet| fleet.cost_nanousd).sum();
        Advised {
            policy: usage.policy.clone(),
            runs: runs.count,
            cost: real_i128(cost) / 1e9 / count,
            rows,
        }
    };
    policies.iter().map(of).collect()
}

/// Somebody on a fleet.
struct Asked<'a> {
    runs: &'a Runs,
    user: &'a User,
    at: usize,
}

impl Asked<'_> {
    fn fleet(&self) -> &FleetUsage {
        &self.runs.usage.fleets[self.at]
    }

    fn held(&self) -> &Held {
        &self.user.held[self.at]
    }

    fn row(&self, options: Options) -> Row {
        let (user, fleet, held) = (self.user, self.fleet(), self.held());
        let work = held.work_us * 1000 / held.ready_us.max(1);
        let mut row = Row {
            name: user.name.clone(),
            path: user.path.clone(),
            is_service: user.is_service,
            fleet: fleet.name.clone(),
            market: fleet.market.clone(),
            gpu: fleet.gpu.clone(),
            gpus: real_u128(held.gpu_us()) / real(self.runs.usage.length_us.max(1)),
            part: user.part.clone(),
            priority: user.priority,
            memory_milli: self.memory_milli(),
            compute_milli: user.compute_milli,
            work_milli: u32::try_from(work.min(1000)).expect("at most a thousand"),
            cost: self.cost(),
            counsel: Counsel::Keep,
            why: String::new(),
            saves: Some(0.0),
        };
        self.advise(&mut row, options);
        row
    }

    /// What a monitor says, or what a task takes of what the GPU has.
    fn memory_milli(&self) -> Option<u32> {
        let taken = || {
            let (taken, whole) = (self.user.gpu_memory?, self.fleet().gpu_memory?);
            let milli = (u128::from(taken) * 1000).div_ceil(u128::from(whole.max(1)));
            Some(u32::try_from(milli.min(1000)).expect("at most a thousand"))
        };
        self.user.memory_milli.or_else(taken)
    }

    /// In dollars a run: what it claims, and as large a part of what nobody claims of the fleet.
    fn cost(&self) -> f64 {
        let users = self.runs.usage.users.iter();
        let claimed: i128 = users.map(|user| user.cost_nanousd[self.at]).sum();
        let own = real_i128(self.user.cost_nanousd[self.at]);
        let whole = real_i128(self.fleet().cost_nanousd);
        let part = ratio(own, real_i128(claimed)).unwrap_or(0.0);
        part * whole / 1e9 / f64::from(self.runs.count)
    }

    /// Slices that its tasks could take, if they have whole GPUs, one each.
    fn slices(&self) -> Vec<Slice> {
        if self.user.part.is_some() || self.user.most_gpus > 1 {
            return Vec::new();
        }
        let compute = self.user.compute_milli.unwrap_or(1000);
        slices::offered(self.held(), compute, &self.fleet().slices)
    }

    fn advise(&self, row: &mut Row, options: Options) {
        let slices = self.slices();
        let used = rightsize::Usage {
            memory_milli: row.memory_milli.unwrap_or(1000),
            compute_milli: row.compute_milli.unwrap_or(1000),
            work_milli: row.work_milli,
            is_low_priority: row.priority <= options.low_priority && !self.user.is_urgent,
        };
        let (mut advice, mut why) = rightsize::advise(used, &slices, options.marks);
        let mut refused = None;
        if advice == Advice::Spot {
            match self.spot() {
                Ok(offer) => return row.go_on_spot(offer, why),
                Err(reason) => refused = Some(reason),
            }
            let stays = rightsize::Usage {
                is_low_priority: false,
                ..used
            };
            (advice, why) = rightsize::advise(stays, &slices, options.marks);
        }
        match advice {
            Advice::Slice {
                slice,
                slowdown_milli,
            } => {
                let fleet = self.fleet();
                let partition = fleet.geometry.clone();
                row.counsel = Counsel::Slice {
                    profile: slice.name.clone(),
                    partition: partition.filter(|_| fleet.partition.is_none()),
                    slowdown_milli,
                };
                let left = f64::from(slice.cost_milli) / 1000.0;
                row.saves = Some(row.cost * (1.0 - left));
                row.why = why.to_string();
            }
            Advice::Keep | Advice::Spot => {
                row.why = refused.map_or_else(|| self.kept(row, why), str::to_owned);
            }
        }
    }

    /// Where it costs least on spot machines, if that is less than now; no offer if there is no price for it.
    fn spot(&self) -> Result<Option<spot::Offer>, &'static str> {
        let (user, fleet) = (self.user, self.fleet());
        if fleet.market == "spot" {
            return Err("little compute, on spot already");
        }
        let whom = (self.held(), &user.keeps, user.is_service);
        match spot::cheapest(&self.runs.usage.fleets, fleet, whom) {
            Some(offer) if offer.cost >= 1.0 => Err("little compute, spot saves nothing"),
            offer => Ok(offer),
        }
    }

    /// Why it is left as it is: what is not known goes before what the rule says of it.
    fn kept(&self, row: &Row, why: Why) -> String {
        let has_slices = !self.fleet().slices.is_empty();
        let could_be_cut = has_slices && self.user.part.is_none() && self.user.most_gpus <= 1;
        let compute_matters = could_be_cut || !self.user.is_urgent;
        let unknown = (
            could_be_cut && row.memory_milli.is_none(),
            compute_matters && row.compute_milli.is_none() && why != Why::LowUseButUrgent,
        );
        let said = match unknown {
            (true, true) => "unknown: memory and compute",
            (true, false) => "unknown: memory",
            (false, true) => "unknown: compute",
            (false, false) if why != Why::NoSliceSaves => return why.to_string(),
            (false, false) if self.user.part.is_some() => "has a part of a GPU",
            (false, false) if self.user.most_gpus > 1 => "takes several GPUs at once",
            (false, false) if !has_slices => "little memory, no such slices",
            (false, false) => return why.to_string(),
        };
        said.to_owned()
    }
}

impl Row {
    /// There is an offer on spot, or at least a reason to look for one.
    fn go_on_spot(&mut self, offer: Option<spot::Offer>, why: Why) {
        self.why = why.to_string();
        let Some(offer) = offer else {
            self.why.push_str(", no spot fleet");
            self.saves = None;
            self.counsel = Counsel::Spot {
                fleet: None,
                stretch: 1.0,
            };
            return;
        };
        self.saves = Some(self.cost * (1.0 - offer.cost));
        self.counsel = Counsel::Spot {
            fleet: Some(offer.fleet),
            stretch: offer.stretch,
        };
    }
}
