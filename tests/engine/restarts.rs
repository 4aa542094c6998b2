//! A change restarts exactly what reads it; no change restarts nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::Engine;
use super::deployment::Deployment;
use super::verdict::faults_of_start;

/// Everything that reads the configuration that containers share, or the web UI's server settings.
const READERS: [&str; 10] = [
    "api-server",
    "compression-scheduler",
    "compression-worker",
    "db-table-creator",
    "garbage-collector",
    "mcp-server",
    "query-scheduler",
    "query-worker",
    "reducer",
    "webui",
];

fn config() -> Json {
    let credentials = json!({ "access_key_id": "key", "secret_access_key": "first" });
    let authentication = json!({ "type": "credentials", "credentials": credentials });
    json!({
        "mcp_server": {},
        "logs_input": { "type": "fs", "directory": "@folder@/logs" },
        "archive_output": {
            "compression_level": 3,
            "storage": {
                "type": "s3",
                "s3_config": {
                    "region_code": "us-east-2", "bucket": "archives", "key_prefix": "clp/",
                    "aws_authentication": authentication,
                },
            },
        },
    })
}

/// Which container is each workload's, and since when a service runs. What is done already is
/// done again at every start, by the same container.
fn running(deployment: &Deployment) -> BTreeMap<String, (String, String)> {
    let containers = deployment.containers().into_iter().map(|(name, it)| {
        let is_job = deployment.topology["jobs"].get(&name).is_some();
        let since = if is_job { "" } else { it["State"]["StartedAt"].as_str().unwrap() };
        (name, (it["Id"].as_str().unwrap().to_owned(), since.to_owned()))
    });
    containers.collect()
}

/// What another container runs, after this configuration was installed and started.
fn restarted(deployment: &mut Deployment, config: &Json) -> BTreeSet<String> {
    let before = running(deployment);
    deployment.configure(config);
    assert_eq!(faults_of_start(deployment, 300), [""; 0]);
    let after = running(deployment);
    assert!(before.keys().eq(after.keys()), "nothing comes or goes");
    after.into_iter().filter(|(name, it)| before[name] != *it).map(|(name, _)| name).collect()
}

#[test]
fn a_change_restarts_exactly_its_readers() {
    let _turn = Engine::turn();
    let mut deployment = Deployment::install(Engine::shared(), 21, &config());
    assert_eq!(faults_of_start(&deployment, 300), [""; 0]);
    let readers = BTreeSet::from(READERS.map(ToOwned::to_owned));
    let mut config = deployment.config();
    assert_eq!(restarted(&mut deployment, &config), BTreeSet::new(), "nothing has changed");
    config["archive_output"]["compression_level"] = json!(9);
    assert_eq!(restarted(&mut deployment, &config), readers);
    config["archive_output"]["compression_level"] = json!(3);
    let keys = "/archive_output/storage/s3_config/aws_authentication/credentials";
    config.pointer_mut(keys).unwrap()["secret_access_key"] = json!("second");
    let secret = restarted(&mut deployment, &config);
    assert_eq!(secret, readers, "a secret that is rotated, too");
    deployment.stop();
}
