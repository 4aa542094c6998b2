//! A package directory of the release's own tools, with a database that runs and holds a row,
//! becomes ours, and theirs again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use serde_json::{Value as Json, json};

use super::{CREDENTIALS, HOST, IMAGE, Package, success};
use crate::engine::{COMPOSE, Engine};
use crate::{stderr, stdout};

/// What the release's tools run, as far as there are servers for it here: a file of variables with
/// defaults, services that come by replicas, and one that the configuration has no more.
const COMPOSE_FILE: &str = r#"
name: "clp-package"
volumes: {empty: }
services:
  database:
    image: "@image@"
    user: "${CLP_THIRD_PARTY_SERVICE_UID_GID:-1000:1000}"
    environment:
      MYSQL_DATABASE: "${CLP_DB_NAME:-clp-db}"
      MYSQL_USER: "${CLP_DB_USER:-clp-user}"
      MYSQL_PASSWORD: "${CLP_DB_PASS:?}"
      MYSQL_ROOT_PASSWORD: "${CLP_DB_ROOT_PASS:?}"
    ports: ["${CLP_DB_HOST:-127.0.0.1}:${CLP_DB_PORT:-3306}:3306"]
    volumes: ["${CLP_DB_DATA_DIR_HOST:-./var/data/database}:/var/lib/mysql", "empty:/mnt/empty"]
    healthcheck:
      test: ["CMD", "mysqladmin", "ping", "--silent", "-h", "127.0.0.1"]
      interval: "2s"
      start_period: "60s"
      start_interval: "1s"
  mcp-server:
    image: "@image@"
    command: ["sleep", "infinity"]
    stop_grace_period: "0s"
"#;

/// What is in their directory besides: path, text, and whether we replace it.
const LAYOUT: [(&str, &str, bool); 13] = [
    ("VERSION", "0.9.0\n", false),
    ("sbin/start-clp.sh", "#!/bin/sh\n", false),
    ("etc/mysql/conf.d/logging.cnf", "[mysqld]\ngeneral_log=ON\n", true),
    ("etc/redis/redis.conf", "databases 2\n", true),
    ("etc/mongo/mongod.conf", "replication: {replSetName: rs0}\n", true),
    ("var/www/webui/client/settings.json", "{}\n", true),
    ("var/www/webui/server/dist/settings.json", "{}\n", true),
    ("var/log/.clp-config.yaml", "package: {storage_engine: clp-s}\n", true),
    ("var/log/instance-id", "ad07", true),
    ("var/log/database/mysql.log", "a line\n", false),
    ("var/data/archives/default/archive", "an archive\n", false),
    ("var/data/streams/stream", "a stream\n", false),
    ("docker-compose-base.yaml", "services: {}\n", false),
];

fn credentials(password: &str) -> Json {
    json!({
        "database": {
            "username": "clp-user", "password": password, "root_username": "root",
            "root_password": "Qm9vbQ-root_1", "spider_username": "spider-user",
            "spider_password": "c3BpZGVy",
        },
        "queue": { "username": "clp-user", "password": "cXVldWU" }, "redis": { "password": "cmVk" },
    })
}

/// Their directory, in which their project runs.
fn theirs() -> Package {
    let package = Package::new("ad07", 22200, &credentials("Zm9v_YmFy-1"));
    fs::remove_file(package.path(HOST)).unwrap();
    let (repository, tag) = IMAGE;
    let file = COMPOSE_FILE.replace("@image@", &format!("{repository}:{tag}"));
    let variables = "CLP_RESTART_POLICY=on-failure:3\nCLP_FIRST_PARTY_SERVICE_UID_GID=1000:1000\n\
                     CLP_DB_NAME=clp-db\nCLP_DB_PORT=22200\nCLP_DB_PASS=Zm9v_YmFy-1\n\
                     CLP_DB_ROOT_PASS=Qm9vbQ-root_1\nCLP_DB_USER=clp-user\n";
    for (path, text) in LAYOUT
        .iter()
        .map(|(path, text, _)| (*path, *text))
        .chain([("docker-compose.yaml", file.as_str()), (".env", variables)])
    {
        let place = package.root().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }
    fs::create_dir_all(package.root().join("var/data/database")).unwrap();
    fs::set_permissions(package.root().join(".env"), fs::Permissions::from_mode(0o644)).unwrap();
    // Whoever installed it is not us.
    for entry in walkdir::WalkDir::new(package.root()) {
        chown(entry.unwrap().path(), Some(1000), Some(1000)).unwrap();
    }
    package
}

/// As the release's tools call Compose: in the package directory, with the name of the project.
fn their_compose(package: &Package, arguments: &[&str]) -> String {
    let mut command = package.engine.command(Path::new("docker"), COMPOSE);
    command.current_dir(package.root()).args(["compose", "--project-name", &package.project()]);
    command.args(["--file", "docker-compose.yaml"]).args(arguments);
    success(command)
}

/// What the database answers to its user.
fn ask(package: &Package, statement: &str) -> String {
    let container = format!("{}-database-1", package.project());
    let login = ["-h", "127.0.0.1", "-u", "clp-user", "--password=Zm9v_YmFy-1", "clp-db"];
    let arguments = [&["exec", &container, "mariadb"], &login[..], &["-N", "-e", statement]];
    package.engine.ask(&arguments.concat())
}

/// The services that the project has containers of.
fn services(package: &Package) -> Vec<String> {
    let filter = format!("label=com.docker.compose.project={}", package.project());
    let format = "{{.Label \"com.docker.compose.service\"}}";
    let listed = package.engine.ask(&["ps", "--all", "--filter", &filter, "--format", format]);
    let mut services: Vec<_> = listed.lines().map(ToOwned::to_owned).collect();
    services.sort();
    services
}

/// Every file that is no data of the database's, which goes on writing: text, mode and owner.
fn files(package: &Package) -> BTreeMap<String, (Vec<u8>, u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let entries = walkdir::WalkDir::new(package.root()).into_iter().map(Result::unwrap);
    let files = entries.filter(|it| it.file_type().is_file()).map(|it| {
        let metadata = it.metadata().unwrap();
        let path = it.path().strip_prefix(package.root()).unwrap().to_str().unwrap().to_owned();
        (path, (fs::read(it.path()).unwrap(), metadata.mode(), metadata.uid()))
    });
    files.filter(|(path, _)| !path.starts_with("var/data/database/")).collect()
}

#[test]
fn a_package_directory_is_taken_over_and_given_back() {
    let _turn = Engine::turn();
    let package = theirs();
    their_compose(&package, &["up", "--detach", "--wait"]);
    ask(&package, "CREATE TABLE kept (word TEXT); INSERT INTO kept VALUES ('a row')");
    let untouched = files(&package);

    let output = package.clp_gen(&["init", "--from", "clp"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let facts = fs::read_to_string(package.path(HOST)).unwrap();
    assert!(facts.contains("instance_id: \"ad07\"\n") && facts.contains("uid: 1000\ngid: 1000\n"));
    package.refused(&[], &["/clp/.env is there already, and clp-gen did not write it", "--adopt"]);
    package.write(CREDENTIALS, &credentials("changed"));
    let words = ["credentials.yaml:1", "`database_password` is another than before", "Put the old"];
    package.refused(&["--adopt"], &words);
    package.write(CREDENTIALS, &credentials("Zm9v_YmFy-1"));
    let before = files(&package);
    assert_eq!(before.len(), untouched.len() + 1, "only host.yaml is new");

    // It runs, and holds its ports.
    let output = package.installed(&["--adopt"]);
    for (path, _, replaced) in LAYOUT {
        let listed = stderr(&output).contains(&format!("/clp/{path} as "));
        assert_eq!(listed, replaced, "{path}: {}", stderr(&output));
    }
    // As is printed, but for the programs that are not here.
    assert!(stdout(&output).contains("up --detach --wait --remove-orphans "));
    package.up(&["--remove-orphans", "database"]);
    assert_eq!(services(&package), ["database"], "no orphan");
    assert_eq!(ask(&package, "SELECT word FROM kept").trim(), "a row");
    let mounts = package.container("database")["Mounts"].to_string();
    assert!(mounts.contains("/clp/var/data/database") && !mounts.contains("empty"), "{mounts}");

    package.installed(&["--undo"]);
    assert_eq!(files(&package), before);
    assert!(!package.root().join(".clp-gen").exists());
    their_compose(&package, &["up", "--detach", "--wait"]);
    assert_eq!(services(&package), ["database", "mcp-server"]);
    assert_eq!(ask(&package, "SELECT word FROM kept").trim(), "a row");
}
