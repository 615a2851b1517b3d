//! Goodput courses through whole scenarios: what jobs become, and what is refused once files have been read.

use std::path::Path;

use scenarios::build::{BuildError, Experiment, known};
use scenarios::schema::{DataRoots, parse};
use sim_core::units::ModelId;

const TRACE: &str =
    "name,time,application,num_replicas,batch_size\na,1.0,vision,2,16\nb,61.5,vision,4,256\n";
const PLACED: &str = "placement,local_bsz,step_time,sync_time\n1,8,0.03,0.0001\n1,64,0.09,0.0001\n4,8,0.04,0.01\n4,64,0.1,0.01\n";
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
    for inner in ["p/vision", "p/empty", "p/unsure", "p/bad"] {
        std::fs::create_dir_all(folder.path().join(inner)).expect("a folder");
    }
    put("t.csv", TRACE);
    for name in ["vision", "unsure", "bad"] {
        put(&format!("p/{name}/placements-fast.csv"), PLACED);
    }
    put("p/vision/validation-16.csv", EPOCHS);
    put("p/vision/validation-256.csv", EPOCHS);
    put(
        "p/bad/validation-16.csv",
        &EPOCHS.replace("1.0,3.0", "-1.0,3.0"),
    );
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
