//! Building again, elsewhere: the same inputs must give the same bytes.
//!
//! **Invariant.** The child processes get the same inputs, by absolute paths, and as much else as
//! can be changed: directory, environment, locale, time zone, umask, order of the options, user.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf, absolute};
use std::process::{Command, Output, Stdio};

use targets::Entry;
use tempfile::TempDir;

use crate::build::Built;
use crate::failure::Failure;
use crate::install::disk::Caller;
use crate::output;
use crate::request::{PROJECT_FILE, Request};

/// A user that owns nothing.
const NOBODY: u32 = 65534;

/// What surrounds one child process.
struct Surroundings {
    folder: &'static str,
    umask: &'static str,
    variables: [(&'static str, &'static str); 4],
    reversed: bool,
    other_user: bool,
}

const SURROUNDINGS: [Surroundings; 2] = [
    Surroundings {
        folder: "here",
        umask: "077",
        variables: [
            ("LC_ALL", "tr_TR.UTF-8"),
            ("TZ", "Pacific/Chatham"),
            ("HOME", "/nonexistent"),
            ("COLUMNS", "20"),
        ],
        reversed: false,
        other_user: false,
    },
    Surroundings {
        folder: "über all",
        umask: "000",
        variables: [("TZ", "Asia/Kathmandu"), ("LC_ALL", "C"), ("HOME", "/"), ("LANG", "ja_JP")],
        reversed: true,
        other_user: true,
    },
];

/// What came of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Rechecked {
    /// Files that were different at least once, sorted.
    pub different: Vec<String>,
    /// Whether one of the builds was another user's.
    pub other_user: bool,
}

/// Builds what was built again, and compares.
///
/// # Errors
///
/// A machine that cannot start the processes, and inputs that were changed meanwhile.
pub fn recheck(request: &Request, built: &Built) -> Result<Rechecked, Failure> {
    let folder = tempfile::tempdir().map_err(|it| cannot(&it))?;
    let arguments = arguments(request, built)?;
    let expected = output::contents(built);
    let mut rechecked = Rechecked::default();
    for surroundings in SURROUNDINGS {
        let (out, other_user) = again(&surroundings, built, &arguments, &folder)?;
        rechecked.other_user |= other_user;
        rechecked.different.extend(differences(&out, &expected)?);
    }
    rechecked.different.sort();
    rechecked.different.dedup();
    Ok(rechecked)
}

/// The inputs, by absolute paths: one option and its value each.
fn arguments(request: &Request, built: &Built) -> Result<Vec<[OsString; 2]>, Failure> {
    let mut arguments: Vec<[OsString; 2]> = vec![];
    let mut file = |option: &str, path: &Path| {
        let path = absolute(path).map_err(|it| cannot(&it))?;
        arguments.push([option.into(), path.into()]);
        Ok(())
    };
    for document in &built.seen.documents {
        file(&format!("--{}", document.input), &document.path)?;
    }
    let project = built.seen.paths.get(Path::new(PROJECT_FILE)) == Some(&true);
    let default = project.then(|| PathBuf::from(PROJECT_FILE));
    if let Some(path) = request.deployment.clone().or(default) {
        file("--deployment", &path)?;
    }
    if let (Some((path, _)), Some(_)) = (&built.seen.lock, &built.lock) {
        file("--lock", path)?;
    }
    match &request.package {
        Some(name) if nickel::embedded_packages().contains(&name.as_str()) => {
            arguments.push(["--package".into(), name.into()]);
        }
        Some(folder) => file("--package", Path::new(folder))?,
        None => {}
    }
    Ok(arguments)
}

/// Builds in these surroundings; gives the directory, and whether it was another user.
fn again(
    surroundings: &Surroundings,
    built: &Built,
    arguments: &[[OsString; 2]],
    folder: &TempDir,
) -> Result<(PathBuf, bool), Failure> {
    let place = folder.path().join(surroundings.folder);
    let is_root = Caller::of_this_process()?.is_root();
    if surroundings.other_user && is_root {
        // It has to get in.
        let mode = fs::Permissions::from_mode(0o711);
        fs::set_permissions(folder.path(), mode).map_err(|it| cannot(&it))?;
        make(&place)?;
        chown(&place, Some(NOBODY), Some(NOBODY)).map_err(|it| cannot(&it))?;
        let mut command = command(surroundings, built, arguments, &place)?;
        if command.uid(NOBODY).gid(NOBODY).output().is_ok_and(|it| it.status.success()) {
            return Ok((place.join("out"), true));
        }
        // It cannot read the inputs, or the program; then as this user.
        fs::remove_dir_all(&place).map_err(|it| cannot(&it))?;
    }
    make(&place)?;
    let output = command(surroundings, built, arguments, &place)?.output();
    let Output { status, stderr, .. } = output.map_err(|it| cannot(&it))?;
    if status.success() {
        return Ok((place.join("out"), false));
    }
    let words = String::from_utf8_lossy(&stderr);
    Err(Failure::Environment(format!("the second build failed: {}", words.trim())))
}

fn command(
    surroundings: &Surroundings,
    built: &Built,
    arguments: &[[OsString; 2]],
    place: &Path,
) -> Result<Command, Failure> {
    let Surroundings { folder: _, umask, variables, reversed, other_user: _ } = surroundings;
    let program = std::env::current_exe().map_err(|it| cannot(&it))?;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "umask \"$0\"; exec \"$@\"", umask]).arg(program).arg("build");
    let mut options = arguments.to_vec();
    options.push(["--target".into(), built.target.name().into()]);
    options.push(["--out".into(), "out".into()]);
    if *reversed {
        options.reverse();
    }
    command.args(options.iter().flatten());
    // A later value of one path replaces an earlier one, so these keep their order.
    built.sets.iter().for_each(|set| {
        command.arg("--set").arg(set);
    });
    command.current_dir(place).env_clear().envs(*variables).stdin(Stdio::null());
    Ok(command)
}

fn make(place: &Path) -> Result<(), Failure> {
    fs::create_dir(place).map_err(|it| cannot(&it))
}

/// The files that are not as expected.
fn differences(out: &Path, expected: &BTreeMap<String, Entry>) -> Result<Vec<String>, Failure> {
    let mut found = output::files(out)?;
    found.extend(expected.keys().cloned());
    let differs = |path: &String| {
        let place = out.join(path);
        let is = fs::read(&place).ok().zip(fs::metadata(&place).ok());
        let is = is.map(|(bytes, it)| Entry { bytes, mode: it.permissions().mode() & 0o7777 });
        is.as_ref() != expected.get(path)
    };
    Ok(found.into_iter().filter(differs).collect())
}

fn cannot(error: &std::io::Error) -> Failure {
    Failure::Environment(format!("cannot build again: {error}"))
}
