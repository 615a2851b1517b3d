//! The sets of a service become the ways of its pool.

use sim_core::serve::{self, Role, Then, Way};
use sim_core::units::{ClassId, Span};

use super::streams::Source;
use crate::schema::{Diagnostic, NetworkSpec, ReplicasSpec, ServiceSpec, Spanned};

/// A way for each set, in the order of the scenario. Panics on classes or sets that are not there.
pub(super) fn ways(spec: &ServiceSpec, source: &Source) -> Vec<Way> {
    let way = |set: &ReplicasSpec| Way {
        role: set.role,
        classes: classes(spec, set, source),
        when: set.way.when,
        then: set.way.then.as_ref().map(|then| {
            let mut sets = spec.replicas.iter();
            let named = sets.position(|other| other.name.value == then.set.value);
            Then {
                way: named.expect("it was looked up where it was read"),
                accept_ppm: then.accept_ppm,
            }
        }),
        network: network(&set.way.network, source.classes()),
        quality_ppm: set.way.quality_ppm,
    };
    spec.replicas.iter().map(way).collect()
}

/// What others go on to takes nobody else, if nothing is said.
fn classes(spec: &ServiceSpec, set: &ReplicasSpec, source: &Source) -> Option<Vec<ClassId>> {
    let Some(named) = &set.way.classes else {
        let thens = spec.replicas.iter().filter_map(|set| set.way.then.as_ref());
        let mut thens = thens.map(|then| &then.set.value);
        return thens.any(|then| *then == set.name.value).then(Vec::new);
    };
    let number = |name: &Spanned<String>| {
        let at = source
            .classes()
            .iter()
            .position(|class| *class == name.value);
        let at = at.and_then(|at| u16::try_from(at).ok());
        ClassId(at.expect("it was looked up before"))
    };
    Some(named.iter().map(number).collect())
}

fn network(spec: &NetworkSpec, classes: &[String]) -> Vec<Span> {
    match spec {
        NetworkSpec::Alike(Span::ZERO) => Vec::new(),
        NetworkSpec::Alike(span) => vec![*span; classes.len().max(1)],
        NetworkSpec::ByClass(spans) => {
            let of = |class: &String| {
                let mut spans = spans.iter();
                let own = spans.find(|(name, _)| name.value == *class);
                own.map_or(Span::ZERO, |(_, span)| *span)
            };
            classes.iter().map(of).collect()
        }
    }
}

/// Classes that sets name and of which no request is; and if there are none, classes of requests that no set takes.
pub(super) fn check(spec: &ServiceSpec, source: &Source) -> Vec<Diagnostic> {
    let known = source.classes();
    let named = spec.replicas.iter().flat_map(|set| {
        let network = match &set.way.network {
            NetworkSpec::Alike(_) => &[],
            NetworkSpec::ByClass(spans) => &spans[..],
        };
        let classes = set.way.classes.iter().flatten();
        classes.chain(network.iter().map(|(name, _)| name))
    });
    let strangers = named.filter(|name| !known.contains(&name.value));
    let stranger = |name: &Spanned<String>| {
        let rule = "no class of requests is called so";
        let remedy = format!("known are {}", known.join(", "));
        Diagnostic::new(name.place, &name.value, rule).or(remedy)
    };
    let strangers: Vec<Diagnostic> = strangers.map(stranger).collect();
    if !strangers.is_empty() {
        return strangers;
    }
    let (ways, split) = (ways(spec, source), spec.pool.transfer.is_some());
    let stranded = |(class, name): (ClassId, String)| {
        let taken = |role: fn(&Role) -> bool| {
            let mut ways = ways.iter().filter(|way| role(&way.role));
            ways.any(|way| way.takes(class))
        };
        let served = taken(|role| *role != Role::Decode);
        let served = served && (!split || taken(|role| *role == Role::Decode));
        let rule = format!("no set takes requests {name}, which would wait for ever");
        let own = &spec.name;
        let reason = Diagnostic::new(own.place, &own.value, rule);
        (!served).then(|| reason.or("add the class to the classes of a set"))
    };
    let mut all: Vec<String> = known
        .iter()
        .map(|name| format!("of class {name}"))
        .collect();
    if all.is_empty() {
        all.push("without a class".to_owned());
    }
    (0..).map(ClassId).zip(all).filter_map(stranded).collect()
}

/// Whether where a request goes is drawn.
pub(super) fn has_luck(spec: &ServiceSpec) -> bool {
    let mut thens = spec.replicas.iter().filter_map(|set| set.way.then.as_ref());
    spec.pool.routing == serve::Routing::PowerOfTwo
        || thens.any(|then| then.accept_ppm > 0 && then.accept_ppm < 1_000_000)
}
