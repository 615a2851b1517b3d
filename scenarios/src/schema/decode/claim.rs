//! `[[claim]]`: what the field says, for a run to judge.

use super::super::claim::{ClaimMeasure, ClaimSpec};
use super::super::diagnostic::{Diagnostic, quoted};
use super::super::fields::{Fields, Item, suggestion};
use super::super::place::Spanned;
use super::super::spec::{Choice, KeySpec, Seam, TableSpec, Takes};

const FAR: f64 = 1e15;

pub(super) static CLAIM: TableSpec = TableSpec::closed(
    "[[claim]]",
    "What the field says, and the number of this experiment that decides it. A month has 730 hours.",
    &[
        KeySpec::new("name", Takes::Name, "What tables call it.").required(),
        KeySpec::new("text", Takes::Text, "The claim in words.").required(),
        KeySpec::new("source", Takes::Text, "Who says so, where and when."),
        KeySpec::new("assumptions", Takes::Text, "What it takes for granted."),
        KeySpec::new("metric", Takes::Name, "The metric that is looked at.")
            .default("\"cost_usd\""),
        KeySpec::new("policy", Takes::Name, "The policy that it is about.").required(),
        KeySpec::new(
            "against",
            Takes::Name,
            "The policy that it is compared with.",
        )
        .default("the baseline"),
        KeySpec::new("as", Takes::Choice(&MEASURES), "What is measured.").required(),
        KeySpec::new(
            "at-least",
            Takes::Number(-FAR, FAR, false),
            "The claim holds at this and above.",
        ),
        KeySpec::new(
            "at-most",
            Takes::Number(-FAR, FAR, false),
            "The claim holds at this and below.",
        ),
        KeySpec::new(
            "investment",
            Takes::Money,
            "What has to be paid before anything is saved.",
        )
        .default("for a break-even, what the owned fleets cost"),
        KeySpec::new("figure", Takes::Name, "The figure that answers it."),
    ],
);

static MEASURES: [Choice; 7] = [
    Choice::new("value", "The metric of the policy."),
    Choice::new(
        "saving",
        "1 - policy / against: what all seeds save together, with the interval of their ratio.",
    ),
    Choice::new(
        "ratio",
        "policy / against, of all seeds together, with the interval of their ratio.",
    ),
    Choice::new("difference", "policy - against, seed by seed."),
    Choice::new(
        "break-even",
        "Months until owning (policy, without what is written off) is cheaper than renting (against, without what is owned).",
    ),
    Choice::new(
        "payback",
        "Months until the investment is paid back by what a month of the policy saves.",
    ),
    Choice::new(
        "return",
        "What a year of the policy saves over the investment.",
    ),
];

/// A claim, where `baseline` is what it is compared with if it does not say.
pub(super) fn claim(fields: &Fields<'_>, baseline: &Spanned<String>) -> Option<ClaimSpec> {
    let text = |key| fields.optional(key, Item::text);
    let name = |key| fields.optional(key, Item::name);
    let (own, words) = (name("name"), text("text"));
    let (source, assumptions) = (text("source"), text("assumptions"));
    let metric = fields.optional("metric", |item| named(item, Seam::Metric));
    let figure = fields.optional("figure", |item| named(item, Seam::Figure));
    let (policy, against) = (name("policy"), name("against"));
    let measure = fields.item("as").and_then(Item::choice);
    let bound = |key| fields.optional(key, Item::number);
    let (at_least, at_most) = (bound("at-least"), bound("at-most"));
    let investment = fields.optional("investment", Item::money);
    let cost = Spanned::new("cost_usd".to_owned(), fields.place);
    let spec = ClaimSpec {
        name: own??,
        text: words??.value,
        source: source?.map(|text| text.value),
        assumptions: assumptions?.map(|text| text.value),
        metric: metric?.unwrap_or(cost),
        policy: policy??,
        against: against?.unwrap_or_else(|| baseline.clone()),
        measure: ClaimMeasure::ALL[measure?.value],
        at_least: at_least?.map(|bound| bound.value),
        at_most: at_most?.map(|bound| bound.value),
        investment: investment?.map(|money| money.value),
        figure: figure?,
        written: fields.table.clone(),
    };
    is_sound(fields, &spec).then_some(spec)
}

/// What its keys say of each other.
fn is_sound(fields: &Fields<'_>, spec: &ClaimSpec) -> bool {
    let word = spec.measure.name();
    let refuse = |key: &str, rule: &str, remedy: &str| {
        let place = fields.key_place(key).unwrap_or(fields.place);
        fields.refuse(place, key, rule, remedy);
        false
    };
    let written = |key: &str| fields.key_place(key).is_some();
    let mut sound = true;
    if spec.measure == ClaimMeasure::Value && written("against") {
        let remedy = "remove it, or measure a difference, a ratio or a saving";
        sound = refuse("against", "a value is compared with nothing", remedy);
    }
    if spec.measure != ClaimMeasure::Value && spec.policy.value == spec.against.value {
        let rule = format!("\"{}\" is compared with itself", spec.policy.value);
        sound = refuse("policy", &rule, "name another policy in against");
    }
    if spec.measure.is_of_money() && spec.metric.value != "cost_usd" {
        let rule = format!("a {word} is of money");
        sound = refuse("metric", &rule, "remove it: cost_usd is meant");
    }
    if !spec.measure.is_of_money() && written("investment") {
        let rule = format!("a {word} takes no investment");
        sound = refuse("investment", &rule, "remove it");
    }
    let needs = matches!(spec.measure, ClaimMeasure::Payback | ClaimMeasure::Return);
    if needs && spec.investment.is_none() {
        let rule = format!("missing: a {word} needs it");
        sound = refuse("investment", &rule, "add investment = \"$10000\"");
    }
    if let (Some(least), Some(most)) = (spec.at_least, spec.at_most)
        && least > most
    {
        sound = refuse("at-most", "below at-least", "raise it");
    }
    sound
}

/// A name that a registry knows.
pub(super) fn named(item: Item<'_>, seam: Seam) -> Option<Spanned<String>> {
    let name = item.name()?;
    let shown = format!("{} = \"{}\"", item.name, quoted(&name.value));
    is_known((&name, shown), item, seam).then_some(name)
}

/// Whether a registry knows the name that is the key of an item.
pub(super) fn exists(name: &Spanned<String>, item: Item<'_>, seam: Seam) -> bool {
    is_known((name, quoted(&name.value)), item, seam)
}

/// Refuses a name that is not known, as it is shown.
fn is_known((name, shown): (&Spanned<String>, String), item: Item<'_>, seam: Seam) -> bool {
    let Some(known) = (item.cx.registry)(seam) else {
        return true;
    };
    let known: Vec<&str> = known.iter().map(|known| known.kind.as_str()).collect();
    // A chart of nodes is named after its policy.
    let is_chart = seam == Seam::Figure && name.value.starts_with("gantt-");
    if known.contains(&name.value.as_str()) || is_chart {
        return true;
    }
    let rule = format!("no {} has this name", seam.noun());
    let remedy = suggestion(&name.value, &known);
    item.cx
        .refuse(Diagnostic::new(name.place, shown, rule).or(remedy));
    false
}

/// Claims are about policies that there are, and owning breaks even only with something that was bought.
pub(super) fn exist(top: &Fields<'_>, claims: &[ClaimSpec]) {
    let policies = super::names(top, "policy");
    let fleets = top
        .table
        .get("fleet")
        .and_then(|value| value.value.as_list());
    let mut fleets = fleets.unwrap_or_default().iter();
    let owns = fleets.any(|fleet| {
        let table = fleet.value.as_table();
        table.is_some_and(|table| table.get("ownership").is_some())
    });
    for claim in claims {
        super::refer(top, &claim.policy, "policy", &policies);
        super::refer(top, &claim.against, "policy", &policies);
        if claim.measure == ClaimMeasure::BreakEven && claim.investment.is_none() && !owns {
            let rule = "missing: no fleet says what owning it costs";
            let remedy = "add investment = \"$10000\", or ownership to a fleet";
            top.refuse(claim.name.place, "investment", rule, remedy);
        }
    }
}
