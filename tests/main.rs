//! One test binary; `BLESS=1 cargo test` rewrites what the fixtures expect.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod bad_input;
mod boot;
mod canary;
mod corpus;
mod diff;
mod docs;
mod engine;
mod explain;

mod faults;
mod generated;
mod golden;
mod graph;
mod helm;
mod init;
mod inputs;
mod install;
mod install_systemd;
mod killed;
mod lock;
mod nix;
mod origins;
mod parity;
mod preflight;
mod programs;
mod registry;
mod rejected;
mod same_bytes;
mod schema;
mod servers;
mod shells;
mod store;
mod units;
mod vendor;
mod verify;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The targets, by the names that they have on the command line.
const TARGETS: [&str; 3] = ["compose", "helm", "systemd"];

/// The root of the project.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folders in `fixtures/<kind>`, sorted.
fn fixtures(kind: &str) -> Vec<PathBuf> {
    let found = fs::read_dir(root().join("fixtures").join(kind)).unwrap();
    let mut found: Vec<PathBuf> = found.map(|it| it.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty(), "there are fixtures");
    found
}

/// The further arguments of a fixture, one a line in `in/options`.
fn options(input: &Path) -> Vec<String> {
    let text = fs::read_to_string(input.join("options")).unwrap_or_default();
    text.lines().map(ToOwned::to_owned).collect()
}

/// The program, to be run in `folder` with nothing of this environment but what it needs.
fn clp_gen(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clp-gen"));
    command.current_dir(folder).args(arguments).env("NO_COLOR", "1");
    command.env("CLP_GEN_STORE", env!("CARGO_TARGET_TMPDIR").to_owned() + "/store");
    command
}

/// What a command printed and how it ended.
fn run(mut command: Command) -> Output {
    command.output().unwrap()
}

/// Builds a fixture's inputs for a target into `out`.
fn build(input: &Path, target: &str, out: &Path) -> Output {
    let mut command =
        clp_gen(input, &["build", "--target", target, "--out", out.to_str().unwrap()]);
    command.args(options(input));
    run(command)
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The files below a folder: relative path to content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|it| it.file_type().is_file()).map(|it| {
        let path = it.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        (path, fs::read(it.path()).unwrap())
    });
    files.collect()
}

fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// Compares `actual` to the file at `path`, or writes it there when blessing.
fn check(path: &Path, actual: &[u8]) {
    if blessing() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, actual).unwrap();
    }
    let expected = fs::read(path).unwrap_or_default();
    let [expected, actual] = [&expected, actual].map(String::from_utf8_lossy);
    let shown = path.display();
    similar_asserts::assert_eq!(expected, actual, "{} differs; BLESS=1 rewrites it", shown);
}

/// Compares all files of a folder to `actual`, or makes them so when blessing.
fn check_folder(folder: &Path, actual: &BTreeMap<String, Vec<u8>>) {
    if blessing() && folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    for (path, bytes) in actual {
        check(&folder.join(path), bytes);
    }
    let expected: Vec<String> = files(folder).into_keys().collect();
    let actual: Vec<String> = actual.keys().cloned().collect();
    assert_eq!(expected, actual, "{} holds other files; BLESS=1 rewrites it", folder.display());
}
