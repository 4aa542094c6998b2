//! Workloads as objects: a service is a Deployment, a job a Job.
//!
//! **Invariant.** Never do more pods of a service run than it has replicas: a changed Deployment is
//! stopped before it is started (`Recreate`), as the other targets do it.
//!
//! A service that runs once and has a volume of one node is a Deployment too, with a claim beside it:
//! a StatefulSet gives its pods their host names itself, which would take away the topology's; its
//! claims belong to one workload and cannot be renamed, kept or shared by the rules of a volume; and
//! its promise, at most one pod of a name, is kept here by `Recreate`, one replica, and
//! `ReadWriteOnce`, as long as the node can be reached. Of a node that cannot, the disk stays
//! attached until Kubernetes detaches it, and the new pod waits for that. A service that may run
//! several times, each with a volume of its own, is a StatefulSet: nothing else can say that.

use std::collections::BTreeMap;

use model::{Job, Logging, Name, Restart, Service};

use super::chart::Chart;
use super::expression::bare;
use super::names::label;
use super::spec::{
    ClaimTemplate, DeploymentSpec, JobSpec, Metadata, Object, PodTemplate, Selector,
    StatefulSetSpec, Strategy,
};
use crate::at::At;

/// Claims for each pod, by name.
pub(super) type ClaimTemplates = BTreeMap<String, ClaimTemplate>;

/// Where a workload stands in the topology.
pub(super) struct Place<'a> {
    /// `services.webui`.
    pub(super) path: String,
    /// `webui`.
    pub(super) name: &'a Name,
    /// Whether each of its pods has a name and claims of its own.
    pub(super) stateful: bool,
}

/// How often the output of containers is rotated is the kubelet's to say.
const ROTATION: [&str; 3] = ["compress", "max-file", "max-size"];

impl Chart<'_> {
    /// The Deployment of a service whose pods have nothing of their own.
    pub(super) fn deployment(&mut self, name: &Name, service: &Service) -> Object<DeploymentSpec> {
        let (place, template, _) = self.service_pod(name, service, false);
        Object {
            api_version: "apps/v1",
            kind: "Deployment",
            metadata: self.metadata(name.as_str(), self.object(name.as_str())),
            spec: DeploymentSpec {
                replicas: replicas(&place),
                strategy: Strategy { r#type: "Recreate" },
                selector: Selector { match_labels: self.selector(name.as_str()) },
                template,
            },
        }
    }

    /// The `StatefulSet` of a service whose pods have data of their own.
    pub(super) fn stateful_set(
        &mut self,
        name: &Name,
        service: &Service,
    ) -> Object<StatefulSetSpec> {
        let (place, template, claims) = self.service_pod(name, service, true);
        Object {
            api_version: "apps/v1",
            kind: "StatefulSet",
            metadata: self.metadata(name.as_str(), self.object(name.as_str())),
            spec: StatefulSetSpec {
                replicas: replicas(&place),
                service_name: self.object(name.as_str()),
                pod_management_policy: "Parallel",
                selector: Selector { match_labels: self.selector(name.as_str()) },
                template,
                volume_claim_templates: claims.into_values().collect(),
            },
        }
    }

    fn service_pod<'n>(
        &mut self,
        name: &'n Name,
        service: &Service,
        stateful: bool,
    ) -> (Place<'n>, PodTemplate, ClaimTemplates) {
        // How many run is a default of the values, and whether that may be changed.
        let Service { workload, ports: _, health: _, restart, replicas: _, scalable: _ } = service;
        let place = Place { path: format!("services.{name}"), name, stateful };
        self.restart(&place, *restart);
        let (template, claims) = self.pod(&place, workload, Some(service));
        (place, template, claims)
    }

    /// The specification of a job, from which its name is made.
    pub(super) fn job(&mut self, name: &Name, job: &Job) -> JobSpec {
        let Job { workload, retries } = job;
        let place = Place { path: format!("jobs.{name}"), name, stateful: false };
        let (template, _) = self.pod(&place, workload, None);
        let backoff_limit = At::new(format!("{}.retries", place.path), *retries);
        JobSpec { backoff_limit, template }
    }

    /// What an object of a workload is called.
    pub(super) fn metadata(&self, component: &str, name: String) -> Metadata {
        let annotations = BTreeMap::new();
        Metadata { name, labels: self.labels(component), annotations }
    }

    fn restart(&mut self, place: &Place<'_>, restart: Restart) {
        let path = format!("{}.restart", place.path);
        match restart {
            Restart::Always => {}
            Restart::UnlessStopped => {
                self.emulate(path, "stopped means scaled to no replicas");
            }
            Restart::OnFailure { max_attempts: _ } => self.emulate(
                path,
                "it is started again however it ended, without limit and after growing delays",
            ),
            Restart::No => self.refuse(
                path,
                "Kubernetes starts every service again when it ends",
                "Make it a job, or allow restarts",
            ),
        }
    }

    /// The host name of the pod. Kubernetes takes no `_` in one.
    pub(super) fn hostname(
        &mut self,
        place: &Place<'_>,
        hostname: Option<&str>,
    ) -> Option<At<String>> {
        let path = format!("{}.hostname", place.path);
        if place.stateful {
            self.emulate(
                path,
                "several may run, so each has a number after the name of the release",
            );
            return None;
        }
        let wanted = hostname.unwrap_or(place.name.as_str());
        let spelt = label(wanted);
        if spelt != wanted {
            self.emulate(path.clone(), "spelt with `-` in place of `_`");
        }
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let ends = spelt.starts_with('-') || spelt.ends_with('-');
        if spelt.is_empty() || spelt.len() > 63 || ends || !spelt.chars().all(inner) {
            self.refuse(
                path.clone(),
                &format!("`{wanted}` is no host name to Kubernetes"),
                "Write at most 63 lower-case letters, digits and `-`",
            );
        }
        Some(At::new(path, spelt))
    }

    /// Output goes where the node keeps it; a driver that sends it elsewhere is none of a pod's.
    pub(super) fn logging(&mut self, place: &Place<'_>, logging: &Logging) {
        let Logging { driver, options } = logging;
        let path = format!("{}.logging", place.path);
        if !["local", "json-file", "journald"].contains(&driver.as_str()) {
            self.refuse(
                format!("{path}.driver"),
                &format!("a pod cannot send its output to `{driver}`"),
                "Use `local`, and collect the logs of the nodes",
            );
        }
        for option in options.keys().filter(|option| !ROTATION.contains(&option.as_str())) {
            self.refuse(
                format!("{path}.options.{option}"),
                "a pod cannot set an option of the logs",
                "Leave it out",
            );
        }
        self.emulate(path, "the node keeps and rotates the output, as its kubelet is configured");
    }
}

/// How many pods the values ask for.
fn replicas(place: &Place<'_>) -> At<String> {
    let Place { path, name, stateful: _ } = place;
    let value = bare(&format!("{{{{ (index .Values.workloads \"{name}\").replicas }}}}"));
    At::new(format!("{path}.replicas"), value)
}
