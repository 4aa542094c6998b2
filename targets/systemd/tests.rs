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
    has(&lowered, "Secret=toy-0-web.env.ARGUMENT_3,type=env,target=ARGUMENT_3");
    let secrets = installation(&lowered).secrets;
    let text = serde_json::to_value(&secrets["toy-0-web.env.ARGUMENT_3"]).unwrap();
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
    has(&lowered, "Secret=toy-0-web.env.ARGUMENT_1_,type=env,target=ARGUMENT_1_");
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
    has(&tcp, r#"HealthCmd=["bash","-c","< /dev/tcp/web/80"]"#);
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

/// The same topology, for these machines.
fn on(systemd: Value, web: Value) -> Result<Lowered, Vec<Diagnostic>> {
    let mut topology = with(web);
    topology.systemd = serde_json::from_value(systemd).unwrap();
    lower(&topology)
}

#[test]
fn a_secret_is_made_from_its_file_at_each_start() {
    let environment = json!({ "environment": { "KEY": secret("") } });
    let name = "toy-0-web.env.KEY";
    let file = format!("@@root@@/.clp-gen/secrets/{name}");
    let lowered = lowered(environment.clone());
    has(&lowered, &format!("ExecStartPre=/usr/bin/podman secret create --replace {name} {file}"));
    has(&lowered, &format!("ExecStopPost=-/usr/bin/podman secret rm {name}"));
    let reads = &installation(&lowered).readers["toy-0-web.service"];
    assert!(reads.contains(&format!(".clp-gen/secrets/{name}")), "{reads:?}");
    // Podman 4.6 cannot replace one.
    let older = on(json!({ "podman": "4.6" }), environment).unwrap();
    has(&older, &format!("ExecStartPre=-/usr/bin/podman secret rm {name}"));
    has(&older, &format!("ExecStartPre=/usr/bin/podman secret create {name} {file}"));
}

#[test]
fn a_secret_that_may_be_absent_is_a_line_that_may_be_absent() {
    let text = json!({ "$text": [{ "Secret": { "name": "maybe" } }] });
    let lowered = lowered(json!({ "environment": { "OPTIONAL": text } }));
    let option = "toy-0-web.env.OPTIONAL,type=env,target=OPTIONAL";
    has(&lowered, &format!("@@with maybe@@Secret={option}"));
    let unit = &lowered.files["units/toy-0-web.container"].bytes;
    let parts = crate::parse_template(std::str::from_utf8(unit).unwrap()).unwrap();
    let rendered = |has: bool| -> String {
        let parts = crate::without_absent(parts.clone(), |_| has);
        parts.iter().map(|it| it.render("/srv", |_| String::new())).collect()
    };
    assert!(rendered(true).contains(&format!("\nSecret={option}\n")));
    assert!(!rendered(false).contains("OPTIONAL") && rendered(false).contains("\n[Service]\n"));
}

#[test]
fn keys_are_those_of_the_oldest_podman() {
    let web = health(json!({ "Shell": "true" }));
    let newer = on(json!({ "podman": "5.4.2" }), web.clone()).unwrap();
    has(&newer, "Notify=healthy");
    has(&newer, "StopTimeout=10");
    let older = on(json!({ "podman": "4.9" }), web.clone()).unwrap();
    has(&older, "PodmanArgs=--sdnotify=healthy");
    has(&older, "PodmanArgs=--stop-timeout=10");
    let problems = on(json!({ "podman": "4.6" }), web).unwrap_err();
    assert_eq!(problems[0].path, "services.web.health");
    assert!(problems[0].message.contains("4.6") && problems[0].message.contains("4.7"));
}

#[test]
fn a_user_owns_what_containers_see() {
    let user = || json!({ "scope": "User" });
    let lowered = on(user(), json!({})).unwrap();
    has(&lowered, "UserNS=keep-id:uid=7,gid=8");
    let installation = installation(&lowered);
    let places: Vec<&str> = installation.files.iter().map(|it| it.path.as_str()).collect();
    assert!(places.contains(&"~/.config/containers/systemd/toy-0-web.container"), "{places:?}");
    assert!(places.contains(&"~/.config/user-tmpfiles.d/toy-0.conf"), "{places:?}");
    let web = json!({
        "supplementary_groups": [4],
        "ports": { "http": { "container": 80, "publish": { "address": "0.0.0.0", "port": 80 } } },
    });
    let problems = on(user(), web).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["services.web.supplementary_groups", "services.web.ports.http.publish"]);
}

#[test]
fn what_waits_for_a_job_waits_for_all_of_its_tries() {
    let mut topology = with(json!({ "depends_on": { "migrate": "Completed" } }));
    let job = json!({ "image": "toy", "user": "app", "stop_grace_seconds": 1, "retries": 3 });
    topology
        .jobs
        .insert("migrate".to_owned().try_into().unwrap(), serde_json::from_value(job).unwrap());
    let waits = lower(&topology).unwrap();
    has(&waits, "Requires=toy-0-migrate.completed.service");
    assert!(waits.files.contains_key("units/toy-0-migrate.completed.service"));
    let migrate = topology.jobs.values_mut().next().unwrap();
    migrate.retries = 0;
    let waits = lower(&topology).unwrap();
    has(&waits, "Requires=toy-0-migrate.service");
    assert!(!waits.files.contains_key("units/toy-0-migrate.completed.service"));
}
