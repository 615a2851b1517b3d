//! Each importer on its fixture: what every column becomes.

use sim_core::units::{SimTime, Span};
use traces::{
    Amount, ColumnMap, CpuUnit, Machine, MemoryUnit, Name, Options, Procs, Record, Source, Status,
    SwfOptions, TimeColumn, TimeUnit, Workload, formats, import, import_nodes,
};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("fixtures stand in the repository")
}

fn read(format: &str, name: &str, options: &Options) -> Workload {
    let bytes = fixture(name);
    import(format, Source::new(name, bytes.as_slice()), options).expect("a good fixture")
}

fn plain(format: &str, name: &str) -> Workload {
    read(format, name, &Options::default())
}

/// Submission in seconds, duration in seconds, tasks, GPUs, thousandths.
fn shape(job: &Record) -> (u64, u64, u32, u16, u16) {
    let (submit, duration) = (job.submit.us() / 1_000_000, job.duration.us() / 1_000_000);
    (submit, duration, job.tasks, job.gpus, job.gpu_milli)
}

fn shapes(workload: &Workload) -> Vec<(u64, u64, u32, u16, u16)> {
    workload.jobs.iter().map(shape).collect()
}

fn names(workload: &Workload) -> Vec<String> {
    workload
        .jobs
        .iter()
        .map(|job| job.name.to_string())
        .collect()
}

#[test]
fn philly_csv_is_sorted_by_time_and_keeps_duplicates() {
    let philly = plain("philly-csv", "philly.csv");
    assert_eq!(names(&philly), ["1", "2", "3", "0", "4"]);
    assert_eq!(shape(&philly.jobs[0]), (0, 2951, 8, 1, 1000));
    assert_eq!(shape(&philly.jobs[3]), (2932, 66, 1, 1, 1000));
    assert_eq!(philly.jobs[4].duration, Span::from_us(500_000).unwrap());
    assert_eq!(philly.epoch.as_deref(), Some("2017-10-09T06:13:03"));
    assert_eq!(philly.queues, ["alpha", "beta", "gamma"]);
    assert_eq!(philly.jobs[3].line, 2);
}

#[test]
fn swf_keeps_the_clock_of_the_file_and_counts_what_it_leaves_out() {
    let swf = plain("swf", "jobs.swf");
    assert_eq!(
        shapes(&swf),
        [
            (0, 300, 4, 1, 1000),
            (60, 1200, 16, 1, 1000),
            (61, 0, 1, 1, 1000)
        ]
    );
    assert_eq!(swf.jobs[2].submit, SimTime::from_us(61_500_000).unwrap());
    assert_eq!(swf.jobs[2].duration, Span::from_us(250_000).unwrap());
    assert_eq!(swf.jobs[0].estimate.unwrap().span(), Span::from_secs(600));
    assert_eq!((swf.jobs[1].estimate, swf.jobs[2].estimate), (None, None));
    assert_eq!(swf.epoch.as_deref(), Some("2002-07-28T07:04:05Z"));
    assert_eq!((swf.machine.procs, swf.machine.nodes), (Some(64), Some(16)));
    let states: Vec<Status> = swf.jobs.iter().map(|job| job.status).collect();
    assert_eq!(
        states,
        [Status::Completed, Status::Cancelled, Status::Unknown]
    );
    assert_eq!(
        swf.notes,
        [
            "1 jobs asked for another number of processors than they got: the allocated counts",
            "1 left out: no run time (field 4 is -1)",
        ]
    );
}

#[test]
fn swf_takes_the_processors_and_the_unit_it_is_told() {
    let options = Options {
        swf: SwfOptions {
            unit: Span::from_us(1000).unwrap(),
            procs: Procs::Larger,
        },
        ..Options::default()
    };
    let swf = read("swf", "jobs.swf", &options);
    assert_eq!((swf.jobs[0].tasks, swf.jobs[0].duration.us()), (8, 300_000));
    assert_eq!(swf.jobs[2].submit.us(), 61_500);
}

#[test]
fn openb_pods_keep_shares_and_allowed_models() {
    let pods = plain("openb-pods", "openb-pods.csv");
    assert_eq!(
        shapes(&pods),
        [
            (0, 600, 1, 1, 1000),
            (100, 780, 1, 1, 460),
            (100, 100, 1, 8, 1000),
            (150, 1, 1, 0, 0)
        ]
    );
    assert_eq!(pods.models, ["P100", "G2"]);
    let sets: Vec<Vec<usize>> = pods
        .jobs
        .iter()
        .map(|j| j.models.positions().collect())
        .collect();
    assert_eq!(sets, [vec![], vec![0, 1], vec![1], vec![]]);
    assert_eq!(pods.jobs[2].status, Status::Pending);
    assert_eq!(
        (pods.jobs[1].cpu_milli, pods.jobs[1].memory_mib),
        (6000, 12288)
    );
}

#[test]
fn openb_pods_without_times_come_at_once_and_stay() {
    let pods = plain("openb-pods", "openb-pods-untimed.csv");
    assert!(
        pods.jobs
            .iter()
            .all(|j| j.submit == SimTime::ZERO && j.duration == Span::MAX)
    );
    assert!(pods.notes[0].starts_with("the list holds no times"));
}

#[test]
fn openb_nodes_include_those_without_gpus() {
    let bytes = fixture("openb-nodes.csv");
    let source = Source::new("nodes", bytes.as_slice());
    let nodes = import_nodes("openb-nodes", source, &Options::default()).unwrap();
    assert_eq!(nodes.models, ["P100", "G2"]);
    let shapes: Vec<_> = nodes.nodes.iter().map(|n| (n.gpus, n.model)).collect();
    assert_eq!(shapes, [(2, Some(0)), (8, Some(1)), (0, None)]);
}

#[test]
fn helios_nodes_become_tasks() {
    let helios = plain("helios", "helios.csv");
    assert_eq!(
        shapes(&helios),
        [
            (0, 7, 1, 0, 0),
            (61, 600, 1, 1, 1000),
            (87, 246, 2, 8, 1000)
        ]
    );
    assert_eq!(helios.jobs[2].cpu_milli, 32_000);
    assert_eq!(helios.users, ["uA", "uB"]);
    assert_eq!(helios.jobs[2].status, Status::Failed);
}

#[test]
fn acme_times_with_offsets_share_one_clock() {
    let acme = plain("acme", "acme.csv");
    assert_eq!(shapes(&acme), [(0, 117, 1, 8, 1000), (0, 3600, 8, 8, 1000)]);
    assert_eq!(acme.epoch.as_deref(), Some("2023-02-28T16:18:22Z"));
    assert_eq!(acme.jobs[0].memory_mib, 102_400);
    assert_eq!(acme.jobs[1].status, Status::TimedOut);
    assert_eq!(acme.notes, ["1 left out: never started"]);
}

#[test]
fn gpu_spot_jobs_keep_their_type_as_class_and_priority() {
    let spot = plain("gpu-spot-2026", "gpu-spot-2026.csv");
    assert_eq!(
        shapes(&spot),
        [
            (0, 2_764_799, 1, 1, 1000),
            (9589, 41_060, 16, 8, 1000),
            (9590, 60, 1, 1, 500)
        ]
    );
    let types: Vec<_> = spot.jobs.iter().map(|j| (j.class, j.priority)).collect();
    assert_eq!(types, [(Some(0), 1), (Some(1), 0), (Some(1), 0)]);
    assert_eq!(spot.jobs[2].cpu_milli, 4500);
    assert_eq!(spot.classes, ["HP", "Spot"]);
}

#[test]
fn pai_tasks_come_without_a_header_and_in_percent() {
    let pai = plain("pai-2020", "pai-2020.csv");
    assert_eq!(names(&pai), ["4f06/worker", "4f06/ps", "4f05/tensorflow"]);
    assert_eq!(
        shapes(&pai),
        [
            (1_739_100, 300, 4, 1, 1000),
            (1_739_100, 300, 2, 0, 0),
            (1_739_162, 38, 1, 1, 500)
        ]
    );
    assert_eq!(
        (pai.jobs[2].cpu_milli, pai.jobs[2].memory_mib),
        (6000, 30_000)
    );
    assert_eq!(pai.models, ["MISC", "V100"]);
    assert!(pai.notes.contains(&"1 left out: no end time".to_owned()));
    let header = "job_name,task_name,inst_num,status,start_time,end_time,\
                  plan_cpu,plan_mem,plan_gpu,gpu_type\n";
    let with = [header.as_bytes(), fixture("pai-2020.csv").as_slice()].concat();
    let with = import(
        "pai-2020",
        Source::new("p", with.as_slice()),
        &Options::default(),
    )
    .unwrap();
    assert_eq!(names(&with), names(&pai));
}

#[test]
fn philly_json_sums_attempts_and_counts_what_never_ran() {
    let philly = plain("philly-json", "philly.json");
    assert_eq!(shapes(&philly), [(0, 3674, 4, 1, 1000)]);
    assert_eq!(philly.jobs[0].name, Name::Text("application_1_2".into()));
    assert_eq!(philly.jobs[0].status, Status::Completed);
    assert!(
        philly
            .notes
            .contains(&"1 left out: never ran on a GPU".to_owned())
    );
    assert!(
        philly
            .notes
            .contains(&"1 left out: an attempt without start or end".to_owned())
    );
}

#[test]
fn a_csv_of_ones_own_is_read_by_its_column_map() {
    let time = |column: &str, unit| TimeColumn {
        column: column.to_owned(),
        unit,
    };
    let named = |column: &str| Some(column.to_owned());
    let options = Options {
        columns: ColumnMap {
            submit: time("arrives", TimeUnit::Offset),
            duration: time("minutes", TimeUnit::Minutes),
            name: named("id"),
            tasks: named("workers"),
            gpus: named("gpus"),
            cpu: Some(Amount {
                column: "cores".to_owned(),
                unit: CpuUnit::Cores,
            }),
            memory: Some(Amount {
                column: "mem".to_owned(),
                unit: MemoryUnit::Gib,
            }),
            estimate: Some(time("estimate", TimeUnit::Minutes)),
            deadline: Some(time("due", TimeUnit::Seconds)),
            user: named("who"),
            queue: named("team"),
            models: named("models"),
            priority: named("prio"),
            ..ColumnMap::default()
        },
        ..Options::default()
    };
    let jobs = read("csv", "jobs.csv", &options);
    assert_eq!(names(&jobs), ["7", "job-8"]);
    assert_eq!(shapes(&jobs), [(0, 90, 2, 4, 1000), (3000, 15, 1, 1, 1000)]);
    let first = &jobs.jobs[0];
    assert_eq!(
        (first.cpu_milli, first.memory_mib, first.priority),
        (3500, 1536, 5)
    );
    assert_eq!(first.estimate.unwrap().span(), Span::from_secs(120));
    assert_eq!(first.deadline.unwrap().span(), Span::from_secs(90));
    assert_eq!(jobs.epoch.as_deref(), Some("2023-12-31T23:10:00Z"));
    assert_eq!(jobs.jobs[1].priority, -1);
}

#[test]
fn a_byte_order_mark_crlf_and_gzip_change_nothing() {
    use std::io::Write;
    let text = String::from_utf8(fixture("philly.csv")).unwrap();
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(windows.as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    let read = import(
        "philly-csv",
        Source::new("p", packed.as_slice()),
        &Options::default(),
    );
    assert_eq!(read.unwrap(), plain("philly-csv", "philly.csv"));
}

#[test]
fn formats_are_listed_in_order_and_once() {
    let names: Vec<&str> = formats().iter().map(|format| format.name).collect();
    assert!(names.is_sorted() && names.len() == 15);
    let unknown = import(
        "phily",
        Source::new("x", [].as_slice()),
        &Options::default(),
    );
    let message = unknown.expect_err("no such format").to_string();
    assert!(message.starts_with("x: phily: there is no such format; use one of acme, csv"));
}

/// Everything but what the table leaves out: where a job stood and how it ended.
fn bare(mut workload: Workload) -> Workload {
    for job in &mut workload.jobs {
        job.line = 0;
        job.status = Status::Unknown;
    }
    workload.epoch = None;
    workload.notes.clear();
    workload.machine = Machine::default();
    workload
}

#[test]
fn what_is_written_reads_back_the_same() {
    let options = Options {
        columns: ColumnMap::native(),
        ..Options::default()
    };
    for (format, name) in [
        ("acme", "acme.csv"),
        ("gpu-spot-2026", "gpu-spot-2026.csv"),
        ("helios", "helios.csv"),
        ("openb-pods", "openb-pods.csv"),
        ("pai-2020", "pai-2020.csv"),
        ("philly-csv", "philly.csv"),
        ("philly-json", "philly.json"),
        ("swf", "jobs.swf"),
    ] {
        let first = plain(format, name);
        let mut table = Vec::new();
        traces::write_csv(&first, &mut table).expect("memory");
        let again = import("csv", Source::new("written", table.as_slice()), &options);
        let again = again.unwrap_or_else(|refused| panic!("{format}: {refused}"));
        let mut twice = Vec::new();
        traces::write_csv(&again, &mut twice).expect("memory");
        assert_eq!(
            String::from_utf8(table),
            String::from_utf8(twice),
            "{format}"
        );
        if again.users == first.users
            && again.queues == first.queues
            && again.models == first.models
        {
            assert_eq!(bare(again).jobs, bare(first).jobs, "{format}");
        }
    }
}

#[test]
fn no_name_becomes_a_formula_or_breaks_its_row() {
    let mut workload = plain("philly-csv", "philly.csv");
    workload.queues[0] = "=cmd()".to_owned();
    workload.queues[1] = "a, \"b\"".to_owned();
    let mut table = Vec::new();
    traces::write_csv(&workload, &mut table).expect("memory");
    let text = String::from_utf8(table).expect("UTF-8");
    assert!(
        text.contains(",'=cmd(),") && text.contains(",\"a, 'b'\","),
        "{text}"
    );
}

#[test]
fn a_clock_whose_tick_is_nothing_is_refused() {
    let options = Options {
        swf: SwfOptions {
            unit: Span::ZERO,
            procs: Procs::Allocated,
        },
        ..Options::default()
    };
    let refused = import("swf", Source::new("t", [].as_slice()), &options);
    let message = refused.expect_err("no unit").to_string();
    assert_eq!(
        message,
        "t: unit = 0s: a tick is longer than nothing; give the unit of the clock"
    );
}

#[test]
fn gavel_tells_steps_as_seconds_and_weights_as_priorities() {
    let gavel = plain("gavel", "gavel.trace");
    assert!(gavel.counts_steps);
    assert_eq!(
        shapes(&gavel),
        [(0, 3000, 1, 1, 1000), (12, 500, 4, 1, 1000)]
    );
    assert_eq!(
        gavel.classes,
        ["ResNet-18 (batch size 32)", "LM (batch size 5)"]
    );
    let second = &gavel.jobs[1];
    assert_eq!(
        (second.class, second.priority, second.line),
        (Some(1), 4, 2)
    );
    assert_eq!(second.submit.us(), 12_250_000);
    let spans = [second.estimate, second.deadline].map(|span| span.map(traces::Positive::span));
    assert_eq!(
        spans,
        [Some(Span::from_secs(500)), Some(Span::from_secs(600))]
    );
    assert_eq!(gavel.jobs[0].deadline, None);
}

#[test]
fn sia_tells_what_was_asked_for_and_not_how_long_it_takes() {
    let sia = plain("sia", "sia.csv");
    assert_eq!(
        sia.classes,
        [
            "vision (batch size 128)",
            "speech (batch size 80)",
            "vision (batch size 1024)",
            "ranking (batch size 32768)"
        ]
    );
    let third = &sia.jobs[2];
    assert_eq!((third.tasks, third.gpus, third.class), (8, 1, Some(2)));
    assert!(sia.notes.iter().any(|note| note.contains("goodput")));
}
