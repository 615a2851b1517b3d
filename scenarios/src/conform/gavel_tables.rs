//! The tables of Gavel's simulator, from what the policy tells of its accounts.

use std::collections::BTreeMap;

use policies::gavel::{Journal, Task};
use sim_core::engine::World;
use sim_core::model::Job;
use sim_core::units::{NodeId, convert};

use super::table::Table;

/// What a run told.
pub(super) struct Told<'a> {
    pub(super) journal: &'a Journal,
    /// The jobs, in the order of the trace.
    pub(super) jobs: &'a [Job],
    pub(super) world: &'a World,
    /// By model of the world, dollars an hour of a GPU.
    pub(super) prices: Option<Vec<f64>>,
    /// Whether two on the same GPUs are charged in full each.
    pub(super) twice: bool,
}

/// What became of a job.
#[derive(Clone, Default)]
struct Account {
    admitted_s: Option<f64>,
    completion_s: Option<f64>,
    jct_s: Option<f64>,
    gone: bool,
    cost_usd: f64,
    steps: u64,
    deadline_s: Option<f64>,
}

fn text(number: Option<f64>) -> String {
    number.map_or(String::new(), |number| number.to_string())
}

impl Told<'_> {
    /// Names of the models, as shares are ordered.
    fn names(&self) -> Vec<&str> {
        let models = self.journal.models.iter();
        models
            .map(|model| self.world.models[usize::from(model.0)].as_str())
            .collect()
    }

    fn accounts(&self) -> Vec<Account> {
        let mut accounts = vec![Account::default(); self.jobs.len()];
        for admitted in &self.journal.admitted {
            let at = convert::index(admitted.job.ordinal());
            let job = &self.jobs[at];
            accounts[at].admitted_s = Some(admitted.at_s);
            let slack = job.deadline.map(|due| due.since(job.arrival).us());
            accounts[at].deadline_s = slack.map(|us| admitted.at_s + convert::real(us) / 1e6);
        }
        for task in &self.journal.tasks {
            let at = convert::index(task.job.ordinal());
            let account = &mut accounts[at];
            account.gone |= task.done || task.dropped;
            if task.failed {
                continue;
            }
            account.steps += task.steps;
            let model = self.journal.models[task.model];
            let price = self
                .prices
                .as_ref()
                .map(|prices| prices[usize::from(model.0)]);
            let gpus = convert::real(convert::wide(task.gpus.len()));
            account.cost_usd += price.unwrap_or(0.0) * task.charged_s / 3600.0 * gpus;
            if task.done {
                let arrival = convert::real(self.jobs[at].arrival.us()) / 1e6;
                account.completion_s = Some(task.finish_s);
                account.jct_s = Some(task.finish_s - arrival);
            }
        }
        accounts
    }

    /// A row for each job.
    pub(super) fn jobs_table(&self) -> Table {
        let mut table = Table::new(&[
            "job_id",
            "scale_factor",
            "arrival_s",
            "admitted_s",
            "completion_s",
            "jct_s",
            "cost_usd",
            "steps_run",
            "slo_deadline_s",
        ]);
        for (at, (account, job)) in self.accounts().iter().zip(self.jobs).enumerate() {
            let arrival = convert::real(job.arrival.us()) / 1e6;
            let cost = self.prices.as_ref().map(|_| account.cost_usd);
            table.rows.push(vec![
                at.to_string(),
                job.gang.gpus().to_string(),
                arrival.to_string(),
                text(account.admitted_s),
                text(account.completion_s),
                text(account.jct_s),
                text(cost),
                account.steps.to_string(),
                text(account.deadline_s),
            ]);
        }
        table
    }

    /// The run as one record.
    pub(super) fn summary(&self) -> Table {
        let accounts = self.accounts();
        let real = |count: usize| convert::real(convert::wide(count));
        let jcts: Vec<f64> = accounts
            .iter()
            .filter_map(|account| account.jct_s)
            .collect();
        let cost: f64 = accounts.iter().map(|account| account.cost_usd).sum();
        let late = |by: fn(&Account) -> Option<f64>| {
            let late = accounts.iter().filter(|account| {
                let (due, at) = (account.deadline_s, by(account));
                due.zip(at).is_some_and(|(due, at)| at > due)
            });
            late.count().to_string()
        };
        let (journal, gone) = (self.journal, accounts.iter().filter(|account| account.gone));
        Table::record(&[
            ("jobs_completed", gone.count().to_string()),
            ("jobs_submitted", accounts.len().to_string()),
            (
                "avg_jct_s",
                (jcts.iter().sum::<f64>() / real(jcts.len())).to_string(),
            ),
            ("makespan_s", journal.end_s.to_string()),
            ("utilization", self.utilization().to_string()),
            ("total_cost_usd", text(self.prices.as_ref().map(|_| cost))),
            // The original compares a time since submission with an instant.
            ("slo_violations_peer_bug", late(|account| account.jct_s)),
            (
                "slo_violations_true_deadline",
                late(|account| account.completion_s),
            ),
            ("lease_ext", journal.lease_extensions.to_string()),
            ("lease_opp", journal.lease_opportunities.to_string()),
            ("n_microtasks", journal.tasks.len().to_string()),
            ("n_alloc_solves", journal.solved.len().to_string()),
        ])
    }

    /// The mean over GPUs of the time charged on them, over the whole time.
    fn utilization(&self) -> f64 {
        let mut charged: BTreeMap<(NodeId, u32), f64> = BTreeMap::new();
        let once = |task: &&Task| !self.twice || task.beside.is_none_or(|other| task.job < other);
        let counted = self.journal.tasks.iter().filter(|task| !task.failed);
        for task in counted.filter(once) {
            for gpu in &task.gpus {
                *charged.entry(*gpu).or_default() += task.charged_s;
            }
        }
        let pools = self.world.offerings.iter();
        let gpus: u32 = pools.map(|pool| pool.max * pool.shape.gpus).sum();
        let share: f64 = charged.values().map(|time| time / self.journal.end_s).sum();
        share / f64::from(gpus)
    }

    /// A row for each job in each round.
    pub(super) fn rounds(&self) -> Table {
        let mut table = Table::new(&[
            "round_start_s",
            "job_id",
            "worker_type",
            "worker_ids",
            "num_steps",
            "finish_s",
        ]);
        let (names, numbers) = (self.names(), self.numbers());
        for task in &self.journal.tasks {
            let ids = task.gpus.iter().map(|gpu| numbers[gpu].to_string());
            table.rows.push(vec![
                task.start_s.to_string(),
                task.job.ordinal().to_string(),
                names[task.model].to_owned(),
                ids.collect::<Vec<_>>().join(" "),
                task.steps.to_string(),
                task.finish_s.to_string(),
            ]);
        }
        table
    }

    /// The original's numbers of the GPUs: model by model, by name.
    fn numbers(&self) -> BTreeMap<(NodeId, u32), u32> {
        let (mut first, mut of_pool) = (0, Vec::new());
        for pool in &self.world.offerings {
            of_pool.push((pool, first));
            first += pool.max;
        }
        let mut numbers = BTreeMap::new();
        for model in &self.journal.models {
            let same = of_pool
                .iter()
                .filter(|(pool, _)| pool.shape.model == *model);
            for (pool, first) in same {
                for slot in 0..pool.max {
                    for gpu in 0..pool.shape.gpus {
                        let next = convert::narrow(numbers.len());
                        numbers.insert((NodeId(first + slot), gpu), next);
                    }
                }
            }
        }
        numbers
    }

    /// A row for each job, each time that shares were computed.
    pub(super) fn allocs(&self) -> Table {
        const MODELS: [&str; 3] = ["k80", "p100", "v100"];
        let mut columns = vec!["time_s", "job_id"];
        let names = self.names();
        columns.extend(MODELS);
        columns.extend(names.iter().filter(|name| !MODELS.contains(name)));
        let mut table = Table::new(&columns);
        for solved in &self.journal.solved {
            for (job, shares) in &solved.shares {
                let mut row = vec![solved.at_s.to_string(), job.ordinal().to_string()];
                for column in &columns[2..] {
                    let at = names.iter().position(|name| name == column);
                    row.push(at.map_or(0.0, |at| shares[at]).to_string());
                }
                table.rows.push(row);
            }
        }
        table
    }
}
