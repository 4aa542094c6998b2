//! Commands on inputs that are right, and an installation's whole life.

use std::fs;

use serde_json::{Value as Json, json};

use super::{Watched, canary, yaml};
use crate::TARGETS;

/// The files that users keep secrets in.
const INPUTS: [&str; 2] = ["credentials.yaml", "config.yaml"];

/// Those that an installation writes.
const INSTALLED: [&str; 4] =
    ["credentials.yaml", "config.yaml", "clp/.env", "clp/var/log/.clp-config.yaml"];

/// Credentials of which each is a canary.
pub(super) fn credentials() -> Json {
    let mut credentials = json!({});
    for name in super::needles::NAMES.iter().filter_map(|it| it.split_once('.')) {
        let (section, key) = name;
        credentials[section][key] = json!(canary(&format!("{section}.{key}")));
    }
    credentials
}

/// A configuration with secrets in it, of the type that most services hold.
pub(super) fn config(port: u16) -> Json {
    let keys = json!({
        "access_key_id": canary("id"), "secret_access_key": canary("key"),
        "session_token": canary("token"),
    });
    let authentication = json!({ "type": "credentials", "credentials": keys });
    let storage = json!({ "type": "s3", "s3_config": {
        "region_code": "us-east-1", "bucket": "b", "key_prefix": "p/",
        "aws_authentication": authentication,
    } });
    json!({
        "logs_input": { "type": "s3", "aws_authentication": authentication },
        "archive_output": { "storage": storage }, "stream_output": { "storage": storage },
        "database": { "port": port }, "queue": { "port": port + 1 }, "redis": { "port": port + 2 },
        "results_cache": { "port": port + 3 }, "webui": { "port": port + 4 },
        "api_server": { "port": port + 5 }, "log_ingestor": { "port": port + 6 },
    })
}

fn inputs() -> Watched {
    let watched = Watched::new();
    watched.write("credentials.yaml", yaml(&credentials()));
    watched.write("config.yaml", yaml(&config(23000)));
    watched.write("host.yaml", "instance_id: ca7a\n");
    watched
}

const GIVEN: [&str; 6] =
    ["--config", "config.yaml", "--credentials", "credentials.yaml", "--host", "host.yaml"];

#[test]
fn builds_checks_and_explanations_hold_none() {
    let watched = inputs();
    let run = |arguments: &[&str], code: i32| {
        let ended = watched.run(&[arguments, &GIVEN].concat(), &INPUTS);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.said);
    };
    for target in TARGETS {
        run(&["build", "--target", target, "--out", target], 0);
        run(&["check", "--target", target], 0);
    }
    run(&["build", "--target", "compose", "--out", "again", "--format", "json"], 0);
    run(&["check"], 0);
    run(&["check", "--format", "json"], 0);
    let secret =
        "config.archive_output.storage.s3_config.aws_authentication.credentials.secret_access_key";
    for path in
        [secret, "secrets.database_password", "services.database.environment.MYSQL_PASSWORD"]
    {
        run(&["explain", path], 0);
        run(&["explain", path, "--format", "json"], 0);
    }
    run(&["explain", "services.webui", "--set", "config.webui.port=4001"], 0);
}

#[test]
fn an_installation_keeps_them_in_two_files() {
    let watched = inputs();
    let install = |further: &[&str], holders: &[&str], code: i32| {
        let arguments = ["install", "--target", "compose", "--root", "clp"];
        let ended = watched.run(&[&arguments, &GIVEN[..], further].concat(), holders);
        assert_eq!(ended.code, code, "{further:?}: {}", ended.said);
    };
    // The engine says that the project runs elsewhere.
    install(&[], &INPUTS, 1);
    fs::write(watched.path("bin/docker"), "#!/bin/sh\n").unwrap();
    install(&["--check"], &INPUTS, 0);
    install(&["--check", "--format", "json"], &INPUTS, 0);
    install(&[], &INSTALLED, 0);
    install(&["--format", "json"], &INSTALLED, 0);
    // A password that data remember, and one that they do not.
    watched.write("clp/var/data/database/ibdata1", "rows");
    let mut changed = credentials();
    changed["database"]["password"] = json!(canary("changed"));
    changed["redis"]["password"] = json!(canary("other"));
    watched.write("credentials.yaml", yaml(&changed));
    install(&[], &INSTALLED, 1);
    install(&["--secrets-changed"], &INSTALLED, 0);
    // An edit of a file with secrets.
    for file in ["clp/.env", "clp/var/log/.clp-config.yaml"] {
        let text = fs::read_to_string(watched.path(file)).unwrap();
        fs::write(watched.path(file), text + "\n# edited\n").unwrap();
        install(&["--secrets-changed"], &INSTALLED, 1);
        install(&["--secrets-changed", "--force"], &INSTALLED, 0);
    }
    watched.run(&["install", "--target", "compose", "--root", "clp", "--undo"], &INPUTS);
    assert!(!watched.path("clp/.env").exists());
}

#[test]
fn what_is_adopted_is_kept_for_its_owner() {
    let watched = inputs();
    fs::write(watched.path("bin/docker"), "#!/bin/sh\n").unwrap();
    let password = canary("database.password");
    watched.write("clp/.env", format!("CLP_DB_PASS='{}'\nCLP_X={password}\n", super::CORE));
    watched.write("clp/var/log/.clp-config.yaml", yaml(&json!({ "key": canary("key") })));
    watched.write("clp/var/data/database/ibdata1", "rows");
    watched.give("clp/var");
    let copies = [
        "clp/.clp-gen/replaced/below/.env",
        "clp/.clp-gen/replaced/below/var/log/.clp-config.yaml",
    ];
    let holders = [&INSTALLED[..], &copies].concat();
    let arguments = ["install", "--target", "compose", "--root", "clp"];
    for (further, code) in
        [(&[][..], 1), (&["--adopt", "--check"], 0), (&["--adopt"], 0), (&[], 0), (&["--undo"], 0)]
    {
        let given: &[&str] = if further == ["--undo"] { &[] } else { &GIVEN };
        let ended = watched.run(&[&arguments, given, further].concat(), &holders);
        assert_eq!(ended.code, code, "{further:?}: {}", ended.said);
    }
    assert!(fs::read_to_string(watched.path("clp/.env")).unwrap().contains(super::CORE));
}

/// What `init` makes up is in one file.
#[test]
fn init_says_none_of_what_it_makes() {
    let watched = Watched::new();
    let holder = ["etc/credentials.yaml"];
    let ended = watched.run(&["init"], &holder);
    assert_eq!(ended.code, 0, "{}", ended.said);
    let text = fs::read_to_string(watched.path(holder[0])).unwrap();
    let made: Vec<_> = text.lines().filter_map(|it| it.split_once("password: \"")).collect();
    assert_eq!(made.len(), 5);
    for (path, bytes) in crate::files(watched.folder.path()) {
        let text = String::from_utf8_lossy(&bytes).into_owned() + &ended.said;
        let found = made.iter().any(|(_, it)| text.contains(it.trim_end_matches('"')));
        assert_eq!(found, path == holder[0], "{path}");
    }
    let again = watched.run(&["init", "--format", "json"], &holder);
    assert_eq!(again.code, 0, "{}", again.said);
}
