//! An engine without any network or image runs a deployment from a lock: an overlay has moved its
//! images to a registry on loopback. (An engine's own mirrors serve Docker Hub only.)

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::daemon::{COMPOSE, Engine};
use super::deployment::Deployment;
use super::images;
use super::verdict::faults_of_start;
use crate::registry::server::{Registry, Shelf};
use crate::{run, stderr};

/// What tells this deployment from those of other tests.
const NUMBER: u16 = 90;

/// An overlay that moves every image to `registry`.
fn overlay(folder: &Path, registry: &Registry) -> PathBuf {
    let images = [
        ("clp", "clp-package"),
        ("database", "mariadb"),
        ("database_mysql", "mysql"),
        ("queue", "rabbitmq"),
        ("redis", "redis"),
        ("results_cache", "mongo"),
    ];
    let moved = images.map(|(name, it)| {
        format!(
            "  {name} = {{ repository = \"{}/{it}\", tag | force = \"1\" }},\n",
            registry.address
        )
    });
    let file = folder.join("deployment.ncl");
    fs::write(&file, format!("{{ images = {{\n{}}} }}\n", moved.concat())).unwrap();
    file
}

/// Makes the stand-ins of every image that `topology` names, and pushes them to `registry`.
fn push(maker: &Engine, topology: &Json, registry: &Registry) {
    let mut moved = topology.clone();
    for image in moved["images"].as_object_mut().unwrap().values_mut() {
        let name = image["repository"].as_str().unwrap().rsplit('/').next().unwrap();
        image["repository"] = json!(format!("{}/{name}", registry.address));
    }
    images::provide(maker, &moved);
    for image in moved["images"].as_object().unwrap().values() {
        let name = format!("{}:1", image["repository"].as_str().unwrap());
        maker.ask(&["push", "--quiet", &name]);
    }
}

#[test]
fn full_runs_from_a_lock_of_a_registry_on_loopback() {
    let _turn = Engine::turn();
    let (maker, engine) = (Engine::shared(), Engine::start());
    let shelf = Shelf::new();
    let registry = shelf.inside(&engine);
    let folder = tempfile::tempdir().unwrap();
    let project = overlay(folder.path(), &registry);
    let project = ["--deployment", project.to_str().unwrap()];
    let config = json!({ "mcp_server": {} });
    let mut deployment =
        Deployment::without_images(&engine, NUMBER, &config, (COMPOSE, 1000), &project);
    let pushed = shelf.inside(maker);
    push(maker, &deployment.topology, &pushed);
    // MySQL is part of the lock, and not of this deployment.
    let [from, to] = ["mariadb", "mysql"].map(|it| format!("{}/{it}:1", pushed.address));
    maker.ask(&["tag", &from, &to]);
    maker.ask(&["push", "--quiet", &to]);
    let lock = folder.path().join("clp-gen.lock");
    let mut command = deployment.clp_gen(&["lock", "--plain-http", &registry.address]);
    command.args(project);
    let output = run(command);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&lock).unwrap().matches("\nreference = \"127.0.0.1:").count(), 6);
    assert_eq!(engine.ask(&["image", "ls", "--all", "--quiet"]), "", "it has no image yet");
    let config = deployment.config();
    let strict = [&project[..], &["--frozen", "--release"]].concat();
    deployment.install_with(&config, &strict);
    assert_eq!(faults_of_start(&deployment, 180), [""; 0]);
    for (name, container) in deployment.containers() {
        let image = container["Config"]["Image"].as_str().unwrap();
        let pinned = image.starts_with(&registry.address) && image.contains(":1@sha256:");
        assert!(pinned, "{name} runs {image}");
    }
    deployment.stop();
}
