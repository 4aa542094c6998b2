//! What Compose really makes anew on `up` is what is said: one deployment, changed step by step on
//! a real engine; after each step, every container is compared to the one before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use model::impact::Pair;
use model::{Name, Topology};
use serde_json::{Value as Json, json};
use targets::{INSTALLATION, Impact, Installation, Target};

use crate::engine::{COMPOSE, Engine};
use crate::programs::tools;
use crate::{run, stderr, stdout};

/// Waits until it is told to stop.
const WAIT: &str = "trap 'exit 0' TERM; while :; do sleep 60 & wait; done";

fn start(project: &str) -> Json {
    json!({
        "package": { "name": "impact", "version": "1" },
        "project": project,
        "images": {
            "tool": { "repository": "impact", "tag": "1" },
            "other": { "repository": "impact", "tag": "1" },
        },
        "users": { "app": { "uid": 0, "gid": 0 } },
        "volumes": { "data": { "directory": "data", "size_gibibytes": 1, "owner": "app" } },
        "files": {
            "settings": { "path": "settings.yaml", "content": { "Yaml": { "a": 1 } }, "owner": "app" },
        },
        "services": {
            "web": {
                "image": "tool", "user": "app", "command": ["sh", "-c", WAIT],
                "stop_grace_seconds": 5, "restart": "No",
                "environment": { "LEVEL": "info" },
                "ports": { "http": { "container": 8080, "publish": { "address": "127.0.0.1", "port": 18080 } } },
                "mounts": {
                    "data": { "source": { "Volume": { "name": "data" } }, "target": "/data" },
                    "settings": { "source": { "File": "settings" }, "target": "/settings.yaml", "read_only": true },
                },
                "health": {
                    "probe": { "Exec": ["true"] }, "interval_seconds": 5, "timeout_seconds": 5,
                    "retries": 3, "start_period_seconds": 5, "start_interval_seconds": 1,
                },
            },
            "worker": {
                "image": "other", "user": "app", "command": ["sh", "-c", WAIT],
                "stop_grace_seconds": 5, "restart": "No", "depends_on": { "prepare": "Completed" },
                "environment": {
                    "WEB": { "$text": [{ "Connect": { "service": "web", "port": "http", "part": "HostPort" } }] },
                },
            },
        },
        "jobs": {
            "prepare": {
                "image": "tool", "user": "app", "command": ["true"], "stop_grace_seconds": 5, "retries": 0,
            },
        },
    })
}

/// Changes, each of the deployment that the one before it left: what, where, the value.
fn changes() -> Vec<(&'static str, &'static str, Json)> {
    let logging = json!({ "driver": "json-file", "options": { "max-size": "1m" } });
    let tmpfs = json!({ "source": { "Tmpfs": {} }, "target": "/tmp" });
    let below = json!({ "Volume": { "name": "data", "subpath": "below" } });
    vec![
        ("an image", "/images/tool/tag", json!("2")),
        ("a variable", "/services/web/environment/LEVEL", json!("debug")),
        ("a port of the host", "/services/web/ports/http/publish/port", json!(18081)),
        ("an address of the host", "/services/web/ports/http/publish/address", json!("0.0.0.0")),
        ("a port inside, which others are told", "/services/web/ports/http/container", json!(8081)),
        ("a port that is not published", "/services/web/ports/more", json!({ "container": 9000 })),
        ("what stands in a file", "/files/settings/content/Yaml/a", json!(2)),
        ("where a file stands", "/files/settings/path", json!("other.yaml")),
        ("what is waited for", "/services/worker/depends_on/web", json!("Healthy")),
        ("how long to wait", "/services/web/health/interval_seconds", json!(6)),
        ("restarts", "/services/web/restart", json!("Always")),
        ("the time to stop", "/services/web/stop_grace_seconds", json!(6)),
        ("where output goes", "/services/web/logging", logging),
        ("a limit", "/services/web/resources", json!({ "memory_mebibytes": 256 })),
        ("a label", "/services/web/labels", json!({ "team": "logs" })),
        ("a mount", "/services/web/mounts/tmp", tmpfs),
        ("a part of a volume", "/services/web/mounts/data/source", below),
        ("the directory of a volume", "/volumes/data/directory", json!("elsewhere")),
        ("the size of a volume", "/volumes/data/size_gibibytes", json!(2)),
        ("a host name", "/services/worker/hostname", json!("hand")),
        ("a name for an address", "/services/worker/host_aliases", json!({ "there": "10.0.0.1" })),
        ("how many", "/services/worker/replicas", json!(2)),
        ("a user", "/users/app/gid", json!(1)),
        ("a job's program", "/jobs/prepare/command", json!(["sh", "-c", "true"])),
        ("a job's retries", "/jobs/prepare/retries", json!(1)),
        (
            "a job more",
            "/jobs/more",
            json!({
                "image": "other", "user": "app", "command": ["true"], "stop_grace_seconds": 5, "retries": 0,
            }),
        ),
        ("nothing", "/services/worker/replicas", json!(2)),
        ("one again", "/services/worker/replicas", json!(1)),
    ]
}

/// The value at a JSON pointer, whose last part may be new.
fn set(topology: &mut Json, pointer: &str, value: Json) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = topology.pointer_mut(parent).unwrap();
    if parent.is_null() {
        *parent = json!({});
    }
    parent[key] = value;
}

/// Writes what Compose needs, where a deployment would be installed.
fn install(folder: &Path, topology: &Topology) {
    let lowered = targets::lower(Target::Compose, topology).unwrap();
    let installation = &lowered.files[INSTALLATION].bytes;
    let installation: Installation = serde_json::from_slice(installation).unwrap();
    fs::write(folder.join("compose.yaml"), &lowered.files["compose.yaml"].bytes).unwrap();
    for directory in installation.directories {
        fs::create_dir_all(folder.join(directory.path)).unwrap();
    }
    for file in installation.files {
        fs::write(folder.join(&file.path), &lowered.files[&file.source].bytes).unwrap();
    }
}

/// Container and time of its last start, by workload and number.
fn containers(engine: &Engine, project: &str) -> BTreeMap<String, (String, String)> {
    let filter = format!("label=com.docker.compose.project={project}");
    let ids = engine.ask(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter]);
    let ids: Vec<&str> = ids.lines().collect();
    let form = "{{.Id}} {{.State.StartedAt}} {{index .Config.Labels \"com.docker.compose.service\"}}/{{index .Config.Labels \"com.docker.compose.container-number\"}}";
    let told = engine.ask(&[&["inspect", "--format", form], ids.as_slice()].concat());
    let told = told.lines().map(|line| {
        let mut words = line.split(' ').map(ToOwned::to_owned);
        let (id, started) = (words.next().unwrap(), words.next().unwrap());
        (words.next().unwrap(), (id, started))
    });
    told.collect()
}

fn up(engine: &Engine, compose: &str, folder: &Path) {
    let mut command = engine.command(Path::new("docker"), compose);
    command.current_dir(folder).args(["compose", "up", "--detach", "--quiet-pull"]);
    let output = run(command);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
}

/// An image of busybox, without a registry.
fn image(engine: &Engine, tags: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("root/bin");
    fs::create_dir_all(&bin).unwrap();
    let busybox = tools().join("../engine-28.5/bin/busybox");
    fs::copy(busybox, bin.join("busybox")).unwrap();
    for name in ["sh", "sleep", "true"] {
        std::os::unix::fs::symlink("busybox", bin.join(name)).unwrap();
    }
    let tar = folder.path().join("image.tar");
    let mut command = std::process::Command::new("tar");
    command.arg("-C").arg(folder.path().join("root")).arg("-cf").arg(&tar).arg(".");
    assert!(command.status().unwrap().success());
    for tag in tags {
        let reference = format!("impact:{tag}");
        let label = format!("LABEL tag={tag}");
        let tar = tar.to_str().unwrap();
        engine.ask(&["import", "--change", "ENV PATH=/bin", "--change", &label, tar, &reference]);
    }
}

/// What is said to be replaced by a step, of everything that was there before it.
fn said(pair: Pair<'_>) -> BTreeMap<String, BTreeSet<Impact>> {
    let services =
        pair.before.services.keys().map(|it| (it, false, model::impact::services(pair, it, it)));
    let jobs = pair.before.jobs.keys().map(|it| (it, true, model::impact::jobs(pair, it, it)));
    let impact = |(name, job, touched): (&Name, bool, BTreeSet<_>)| {
        (name.to_string(), targets::impact(Target::Compose, job, &touched))
    };
    services.chain(jobs).map(impact).collect()
}

fn compare(compose: &str) {
    let engine = Engine::shared();
    image(engine, &["1", "2"]);
    let folder = tempfile::tempdir().unwrap();
    let project = format!("impact-{}", compose.replace('.', "-"));
    let mut json = start(&project);
    let mut before: Topology = serde_json::from_value(json.clone()).unwrap();
    install(folder.path(), &before);
    up(engine, compose, folder.path());
    let mut old = containers(engine, &project);
    let mut wrong = vec![];
    for (what, pointer, value) in changes() {
        set(&mut json, pointer, value);
        let after: Topology = serde_json::from_value(json.clone()).unwrap();
        install(folder.path(), &after);
        up(engine, compose, folder.path());
        let new = containers(engine, &project);
        let said = said(Pair { before: &before, after: &after });
        for (container, (id, started)) in &old {
            let name = container.split('/').next().unwrap();
            let impacts = &said[name];
            let replaced =
                impacts.contains(&Impact::Recreate) || impacts.contains(&Impact::JobReRuns);
            let Some((now_id, now_started)) = new.get(container) else {
                // Of a workload that is still there, only those above its number are gone.
                assert!(!container.ends_with("/1"), "{what}: {container} is gone");
                continue;
            };
            let really = now_id != id;
            if replaced != really {
                wrong.push(format!(
                    "{what}: {container} replaced: said {replaced}, really {really}"
                ));
            }
            // A job that is as it was keeps its container, and Compose runs it again on every `up`.
            let again = now_started != started;
            if !replaced && again != before.jobs.contains_key(name) {
                wrong.push(format!("{what}: {container} started again: {again}"));
            }
        }
        (before, old) = (after, new);
    }
    let mut down = engine.command(Path::new("docker"), compose);
    down.current_dir(folder.path()).args(["compose", "down", "--timeout", "1"]);
    run(down);
    assert!(wrong.is_empty(), "Compose {compose}:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_said_is_what_compose_does() {
    for compose in [COMPOSE, "5.5.1"] {
        compare(compose);
    }
}
