//! Each type of deployment comes to healthy in the order of its edges, and goes without a trace.

use serde_json::{Value as Json, json};

use super::daemon::Engine;
use super::deployment::Deployment;
use super::verdict::faults_of_start;

/// The four types, each configured as little as it can be.
pub(crate) fn types() -> [(&'static str, Json); 4] {
    let presto = json!({ "host": "presto.example.org", "port": 8889 });
    // Nothing collects garbage where nothing searches.
    let forever = json!({ "retention_period": null });
    let logs = json!({ "type": "fs", "directory": "@folder@/logs" });
    [
        ("full", json!({ "mcp_server": {} })),
        (
            "base",
            json!({ "package": { "query_engine": "presto" }, "presto": presto, "results_cache": forever, "logs_input": logs }),
        ),
        (
            "spider-full",
            json!({
                "compression_scheduler": { "type": "spider" }, "spider_scheduler": {}, "logs_input": logs,
            }),
        ),
        (
            "spider-base",
            json!({
                "package": { "query_engine": "presto" }, "presto": presto, "results_cache": forever, "logs_input": logs,
                "compression_scheduler": { "type": "spider" }, "spider_scheduler": {},
                "queue": null, "redis": null,
            }),
        ),
    ]
}

/// Starts every type at once, and shows each to `look` before it is stopped.
pub(crate) fn run_all(
    first: u16,
    types: &[(&'static str, Json)],
    look: impl Fn(&str, &Deployment) + Sync,
) {
    let _turn = Engine::turn();
    let engine = Engine::shared();
    std::thread::scope(|scope| {
        for (number, (name, config)) in (first..).zip(types) {
            let look = &look;
            scope.spawn(move || {
                let deployment = Deployment::install(engine, number, config);
                assert_eq!(deployment.topology["variant"], *name);
                assert_eq!(faults_of_start(&deployment, 120), [""; 0], "{name}");
                look(name, &deployment);
                deployment.stop();
            });
        }
    });
    assert_eq!(engine.ask(&["volume", "ls", "--quiet"]), "", "volumes without a name are left");
}

#[test]
fn every_type_comes_to_healthy_and_goes_without_a_trace() {
    run_all(1, &types(), |_, _| ());
}
