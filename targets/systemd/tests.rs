use model::{Diagnostic, Topology};
use serde_json::{Value, json};

use super::lower;
use crate::{INSTALLATION, Installation, Lowered};

/// A deployment with one service, `web`, that has the fields of `web` besides.
fn with(web: Value) -> Topology {
    let mut topology = json!({
        "package": { "name": "toy", "version": "1" },
        "project": "toy-0",
        "services": { "web": {
            "image": "toy", "user": "app", "stop_grace_seconds": 10, "restart": "No",
            "ports": { "http": { "container": 80 } },
        } },
        "externals": { "database": { "address": "localhost", "ports": { "sql": 5432 } } },
        "volumes": {
            "data": { "directory": "/data", "size_gibibytes": 1, "owner": "app" },
        },
        "images": { "toy": { "repository": "toy", "tag": "1" } },
        "secrets": {
            "key": { "source": { "Credentials": "key" } },
            "maybe": { "source": { "Environment": { "variable": "MAYBE", "optional": true } } },
        },
        "users": { "app": { "uid": 7, "gid": 8 } },
    });
    for (key, value) in web.as_object().unwrap() {
        topology["services"]["web"][key] = value.clone();
    }
    serde_json::from_value(topology).unwrap()
}

fn health(probe: Value) -> Value {
    json!({ "health": {
        "probe": probe, "interval_seconds": 5, "timeout_seconds": 2, "retries": 3,
        "start_period_seconds": 10, "start_interval_seconds": 5,
    } })
}

fn secret(before: &str) -> Value {
    json!({ "$text": [before, { "Secret": { "name": "key" } }] })
}

fn lowered(web: Value) -> Lowered {
    lower(&with(web)).unwrap()
}

fn installation(lowered: &Lowered) -> Installation {
    serde_json::from_slice(&lowered.files[INSTALLATION].bytes).unwrap()
}

fn has(lowered: &Lowered, line: &str) {
    let unit = String::from_utf8(lowered.files["units/toy-0-web.container"].bytes.clone()).unwrap();
    assert!(unit.lines().any(|it| it == line), "no line `{line}` in\n{unit}");
}

/// The paths that are refused.
fn refused(web: Value) -> Vec<String> {
    let problems: Vec<Diagnostic> = lower(&with(web)).unwrap_err();
    problems.into_iter().map(|it| it.path).collect()
}

#[test]
fn a_name_without_registry_is_dockers() {
    has(&lowered(json!({})), "Image=docker.io/library/toy:1");
}

#[test]
fn the_machine_has_a_name_in_containers() {
    let connect = json!({ "service": "database", "port": "sql", "part": "HostPort" });
    let lowered =
        lowered(json!({ "environment": { "DB": { "$text": [{ "Connect": connect }] } } }));
    has(&lowered, "Environment=DB=host.containers.internal:5432");
}

#[test]
fn secrets_are_no_arguments_of_podman() {
    let lowered = lowered(json!({ "command": ["serve", "", ";", secret("--key=")] }));
    has(&lowered, r#"Exec=sh -c "exec serve '' ';' \"$$ARGUMENT_3\"""#);
    has(&lowered, "Secret=toy-0-web.ARGUMENT_3,type=env,target=ARGUMENT_3");
    let secrets = installation(&lowered).secrets;
    let text = serde_json::to_value(&secrets["toy-0-web.ARGUMENT_3"]).unwrap();
    assert_eq!(text, secret("--key="));
}

#[test]
fn an_entrypoint_with_secrets_is_a_shell() {
    let web = json!({
        "environment": { "ARGUMENT_1": "taken" }, "entrypoint": ["serve", secret("")],
        "command": ["it's"],
    });
    let script = r#"exec serve \\\"$$ARGUMENT_1_\\\" 'it'\\\\''s'"#;
    let lowered = lowered(web);
    has(&lowered, &format!(r#"PodmanArgs="--entrypoint=[\"sh\",\"-c\",\"{script}\"]""#));
    // A secret as it is has one Podman secret for all who read it.
    has(&lowered, "Secret=toy-0-key,type=env,target=ARGUMENT_1_");
}

#[test]
fn probes_are_what_podman_reads_as_programs_or_lines() {
    let command = |probe: Value| lowered(health(probe));
    has(&command(json!({ "Exec": ["check", "5$"] })), r#"HealthCmd=["check","5$$"]"#);
    has(&command(json!({ "Exec": ["check"] })), r#"HealthCmd=["CMD-SHELL","exec check"]"#);
    has(&command(json!({ "Exec": ["none", "b"] })), r#"HealthCmd=["CMD-SHELL","exec none b"]"#);
    has(&command(json!({ "Shell": "a && b" })), r#"HealthCmd=["CMD-SHELL","a && b"]"#);
    let exec = command(json!({ "Exec": ["check", secret("")] }));
    has(&exec, r#"HealthCmd=["CMD-SHELL","exec check \"$$PROBE_1\""]"#);
    let tcp = command(json!({ "Tcp": { "port": "http" } }));
    has(&tcp, r#"HealthCmd=["bash","-c","</dev/tcp/web/80"]"#);
}

#[test]
fn a_start_takes_as_long_as_becoming_unhealthy() {
    let lowered = lowered(health(json!({ "Shell": "true" })));
    has(&lowered, "PodmanArgs=--sdnotify=healthy");
    has(&lowered, "TimeoutStartSec=331s");
}

#[test]
fn parts_of_volumes_are_directories() {
    let source = json!({ "Volume": { "name": "data", "subpath": "logs" } });
    let lowered = lowered(json!({ "mounts": { "logs": { "source": source, "target": "/l" } } }));
    has(&lowered, "Volume=/data/logs:/l:z");
    let directories = installation(&lowered).directories;
    let paths: Vec<&str> = directories.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["/data", "/data/logs"]);
}

#[test]
fn what_cannot_be_said_is_refused_all_at_once() {
    let web = json!({
        "replicas": 2,
        "command": [],
        "environment": { "OPTIONAL": { "$text": [{ "Secret": { "name": "maybe" } }] } },
        "hostname": "a:b",
        "labels": { "empty": "a\u{80}" },
        "logging": { "driver": "gelf" },
        "ports": { "http": {
            "container": 65535, "count": 2, "publish": { "address": "0.0.0.0", "port": 80 },
        } },
        "mounts": { "home": { "source": { "HostPath": { "path": "a b" } }, "target": "/a:b" } },
    });
    let expected = [
        "services.web.replicas",
        "services.web.hostname",
        "services.web.environment.OPTIONAL",
        "services.web.mounts.home.target",
        "services.web.mounts.home.source",
        "services.web.mounts.home.source",
        "services.web.command",
        "services.web.logging.driver",
        "services.web.ports.http.publish",
        "services.web.labels.empty",
    ];
    assert_eq!(refused(web), expected);
}

#[test]
fn a_secret_is_no_part_of_a_line_of_shell() {
    assert_eq!(
        refused(health(json!({ "Shell": secret("a ") }))),
        ["services.web.health.probe.Shell"]
    );
}

#[test]
fn the_character_for_the_package_directory_is_taken() {
    assert_eq!(refused(json!({ "labels": { "a": "\u{F0000}" } })), [""]);
}
