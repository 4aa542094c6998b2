//! The same inputs give the same bytes, whatever surrounds the program.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{TARGETS, build, clp_gen, files, fixtures, options, stderr};

/// A build of a copy of the inputs elsewhere, with another environment, umask and folder.
fn elsewhere(input: &Path, target: &str, folder: &Path) -> Command {
    let copy = folder.join("somewhere else/äöü");
    for (path, bytes) in files(input) {
        let path = copy.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let absolute = |option: String| match option.strip_prefix("../../../") {
        Some(rest) => crate::root().join("fixtures").join(rest).display().to_string(),
        None => option,
    };
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "umask 077; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_clp-gen")]);
    command.args(["build", "--target", target, "--out", "../out"]);
    command.args(options(input).into_iter().map(absolute)).current_dir(&copy).env_clear();
    command.envs([("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Pacific/Chatham"), ("HOME", "/nonexistent")]);
    command
}

#[test]
fn elsewhere_gives_the_same() {
    for fixture in fixtures("accepted") {
        let input = fixture.join("in");
        if input.join("deployment.ncl").exists() {
            // Its package is named relative to it, so it cannot be moved alone.
            continue;
        }
        for target in TARGETS {
            let folder = tempfile::tempdir().unwrap();
            let here = folder.path().join("here");
            if build(&input, target, &here).status.code() == Some(1) {
                continue;
            }
            let done = elsewhere(&input, target, folder.path()).output().unwrap();
            assert!(done.status.success(), "{}", stderr(&done));
            let there = folder.path().join("somewhere else/out");
            assert_eq!(files(&here), files(&there), "{} {target}", fixture.display());
            assert_eq!(modes(&here), modes(&there), "{} {target}", fixture.display());
        }
    }
}

fn modes(folder: &Path) -> Vec<(String, u32)> {
    use std::os::unix::fs::PermissionsExt;

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
