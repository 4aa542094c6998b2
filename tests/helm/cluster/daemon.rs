//! A cluster of one node, private to a test, and gone with it, however that ends.

use std::fmt::Write;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::images;
use crate::programs::{tool, tools};
use crate::{run, stderr, stdout};

/// How long the cluster may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// How many volumes there are.
const VOLUMES: usize = 80;

/// Its own network, processes, mounts and images.
pub(super) struct Cluster {
    /// Holds the cluster's own folder, the images and the volumes.
    outer: tempfile::TempDir,
    supervisor: Child,
}

impl Cluster {
    /// Starts one, with the stand-in images, and volumes that belong to root.
    pub(super) fn start() -> Self {
        let outer = tempfile::Builder::new().prefix("clp-gen-cluster-").tempdir().unwrap();
        let archives = images::write(outer.path());
        let mut command = tool("cluster");
        // In a group of its own, Ctrl-C does not reach it, and it cleans up.
        command.arg(outer.path().join("own")).args(archives).process_group(0);
        let supervisor = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut cluster = Self { outer, supervisor };
        let end = Instant::now() + PATIENCE;
        while !cluster.own().join("ready").exists() {
            assert!(cluster.supervisor.try_wait().unwrap().is_none(), "the cluster has ended");
            assert!(Instant::now() < end, "the cluster does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        cluster.apply(&cluster.volumes());
        cluster
    }

    fn own(&self) -> PathBuf {
        self.outer.path().join("own")
    }

    /// A storage class, and volumes of the kind to whose files the kubelet gives the group of a pod.
    fn volumes(&self) -> String {
        let mut manifests = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: local, annotations: \
            {storageclass.kubernetes.io/is-default-class: \"true\"}}\nprovisioner: kubernetes.io/no-provisioner\n\
            volumeBindingMode: WaitForFirstConsumer\n".to_owned();
        for number in 0..VOLUMES {
            let path = self.outer.path().join(format!("volumes/{number}"));
            fs::create_dir_all(&path).unwrap();
            write!(manifests, "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: v{number}}}\nspec:\n  \
                capacity: {{storage: 100Gi}}\n  accessModes: [ReadWriteOnce, ReadWriteMany]\n  storageClassName: local\n  \
                persistentVolumeReclaimPolicy: Retain\n  local: {{path: \"{}\"}}\n  nodeAffinity: {{required: \
                {{nodeSelectorTerms: [{{matchExpressions: [{{key: kubernetes.io/hostname, operator: In, values: [node]}}]}}]}}}}\n",
                path.display()).unwrap();
        }
        manifests
    }

    /// A program as somebody runs it who can reach the cluster.
    pub(super) fn command(&self, program: &Path) -> Command {
        let process = fs::read_to_string(self.own().join("pid")).unwrap();
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", process.trim(), "--"]).arg(program);
        command.env("KUBECONFIG", self.own().join("kubeconfig"));
        // Helm caches what it knows of the API in here.
        command.env("HOME", self.outer.path());
        command
    }

    /// Runs one of the installed tools.
    pub(super) fn run(&self, name: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(&tools().join(name));
        command.args(arguments);
        run(command)
    }

    /// The same; it must succeed.
    pub(super) fn ask(&self, name: &str, arguments: &[&str]) -> String {
        let output = self.run(name, arguments);
        let said = stdout(&output) + &stderr(&output);
        assert!(output.status.success(), "{name} {arguments:?}: {said}\n{}", self.state());
        stdout(&output)
    }

    /// The objects of a kind in a namespace.
    pub(super) fn objects(&self, namespace: &str, kinds: &str) -> Vec<Json> {
        let text =
            self.ask("kubectl", &["--namespace", namespace, "get", kinds, "--output", "json"]);
        let list: Json = serde_json::from_str(&text).unwrap();
        list["items"].as_array().unwrap().clone()
    }

    /// Makes these objects.
    fn apply(&self, manifests: &str) {
        let path = self.outer.path().join("manifests.yaml");
        fs::write(&path, manifests).unwrap();
        self.ask("kubectl", &["apply", "--filename", path.to_str().unwrap()]);
    }

    /// What is to be seen when something has failed.
    fn state(&self) -> String {
        let pods = self.run("kubectl", &["get", "pods,jobs,pvc", "--all-namespaces"]);
        let events =
            self.run("kubectl", &["get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"]);
        let events = stdout(&events);
        let last = events.lines().rev().take(30).collect::<Vec<_>>().join("\n");
        format!("{}\n{last}", stdout(&pods))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}
