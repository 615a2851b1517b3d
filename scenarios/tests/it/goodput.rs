//! Goodput courses through whole scenarios: what jobs become, and what is refused once files have been read.

use std::path::Path;

use scenarios::build::{BuildError, Experiment, known};
use scenarios::schema::{DataRoots, parse};
use sim_core::course::goodput::Layout;
use sim_core::course::{Change, Course as _, CourseKind, Footing, Goodput, Reach, UNIT_RATE};
use sim_core::units::{ModelId, SimTime, Span};

const TRACE: &str =
    "name,time,application,num_replicas,batch_size\na,1.0,vision,2,16\nb,61.5,vision,4,256\n";
const PIPED: &str = "c,62.0,piped,2,16\n";
const PLACED: &str = "placement,local_bsz,step_time,sync_time\n1,8,0.03,0.0001\n1,64,0.09,0.0001\n4,8,0.04,0.01\n4,64,0.1,0.01\n";
const STAGES: &str = "placement,local_bsz,step_time,sync_time\n4,1,0.1,0.3\n44,1,0.1,0.4\n";
const EPOCHS: &str =
    "progress,iteration,metric,grad_sqr,grad_var\n1000,1000,1,1.0,1.0\n2000,2000,1,1.0,3.0\n";

/// A scenario of two GPU models, one of which was profiled, with jobs of this course.
fn build(course: &str) -> Result<Experiment, String> {
    workload(&format!("course = {{ kind = \"goodput\", {course} }}"))
}

fn workload(keys: &str) -> Result<Experiment, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    for inner in [
        "p/vision", "p/empty", "p/unsure", "p/bad", "p/piped", "p/small",
    ] {
        std::fs::create_dir_all(folder.path().join(inner)).expect("a folder");
    }
    let piped = if keys.contains("piped = {") {
        PIPED
    } else {
        ""
    };
    put("t.csv", &format!("{TRACE}{piped}"));
    for name in ["vision", "unsure", "bad"] {
        put(&format!("p/{name}/placements-fast.csv"), PLACED);
    }
    put("p/vision/validation-16.csv", EPOCHS);
    put("p/vision/validation-256.csv", EPOCHS);
    put(
        "p/bad/validation-16.csv",
        &EPOCHS.replace("1.0,3.0", "-1.0,3.0"),
    );
    // Synchronisation is told to take longer than a step of a stage.
    for (name, most) in [("piped", 96), ("small", 32)] {
        for model in ["fast", "slow", "other"] {
            put(&format!("p/{name}/placements-{model}.csv"), STAGES);
        }
        put(&format!("p/{name}/validation-16.csv"), EPOCHS);
        put(&format!("p/{name}/validation-{most}.csv"), EPOCHS);
    }
    let fleet = |model: &str| {
        format!(
            "[[fleet]]\nname = \"{model}\"\ninstance = {{ gpus = 4, gpu = \"{model}\" }}\ncount = 2\n"
        )
    };
    let text = format!(
        "name = \"x\"\n{}{}[[workload]]\nname = \"w\"\n\
         trace = {{ format = \"sia\", file = \"t.csv\" }}\n\
         {keys}\n[[policy]]\nname = \"p\"\norder = \"fifo\"\n",
        fleet("fast"),
        fleet("slow")
    );
    let place: (&Path, &DataRoots) = (folder.path(), &DataRoots::default());
    let scenario = parse("x.toml", text.as_bytes(), place, &known);
    let scenario = scenario.map_err(|rejection| rejection.lines())?;
    Experiment::build(scenario).map_err(|error: BuildError| error.to_string())
}

const VISION: &str = "profiles = \"p\", applications = { vision = {} }";

#[test]
fn who_tunes_runs_on_any_number_of_gpus_and_who_asks_on_those() {
    let gangs = |course: &str| {
        let jobs = build(course).expect("sound").jobs(1).expect("they fit");
        let jobs = jobs.jobs().iter();
        jobs.map(|job| {
            let allows = [0, 1].map(|id| job.models.allows(ModelId(id)));
            assert_eq!(allows, [true, false], "only where it was profiled");
            let role = job.gang.roles()[0];
            (role.least, role.tasks)
        })
        .collect::<Vec<_>>()
    };
    // As many as were measured, though the fleet has more.
    assert_eq!(gangs(VISION), [(1, 4), (1, 4)]);
    let asked = format!("{VISION}, batch = \"requested\"");
    assert_eq!(gangs(&asked), [(2, 2), (4, 4)]);
}

#[track_caller]
fn refused(course: &str, what: &str) {
    unsound(build(course), what);
}

#[track_caller]
fn unsound(built: Result<Experiment, String>, what: &str) {
    let error = match built {
        Ok(experiment) => match experiment.jobs(1) {
            Ok(_) => panic!("it is accepted"),
            Err(error) => error.to_string(),
        },
        Err(error) => error,
    };
    assert!(error.contains(what), "{error}");
}

#[test]
fn what_profiles_lack_is_told() {
    let with =
        |applications: &str| format!("profiles = \"p\", applications = {{ {applications} }}");
    refused(
        &with("nobody = {}"),
        "the folder of profiles has no folder of this name",
    );
    refused(
        &with("\"../p\" = {}"),
        "the folder of profiles has no folder of this name",
    );
    refused(
        &with("empty = {}"),
        "no file placements-GPU.csv is of a GPU model of the fleet",
    );
    refused(
        &with("unsure = {}"),
        "there is no file validation-BATCH.csv",
    );
    refused(
        &with("vision = { epochs = 3 }"),
        "3 epochs, and 2 were measured",
    );
    refused(&with("bad = {}"), "grad_sqr");
    refused(
        &with("piped = {}"),
        "synchronisation is a part of the step, and must be less; correct it, or say the stages of the pipeline that it is of",
    );
    refused(
        &with("piped = { pipeline = { fats = 2 } }"),
        "fats: the folder of the application has no file placements-GPU.csv of this model",
    );
    refused(
        &with("small = { pipeline = { fast = 2 } }"),
        "a replica of a pipeline takes 48 samples, and no batch of as many was measured",
    );
    refused(
        &with("piped = { pipeline = { other = 2 } }"),
        "no file placements-GPU.csv is of a GPU model of the fleet",
    );
    refused(
        &format!("{}, profiled = {{ fast = \"aws\" }}", with("vision = {}")),
        "no file placements-GPU.csv is of a GPU model of the fleet",
    );
}

#[test]
fn a_trace_tells_of_applications_that_were_profiled() {
    refused(
        "batch = \"tuned\"",
        "it is of no application that was profiled",
    );
}

#[test]
fn what_a_trace_does_not_tell_is_not_made_up() {
    let course = format!("course = {{ kind = \"goodput\", {VISION} }}\n");
    let with = |key: &str| workload(&format!("{course}{key}"));
    assert!(with("deadline = \"2h\"").is_ok());
    let told = "jobs of this format do not tell how long they run";
    unsound(workload("course = \"linear\""), told);
    unsound(
        with("deadline = { slack = 3.0 }"),
        "slack is of how long jobs run",
    );
    unsound(
        with("estimate = \"exact\""),
        "estimates are of how long jobs run",
    );
}

#[test]
fn a_pipeline_has_the_gpus_that_it_asks_for_where_they_make_up_a_replica() {
    let traced = |stages: &str, batch: &str| {
        let piped = format!("vision = {{}}, piped = {{ pipeline = {{ {stages} }} }}");
        build(&format!(
            "profiles = \"p\", applications = {{ {piped} }}, batch = \"{batch}\""
        ))
    };
    for batch in ["tuned", "requested"] {
        let experiment = traced("fast = 4, slow = 2", batch).expect("sound");
        let jobs = experiment.jobs(1).expect("they fit");
        let (gang, models) = (&jobs.jobs()[2].gang, jobs.jobs()[2].models);
        let role = gang.roles()[0];
        assert_eq!((role.least, role.tasks), (2, 2), "{batch}");
        assert_eq!([0, 1].map(|id| models.allows(ModelId(id))), [false, true]);
        unsound(
            traced("fast = 4", batch),
            "a replica of piped takes 4 GPUs at least",
        );
    }
}

/// Seconds of working time of jobs of Sia's `gpt_pmp` on so many GPUs, by its published profile: the sum over both epochs of
/// progress over the rate, to whole seconds, with the gain at the noise of the epoch and `3 (P - 1 + 48)` steps an iteration;
/// reckoned apart from this program.
const PUBLISHED: [(u16, &[u32], u64); 7] = [
    (0, &[8], 61_223),
    (0, &[8, 8], 30_927),
    (0, &[8, 8, 8], 20_616),
    (0, &[8; 8], 7_776),
    (1, &[8], 19_924),
    (1, &[8, 8], 10_076),
    (1, &[8; 8], 10_076),
];

#[test]
fn the_published_pipeline_takes_as_long_as_its_profile_says() {
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").unwrap_or_else(|| "../shared".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(root);
    if !root.join("data/sia/profiles/gpt_pmp").is_dir() {
        println!("skipped: no reference data");
        return;
    }
    let mut data = DataRoots::default();
    data.add("data", root.join("data")).expect("a good name");
    let folder = tempfile::tempdir().expect("a folder");
    let trace = "name,time,application,num_replicas,batch_size\na,1.0,gpt_pmp,8,48\n";
    std::fs::write(folder.path().join("t.csv"), trace).expect("a file");
    let fleet = |model: &str| {
        format!(
            "[[fleet]]\nname = \"{model}\"\ninstance = {{ gpus = 8, gpu = \"{model}\" }}\ncount = 8\n"
        )
    };
    let text = format!(
        "name = \"x\"\n{}{}[[workload]]\nname = \"w\"\n\
         trace = {{ format = \"sia\", file = \"t.csv\" }}\n\
         course = {{ kind = \"goodput\", profiles = \"data:sia/profiles\", \
         applications = {{ gpt_pmp = {{ delay = \"30s\", pipeline = {{ rtx = 8, dgx-ext = 2 }} }} }} }}\n\
         [[policy]]\nname = \"p\"\norder = \"fifo\"\n",
        fleet("rtx"),
        fleet("dgx-ext")
    );
    let place: (&Path, &DataRoots) = (folder.path(), &data);
    let scenario = parse("x.toml", text.as_bytes(), place, &known).expect("sound");
    let experiment = Experiment::build(scenario).expect("it is published");
    let CourseKind::Goodput(kinds) = &experiment.world.classes[0].course.kind else {
        panic!("a goodput course");
    };
    for (model, counts, seconds) in PUBLISHED {
        let mut job = Goodput::new(kinds[0].clone(), u64::MAX);
        let layout = Layout {
            model: ModelId(model),
            counts: counts.to_vec(),
        };
        job.settle(layout, SimTime::ZERO, true);
        let Change::Done(span) = job.next(&ANYWHERE);
        assert_eq!(span, Span::from_secs(seconds), "{model} {counts:?}");
    }
}

const ANYWHERE: Footing = Footing {
    model: None,
    gpus: 1,
    reach: Reach::Node,
    rate_ppb: UNIT_RATE,
    compute_ppb: UNIT_RATE,
};
