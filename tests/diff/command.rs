//! The command: what it compares, how it prints that, and what it never shows.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value as Json;

use crate::schema::mistakes;
use crate::{build, clp_gen, fixtures, root, run, stderr, stdout};

/// A secret as a user may write it.
const SECRET: &str = "Zx9-do-not-show-me";

fn diff(folder: &Path, arguments: &[&str]) -> Output {
    run(clp_gen(folder, &[&["diff"], arguments].concat()))
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// A build into `out` of a configuration in `folder`.
fn built(folder: &Path, config: &str, out: &str) {
    write(folder, "etc/clp-config.yaml", config);
    let output = build(folder, "compose", &folder.join(out));
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn the_same_inputs_do_not_differ() {
    let folder = tempfile::tempdir().unwrap();
    built(folder.path(), "webui: {port: 4001}\n", "result-compose");
    write(folder.path(), "etc/clp-config.yaml", "# A comment\nwebui:\n  port: 4001\n");
    let output = diff(folder.path(), &[]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    write(folder.path(), "etc/clp-config.yaml", "webui: {port: 4002}\n");
    let output = diff(folder.path(), &[]);
    assert_eq!(code(&output), 3);
    assert!(stdout(&output).contains("config.webui.port  4001 -> 4002"), "{}", stdout(&output));
}

/// What a store keeps is read-only, and otherwise what was built.
#[test]
fn a_build_in_the_store_does_not_differ_from_its_inputs() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "etc/clp-config.yaml", "webui: {port: 4001}\n");
    let in_store = |arguments: &[&str]| {
        let mut command = clp_gen(folder.path(), arguments);
        command.env("CLP_GEN_STORE", folder.path().join("store"));
        run(command)
    };
    let output = in_store(&["build", "--target", "systemd"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let output = in_store(&["diff"]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    write(folder.path(), "etc/clp-config.yaml", "webui: {port: 4002}\n");
    let output = in_store(&["diff"]);
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    assert!(!stdout(&output).contains("mode"), "{}", stdout(&output));
}

/// Each pair of fixtures gives data of the published form, and no pair takes the program down.
#[test]
fn every_pair_of_fixtures_fits_the_schema() {
    let schema = fs::read_to_string(root().join("docs/schemas/diff.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut sides = vec![];
    for fixture in fixtures("accepted") {
        let out = folder.path().join(fixture.file_name().unwrap());
        for target in ["compose", "helm"] {
            let out = out.with_extension(target);
            if build(&fixture.join("in"), target, &out).status.success() {
                sides.push(out);
            }
        }
    }
    let mut found = vec![];
    for (number, before) in sides.iter().enumerate() {
        let after = &sides[(number + 1) % sides.len()];
        let arguments = [before.to_str().unwrap(), after.to_str().unwrap(), "--format", "json"];
        let output = diff(folder.path(), &arguments);
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        found.push(stdout(&output));
        let output = diff(folder.path(), &[arguments[0], arguments[0]]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    for (text, mistakes) in found.iter().zip(mistakes(&schema, &found)) {
        assert!(mistakes.is_empty(), "{mistakes:?} in {text}");
    }
}

/// What differs between directories that are none of clp-gen's, without a topology.
#[test]
fn any_directories_can_be_compared() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a/one.txt", "1\n2\n3\n");
    write(folder.path(), "b/one.txt", "1\n3\n");
    write(folder.path(), "b/two.bin", "\0");
    let output = diff(folder.path(), &["a", "b"]);
    assert_eq!(code(&output), 3);
    let text = stdout(&output);
    for line in [
        "note: causes and services are not known: of a, it has no manifest.json",
        "  ~ one.txt  +0 -1 lines",
        "  + two.bin  +1 -0 lines",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let output = diff(folder.path(), &["a", "b", "--format", "unified"]);
    let text = stdout(&output);
    assert!(
        text.starts_with("--- a/one.txt\n+++ b/one.txt\n@@ -1,3 +1,2 @@\n 1\n-2\n 3\n"),
        "{text}"
    );
}

/// `patch` makes the one of the other.
#[test]
fn unified_lines_are_a_patch() {
    let folder = tempfile::tempdir().unwrap();
    built(folder.path(), "webui: {port: 4001}\n", "a");
    built(folder.path(), "webui: {port: 4002}\nresults_cache: {retention_period: null}\n", "b");
    let patch = stdout(&diff(folder.path(), &["a", "b", "--format", "unified"]));
    write(folder.path(), "patch", &patch);
    let mut command = std::process::Command::new("git");
    command.args(["apply", "--directory=a", "-p1", "patch"]).current_dir(folder.path());
    assert!(command.status().unwrap().success());
    for name in ["compose.yaml", "installation.json", "files/container_config.yaml"] {
        let [one, other] = ["a", "b"].map(|it| fs::read(folder.path().join(it).join(name)));
        assert_eq!(one.unwrap(), other.unwrap(), "{name}");
    }
}

#[test]
fn revisions_are_read_from_git() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=x", "-c", "user.email=x@example.org"]).args(arguments);
        assert!(command.current_dir(folder.path()).output().unwrap().status.success());
    };
    git(&["init", "-q"]);
    write(folder.path(), "etc/clp-config.yaml", "webui: {port: 4001}\n");
    let overlay = "{ services.webui.labels.\"org.example\" = import \"team.ncl\" }";
    write(folder.path(), "deployment.ncl", overlay);
    write(folder.path(), "team.ncl", "\"logs\"");
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    assert_eq!(code(&diff(folder.path(), &["HEAD"])), 0);
    write(folder.path(), "team.ncl", "\"search\"");
    write(folder.path(), "etc/clp-config.yaml", "webui: {port: 4002}\n");
    let text = stdout(&diff(folder.path(), &["HEAD"]));
    for line in ["config.webui.port  4001 -> 4002", "labels.org.example  \"logs\" -> \"search\""] {
        assert!(text.contains(line), "{line} in {text}");
    }
    git(&["commit", "-qam", "two"]);
    assert_eq!(code(&diff(folder.path(), &["HEAD"])), 0);
    assert_eq!(
        stdout(&diff(folder.path(), &["HEAD~1", "HEAD"])),
        text.replace("the inputs", "HEAD").replacen("HEAD", "HEAD~1", 1)
    );
    let output = diff(folder.path(), &["no-such-thing"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("no directory no-such-thing, nor a revision"));
}

/// Secrets that a user writes, changes or leaves lying about are in no format's output.
#[test]
fn secrets_do_not_appear() {
    let folder = tempfile::tempdir().unwrap();
    let s3 = |secret: &str| {
        format!(
            "logs_input:\n  type: s3\n  aws_authentication:\n    type: credentials\n    credentials:\n      access_key_id: {secret}\n      secret_access_key: {secret}\n"
        )
    };
    built(folder.path(), "webui: {port: 4001}\n", "a");
    built(folder.path(), &s3(SECRET), "b");
    for side in ["a", "b"] {
        write(folder.path(), &format!("{side}/.env"), &format!("PASSWORD={SECRET}{side}\n"));
        let credentials = format!("database: {{password: {SECRET}{side}}}\n");
        write(folder.path(), &format!("{side}/credentials.yaml"), &credentials);
    }
    write(folder.path(), "etc/clp-config.yaml", &s3(&format!("{SECRET}2")));
    for format in ["text", "json", "markdown", "unified"] {
        for sides in [&["a", "b"][..], &["a"], &["b"]] {
            let output = diff(folder.path(), &[sides, &["--format", format]].concat());
            assert_eq!(code(&output), 3);
            assert!(!stdout(&output).contains(SECRET), "{format}: {}", stdout(&output));
            assert!(!stderr(&output).contains(SECRET), "{format}: {}", stderr(&output));
        }
    }
}

/// A comment on a pull request ends in time, and says so; what users wrote is no markup in it.
#[test]
fn markdown_is_capped_and_escaped() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "deployment.ncl", "{ services.webui.labels.one = \"1\" }");
    built(folder.path(), "webui: {port: 4001}\n", "a");
    let labels: Vec<String> = (0..3000).map(|it| format!("\"l{it}\" = \"</details>`|\"")).collect();
    let overlay = format!("{{ services.webui.labels = {{ {} }} }}", labels.join(", "));
    write(folder.path(), "deployment.ncl", &overlay);
    let text = stdout(&diff(folder.path(), &["a", "--format", "markdown"]));
    assert!(text.len() < 65_536 && text.len() > 50_000, "{}", text.len());
    assert!(text.contains("more lines are left out"), "{}", &text[text.len() - 500..]);
    assert_eq!(text.matches("<details>").count(), 2);
    let closed = text.lines().filter(|line| *line == "</details>").count();
    assert_eq!(closed, 2);
    assert!(text.contains("- ``"), "a fence longer than what is in it");
}

/// Of an artifact whose topology is gone, files are compared, and it is said what is not known.
#[test]
fn a_missing_topology_is_said() {
    let folder = tempfile::tempdir().unwrap();
    built(folder.path(), "webui: {port: 4001}\n", "a");
    built(folder.path(), "webui: {port: 4002}\n", "b");
    fs::remove_file(folder.path().join("a/topology.json")).unwrap();
    let output = diff(folder.path(), &["a", "b", "--format", "json"]);
    assert_eq!(code(&output), 3);
    let data: Json = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        data["notes"][0],
        "causes and services are not known: of a, it has no topology.json"
    );
    assert!(data["causes"].is_null() && data["services"].is_null() && data["fields"].is_null());
    assert_eq!(data["files"][0]["path"], "compose.yaml");
    // An edit by hand is found, and told from what clp-gen wrote.
    let edited = folder.path().join("b/compose.yaml");
    fs::write(&edited, fs::read_to_string(&edited).unwrap() + "# mine\n").unwrap();
    let text = stdout(&diff(folder.path(), &["b"]));
    assert!(text.contains("somebody edited them"), "{text}");
    assert!(
        text.contains("~ compose.yaml  +0 -1 lines  (edited since it was written, before)"),
        "{text}"
    );
}

#[test]
fn formats_of_other_commands_are_usage() {
    let output = run(clp_gen(Path::new("/"), &["check", "--format", "markdown"]));
    assert_eq!(code(&output), 2, "{}", stderr(&output));
}
