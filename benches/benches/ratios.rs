//! Ratios.
use benches::customers::Customers;
use benches::flight::{self, Rule};
use benches::jobs::{self, Form, GPUS};
use benches::{hand, table};
use sim_core::world::Trace;
use std::hint::black_box;
use std::sync::Arc;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let only = args.get(1).map(String::as_str).unwrap_or("");
    for nodes in [100u32, 1000, 10_000] {
        for count in [10_000u32, 100_000, 1_000_000] {
            let rounds = if count < 1_000_000 { 5 } else { 3 };
            let list = jobs::jobs(count, nodes, 0.85, Form::Scattered);
            let counts = jobs::counts(&list);
            let world = flight::world(nodes, GPUS);
            for (name, rule) in [("fifo", Rule::Fifo), ("easy", Rule::Easy)] {
                if !only.contains(name) {
                    continue;
                }
                let pair = table::in_turns(
                    rounds,
                    || {
                        black_box(flight::fly(
                            &world,
                            Box::new(Trace::new(Arc::clone(&list))),
                            rule,
                            &mut (),
                        ));
                    },
                    || {
                        black_box(match rule {
                            Rule::Easy => hand::easy(&counts, nodes * GPUS),
                            _ => hand::fifo(&counts, nodes * GPUS),
                        });
                    },
                );
                let per = |d: std::time::Duration| d.as_nanos() as f64 / count as f64;
                println!(
                    "{name} {nodes} {count}: {:.0} {:.0} {:.2}",
                    per(pair.ours),
                    per(pair.hand),
                    per(pair.ours) / per(pair.hand)
                );
            }
            if only.contains("mmc") {
                let world = flight::world(nodes / 50, 50);
                let pair = table::in_turns(
                    rounds,
                    || {
                        black_box(flight::fly(
                            &world,
                            Box::new(Customers::new(count, nodes)),
                            Rule::Fifo,
                            &mut (),
                        ));
                    },
                    || {
                        black_box(hand::mmc(Customers::new(count, nodes), nodes));
                    },
                );
                let per = |d: std::time::Duration| d.as_nanos() as f64 / count as f64;
                println!(
                    "mmc {nodes} {count}: {:.0} {:.0} {:.2}",
                    per(pair.ours),
                    per(pair.hand),
                    per(pair.ours) / per(pair.hand)
                );
            }
        }
    }
}
