//! What theory says, column by column.

use sim_core::serve::theory::{self, Parallel};
use sim_core::units::convert;

use super::model::{Held, Model};

/// What a column should hold.
pub(super) fn of(model: &Model, column: &str) -> Result<f64, String> {
    let found = match *model {
        Model::Parallel { servers, load } => parallel(servers, load, column),
        Model::Single { load, law } => {
            let mean = theory::pollaczek_khinchine(load, law.squared_variation());
            (column == "Wq_mean_in_service_times").then_some(mean)
        }
        Model::Bulk { size, rate } => bulk(size, rate, column),
        Model::Cache {
            items,
            exponent,
            held,
        } => cached((items, exponent), held, column),
    };
    found.ok_or_else(|| format!("column {column}: no formula for it"))
}

fn parallel(servers: u32, load: f64, column: &str) -> Option<f64> {
    let offered = load * f64::from(servers);
    let queue = Parallel::new(servers, offered);
    Some(match column {
        "erlang_b" => theory::erlang_b(servers, offered),
        "erlang_c_p_wait" => queue.waiting(),
        "Wq_mean" => queue.mean_wait(),
        "W_mean" => queue.mean_time(),
        "Wq_p95" => queue.wait_quantile(0.95),
        "Wq_p99" => queue.wait_quantile(0.99),
        "L_mean" => queue.mean_inside(),
        _ => return None,
    })
}

fn bulk(size: u32, rate: f64, column: &str) -> Option<f64> {
    let queue = theory::bulk(size, rate)?;
    Some(match column {
        "Wq_mean" => queue.mean_wait,
        "W_mean" => queue.mean_time,
        "mean_batch_size" => queue.mean_batch,
        "p_queue_empty_at_completion" => queue.left_empty,
        _ => return None,
    })
}

fn cached((items, exponent): (u32, f64), held: Held, column: &str) -> Option<f64> {
    let rates = theory::zipf(items, exponent);
    let (time, hits) = match held {
        Held::Capacity(capacity) => theory::hits_lru(&rates, convert::index(capacity)),
        Held::SinceAccess(ttl) => (ttl, theory::hits_ttl_since_access(&rates, ttl)),
        Held::SinceInsert(ttl) => (ttl, theory::hits_ttl_from_insert(&rates, ttl)),
    };
    Some(match column {
        "hit_ratio" => hits,
        "characteristic_time_or_ttl" => time,
        _ => return None,
    })
}
