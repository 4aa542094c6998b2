use model::{Diagnostic, Topology};
use serde_json::{Value, json};

use super::lower;
use crate::Lowered;

/// A service `web` with `changes` on top, and one of everything that it can refer to.
fn topology(changes: Value) -> Topology {
    let mut topology = json!({
        "package": { "name": "toy", "version": "1" },
        "project": "toy-1",
        "services": { "web": {
            "image": "web", "user": "app", "stop_grace_seconds": 5, "restart": "No",
        } },
        "jobs": {},
        "externals": {
            "cache": { "address": "127.0.0.1", "ports": { "redis": 6379 } },
            "database": { "address": "10.0.0.5", "ports": { "sql": 5432 } },
        },
        "volumes": { "logs": { "directory": "var/log/", "size_gibibytes": 1, "owner": "app" } },
        "files": {
            "hidden": {
                "path": "etc/hidden", "owner": "app",
                "content": { "Text": { "$text": [{ "Secret": { "name": "password" } }] } },
            },
            "settings": {
                "path": "/etc/toy/settings", "owner": "app",
                "content": { "Text": connect("cache") },
            },
        },
        "images": { "web": { "repository": "example.org/web", "tag": "1" } },
        "secrets": {
            "maybe": { "source": { "Environment": { "variable": "MAYBE", "optional": true } } },
            "needed": { "source": { "Environment": { "variable": "NEEDED" } } },
            "password": { "source": { "Credentials": "web.password" } },
            "password-query": { "source": { "Credentials": "web.other" } },
            "path": { "source": { "Credentials": "web.path" } },
        },
        "users": { "app": { "uid": 1000, "gid": 1000 }, "other": { "uid": 999, "gid": 998 } },
    });
    merge(&mut topology, changes);
    let topology = serde_json::from_value(topology).unwrap();
    assert_eq!(model::check(&topology), []);
    topology
}

fn merge(value: &mut Value, changes: Value) {
    match (value, changes) {
        (Value::Object(value), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(value.entry(key).or_insert(Value::Null), change);
            }
        }
        (value, changes) => *value = changes,
    }
}

fn web(changes: Value) -> Topology {
    topology(json!({ "services": { "web": changes } }))
}

fn connect(external: &str) -> Value {
    let port = if external == "cache" { "redis" } else { "sql" };
    let connect = json!({ "service": external, "port": port, "part": "HostPort" });
    json!({ "$text": [{ "Connect": connect }] })
}

fn below_root(path: &str) -> Value {
    json!({ "$text": [{ "Root": {} }, path] })
}

fn secret(name: &str, encoding: &str) -> Value {
    json!({ "$text": ["<", { "Secret": { "name": name, "encoding": encoding } }] })
}

fn lowered(topology: &Topology) -> Lowered {
    lower(topology).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The field of the service `web` as a reader of YAML finds it.
fn field(topology: &Topology, field: &str) -> Value {
    let files = lowered(topology).files;
    let project: Value = serde_norway::from_slice(&files["compose.yaml"].bytes).unwrap();
    project["services"]["web"][field].clone()
}

fn installation(topology: &Topology) -> Value {
    serde_json::from_slice(&lowered(topology).files["installation.json"].bytes).unwrap()
}

/// The only problem with `topology`: its path, and its message.
fn refused(topology: &Topology) -> String {
    let problems = lower(topology).map(|_| ()).unwrap_err();
    let [Diagnostic { path, message, .. }] = problems.as_slice() else {
        panic!("{problems:?}");
    };
    format!("{path}: {message}")
}

#[test]
fn dollars_are_doubled_everywhere() {
    let topology = web(json!({
        "environment": { "A": "$b" }, "command": ["${c}"], "labels": { "l": "$" },
        "mounts": { "m": { "source": { "HostPath": { "path": "/$x" } }, "target": "/$y" } },
    }));
    assert_eq!(field(&topology, "environment"), json!({ "A": "$$b" }));
    assert_eq!(field(&topology, "command"), json!(["$${c}"]));
    assert_eq!(field(&topology, "labels"), json!({ "l": "$$" }));
    assert_eq!(field(&topology, "volumes")[0]["source"], "/$$x");
    assert_eq!(field(&topology, "volumes")[0]["target"], "/$$y");
}

#[test]
fn secrets_are_variables_with_their_encoding() {
    let topology = web(json!({ "environment": {
        "A": secret("password", "None"), "B": secret("password", "UserInfo"),
        "C": secret("needed", "None"),
    } }));
    let environment = field(&topology, "environment");
    assert!(environment["A"].as_str().unwrap().starts_with("<${PASSWORD?"));
    assert!(environment["B"].as_str().unwrap().starts_with("<${PASSWORD_USER_INFO?"));
    assert!(environment["C"].as_str().unwrap().starts_with("<${NEEDED?"));
    let expected = json!({
        "PASSWORD": { "$text": [{ "Secret": { "name": "password" } }] },
        "PASSWORD_USER_INFO":
            { "$text": [{ "Secret": { "name": "password", "encoding": "UserInfo" } }] },
    });
    assert_eq!(installation(&topology)["secrets"], expected);
}

#[test]
fn secrets_that_would_be_one_variable_are_refused() {
    let topology = web(json!({ "environment": {
        "A": secret("password", "Query"), "B": secret("password-query", "None"),
    } }));
    let expected = "services.web.environment.B: two secrets would be the variable `PASSWORD_QUERY`";
    assert_eq!(refused(&topology), expected);
    let topology = web(json!({ "environment": { "A": secret("path", "None") } }));
    assert!(refused(&topology).contains("the variable `PATH`"));
}

#[test]
fn what_may_be_unset_is_passed_on_alone_or_refused() {
    let maybe = json!({ "$text": [{ "Secret": { "name": "maybe" } }] });
    let passed = web(json!({ "environment": { "MAYBE": maybe } }));
    assert_eq!(field(&passed, "environment"), json!({ "MAYBE": null }));
    assert_eq!(installation(&passed)["secrets"], json!({}));
    let renamed = web(json!({ "environment": { "OTHER": maybe } }));
    assert!(refused(&renamed).starts_with("services.web.environment.OTHER: `MAYBE` may be unset"));
    let argument = web(json!({ "command": [maybe] }));
    assert!(refused(&argument).starts_with("services.web.command[0]: the secret `maybe`"));
    let file = json!({ "files": { "hidden": { "content": { "Text": maybe } } } });
    assert!(refused(&topology(file)).starts_with("files.hidden.content: the secret `maybe`"));
    let encoded = web(json!({ "command": [secret("needed", "Query")] }));
    assert!(refused(&encoded).starts_with("services.web.command[0]: Compose cannot encode"));
}

#[test]
fn an_external_service_of_this_machine_is_found_through_the_gateway() {
    let connected = web(json!({ "environment": { "CACHE": connect("cache") } }));
    assert_eq!(field(&connected, "environment"), json!({ "CACHE": "host.docker.internal:6379" }));
    assert_eq!(field(&connected, "extra_hosts"), json!({ "host.docker.internal": "host-gateway" }));
    let mounts = json!({ "s": { "source": { "File": "settings" }, "target": "/s" } });
    let reads = web(json!({ "mounts": mounts, "host_aliases": { "a": "10.0.0.1" } }));
    let hosts = json!({ "a": "10.0.0.1", "host.docker.internal": "host-gateway" });
    assert_eq!(field(&reads, "extra_hosts"), hosts);
    let elsewhere = web(json!({ "environment": { "DATABASE": connect("database") } }));
    assert_eq!(field(&elsewhere, "environment"), json!({ "DATABASE": "10.0.0.5:5432" }));
    assert_eq!(field(&elsewhere, "extra_hosts"), Value::Null);
}

#[test]
fn mounts_are_of_what_is_installed() {
    let topology = web(json!({ "user": "other", "mounts": {
        "a": { "source": { "Volume": { "name": "logs", "own": "web" } }, "target": "/var/log" },
        "b": { "source": { "Volume": { "name": "logs", "subpath": "b" } }, "target": "/b" },
        "c": { "source": { "HostPath": { "path": below_root("/c") } }, "target": "/c" },
        "d": { "source": { "HostPath": { "path": below_root("") } }, "target": "/d" },
        "e": { "source": { "File": "settings" }, "target": "/e" },
        "f": { "source": { "Secret": "password" }, "target": "/f" },
        "g": { "source": { "Tmpfs": { "size_mebibytes": 2 } }, "target": "/g" },
    } }));
    let volumes = field(&topology, "volumes");
    let sources: Vec<&Value> =
        volumes.as_array().unwrap().iter().map(|mount| &mount["source"]).collect();
    let expected =
        ["./var/log", "./var/log/b", "./c", ".", "/etc/toy/settings", "./.secrets/web/password"];
    assert_eq!(sources[..6], expected);
    assert_eq!(
        volumes[6],
        json!({ "type": "tmpfs", "target": "/g", "tmpfs": { "size": 2_097_152 } })
    );
    let installation = installation(&topology);
    let directories = json!([
        { "path": ".secrets/web", "uid": 999, "gid": 998 },
        { "path": "etc", "uid": 1000, "gid": 1000 },
        { "path": "var/log", "uid": 1000, "gid": 1000 },
        { "path": "var/log/b", "uid": 999, "gid": 998 },
        { "path": "var/log/web", "uid": 999, "gid": 998 },
    ]);
    assert_eq!(installation["directories"], directories);
    let file = |source: &str, path: &str, (uid, gid): (u32, u32), mode: u32| {
        let template = mode == 0o600;
        let owned = json!({ "uid": uid, "gid": gid, "mode": mode, "template": template });
        let mut file = json!({ "source": source, "path": path });
        merge(&mut file, owned);
        file
    };
    let files = json!([
        file("secrets/password", ".secrets/web/password", (999, 998), 0o600),
        file("files/settings.txt", "/etc/toy/settings", (1000, 1000), 0o644),
        file("files/hidden.txt", "etc/hidden", (1000, 1000), 0o600),
    ]);
    assert_eq!(installation["files"], files);
}

#[test]
fn a_secret_file_is_refused_to_whom_it_does_not_belong() {
    let mounts = json!({ "h": { "source": { "File": "hidden" }, "target": "/h" } });
    let topology = web(json!({ "user": "other", "mounts": mounts }));
    assert!(refused(&topology).starts_with("services.web.mounts.h.source: the file `hidden` has"));
}

#[test]
fn a_changed_file_changes_its_readers() {
    let mounts = json!({ "s": { "source": { "File": "settings" }, "target": "/s" } });
    let labels = |address: &str| {
        let externals = json!({ "cache": { "address": address } });
        let changes =
            json!({ "services": { "web": { "mounts": mounts } }, "externals": externals });
        field(&topology(changes), "labels")
    };
    assert_eq!(labels("10.0.0.1"), labels("10.0.0.1"));
    assert_ne!(labels("10.0.0.1"), labels("10.0.0.2"));
}

#[test]
fn a_label_of_ours_is_refused_to_others() {
    let mounts = json!({ "s": { "source": { "File": "settings" }, "target": "/s" } });
    let topology = web(json!({ "mounts": mounts, "labels": { "clp-gen.file.settings": "x" } }));
    assert!(refused(&topology).starts_with("services.web.labels.clp-gen.file.settings: the label"));
}

#[test]
fn published_ports_are_one_entry_each() {
    let publish = json!({ "address": "127.0.0.1", "port": 9000 });
    let topology = web(json!({ "ports": {
        "many": { "container": 8000, "count": 2, "protocol": "Udp", "publish": publish },
        "inner": { "container": 80 },
    } }));
    let port = |published: &str, target: u16| {
        let mut port = json!({ "host_ip": "127.0.0.1", "protocol": "udp" });
        merge(&mut port, json!({ "published": published, "target": target }));
        port
    };
    assert_eq!(field(&topology, "ports"), json!([port("9000", 8000), port("9001", 8001)]));
    let many =
        web(json!({ "replicas": 2, "ports": { "p": { "container": 1, "publish": publish } } }));
    let expected = "services.web.replicas: 2 containers cannot publish one port of the host";
    assert_eq!(refused(&many), expected);
    let beyond = json!({ "p": { "container": 65535, "count": 2, "publish": publish } });
    assert!(refused(&web(json!({ "ports": beyond }))).starts_with("services.web.ports.p: 2 ports"));
}

#[test]
fn limits_replicas_and_groups_are_kept() {
    let topology = web(json!({
        "replicas": 3, "supplementary_groups": [998], "hostname": "the_web",
        "resources": { "cpu_millis": 1500, "memory_mebibytes": 64 },
    }));
    let limits = json!({ "limits": { "cpus": "1.500", "memory": "64m" } });
    assert_eq!(field(&topology, "scale"), 3);
    assert_eq!(field(&topology, "deploy"), json!({ "resources": limits }));
    assert_eq!(field(&topology, "group_add"), json!(["998"]));
    assert_eq!(field(&topology, "networks"), json!({ "default": { "aliases": ["the_web"] } }));
    assert_eq!(field(&topology, "user"), "1000:1000");
    assert_eq!(field(&topology, "restart"), "no");
}

#[test]
fn the_package_directory_is_refused_outside_of_mounts() {
    let topology = web(json!({ "command": [{ "$text": [{ "Root": {} }] }] }));
    assert!(refused(&topology).starts_with("services.web.command[0]: Compose knows the package"));
}

#[test]
fn a_job_without_retries_is_never_restarted() {
    let job = |retries: u32| {
        let job =
            json!({ "image": "web", "user": "app", "stop_grace_seconds": 5, "retries": retries });
        let files = lowered(&topology(json!({ "jobs": { "once": job } }))).files;
        let project: Value = serde_norway::from_slice(&files["compose.yaml"].bytes).unwrap();
        project["services"]["once"]["restart"].clone()
    };
    assert_eq!(job(0), "no");
    assert_eq!(job(2), "on-failure:2");
}
