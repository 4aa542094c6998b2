//! The checks can fail: each mistake in what was installed is found, by the check that it is for.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value as Json, json};

use super::Engine;
use super::deployment::Deployment;
use super::types::types;
use super::verdict::faults_of_start;
use crate::programs::tool;

/// A mistake in a type of deployment, and what is said of it.
struct Mistake {
    variant: &'static str,
    /// Makes it, in an installed deployment.
    make: fn(&Deployment),
    /// What is found, and of which workloads anything is said.
    found: &'static [&'static str],
    of: &'static [&'static str],
}

const MISTAKES: [Mistake; 4] = [
    // An edge to a healthy service is gone.
    Mistake {
        variant: "spider-base",
        make: |it| change(it, |services| drop_edge(services, "db-table-creator", "database")),
        found: &[
            // It cannot resolve or cannot reach it: that depends on which container is there first.
            "db-table-creator: failed: database: cannot ",
            "db-table-creator: restarted ",
            "db-table-creator: began before database was Healthy",
        ],
        of: &[],
    },
    // A service has another name than others call it by.
    Mistake {
        variant: "spider-base",
        make: |it| {
            change(it, |services| {
                let cache = &mut services["results-cache"];
                cache["hostname"] = json!("cache");
                cache["networks"]["default"]["aliases"] = json!(["cache"]);
            });
        },
        found: &[
            "results-cache-indices-creator: failed: results-cache: cannot resolve results_cache:27017",
        ],
        of: &[],
    },
    // The configuration names a port that nobody listens on.
    Mistake {
        variant: "spider-base",
        make: |it| {
            it.edit("var/log/.clp-config.yaml", |text| text.replace("port: 3306", "port: 3307"));
        },
        found: &["db-table-creator: failed: database: cannot reach database:3307"],
        of: &[],
    },
    // Five that do not meet: a wrong password; an edge to a completed job, a variable, a mount and a
    // health check that are gone.
    Mistake {
        variant: "spider-full",
        make: |it| {
            it.edit(".env", |text| {
                let lines = text.lines().map(|line| {
                    line.strip_prefix("DATABASE_SPIDER_PASSWORD_QUERY=")
                        .map_or(line.to_owned(), |_| {
                            "DATABASE_SPIDER_PASSWORD_QUERY=wrong".to_owned()
                        })
                });
                lines.map(|it| it + "\n").collect()
            });
            change(it, |services| {
                drop(fields(&mut services["api-server"]["environment"]).remove("CLP_DB_PASS"));
                let mounts = services["garbage-collector"]["volumes"].as_array_mut().unwrap();
                mounts.retain(|it| it["target"] != "/var/data/archives");
                drop_edge(services, "compression-scheduler", "db-table-creator");
                drop(fields(&mut services["webui"]).remove("healthcheck"));
            });
        },
        found: &[
            "spider-scheduler: failed: database: database:3306 says DENIED",
            "compression-worker: failed: database: database:3306 says DENIED",
            "api-server: failed: CLP_DB_PASS is not set",
            "garbage-collector: failed: /var/data/archives is not mounted",
            "compression-scheduler: failed: database: cannot ",
            "compression-scheduler: began before db-table-creator was Completed",
            "webui: health is unknown",
        ],
        of: &[
            "spider-scheduler",
            "compression-worker",
            "api-server",
            "garbage-collector",
            "compression-scheduler",
            "webui",
            "start",
        ],
    },
];

#[test]
fn every_mistake_is_found() {
    let _turn = Engine::turn();
    let engine = Engine::shared();
    std::thread::scope(|scope| {
        for (number, mistake) in (31..).zip(&MISTAKES) {
            scope.spawn(move || {
                let Mistake { variant, make, found, of } = mistake;
                let types = types();
                let (_, config) = types.iter().find(|(it, _)| it == variant).unwrap();
                let deployment = Deployment::install(engine, number, config);
                make(&deployment);
                let faults = faults_of_start(&deployment, 120);
                for wanted in *found {
                    assert!(
                        faults.iter().any(|it| it.starts_with(wanted)),
                        "{wanted}: {faults:#?}"
                    );
                }
                for fault in faults.iter().filter(|_| !of.is_empty()) {
                    let (who, _) = fault.split_once(':').unwrap();
                    assert!(of.contains(&who), "{fault}");
                }
                deployment.stop();
            });
        }
    });
}

/// Changes the services and jobs in `compose.yaml`. Every JSON document is YAML.
fn change(deployment: &Deployment, change: impl Fn(&mut Json)) {
    let path = deployment.root().join("compose.yaml");
    let mut python = tool("python");
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    python.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().unwrap();
    python.stdin.take().unwrap().write_all(&fs::read(&path).unwrap()).unwrap();
    let before: Json = serde_json::from_slice(&python.wait_with_output().unwrap().stdout).unwrap();
    let mut after = before.clone();
    change(&mut after["services"]);
    assert_ne!(before, after);
    fs::write(&path, after.to_string()).unwrap();
}

fn fields(value: &mut Json) -> &mut serde_json::Map<String, Json> {
    value.as_object_mut().unwrap()
}

fn drop_edge(services: &mut Json, from: &str, to: &str) {
    fields(&mut services[from]["depends_on"]).remove(to).unwrap();
}
