//! Tables of speeds through whole scenarios: by model, kind and size; and what is refused once files have been read.

use std::path::Path;

use scenarios::build::{BuildError, Experiment, known};
use scenarios::schema::{DataRoots, parse};
use sim_core::units::ModelId;

const TRACE: &str =
    "net\tcmd\twd\t--n\t1\t1000\t1\t1\t-1\t0\nnet\tcmd\twd\t--n\t1\t1000\t4\t3\t2.0\t5.5\n";
const TABLE: &str = r#"{"fast": {"('net', 1)": {"null": 4.0}, "('net', 4)": {"null": 10.0}}, "slow": {"('net', 1)": {"null": 1.0}, "('net', 4)": {"null": 0.0}}}"#;

const PAIRS: &str = r#"{"fast": {"('net', 1)": {"null": 4.0, "('net', 1)": [3.0, 3.0], "('other', 1)": [2.0, 2.0]}, "('other', 1)": {"null": 8.0}},
    "none": {"('net', 1)": {"null": 4.0, "('net', 1)": [1.0, 1.0]}}}"#;

/// A scenario of a fast and a slow GPU model, with this workload.
fn build(workload: &str) -> Result<Experiment, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    put("t.trace", TRACE);
    put("t.json", TABLE);
    put("pairs.json", PAIRS);
    put("t.csv", "submit,duration,gpus\n0,100,1\n");
    let fleet = |model: &str, memory: &str| {
        format!(
            "[[fleet]]\nname = \"{model}\"\ninstance = {{ gpus = 4, gpu = \"{model}\", gpu-memory = \"{memory}\" }}\ncount = 1\n"
        )
    };
    let text = format!(
        "name = \"x\"\n{}{}[[workload]]\nname = \"w\"\n{workload}\n[[policy]]\nname = \"p\"\norder = \"fifo\"\n",
        fleet("fast", "40GiB"),
        fleet("slow", "16GiB")
    );
    let place: (&Path, &DataRoots) = (folder.path(), &DataRoots::default());
    let scenario = parse("x.toml", text.as_bytes(), place, &known);
    let scenario = scenario.map_err(|rejection| rejection.lines())?;
    Experiment::build(scenario).map_err(|error: BuildError| error.to_string())
}

const GAVEL: &str = "trace = { format = \"gavel\", file = \"t.trace\" }";
const SPEEDS: &str = "speeds = { file = \"t.json\", reference = \"fast\" }";

#[test]
fn steps_become_times_on_the_reference_and_jobs_run_where_they_have_a_speed() {
    let experiment = build(&format!("{GAVEL}\ncourse = {{ {SPEEDS} }}")).expect("sound");
    let jobs = experiment.jobs(1).expect("they fit");
    let flown = jobs.jobs();
    let [one, four] = flown.as_ref() else {
        panic!("two jobs")
    };
    let seconds = |span: Option<sim_core::units::Span>| span.map(|span| span.us() / 1_000_000);
    assert_eq!(
        (one.work, seconds(one.estimate), one.deadline),
        (1000, Some(250), None)
    );
    assert_eq!(
        (four.work, seconds(four.estimate), four.priority),
        (1000, Some(100), 2)
    );
    let slack = four.deadline.map(|due| due.since(four.arrival));
    assert_eq!(seconds(slack), Some(200), "twice its time on the reference");
    let allows = |job: &sim_core::model::Job| [0, 1].map(|id| job.models.allows(ModelId(id)));
    assert_eq!([allows(one), allows(four)], [[true, true], [true, false]]);
}

#[test]
fn on_each_model_jobs_run_in_the_fastest_form_that_fits_and_nowhere_else() {
    const CSV: &str = "trace = { format = \"csv\", file = \"t.csv\", columns = { submit = \"submit\", duration = \"duration\", gpus = \"gpus\" } }";
    let made = |keys: &str| {
        let experiment = build(&format!(
            "{CSV}\ncourse = {{ rates = {{ slow = 0.5 }} }}\n{keys}"
        ));
        let experiment = experiment.expect("sound");
        let jobs = experiment.jobs(1).expect("they fit");
        let jobs = jobs.jobs();
        let allowed = [0, 1].map(|id| jobs[0].models.allows(ModelId(id)));
        let rates = &experiment.world.classes[0].course.rates.by_model;
        let rate = |id| {
            let of_model = rates.iter().find(|(model, _)| *model == ModelId(id));
            of_model.map_or(1000, |(_, ppb)| ppb / 1_000_000)
        };
        ([rate(0), rate(1)], allowed)
    };
    let mixed = "{ name = \"mixed\", speed = { fast = 2.0 }, gpu-memory = 0.5 }";
    let saving = "{ name = \"saving\", speed = 0.75, gpu-memory = 0.4 }";
    // Plain it fits on the fast one alone; mixed, which is no faster there, on the slow one as well.
    let both = format!("gpu-memory = \"30GiB\"\nvariants = [{mixed}, {saving}]");
    assert_eq!(made(&both), ([2000, 500], [true, true]));
    let slower = format!("gpu-memory = \"30GiB\"\nvariants = [{saving}]");
    assert_eq!(made(&slower), ([1000, 375], [true, true]));
    // Twice as large it fits on the slow one in no form.
    let large = format!("gpu-memory = \"60GiB\"\nvariants = [{mixed}, {saving}]");
    assert_eq!(made(&large), ([2000, 500], [true, false]));
    // Memory of which nothing is said constrains nothing.
    let free = format!("variants = [{mixed}, {saving}]");
    assert_eq!(made(&free), ([2000, 500], [true, true]));
    assert_eq!(made("gpu-memory = \"20GiB\""), ([1000, 500], [true, false]));
}

#[test]
fn a_time_becomes_whole_steps() {
    let trace = "trace = { format = \"csv\", file = \"t.csv\", columns = { submit = \"submit\", duration = \"duration\", gpus = \"gpus\" } }";
    let table = "speeds = { reference = \"fast\", kind = \"net\", table = [{ gpu = \"fast\", kind = \"net\", steps = 3.333 }, { gpu = \"slow\", kind = \"net\", steps = 1.5 }] }";
    let experiment = build(&format!("{trace}\ncourse = {{ {table} }}")).expect("sound");
    let jobs = experiment.jobs(1).expect("they fit");
    assert_eq!(jobs.jobs()[0].work, 334);
}

#[track_caller]
fn refused(workload: &str, what: &str) {
    let error = match build(workload) {
        Ok(experiment) => match experiment.jobs(1) {
            Ok(_) => panic!("it is accepted"),
            Err(error) => error.to_string(),
        },
        Err(error) => error,
    };
    assert!(error.contains(what), "{error}");
}

#[test]
fn what_a_table_lacks_is_told() {
    let course = |speeds: &str| format!("{GAVEL}\ncourse = {{ speeds = {{ {speeds} }} }}");
    let row = |gpu: &str, kind: &str, gpus: u32| {
        format!("{{ gpu = \"{gpu}\", kind = \"{kind}\", gpus = {gpus}, steps = 2.0 }}")
    };
    let table = |rows: &[String]| format!("reference = \"fast\", table = [{}]", rows.join(", "));
    refused(
        GAVEL,
        "jobs of this format tell steps, not how long they take",
    );
    refused(
        &course("reference = \"other\", file = \"t.json\""),
        "the table has no speed on this GPU model",
    );
    refused(
        &course("reference = \"fast\", kind = \"nit\", file = \"t.json\""),
        "the table has no such kind",
    );
    let twice = [row("fast", "net", 1), row("fast", "net", 1)];
    refused(
        &course(&table(&twice)),
        "net on 1 x fast: a speed stands once",
    );
    let other = [row("fast", "nit", 1)];
    refused(
        &course(&table(&other)),
        "its kind \"net\" with 1 GPUs has no speed",
    );
    let elsewhere = [
        row("fast", "net", 1),
        row("fast", "net", 4),
        row("huge", "net", 4),
    ];
    build(&course(&table(&elsewhere))).expect("models that no fleet has are left alone");
    let said_of_none = "synth = { model = \"philly-2017\", jobs-per-hour = 1, length = \"1d\" }";
    refused(
        &format!("{said_of_none}\ncourse = {{ {SPEEDS} }}"),
        "its kind, which the table of speeds goes by, is not said",
    );
}

/// The table of slowdown: by model, what a job of one GPU keeps of its speed beside its like, and its steps a second if measured.
fn sharing(text: &str) -> Result<Vec<(u16, u64, Option<f64>)>, String> {
    let workload = format!("{GAVEL}\ncourse = {{ {SPEEDS} }}\n[sharing]\n{text}");
    let experiment = build(&workload)?;
    let jobs = experiment.jobs(1).expect("they fit");
    let table = jobs.world().slowdown.clone().expect("there is one");
    let pairs = table.pairs().iter();
    Ok(pairs
        .map(|pair| (pair.model.0, pair.factor_ppb, pair.steps_s))
        .collect())
}

#[test]
fn pairs_of_a_file_hold_where_the_scenario_has_them_and_does_not_say_otherwise() {
    let measured = (0, 750_000_000, Some(3.0));
    assert_eq!(sharing("file = \"pairs.json\""), Ok(vec![measured]));
    let both =
        "file = \"pairs.json\"\ntable = [{ kinds = [\"net\", \"net\"], rates = [0.5, 0.5] }]";
    let said = |model| (model, 500_000_000, None);
    assert_eq!(sharing(both), Ok(vec![said(0), said(1)]));
    let named = "table = [{ kinds = [\"net\", \"net\"], rates = [0.5, 0.5] }, { gpu = \"slow\", kinds = [\"net\", \"net\"], rates = [0, 0] }]";
    assert_eq!(sharing(named), Ok(vec![said(0), (1, 0, None)]));
}

#[test]
fn pairs_of_nobody_and_of_nothing_are_refused() {
    let refused = |rows: &str, what: &str| {
        let error = sharing(&format!("table = [{rows}]")).expect_err("it is accepted");
        assert!(error.contains(what), "{error}");
    };
    let row = |gpu: &str, other: &str| {
        format!("{{ {gpu}kinds = [\"net\", \"{other}\"], rates = [0.5, 0.5] }}")
    };
    let rule = "w: no workload and no kind of its table of speeds is called so; name one of net";
    refused(&row("", "w"), rule);
    refused(
        &row("gpu = \"H100\", ", "net"),
        "H100: no fleet has this GPU model; correct it",
    );
    let twice = format!("{}, {}", row("", "net"), row("", "net"));
    refused(&twice, "net beside net: a pair stands once; remove one");
}
