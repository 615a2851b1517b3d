//! How GPUs are partitioned into slices: a dated file of ours, read by the rules of a scenario.

use sim_core::model::{Market, Profile};
use sim_core::units::convert;

use super::fields::{Fields, Item, suggestion};
use super::fleet::{Bytes, InstanceType, Machines};
use super::scenario::Scenario;
use super::service::ReplicasSpec;
use super::shipped;
use super::spec::{KeySpec, TableSpec, Takes};
use super::workload::Workload;

/// How a GPU is partitioned.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// Its name.
    pub name: String,
    /// GPU models that are partitioned so, as the catalogue calls them.
    pub gpus: Vec<String>,
    /// Memory of such a GPU.
    pub gpu_memory: Bytes,
    /// The slices, each with its name.
    pub profiles: Vec<(String, Profile)>,
    /// Who says so.
    pub source: String,
    /// As of when.
    pub date: String,
}

static FILE: TableSpec = TableSpec::closed(
    "the geometries",
    "How GPUs are partitioned.",
    &[KeySpec::new("geometry", Takes::Tables(&ENTRY), "The geometries.").required()],
);

static ENTRY: TableSpec = TableSpec::closed(
    "[[geometry]]",
    "How a GPU is partitioned.",
    &[
        KeySpec::new("name", Takes::Name, "Model and memory.").required(),
        KeySpec::new(
            "gpus",
            Takes::List(&Takes::Name),
            "GPU models that are partitioned so.",
        )
        .required(),
        KeySpec::new("gpu-memory", Takes::Size, "Memory of such a GPU.").required(),
        KeySpec::new("compute", Takes::Integer(1, 8), "Its compute slices.").required(),
        KeySpec::new("profiles", Takes::Tables(&PROFILE), "The slices.").required(),
        KeySpec::new("source", Takes::Text, "Who says so.").required(),
        KeySpec::new("date", Takes::Text, "As of when.").required(),
    ],
);

static PROFILE: TableSpec = TableSpec::closed(
    "profiles",
    "A slice of a GPU.",
    &[
        KeySpec::new("name", Takes::Text, "What its vendor calls it.").required(),
        KeySpec::new("compute", Takes::Integer(1, 8), "Compute slices.").required(),
        KeySpec::new("memory", Takes::Integer(1, 8), "Memory slices.").required(),
        KeySpec::new(
            "gb",
            Takes::Integer(1, 255),
            "Memory in GB, as its name says.",
        )
        .required(),
        KeySpec::new(
            "starts",
            Takes::List(&Takes::Integer(0, 7)),
            "Memory slices at which it may start.",
        )
        .required(),
    ],
);

/// Every geometry, in the order of the file.
pub fn geometries() -> Vec<Geometry> {
    read(include_str!("../../data/mig.toml"))
        .expect("the geometries in the repository are read by a test")
}

/// The geometry of `known` called `name`, or a suggestion.
pub(super) fn find(known: &[Geometry], name: &str) -> Result<Geometry, String> {
    let found = known.iter().find(|geometry| geometry.name == name);
    found.cloned().ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|own| own.name.as_str()).collect();
        suggestion(name, &names)
    })
}

/// Slices that tasks ask for, and where they may lie.
#[derive(Clone, Debug)]
pub struct Slices<'a> {
    /// The name of the slice.
    pub profile: &'a str,
    /// GPU models; empty means any.
    pub models: Vec<&'a str>,
    /// Markets; empty means any.
    pub markets: &'a [Market],
}

impl<'a> Slices<'a> {
    /// Fleets on which the tasks may lie, and the slice that each means by the profile that they ask for.
    pub(super) fn offers(
        &self,
        scenario: &'a Scenario,
    ) -> impl Iterator<Item = (&'a str, Profile)> {
        scenario.fleets.iter().filter_map(|fleet| {
            let profile = fleet.mig.as_ref()?.value.profile(self.profile)?;
            let Machines::Alike { instance, .. } = &fleet.machines else {
                return None;
            };
            let gpu = instance.value.gpu.as_deref();
            let model = self.models.is_empty() || self.models.iter().any(|own| Some(*own) == gpu);
            let market = self.markets.is_empty() || self.markets.contains(&fleet.market.value);
            (model && market).then_some((fleet.name.value.as_str(), profile))
        })
    }
}

/// The slice that is meant, if any is offered: one that the fleets agree on.
pub fn slice_of(scenario: &Scenario, slices: &Slices<'_>) -> Option<Profile> {
    slices.offers(scenario).map(|(_, profile)| profile).next()
}

impl Workload {
    /// The slices that its tasks take in place of GPUs, if they do.
    pub fn slices(&self) -> Option<Slices<'_>> {
        let models = self.models.iter().map(|model| model.value.as_str());
        Some(Slices {
            profile: &self.profile.as_ref()?.value,
            models: models.collect(),
            markets: &self.markets,
        })
    }
}

impl ReplicasSpec {
    /// The slices that its tasks take in place of GPUs, if they do.
    pub fn slices(&self) -> Option<Slices<'_>> {
        let models = self.models.iter().map(|(model, _)| model.value.as_str());
        Some(Slices {
            profile: &self.profile.as_ref()?.value,
            models: models.collect(),
            markets: &self.markets,
        })
    }
}

impl Geometry {
    /// How the GPUs of such a machine can be partitioned, where their model and memory leave no doubt.
    pub fn of(instance: &InstanceType) -> Option<Self> {
        let gpu = instance.gpu.as_ref()?;
        let fits = |own: &Self| own.gpus.contains(gpu) && own.unlike(instance, |_| true).is_none();
        let mut fitting = geometries().into_iter().filter(fits);
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }

    /// The share of a GPU's memory that a slice has, in thousandths, by the GB that both are sold with.
    pub fn memory_milli(&self, profile: Profile) -> u32 {
        let whole = self.gpu_memory.0 >> 30;
        let milli = u64::from(profile.memory_gb()) * 1000 / whole.max(1);
        u32::try_from(milli.min(1000)).expect("at most a thousand")
    }

    /// The slice of this name.
    pub fn profile(&self, name: &str) -> Option<Profile> {
        let mut profiles = self.profiles.iter();
        Some(profiles.find(|(own, _)| own == name)?.1)
    }

    /// What nodes have that cannot be partitioned so: no GPUs, or those that are known to be others.
    pub(super) fn unlike(
        &self,
        instance: &InstanceType,
        is_known: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let Some(gpu) = &instance.gpu else {
            return Some("no GPU".to_owned());
        };
        if is_known(gpu) && !self.gpus.contains(gpu) {
            return Some(gpu.clone());
        }
        // Vendors round: what is called 180 GB is 179 GiB in a list of instances.
        let memory = instance.gpu_memory?;
        let apart = memory.0.abs_diff(self.gpu_memory.0) * 20 > self.gpu_memory.0;
        apart.then(|| {
            let gib = convert::real(memory.0) / 1_073_741_824.0;
            format!("{gpu} with {gib} GiB")
        })
    }
}

fn read(text: &str) -> Result<Vec<Geometry>, String> {
    shipped::entries(("mig.toml", text), (&FILE, "geometry"), entry)
}

fn entry(fields: &Fields<'_>) -> Option<Geometry> {
    let text = |key| Some(fields.item(key)?.text()?.value);
    let names = fields.item("gpus")?.list()?.into_iter().map(Item::name);
    let gpus: Option<Vec<_>> = names.map(|name| Some(name?.value)).collect();
    let compute = fields.item("compute")?.count()?.value;
    let profiles = fields.item("profiles")?.tables()?;
    let profiles = profiles.iter().map(|fields| profile(fields, compute));
    Some(Geometry {
        name: fields.item("name")?.name()?.value,
        gpus: gpus?,
        gpu_memory: fields.item("gpu-memory")?.size()?.value,
        profiles: profiles.collect::<Option<_>>()?,
        source: text("source")?,
        date: text("date")?,
    })
}

fn profile(fields: &Fields<'_>, of: u8) -> Option<(String, Profile)> {
    let count = |key| -> Option<u8> { Some(fields.item(key)?.count()?.value) };
    let starts = fields.item("starts")?.list()?.into_iter();
    let starts: Option<Vec<u8>> = starts.map(|item| Some(item.count()?.value)).collect();
    let sizes = ((count("compute")?, of), (count("memory")?, count("gb")?));
    let profile = Profile::new(sizes.0, sizes.1, &starts?);
    if profile.is_none() {
        fields.refuse_here("profile", "no such slice can lie on a GPU", "correct it");
    }
    Some((fields.item("name")?.text()?.value, profile?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_geometry_is_named_once_and_its_profiles_are_what_their_names_say() {
        let all = read(include_str!("../../data/mig.toml")).expect("good geometries");
        let mut names: Vec<_> = all.iter().map(|own| own.name.clone()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all.len());
        assert!(all.len() >= 6);
        for geometry in &all {
            for (name, profile) in &geometry.profiles {
                let told = format!("{}g.{}gb", profile.compute(), profile.memory_gb());
                assert_eq!(*name, told);
                assert_eq!(geometry.profile(name), Some(*profile));
            }
        }
        // As NVIDIA's tables say: so many of each on a GPU.
        let counts = |name: &str| -> Vec<u32> {
            let geometry = find(&all, name).expect("it is there");
            let profiles = geometry.profiles.iter();
            profiles.map(|(_, profile)| profile.per_gpu()).collect()
        };
        for name in [
            "a100-40gb",
            "a100-80gb",
            "h100-80gb",
            "h200-141gb",
            "b200-180gb",
        ] {
            assert_eq!(counts(name), [7, 4, 3, 2, 1, 1], "{name}");
        }
        assert_eq!(counts("a30-24gb"), [4, 2, 1]);
        let hint = Err("did you mean `a100-40gb`?".into());
        assert_eq!(find(&all, "a100-40g"), hint);
    }
}
