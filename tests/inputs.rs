//! A configuration without its secrets builds to the same artifact, and is never installed.

use std::fs;

use serde_json::Value as Json;

use crate::{clp_gen, files, root, run, stderr, stdout};

#[test]
fn a_redacted_configuration_builds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let original = root().join("fixtures/accepted/clp-s3/in/etc/clp-config.yaml");
    let text = fs::read_to_string(&original).unwrap();
    // Secrets in comments, too.
    let text = text.replace("never-written", "\"never # written\" # once: in-a-comment");
    fs::write(folder.path().join("original.yaml"), text).unwrap();
    let clp = |arguments: &[&str]| run(clp_gen(folder.path(), arguments));
    let redacted = clp(&["inputs", "--redacted", "--config", "original.yaml"]);
    assert!(redacted.status.success(), "{}", stderr(&redacted));
    let redacted = stdout(&redacted);
    for secret in ["AKIAEXAMPLE", "never", "written", "in-a-comment", "nor-this"] {
        assert!(!redacted.contains(secret), "{redacted}");
    }
    assert!(redacted.contains("secret_access_key: \"@redacted@\"\n"), "{redacted}");
    assert!(redacted.contains("bucket: archives"), "{redacted}");
    fs::write(folder.path().join("redacted.yaml"), &redacted).unwrap();
    for (config, out) in [("original.yaml", "one"), ("redacted.yaml", "other")] {
        let built = clp(&["build", "--target", "compose", "--config", config, "--out", out]);
        assert!(built.status.success(), "{}", stderr(&built));
    }
    assert!(files(&folder.path().join("one")) == files(&folder.path().join("other")));
    let again = clp(&["inputs", "--redacted", "--config", "redacted.yaml"]);
    assert_eq!(stdout(&again), redacted, "there is nothing left to do");
    let strict = |config| {
        clp(&[
            "build",
            "--target",
            "compose",
            "--no-secrets",
            "--config",
            config,
            "--out",
            "strict",
        ])
    };
    let refused = strict("original.yaml");
    assert_eq!(refused.status.code(), Some(1));
    for key in ["access_key_id", "secret_access_key", "session_token"] {
        assert!(stderr(&refused).contains(key), "{}", stderr(&refused));
    }
    assert!(!stderr(&refused).contains("AKIAEXAMPLE"), "{}", stderr(&refused));
    assert!(strict("redacted.yaml").status.success());
}

#[test]
fn what_stands_for_a_secret_is_not_installed() {
    let folder = tempfile::tempdir().unwrap();
    let package = root().join("fixtures/packages/notes");
    fs::write(folder.path().join("credentials.yaml"), "database: { password: \"@redacted@\" }\n")
        .unwrap();
    fs::write(folder.path().join("host.yaml"), "uid: 1000\ngid: 1000\n").unwrap();
    let all = ["install", "--target", "compose", "--root", "/srv/x", "--destdir", "stage"];
    let inputs = ["--host", "host.yaml", "--credentials", "credentials.yaml", "--package"];
    let all = [&all[..], &inputs, &[package.to_str().unwrap()]].concat();
    let done = run(clp_gen(folder.path(), &all));
    assert_eq!(done.status.code(), Some(1), "{}", stderr(&done));
    assert!(stderr(&done).contains("this stands for a secret, and is none"), "{}", stderr(&done));
    assert!(!folder.path().join("stage").exists());
}

#[test]
fn inputs_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/clp-config.yaml"), "webui: { port: 4001 }\n").unwrap();
    let listed = run(clp_gen(folder.path(), &["inputs", "--format", "json"]));
    let listed: Json = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["config"]["path"], "etc/clp-config.yaml");
    assert!(listed["config"]["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(listed["host"]["digest"], Json::Null);
    let words = stdout(&run(clp_gen(folder.path(), &["inputs"])));
    assert!(words.contains("lock           absent\n"), "{words}");
}
