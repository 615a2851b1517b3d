//! Kinds of machine as fleets, with the prices and the partitions that are known of them.

use std::fmt::Write as _;

use traces::cluster::{Asks, Kind, Machines, Terms};

use super::{Names, quoted};
use crate::schema::quantity::print_price;
use crate::schema::{catalogue, geometries};

/// A fleet to be.
pub(super) struct Fleet {
    name: String,
    machines: Machines,
    /// What an hour of one costs on demand, where that is known.
    price: Option<String>,
    /// How its GPUs are partitioned, and the names of the slices.
    mig: Option<(String, Vec<String>)>,
}

/// The fleets, each with what the catalogue knows of it.
pub(super) fn fleets(machines: &[Machines], notes: &mut Vec<String>) -> Vec<Fleet> {
    let (known, cuts) = (catalogue(), geometries());
    let mut names = Names::default();
    let mut fleets = Vec::new();
    for own in machines {
        let kind = &own.kind;
        let entry = known
            .iter()
            .find(|entry| entry.instance.name.as_ref() == Some(&kind.instance));
        let price = entry.map(|entry| print_price(entry.price));
        if price.is_none() && kind.terms != Terms::Owned {
            notes.push(format!(
                "the price of {} is not known: it is taken as owned, for nothing",
                shown(kind)
            ));
        }
        let cut = cuts
            .iter()
            .find(|cut| cut.gpus.contains(&kind.model))
            .filter(|_| kind.sliced);
        if kind.sliced && cut.is_none() {
            notes.push(format!(
                "how {} is partitioned is not known: its GPUs are taken as whole",
                shown(kind)
            ));
        }
        let mig = cut.map(|cut| {
            let slices = cut.profiles.iter().map(|(name, _)| name.clone());
            (cut.name.clone(), slices.collect())
        });
        let zone = if kind.zone.is_empty() {
            String::new()
        } else {
            format!("-{}", kind.zone)
        };
        let spot = if kind.terms == Terms::Spot {
            "-spot"
        } else {
            ""
        };
        fleets.push(Fleet {
            name: names.fresh(&format!("{}{zone}{spot}", shown(kind))),
            machines: own.clone(),
            price,
            mig,
        });
    }
    fleets
}

fn shown(kind: &Kind) -> String {
    let plain = kind.instance.rsplit('/').next().unwrap_or("");
    match (plain, kind.gpus) {
        ("", 0) => String::from("cpu"),
        ("", gpus) => format!("{}x{gpus}", kind.model),
        (plain, _) => plain.to_owned(),
    }
}

impl Fleet {
    /// GPUs in all.
    pub(super) fn gpus(&self) -> u64 {
        u64::from(self.machines.count) * u64::from(self.machines.kind.gpus)
    }

    /// How many such tasks it has room for when it is empty; `allows` says of a GPU model whether it will do.
    pub(super) fn room(&self, asks: &Asks, allows: impl Fn(&str) -> bool) -> u64 {
        let Machines { kind, count, .. } = &self.machines;
        if asks.gpus > 0 && !allows(&kind.model) {
            return 0;
        }
        let gpus = u32::from(kind.gpus);
        let by_gpu = match (&asks.slice, &self.mig) {
            (Some(slice), Some((_, slices))) if slices.contains(slice) => gpus,
            (Some(_), _) => 0,
            (None, Some(_)) if asks.gpus > 0 => 0,
            (None, _) if asks.gpus == 0 => u32::MAX,
            (None, _) if asks.gpu_milli < 1000 => gpus * (1000 / u32::from(asks.gpu_milli.max(1))),
            (None, _) => gpus / u32::from(asks.gpus),
        };
        let each = |has: u32, asked: u32| {
            if has == 0 {
                u32::MAX
            } else {
                has.checked_div(asked).unwrap_or(u32::MAX)
            }
        };
        let by_cpu = each(self.cores() * 1000, asks.cpu_milli);
        let by_memory = each(self.machines.memory_mib, asks.memory_mib);
        u64::from(by_gpu.min(by_cpu).min(by_memory)) * u64::from(*count)
    }

    fn cores(&self) -> u32 {
        self.machines.cpu_milli / 1000
    }

    /// Its table.
    pub(super) fn toml(&self) -> String {
        let Machines {
            kind,
            count,
            memory_mib,
            ..
        } = &self.machines;
        let mut shape = vec![format!("gpus = {}", kind.gpus)];
        if !kind.instance.is_empty() {
            shape.insert(0, format!("name = {}", quoted(&kind.instance)));
        }
        if kind.gpus > 0 {
            shape.push(format!("gpu = {}", quoted(&kind.model)));
        }
        if kind.gpus > 0 && kind.gpu_memory_mib > 0 {
            shape.push(format!("gpu-memory = \"{}MiB\"", kind.gpu_memory_mib));
        }
        if self.cores() > 0 {
            shape.push(format!("cpus = {}", self.cores()));
        }
        if *memory_mib > 0 {
            shape.push(format!("memory = \"{memory_mib}MiB\""));
        }
        shape.extend(
            self.price
                .iter()
                .map(|price| format!("price = {}", quoted(price))),
        );
        let mut text = String::new();
        writeln!(
            text,
            "\n[[fleet]]\nname = {}\ninstance = {{ {} }}\ncount = {count}",
            quoted(&self.name),
            shape.join(", ")
        )
        .expect("a text takes any text");
        if !kind.zone.is_empty() {
            let zone = Names::default().fresh(&kind.zone);
            text.extend(["zone = ", &quoted(&zone), "\n"]);
        }
        let market = match (kind.terms, &self.price) {
            (Terms::Owned, _) | (_, None) => "owned",
            (Terms::OnDemand, Some(_)) => "on-demand",
            (Terms::Spot, Some(_)) => "spot",
        };
        text.extend(["market = ", &quoted(market), "\n"]);
        if let Some((mig, _)) = &self.mig {
            text.extend(["mig = ", &quoted(mig), "\n"]);
        }
        text
    }
}
