//! Checking parts against a registry: unknown kinds, unknown, missing and mistyped parameters.

use super::diagnostic::{Diagnostic, quoted};
use super::fields::suggestion;
use super::fleet::Machines;
use super::place::Spanned;
use super::policy::PolicyKind;
use super::quantity;
use super::scenario::Scenario;
use super::service::RequestsSpec;
use super::spec::Seam;
use super::value::{Part, Value};
use super::workload::JobSource;

/// What a registry knows at a seam; `None` leaves the seam unchecked.
pub type Registry<'a> = dyn Fn(Seam) -> Option<Vec<Known>> + 'a;

/// A kind that a registry knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its name.
    pub kind: String,
    /// The parameters it takes.
    pub params: Vec<Param>,
}

/// A parameter of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its key.
    pub name: String,
    /// What may stand there.
    pub takes: ParamTakes,
    /// Whether it must be there.
    pub required: bool,
}

/// What may stand at a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamTakes {
    /// `true` or `false`.
    Bool,
    /// An integer within bounds, both included.
    Integer(i64, i64),
    /// A number within bounds, both included.
    Number(f64, f64),
    /// A duration such as "6m".
    Duration,
    /// An hourly price such as "$3.06".
    Price,
    /// A size such as "40GiB".
    Size,
    /// A rate such as "12/s".
    Rate,
    /// One of these words.
    Choice(Vec<String>),
    /// Any text.
    Text,
    /// Anything: its owner checks it.
    Any,
}

/// Every part of the scenario that the registry refuses.
pub fn check_parts(scenario: &Scenario, registry: &Registry<'_>) -> Vec<Diagnostic> {
    let mut reasons = Vec::new();
    for (seam, part) in parts(scenario) {
        if let Some(known) = registry(seam) {
            check(seam, &part.as_ref(), &known, &mut reasons);
        }
    }
    reasons
}

/// What the registry refuses of one part.
pub(super) fn check_part(seam: Seam, part: &Part, registry: &Registry<'_>) -> Vec<Diagnostic> {
    let mut reasons = Vec::new();
    if let Some(known) = registry(seam) {
        check(seam, &Found::Part(part).as_ref(), &known, &mut reasons);
    }
    reasons
}

/// A part by reference: some are names alone.
struct PartRef<'a> {
    kind: &'a Spanned<String>,
    params: &'a [(Spanned<String>, Spanned<Value>)],
}

enum Found<'a> {
    Part(&'a Part),
    Name(&'a Spanned<String>),
}

impl Found<'_> {
    fn as_ref(&self) -> PartRef<'_> {
        match self {
            Self::Part(part) => PartRef {
                kind: &part.kind,
                params: &part.params,
            },
            Self::Name(kind) => PartRef { kind, params: &[] },
        }
    }
}

/// Everything in the scenario that a registry names.
fn parts(scenario: &Scenario) -> Vec<(Seam, Found<'_>)> {
    let mut found = Vec::new();
    for fleet in &scenario.fleets {
        if let Machines::Listed { format, .. } = &fleet.machines {
            found.push((Seam::NodeFormat, Found::Name(format)));
        }
    }
    for workload in &scenario.workloads {
        found.push(match &workload.jobs {
            JobSource::Trace(trace) => (Seam::TraceFormat, Found::Name(&trace.format)),
            JobSource::Synth(part) => (Seam::Synth, Found::Part(part)),
        });
        let estimate = workload.estimate.iter();
        found.extend(estimate.map(|part| (Seam::Estimate, Found::Part(part))));
    }
    for service in &scenario.services {
        found.push(match &service.requests {
            RequestsSpec::Model(part) => (Seam::Requests, Found::Part(part)),
            RequestsSpec::Log(log) => (Seam::RequestFormat, Found::Name(&log.format)),
            RequestsSpec::Curve(curve) => (Seam::RequestFormat, Found::Name(&curve.format)),
        });
    }
    for policy in &scenario.policies {
        match &policy.kind {
            PolicyKind::Composed(composed) => {
                let present = composed.parts().into_iter();
                found.extend(present.map(|(seam, part)| (seam, Found::Part(part))));
            }
            PolicyKind::Learned(learned) => {
                found.push((Seam::Head, Found::Part(&learned.asks)));
                let present = learned.composed.parts().into_iter();
                found.extend(present.map(|(seam, part)| (seam, Found::Part(part))));
            }
            PolicyKind::Named(part) => found.push((Seam::Policy, Found::Part(part))),
        }
        let estimate = policy.estimate.iter();
        found.extend(estimate.map(|part| (Seam::Estimate, Found::Part(part))));
        found.extend(
            policy
                .compat
                .iter()
                .map(|name| (Seam::Compat, Found::Name(name))),
        );
    }
    found
}

fn check(seam: Seam, part: &PartRef<'_>, known: &[Known], reasons: &mut Vec<Diagnostic>) {
    let kind = &part.kind.value;
    let Some(spec) = known.iter().find(|known| known.kind == *kind) else {
        let kinds: Vec<_> = known.iter().map(|known| known.kind.as_str()).collect();
        let rule = format!("no {} has this name", seam.noun());
        let shown = format!("\"{}\"", quoted(kind));
        reasons.push(Diagnostic::new(part.kind.place, shown, rule).or(suggestion(kind, &kinds)));
        return;
    };
    for (key, value) in part.params {
        match spec.params.iter().find(|param| param.name == key.value) {
            Some(param) => reasons.extend(refuse(param, value)),
            None => reasons.push(unknown(spec, key)),
        }
    }
    for param in spec.params.iter().filter(|param| param.required) {
        let given = part.params.iter().any(|(key, _)| key.value == param.name);
        if !given {
            let rule = format!("missing: {kind} needs it");
            let remedy = format!("add it: {}", param.takes.expected());
            reasons.push(Diagnostic::new(part.kind.place, &param.name, rule).or(remedy));
        }
    }
}

fn unknown(spec: &Known, key: &Spanned<String>) -> Diagnostic {
    let names: Vec<_> = spec
        .params
        .iter()
        .map(|param| param.name.as_str())
        .collect();
    let rule = format!("unknown parameter of {}", spec.kind);
    Diagnostic::new(key.place, quoted(&key.value), rule).or(suggestion(&key.value, &names))
}

fn refuse(param: &Param, value: &Spanned<Value>) -> Option<Diagnostic> {
    let rule = param.takes.broken_by(&value.value)?;
    let shown = format!("{} = {}", param.name, super::read::brief(&value.value));
    let remedy = format!("write {}", param.takes.expected());
    Some(Diagnostic::new(value.place, shown, rule).or(remedy))
}

impl ParamTakes {
    /// The rule that a value breaks.
    fn broken_by(&self, value: &Value) -> Option<String> {
        let within = |inside: bool| (!inside).then(|| "out of range".to_owned());
        match (self, value) {
            (Self::Any, _) | (Self::Bool, Value::Bool(_)) | (Self::Text, Value::Text(_)) => None,
            (Self::Integer(least, most), Value::Integer(n)) => within((least..=most).contains(&n)),
            (Self::Number(least, most), Value::Float(x)) => within((least..=most).contains(&x)),
            #[expect(clippy::cast_precision_loss, reason = "the nearest double is meant")]
            (Self::Number(least, most), Value::Integer(n)) => {
                within((*least..=*most).contains(&(*n as f64)))
            }
            (Self::Duration, Value::Text(text)) => quantity::parse_span(text).err().map(Into::into),
            (Self::Price, Value::Text(text)) => quantity::parse_price(text).err().map(Into::into),
            (Self::Size, Value::Text(text)) => quantity::parse_size(text).err().map(Into::into),
            (Self::Rate, Value::Text(text)) => quantity::parse_rate(text).err().map(Into::into),
            (Self::Choice(words), Value::Text(text)) if words.contains(text) => None,
            (Self::Choice(_), Value::Text(_)) => Some("unknown".into()),
            (_, value) => Some(format!("{} cannot stand here", value.noun())),
        }
    }

    /// What it takes, as a message says it.
    fn expected(&self) -> String {
        match self {
            Self::Bool => "true or false".into(),
            Self::Integer(least, most) => format!("an integer from {least} to {most}"),
            Self::Number(least, most) => format!("a number from {least} to {most}"),
            Self::Duration => "a duration such as \"6m\"".into(),
            Self::Price => "an hourly price such as \"$3.06\"".into(),
            Self::Size => "a size such as \"40GiB\"".into(),
            Self::Rate => "a rate such as \"12/s\"".into(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Text => "a text".into(),
            Self::Any => "anything".into(),
        }
    }
}

impl Seam {
    /// What a message calls a part of this seam.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Admit => "admission",
            Self::Place => "placement",
            Self::Preempt => "preemption",
            Self::Buy => "purchase",
            Self::Move => "move",
            Self::Guard => "guard",
            Self::Hours => "opening hours",
            Self::Scale => "scaling",
            Self::Pace => "pace",
            Self::Replicas => "replicas",
            Self::Oversubscribe => "oversubscription",
            Self::Head => "decision",
            Self::Policy => "policy",
            Self::Synth => "generator",
            Self::Requests => "generator of requests",
            Self::Estimate => "estimate model",
            Self::TraceFormat => "trace format",
            Self::RequestFormat => "format of requests",
            Self::NodeFormat => "node format",
            Self::Compat => "compatibility",
            Self::Metric => "metric",
            Self::Figure => "figure",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{DataRoots, Rejection, parse};

    fn registry(seam: Seam) -> Option<Vec<Known>> {
        let known = |kind: &str, params| Known {
            kind: kind.into(),
            params,
        };
        let quantum = Param {
            name: "quantum".into(),
            takes: ParamTakes::Duration,
            required: true,
        };
        match seam {
            Seam::Order => Some(vec![known("fifo", vec![]), known("las", vec![quantum])]),
            Seam::Estimate => {
                let takes = ParamTakes::Number(0.0, 100.0);
                let factor = Param {
                    name: "factor".into(),
                    takes,
                    required: true,
                };
                Some(vec![known("factor", vec![factor])])
            }
            Seam::Admit
            | Seam::Place
            | Seam::Preempt
            | Seam::Buy
            | Seam::Move
            | Seam::Guard
            | Seam::Hours
            | Seam::Scale
            | Seam::Pace
            | Seam::Replicas
            | Seam::Oversubscribe
            | Seam::Head
            | Seam::Policy
            | Seam::Synth
            | Seam::Requests
            | Seam::TraceFormat
            | Seam::RequestFormat
            | Seam::NodeFormat
            | Seam::Compat
            | Seam::Metric
            | Seam::Figure => None,
        }
    }

    /// What the registry says of a scenario with this order and this estimate.
    fn said(order: &str, estimate: &str) -> String {
        let text = format!(
            "name = \"x\"\n[[fleet]]\nname = \"f\"\ninstance = \"aws/p3.2xlarge\"\ncount = 1\n\
             [[workload]]\nname = \"w\"\nsynth = \"any\"\nestimate = {estimate}\n\
             [[policy]]\nname = \"p\"\norder = {order}\n"
        );
        let loaded = parse(
            "x",
            text.as_bytes(),
            (".".as_ref(), &DataRoots::default()),
            &|_| None,
        );
        let loaded = loaded.expect("a good scenario");
        let reasons = check_parts(&loaded.scenario, &registry);
        if reasons.is_empty() {
            return String::new();
        }
        Rejection::new(loaded.sources, reasons).lines()
    }

    #[test]
    fn parts_that_the_registry_knows_pass() {
        let estimate = "{ model = \"factor\", factor = 5 }";
        assert_eq!(said("\"fifo\"", estimate), "");
        assert_eq!(said("{ kind = \"las\", quantum = \"6m\" }", estimate), "");
    }

    #[test]
    fn all_that_the_registry_does_not_know_is_told_with_a_remedy() {
        let estimate = "{ model = \"factor\", factor = 101 }";
        assert_eq!(
            said("\"fifi\"", estimate),
            "x:9:41: factor = 101: out of range; write a number from 0 to 100\n\
             x:12:9: \"fifi\": no order has this name; did you mean `fifo`?\n"
        );
        assert_eq!(
            said("{ kind = \"las\", quantm = 1 }", "\"factor\""),
            "x:9:12: factor: missing: factor needs it; add it: a number from 0 to 100\n\
             x:12:18: quantum: missing: las needs it; add it: a duration such as \"6m\"\n\
             x:12:25: quantm: unknown parameter of las; did you mean `quantum`?\n"
        );
        assert_eq!(
            said(
                "{ kind = \"las\", quantum = 6 }",
                "{ model = \"factor\", factor = 1 }"
            ),
            "x:12:35: quantum = 6: an integer cannot stand here; write a duration such as \"6m\"\n"
        );
    }
}
