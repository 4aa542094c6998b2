//! The same inputs give the same bytes, whatever surrounds the program.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::{TARGETS, build, check, clp_gen, files, fixtures, options, root, run, stderr};

/// A user that owns nothing.
const NOBODY: u32 = 65534;

/// A copy of the fixtures and of the program, somewhere where everybody gets in.
struct Elsewhere {
    folder: tempfile::TempDir,
}

impl Elsewhere {
    fn new() -> Self {
        let elsewhere = Self { folder: tempfile::tempdir().unwrap() };
        for kind in ["accepted", "packages"] {
            for (path, bytes) in files(&root().join("fixtures").join(kind)) {
                if kind == "packages" || path.contains("/in/") {
                    let place = elsewhere.fixtures().join(kind).join(path);
                    fs::create_dir_all(place.parent().unwrap()).unwrap();
                    fs::write(place, bytes).unwrap();
                }
            }
        }
        fs::copy(env!("CARGO_BIN_EXE_clp-gen"), elsewhere.program()).unwrap();
        fs::create_dir(elsewhere.out()).unwrap();
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(elsewhere.folder.path(), open).unwrap();
        if elsewhere.is_root() {
            chown(elsewhere.out(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        elsewhere
    }

    fn fixtures(&self) -> PathBuf {
        self.folder.path().join("somewhere else/äöü")
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("program")
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn is_root(&self) -> bool {
        fs::metadata(self.folder.path()).unwrap().uid() == 0
    }

    /// A build of the copy of a fixture, with another environment and umask, and by another user
    /// where there can be one.
    fn build(&self, fixture: &Path, target: &str, out: &Path) -> Command {
        let input = self.fixtures().join("accepted").join(fixture.file_name().unwrap()).join("in");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "umask 077; exec \"$0\" \"$@\""]).arg(self.program());
        command.args(["build", "--target", target, "--out"]).arg(out);
        command.args(options(&input)).current_dir(&input).env_clear();
        let variables = [("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Pacific/Chatham"), ("HOME", "/none")];
        command.envs(variables);
        if self.is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

/// Two users, directories, locales, umasks: the same files. Their digests stand in the repository,
/// so that a review shows which artifacts change.
#[test]
fn elsewhere_gives_the_same() {
    let elsewhere = Elsewhere::new();
    let cases: Vec<_> = fixtures("accepted")
        .into_iter()
        .flat_map(|fixture| TARGETS.map(|target| (fixture.clone(), target)))
        .collect();
    let halves = [0, 1].map(|half| cases.iter().skip(half).step_by(2));
    let mut lines: Vec<String> = std::thread::scope(|scope| {
        let halves = halves.map(|half| {
            let elsewhere = &elsewhere;
            let run = move || half.map(|(fixture, target)| line(elsewhere, fixture, target));
            scope.spawn(move || run().collect::<Vec<_>>())
        });
        halves.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    lines.sort();
    check(&root().join("fixtures/digests"), lines.concat().as_bytes());
}

/// Builds a fixture here and elsewhere; gives the line that says its digest.
fn line(elsewhere: &Elsewhere, fixture: &Path, target: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("here");
    let name = format!("{} {target}", fixture.file_name().unwrap().to_str().unwrap());
    if build(&fixture.join("in"), target, &here).status.code() == Some(1) {
        return format!("{name} refused\n");
    }
    let there = elsewhere.out().join(&name);
    let done = run(elsewhere.build(fixture, target, &there));
    assert!(done.status.success(), "{name}: {}", stderr(&done));
    let (one, other) = (files(&here), files(&there));
    assert!(one == other, "{name}: other bytes");
    assert_eq!(modes(&here), modes(&there), "{name}");
    let manifest: Json = serde_json::from_slice(&one["manifest.json"]).unwrap();
    format!("{name} {}\n", manifest["artifact"].as_str().unwrap())
}

fn modes(folder: &Path) -> Vec<(String, u32)> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let modes = entries.filter(|it| it.depth() > 0).map(|it| {
        let path = it.path().strip_prefix(folder).unwrap().display().to_string();
        (path, it.metadata().unwrap().permissions().mode())
    });
    modes.collect()
}

#[test]
fn a_comment_in_the_configuration_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let package = crate::root().join("fixtures/packages/notes");
    let digest = |text: &str, out: &str| {
        fs::write(folder.path().join("notes.yaml"), text).unwrap();
        let package = package.to_str().unwrap();
        let done = clp_gen(
            folder.path(),
            &["build", "--target", "compose", "--package", package, "--out", out],
        )
        .output()
        .unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
        files(&folder.path().join(out))
    };
    let plain = digest("web:\n  port: 9000\n", "plain");
    let commented = digest("# A comment.\nweb: {port: 9000} # another\n", "commented");
    assert_eq!(plain, commented);
    let other = digest("web: {port: 9001}\n", "other");
    assert_ne!(plain["compose.yaml"], other["compose.yaml"]);
}
