//! Logs, archives and streams in object storage: what is not on disk is not mounted.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::deployment::Deployment;
use super::types::{Setting, run_all, types};

/// Every type, with each part in object storage, and each with another kind of authentication.
fn stored_elsewhere() -> [(&'static str, Json); 4] {
    let storage = |authentication: Json| {
        json!({
            "type": "s3",
            "s3_config": {
                "region_code": "us-east-2", "bucket": "logs", "key_prefix": "clp/",
                "aws_authentication": authentication,
            },
        })
    };
    let keys = json!({ "access_key_id": "key", "secret_access_key": "p#a$s" });
    types().map(|(name, mut config)| {
        let profile = json!({ "type": "profile", "profile": "logs" });
        config["logs_input"] = json!({ "type": "s3", "aws_authentication": profile });
        config["aws_config_directory"] = json!("@folder@/aws");
        config["archive_output"]["storage"] = storage(json!({ "type": "env_vars" }));
        config["stream_output"]["storage"] =
            storage(json!({ "type": "credentials", "credentials": keys.clone() }));
        (name, config)
    })
}

/// The places that something is mounted at, as the engine says.
fn mounted(containers: &Map<String, Json>, workload: &str) -> BTreeSet<String> {
    let mounts = containers[workload]["Mounts"].as_array().unwrap().iter();
    let bound = mounts.inspect(|it| assert_eq!(it["Type"], "bind", "{workload}: {it}"));
    let places = bound.map(|it| it["Destination"].as_str().unwrap());
    // Input logs stand below /mnt/logs at the path that they have on the host.
    let places = places.map(|it| if it.starts_with("/mnt/logs") { "/mnt/logs" } else { it });
    places.map(ToOwned::to_owned).collect()
}

fn places<const N: usize>(places: [&str; N]) -> BTreeSet<String> {
    places.map(ToOwned::to_owned).into()
}

const CONFIG: &str = "/etc/clp-config.yaml";
const CLIENT: &str = "/opt/clp/var/www/webui/client/settings.json";
const SERVER: &str = "/opt/clp/var/www/webui/server/dist/settings.json";

/// What has it in common where everything is on disk; else the test below could not fail.
pub(crate) fn everything_is_on_disk(name: &str, deployment: &Deployment) {
    let containers = deployment.containers();
    let it = |workload: &str| mounted(&containers, workload);
    let worker = [CONFIG, "/mnt/logs", "/var/data/archives", "/var/log", "/var/tmp"];
    assert_eq!(it("compression-worker"), places(worker), "{name}");
    assert_eq!(it("compression-scheduler"), places([CONFIG, "/mnt/logs", "/var/log"]), "{name}");
    assert_eq!(it("webui"), places([CLIENT, SERVER, "/mnt/logs", "/var/data/streams"]), "{name}");
}

fn nothing_is_on_disk(name: &str, deployment: &Deployment) {
    let containers = deployment.containers();
    let it = |workload: &str| mounted(&containers, workload);
    for workload in containers.keys() {
        for absent in ["/mnt/logs", "/var/data/archives", "/var/data/streams"] {
            assert!(!it(workload).contains(absent), "{name}: {workload} has {absent}");
        }
    }
    let aws = "/opt/clp/.aws";
    let worker = [aws, CONFIG, "/var/data/staged-archives", "/var/log", "/var/tmp"];
    assert_eq!(it("compression-worker"), places(worker), "{name}");
    assert_eq!(it("compression-scheduler"), places([aws, CONFIG, "/var/log"]), "{name}");
    assert_eq!(it("webui"), places([aws, CLIENT, SERVER]), "{name}");
    assert_eq!(it("log-ingestor"), places([CONFIG, "/var/log"]), "{name}");
    if name.ends_with("full") {
        let worker = [aws, CONFIG, "/var/data/staged-streams", "/var/log"];
        assert_eq!(it("query-worker"), places(worker), "{name}");
    }
}

/// Where root installs, what other people made has a user of its own.
fn users_are_split(deployment: &Deployment) {
    let containers = deployment.containers();
    for (workload, user) in
        [("database", "999:999"), ("results-cache", "999:999"), ("webui", "0:0")]
    {
        assert_eq!(containers[workload]["Config"]["User"], user, "{workload}");
    }
}

#[test]
fn what_is_in_object_storage_is_not_mounted() {
    let setting = Setting { first: 11, compose: "5.5.1", user: 0, init: false };
    run_all(&setting, &stored_elsewhere(), |name, deployment| {
        nothing_is_on_disk(name, deployment);
        users_are_split(deployment);
    });
}
