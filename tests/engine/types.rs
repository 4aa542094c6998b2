//! Each type of deployment comes to healthy in the order of its edges, and goes without a trace.

use serde_json::{Value as Json, json};

use super::deployment::Deployment;
use super::storage::everything_is_on_disk;
use super::verdict::faults_of_start;
use super::{COMPOSE, Engine};
use crate::{run, stdout};

/// The four types, each configured as little as it can be.
pub(crate) fn types() -> [(&'static str, Json); 4] {
    let presto = json!({ "host": "presto.example.org", "port": 8889 });
    // Nothing collects garbage where nothing searches.
    let forever = json!({ "retention_period": null });
    let logs = json!({ "type": "fs", "directory": "@folder@/logs" });
    let base = json!({
        "package": { "query_engine": "presto" },
        "presto": presto,
        "results_cache": forever,
        "logs_input": logs,
    });
    let spider = json!({ "compression_scheduler": { "type": "spider" }, "spider_scheduler": {} });
    let both = |one: &Json, other: Json| {
        let mut fields = one.as_object().unwrap().clone();
        fields.extend(other.as_object().unwrap().clone());
        Json::Object(fields)
    };
    [
        ("full", json!({ "logs_input": logs })),
        ("base", base.clone()),
        ("spider-full", both(&spider, json!({ "mcp_server": {}, "logs_input": logs }))),
        ("spider-base", both(&both(&spider, base), json!({ "queue": null, "redis": null }))),
    ]
}

/// How all types run.
pub(crate) struct Setting {
    /// The number of the first deployment.
    pub(crate) first: u16,
    /// The release of Compose.
    pub(crate) compose: &'static str,
    /// Who owns the data, and runs everything but, where it is root, what other people made.
    pub(crate) user: u32,
    /// Whether the full type is what `init` makes: with random credentials, the real names of
    /// images, and every default; all of `/` is input.
    pub(crate) init: bool,
}

/// Starts every type at once, and shows each to `look` before it is stopped.
pub(crate) fn run_all(
    setting: &Setting,
    types: &[(&'static str, Json)],
    look: impl Fn(&str, &Deployment) + Sync,
) {
    let _turn = Engine::turn();
    let engine = Engine::shared();
    let Setting { first, compose, user, init } = *setting;
    std::thread::scope(|scope| {
        for (number, (name, config)) in (first..).zip(types) {
            let look = &look;
            scope.spawn(move || {
                let deployment = if init && *name == "full" {
                    Deployment::first(engine)
                } else {
                    Deployment::install_as(engine, number, config, compose, user)
                };
                assert_eq!(deployment.topology["variant"], *name);
                assert_eq!(faults_of_start(&deployment, 300), [""; 0], "{name}");
                look(name, &deployment);
                deployment.bring_up();
                deployment.stop();
            });
        }
    });
    assert_eq!(engine.ask(&["volume", "ls", "--quiet"]), "", "volumes without a name are left");
}

#[test]
fn every_type_comes_to_healthy_and_goes_without_a_trace() {
    let setting = Setting { first: 1, compose: COMPOSE, user: 1000, init: true };
    run_all(&setting, &types(), |name, deployment| {
        everything_is_on_disk(name, deployment);
        the_network_has_its_name(deployment);
        probes_log_in(deployment);
        the_other_commands_work(deployment);
    });
}

/// Presto's own project attaches to it.
fn the_network_has_its_name(deployment: &Deployment) {
    let name = format!("{}_default", deployment.project());
    let containers = deployment.containers();
    for (workload, it) in &containers {
        let networks = it["NetworkSettings"]["Networks"].as_object().unwrap();
        assert!(networks.keys().eq([&name]), "{workload}");
    }
}

/// Else every password would be right.
fn probes_log_in(deployment: &Deployment) {
    let containers = deployment.containers();
    let database = containers["database"]["Id"].as_str().unwrap();
    let probe = containers["database"]["Config"]["Healthcheck"]["Test"].as_array().unwrap();
    let probe: Vec<&str> = probe[1..].iter().map(|it| it.as_str().unwrap()).collect();
    let succeeds = |words: &[&str]| {
        run(deployment.engine.docker(&[&["exec", database], words].concat())).status.success()
    };
    assert!(succeeds(&probe));
    let (_, others) = probe.split_last().unwrap();
    assert!(!succeeds(&[others, &["--password=wrong"]].concat()));
}

fn the_other_commands_work(deployment: &Deployment) {
    let status = stdout(&deployment.run("status", 30));
    for workload in deployment.containers().keys() {
        assert!(status.contains(&format!("-{workload}-1")), "{workload}: {status}");
    }
    // They are followed until somebody has seen enough.
    let logs = deployment.run("logs", 5);
    assert_eq!(logs.status.code(), Some(124));
    assert!(stdout(&logs).contains("listening 3306"), "{}", stdout(&logs));
}
