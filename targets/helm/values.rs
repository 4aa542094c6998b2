//! The values of a chart: defaults, comments and schema of each in one place.
//!
//! **Invariant.** Values are what a cluster decides. None of them decides what exists or what a
//! container's configuration says, and none can be misspelt: the schema is closed.

use std::collections::BTreeMap;

use model::{External, Image, Name, Resources, Service, Volume, Workload};
use serde_json::{Value, json};

use super::chart::Chart;
use super::claim::is_scalable;
use super::service::http_port;
use crate::yaml;

/// A DNS label, or nothing.
const LABEL: &str = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$";

/// DNS labels with dots between them, or nothing.
const DOMAIN: &str = "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$";

/// A host name of an Ingress, or any.
const HOST: &str = "^((\\*\\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$";

/// A host name or an IP address: nothing that means something to a URL.
const ADDRESS: &str = "^[A-Za-z0-9_]([-A-Za-z0-9_.]*[A-Za-z0-9_])?$";

/// The parts of an image reference: nothing that means something to YAML or to a shell.
const REPOSITORY: &str = "^[a-z0-9][-a-z0-9._/:]*$";
const REGISTRY: &str = "^([A-Za-z0-9][-A-Za-z0-9.]*(:[0-9]+)?)?$";
const TAG: &str = "^[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}$";
const DIGEST: &str = "^(sha256:[0-9a-f]{64})?$";

/// A value, or a group of them.
pub(super) enum Setting {
    /// A value: its default, and the schema of any other.
    One {
        /// What it is unless it is set.
        default: Value,
        /// A JSON schema.
        schema: Value,
    },
    /// Values by name.
    Group(BTreeMap<String, Setting>),
}

/// A value at the top, with what is said about it.
pub(super) struct Section {
    key: &'static str,
    comment: &'static str,
    setting: Setting,
}

impl Section {
    /// Each value by its path, with its default.
    pub(super) fn rows(&self) -> Vec<(String, String)> {
        let mut rows = vec![];
        self.setting.gather(self.key, &mut rows);
        rows
    }
}

impl Setting {
    fn gather(&self, path: &str, rows: &mut Vec<(String, String)>) {
        match self {
            Self::One { default, schema: _ } => rows.push((path.to_owned(), default.to_string())),
            Self::Group(settings) => {
                settings.iter().for_each(|(key, it)| it.gather(&format!("{path}.{key}"), rows));
            }
        }
    }

    fn one(default: impl Into<Value>, schema: Value) -> Self {
        Self::One { default: default.into(), schema }
    }

    fn text(default: &str, pattern: &str) -> Self {
        Self::one(default, json!({ "type": "string", "pattern": pattern }))
    }

    fn group<const N: usize>(settings: [(&str, Self); N]) -> Self {
        Self::Group(settings.into_iter().map(|(key, it)| (key.to_owned(), it)).collect())
    }

    /// One setting for each of `items`.
    fn each<'a, T: 'a>(
        items: impl Iterator<Item = (&'a Name, T)>,
        setting: impl Fn(T) -> Self,
    ) -> Self {
        Self::Group(items.map(|(name, it)| (name.to_string(), setting(it))).collect())
    }

    fn default(&self) -> Value {
        match self {
            Self::One { default, schema: _ } => default.clone(),
            Self::Group(settings) => {
                settings.iter().map(|(key, it)| (key.clone(), it.default())).collect()
            }
        }
    }

    fn schema(&self) -> Value {
        match self {
            Self::One { default: _, schema } => schema.clone(),
            Self::Group(settings) => {
                let properties: Value =
                    settings.iter().map(|(key, it)| (key.clone(), it.schema())).collect();
                closed(&properties)
            }
        }
    }
}

/// An object with these properties and no others.
fn closed(properties: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

impl Chart<'_> {
    /// The values of the chart, in the order in which they are written.
    pub(super) fn sections(&self) -> Vec<Section> {
        let topology = self.topology;
        let services = topology.services.iter().map(|(name, it)| (name, (&it.workload, Some(it))));
        let jobs = topology.jobs.iter().map(|(name, it)| (name, (&it.workload, None)));
        let serving = topology.services.iter().filter(|(_, it)| !it.ports.is_empty());
        let mounted = topology.volumes.iter().filter(|(name, _)| self.claimed.contains(*name));
        let mut sections = vec![
            section("nameOverride", NAME, Setting::text("", LABEL)),
            section("fullnameOverride", FULL_NAME, Setting::text("", LABEL)),
            section("imagePullSecrets", PULL_SECRETS, pull_secrets()),
            section("images", IMAGES, Setting::each(topology.images.iter(), image)),
            section("scheduling", SCHEDULING, scheduling()),
            section("workloads", WORKLOADS, Setting::each(services.chain(jobs), workload)),
            section("services", SERVICES, Setting::each(serving, service)),
            section("volumes", VOLUMES, Setting::each(mounted, volume)),
        ];
        if !topology.externals.is_empty() {
            let externals = Setting::each(topology.externals.iter(), external);
            sections.push(section("externals", EXTERNALS, externals));
        }
        if !self.derived.is_empty() {
            sections.push(section("existingSecret", EXISTING_SECRET, Setting::text("", DOMAIN)));
            sections.push(section("secrets", SECRETS, self.secrets()));
        }
        sections
    }

    /// Raw values of secrets; none by default, so none is part of the chart.
    fn secrets(&self) -> Setting {
        let text = || json!({ "type": "string" });
        let properties: Value =
            self.raw_secrets().keys().map(|key| (key.clone(), text())).collect();
        Setting::one(json!({}), closed(&properties))
    }
}

/// `values.yaml`.
pub(super) fn file(sections: &[Section]) -> String {
    let one = |Section { key, comment, setting }: &Section| {
        let lines: String = comment.lines().map(|line| format!("# {line}\n")).collect();
        lines + &yaml::print(&BTreeMap::from([(key, setting.default())])).text
    };
    sections.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// `values.schema.json`.
pub(super) fn schema(sections: &[Section]) -> String {
    let mut properties: BTreeMap<String, Value> = sections
        .iter()
        .map(|Section { key, comment: _, setting }| ((*key).to_owned(), setting.schema()))
        .collect();
    // Helm itself gives this one to a chart that is part of another.
    properties.insert("global".to_owned(), json!({ "type": "object" }));
    let mut schema = closed(&json!(properties));
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    format!("{schema:#}\n")
}

fn section(key: &'static str, comment: &'static str, setting: Setting) -> Section {
    Section { key, comment, setting }
}

fn pull_secrets() -> Setting {
    let name = json!({ "name": { "type": "string" } });
    Setting::one(json!([]), json!({ "type": "array", "items": closed(&name) }))
}

fn image(image: &Image) -> Setting {
    let Image { repository, tag, digest, local } = image;
    // What no registry has is on the nodes already, or nowhere.
    let policy = if local.is_some() { "Never" } else { "IfNotPresent" };
    let (registry, repository) = registry(repository);
    let policies = json!({ "enum": ["Always", "IfNotPresent", "Never"] });
    Setting::group([
        ("registry", Setting::text(registry, REGISTRY)),
        ("repository", Setting::text(repository, REPOSITORY)),
        ("tag", Setting::text(tag, TAG)),
        ("digest", Setting::text(digest.as_deref().unwrap_or(""), DIGEST)),
        ("pullPolicy", Setting::one(policy, policies)),
    ])
}

/// The registry of a repository, if it names one: what has a dot or a colon, or is `localhost`.
fn registry(repository: &str) -> (&str, &str) {
    match repository.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("", repository),
    }
}

fn workload((workload, service): (&Workload, Option<&Service>)) -> Setting {
    let mut limits = BTreeMap::new();
    if let Some(Resources { cpu_millis, memory_mebibytes }) = &workload.resources {
        limits.extend(cpu_millis.map(|millis| ("cpu", format!("{millis}m"))));
        limits.extend(memory_mebibytes.map(|mebibytes| ("memory", format!("{mebibytes}Mi"))));
    }
    let default = if limits.is_empty() { json!({}) } else { json!({ "limits": limits }) };
    let amounts =
        json!({ "type": "object", "additionalProperties": { "type": ["string", "number"] } });
    let schema = closed(&json!({ "limits": amounts, "requests": amounts }));
    let own = Setting::one(json!({}), scheduling().schema());
    let mut settings = BTreeMap::from([
        ("resources".to_owned(), Setting::one(default, schema)),
        ("scheduling".to_owned(), own),
    ]);
    settings.extend(service.map(|it| ("replicas".to_owned(), replicas(it))));
    Setting::Group(settings)
}

/// How many pods run; one where a second would do harm.
fn replicas(service: &Service) -> Setting {
    let mut schema = json!({ "type": "integer", "minimum": 1 });
    if !is_scalable(service) {
        schema["maximum"] = json!(1);
    }
    Setting::one(service.replicas.get(), schema)
}

/// Where pods may run, in the words of Kubernetes.
fn scheduling() -> Setting {
    let texts = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let objects = json!({ "type": "array", "items": { "type": "object" } });
    Setting::group([
        ("nodeSelector", Setting::one(json!({}), texts)),
        ("tolerations", Setting::one(json!([]), objects.clone())),
        ("affinity", Setting::one(json!({}), json!({ "type": "object" }))),
        ("topologySpreadConstraints", Setting::one(json!([]), objects)),
    ])
}

fn service(service: &Service) -> Setting {
    let types = json!({ "enum": ["ClusterIP", "NodePort", "LoadBalancer"] });
    let mut settings = BTreeMap::from([
        ("type".to_owned(), Setting::one("ClusterIP", types)),
        ("annotations".to_owned(), annotations()),
    ]);
    if http_port(service).is_some() {
        settings.insert("ingress".to_owned(), ingress());
    }
    Setting::Group(settings)
}

fn annotations() -> Setting {
    let texts = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    Setting::one(json!({}), texts)
}

fn ingress() -> Setting {
    let path_types = json!({ "enum": ["Exact", "ImplementationSpecific", "Prefix"] });
    let hosts = json!({ "type": "array", "items": { "type": "string" } });
    let tls = closed(&json!({ "hosts": hosts, "secretName": { "type": "string" } }));
    Setting::group([
        ("enabled", Setting::one(false, json!({ "type": "boolean" }))),
        ("className", Setting::text("", DOMAIN)),
        ("annotations", annotations()),
        ("host", Setting::text("", HOST)),
        ("path", Setting::text("/", "^/")),
        ("pathType", Setting::one("Prefix", path_types)),
        ("tls", Setting::one(json!([]), json!({ "type": "array", "items": tls }))),
    ])
}

fn external(external: &External) -> Setting {
    // Its port is part of what containers are configured with.
    let External { address, ports: _ } = external;
    Setting::group([("address", Setting::text(address, ADDRESS))])
}

fn volume(volume: &Volume) -> Setting {
    let size = format!("{}Gi", volume.size_gibibytes);
    Setting::group([
        ("size", Setting::text(&size, "^[0-9]+(\\.[0-9]+)?([KMGTPE]i?)?$")),
        ("storageClassName", Setting::one(Value::Null, json!({ "type": ["string", "null"] }))),
    ])
}

const NAME: &str = "Replaces the chart's name in the names of objects.";
const FULL_NAME: &str = "Replaces release and chart name in the names of objects.";
const PULL_SECRETS: &str = "Secrets to pull images with: `- name: my-registry`.";
const IMAGES: &str = "\
Images by name. The registry of all of them may be a mirror's.
A digest wins over the tag: with another tag give another digest, or an empty one.";
const SCHEDULING: &str = "Where all workloads may run, in the words of Kubernetes.";
const WORKLOADS: &str = "\
What each workload asks for and may use at most, how many of it run (one, where a second would do
harm), and where: what `scheduling` has here is taken in place of what it has above.";
const SERVICES: &str = "\
How each service is reached: ClusterIP, NodePort or LoadBalancer; what speaks HTTP also through an
Ingress.";
const EXTERNALS: &str = "Where services are found that run elsewhere.";
const VOLUMES: &str = "\
What is kept. Without a storage class the cluster's default is taken.
Size and class of a claim that exists already are the cluster's to change, not the chart's: an
upgrade that changes those of a StatefulSet's claims is refused.";
const EXISTING_SECRET: &str = "\
The name of a Secret that holds every key that README.md lists. Without one the chart makes it.";
const SECRETS: &str = "\
Secrets as they are; the chart encodes them where they are part of a URL. They belong into a file
of their own, which is never committed: `helm install -f values.secret.yaml`.";
