//! Secrets of every character that anything on the way could take for something else.

use std::fs;

use serde_json::{Value as Json, json};

use super::{CONFIG, Package};
use crate::engine::Engine;
use crate::programs::tool;
use crate::stdout;

/// Every character that means something to a shell, `.env`, YAML, a URL, Compose or a server.
const ALL: &str = "$ # ' \" \\ % @ : / { } = & ! * ? ` \t ü 日 ${HOME} $$ %41 {{ .x }} -";

/// A secret that starts and ends with what is dangerous there.
fn secret(start: &str, name: &str, end: &str) -> String {
    format!("{start}{name} {ALL}{end}")
}

fn credentials() -> Json {
    json!({
        "database": {
            "username": secret("-", "user", "\""),
            "password": secret("-", "password", "\\"),
            "root_username": "root",
            "root_password": secret("#", "root", " "),
            "spider_username": secret("'", "spider", "'"),
            "spider_password": secret("\"", "spider", "$"),
        },
        "queue": { "username": secret("-q", "user", "@"), "password": secret("=", "queue", "\\\\") },
        "redis": { "password": secret("-", "redis", "\"") },
    })
}

/// The text behind percent escapes.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

fn list(value: &Json) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

#[test]
fn servers_and_clients_have_them_byte_for_byte() {
    let _turn = Engine::turn();
    let credentials = credentials();
    let package = Package::new("5ec1", 22000, &credentials);
    package.installed(&[]);
    package.up(&["database", "queue", "redis"]);
    // Each logs in with what arrived.
    let urls = package.client("query-worker", &["BROKER_URL", "RESULT_BACKEND"]);
    let job = ["CLP_DB_USER", "CLP_DB_PASS", "CLP_DB_ROOT_USER", "CLP_DB_ROOT_PASS"];
    let job = [&job[..], &["SPIDER_DB_USER", "SPIDER_DB_PASS"]].concat();
    let arrived = package.client("db-table-creator", &job);
    let database = &credentials["database"];
    for (variable, key) in [
        ("CLP_DB_USER", "username"),
        ("CLP_DB_PASS", "password"),
        ("CLP_DB_ROOT_USER", "root_username"),
        ("CLP_DB_ROOT_PASS", "root_password"),
        ("SPIDER_DB_USER", "spider_username"),
        ("SPIDER_DB_PASS", "spider_password"),
    ] {
        assert_eq!(arrived[variable], database[key], "{variable}");
    }
    let broker = urls["BROKER_URL"].as_str().unwrap().strip_prefix("amqp://").unwrap();
    let (user, rest) = broker.split_once(':').unwrap();
    let (password, place) = rest.split_once('@').unwrap();
    assert_eq!(decoded(user), credentials["queue"]["username"]);
    assert_eq!((decoded(password), place), (text(&credentials["queue"]["password"]), "queue:5672"));
    let backend = urls["RESULT_BACKEND"].as_str().unwrap();
    let backend = backend.strip_prefix("redis://default:").unwrap().strip_suffix("@redis:6379/0");
    assert_eq!(decoded(backend.unwrap()), credentials["redis"]["password"]);
    arguments_arrive(&package, &credentials);
}

fn text(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

/// What the servers are started and probed with.
fn arguments_arrive(package: &Package, credentials: &Json) {
    let database = package.container("database");
    let environment = list(&database["Config"]["Env"]);
    for (variable, key) in [
        ("MYSQL_USER", "username"),
        ("MYSQL_PASSWORD", "password"),
        ("MYSQL_ROOT_PASSWORD", "root_password"),
    ] {
        let line = format!("{variable}={}", text(&credentials["database"][key]));
        assert!(environment.contains(&line.as_str()), "{line:?} in {environment:?}");
    }
    let probe = list(&database["Config"]["Healthcheck"]["Test"]);
    let [.., user, password] = probe[..] else { unreachable!("it has arguments") };
    assert_eq!(user, credentials["database"]["username"]);
    assert_eq!(password, format!("--password={}", text(&credentials["database"]["password"])));
    let redis = package.container("redis");
    let wanted = &credentials["redis"]["password"];
    assert_eq!(list(&redis["Config"]["Cmd"]).last().unwrap(), wanted);
    assert!(list(&redis["Config"]["Healthcheck"]["Test"]).contains(&wanted.as_str().unwrap()));
    // The database's own probe is content with a refusal, so it is asked for more, by a client that
    // does not take the name for Latin-1.
    let exec = ["exec", "-T", "database", "mysqladmin", "--default-character-set=utf8mb4"];
    let login = ["-h", "127.0.0.1", "-u", user, password, "status"];
    assert!(package.compose(&[&exec[..], &login].concat()).contains("Uptime"));
}

/// In files, which programs read as YAML and JSON.
#[test]
fn files_hold_them_byte_for_byte() {
    let _turn = Engine::turn();
    let package = Package::new("5ec2", 22100, &credentials());
    let keys = json!({
        "access_key_id": secret("-", "id", "\\"), "secret_access_key": secret("'", "key", "\""),
    });
    let storage = |prefix: &str| {
        json!({ "storage": { "type": "s3", "s3_config": {
            "region_code": "us-east-1", "bucket": "bucket", "key_prefix": prefix,
            "aws_authentication": { "type": "credentials", "credentials": keys },
        } } })
    };
    let more = json!({
        "archive_output": storage("archives/"), "stream_output": storage("streams/"),
        "compression_scheduler": { "type": "spider" }, "spider_scheduler": {},
    });
    package.write(CONFIG, &package.config(22100, &more));
    package.installed(&[]);
    let file = package.root().join("var/log/.clp-config.yaml");
    let mut python = tool("python");
    python.args(["-c", "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"]);
    python.stdin(fs::File::open(&file).unwrap());
    let read: Json = serde_json::from_str(&stdout(&crate::run(python))).unwrap();
    for output in ["archive_output", "stream_output"] {
        let read = &read[output]["storage"]["s3_config"]["aws_authentication"]["credentials"];
        assert_eq!(read["access_key_id"], keys["access_key_id"]);
        assert_eq!(read["secret_access_key"], keys["secret_access_key"]);
    }
    package.compose(&["create", "webui", "spider-scheduler"]);
    let webui = package.container("webui");
    let environment = list(&webui["Config"]["Env"]);
    for (variable, key) in
        [("AWS_ACCESS_KEY_ID", "access_key_id"), ("AWS_SECRET_ACCESS_KEY", "secret_access_key")]
    {
        let line = format!("{variable}={}", text(&keys[key]));
        assert!(environment.contains(&line.as_str()), "{line:?} in {environment:?}");
    }
    let spider = package.container("spider-scheduler");
    let command = list(&spider["Config"]["Cmd"]);
    let url = command.iter().find(|it| it.starts_with("jdbc:")).unwrap();
    let (_, query) = url.split_once('?').unwrap();
    let pairs: Vec<_> = query.split('&').map(|it| it.split_once('=').unwrap()).collect();
    let value = |name: &str| decoded(pairs.iter().find(|it| it.0 == name).unwrap().1);
    let database = &credentials()["database"];
    assert_eq!(value("user"), database["spider_username"]);
    assert_eq!(value("password"), database["spider_password"]);
}
