//! Servers that run on the machine itself, beside the deployment, are reached from inside of it.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::Engine;
use super::deployment::{Deployment, credentials};
use super::images::provide_server;
use super::verdict::faults_of_start;
use crate::stdout;

/// A server on the engine's machine: in its network, and on the server's usual port.
fn serve(engine: &Engine, folder: &Path, program: &str, options: &[&str], arguments: &[&str]) {
    let image = format!("clp-gen.test/{program}:1");
    provide_server(engine, &image, program);
    for (name, text) in [("redis.conf", ""), ("mongod.conf", "path: /var/log/mongodb/mongod.log")] {
        fs::write(folder.join(name), text).unwrap();
    }
    let folder = format!("{}:/etc/servers:ro", folder.display());
    let run = ["run", "--detach", "--name", program, "--network", "host", "--volume", &folder];
    engine.ask(&[&run, options, &[&image], arguments].concat());
}

/// Everything that other people make.
fn serve_all(engine: &Engine, folder: &Path) {
    let credentials = credentials();
    let set = |name: &str, path: &str| {
        format!("{name}={}", credentials.pointer(path).unwrap().as_str().unwrap())
    };
    let database = [
        "--tmpfs=/var/lib/mysql",
        "--tmpfs=/var/log/mysql",
        "--env=MYSQL_DATABASE=clp-db",
        &set("--env=MYSQL_USER", "/database/username"),
        &set("--env=MYSQL_PASSWORD", "/database/password"),
        &set("--env=MYSQL_ROOT_PASSWORD", "/database/root_password"),
    ];
    serve(engine, folder, "mariadbd", &database, &["mariadbd"]);
    let queue = [
        "--tmpfs=/var/log/rabbitmq",
        "--env=RABBITMQ_LOGS=/var/log/rabbitmq/rabbitmq.log",
        &set("--env=RABBITMQ_DEFAULT_USER", "/queue/username"),
        &set("--env=RABBITMQ_DEFAULT_PASS", "/queue/password"),
    ];
    serve(engine, folder, "rabbitmq-server", &queue, &["rabbitmq-server"]);
    let password = credentials["redis"]["password"].as_str().unwrap();
    let redis = ["redis-server", "/etc/servers/redis.conf", "--requirepass", password];
    serve(engine, folder, "redis-server", &["--tmpfs=/data"], &redis);
    let cache = ["--tmpfs=/data/db", "--tmpfs=/var/log/mongodb"];
    serve(engine, folder, "mongod", &cache, &["--config", "/etc/servers/mongod.conf"]);
}

#[test]
fn servers_on_the_machine_are_reached() {
    let _turn = Engine::turn();
    let engine = Engine::shared();
    let folder = tempfile::tempdir().unwrap();
    serve_all(engine, folder.path());
    let here = |port: u16| json!({ "host": "localhost", "port": port });
    let mut deployment = Deployment::install(
        engine,
        41,
        &json!({ "bundled": [], "logs_input": { "type": "fs", "directory": "@folder@/logs" } }),
    );
    let mut config = deployment.config();
    for (section, port) in
        [("database", 3306), ("queue", 5672), ("redis", 6379), ("results_cache", 27017)]
    {
        config[section] = here(port);
    }
    deployment.configure(&config);
    let started = faults_of_start(&deployment, 300);
    let servers = ["mariadbd", "rabbitmq-server", "redis-server", "mongod"];
    let workloads = deployment.containers();
    let logs = stdout(&deployment.run("logs", 5));
    engine.ask(&[&["rm", "--force"], &servers[..]].concat());
    assert_eq!(started, [""; 0]);
    assert_eq!(workloads.len(), 10, "nothing bundled is deployed: {:?}", workloads.keys());
    for reached in ["database at host.docker.internal:3306", "queue at host.docker.internal:5672"] {
        assert!(logs.contains(&format!("reached {reached}")), "{logs}");
    }
    deployment.stop();
}
