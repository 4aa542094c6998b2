//! The part of Kubernetes' own schema that a chart writes.
//!
//! **Invariant.** A field is written only where it says something; what Kubernetes fills in by
//! itself and nobody decided is not spelt.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::at::At;

/// An object with a specification.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object<S> {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: Metadata,
    pub(super) spec: S,
}

/// What an object is called.
#[derive(Serialize)]
pub(super) struct Metadata {
    pub(super) name: String,
    /// A mapping, made by a template.
    pub(super) labels: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) annotations: BTreeMap<String, String>,
}

#[derive(Serialize)]
pub(super) struct DeploymentSpec {
    pub(super) replicas: At<String>,
    pub(super) strategy: Strategy,
    pub(super) selector: Selector,
    pub(super) template: PodTemplate,
}

/// A `StatefulSet`, whose pods have names and claims of their own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatefulSetSpec {
    pub(super) replicas: At<String>,
    pub(super) service_name: String,
    pub(super) pod_management_policy: &'static str,
    pub(super) selector: Selector,
    pub(super) template: PodTemplate,
    pub(super) volume_claim_templates: Vec<ClaimTemplate>,
}

#[derive(Serialize)]
pub(super) struct ClaimTemplate {
    pub(super) metadata: TemplateMetadata,
    /// A mapping, made by a template.
    pub(super) spec: String,
}

/// Of a claim for each pod, which carries the labels of the pod.
#[derive(Serialize)]
pub(super) struct TemplateMetadata {
    pub(super) name: String,
}

#[derive(Serialize)]
pub(super) struct Strategy {
    pub(super) r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Selector {
    /// A mapping, made by a template.
    pub(super) match_labels: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobSpec {
    pub(super) backoff_limit: At<u32>,
    pub(super) template: PodTemplate,
}

#[derive(Serialize)]
pub(super) struct PodTemplate {
    pub(super) metadata: PodMetadata,
    pub(super) spec: PodSpec,
}

#[derive(Serialize)]
pub(super) struct PodMetadata {
    /// A mapping, made by a template.
    pub(super) labels: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) annotations: BTreeMap<String, At<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_account_name: Option<String>,
    pub(super) automount_service_account_token: bool,
    pub(super) enable_service_links: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hostname: Option<At<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) host_aliases: Vec<At<HostAlias>>,
    /// A sequence, made by a template.
    pub(super) image_pull_secrets: String,
    /// Where it may run, made by templates.
    #[serde(flatten)]
    pub(super) scheduling: Scheduling,
    pub(super) security_context: At<SecurityContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) restart_policy: Option<&'static str>,
    pub(super) termination_grace_period_seconds: At<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) init_containers: Vec<At<Container>>,
    pub(super) containers: Vec<Container>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) volumes: Vec<Volume>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scheduling {
    pub(super) node_selector: String,
    pub(super) tolerations: String,
    pub(super) affinity: String,
    pub(super) topology_spread_constraints: String,
}

#[derive(Serialize)]
pub(super) struct HostAlias {
    pub(super) ip: String,
    pub(super) hostnames: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecurityContext {
    pub(super) run_as_user: u32,
    pub(super) run_as_group: u32,
    pub(super) fs_group: u32,
    pub(super) fs_group_change_policy: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) supplemental_groups: Vec<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    pub(super) name: String,
    pub(super) image: At<String>,
    pub(super) image_pull_policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<At<Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) args: Option<At<Vec<String>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) env: Vec<At<Variable>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ports: Vec<At<ContainerPort>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) startup_probe: Option<At<Probe>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) readiness_probe: Option<At<Probe>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) liveness_probe: Option<At<Probe>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resources: Option<At<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) volume_mounts: Vec<At<VolumeMount>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variable {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value_from: Option<ValueFrom>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValueFrom {
    pub(super) secret_key_ref: SecretKey,
}

#[derive(Serialize)]
pub(super) struct SecretKey {
    pub(super) name: String,
    pub(super) key: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) optional: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContainerPort {
    pub(super) container_port: u16,
    pub(super) protocol: &'static str,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Probe {
    #[serde(flatten)]
    pub(super) action: Action,
    pub(super) period_seconds: u32,
    pub(super) timeout_seconds: u32,
    pub(super) failure_threshold: u32,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Action {
    Exec { command: Vec<String> },
    HttpGet { path: String, port: u16 },
    TcpSocket { port: u16 },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VolumeMount {
    pub(super) name: String,
    pub(super) mount_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sub_path: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) read_only: bool,
}

#[derive(Serialize)]
pub(super) struct Volume {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) source: VolumeSource,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum VolumeSource {
    #[serde(rename_all = "camelCase")]
    PersistentVolumeClaim {
        claim_name: String,
    },
    HostPath {
        path: String,
        r#type: &'static str,
    },
    ConfigMap {
        name: String,
    },
    #[serde(rename_all = "camelCase")]
    Secret {
        secret_name: String,
        default_mode: u32,
        items: Vec<KeyToPath>,
    },
    #[serde(rename_all = "camelCase")]
    EmptyDir {
        medium: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        size_limit: Option<String>,
    },
    Projected {
        sources: Vec<Projection>,
    },
    #[serde(rename_all = "camelCase")]
    Ephemeral {
        volume_claim_template: EphemeralClaim,
    },
}

impl VolumeSource {
    /// A claim that goes with the pod.
    pub(super) fn ephemeral(spec: String) -> Self {
        Self::Ephemeral { volume_claim_template: EphemeralClaim { spec } }
    }
}

#[derive(Serialize)]
pub(super) struct EphemeralClaim {
    /// A mapping, made by a template.
    pub(super) spec: String,
}

#[derive(Clone, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(super) struct KeyToPath {
    pub(super) key: String,
    pub(super) path: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Projection {
    ServiceAccountToken { path: String },
    ConfigMap { name: String, items: Vec<KeyToPath> },
}

/// What lets clients outside the cluster in, where values ask for it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ingress {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: AnnotatedMetadata,
    /// A mapping, made by a template.
    pub(super) spec: String,
}

/// Metadata with annotations of the values.
#[derive(Serialize)]
pub(super) struct AnnotatedMetadata {
    pub(super) name: String,
    /// A mapping, made by a template.
    pub(super) labels: String,
    /// A mapping, made by a template.
    pub(super) annotations: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceObject {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: AnnotatedMetadata,
    pub(super) spec: ServiceSpec,
}

#[derive(Serialize)]
pub(super) struct ServiceSpec {
    pub(super) r#type: String,
    /// A mapping, made by a template.
    pub(super) selector: String,
    pub(super) ports: Vec<At<ServicePort>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServicePort {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) target_port: u16,
    pub(super) protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app_protocol: Option<&'static str>,
}

/// A `ConfigMap` or a `Secret`, by [`kind`](Self::kind).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Keys {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: Metadata,
    /// A mapping, made by a template.
    pub(super) data: String,
}

/// A `ConfigMap` that holds nothing but what is noted on it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notes {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceAccount {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: Metadata,
    pub(super) automount_service_account_token: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Role {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: Metadata,
    pub(super) rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) api_groups: [&'static str; 1],
    pub(super) resources: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) resource_names: Vec<String>,
    pub(super) verbs: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleBinding {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: Metadata,
    pub(super) role_ref: RoleRef,
    pub(super) subjects: [Subject; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleRef {
    pub(super) api_group: &'static str,
    pub(super) kind: &'static str,
    pub(super) name: String,
}

#[derive(Serialize)]
pub(super) struct Subject {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) namespace: String,
}
