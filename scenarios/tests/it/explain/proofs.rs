//! Reasons proved: at sampled instants of sampled jobs the state is searched anew, with nothing but what is free.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use scenarios::waits::{Lack, Waits};
use sim_core::engine::{Capacity, JobView, NodePhase, Reason, Scene, Whom, World};
use sim_core::model::{Gang, GpuDemand, Role};
use sim_core::units::{OfferingId, SimTime};
use sim_core::watch::{Fact, Observer};
use sim_core::world::draw::{Part, Stream};

use super::naive::{Found, Machine, empty, give_back, open, search};
use super::rig::{adds_up, fly, scenario, waits};

/// Watches why jobs wait, and proves it of some.
pub(crate) struct Prover {
    pub(crate) waits: Waits,
    world: Arc<World>,
    luck: Stream,
    /// Of all instants at which somebody waits, the part that is looked at.
    part: f64,
    /// By offering: what the provider did not have of what was asked for last.
    refused: BTreeMap<OfferingId, u32>,
    /// What is proved beyond what the state alone proves.
    line: Option<Line>,
    /// By reason: how often it was proved, and how often the search gave up.
    pub(crate) proved: BTreeMap<Reason, (u32, u32)>,
}

/// How a policy has its jobs in line, in the order of arrival.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Nobody passes who does not fit.
    Strict,
    /// Whoever does not delay the first may pass.
    Easy,
}

impl Prover {
    pub(crate) fn new((world, waits): (&Arc<World>, Waits), part: f64, line: Option<Line>) -> Self {
        Self {
            waits,
            world: Arc::clone(world),
            luck: Stream::new(7, &[Part::Name("prover")]),
            part,
            refused: BTreeMap::new(),
            line,
            proved: BTreeMap::new(),
        }
    }

    fn prove(&mut self, scene: &Scene<'_>, job: &JobView<'_>) {
        let (reason, lack) = self.waits.why(job.id()).expect("it waits");
        let what = format!("{} at {}: {}", job.id(), scene.view.now(), reason.name());
        let machines = open(scene.capacity);
        let want = (job.gang(), job.models());
        let found = search(scene.capacity, &machines, want, false);
        if reason.is_physical() {
            assert_ne!(found, Found::Placement, "{what}: {:?}", job.gang());
            let lack = lack.expect("it lacks something");
            assert_eq!(lack.reason, reason, "{what}");
            self.prove_lack(scene, job, &lack, &what);
        } else {
            let roles = job.gang().roles();
            let settled = roles.len() == 1 || !roles.iter().any(|role| role.demand.gpu.is_part());
            // Of several roles of which some take parts of GPUs nothing is proved: the policy has the word.
            assert!(found != Found::None || !settled, "{what}: {:?}", job.gang());
            assert_eq!(lack, None, "{what}");
            self.prove_said(scene, job, reason, &what);
        }
        let counts = self.proved.entry(reason).or_default();
        counts.0 += 1;
        counts.1 += u32::from(found == Found::Unknown);
    }

    fn prove_lack(&self, scene: &Scene<'_>, job: &JobView<'_>, lack: &Lack, what: &str) {
        let (capacity, mut machines) = (scene.capacity, open(scene.capacity));
        let want = (job.gang(), job.models());
        let roles = job.gang().roles();
        if roles
            .iter()
            .any(|role| matches!(role.demand.gpu, GpuDemand::Slice(_)))
        {
            return;
        }
        let enough = is_enough(capacity, &machines, job);
        let one = |role: &Role| {
            let gang = Gang::One(Role {
                tasks: 1,
                least: 1,
                ..*role
            });
            search(capacity, &machines, (&gang, want.1), false) == Found::Placement
        };
        let some_task_fits = roles.iter().any(one);
        if lack.reason == Reason::NoCapacity {
            assert!(!enough, "{what}");
        } else if lack.reason == Reason::Fragmentation {
            assert!(enough && !some_task_fits, "{what}");
        } else if lack.reason == Reason::GangIncomplete {
            assert!(enough && some_task_fits, "{what}");
        } else if lack.reason == Reason::Topology {
            assert!(enough, "{what}");
            assert_ne!(
                search(capacity, &machines, want, true),
                Found::None,
                "{what}"
            );
        } else {
            let nodes = (0..capacity.slots()).map(sim_core::units::NodeId);
            for node in nodes {
                let slot = scene.view.node(node).expect("a slot");
                if slot.phase == NodePhase::Booting {
                    machines.extend(empty(capacity, capacity.offering_of(node), 1));
                }
            }
            if lack.reason == Reason::Unavailable {
                assert_ne!(
                    search(capacity, &machines, want, false),
                    Found::Placement,
                    "{what}"
                );
                for (offering, count) in &self.refused {
                    machines.extend(empty(capacity, *offering, *count));
                }
            }
            if lack.reason == Reason::Quota {
                let [left, unheld] = self.unheld(scene);
                let with = |more: Vec<Machine>| {
                    let machines: Vec<Machine> = machines.iter().cloned().chain(more).collect();
                    search(capacity, &machines, want, false)
                };
                assert_ne!(with(left), Found::Placement, "{what}");
                assert_ne!(with(unheld), Found::None, "{what}");
                return;
            }
            assert_ne!(
                search(capacity, &machines, want, false),
                Found::None,
                "{what}"
            );
        }
    }

    /// Empty machines that fleets may have beyond what they hold: of each offering what quotas leave, and all.
    fn unheld(&self, scene: &Scene<'_>) -> [Vec<Machine>; 2] {
        let held = |id: OfferingId| {
            let all = scene.view.offerings().find(|(other, _)| *other == id);
            all.expect("an offering").1.held
        };
        let counts = |id: OfferingId| held(id).max(self.world.offerings[id.index()].initial);
        let fits = |id: OfferingId, more: u32| {
            self.world.quotas.iter().all(|quota| {
                let share = |own: OfferingId, count: u32| {
                    quota.share(&self.world.offerings[own.index()].shape) * u64::from(count)
                };
                let used = quota.covers.iter().map(|own| {
                    let beside = if *own == id { held(id) + more } else { 0 };
                    share(*own, counts(*own).max(beside))
                });
                !quota.covers.contains(&id) || used.sum::<u64>() <= quota.most
            })
        };
        let (mut left, mut all) = (Vec::new(), Vec::new());
        for (id, offering) in scene.view.offerings() {
            let most = self.world.offerings[id.index()].max - offering.held;
            let in_quota = (0..=most).rev().find(|more| fits(id, *more)).unwrap_or(0);
            left.extend(empty(scene.capacity, id, in_quota));
            all.extend(empty(scene.capacity, id, most));
        }
        [left, all]
    }

    fn prove_said(&self, scene: &Scene<'_>, job: &JobView<'_>, reason: Reason, what: &str) {
        let said = |whom: Whom| {
            scene
                .holds
                .iter()
                .any(|(other, why)| *other == whom && why.as_said() == reason)
        };
        let alike = scene.holds.iter().any(|(whom, why)| match whom {
            Whom::Alike(other) => why.as_said() == reason && scene.view.job(*other).is_some(),
            Whom::One(_) | Whom::Others => false,
        });
        if reason == Reason::NotAsked {
            assert!(scene.unheard, "{what}");
        } else if reason != Reason::LeftIdle {
            assert!(
                said(Whom::One(job.id())) || said(Whom::Others) || alike,
                "{what}"
            );
        }
        let head = scene
            .view
            .pending()
            .map(|job| (job.arrival(), job.id()))
            .min();
        let (_, head) = head.expect("somebody waits");
        let head = scene.view.job(head).expect("it waits");
        if self.line.is_some() {
            let unfit = reason == Reason::Unplaced || reason == Reason::LeftIdle;
            assert!(!unfit, "{what}: it fits, and best-fit finds it");
        }
        if self.line == Some(Line::Strict) && reason == Reason::BehindHead {
            assert!(head.id() != job.id(), "{what}: it is the head");
            let want = (head.gang(), head.models());
            let found = search(scene.capacity, &open(scene.capacity), want, false);
            assert_eq!(found, Found::None, "{what}: the head fits");
        } else if self.line == Some(Line::Easy) && reason == Reason::WouldDelay {
            assert!(head.id() != job.id(), "{what}: it is the head");
            prove_delay(scene, &head, job, what);
        }
    }
}

/// Whether in total as much is free as a gang needs, and as each of its roles does.
fn is_enough(capacity: &Capacity, machines: &[Machine], job: &JobView<'_>) -> bool {
    let roles = job.gang().roles();
    let enough = |some: &[Role]| {
        let (mut needed, mut free) = ([0_u64; 3], [0_u64; 3]);
        for role in some {
            let each = [
                role.demand.gpu_milli(),
                role.demand.cpu_milli.into(),
                role.demand.memory_mib.into(),
            ];
            needed
                .iter_mut()
                .zip(each)
                .for_each(|(sum, each)| *sum += each * u64::from(role.least));
        }
        for machine in machines {
            let usable =
                |role: &&Role| capacity.allows(machine.offering, job.models(), &role.demand);
            let usable: Vec<&Role> = some.iter().filter(usable).collect();
            let parts = usable.iter().any(|role| role.demand.gpu.is_part());
            if usable.iter().any(|role| role.demand.gpu != GpuDemand::None) {
                let left = machine.gpus.iter().filter(|left| parts || **left == 1000);
                free[0] += left.copied().map(u64::from).sum::<u64>();
            }
            if !usable.is_empty() {
                free[1] += u64::from(machine.cpu);
                free[2] += u64::from(machine.memory);
            }
        }
        needed
            .into_iter()
            .zip(free)
            .all(|(needed, free)| needed <= free)
    };
    enough(roles) && roles.iter().all(|role| enough(std::slice::from_ref(role)))
}

/// The head fits at its shadow time, by the estimates, and would not with the job on the nodes that are left tightest.
fn prove_delay(scene: &Scene<'_>, head: &JobView<'_>, job: &JobView<'_>, what: &str) {
    let capacity = scene.capacity;
    let end = |job: &JobView<'_>| job.estimated_end().unwrap_or(SimTime::MAX);
    let mut running: Vec<JobView<'_>> = scene.view.running().collect();
    running.sort_by_key(|job| (end(job), job.id()));
    let fits = |until: SimTime, with: Option<&JobView<'_>>| {
        let mut machines = open(capacity);
        if let Some(job) = with {
            take_tightest(&mut machines, job);
        }
        for ended in running.iter().filter(|job| end(job) <= until) {
            give_back(&mut machines, ended);
        }
        search(capacity, &machines, (head.gang(), head.models()), false) == Found::Placement
    };
    let ends: Vec<SimTime> = running.iter().map(end).collect();
    let first = ends.partition_point(|at| !fits(*at, None));
    let shadow = ends.get(first).copied().unwrap_or(SimTime::MAX);
    assert!(end(job) > shadow, "{what}: it ends in time, by {shadow}");
    if let [role] = job.gang().roles()
        && role.least == 1
    {
        assert!(
            !fits(shadow, Some(job)),
            "{what}: the head fits at {shadow} all the same"
        );
    }
}

/// Takes what a job of one task wants of the node with the fewest free GPUs that has it.
fn take_tightest(machines: &mut [Machine], job: &JobView<'_>) {
    let wanted = usize::from(match job.gang().roles()[0].demand.gpu {
        GpuDemand::Whole(gpus) => gpus,
        GpuDemand::None | GpuDemand::Milli(_) | GpuDemand::Slice(_) => 0,
    });
    let free = |machine: &Machine| machine.gpus.iter().filter(|left| **left == 1000).count();
    let roomy = machines
        .iter_mut()
        .filter(|machine| free(machine) >= wanted);
    let tightest = roomy.min_by_key(|machine| (free(machine), machine.node));
    let left = tightest.expect("it has a placement").gpus.iter_mut();
    left.filter(|left| **left == 1000)
        .take(wanted)
        .for_each(|left| *left = 0);
}

impl Observer for Prover {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        self.waits.observe(now, fact);
        if let Fact::Requested {
            offering,
            asked,
            granted,
        } = fact
        {
            self.refused.insert(*offering, asked - granted);
        }
    }

    fn asks_why(&self) -> bool {
        true
    }

    fn passes(&mut self, until: SimTime, scene: &Scene<'_>) {
        self.waits.passes(until, scene);
        let waiting = u64::from(scene.view.pending_len());
        if waiting > 0 && self.luck.chance(self.part) {
            let which = usize::try_from(self.luck.below(waiting)).expect("few");
            let job = scene.view.pending().nth(which).expect("so many wait");
            self.prove(scene, &job);
        }
    }
}

fn tell(what: &str, proved: &BTreeMap<Reason, (u32, u32)>) -> u32 {
    let each = proved.iter().map(|(reason, (times, unknown))| {
        let unknown = if *unknown > 0 {
            format!(" ({unknown} not searched to the end)")
        } else {
            String::new()
        };
        format!("{} {times}{unknown}", reason.name())
    });
    println!("{what}: {}", each.collect::<Vec<_>>().join(", "));
    proved
        .values()
        .map(|(times, unknown)| times - unknown)
        .sum()
}

#[test]
fn reasons_of_jobs_in_philly_are_proved_at_a_thousand_instants() {
    let reference = std::env::var_os("WINDTUNNEL_REFERENCE");
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("library/philly.toml");
    let there = reference.is_some_and(|folder| {
        Path::new(&folder)
            .join("data/philly/philly.csv.gz")
            .exists()
    });
    if !there {
        println!("skipped: no reference data");
        return;
    }
    let experiment = scenario(&library);
    let seed = experiment.loaded.scenario.seed.value;
    let mut pairs = 0;
    for (position, chosen) in experiment.contenders.iter().enumerate() {
        let own = experiment.of_policy(position);
        let jobs = own.jobs(seed).expect("jobs that fit");
        let line = match chosen.name.as_str() {
            "fifo" => Some(Line::Strict),
            "easy-x5" | "easy-exact" => Some(Line::Easy),
            _ => None,
        };
        let prover = Prover::new((jobs.world(), waits(&jobs)), 0.004, line);
        let flown = fly(own, position, (seed, &jobs), prover);
        pairs += tell(&chosen.name, &flown.seen.proved);
        let waited = flown.seen.waits.finish();
        adds_up(&chosen.name, &flown.record, &waited);
        let total = super::rig::total(&waited);
        let all: f64 = total.iter().sum();
        let left = total[Reason::LeftIdle.index()];
        assert!(
            left <= 0.001 * all,
            "{}: {left} s of {all} s unexplained",
            chosen.name
        );
    }
    assert!(pairs >= 1000, "{pairs} pairs");
}
