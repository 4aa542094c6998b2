//! What the test of a deployment's life sees, it sees only because it can fail: each mistake in
//! what was installed is found, by the check that it is for.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use super::deployment::{Deployment, ROOT};
use super::machine::Machine;
use super::verdict::{Seen, now};

/// How long it may take until all are found, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A mistake in a file, and what is said of it.
struct Mistake {
    /// Where the file is; `@units@` stands for the beginning of the paths of units, `@secrets@` for
    /// that of secrets.
    file: &'static str,
    make: fn(&str) -> String,
    found: &'static str,
}

/// Mistakes that do not meet, so that one start shows all of them.
const APART: [&[Mistake]; 2] = [
    &[
        // An edge to a healthy service is gone.
        Mistake {
            file: "@units@-db-table-creator.container",
            make: |it| without(it, "-database.service"),
            found: "db-table-creator: began before database was Healthy",
        },
        // A service has another name than others call it by.
        Mistake {
            file: "@units@-results-cache.container",
            make: |it| {
                it.replace("HostName=results_cache", "HostName=cache")
                    .replace("alias=results_cache", "alias=cache")
            },
            found: "results-cache-indices-creator: failed: results-cache: cannot resolve results_cache:27017",
        },
    ],
    &[
        // An edge to a completed job is gone.
        Mistake {
            file: "@units@-compression-scheduler.container",
            make: |it| without(it, "-db-table-creator."),
            found: "compression-scheduler: began before db-table-creator was Completed",
        },
        // The address that it is told has a port that nobody listens on.
        Mistake {
            file: "@secrets@-query-scheduler.env.BROKER_URL",
            make: |it| it.replace(":5672", ":5673"),
            found: "query-scheduler: failed: queue: cannot reach queue:5673",
        },
        // A wrong password.
        Mistake {
            file: "@secrets@-garbage-collector.env.CLP_DB_PASS",
            make: |it| format!("{it}x"),
            found: "garbage-collector: failed: database: database:3306 says DENIED",
        },
        // A missing variable.
        Mistake {
            file: "@units@-api-server.container",
            make: |it| without(it, "target=CLP_DB_PASS"),
            found: "api-server: failed: CLP_DB_PASS is not set",
        },
        // A missing mount.
        Mistake {
            file: "@units@-query-worker.container",
            make: |it| without(it, ":/var/data/archives"),
            found: "query-worker: failed: /var/data/archives is not mounted",
        },
        // A missing health check.
        Mistake {
            file: "@units@-webui.container",
            make: |it| without(&without(it, "Health"), "--sdnotify=healthy"),
            found: "webui: was never probed",
        },
    ],
];

/// `unit` without the lines that hold a text.
fn without(unit: &str, text: &str) -> String {
    let lines = unit.lines().filter(|it| !it.contains(text));
    lines.map(|it| format!("{it}\n")).collect()
}

/// The name of the workload that a finding is about.
fn about(found: &str) -> String {
    found.split(':').next().unwrap().to_owned()
}

fn make(deployment: &Deployment<'_>, mistakes: &[Mistake]) -> BTreeMap<PathBuf, Vec<u8>> {
    let project = deployment.project();
    let before = mistakes.iter().map(|mistake| {
        let path = mistake
            .file
            .replace("@units@", &format!("/etc/containers/systemd/{project}"))
            .replace("@secrets@", &format!("{ROOT}/.clp-gen/secrets/{project}"));
        let place = deployment.machine.place(&path);
        let before = fs::read(&place).unwrap();
        deployment.edit(&path, mistake.make);
        (place, before)
    });
    before.collect()
}

#[test]
fn every_mistake_is_found() {
    let _turn = Machine::turn();
    let deployment = Deployment::install(Machine::shared(), &json!({}));
    for mistakes in APART {
        let before = make(&deployment, mistakes);
        let seen: Vec<String> = mistakes.iter().map(|it| about(it.found)).collect();
        let units: Vec<String> = seen.iter().map(|it| deployment.unit(it)).collect();
        let began = now(&deployment);
        deployment.do_it("reload");
        // What is wrong keeps units from starting for as long as they may be tried again.
        deployment.machine.shell(&format!("systemctl start --no-block {}", units.join(" ")));
        let end = Instant::now() + PATIENCE;
        loop {
            let found = Seen::now(&deployment, began).all_faults(&seen);
            let is_found = |it: &&Mistake| found.iter().any(|found| found.starts_with(it.found));
            let missed: Vec<&str> =
                mistakes.iter().filter(|it| !is_found(it)).map(|it| it.found).collect();
            if missed.is_empty() {
                break;
            }
            assert!(Instant::now() < end, "not found: {missed:?}; found: {}", found.join("\n"));
            std::thread::sleep(Duration::from_millis(500));
        }
        for (place, bytes) in before {
            fs::write(place, bytes).unwrap();
        }
        deployment.machine.shell(&format!("systemctl stop '{}-*'", deployment.project()));
        deployment.stop();
    }
}
