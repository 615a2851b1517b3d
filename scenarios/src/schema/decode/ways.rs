//! Of `[[service.replicas]]`: who comes to a set, and where requests go on from there.

use sim_core::serve::{WaySet, When};
use sim_core::units::Span;

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::service::{NetworkSpec, ReplicasSpec, ThenSpec, WaySpec};
use super::super::spec::{Choice, KeySpec, Takes};
use super::service::millionths;

pub(super) const CLASSES: KeySpec = KeySpec::new(
    "classes",
    Takes::List(&Takes::Name),
    "Classes of requests that come here.",
)
.default("any; none where another set's requests go on to this one");

pub(super) const WHEN: KeySpec = KeySpec::new(
    "when",
    Takes::Choice(&WHENS),
    "When they do. Earlier sets are those before it that their class may come to; all that are open to a request are one to the router.",
)
.default("\"always\"");

pub(super) const AFTER: KeySpec = KeySpec::new(
    "after",
    Takes::Duration(false),
    "With when = \"down\": for how long they have to be gone, which is the time to fail over.",
)
.default("\"0s\"");

pub(super) const THEN: KeySpec = KeySpec::new(
    "then",
    Takes::Name,
    "A later set, to which a request goes on from its beginning when its answer here is not good enough: a cascade, or a tier of a search.",
)
.default("none");

pub(super) const ACCEPT: KeySpec = KeySpec::new(
    "accept",
    Takes::Number(0.0, 1.0, false),
    "With then, which needs it: the probability that an answer is good enough, drawn by the request's number.",
)
.bound("a probability is 0 to 1", "write a number in that range");

pub(super) const NETWORK: KeySpec = KeySpec::new(
    "network",
    Takes::Either(&[
        Takes::Duration(false),
        Takes::Map(&Takes::Duration(false)),
    ]),
    "Time on the way from the user and back, together: for all, or by class. It is added to latency and time to the first token.",
)
.default("\"0s\"");

pub(super) const QUALITY: KeySpec = KeySpec::new(
    "quality",
    Takes::Number(0.0, 1.0, false),
    "What an answer made here is worth.",
)
.default("1.0")
.bound("a quality is 0 to 1", "write a number in that range");

static WHENS: [Choice; 3] = [
    Choice::new("always", "At all times."),
    Choice::new(
        "full",
        "While no earlier set that is open to them has a replica with room.",
    ),
    Choice::new(
        "down",
        "While no earlier set has had a replica that takes requests for some time: a warm standby.",
    ),
];

pub(super) fn decode(fields: &Fields<'_>) -> Option<WaySpec> {
    let classes = fields.optional("classes", |item| {
        every(item.list()?.into_iter().map(Item::name))
    });
    let network = fields
        .item("network")
        .map_or(Some(NetworkSpec::Alike(Span::ZERO)), network);
    let quality = fields
        .item("quality")
        .map_or(Some(1.0), |item| Some(item.number()?.value));
    let (when, then) = (when(fields), then(fields));
    Some(WaySpec {
        classes: classes?,
        when: when?,
        then: then?,
        network: network?,
        quality_ppm: millionths(quality?),
    })
}

fn when(fields: &Fields<'_>) -> Option<When> {
    let when = fields
        .item("when")
        .map_or(Some(0), |item| Some(item.choice()?.value));
    let after = fields.optional("after", Item::span);
    let (when, after) = (when?, after?);
    if when != 2
        && let Some(after) = after
    {
        let remedy = "write when = \"down\", or remove it";
        let rule = "says when a standby takes over, and this is none";
        fields.refuse(after.place, "after", rule, remedy);
        return None;
    }
    let after = after.map_or(Span::ZERO, |span| span.value);
    Some([When::Always, When::Full, When::Down(after)][when])
}

#[expect(
    clippy::option_option,
    reason = "absent, refused and read are three answers"
)]
fn then(fields: &Fields<'_>) -> Option<Option<ThenSpec>> {
    let set = fields.optional("then", Item::name);
    let accept = fields.optional("accept", Item::number);
    match (set?, accept?) {
        (None, None) => Some(None),
        (Some(set), Some(accept)) => Some(Some(ThenSpec {
            set,
            accept_ppm: millionths(accept.value),
        })),
        (Some(set), None) => {
            let rule = "how often does it?";
            let remedy = "add accept, the probability that an answer is good enough";
            fields.refuse(set.place, "then", rule, remedy);
            None
        }
        (None, Some(accept)) => {
            let remedy = "add then, or remove it";
            fields.refuse(
                accept.place,
                "accept",
                "and where to, if it is not?",
                remedy,
            );
            None
        }
    }
}

fn network(item: Item<'_>) -> Option<NetworkSpec> {
    let item = item.pick()?;
    if !item.is_table() {
        return Some(NetworkSpec::Alike(item.span()?.value));
    }
    let read =
        |(class, item): (&Spanned<String>, Item<'_>)| Some((class.clone(), item.span()?.value));
    every(item.map()?.into_iter().map(read)).map(NetworkSpec::ByClass)
}

/// Whether there are not too many sets, and those that go on do so to a later one.
pub(super) fn are_sound(fields: &Fields<'_>, split: bool, sets: &[ReplicasSpec]) -> Option<()> {
    if sets.len() > WaySet::MOST {
        let rule = format!(
            "{} sets, and a service has at most {}",
            sets.len(),
            WaySet::MOST
        );
        fields.refuse_here("replicas", &rule, "make two services of it");
        return None;
    }
    for (at, set) in sets.iter().enumerate() {
        let Some(then) = &set.way.then else {
            continue;
        };
        let named = sets
            .iter()
            .position(|other| other.name.value == then.set.value);
        let (rule, remedy) = match named {
            _ if split => (
                "with a transfer, requests have gone on already",
                "remove then, or transfer",
            ),
            None => (
                "the service has no such set",
                "write the name of a later set",
            ),
            Some(to) if to <= at => ("is no later set", "put it behind this one"),
            Some(_) => continue,
        };
        fields.refuse(then.set.place, &then.set.value, rule, remedy);
        return None;
    }
    Some(())
}
