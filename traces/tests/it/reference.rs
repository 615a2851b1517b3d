//! The importers on the published files themselves, and what was calibrated to them, where they are
//! at hand.

use std::fs::File;
use std::path::PathBuf;

use sim_core::units::{Span, convert};
use traces::{Options, Source, Status, Workload, import, import_nodes};

/// The file, or nothing where there is no reference data.
fn reference(name: &str) -> Option<PathBuf> {
    // A relative path counts from the workspace, not from this crate.
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").unwrap_or_else(|| "../shared".into());
    let root = workspace.join(root);
    let path = root.join("data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no reference data");
    None
}

fn read(format: &str, name: &str) -> Option<Workload> {
    let file = File::open(reference(name)?).expect("readable reference data");
    Some(import(format, Source::new(name, file), &Options::default()).expect("a published file"))
}

fn gpu_seconds(workload: &Workload) -> u128 {
    workload
        .jobs
        .iter()
        .map(traces::Record::work_milli)
        .sum::<u128>()
        / 1_000_000_000
}

#[test]
fn philly_has_its_82_247_jobs_and_978_078_gpu_hours() {
    let Some(philly) = read("philly-csv", "philly/philly.csv.gz") else {
        return;
    };
    assert_eq!(philly.jobs.len(), 82_247);
    assert_eq!(philly.queues.len(), 15);
    assert_eq!(philly.epoch.as_deref(), Some("2017-09-04T10:30:41"));
    assert_eq!(gpu_seconds(&philly) / 3600, 978_078);
    let duplicates = philly.jobs.windows(2);
    assert!(
        duplicates.clone().all(|w| w[0].submit <= w[1].submit),
        "sorted"
    );
    let single = philly.jobs.iter().filter(|job| job.tasks == 1).count();
    assert_eq!(single, 76_627);
    let longest = philly.jobs.iter().map(|job| job.duration.us()).max();
    assert_eq!(longest, Some(4_628_226_000_000));
}

#[test]
fn the_three_workload_logs_have_their_jobs_machines_and_processor_seconds() {
    let logs = [
        (
            "swf/HPC2N-2002-2.2-cln.swf.gz",
            202_871,
            Some(240),
            240,
            15_772_140_964,
        ),
        ("swf/lublin_256.swf.gz", 10_000, None, 256, 2_092_781_168),
        ("swf/lublin_256_new2.swf.gz", 10_000, None, 256, 726_158_669),
    ];
    for (name, jobs, procs, nodes, processor_seconds) in logs {
        let Some(log) = read("swf", name) else {
            return;
        };
        assert_eq!(log.jobs.len(), jobs, "{name}");
        assert_eq!((log.machine.procs, log.machine.nodes), (procs, Some(nodes)));
        assert_eq!(gpu_seconds(&log), processor_seconds, "{name}");
        let estimates = log.jobs.iter().filter(|job| job.estimate.is_some()).count();
        assert_eq!(estimates, if procs.is_some() { jobs } else { 0 });
    }
}

#[test]
fn hpc2n_starts_when_its_header_says_and_states_its_differing_processors() {
    let Some(log) = read("swf", "swf/HPC2N-2002-2.2-cln.swf.gz") else {
        return;
    };
    assert_eq!(log.epoch.as_deref(), Some("2002-07-28T07:04:05Z"));
    let completed = log
        .jobs
        .iter()
        .filter(|job| job.status == Status::Completed)
        .count();
    assert_eq!(completed, 201_993);
    assert!(log.notes[0].starts_with("729 jobs asked for another number"));
}

#[test]
fn openb_pods_have_their_counts_and_shares() {
    let Some(pods) = read("openb-pods", "openb/openb_pod_list_default.csv.gz") else {
        return;
    };
    let count =
        |keep: &dyn Fn(&traces::Record) -> bool| pods.jobs.iter().filter(|job| keep(job)).count();
    assert_eq!(pods.jobs.len(), 8152);
    assert_eq!(count(&|job| job.gpus == 0), 1088);
    assert_eq!(count(&|job| job.gpus == 1 && job.gpu_milli < 1000), 3078);
    assert_eq!(count(&|job| job.gpus == 1 && job.gpu_milli == 1000), 3911);
    assert_eq!(count(&|job| job.gpus == 8), 44);
    assert_eq!(count(&|job| job.status == Status::Pending), 897);
    let gpus: u64 = pods.jobs.iter().map(traces::Record::total_gpu_milli).sum();
    assert_eq!(gpus / 100, 60_868);
}

#[test]
fn every_openb_list_reads_and_constrains_models_where_it_says() {
    let Some(folder) = reference("openb") else {
        return;
    };
    let mut lists = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("UTF-8");
        if !name.contains("pod_list") {
            continue;
        }
        let pods = read("openb-pods", &format!("openb/{name}")).expect("it was listed");
        let constrained = pods.jobs.iter().filter(|job| !job.models.is_any()).count();
        let expected = if name.contains("gpuspec33") {
            Some(2388)
        } else {
            None
        };
        assert!(
            expected.is_none_or(|n| n == constrained),
            "{name}: {constrained}"
        );
        lists += 1;
    }
    assert_eq!(lists, 24);
}

#[test]
fn openb_machines_have_their_6212_gpus() {
    for (name, machines) in [
        ("openb/openb_node_list_gpu_node.csv.gz", 1213),
        ("openb/openb_node_list_all_node.csv.gz", 1523),
    ] {
        let Some(path) = reference(name) else {
            return;
        };
        let source = Source::new(name, File::open(path).expect("readable"));
        let nodes = import_nodes("openb-nodes", source, &Options::default()).expect("published");
        assert_eq!(nodes.nodes.len(), machines);
        let gpus: u32 = nodes.nodes.iter().map(|node| u32::from(node.gpus)).sum();
        assert_eq!(gpus, 6212);
        assert_eq!(nodes.models.len(), 7);
    }
}

/// Parsing is the first thing a large replay waits for; the bound is loose, for busy machines.
#[test]
fn swf_reads_in_well_under_a_microsecond_a_line() {
    let Some(path) = reference("swf/HPC2N-2002-2.2-cln.swf.gz") else {
        return;
    };
    let mut text = Vec::new();
    let mut gzip = flate2::read::GzDecoder::new(File::open(path).expect("readable"));
    std::io::Read::read_to_end(&mut gzip, &mut text).expect("gzip");
    let best = (0..5).map(|_| {
        let start = std::time::Instant::now();
        let log = import(
            "swf",
            Source::new("h", text.as_slice()),
            &Options::default(),
        );
        let jobs = u32::try_from(log.expect("published").jobs.len()).expect("few");
        start.elapsed() / jobs
    });
    let best = best.min().expect("five runs");
    println!("swf: {best:?} a line");
    assert!(best.as_nanos() < 2000, "{best:?}");
}

#[test]
fn the_critic_finds_what_is_known_about_philly() {
    let Some(philly) = read("philly-csv", "philly/philly.csv.gz") else {
        return;
    };
    let findings = traces::lint(&philly, None);
    let count = |code| findings.iter().find(|f| f.code == code).map(|f| f.count);
    assert_eq!(count(traces::Code::DuplicateJob), Some(65));
    assert!(count(traces::Code::Unsorted).is_some());
    assert!(count(traces::Code::ClockGap).is_some());
    assert_eq!(count(traces::Code::ZeroDuration), None);
    let stats = traces::Stats::of(&philly, None);
    assert_eq!(stats.duration_s.p50.to_bits(), 1144.0_f64.to_bits());
}

#[test]
fn openb_fits_its_own_fleet_but_for_demand_that_is_stated() {
    let name = "openb/openb_node_list_gpu_node.csv.gz";
    let Some(path) = reference(name) else {
        return;
    };
    let source = Source::new(name, File::open(path).expect("readable"));
    let nodes = import_nodes("openb-nodes", source, &Options::default()).expect("published");
    let fleet = traces::Fleet::of(&nodes);
    assert_eq!(fleet.gpus(), 6212);
    let pods = read("openb-pods", "openb/openb_pod_list_gpuspec33.csv.gz").expect("it is there");
    let findings = traces::lint(&pods, Some(&fleet));
    let errors = findings
        .iter()
        .filter(|f| f.code.severity() == traces::Severity::Error);
    assert_eq!(errors.count(), 0, "{findings:?}");
}

#[test]
fn the_constants_of_the_philly_generator_are_those_of_the_trace() {
    use traces::synth::philly_2017::{CLUSTERS, DURATIONS_S, PROBABILITIES, SIZES};
    let Some(philly) = read("philly-csv", "philly/philly.csv.gz") else {
        return;
    };
    let sizes = traces::Stats::of(&philly, None).sizes;
    assert_eq!(
        sizes,
        SIZES.map(|(gpus, count)| (gpus.into(), count.into()))
    );
    let mut clusters = vec![0; philly.queues.len()];
    for job in &philly.jobs {
        clusters[usize::from(job.queue.expect("every row has a cluster"))] += 1;
    }
    clusters.sort_unstable_by_key(|&count| std::cmp::Reverse(count));
    assert_eq!(clusters, CLUSTERS);
    let classes = [1..=1, 2..=4, 5..=u32::MAX];
    for (class, quantiles) in classes.into_iter().zip(DURATIONS_S) {
        let of = philly.jobs.iter().filter(|job| class.contains(&job.tasks));
        let mut seconds: Vec<f64> = of
            .map(|job| convert::real(job.duration.us()) / 1e6)
            .collect();
        seconds.sort_by(f64::total_cmp);
        let last = convert::real(convert::wide(seconds.len() - 1));
        let at = |p: f64| seconds[usize::try_from(convert::floor(p * last + 0.5)).expect("small")];
        assert_eq!(
            PROBABILITIES.map(at).map(f64::to_bits),
            quantiles.map(f64::to_bits)
        );
    }
}

#[test]
fn the_campaigns_of_the_philly_generator_are_those_of_the_trace() {
    use traces::synth::philly_2017::{CAMPAIGNS, GAPS_S};
    let Some(mut philly) = read("philly-csv", "philly/philly.csv.gz") else {
        return;
    };
    philly.jobs.sort_by_key(|job| (job.queue, job.submit));
    let minute = Span::from_secs(60);
    let near = |a: &traces::Record, b: &traces::Record| {
        a.queue == b.queue && b.submit.since(a.submit) <= minute
    };
    let campaigns = philly.jobs.chunk_by(near);
    let mut gaps = Vec::new();
    let mut counts = [0; CAMPAIGNS.len()];
    for campaign in campaigns {
        let within = |&(fewest, most, _): &(u32, u32, u32)| {
            (fewest..=most).contains(&convert::narrow(campaign.len()))
        };
        counts[CAMPAIGNS
            .iter()
            .position(within)
            .expect("a size of the table")] += 1;
        gaps.extend(campaign.windows(2).map(|w| w[1].submit.since(w[0].submit)));
    }
    assert_eq!(counts, CAMPAIGNS.map(|(_, _, count)| count));
    gaps.sort_unstable();
    let last = convert::real(convert::wide(gaps.len() - 1));
    for (p, seconds) in GAPS_S {
        let gap = gaps[usize::try_from(convert::floor(p * last)).expect("small")];
        assert_eq!(gap.us(), convert::floor(seconds * 1e6), "{p}");
    }
}

/// The stored file is a sample of 10,000 jobs by the authors' own program for 256 processors.
#[test]
fn the_lublin_model_agrees_with_a_sample_of_its_authors_program() {
    use traces::synth::{Length, Lublin, Luck};
    let Some(theirs) = read("swf", "swf/lublin_256.swf.gz") else {
        return;
    };
    let luck = Luck {
        seed: 1,
        workload: "lublin",
    };
    let ours = Lublin::typeless(256, Length::Jobs(40_000))
        .workload(luck)
        .expect("good");
    let numbers = |jobs: &[traces::Record]| {
        let n = convert::real(convert::wide(jobs.len()));
        let share = |keep: &dyn Fn(&traces::Record) -> bool| {
            convert::real(convert::wide(jobs.iter().filter(|job| keep(job)).count())) / n
        };
        let log_run = |job: &traces::Record| {
            libm::log(libm::floor(convert::real(job.duration.us()) / 1e6).max(1.0))
        };
        let gap = convert::real(jobs[jobs.len() - 1].submit.us()) / 1e6 / n;
        [
            share(&|job| job.tasks == 1),
            share(&|job| job.tasks > 1 && job.tasks.is_power_of_two()),
            jobs.iter()
                .map(|job| libm::log2(f64::from(job.tasks)))
                .sum::<f64>()
                / n,
            jobs.iter().map(log_run).sum::<f64>() / n,
            libm::log(gap),
        ]
    };
    // Four standard errors of the difference between 10,000 and 40,000 jobs and more: the last, of
    // the mean gap, is heavy-tailed.
    let tolerance = [0.018, 0.02, 0.09, 0.14, 0.25];
    let (ours, theirs) = (numbers(&ours.jobs), numbers(&theirs.jobs));
    for ((ours, theirs), tolerance) in ours.into_iter().zip(theirs).zip(tolerance) {
        assert!((ours - theirs).abs() < tolerance, "{ours} {theirs}");
    }
}

#[test]
fn a_job_list_of_another_simulator_is_read_by_a_column_map() {
    use traces::{ColumnMap, TimeColumn, TimeUnit};
    let name = "tiresias/60_job.csv";
    let Some(path) = reference(name) else {
        return;
    };
    let seconds = |column: &str| TimeColumn {
        column: column.to_owned(),
        unit: TimeUnit::Seconds,
    };
    let options = Options {
        columns: ColumnMap {
            submit: seconds("submit_time"),
            duration: seconds("duration"),
            name: Some("job_id".to_owned()),
            tasks: Some("num_gpu".to_owned()),
            class: Some("model_name".to_owned()),
            ..ColumnMap::default()
        },
        ..Options::default()
    };
    let source = Source::new(name, File::open(path).expect("readable"));
    let jobs = import("csv", source, &options)
        .expect("a published file")
        .jobs;
    assert_eq!(jobs.len(), 60);
    assert!(jobs.iter().all(|job| job.class.is_some() && job.tasks >= 1));
}

#[test]
fn logs_with_a_finer_clock_read_in_their_unit() {
    let Some(folder) = reference("../conformance/batch") else {
        return;
    };
    for (name, jobs) in [
        ("syn1k.swf", 1_000),
        ("syn10k.swf", 10_000),
        ("syn10k_fine.swf", 10_000),
    ] {
        let read = |unit| {
            let mut options = Options::default();
            options.swf.unit = unit;
            let file = File::open(folder.join(name)).expect("readable");
            import("swf", Source::new(name, file), &options).expect("a good log")
        };
        let (seconds, ticks) = (
            read(Span::from_secs(1)),
            read(Span::from_us(1).expect("short")),
        );
        assert_eq!(seconds.jobs.len(), jobs, "{name}");
        let pairs = seconds.jobs.iter().zip(&ticks.jobs);
        assert!(
            pairs
                .clone()
                .all(|(a, b)| a.submit.us() == b.submit.us() * 1_000_000)
        );
    }
}
