//! What we write is what the targets' own programs accept: every accepted fixture, every target.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

use crate::{fixtures, stderr, stdout};

/// The folder of the programs that `scripts/tools install` installed.
pub(crate) fn tools() -> PathBuf {
    std::env::var_os("CLP_GEN_TEST_TOOLS").map(PathBuf::from).unwrap_or_else(|| {
        let home = PathBuf::from(std::env::var_os("HOME").unwrap());
        let cache = std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from);
        cache.join("clp-gen/tools/bin")
    })
}

/// A program that `scripts/tools install` installed. Without it the test fails.
pub(crate) fn tool(name: &str) -> Command {
    let path = tools().join(name);
    assert!(path.exists(), "{} is not there: run `scripts/tools install`", path.display());
    Command::new(path)
}

/// The golden artifacts of a target: every accepted fixture that shows it and that it does not
/// refuse.
fn artifacts(target: &str) -> Vec<PathBuf> {
    let folders = fixtures("accepted").into_iter().map(|it| it.join("out").join(target));
    let accepted: Vec<_> = folders.filter(|it| it.join("manifest.json").exists()).collect();
    assert!(accepted.len() > 3, "{target} accepts some");
    accepted
}

fn json(path: &Path) -> Json {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The names of everything that a fixture runs.
fn workloads(artifact: &Path) -> Vec<String> {
    let topology = json(&artifact.join("../../topology.json"));
    let of = |kind: &str| topology[kind].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut names = [of("services"), of("jobs")].concat();
    names.sort();
    names
}

/// The names under which a target knows secrets.
fn secrets(artifact: &Path) -> Vec<String> {
    let installation = json(&artifact.join("installation.json"));
    installation["secrets"].as_object().unwrap().keys().cloned().collect()
}

fn clean(output: &Output, what: &Path) {
    assert!(output.status.success(), "{}: {}{}", what.display(), stdout(output), stderr(output));
    assert_eq!(stderr(output), "", "{}: without a warning", what.display());
}

#[test]
fn docker_compose_reads_them() {
    for artifact in artifacts("compose") {
        let folder = tempfile::tempdir().unwrap();
        let variables = folder.path().join(".env");
        let lines = secrets(&artifact).into_iter().map(|name| format!("{name}='a $ecret'\n"));
        fs::write(&variables, lines.collect::<String>()).unwrap();
        for version in ["2.40.3", "5.5.1"] {
            let mut command = tool(&format!("docker-compose-{version}"));
            command.args(["--project-directory", "/srv/deployment", "--env-file"]).arg(&variables);
            command
                .arg("-f")
                .arg(artifact.join("compose.yaml"))
                .args(["config", "--format", "json"]);
            command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
            let output = command.output().unwrap();
            clean(&output, &artifact);
            let resolved: Json = serde_json::from_str(&stdout(&output)).unwrap();
            let services: Vec<_> =
                resolved["services"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(services, workloads(&artifact), "{}", artifact.display());
        }
    }
}

#[test]
fn docker_compose_wants_every_secret() {
    for artifact in artifacts("compose") {
        if secrets(&artifact).is_empty() {
            continue;
        }
        let mut command = tool("docker-compose-2.40.3");
        command.arg("-f").arg(artifact.join("compose.yaml")).arg("config");
        let output = command.output().unwrap();
        assert!(!output.status.success(), "{}: secrets are not optional", artifact.display());
        assert!(stderr(&output).contains("required variable"), "{}", stderr(&output));
    }
}

#[test]
fn helm_reads_them() {
    for artifact in artifacts("helm") {
        let folder = tempfile::tempdir().unwrap();
        let values = folder.path().join("values.secret.yaml");
        let secrets = secrets(&artifact).into_iter().map(|name| (name, "a $ecret".into()));
        let secrets: serde_json::Map<String, Json> = secrets.collect();
        fs::write(&values, serde_json::json!({ "secrets": secrets }).to_string()).unwrap();
        let mut lint = tool("helm-3");
        lint.args(["lint", "--strict", "--values"]).arg(&values).arg(&artifact);
        clean(&lint.output().unwrap(), &artifact);
        let render = || {
            let mut template = tool("helm-3");
            template.args(["template", "release", "--values"]).arg(&values).arg(&artifact);
            let output = template.output().unwrap();
            clean(&output, &artifact);
            stdout(&output)
        };
        let rendered = render();
        assert_eq!(rendered, render(), "{}: rendered twice", artifact.display());
        for name in workloads(&artifact) {
            assert!(rendered.contains(&name), "{}: {name} is there", artifact.display());
        }
        let manifests = folder.path().join("manifests.yaml");
        fs::write(&manifests, rendered).unwrap();
        let mut validate = tool("kubernetes-validate");
        validate.args(["--strict", "--version", "1.28"]).arg(&manifests);
        let output = validate.output().unwrap();
        assert!(output.status.success(), "{}: {}", artifact.display(), stdout(&output));
    }
}

#[test]
fn helm_wants_every_secret() {
    for artifact in artifacts("helm") {
        if secrets(&artifact).is_empty() {
            continue;
        }
        let mut template = tool("helm-3");
        template.args(["template", "release"]).arg(&artifact);
        let output = template.output().unwrap();
        assert!(!output.status.success(), "{}: secrets have no default", artifact.display());
    }
}
