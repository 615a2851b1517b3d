//! Relations between runs, each with its precondition, and a case that breaks without it.

use std::sync::Arc;

use scenarios::build::Experiment;
use sim_core::engine::{Plan, Policy, View, Wakes, World};
use sim_core::units::{SimTime, Span};
use sim_core::world::price::resampled;

use super::rig::{Flown, JOBS, experiment, fly, fly_in};

/// Twelve jobs of odd lengths, an eighth of an hour apart.
fn dozen() -> Vec<(u64, u64, u32)> {
    (0..12)
        .map(|job| (450 * job, 1_701 + 977 * (job % 5), 1))
        .collect()
}

/// A lone machine or more of one GPU, with jobs in order of arrival.
fn with_policy(fleets: &str, policy: &str) -> String {
    format!("name = \"related\"\n{fleets}{JOBS}[[policy]]\nname = \"p\"\n{policy}\n")
}

const BUY: &str = "buy = { kind = \"queue-depth\", market = [\"spot\", \"on-demand\"], idle = \"10m\" }\nadmit = \"skip\"";

/// Two fleets, a reservation, a store and a leftover, with every price in units of k dollars, and a bid of its own.
fn priced(k: u32, bid: u32) -> Experiment {
    let usd = |thousandths: u32| format!("${}.{:03}", thousandths / 1000, thousandths % 1000);
    let of = |thousandths: u32| usd(k * thousandths);
    let fleets = format!(
        r#"
[[fleet]]
name = "spot"
instance = {{ gpus = 1, gpu = "V100" }}
max = 3
market = "spot"
price = {{ steps = [["0h", "{}"], ["20m", "{}"], ["1h", "{}"], ["90m", "{}"]] }}
bid = "{}"
billing = "aws-spot"
[[fleet]]
name = "steady"
instance = {{ gpus = 1, gpu = "V100" }}
max = 2
market = "on-demand"
price = "{}"
billing = "per-second"
boot = "3m"
[[reservation]]
name = "base"
covers = ["steady"]
count = 1
term = "2h"
upfront = "{}"
hourly = "{}"
[[leftover]]
name = "volume"
hourly = "{}"
"#,
        of(313),
        of(421),
        of(977),
        of(333),
        usd(bid),
        of(3_061),
        of(777),
        of(1_503),
        of(11),
    );
    experiment(&with_policy(&fleets, BUY), &dozen())
}

/// Whether every line is exactly k times as much, as a fraction.
fn is_times(k: i128, base: &Flown, dearer: &Flown) -> bool {
    let (own, other) = (base.bill.lines(), dearer.bill.lines());
    own.len() == other.len()
        && own.iter().zip(other).all(|(own, other)| {
            let ((whole, rest, over), (more, left, under)) =
                (own.exact.parts(), other.exact.parts());
            let same = (own.source, own.kind) == (other.source, other.kind);
            // Rounded once each, so that k times the one lies within (k + 1) / 2 of the other, and its exact sum is the same.
            let near = (other.amount.nanousd() - k * own.amount.nanousd()).abs() <= (k + 1) / 2;
            same && near && over == under && k * (whole * over + rest) == more * under + left
        })
}

#[test]
fn all_prices_times_k_make_every_line_k_times_as_much_if_the_bid_is_multiplied_too() {
    let base = fly(&priced(1, 500), 0, 1);
    assert!(base.bill.lines().len() > 6, "{:?}", base.bill.lines());
    assert!(
        base.diary.holds.iter().any(|hold| hold.taken),
        "the price passes the bid"
    );
    for k in [2, 7, 1_000] {
        let dearer = fly(&priced(k, 500 * k), 0, 1);
        assert!(is_times(k.into(), &base, &dearer), "times {k}");
        assert!(base.deeds() == dearer.deeds());
    }
    // A bid that stays behind loses the machines for good.
    let outbid = fly(&priced(7, 500), 0, 1);
    assert!(!is_times(7, &base, &outbid));
}

/// The same experiment in a world whose prices have a step every minute, most of which change nothing.
fn stepped(experiment: &Experiment) -> Arc<World> {
    let mut world = (*experiment.world).clone();
    for offering in &mut world.offerings {
        let every = (Span::from_secs(60), SimTime::from_secs(86_400));
        offering.price = resampled(&offering.price, every.0, every.1).unwrap();
    }
    Arc::new(world)
}

/// Starts whatever fits, but only when a price has stepped.
#[derive(Clone)]
struct OnPrices;

impl Policy for OnPrices {
    fn name(&self) -> &'static str {
        "on-prices"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::PRICE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        for job in view.pending().map(|job| job.id()).collect::<Vec<_>>() {
            if let Some(placement) = plan.fits(job) {
                plan.start(job, &placement).unwrap();
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

#[test]
fn a_price_curve_with_steps_that_change_nothing_changes_nothing_for_who_does_not_wake_on_prices() {
    let market = priced(1, 500);
    let (plain, again) = (
        fly(&market, 0, 1),
        fly_in(
            &market,
            &stepped(&market),
            market.contenders[0].policy(1),
            0,
            1,
        ),
    );
    assert!(again.diary.prices.len() > 2 * plain.diary.prices.len());
    assert!(plain.deeds() == again.deeds());
    assert_eq!(plain.decisions, again.decisions);
    assert_eq!(plain.bill.lines(), again.bill.lines());
    // Machines that are always there, so that a policy that only wakes on prices can start at all.
    let fleets = "[[fleet]]\nname = \"spot\"\ninstance = { gpus = 1, gpu = \"V100\" }\ncount = 3\nmarket = \"spot\"\n\
                  price = { steps = [[\"0h\", \"$1\"], [\"1h\", \"$2\"], [\"2h\", \"$1\"], [\"3h\", \"$2\"], [\"4h\", \"$1\"], [\"5h\", \"$2\"]] }\n\
                  [horizon]\nend = \"8h\"\n";
    let market = experiment(&with_policy(fleets, "order = \"fifo\""), &dozen());
    let (plain, again) = (
        fly_in(&market, &market.world, Box::new(OnPrices), 0, 1),
        fly_in(&market, &stepped(&market), Box::new(OnPrices), 0, 1),
    );
    assert!(
        plain.diary.ends[0] > again.diary.ends[0],
        "it starts sooner"
    );
    assert_ne!(plain.bill.lines(), again.bill.lines());
}

/// One machine that stands by itself, and 100 s of work on it; the provider takes it, or not, and it is back at once.
fn drilled(billing: &str, drill: bool) -> Flown {
    let event = "[[event]]\nname = \"split\"\nkind = \"drill\"\nat = \"43s\"\n";
    let fleets = format!(
        "{}[[fleet]]\nname = \"a\"\ninstance = {{ gpus = 1, gpu = \"V100\" }}\ncount = 1\nmarket = \"on-demand\"\nprice = \"$3.60\"\nbilling = {billing}\n",
        if drill { event } else { "" }
    );
    let text = with_policy(&fleets, "order = \"fifo\"");
    fly(&experiment(&text, &[(0, 100, 1)]), 0, 1)
}

#[test]
fn a_machine_that_is_lost_and_back_at_once_costs_the_same_unless_there_is_a_minimum() {
    for billing in [
        "\"exact\"",
        "{ per = \"1s\" }",
        "{ per = \"1s\", minimum = \"40s\" }",
    ] {
        let (whole, split) = (drilled(billing, false), drilled(billing, true));
        assert_eq!((whole.diary.holds.len(), split.diary.holds.len()), (1, 2));
        assert_eq!(whole.end, split.end);
        assert_eq!(
            (whole.nanousd(), split.nanousd()),
            (100_000_000, 100_000_000)
        );
    }
    // 43 s and 57 s are a minute each.
    let (whole, split) = (
        drilled("\"per-second\"", false),
        drilled("\"per-second\"", true),
    );
    assert_eq!(
        (whole.nanousd(), split.nanousd()),
        (100_000_000, 120_000_000)
    );
}

/// A pool of four machines as one fleet, or as two of two machines each, under the same number of machines to be had.
fn pooled(halves: bool, gpus: u32, fate: &str) -> Flown {
    let fleet = |name: &str, zone: &str, count: u32, curve: &str| {
        format!(
            "[[fleet]]\nname = \"{name}\"\ninstance = {{ gpus = 1, gpu = \"V100\" }}\ncount = {count}\nzone = \"{zone}\"\n\
             market = \"spot\"\nprice = \"$1.37\"\nbilling = \"per-second\"\n{}\n",
            if fate.is_empty() {
                format!("availability = {{ steps = [{curve}] }}")
            } else {
                fate.to_owned()
            },
        )
    };
    // Machines are lost from the highest slot down: the second half empties first.
    let steps: [(u32, u32); 9] = [
        (0, 4),
        (20, 3),
        (45, 1),
        (70, 4),
        (100, 2),
        (130, 0),
        (150, 3),
        (200, 1),
        (230, 4),
    ];
    let curve = |of: fn(u32) -> u32| {
        let mut parts: Vec<(u32, u32)> =
            steps.iter().map(|(at, nodes)| (*at, of(*nodes))).collect();
        parts.dedup_by_key(|part| part.1);
        let parts: Vec<String> = parts
            .iter()
            .map(|(at, nodes)| format!("[\"{at}m\", {nodes}]"))
            .collect();
        parts.join(", ")
    };
    let fleets = if halves {
        let (low, high) = (
            curve(|nodes| nodes.min(2)),
            curve(|nodes| nodes.saturating_sub(2)),
        );
        fleet("a", "z1", 2, &low) + &fleet("b", "z2", 2, &high)
    } else {
        fleet("a", "z1", 4, &curve(|nodes| nodes))
    };
    let text = with_policy(&fleets, "admit = \"skip\"\nplace = \"first-fit\"");
    let text = text.replace(
        JOBS,
        &format!("{JOBS}task-gpus = 1\ncourse = {{ kind = \"linear\", across-zones = 0.5 }}\ncheckpoint = {{ every = \"7m\", restore = \"90s\" }}\n"),
    );
    let jobs: Vec<(u64, u64, u32)> = dozen()
        .into_iter()
        .map(|(at, work, _)| (at, work, gpus))
        .collect();
    fly(&experiment(&text, &jobs), 0, 1)
}

#[test]
fn a_pool_split_in_two_under_replayed_losses_ends_every_job_of_one_node_at_the_same_time_for_the_same_money()
 {
    let (whole, split) = (pooled(false, 1, ""), pooled(true, 1, ""));
    assert!(whole.diary.holds.iter().filter(|hold| hold.taken).count() > 8);
    assert_eq!(whole.diary.ends, split.diary.ends);
    assert_eq!(whole.nanousd(), split.nanousd());
    // A gang of three lies in two zones, where it is slower.
    assert_ne!(
        pooled(false, 3, "").diary.ends,
        pooled(true, 3, "").diary.ends
    );
    // Luck is named by the fleet and its slot.
    let fate = "reclaim = { model = \"exponential\", mean = \"40m\" }";
    assert_ne!(
        pooled(false, 1, fate).diary.ends,
        pooled(true, 1, fate).diary.ends
    );
}

/// A job of half an hour, with an hour of changeover, that could go on spot; the policy at each position, and something on spot.
fn pursued(outside: &str) -> Experiment {
    let machine = "instance = { gpus = 1, gpu = \"V100\" }\nmax = 1";
    let fleets = format!(
        "[[fleet]]\nname = \"spot\"\n{machine}\nmarket = \"spot\"\nprice = \"$1\"\n{outside}\n\
         [[fleet]]\nname = \"steady\"\n{machine}\nmarket = \"on-demand\"\nprice = \"$1.50\"\n"
    );
    let checkpoint = "deadline = \"20h\"\nestimate = { model = \"exact\" }\ncheckpoint = { setup = \"1h\", restore = \"1h\" }\n";
    let policies = "kind = \"greedy\"\n[[policy]]\nname = \"u\"\nkind = \"uniform-progress\"\n\
                    [[policy]]\nname = \"q\"\nbuy = { kind = \"queue-depth\", market = [\"spot\"] }\n\
                    [[policy]]\nname = \"n\"\nkind = \"next-spot\"\nclairvoyant = [\"reclaims\"]";
    let text = with_policy(&fleets, policies).replace(JOBS, &format!("{JOBS}{checkpoint}"));
    experiment(&text, &[(0, 1_800, 1)])
}

#[test]
fn a_loss_that_never_comes_changes_no_decision_of_who_does_not_look_ahead() {
    let calm = pursued("");
    for never in [
        "reclaim = { model = \"exponential\", mean = \"700000h\" }",
        "shocks = { every = \"700000h\" }",
        "availability = { steps = [[\"0h\", 1], [\"2h\", 0]] }",
    ] {
        let risky = pursued(never);
        for policy in 0..3 {
            let (calm, risky) = (fly(&calm, policy, 1), fly(&risky, policy, 1));
            assert!(calm.end < SimTime::from_secs(7_200), "{}", calm.end.us());
            assert_eq!(calm.decisions, risky.decisions, "{never}, policy {policy}");
            assert_eq!(calm.bill.lines(), risky.bill.lines());
        }
    }
    // Who knows that the machines go half an hour after the job would have ended takes none: two hours are below k d / (k - 1) = 3.
    let (calm, risky) = (
        fly(&calm, 3, 1),
        fly(
            &pursued("availability = { steps = [[\"0h\", 1], [\"2h\", 0]] }"),
            3,
            1,
        ),
    );
    assert!(risky.end < SimTime::from_secs(7_200));
    assert_ne!(calm.decisions, risky.decisions);
    assert_eq!(
        (calm.nanousd(), risky.nanousd()),
        (1_500_000_000, 2_250_000_000)
    );
}
