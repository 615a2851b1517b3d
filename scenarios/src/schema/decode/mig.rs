//! `mig` and `profile`: GPUs that are partitioned, and work that asks for slices of them.

use super::super::catalogue;
use super::super::diagnostic::quoted;
use super::super::fields::{Fields, Item, suggestion};
use super::super::fleet::Machines;
use super::super::mig::{self, Geometry, Slices};
use super::super::place::Spanned;
use super::super::scenario::Scenario;
use super::super::workload::{TaskGpus, Workload};

/// How the GPUs of a fleet are partitioned.
pub(super) fn geometry(
    fields: &Fields<'_>,
    item: Item<'_>,
    machines: Option<&Machines>,
) -> Option<Spanned<Geometry>> {
    if fields.exclusive("mig", "nodes") {
        return None;
    }
    let (name, known) = (item.text()?, mig::geometries());
    let catalogue = item.cx.catalogue.get_or_init(catalogue::catalogue);
    // A model that neither lists is the user's own.
    let is_known = |gpu: &str| {
        let sold = |entry: &catalogue::Entry| entry.instance.gpu.as_deref() == Some(gpu);
        let cut = |own: &Geometry| own.gpus.iter().any(|own| own == gpu);
        catalogue.iter().any(sold) || known.iter().any(cut)
    };
    let geometry = match mig::find(&known, &name.value) {
        Ok(geometry) => geometry,
        Err(remedy) => return item.refuse("no GPU is partitioned so", &remedy),
    };
    if let Some(Machines::Alike { instance, .. }) = machines
        && let Some(others) = geometry.unlike(&instance.value, is_known)
    {
        let rule = format!(
            "a partition of {}, and the nodes have {others}",
            geometry.gpus.join(", ")
        );
        let fits = |own: &&Geometry| own.unlike(&instance.value, is_known).is_none();
        let remedy = match known.iter().find(fits) {
            Some(own) => format!("write mig = \"{}\"", own.name),
            None => "remove it".to_owned(),
        };
        return item.refuse(&rule, &remedy);
    }
    Some(item.spanned(geometry))
}

/// Whether every slice that is asked for is offered, by fleets that agree on what it is.
pub(super) fn are_sound(top: &Fields<'_>, scenario: &Scenario) {
    let jobs = scenario.workloads.iter().filter_map(|workload| {
        let name = workload.profile.as_ref()?;
        let slices = workload.slices()?;
        let sound = is_for_slices(workload).and_then(|()| offered(scenario, &slices));
        Some((name, sound))
    });
    let sets = scenario.services.iter().flat_map(|own| &own.replicas);
    let sets = sets.filter_map(|set| {
        let name = set.profile.as_ref()?;
        Some((name, offered(scenario, &set.slices()?)))
    });
    for (name, sound) in jobs.chain(sets) {
        if let Err((rule, remedy)) = sound {
            let shown = format!("profile = \"{}\"", quoted(&name.value));
            top.refuse(name.place, &shown, &rule, &remedy);
        }
    }
}

/// A rule that is broken, and the remedy.
type Broken = (String, String);

fn said(rule: &str, remedy: &str) -> Result<(), Broken> {
    Err((rule.to_owned(), remedy.to_owned()))
}

/// Whether a workload leaves its tasks to slices.
fn is_for_slices(workload: &Workload) -> Result<(), Broken> {
    match workload.task_gpus.value {
        TaskGpus::Trace | TaskGpus::Gpu => {}
        TaskGpus::Job | TaskGpus::Each(_) | TaskGpus::Share(_) => {
            let rule = "a task takes one slice, and task-gpus gives it GPUs";
            return said(rule, "remove task-gpus, or write task-gpus = \"gpu\"");
        }
    }
    if workload.course.speeds.is_some() {
        let rule = "a table of speeds is of whole GPUs";
        return said(rule, "write rates: speeds of the slice");
    }
    Ok(())
}

fn offered(scenario: &Scenario, slices: &Slices<'_>) -> Result<(), Broken> {
    let (known, name) = (mig::geometries(), slices.profile);
    if !known.iter().any(|own| own.profile(name).is_some()) {
        let profiles = known.iter().flat_map(|own| &own.profiles);
        let mut names: Vec<&str> = profiles.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let rule = "no GPU has a slice of this name".to_owned();
        return Err((rule, suggestion(name, &names)));
    }
    let mut offers = slices.offers(scenario);
    let Some((first, profile)) = offers.next() else {
        let have = known.iter().filter(|own| own.profile(name).is_some());
        let have: Vec<String> = have.map(|own| format!("mig = \"{}\"", own.name)).collect();
        let rule = "no fleet that the jobs may use is partitioned into such slices".to_owned();
        return Err((rule, format!("add {} to one", have.join(" or "))));
    };
    if let Some((other, _)) = offers.find(|(_, own)| *own != profile) {
        let rule = format!("fleets {first} and {other} mean different slices by it");
        return said(&rule, "say models = [\"...\"], so that one is meant");
    }
    Ok(())
}
