//! No secret leaves the files that are meant to hold it: every command runs under strace, with a
//! canary in each secret, and everything that it writes, prints, names and starts is searched.

mod commands;
mod mistakes;
mod needles;
mod trace;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::programs::tool;
use crate::{files, run, stderr, stdout};
use needles::Needles;

/// A text that stays as it is in YAML, JSON, URLs and quotes, and is in every canary.
const CORE: &str = "kanari3";

/// A folder with a user's files, in which commands are watched.
struct Watched {
    folder: tempfile::TempDir,
    needles: Needles,
}

/// How a command ended, and what it said.
struct Ended {
    code: i32,
    said: String,
}

impl Watched {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "tmp", "bin"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let watched = Self { folder, needles: Needles::new() };
        // An engine that answers, so that all questions are asked.
        watched.write(
            "bin/docker",
            "#!/bin/sh\ncase \"$*\" in\n'version '*) echo 28.0.0 ;;\n'compose version '*) echo 2.40.0 ;;\n\
             'ps '*) echo 0123abcd ;;\n'inspect '*) echo '{\"folder\":\"/elsewhere\",\"ports\":{}}' ;;\nesac\n",
        );
        let bits = fs::Permissions::from_mode(0o755);
        fs::set_permissions(watched.path("bin/docker"), bits).unwrap();
        watched
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Gives a folder to the user that the deployment runs as, where that is allowed.
    fn give(&self, path: &str) {
        for entry in walkdir::WalkDir::new(self.path(path)) {
            let _ = chown(entry.unwrap().path(), Some(1000), Some(1000));
        }
    }

    /// Runs a command. No canary may be in what it says, names, starts or leaves, but in the files
    /// of `holders`, of which those that are no inputs are for their owner only.
    fn run(&self, arguments: &[&str], holders: &[&str]) -> Ended {
        let before: BTreeSet<String> = files(self.folder.path()).into_keys().collect();
        let trace = self.folder.path().with_extension("trace");
        let mut command = traced(&trace);
        command.arg(env!("CARGO_BIN_EXE_clp-gen")).args(arguments).current_dir(self.folder.path());
        command.env_clear().env("NO_COLOR", "1").env("RUST_BACKTRACE", "full");
        command.env("HOME", self.path("home")).env("TMPDIR", self.path("tmp"));
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        let output = run(command);
        let text = fs::read_to_string(&trace).unwrap();
        fs::remove_file(&trace).unwrap();
        let said = stdout(&output) + &stderr(&output);
        let shown = format!("{arguments:?}");
        self.needles.absent(&said, &format!("{shown} says it"));
        trace::check(&text, self.folder.path(), &self.needles, &shown);
        self.check_files(&before, holders, &shown);
        assert!(!said.contains("panicked"), "{said}");
        Ended { code: output.status.code().unwrap(), said }
    }

    fn check_files(&self, before: &BTreeSet<String>, holders: &[&str], shown: &str) {
        for (path, bytes) in files(self.folder.path()) {
            if holders.contains(&path.as_str()) {
                let mode = fs::metadata(self.path(&path)).unwrap().permissions().mode() & 0o777;
                assert!(before.contains(&path) || mode == 0o600, "{shown}: {path} is {mode:o}");
            } else {
                self.needles.absent(&String::from_utf8_lossy(&bytes), &format!("{shown}: {path}"));
            }
            assert!(!path.contains(".clp-gen-"), "{shown}: {path} is left");
        }
    }
}

/// strace, noting everything that leaves a process.
fn traced(trace: &Path) -> Command {
    let mut command = tool("strace");
    // What is not noted is not slowed down either.
    command.args(["--seccomp-bpf", "-f", "-qq", "-v", "-y", "-s", "10000000", "-o"]).arg(trace);
    command.args(["-e", &format!("trace={}", trace::CALLS.join(","))]);
    command
}

/// A secret for this name, with something special in it.
fn canary(name: &str) -> String {
    format!("{CORE}-{name} '\"\\@:/%$ü{CORE}")
}

/// YAML of a value: JSON is YAML.
fn yaml(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap()
}
