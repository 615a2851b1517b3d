//! The catalogue of instance types: a dated file of ours, read by the rules of a scenario.

use sim_core::units::Price;

use super::decode;
use super::fields::{Fields, Item, suggestion};
use super::fleet::InstanceType;
use super::shipped;
use super::spec::{KeySpec, TableSpec, Takes};

/// An instance type of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What one node is; its name is always there.
    pub instance: InstanceType,
    /// Price on demand.
    pub price: Price,
    /// Where that is the price.
    pub region: String,
    /// Who says so.
    pub source: String,
    /// As of when.
    pub date: String,
    /// Architecture of its CPU, where it has no GPU.
    pub arch: Option<String>,
}

static FILE: TableSpec = TableSpec::closed(
    "the catalogue",
    "Instance types.",
    &[KeySpec::new("instance", Takes::Tables(&ENTRY), "The types.").required()],
);

static ENTRY: TableSpec = TableSpec::closed(
    "[[instance]]",
    "An instance type and its price on demand.",
    &[
        KeySpec::new("name", Takes::Text, "Vendor and type.").required(),
        KeySpec::new("gpus", Takes::Integer(0, 64), "GPUs of a node.").required(),
        KeySpec::new("gpu", Takes::Name, "GPU model."),
        KeySpec::new("gpu-memory", Takes::Size, "Memory of one GPU."),
        KeySpec::new("cpus", Takes::Integer(1, 1_000_000), "Virtual CPUs."),
        KeySpec::new("memory", Takes::Size, "Main memory."),
        KeySpec::new(
            "arch",
            Takes::Text,
            "Architecture of its CPU, where it has no GPU.",
        ),
        KeySpec::new(
            "watts",
            Takes::Integer(0, 1_000_000),
            "Power of the machine in full use.",
        )
        .required(),
        KeySpec::new("watts-source", Takes::Text, "How that was estimated.").required(),
        KeySpec::new("price", Takes::Price, "Price on demand per hour.").required(),
        KeySpec::new("region", Takes::Text, "Where that is the price.").required(),
        KeySpec::new("source", Takes::Text, "Who says so.").required(),
        KeySpec::new("date", Takes::Text, "As of when.").required(),
    ],
);

/// Every instance type, in the order of the file.
pub fn catalogue() -> Vec<Entry> {
    read(include_str!("../../data/instances.toml"))
        .expect("the catalogue in the repository is read by a test")
}

/// The instance type of `known` called `name`, or a suggestion.
pub(super) fn find(known: &[Entry], name: &str) -> Result<Entry, String> {
    let found = known
        .iter()
        .position(|entry| entry.instance.name.as_deref() == Some(name));
    if let Some(at) = found {
        return Ok(known[at].clone());
    }
    let names = known
        .iter()
        .filter_map(|entry| entry.instance.name.as_deref());
    Err(suggestion(name, &names.collect::<Vec<_>>()))
}

/// The entries of a catalogue, or what is wrong with it.
fn read(text: &str) -> Result<Vec<Entry>, String> {
    shipped::entries(("instances.toml", text), (&FILE, "instance"), entry)
}

fn entry(fields: &Fields<'_>) -> Option<Entry> {
    let text = |key| Some(fields.item(key)?.text()?.value);
    Some(Entry {
        instance: decode::instance_shape(fields)?,
        price: fields.item("price")?.price()?.value,
        region: text("region")?,
        source: text("source")?,
        date: text("date")?,
        arch: fields.optional("arch", Item::text)?.map(|arch| arch.value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_complete_and_named_once() {
        let entries = read(include_str!("../../data/instances.toml")).expect("a good catalogue");
        assert!(entries.len() >= 12);
        let mut names: Vec<_> = entries
            .iter()
            .map(|entry| entry.instance.name.clone())
            .collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), entries.len());
        for entry in entries {
            assert!(entry.price > Price::ZERO, "{entry:?}");
            let name = entry.instance.name.as_deref();
            assert!(name.is_some_and(|name| name.contains('/')));
            assert_eq!(entry.instance.gpu_memory.is_some(), entry.instance.gpus > 0);
            assert_eq!(
                entry.arch.is_some(),
                entry.instance.gpus == 0,
                "{:?}",
                entry.instance
            );
            assert!(entry.instance.watts.is_some_and(|watts| watts > 0));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_a_known_one() {
        assert_eq!(
            find(&catalogue(), "aws/p3.16xlarg"),
            Err("did you mean `aws/p3.16xlarge`?".into())
        );
        let found = find(&catalogue(), "aws/p3.16xlarge").expect("it is there");
        assert_eq!(
            (found.instance.gpus, found.price.nanousd_h()),
            (8, 24_480_000_000)
        );
    }
}
