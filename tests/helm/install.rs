//! `install --target helm`: the chart, the chart as one file, and its secrets.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use super::cases::credentials;
use crate::programs::tool;
use crate::{clp_gen, files, run, stderr, stdout};

fn install(folder: &Path, root: &str) {
    fs::write(folder.join("clp-config.yaml"), "{}").unwrap();
    fs::write(folder.join("credentials.yaml"), credentials().to_string()).unwrap();
    let mut command = clp_gen(folder, &["install", "--target", "helm", "--root", root]);
    command.args(["--config", "clp-config.yaml", "--credentials", "credentials.yaml"]);
    let output = run(command);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("helm upgrade --install"), "{}", stdout(&output));
}

#[test]
fn it_writes_the_same_package_and_secrets_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path(), "one");
    install(folder.path(), "other");
    let package = |root: &str| fs::read(folder.path().join(root).join("clp-0.9.0.tgz")).unwrap();
    assert!(package("one") == package("other"), "the same bytes");
    let one = folder.path().join("one");
    let mode = |path: &str| fs::metadata(one.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("values.secret.yaml"), 0o600);
    assert_eq!(mode("clp/values.yaml"), 0o644);
    let render = |chart: &Path| {
        let mut template = tool("helm-3");
        template.args(["template", "r"]).arg(chart);
        template.arg("--values").arg(one.join("values.secret.yaml"));
        let output = run(template);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    assert!(render(&one.join("clp")) == render(&one.join("clp-0.9.0.tgz")), "the same chart");
    for (path, bytes) in files(&one) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let secret = credentials()["queue"]["password"].as_str().unwrap().to_owned();
        assert_eq!(text.contains(&secret), path == "values.secret.yaml", "{path}");
    }
}

#[test]
fn secrets_arrive_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path(), "root");
    let text = fs::read_to_string(folder.path().join("root/values.secret.yaml")).unwrap();
    let read = super::rendering::documents(&text);
    let credentials = credentials();
    for (section, key) in
        [("database", "password"), ("database", "root_password"), ("redis", "password")]
    {
        let expected = json!(credentials[section][key]);
        assert_eq!(read[0]["secrets"][format!("{section}_{key}")], expected, "{section}.{key}");
    }
}
