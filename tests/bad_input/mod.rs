//! Input that nobody means: each ends in one report, soon, with little memory, and writes nothing.

mod files;
mod overlays;
mod places;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

use crate::{clp_gen, files};

/// The longest that a mistake may take, in time of a processor: other tests run beside this one.
const LONGEST: Duration = Duration::from_secs(5);

/// The most memory that it may take, in KiB.
const MOST_KIBIBYTES: u64 = 2_000_000;

/// What somebody might give to the program, and what they read then.
struct Case {
    name: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    arguments: Vec<String>,
    says: &'static str,
}

/// How the program ended.
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    took: Duration,
    kibibytes: u64,
}

/// A case with one file that an option names.
fn file(name: &'static str, option: &str, text: impl Into<Vec<u8>>, says: &'static str) -> Case {
    let arguments = vec![option.to_owned(), "input.yaml".to_owned()];
    Case { name, files: vec![("input.yaml", text.into())], arguments, says }
}

/// A case with a project file.
fn overlay(name: &'static str, text: impl Into<String>, says: &'static str) -> Case {
    let files = vec![("deployment.ncl", text.into().into_bytes())];
    Case { name, files, arguments: vec![], says }
}

/// A case with an overlay of one field that holds a text.
fn label(name: &'static str, value: impl Into<String>, says: &'static str) -> Case {
    overlay(name, format!("{{ services.webui.labels.a = {} }}", value.into()), says)
}

/// A case with arguments only.
fn arguments(name: &'static str, arguments: &[&str], says: &'static str) -> Case {
    let arguments = arguments.iter().map(|&it| it.to_owned()).collect();
    Case { name, files: vec![], arguments, says }
}

/// Runs the program to its end, and watches it.
fn watch(mut command: Command, folder: &Path) -> Ended {
    let [stdout, stderr] = ["stdout", "stderr"].map(|it| folder.join(it));
    command.stdin(Stdio::null());
    command.stdout(fs::File::create(&stdout).unwrap()).stderr(fs::File::create(&stderr).unwrap());
    let mut child = command.spawn().unwrap();
    let [status_file, times_file] =
        ["status", "stat"].map(|it| format!("/proc/{}/{it}", child.id()));
    let mut kibibytes = 0;
    let mut took = Duration::ZERO;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        kibibytes = peak(&status_file).unwrap_or_default().max(kibibytes);
        took = used(&times_file).unwrap_or_default().max(took);
        std::thread::sleep(Duration::from_millis(5));
    };
    let [stdout, stderr] = [stdout, stderr].map(|it| fs::read_to_string(it).unwrap());
    Ended { code: status.code(), stdout, stderr, took, kibibytes }
}

/// The most memory that a process held so far.
fn peak(status_file: &str) -> Option<u64> {
    let text = fs::read_to_string(status_file).ok()?;
    let line = text.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The time of processors that a process used so far.
fn used(times_file: &str) -> Option<Duration> {
    let text = fs::read_to_string(times_file).ok()?;
    let fields = text.rsplit_once(") ")?.1.split(' ').skip(11);
    let hundredths: u64 = fields.take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(hundredths * 10))
}

/// Builds with the input of a case, and looks at everything but the words.
fn build(case: &Case, further: &[&str]) -> (Ended, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("inputs");
    fs::create_dir(&inputs).unwrap();
    for (name, bytes) in &case.files {
        fs::create_dir_all(inputs.join(name).parent().unwrap()).unwrap();
        fs::write(inputs.join(name), bytes).unwrap();
    }
    let mut command = clp_gen(&inputs, &["build", "--target", "compose"]);
    command.args(&case.arguments).args(further).env("RUST_BACKTRACE", "0");
    let before = files(&inputs);
    let ended = watch(command, folder.path());
    let Ended { code: _, stdout, stderr, took, kibibytes } = &ended;
    let name = case.name;
    assert!(!stderr.contains("panicked"), "{name}: {stderr}");
    assert!(*took < LONGEST, "{name}: {took:?}");
    assert!(*kibibytes < MOST_KIBIBYTES, "{name}: {kibibytes} KiB");
    assert!(stdout.len() + stderr.len() < 20_000, "{name}: {} bytes of words", stderr.len());
    assert!(files(&inputs) == before, "{name}: something was written");
    (ended, folder)
}

/// One report in words, with this exit code.
fn in_words(case: &Case, code: i32) {
    let (ended, _folder) = build(case, &[]);
    let Ended { code: found, stdout, stderr, .. } = &ended;
    let shown = format!("{}: {stderr}", case.name);
    assert_eq!(*found, Some(code), "{shown}");
    assert_eq!(stdout, "", "{shown}");
    let heads = stderr.lines().filter(|it| it.starts_with("  × ") || it.starts_with("error: "));
    assert_eq!(heads.count(), 1, "{shown}");
    let words = stderr.replace("\n  │ ", " ").replace("\n        ", " ");
    assert!(words.contains(case.says), "{shown}");
}

/// One report as data, with this exit code.
fn as_data(case: &Case, code: i32) {
    let (ended, _folder) = build(case, &["--format", "json"]);
    let shown = format!("{}: {}", case.name, ended.stdout);
    assert_eq!(ended.code, Some(code), "{shown}");
    assert_eq!(ended.stderr, "", "{shown}");
    let reports: Json = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(reports.as_array().unwrap().len(), 1, "{shown}");
    let fields: BTreeSet<_> = reports[0].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["column", "file", "help", "key", "line", "message", "severity"];
    assert_eq!(fields, BTreeSet::from(expected), "{shown}");
    assert!(reports[0]["message"].as_str().unwrap().contains(case.says), "{shown}");
}
