//! Waiting for dependencies: a container before the workload's own, on the same image.
//!
//! **Invariant.** It sees nothing but the objects that are waited for, and runs no image that the
//! topology does not name. The decision is in `docs/decisions/0004-helm-waits.md`.

use std::collections::BTreeMap;

use model::{Condition, Name};

use super::chart::{Chart, Wait};
use super::claim::is_scalable;
use super::container::resources;
use super::expression::{bare, expression};
use super::spec::{
    Container, KeyToPath, Metadata, Notes, Projection, Role, RoleBinding, RoleRef, Rule,
    ServiceAccount, Subject, Volume, VolumeMount, VolumeSource,
};
use super::workload::Place;
use crate::at::At;

/// Asks the API, with what the image has for it, until everything is as it should be.
pub(super) const SCRIPT: &str = include_str!("wait.sh");

/// Where the container finds its token and the certificate of the API.
const DIRECTORY: &str = "/var/run/secrets/clp-gen";

/// The pod's volume with these.
const VOLUME: &str = "wait";

impl Chart<'_> {
    /// The container that waits for what `place` depends on; none where that is nothing.
    pub(super) fn wait(
        &mut self,
        place: &Place<'_>,
        image: &Name,
        depends_on: &BTreeMap<Name, Condition>,
    ) -> Option<At<Container>> {
        if depends_on.is_empty() {
            return None;
        }
        let path = format!("{}.depends_on", place.path);
        self.emulate(
            path.clone(),
            "a container of the same image waits; the image needs `sh`, \
             `grep`, `sed`, and one of `curl`, `python3` and GNU `wget`",
        );
        let script =
            format!("{{{{ {} | replace \"$\" \"$$\" | toRawJson }}}}", self.call("wait", "."));
        let mut command =
            vec!["sh".to_owned(), "-c".to_owned(), bare(&script), DIRECTORY.to_owned()];
        let notes = self.object("wait");
        let namespace = expression("{{ .Release.Namespace }}");
        command.push(format!("/api/v1/namespaces/{namespace}/configmaps/{notes}"));
        for (dependency, condition) in depends_on {
            command.extend(self.condition(dependency, *condition));
        }
        let mount = VolumeMount {
            name: VOLUME.to_owned(),
            mount_path: DIRECTORY.to_owned(),
            sub_path: None,
            read_only: true,
        };
        let container = Container {
            name: "wait".to_owned(),
            image: At::new(format!("{}.image", place.path), self.image(image)),
            image_pull_policy: self.pull_policy(image),
            command: Some(At::new(path.clone(), command)),
            args: None,
            env: vec![],
            ports: vec![],
            startup_probe: None,
            readiness_probe: None,
            liveness_probe: None,
            resources: Some(At::new(format!("{}.resources", place.path), resources(place.name))),
            volume_mounts: vec![At::new(path.clone(), mount)],
        };
        Some(At::new(path, container))
    }

    /// The account of the container that waits, mounted nowhere else.
    pub(super) fn wait_volume(&self) -> Volume {
        let authority = KeyToPath { key: "ca.crt".to_owned(), path: "ca.crt".to_owned() };
        let sources = vec![
            Projection::ServiceAccountToken { path: "token".to_owned() },
            Projection::ConfigMap { name: "kube-root-ca.crt".to_owned(), items: vec![authority] },
        ];
        Volume { name: VOLUME.to_owned(), source: VolumeSource::Projected { sources } }
    }

    /// What the script is told: the key and the least number to find, and where.
    fn condition(&mut self, dependency: &Name, condition: Condition) -> [String; 3] {
        let namespace = expression("{{ .Release.Namespace }}");
        let (what, path, number) = match condition {
            Condition::Completed => {
                self.waits.insert(Wait::Succeeded(dependency.clone()));
                let job = self.include(&format!("job.{dependency}"), ".");
                (
                    "succeeded",
                    format!("/apis/batch/v1/namespaces/{namespace}/jobs/{job}"),
                    "1".to_owned(),
                )
            }
            Condition::Healthy => {
                self.waits.insert(Wait::Ready(dependency.clone()));
                let object = self.object(dependency.as_str());
                let kind = self.kind(dependency);
                let path = format!("/apis/apps/v1/namespaces/{namespace}/{kind}/{object}");
                ("readyReplicas", path, self.replicas(dependency))
            }
            Condition::Started => {
                self.waits.insert(Wait::Running);
                let instance = expression("{{ .Release.Name }}");
                let path = format!(
                    "/api/v1/namespaces/{namespace}/pods?labelSelector=\
                     app.kubernetes.io%2Finstance%3D{instance},\
                     app.kubernetes.io%2Fcomponent%3D{dependency}"
                );
                ("phase", path, self.replicas(dependency))
            }
        };
        [what.to_owned(), number, path]
    }

    /// How many pods of a dependency there are.
    fn replicas(&self, dependency: &Name) -> String {
        match self.topology.services.get(dependency) {
            Some(service) if is_scalable(service) => expression(&format!(
                "{{{{ (index .Values.workloads \"{dependency}\").replicas }}}}"
            )),
            Some(_) | None => "1".to_owned(),
        }
    }

    /// What a service is to the API.
    fn kind(&self, service: &Name) -> &'static str {
        let service = self.topology.services.get(service);
        match service.is_some_and(|it| self.is_stateful(it)) {
            true => "statefulsets",
            false => "deployments",
        }
    }

    /// What carries the notes of who waits: annotations, which are nobody else's.
    pub(super) fn completed(&self) -> Option<Notes> {
        let is_job = |it: &Wait| matches!(it, Wait::Succeeded(_));
        let metadata = Metadata {
            name: self.object("wait"),
            labels: self.labels(""),
            annotations: BTreeMap::new(),
        };
        let notes = Notes { api_version: "v1", kind: "ConfigMap", metadata };
        self.waits.iter().any(is_job).then_some(notes)
    }

    /// The account that waits, and all that it may see.
    pub(super) fn account(&self) -> (ServiceAccount, Role, RoleBinding) {
        let name = self.object("wait");
        let metadata = || Metadata {
            name: name.clone(),
            labels: self.labels(""),
            annotations: BTreeMap::new(),
        };
        let account = ServiceAccount {
            api_version: "v1",
            kind: "ServiceAccount",
            metadata: metadata(),
            automount_service_account_token: false,
        };
        let role = Role {
            api_version: "rbac.authorization.k8s.io/v1",
            kind: "Role",
            metadata: metadata(),
            rules: self.rules(),
        };
        let binding = RoleBinding {
            api_version: "rbac.authorization.k8s.io/v1",
            kind: "RoleBinding",
            metadata: metadata(),
            role_ref: RoleRef {
                api_group: "rbac.authorization.k8s.io",
                kind: "Role",
                name: name.clone(),
            },
            subjects: [Subject {
                kind: "ServiceAccount",
                name: name.clone(),
                namespace: expression("{{ .Release.Namespace }}"),
            }],
        };
        (account, role, binding)
    }

    fn rules(&self) -> Vec<Rule> {
        let (mut deployments, mut stateful_sets, mut jobs) = (vec![], vec![], vec![]);
        let mut pods = false;
        for wait in &self.waits {
            match wait {
                Wait::Ready(service) => match self.kind(service) {
                    "deployments" => deployments.push(self.object(service.as_str())),
                    _ => stateful_sets.push(self.object(service.as_str())),
                },
                Wait::Succeeded(job) => jobs.push(self.include(&format!("job.{job}"), ".")),
                Wait::Running => pods = true,
            }
        }
        let rule = |api_group, resource, resource_names, verb| Rule {
            api_groups: [api_group],
            resources: [resource],
            resource_names,
            verbs: vec![verb],
        };
        let mut rules = vec![];
        if !jobs.is_empty() {
            let notes = vec![self.object("wait")];
            rules
                .push(Rule { verbs: vec!["get", "patch"], ..rule("", "configmaps", notes, "get") });
        }
        if !deployments.is_empty() {
            rules.push(rule("apps", "deployments", deployments, "get"));
        }
        if !stateful_sets.is_empty() {
            rules.push(rule("apps", "statefulsets", stateful_sets, "get"));
        }
        if !jobs.is_empty() {
            rules.push(rule("batch", "jobs", jobs, "get"));
        }
        if pods {
            rules.push(rule("", "pods", vec![], "list"));
        }
        rules
    }
}
