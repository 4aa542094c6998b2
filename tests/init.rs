//! `init`: what it makes is enough to install, and it overwrites nothing.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use crate::{clp_gen, files, run, stderr, stdout};

fn init(folder: &Path, further: &[&str]) -> String {
    let output = run(clp_gen(folder, &[&["init"], further].concat()));
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output) + &stderr(&output)
}

fn install(folder: &Path, further: &[&str]) -> std::process::Output {
    let arguments = ["install", "--target", "compose", "--root", "/srv/clp", "--destdir", "stage"];
    run(clp_gen(folder, &[&arguments, further].concat()))
}

#[test]
fn what_it_makes_installs() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), &[]);
    let output = install(folder.path(), &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let mode = fs::metadata(folder.path().join("etc/credentials.yaml")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);
    let credentials = fs::read_to_string(folder.path().join("etc/credentials.yaml")).unwrap();
    let passwords: std::collections::BTreeSet<_> =
        credentials.lines().filter(|it| it.contains("password: \"")).collect();
    assert_eq!(passwords.len(), 5, "each has its own");
    let random = passwords.iter().all(|it| it.split('"').nth(1).unwrap().len() == 32);
    assert!(random, "128 bits each");
    assert!(credentials.contains("root_username: \"root\""), "{credentials}");
    let other = tempfile::tempdir().unwrap();
    init(other.path(), &[]);
    let theirs = fs::read_to_string(other.path().join("etc/credentials.yaml")).unwrap();
    assert_ne!(credentials, theirs);
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/clp-config.yaml"), "webui: {port: 4001}\n").unwrap();
    init(folder.path(), &[]);
    let before = files(folder.path());
    assert_eq!(before["etc/clp-config.yaml"], b"webui: {port: 4001}\n");
    let said = init(folder.path(), &[]);
    assert_eq!(said.matches("is there already").count(), 3, "{said}");
    assert_eq!(files(folder.path()), before);
}

/// The comments are the defaults: as keys they change nothing.
#[test]
fn the_commented_configuration_is_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), &[]);
    let artifact = |config: &str| {
        let arguments = ["build", "--target", "compose", "--config", config, "--out", "out"];
        let output = run(clp_gen(folder.path(), &arguments));
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let commented = fs::read_to_string(folder.path().join("etc/clp-config.yaml")).unwrap();
    let keys = commented.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') || rest.starts_with("  ") => rest,
        _ => line,
    });
    let keys = keys.collect::<Vec<_>>().join("\n");
    assert!(keys.contains("\nwebui:\n") && keys.contains("\n  port: 4000\n"), "{keys}");
    fs::write(folder.path().join("keys.yaml"), keys).unwrap();
    assert_eq!(artifact("etc/clp-config.yaml"), artifact("keys.yaml"));
}

#[test]
fn an_installation_of_other_tools_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("clp-package");
    for (path, text) in [
        ("etc/clp-config.yaml", "logs_directory: var/elsewhere\n"),
        ("var/elsewhere/instance-id", "12e4"),
        ("VERSION", "0.10.0\n"),
    ] {
        let path = theirs.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    // Whoever is not root stays its owner.
    let given = chown(theirs.join("var/elsewhere/instance-id"), Some(1001), Some(50)).is_ok();
    let said = init(folder.path(), &["--from", "clp-package"]);
    assert!(said.contains("version 0.10.0"), "{said}");
    let host = fs::read_to_string(theirs.join("etc/host.yaml")).unwrap();
    assert!(host.contains("instance_id: \"12e4\"\n"), "{host}");
    assert!(!given || host.contains("uid: 1001\ngid: 50\n"), "{host}");
    let none = run(clp_gen(folder.path(), &["init", "--from", "."]));
    assert_eq!(none.status.code(), Some(1));
    assert!(stderr(&none).contains("there is no installation in ."), "{}", stderr(&none));
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_followed_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("disk")).unwrap();
    std::os::unix::fs::symlink("disk", folder.path().join("logs")).unwrap();
    let logs = folder.path().join("logs");
    let config = format!("logs_input: {{type: fs, directory: {}}}\n", logs.display());
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/clp-config.yaml"), config).unwrap();
    init(folder.path(), &[]);
    let host = fs::read_to_string(folder.path().join("etc/host.yaml")).unwrap();
    assert!(host.contains("real_paths:\n") && host.contains("/disk\"\n"), "{host}");
}
