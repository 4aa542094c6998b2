//! Mistakes in files with secrets: reports name the line, and show nothing.

use serde_json::json;

use super::commands::{config, credentials};
use super::{CORE, Watched, canary, yaml};

/// Credentials that are wrong; `@` is a canary.
const CREDENTIALS: [&str; 30] = [
    // Types.
    "database: {username: u, password: [@]}\n",
    "database:\n  password: {a: @}\n",
    "database: @\n",
    "database: [@]\n",
    "@\n",
    "- @\n",
    "database:\n  password: !!int @\n",
    "database:\n  password: !@ x\n",
    "database:\n  password: !!binary @\n",
    // Keys.
    "database:\n  pasword: @\n",
    "pasword: @\n",
    "database: {password:@}\n",
    "database: {\"password\":@, @}\n",
    "database:\n  @: x\n",
    "@: {}\n",
    "? @\n: x\n",
    "database:\n  password: @\n  password: @\n",
    // Syntax.
    "database:\n  password:@\n",
    "database:\n  password @\n",
    "database: {password: @\n",
    "database:\n  password: \"@\n",
    "database:\n  password: '@' @\n",
    "database:\n  password: \"@\\q\"\n",
    "database:\n\tpassword: @\n",
    "database:\n  password: @\n username: x\n",
    "database:\n  password: &@ x\n  username: *@\n",
    "database:\n  password: *@\n",
    "database:\n  password: &a @\n  username: *a\n",
    "database:\n  password: |2x\n    @\n",
    "database:\n  password: @: x\n",
];

/// Ends of a configuration that are wrong, below `credentials:`.
const CONFIGURATIONS: [&str; 12] = [
    "access_key_id: [@]\n          secret_access_key: @\n",
    "access_key_id: @\n          secret_access_key: {a: @}\n",
    "access_key_id: @\n          secret_acces_key: @\n",
    "access_key_id: @\n          secret_access_key:@\n",
    "access_key_id: @\n          secret_access_key: \"@\n",
    "access_key_id: @\n          secret_access_key: '@' @\n",
    "access_key_id: @\n          secret_access_key: @\n          secret_access_key: @\n",
    "access_key_id: &a @\n          secret_access_key: *a\n",
    "access_key_id: @\n          # secret_access_key: @\n",
    "access_key_id: @\n          @: x\n          secret_access_key: @\n",
    "{access_key_id:@, secret_access_key: @}\n",
    "access_key_id: @ # @\n          secret_access_key: \"\"\n",
];

#[test]
fn credentials_with_mistakes() {
    let watched = Watched::new();
    watched.write("host.yaml", "instance_id: ca7a\n");
    for text in CREDENTIALS {
        watched.write("credentials.yaml", text.replace('@', CORE));
        let arguments = ["install", "--target", "compose", "--root", "clp", "--host", "host.yaml"];
        let given = ["--credentials", "credentials.yaml"];
        let ended = watched.run(&[&arguments[..], &given].concat(), &["credentials.yaml"]);
        assert_eq!(ended.code, 1, "{text:?}: {}", ended.said);
        assert!(ended.said.contains("credentials.yaml:"), "{text:?}: {}", ended.said);
    }
    for bytes in [&b"database: \xff"[..], b"\xff\xfek\0", b"database:\n  password: \"k\0\""] {
        watched.write("credentials.yaml", [bytes, CORE.as_bytes()].concat());
        let ended = watched.run(
            &["check", "--credentials", "credentials.yaml", "--format", "json"],
            &["credentials.yaml"],
        );
        assert_eq!(ended.code, 1, "{}", ended.said);
    }
}

#[test]
fn configurations_with_mistakes() {
    let watched = Watched::new();
    let start = "logs_input:\n  type: s3\n  aws_authentication:\n      type: credentials\n      credentials:\n          ";
    for text in CONFIGURATIONS {
        watched.write("config.yaml", format!("{start}{}", text.replace('@', CORE)));
        for command in [&["build", "--target", "compose"][..], &["check", "--format", "json"]] {
            let arguments = [command, &["--config", "config.yaml"]].concat();
            let ended = watched.run(&arguments, &["config.yaml"]);
            assert_eq!(ended.code, 1, "{text:?}: {}", ended.said);
            assert!(ended.said.contains("config.yaml"), "{text:?}: {}", ended.said);
        }
    }
}

/// Secrets where none belong: users' other files, and lines that no variable can hold.
#[test]
fn secrets_in_other_places() {
    let watched = Watched::new();
    watched.write("config.yaml", yaml(&config(23100)));
    let mut broken = credentials();
    broken["redis"]["password"] = json!(format!("{}\n{CORE}", canary("redis.password")));
    watched.write("credentials.yaml", yaml(&broken));
    watched.write("host.yaml", "instance_id: ca7a\n");
    let key =
        "config.archive_output.storage.s3_config.aws_authentication.credentials.secret_access_key";
    let nested =
        key.split('.').rev().fold(format!("\"{CORE}\""), |it, key| format!("{{ {key} = {it} }}"));
    watched.write("overlay.ncl", nested);
    let inputs = ["config.yaml", "credentials.yaml", "overlay.ncl"];
    let given = ["--config", "config.yaml", "--host", "host.yaml"];
    for further in [
        &["install", "--target", "compose", "--root", "clp", "--credentials", "credentials.yaml"][..],
        &["build", "--target", "compose", "--deployment", "overlay.ncl"],
        &["explain", key, "--deployment", "overlay.ncl"],
    ] {
        let ended = watched.run(&[further, &given].concat(), &inputs);
        assert_eq!(ended.code, 1, "{further:?}: {}", ended.said);
    }
}
