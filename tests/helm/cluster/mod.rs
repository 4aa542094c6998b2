//! Charts in a real cluster. The programs of the deployment are stand-ins that fail where the real
//! ones would: `stand-in.sh`.

mod daemon;
mod images;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use daemon::Cluster;
use serde_json::{Value as Json, json};

use super::cases::{Case, case, cases};
use super::rendering::{RELEASE, kind, manifests, name};
use crate::engine::Engine;

/// What is started and changed; one test, since starting a cluster is what takes time.
#[test]
fn charts_run_in_a_cluster() {
    let _turn = Engine::turn();
    let cluster = Cluster::start();
    let full = Case::new("full", &json!({ "logs_input": { "directory": "/media" } }));
    let spider = Case::new(
        "spider-base",
        &json!({
            "logs_input": { "directory": "/media" },
            "package": { "query_engine": "presto" },
            "presto": { "host": "presto.example.org", "port": 8889 },
            "results_cache": { "retention_period": null },
            "compression_scheduler": { "type": "spider" }, "spider_scheduler": {},
        }),
    );
    std::thread::scope(|scope| {
        scope.spawn(|| install(&cluster, "helm-4", "full", &full));
        scope.spawn(|| install(&cluster, "helm-3", "spider", &spider));
    });
    started_in_order(&cluster, "full", &full);
    started_in_order(&cluster, "spider", &spider);
    a_changed_level_restarts_its_readers(&cluster);
    a_pod_outlives_its_job(&cluster);
    for (helm, namespace) in [("helm-4", "full"), ("helm-3", "spider")] {
        uninstalled(&cluster, helm, namespace);
    }
    the_api_takes_every_chart(&cluster);
}

/// A server-side dry run of everything, with no field that the API does not know.
fn the_api_takes_every_chart(cluster: &Cluster) {
    let folder = tempfile::tempdir().unwrap();
    for case in cases() {
        let path = folder.path().join(format!("{}.yaml", case.name));
        fs::write(&path, manifests(case, &[])).unwrap();
        let path = path.to_str().unwrap();
        cluster.ask(
            "kubectl",
            &["apply", "--dry-run=server", "--validate=strict", "--filename", path],
        );
    }
    let wrong = manifests(case("full-default"), &[]).replace("serviceName:", "serviceNames:");
    let path = folder.path().join("wrong.yaml");
    fs::write(&path, wrong).unwrap();
    let arguments =
        ["apply", "--dry-run=server", "--validate=strict", "--filename", path.to_str().unwrap()];
    assert!(!cluster.run("kubectl", &arguments).status.success(), "an unknown field is refused");
}

/// A release in a namespace of its own, complete when this returns.
fn helm(cluster: &Cluster, helm: &str, verb: &[&str], namespace: &str, case: &Case) {
    let (chart, secrets) = (case.chart(), case.secrets());
    let mut arguments = verb.to_vec();
    arguments.extend([RELEASE, chart.to_str().unwrap(), "--namespace", namespace]);
    arguments.extend(["--values", secrets.to_str().unwrap(), "--wait", "--timeout", "15m"]);
    cluster.ask(helm, &arguments);
}

fn install(cluster: &Cluster, program: &str, namespace: &str, case: &Case) {
    helm(cluster, program, &["install", "--create-namespace"], namespace, case);
}

/// The label of an object's workload.
fn component(object: &Json) -> String {
    object["metadata"]["labels"]["app.kubernetes.io/component"].as_str().unwrap_or("").to_owned()
}

/// The pods of a release by workload; one each.
fn pods(cluster: &Cluster, namespace: &str) -> BTreeMap<String, Json> {
    let pods = cluster.objects(namespace, "pods").into_iter();
    let alive = pods.filter(|it| it["metadata"]["deletionTimestamp"].is_null());
    alive.map(|it| (component(&it), it)).collect()
}

/// When a container of a workload was started.
fn started(pod: &Json) -> String {
    let state = &pod["status"]["containerStatuses"][0]["state"];
    let [running, ended] = ["running", "terminated"].map(|it| state[it]["startedAt"].as_str());
    running.or(ended).unwrap_or_else(|| panic!("not started: {pod}")).to_owned()
}

/// When a workload was what others wait for: ready, or completed.
fn reached(
    cluster: &Cluster,
    namespace: &str,
    pods: &BTreeMap<String, Json>,
    workload: &str,
) -> String {
    let jobs = cluster.objects(namespace, "jobs");
    if let Some(job) = jobs.iter().find(|it| component(it) == workload) {
        return job["status"]["completionTime"].as_str().unwrap().to_owned();
    }
    let conditions = pods[workload]["status"]["conditions"].as_array().unwrap();
    let ready =
        conditions.iter().find(|it| it["type"] == "Ready" && it["status"] == "True").unwrap();
    ready["lastTransitionTime"].as_str().unwrap().to_owned()
}

/// Everything runs, and nothing was started before what it depends on.
fn started_in_order(cluster: &Cluster, namespace: &str, case: &Case) {
    let topology = case.topology();
    let pods = pods(cluster, namespace);
    let groups = ["services", "jobs"].map(|it| topology[it].as_object().unwrap());
    let workloads: BTreeMap<&String, &Json> = groups.into_iter().flatten().collect();
    let expected: BTreeSet<String> = workloads.keys().map(ToString::to_string).collect();
    assert_eq!(pods.keys().cloned().collect::<BTreeSet<_>>(), expected, "{namespace}");
    let mut edges = 0;
    for (workload, it) in workloads {
        let status = &pods[workload]["status"]["containerStatuses"][0];
        assert_eq!(status["restartCount"], 0, "{namespace}: {workload}: {status}");
        for (dependency, _) in it["depends_on"].as_object().unwrap() {
            let (after, before) =
                (started(&pods[workload]), reached(cluster, namespace, &pods, dependency));
            assert!(
                after >= before,
                "{namespace}: {workload} at {after}, {dependency} at {before}"
            );
            edges += 1;
        }
    }
    assert!(edges > 5, "there are edges");
}

/// Who has another pod than before.
fn replaced(before: &BTreeMap<String, Json>, after: &BTreeMap<String, Json>) -> BTreeSet<String> {
    let uid = |it: &Json| it["metadata"]["uid"].clone();
    let other = after.iter().filter(|(name, it)| before.get(*name).map(uid) != Some(uid(it)));
    other.map(|(name, _)| name.clone()).collect()
}

/// Another level in the configuration: its readers, and nobody else; a job that reads it runs again.
/// Then back.
fn a_changed_level_restarts_its_readers(cluster: &Cluster) {
    let changed = json!({ "logs_input": { "directory": "/media" }, "query_worker": { "logging_level": "DEBUG" } });
    let changed = Case::new("changed", &changed);
    let before = pods(cluster, "full");
    helm(cluster, "helm-4", &["upgrade"], "full", &changed);
    let after = pods(cluster, "full");
    let readers = [
        "api-server",
        "compression-scheduler",
        "compression-worker",
        "db-table-creator",
        "garbage-collector",
        "query-scheduler",
        "query-worker",
        "reducer",
        // It does not read the level, but waits for a job that does, and its pod names that job.
        "webui",
    ];
    assert_eq!(replaced(&before, &after), readers.map(ToOwned::to_owned).into());
    let jobs = cluster.objects("full", "jobs");
    assert_eq!(jobs.len(), 2, "the job of before is gone");
    assert!(jobs.iter().all(|it| it["status"]["succeeded"] == 1), "both have run: {jobs:?}");
    let level = || {
        let set = &cluster.objects("full", "statefulsets");
        let worker = set.iter().find(|it| component(it) == "query-worker").unwrap();
        let variables =
            worker["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().clone();
        variables.into_iter().find(|it| it["name"] == "CLP_LOGGING_LEVEL").unwrap()["value"].clone()
    };
    assert_eq!(level(), "DEBUG");
    cluster.ask(
        "helm-4",
        &["rollback", RELEASE, "1", "--namespace", "full", "--wait", "--timeout", "15m"],
    );
    assert_eq!(level(), "INFO");
    assert_eq!(replaced(&after, &pods(cluster, "full")), readers.map(ToOwned::to_owned).into());
}

/// A pod is deleted after the job that it waited for.
fn a_pod_outlives_its_job(cluster: &Cluster) {
    for (namespace, workload, object) in
        [("full", "query-scheduler", "deployment"), ("spider", "compression-worker", "statefulset")]
    {
        let before = pods(cluster, namespace);
        cluster.ask("kubectl", &["--namespace", namespace, "delete", "jobs", "--all"]);
        let pod = name(&before[workload]);
        cluster.ask("kubectl", &["--namespace", namespace, "delete", "pod", pod]);
        let target = format!("{object}/{RELEASE}-clp-{workload}");
        cluster.ask(
            "kubectl",
            &["--namespace", namespace, "rollout", "status", &target, "--timeout=10m"],
        );
        let after = pods(cluster, namespace);
        assert!(replaced(&before, &after).contains(workload), "{workload} is another pod");
        started(&after[workload]);
    }
}

/// Nothing is left but the claims of volumes that are kept.
fn uninstalled(cluster: &Cluster, helm: &str, namespace: &str) {
    cluster
        .ask(helm, &["uninstall", RELEASE, "--namespace", namespace, "--wait", "--timeout", "15m"]);
    let kinds = "deployments,statefulsets,replicasets,jobs,pods,services,configmaps,secrets,serviceaccounts,roles,\
                 rolebindings,ingresses";
    let own = |it: &&Json| !["kube-root-ca.crt", "default", "kubernetes"].contains(&name(it));
    let left = || -> Vec<String> {
        let left = cluster.objects(namespace, kinds);
        left.iter().filter(own).map(|it| format!("{} {}", kind(it), name(it))).collect()
    };
    // Helm waits for what it made; what these made, the cluster takes away after them.
    let end = Instant::now() + Duration::from_secs(180);
    while !left().is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_secs(2));
    }
    assert_eq!(left(), Vec::<String>::new(), "{namespace}");
    let claims = cluster.objects(namespace, "persistentvolumeclaims");
    let claims: BTreeSet<String> = claims.iter().map(|it| name(it).to_owned()).collect();
    assert!(claims.contains("zq-clp-database-data"), "{claims:?}");
    assert!(claims.contains("claim-logs-zq-clp-compression-worker-0"), "{claims:?}");
    assert!(
        claims.iter().all(|it| !it.contains("tmp")),
        "what may be lost is not kept: {claims:?}"
    );
}
