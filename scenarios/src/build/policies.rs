//! Policies: a specification becomes a maker of policies, one for each run.

use std::sync::Arc;

use policies::learned::Greedy;
use policies::params::{Domain, Param, Params, Value as Given};
use policies::registry::{
    ADMISSIONS, BUYERS, Claims, Entry, GUARDS, HEADS, HOURS, ORDERS, OVERSUBSCRIPTIONS, PACES,
    PLACEMENTS, POLICIES, PREEMPTIONS, RELOCATIONS, REPLICAS, SCALES, find, needs,
};
use sim_core::engine::Grants;

use super::contender::{Agent, Contender, Knows, Make, Parts, SEAMS, asking};
use super::services::set_name;
use crate::schema::{
    Composed, Diagnostic, Knowledge, Learned as LearnedSpec, Part, PolicyKind, PolicySpec,
    Scenario, ServiceSpec, Value,
};

/// What stands where a composed policy says nothing.
const DEFAULTS: [&str; SEAMS] = [
    "fifo", "strict", "best-fit", "none", "keep", "none", "none", "none", "given", "none", "none",
    "none",
];

/// The policies of a scenario; what is wrong with one is told.
pub(super) fn contenders(scenario: &Scenario, reasons: &mut Vec<Diagnostic>) -> Vec<Contender> {
    scenario
        .policies
        .iter()
        .filter_map(|spec| contender(spec, scenario, reasons))
        .collect()
}

fn contender(
    spec: &PolicySpec,
    scenario: &Scenario,
    reasons: &mut Vec<Diagnostic>,
) -> Option<Contender> {
    let (make, claims) = match &spec.kind {
        PolicyKind::Composed(composed) => {
            let (parts, claims) = composed_of(composed, scenario, reasons)?;
            (Make::Composed(parts), claims)
        }
        PolicyKind::Learned(learned) => {
            let parts = composed_of(&learned.composed, scenario, reasons);
            let head = find(HEADS, &learned.asks.kind.value)?;
            let params = params(head, Some(&learned.asks), reasons);
            let (parts, claims) = parts?;
            let mut make = Make::Learned {
                head: head.kind,
                params: params?,
                parts,
                agent: None,
            };
            answered(spec, learned, &mut make, reasons);
            let claims = Claims {
                estimate: claims.estimate || head.claims.estimate,
                ..claims
            };
            (make, claims)
        }
        PolicyKind::Named(part) => {
            let entry = find(POLICIES, &part.kind.value)?;
            let params = params(entry, Some(part), reasons)?;
            (
                Make::Named {
                    kind: entry.kind,
                    params,
                },
                entry.claims,
            )
        }
    };
    check_compat(spec, claims, reasons);
    check_needs(spec, claims, reasons);
    let knows = |knowledge| spec.clairvoyant.contains(&knowledge);
    let kept = claims.keeps.filter(|_| spec.compat.is_some());
    let grants = Grants {
        durations: knows(Knowledge::Durations),
        prices: knows(Knowledge::Prices),
        reclaims: knows(Knowledge::Reclaims),
        // Keeping another simulator's ways implies all that it needs.
        arrivals: knows(Knowledge::Arrivals) || claims.compat.or(kept).is_some(),
    };
    Some(Contender {
        name: spec.name.value.clone(),
        place: spec.name.place,
        grants,
        estimate: spec.estimate.clone(),
        knows: Knows {
            peeks: peeks(spec, scenario),
            compat: spec.compat.as_ref().map(|name| name.value.clone()),
        },
        draws: draws(&make),
        claims,
        make,
    })
}

/// Whether a policy decides by lot.
fn draws(make: &Make) -> bool {
    let lots = ["random", "random-node"];
    match make {
        Make::Composed(Parts { kinds, params })
        | Make::Learned {
            parts: Parts { kinds, params },
            ..
        } => {
            let expander = || params[4].subset("expander");
            let expands = || expander().iter().any(|rule| rule == "random");
            lots.contains(&kinds[2]) || params[4].declares("expander") && expands()
        }
        Make::Named { .. } => false,
    }
}

/// Reads who answers, if anybody is named, and holds the agent against what it is asked.
fn answered(
    spec: &PolicySpec,
    learned: &LearnedSpec,
    make: &mut Make,
    reasons: &mut Vec<Diagnostic>,
) {
    let Make::Learned {
        head,
        params,
        parts,
        agent,
    } = make
    else {
        unreachable!("a learned policy is made so");
    };
    let own = asking((head, params), parts);
    if !own.composes && !learned.composed.parts().is_empty() {
        let rule =
            format!("\"{head}\" looks after each job by itself, and is built on no other parts");
        let (_, first) = learned.composed.parts()[0];
        let found = Diagnostic::new(first.kind.place, &first.kind.value, rule);
        reasons.push(found.or("remove order, admit and whatever else it has"));
    }
    let Some(file) = &learned.file else {
        return;
    };
    let mut refuse = |rule: String, remedy: &str| {
        let shown = &file.value.written;
        reasons.push(Diagnostic::new(file.place, shown, rule).or(remedy));
    };
    match crate::agent::Agent::read(&file.value.resolved) {
        Err(error) => {
            let remedy = format!(
                "train one with `windtunnel train SCENARIO --policy {} --out FILE`",
                spec.name.value
            );
            refuse(error.to_string(), &remedy);
        }
        Ok(read) if read.origin.head != *head => {
            let rule = format!(
                "this agent answers \"{}\", and is asked \"{head}\"",
                read.origin.head
            );
            refuse(
                rule,
                "name another agent, or say what it is asked with `asks`",
            );
        }
        Ok(read)
            if !own.widths.is_answered_by(read.network.widths())
                || read.network.form().check(own.widths).is_err() =>
        {
            let rule = "this agent was trained on questions of other numbers, or holds no question with so many rows";
            refuse(rule.to_owned(), "train it anew");
        }
        Ok(read) => *agent = Some(Agent(Arc::new(Greedy::new(Arc::new(read.network))))),
    }
}

/// What a policy peeks at: what it was granted, and exact estimates.
fn peeks(spec: &PolicySpec, scenario: &Scenario) -> Vec<String> {
    let mut peeks: Vec<String> = spec
        .clairvoyant
        .iter()
        .map(|knowledge| knowledge.name().to_owned())
        .collect();
    let of_workloads = scenario
        .workloads
        .iter()
        .filter_map(|workload| workload.estimate.as_ref());
    let estimates: Vec<&Part> = spec
        .estimate
        .as_ref()
        .map_or_else(|| of_workloads.collect(), |part| vec![part]);
    if estimates.iter().any(|part| part.kind.value == "exact") {
        peeks.push("exact estimates".to_owned());
    }
    peeks
}

fn composed_of(
    composed: &Composed,
    scenario: &Scenario,
    reasons: &mut Vec<Diagnostic>,
) -> Option<(Parts, Claims)> {
    let parts = [
        &composed.order,
        &composed.admit,
        &composed.place,
        &composed.preempt,
        &composed.buy,
        &composed.guard,
        &composed.hours,
        &composed.scale,
        &composed.pace,
        &composed.relocate,
        &composed.replicas,
        &composed.oversubscribe,
    ];
    let parts = parts.map(Option::as_ref);
    let context = (parts, scenario);
    let made = [
        seam(ORDERS, 0, context, reasons),
        seam(ADMISSIONS, 1, context, reasons),
        seam(PLACEMENTS, 2, context, reasons),
        seam(PREEMPTIONS, 3, context, reasons),
        seam(BUYERS, 4, context, reasons),
        seam(GUARDS, 5, context, reasons),
        seam(HOURS, 6, context, reasons),
        seam(SCALES, 7, context, reasons),
        seam(PACES, 8, context, reasons),
        seam(RELOCATIONS, 9, context, reasons),
        seam(REPLICAS, 10, context, reasons),
        seam(OVERSUBSCRIPTIONS, 11, context, reasons),
    ];
    let made: Vec<Made> = made.into_iter().collect::<Option<_>>()?;
    let kinds = std::array::from_fn(|seam| made[seam].kind);
    let claims = Claims {
        estimate: made[0].claims.estimate || made[1].claims.estimate,
        keeps: made.iter().find_map(|made| made.claims.keeps),
        needs: needs(&made[4].params, &made[10].params),
        ..Claims::default()
    };
    let params = made.into_iter().map(|made| made.params).collect();
    Some((Parts { kinds, params }, claims))
}

/// A part that has been checked.
struct Made {
    kind: &'static str,
    params: Params,
    claims: Claims,
}

fn seam<T: ?Sized>(
    entries: &'static [Entry<T>],
    seam: usize,
    (parts, scenario): ([Option<&Part>; SEAMS], &Scenario),
    reasons: &mut Vec<Diagnostic>,
) -> Option<Made> {
    let part = parts[seam];
    let kind = part.map_or(DEFAULTS[seam], |part| part.kind.value.as_str());
    let entry = find(entries, kind)?;
    let params = params(entry, part, reasons);
    check_names(entry.params, part, scenario, reasons);
    Some(Made {
        kind: entry.kind,
        params: params?,
        claims: entry.claims,
    })
}

/// Fleets and budgets that a part names exist.
fn check_names(
    declared: &[Param],
    part: Option<&Part>,
    scenario: &Scenario,
    reasons: &mut Vec<Diagnostic>,
) {
    let fleets = || scenario.fleets.iter().map(|fleet| &fleet.name.value);
    let of = |service: &ServiceSpec| -> Vec<String> {
        let own = service.replicas.iter();
        let own = own.map(|set| [set_name(service, set), set.name.value.clone()]);
        own.flatten().collect()
    };
    let sets: Vec<String> = scenario.services.iter().flat_map(of).collect();
    let budgets = || scenario.budgets.iter().map(|budget| &budget.name.value);
    for (key, value) in part.map_or(&[][..], |part| &part.params) {
        let param = declared.iter().find(|param| param.name == key.value);
        let (noun, known): (&str, Vec<&String>) = match param.map(|param| param.domain) {
            Some(Domain::Fleets) => ("fleet", fleets().collect()),
            Some(Domain::Budgets) => ("budget", budgets().collect()),
            Some(Domain::Sets) => ("service.replicas", sets.iter().collect()),
            Some(_) | None => continue,
        };
        for name in value.value.as_list().unwrap_or_default() {
            let text = name.value.as_text().unwrap_or_default();
            if !known.iter().any(|known| *known == text) {
                let rule = format!("no {noun} has this name");
                let remedy = format!("name a [[{noun}]] of the scenario");
                reasons.push(Diagnostic::new(name.place, text, rule).or(remedy));
            }
        }
    }
}

/// The parameters of a part, checked against their declaration.
fn params<T: ?Sized>(
    entry: &Entry<T>,
    part: Option<&Part>,
    reasons: &mut Vec<Diagnostic>,
) -> Option<Params> {
    let empty = Vec::new();
    let written = part.map_or(&empty, |part| &part.params);
    let given: Vec<(String, Given)> = written
        .iter()
        .filter_map(|(key, value)| Some((key.value.clone(), given(&value.value)?)))
        .collect();
    match Params::check(entry.params, &given) {
        Ok(params) if given.len() == written.len() => Some(params),
        Ok(_) => {
            let place = part.expect("only what is written can be wrong").kind.place;
            let rule = "a parameter is a flag, a number, a text or a list of texts";
            reasons.push(
                Diagnostic::new(place, entry.kind, rule).or("see `windtunnel list policies`"),
            );
            None
        }
        Err(errors) => {
            for error in errors {
                let at = written.iter().find(|(key, _)| key.value == error.name);
                let (_, value) = at.expect("an error is about what is written");
                let shown = format!("{} = {}", error.name, error.value);
                reasons.push(Diagnostic::new(value.place, shown, error.rule).or(error.remedy));
            }
            None
        }
    }
}

fn given(value: &Value) -> Option<Given> {
    match value {
        Value::Bool(flag) => Some(Given::Flag(*flag)),
        Value::Integer(integer) => Some(Given::Integer(*integer)),
        Value::Float(float) => Some(Given::Float(*float)),
        Value::Text(text) => Some(Given::Text(text.clone())),
        Value::List(entries) => {
            let texts = entries
                .iter()
                .map(|entry| entry.value.as_text().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>().map(Given::Texts)
        }
        Value::Date(_) | Value::Table(_) => None,
    }
}

/// A policy that keeps another's ways says so, and only such a policy does.
fn check_compat(spec: &PolicySpec, claims: Claims, reasons: &mut Vec<Diagnostic>) {
    match (&spec.compat, claims.compat) {
        (None, Some(compat)) => {
            let rule = format!("this policy keeps the ways of {compat}, bugs included");
            let remedy = format!("say so with compat = \"{compat}\"");
            reasons.push(Diagnostic::new(spec.name.place, &spec.name.value, rule).or(remedy));
        }
        (Some(named), None) if claims.keeps == Some(named.value.as_str()) => {}
        (Some(named), kept) if kept != Some(named.value.as_str()) => {
            let rule = "this policy keeps no ways of that simulator";
            reasons.push(
                Diagnostic::new(named.place, &named.value, rule)
                    .or("remove it; `windtunnel list compat` says what there is"),
            );
        }
        (Some(_) | None, _) => {}
    }
}

/// A policy that cannot do without knowledge of the future is granted it.
fn check_needs(spec: &PolicySpec, claims: Claims, reasons: &mut Vec<Diagnostic>) {
    let granted = |need: &str| {
        let mut granted = spec.clairvoyant.iter();
        granted.any(|knowledge| knowledge.name() == need)
    };
    if !claims.needs.iter().all(|need| granted(need)) {
        let needs: Vec<String> = claims
            .needs
            .iter()
            .map(|need| format!("{need:?}"))
            .collect();
        let rule = "this policy decides by what is yet to come";
        let remedy = format!("grant it with clairvoyant = [{}]", needs.join(", "));
        reasons.push(Diagnostic::new(spec.name.place, &spec.name.value, rule).or(remedy));
    }
}
