//! Every chart is one to Helm, renders to the same bytes, and is what Kubernetes knows.

use std::fs;

use super::cases::cases;
use super::rendering::{accepted, manifests};
use crate::programs::tool;
use crate::{run, stderr, stdout};

#[test]
fn helm_finds_nothing_wrong() {
    for case in cases() {
        for helm in ["helm-3", "helm-4"] {
            let mut lint = tool(helm);
            lint.args(["lint", "--strict", "--values"]).arg(case.secrets()).arg(case.chart());
            let output = run(lint);
            let said = stdout(&output) + &stderr(&output);
            assert!(output.status.success(), "{}: {helm}: {said}", case.name);
        }
    }
}

#[test]
fn kubernetes_knows_every_field() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases() {
        let manifests = manifests(case, &[]);
        assert!(manifests == super::rendering::manifests(case, &[]), "{}: twice", case.name);
        fs::write(folder.path().join(format!("{}.yaml", case.name)), manifests).unwrap();
    }
    for version in ["1.28.15", "1.36.3"] {
        let mut kubeconform = tool("kubeconform");
        kubeconform.args(["-kubernetes-version", version]);
        accepted(kubeconform, folder.path());
    }
}

#[test]
fn kubernetes_knows_an_ingress_and_replicas() {
    let folder = tempfile::tempdir().unwrap();
    let values = serde_json::json!({
        "services": { "webui": { "type": "LoadBalancer", "annotations": { "a.b/c": "true" }, "ingress": {
            "enabled": true, "className": "nginx", "host": "clp.example.org",
            "annotations": { "d": "1" }, "tls": [{ "hosts": ["clp.example.org"], "secretName": "t" }],
        } } },
        "workloads": { "query-worker": { "replicas": 3, "scheduling": { "nodeSelector": { "a": "b" } },
            "resources": { "requests": { "cpu": 1, "memory": "1Gi" } } } },
        "volumes": { "logs": { "storageClassName": "fast", "size": "1Gi" } },
        "scheduling": { "tolerations": [{ "key": "k", "operator": "Exists" }] },
    });
    let path = folder.path().join("values.json");
    fs::write(&path, values.to_string()).unwrap();
    let case = super::cases::case("full-default");
    let manifests = manifests(case, &["--values", path.to_str().unwrap()]);
    let objects = super::rendering::documents(&manifests);
    let ingress = objects.iter().find(|it| super::rendering::kind(it) == "Ingress").unwrap();
    let backend = &ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"];
    assert_eq!(backend, &serde_json::json!({ "name": "zq-clp-webui", "port": { "name": "http" } }));
    assert_eq!(ingress["metadata"]["annotations"], serde_json::json!({ "d": "1" }));
    let workloads = super::rendering::workloads(&objects);
    let worker = workloads["query-worker"];
    assert_eq!(
        (super::rendering::kind(worker), &worker["spec"]["replicas"]),
        ("StatefulSet", &3.into())
    );
    let pod = super::rendering::pod(worker);
    assert_eq!(pod["nodeSelector"], serde_json::json!({ "a": "b" }));
    assert_eq!(pod["tolerations"][0]["key"], "k", "what it has not of its own is that of all");
    let out = folder.path().join("manifests");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("all.yaml"), &manifests).unwrap();
    for version in ["1.28.15", "1.36.3"] {
        let mut kubeconform = tool("kubeconform");
        kubeconform.args(["-kubernetes-version", version]);
        accepted(kubeconform, &out);
    }
}
