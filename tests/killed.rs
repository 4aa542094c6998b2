//! Processes that are killed (SIGKILL): the store stays whole, and the next run succeeds.
//!
//! A process that is to be killed at a certain step is this test binary again: it links the
//! program as a library, and stops at that step, until it is killed from outside.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clp_gen::step::HOOK;

use crate::store::Project;
use crate::{files, run, stderr};

/// How the child is told at which step to stop, and what to do.
const STEP: &str = "CLP_GEN_TEST_STEP";
const ARGUMENTS: &str = "CLP_GEN_TEST_ARGUMENTS";

/// What the child prints when it has stopped.
const STOPPED: &str = "stopped at ";

/// How many processes are killed in all, and how many of them at a step.
const KILLS: usize = 500;
const KILLS_AT_STEPS: usize = 300;

/// Something that writes, and what has to be there afterwards.
struct Scenario {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Brings the folder into the state from before; other than what `arguments` make of it.
    before: fn(&Project),
    /// What it writes, by path.
    written: fn(&Project) -> BTreeMap<String, Vec<u8>>,
}

const BUILD: &[&str] = &["build", "--target", "compose", "--package", "package"];
const COPY: &[&str] = &["build", "--target", "helm", "--package", "package", "--out", "out"];
const INSTALL: &[&str] = &[
    "install",
    "--target",
    "compose",
    "--package",
    "package",
    "--root",
    "root",
    "--host",
    "host.yaml",
    "--credentials",
    "credentials.yaml",
];
const CHART: &[&str] = &["build", "--target", "helm", "--package", "package"];
const UNITS: &[&str] = &["build", "--target", "systemd", "--package", "package"];
const COLLECT: &[&str] = &["gc"];
const LOCK: &[&str] = &["lock", "import", "pins.yaml", "--package", "package", "--offline"];

const SCENARIOS: [Scenario; 9] = [
    Scenario { name: "the first build", arguments: BUILD, before: |_| {}, written: result },
    Scenario { name: "another build", arguments: BUILD, before: built_otherwise, written: result },
    Scenario { name: "a chart", arguments: CHART, before: |_| {}, written: chart },
    Scenario { name: "units", arguments: UNITS, before: |_| {}, written: units },
    Scenario { name: "a lock", arguments: LOCK, before: locked_otherwise, written: lock },
    Scenario { name: "a copy", arguments: COPY, before: copied_otherwise, written: copy },
    Scenario {
        name: "the first installation",
        arguments: INSTALL,
        before: |_| {},
        written: installed,
    },
    Scenario {
        name: "another installation",
        arguments: INSTALL,
        before: installed_otherwise,
        written: installed,
    },
    Scenario {
        name: "a collection",
        arguments: COLLECT,
        before: with_garbage,
        written: |_| BTreeMap::new(),
    },
];

fn lock(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let name = "clp-gen.lock".to_owned();
    BTreeMap::from([(name.clone(), fs::read(project.path(&name)).unwrap())])
}

fn result(project: &Project) -> BTreeMap<String, Vec<u8>> {
    files(&project.result())
}

fn chart(project: &Project) -> BTreeMap<String, Vec<u8>> {
    files(&fs::read_link(project.path("result-helm")).unwrap())
}

fn units(project: &Project) -> BTreeMap<String, Vec<u8>> {
    files(&fs::read_link(project.path("result-systemd")).unwrap())
}

fn copy(project: &Project) -> BTreeMap<String, Vec<u8>> {
    files(&project.path("out"))
}

/// What is installed, but for what is random or a time.
fn installed(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(&project.path("root"));
    for name in [".env", ".clp-gen/record.json"] {
        assert!(files.insert(name.to_owned(), vec![]).is_some(), "{name} is there");
    }
    files
}

fn done(project: &Project, arguments: &[&str], further: &[&str]) {
    let mut command = project.command(&[arguments, further].concat());
    command.env("PATH", "/nowhere");
    let done = run(command);
    assert!(done.status.success(), "{arguments:?}: {}", stderr(&done));
}

fn built_otherwise(project: &Project) {
    done(project, BUILD, &["--set", "config.uploads=false"]);
}

fn copied_otherwise(project: &Project) {
    done(project, COPY, &["--set", "config.uploads=false"]);
}

fn installed_otherwise(project: &Project) {
    done(project, INSTALL, &["--set", "config.uploads=false"]);
}

fn locked_otherwise(project: &Project) {
    pins(project, 'b');
    done(project, LOCK, &[]);
    pins(project, 'a');
}

/// Another tool's file with the digest of the package's image, made of one digit.
fn pins(project: &Project, digit: char) {
    let digest = digit.to_string().repeat(64);
    let image = format!("registry.example.org/notes:1.2.0@sha256:{digest}");
    let file = format!("services:\n  web:\n    image: {image}\n");
    fs::write(project.path("pins.yaml"), file).unwrap();
}

fn with_garbage(project: &Project) {
    for port in ["9001", "9002", "9003"] {
        done(project, BUILD, &["--set", &format!("config.web.port={port}")]);
    }
    fs::remove_file(project.path("result-compose")).unwrap();
}

/// A project with everything that the scenarios need.
fn project() -> Project {
    let project = Project::new();
    fs::write(project.path("credentials.yaml"), "database: { password: p }\n").unwrap();
    let owner = fs::metadata(project.folder.path()).unwrap();
    let host = format!("uid: {}\ngid: {}\n", owner.uid(), owner.gid());
    fs::write(project.path("host.yaml"), host).unwrap();
    pins(&project, 'a');
    project
}

static STEPS: AtomicUsize = AtomicUsize::new(0);

/// The process that is killed. As a test of its own it does nothing.
#[test]
fn child() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let stop = |what: &'static str| {
        let last: usize = std::env::var(STEP).unwrap().parse().unwrap();
        if STEPS.fetch_add(1, Ordering::Relaxed) + 1 == last {
            use std::io::Write;
            writeln!(std::io::stdout(), "\n{STOPPED}{what}").unwrap();
            std::thread::sleep(Duration::from_secs(60));
        }
    };
    HOOK.set(stop).unwrap();
    let arguments = ["clp-gen"].into_iter().chain(arguments.lines()).map(Into::into);
    let arguments: Vec<std::ffi::OsString> = arguments.collect();
    let run = || std::process::exit(clp_gen::cli::run(arguments).into());
    std::thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap().join().unwrap();
}

/// Runs `arguments` up to a step and kills that process; gives the step's name, or `None` if there
/// are not so many steps.
fn killed_at(project: &Project, arguments: &[&str], step: usize) -> Option<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["killed::child", "--exact", "--nocapture"]).current_dir(project.folder.path());
    command.env(STEP, step.to_string()).env(ARGUMENTS, arguments.join("\n"));
    command.env("CLP_GEN_STORE", project.path("store")).env("PATH", "/nowhere");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let stopped = lines.find_map(|it| it.strip_prefix(STOPPED).map(ToOwned::to_owned));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(stopped.is_some() || status.success(), "{arguments:?} at {step}");
    stopped
}

/// Runs the program, and kills it after a while.
fn killed_after(project: &Project, arguments: &[&str], milliseconds: u64) {
    let mut command = project.command(arguments);
    command.env("PATH", "/nowhere").stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(milliseconds));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The store is whole, and the same run succeeds now, with the same files as if nothing had been.
fn survives(
    project: &Project,
    scenario: &Scenario,
    expected: &BTreeMap<String, Vec<u8>>,
    what: &str,
) {
    let Scenario { name, arguments, before: _, written } = scenario;
    whole(&project.path("store"), &format!("{name}: {what}"));
    let mut command = project.command(arguments);
    command.env("PATH", "/nowhere");
    let done = run(command);
    assert!(done.status.success(), "{name}: {what}: {}", stderr(&done));
    let written = written(project);
    let (is, should): (Vec<_>, Vec<_>) = (written.keys().collect(), expected.keys().collect());
    assert_eq!(is, should, "{name}: {what}");
    assert!(written == *expected, "{name}: {what}: other bytes");
}

fn whole(store: &Path, what: &str) {
    let store = clp_gen::store::Store::find(Some(store)).unwrap();
    if store.exists() {
        let (_, damaged) = store.share().unwrap().damaged().unwrap();
        assert_eq!(damaged, [], "{what}");
    }
}

/// Kills a scenario at each of its steps; gives the names of the steps.
fn at_every_step(scenario: &Scenario) -> Vec<String> {
    let expected = {
        let project = project();
        (scenario.before)(&project);
        done(&project, scenario.arguments, &[]);
        (scenario.written)(&project)
    };
    let mut steps = vec![];
    loop {
        let project = project();
        (scenario.before)(&project);
        let Some(step) = killed_at(&project, scenario.arguments, steps.len() + 1) else {
            return steps;
        };
        survives(&project, scenario, &expected, &step);
        steps.push(step);
    }
}

/// Kills scenarios in one folder, each time after another while, without cleaning up between.
fn at_any_time(kills: usize, seed: u64) {
    let project = project();
    for number in 0..kills as u64 {
        let mixed = (number + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let uploads = format!("config.uploads={}", mixed & 1 == 1);
        let scenario = &SCENARIOS[usize::try_from(mixed >> 1).unwrap() % SCENARIOS.len()];
        let mut arguments = scenario.arguments.to_vec();
        if scenario.arguments != COLLECT {
            arguments.extend(["--set", &uploads]);
        }
        killed_after(&project, &arguments, mixed >> 4 & 0xff);
        whole(&project.path("store"), scenario.name);
        if number % 5 == 4 {
            done(&project, &arguments, &[]);
        }
    }
    for arguments in [BUILD, COPY, INSTALL, LOCK, COLLECT] {
        done(&project, arguments, &[]);
    }
    let left = files(&project.path("root")).into_keys().find(|it| it.contains(".clp-gen-"));
    assert_eq!(left, None, "what was left is swept up");
}

#[test]
fn nothing_is_half_there() {
    let mut steps = vec![];
    std::thread::scope(|scope| {
        let halves = [&SCENARIOS[..6], &SCENARIOS[6..]].map(|half| {
            scope.spawn(move || {
                half.iter().map(|it| (it.name, at_every_step(it))).collect::<Vec<_>>()
            })
        });
        steps.extend(halves.into_iter().flat_map(|it| it.join().unwrap()));
    });
    let at_steps: usize = steps.iter().map(|(_, steps)| steps.len()).sum();
    for (name, steps) in &steps {
        assert!(steps.len() > 3, "{name} has steps: {steps:?}");
        eprintln!("{name}: killed at {} steps", steps.len());
    }
    assert!(at_steps >= KILLS_AT_STEPS, "{at_steps} were killed at a step");
    let rest = KILLS - at_steps;
    std::thread::scope(|scope| {
        for seed in 0..2 {
            scope.spawn(move || at_any_time(rest / 2 + 1, seed));
        }
    });
}
