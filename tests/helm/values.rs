//! Helm itself refuses what no value may be, with the path of the value.

use std::fs;

use super::cases::case;
use super::rendering::template;
use crate::programs::tool;
use crate::{run, stderr};

/// What is set, and the words that have to stand in the refusal.
const MISTAKES: [(&[&str], &[&str]); 14] = [
    (&["--set", "worklods.webui.replicas=1"], &["worklods"]),
    (&["--set", "workloads.webui.replica=1"], &["workloads", "webui", "replica"]),
    (&["--set", "workloads.nobody.replicas=1"], &["workloads", "nobody"]),
    (&["--set", "workloads.webui.replicas=two"], &["workloads", "webui", "replicas", "integer"]),
    (&["--set", "workloads.reducer.replicas=2"], &["workloads", "reducer", "replicas", "1"]),
    (&["--set", "workloads.database.replicas=2"], &["workloads", "database", "replicas"]),
    (&["--set", "workloads.query-worker.replicas=0"], &["workloads", "query-worker", "replicas"]),
    (
        &["--set", "workloads.webui.resources.limit.cpu=1"],
        &["workloads", "webui", "resources", "limit"],
    ),
    (&["--set", "images.clp.tag=a b"], &["images", "clp", "tag"]),
    (&["--set", "images.clp.pullPolicy=Sometimes"], &["images", "clp", "pullPolicy"]),
    (&["--set", "volumes.archives.size=much"], &["volumes", "archives", "size"]),
    (&["--set", "services.webui.type=Public"], &["services", "webui", "type"]),
    (&["--set", "secrets.nobodys=x"], &["secrets", "nobodys"]),
    (&["--set", "scheduling.tolerations=all"], &["scheduling", "tolerations", "array"]),
];

#[test]
fn mistakes_are_refused() {
    for helm in ["helm-3", "helm-4"] {
        for (arguments, words) in MISTAKES {
            let output = template(helm, case("full-default"), arguments);
            assert!(!output.status.success(), "{helm}: {arguments:?} is no mistake");
            let said = stderr(&output);
            for word in words {
                assert!(said.contains(word), "{helm}: {arguments:?}: no {word} in {said}");
            }
        }
    }
}

#[test]
fn a_missing_secret_is_refused() {
    let case = case("full-default");
    let folder = tempfile::tempdir().unwrap();
    let all = super::rendering::documents(&super::cases::text(&case.secrets()));
    for (key, _) in all[0]["secrets"].as_object().unwrap() {
        let mut values = all[0].clone();
        values["secrets"].as_object_mut().unwrap().remove(key);
        let path = folder.path().join("values.json");
        fs::write(&path, values.to_string()).unwrap();
        let mut command = tool("helm-3");
        command.args(["template", "r"]).arg(case.chart()).arg("--values").arg(&path);
        let output = run(command);
        assert!(!output.status.success(), "{key} has no default");
        let said = stderr(&output);
        assert!(said.contains(&format!("secrets.{key} is missing")), "{said}");
    }
}

#[test]
fn an_address_elsewhere_is_a_value() {
    let arguments = ["--set", "externals.database.address=db.internal"];
    let objects = super::rendering::objects(case("full-external"), &arguments);
    let config = &super::rendering::data(&objects, "ConfigMap")["container_config"];
    assert!(config.contains("host: \"db.internal\""), "{config}");
    let output =
        template("helm-3", case("full-external"), &["--set", "externals.database.address=a/b"]);
    assert!(stderr(&output).contains("address"), "{}", stderr(&output));
}
