//! The life of a deployment: it comes to healthy in order, survives what happens to it, and goes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;

use super::deployment::{Deployment, ROOT};
use super::machine::Machine;
use super::verdict::{Seen, faults, now};
use crate::{stderr, stdout};

/// Waits until something holds.
fn until(what: &str, seconds: u64, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_deployment_lives() {
    let _turn = Machine::turn();
    let machine = Machine::shared();
    let mut deployment = Deployment::install(machine, &json!({}));
    let all = deployment.workloads();

    // It comes to healthy, and nothing begins before what it waits for.
    let began = now(&deployment);
    deployment.do_it("reload");
    deployment.do_it("start");
    assert_eq!(faults(&deployment, &all, began), [""; 0]);

    a_killed_service_restarts(&deployment);
    a_change_restarts_its_readers(&mut deployment);

    // The machine goes down and comes up again, and the deployment with it.
    machine.reboot();
    let began = now(&deployment) - 60_000;
    until("it comes back", 180, || faults(&deployment, &all, began).is_empty());

    it_stops_in_reverse(&deployment);
}

/// The service itself is started again, and what needs it with it.
fn a_killed_service_restarts(deployment: &Deployment<'_>) {
    let began = now(deployment);
    let killed = format!("podman kill {}-reducer", deployment.project());
    assert!(deployment.machine.shell(&killed).status.success());
    until("it restarts", 60, || {
        deployment.property("reducer", "NRestarts") == "1"
            && deployment.property("reducer", "ActiveState") == "active"
    });
    let others = deployment.workloads().into_iter().filter(|it| it != "reducer");
    let restarted: Vec<String> =
        others.filter(|it| Seen::now(deployment, began).at(it, "start").is_some()).collect();
    assert_eq!(restarted, [""; 0], "nobody needs it");
}

/// Exactly what reads a changed file is named, and runs with it after the printed commands.
fn a_change_restarts_its_readers(deployment: &mut Deployment<'_>) {
    deployment.configure(&json!({}));
    assert_eq!(deployment.printed("restart"), None, "nothing has changed");
    deployment.configure(&json!({ "archive_output": { "compression_level": 9 } }));
    let command = deployment.printed("restart").unwrap().to_owned();
    let named: BTreeSet<&str> = command.split(' ').skip(2).collect();
    let reads = |name: &str| {
        let kind =
            if deployment.topology["jobs"].get(name).is_some() { "jobs" } else { "services" };
        let mounts = deployment.topology[kind][name]["mounts"].as_object().unwrap();
        // The only files in which the level stands.
        let files = ["container_config", "webui_client_settings"];
        mounts.values().any(|it| files.iter().any(|file| it["source"]["File"] == **file))
    };
    let readers: Vec<String> = deployment.workloads().into_iter().filter(|it| reads(it)).collect();
    let units: BTreeSet<String> = readers.iter().map(|it| deployment.unit(it)).collect();
    assert_eq!(named, units.iter().map(String::as_str).collect::<BTreeSet<_>>());
    assert!(readers.len() < deployment.workloads().len());
    deployment.do_it("reload");
    deployment.do_it("restart");
    for reader in &readers {
        let container = format!("{}-{reader}", deployment.project());
        if deployment.topology["jobs"].get(reader).is_some() || reader == "webui" {
            continue;
        }
        let said = deployment.machine.ask(&[
            "podman",
            "exec",
            &container,
            "busybox",
            "cat",
            "/etc/clp-config.yaml",
        ]);
        assert!(said.contains("compression_level: 9"), "{reader} runs with {said}");
    }
}

/// What was started last stops first.
fn it_stops_in_reverse(deployment: &Deployment<'_>) {
    deployment.stop();
    let stopped = |name: &str| -> u64 {
        deployment.property(name, "InactiveEnterTimestampMonotonic").parse().unwrap()
    };
    let began = |name: &str| -> u64 {
        deployment.property(name, "ActiveExitTimestampMonotonic").parse().unwrap()
    };
    for name in deployment.workloads() {
        let kind =
            if deployment.topology["jobs"].get(&name).is_some() { "jobs" } else { "services" };
        for (other, _) in deployment.topology[kind][&name]["depends_on"].as_object().unwrap() {
            assert!(stopped(&name) <= began(other), "{other} stopped before {name}");
        }
    }
}

#[test]
fn a_job_that_fails_keeps_its_dependents_from_starting() {
    let _turn = Machine::turn();
    let deployment = Deployment::install(Machine::shared(), &json!({}));
    let unit =
        format!("/etc/containers/systemd/{}-db-table-creator.container", deployment.project());
    // The job fails at its login, as often as it is tried.
    let secret = format!(
        "{ROOT}/.clp-gen/secrets/{}-db-table-creator.env.CLP_DB_ROOT_PASS",
        deployment.project()
    );
    deployment.edit(&secret, |it| format!("{it}x"));
    deployment.edit(&unit, |it| it.replace("RestartSec=5s", "RestartSec=1s"));
    let began = now(&deployment);
    deployment.do_it("reload");
    let started = deployment.run("start");
    assert!(
        !started.status.success(),
        "the printed command says so: {}{}",
        stdout(&started),
        stderr(&started)
    );
    assert_eq!(deployment.property("db-table-creator", "ActiveState"), "failed");
    let starts = Seen::now(&deployment, began).count("db-table-creator", "start");
    assert_eq!(starts, 4, "it is tried three times more");
    let failed = deployment.machine.ask(&["systemctl", "--failed", "--plain", "--no-legend"]);
    assert!(failed.contains("db-table-creator.service"), "{failed}");
    for dependent in ["compression-scheduler", "query-scheduler", "webui", "garbage-collector"] {
        assert_eq!(deployment.property(dependent, "ActiveState"), "inactive", "{dependent}");
    }
    assert_eq!(
        deployment.property("results-cache-indices-creator", "ActiveState"),
        "active",
        "the rest runs"
    );
    deployment.stop();
    // The next test finds what was installed.
    deployment.edit(&secret, |it| it[..it.len() - 1].to_owned());
    deployment.edit(&unit, |it| it.replace("RestartSec=1s", "RestartSec=5s"));
}
