//! The pod of a workload.
//!
//! **Invariant.** A pod sees no account of the cluster's: only the container that waits does.

use std::collections::BTreeMap;

use model::{Name, Port, Service, Text, User, Workload};

use super::chart::Chart;
use super::expression::bare;
use super::health::Probes;
use super::mount::Mounted;
use super::service::{numbers, protocol};
use super::spec::{
    Container, ContainerPort, HostAlias, PodMetadata, PodSpec, PodTemplate, SecurityContext,
    Variable,
};
use super::text::unexpanded;
use super::workload::Place;
use crate::at::At;

/// What only services have.
#[derive(Default)]
struct Serving {
    ports: Vec<At<ContainerPort>>,
    probes: Option<Probes>,
    variables: Vec<Variable>,
}

impl Chart<'_> {
    /// The pod of `workload`; of a job where there is no `service`.
    pub(super) fn pod(
        &mut self,
        place: &Place<'_>,
        workload: &Workload,
        service: Option<&Service>,
    ) -> PodTemplate {
        let Workload {
            image,
            entrypoint,
            command,
            environment,
            user,
            supplementary_groups,
            hostname,
            host_aliases,
            mounts,
            depends_on,
            stop_grace_seconds,
            logging,
            // What it may use at most is a default of the values.
            resources: _,
            labels,
        } = workload;
        let path = &place.path;
        let wait = self.wait(place, image, depends_on);
        let mounted = self.mounts(place, mounts);
        let serving = service.map(|it| self.serving(place, it)).unwrap_or_default();
        let mut env = self.environment(place, environment);
        env.extend(serving.variables.into_iter().map(|it| At::new(format!("{path}.health"), it)));
        let command = self.command(place, (entrypoint, command), &mut env);
        let security_context = self.security_context(place, user, supplementary_groups);
        if let Some(logging) = logging {
            self.logging(place, logging);
        }
        let reads_secret = mounted.reads_secret() || env.iter().any(|it| it.value.value.is_none());
        let annotations = self.annotations(place, labels, &mounted, reads_secret);
        let hostname = self.hostname(place, hostname.as_deref());
        let (startup, running) = match serving.probes {
            Some(Probes { startup, running }) => (Some(startup), Some(running)),
            None => (None, None),
        };
        let health = |probe| At::new(format!("{path}.health"), probe);
        let (entrypoint, arguments) = command;
        let mut mounted = mounted;
        let container = Container {
            name: place.name.to_string(),
            image: At::new(format!("{path}.image"), self.image(image)),
            image_pull_policy: self.pull_policy(image),
            command: entrypoint,
            args: arguments,
            env,
            ports: serving.ports,
            startup_probe: startup.map(health),
            readiness_probe: running.clone().map(health),
            liveness_probe: running.map(health),
            resources: Some(At::new(format!("{path}.resources"), self.resources_value(place.name))),
            volume_mounts: std::mem::take(&mut mounted.mounts),
        };
        let mut volumes = mounted.volumes(self);
        let waits = wait.is_some();
        volumes.extend(waits.then(|| self.wait_volume()));
        PodTemplate {
            metadata: PodMetadata { labels: self.selector(place.name.as_str()), annotations },
            spec: PodSpec {
                service_account_name: waits.then(|| self.object("wait")),
                automount_service_account_token: false,
                // The variables that Docker once set for links would clash with the topology's.
                enable_service_links: false,
                hostname,
                host_aliases: aliases(path, host_aliases),
                image_pull_secrets: bare("{{ .Values.imagePullSecrets | toJson }}"),
                security_context,
                restart_policy: service.is_none().then_some("Never"),
                termination_grace_period_seconds: At::new(
                    format!("{path}.stop_grace_seconds"),
                    *stop_grace_seconds,
                ),
                init_containers: wait.into_iter().collect(),
                containers: vec![container],
                volumes,
            },
        }
    }

    /// Whether the image is pulled when the node has it already.
    pub(super) fn pull_policy(&self, image: &Name) -> String {
        bare(&format!("{{{{ (index .Values.images \"{image}\").pullPolicy | toJson }}}}"))
    }

    fn serving(&mut self, place: &Place<'_>, service: &Service) -> Serving {
        let Service { workload: _, ports, health, restart: _, replicas: _ } = service;
        let ports = ports.iter().flat_map(|(name, port)| container_ports(place, name, port));
        let ports = ports.collect();
        let Some(health) = health else {
            return Serving { ports, ..Serving::default() };
        };
        let (probes, variables) = self.probes(place, service, health);
        Serving { ports, probes: Some(probes), variables }
    }

    fn environment(
        &mut self,
        place: &Place<'_>,
        environment: &BTreeMap<String, Text>,
    ) -> Vec<At<Variable>> {
        let mut variables = vec![];
        for (name, text) in environment {
            let path = format!("{}.environment.{name}", place.path);
            if !is_variable(name) {
                self.refuse(
                    path.clone(),
                    "Kubernetes takes no such name for a variable",
                    "Write letters, digits and `_`, no digit first, and no `CLP_GEN_` in front",
                );
            }
            let text = self.spell(Some(place.name), &path, text);
            let key = format!("{}.environment.{name}", place.name);
            let variable = self.variable(name, key, &text);
            variables.push(At::new(path, variable));
        }
        variables
    }

    /// What Kubernetes calls command and args.
    fn command(
        &mut self,
        place: &Place<'_>,
        (entrypoint, command): (&Option<Vec<Text>>, &Option<Vec<Text>>),
        env: &mut Vec<At<Variable>>,
    ) -> (Option<At<Vec<String>>>, Option<At<Vec<String>>>) {
        let no_arguments = command.as_ref().is_some_and(Vec::is_empty) && entrypoint.is_none();
        if no_arguments || entrypoint.as_ref().is_some_and(Vec::is_empty) {
            let path = format!("{}.{}", place.path, if no_arguments { "command" } else { "entrypoint" });
            self.refuse(
                path,
                "Kubernetes takes the image's own where this is empty",
                "Write the whole entrypoint",
            );
        }
        let command = command.as_ref().filter(|it| !it.is_empty());
        let entrypoint = entrypoint.as_ref().map(|it| self.arguments(place, "entrypoint", it, env));
        (entrypoint, command.map(|it| self.arguments(place, "command", it, env)))
    }

    /// Arguments, of which those with a secret are taken from a variable, which the kubelet expands.
    fn arguments(
        &mut self,
        place: &Place<'_>,
        field: &str,
        texts: &[Text],
        env: &mut Vec<At<Variable>>,
    ) -> At<Vec<String>> {
        let path = format!("{}.{field}", place.path);
        let mut arguments = vec![];
        for (index, text) in texts.iter().enumerate() {
            let text = self.spell(Some(place.name), &path, text);
            if let Some(plain) = self.plain(&text) {
                arguments.push(unexpanded(&plain));
                continue;
            }
            self.require(&path, &text);
            let name = format!("CLP_GEN_{}_{index}", field.to_ascii_uppercase());
            let key = format!("{}.{field}.{index}", place.name);
            env.push(At::new(path.clone(), self.variable(&name, key, &text)));
            arguments.push(format!("$({name})"));
        }
        At::new(path, arguments)
    }

    fn security_context(
        &mut self,
        place: &Place<'_>,
        user: &Name,
        groups: &[u32],
    ) -> At<SecurityContext> {
        let User { uid, gid } = self.topology.users.get(user).expect("checked: the user exists");
        let context = SecurityContext {
            run_as_user: *uid,
            run_as_group: *gid,
            fs_group: *gid,
            fs_group_change_policy: "OnRootMismatch",
            supplemental_groups: groups.to_vec(),
        };
        At::new(format!("{}.user", place.path), context)
    }

    /// Labels, which Kubernetes would restrict in length, and what restarts the pod when it changes.
    fn annotations(
        &mut self,
        place: &Place<'_>,
        labels: &BTreeMap<String, String>,
        mounted: &Mounted,
        reads_secret: bool,
    ) -> BTreeMap<String, At<String>> {
        let mut annotations = BTreeMap::new();
        for (key, value) in labels {
            let path = format!("{}.labels.{key}", place.path);
            if !is_annotation(key) {
                self.refuse(
                    path.clone(),
                    "Kubernetes takes no such key for an annotation",
                    "Write `name` or `prefix/name`, of letters, digits, `-`, `_` and `.`, \
                     and no `checksum/`",
                );
            }
            annotations.insert(key.clone(), At::new(path, value.clone()));
        }
        if !labels.is_empty() {
            self.emulate(format!("{}.labels", place.path), "they are annotations of the pod");
        }
        let files = mounted.files.iter().map(|it| format!("({})", self.call(&format!("file.{it}"), ".")));
        let files = files.collect::<Vec<_>>().join(" ");
        if !files.is_empty() {
            let digest = bare(&format!("{{{{ print {files} | sha256sum | toJson }}}}"));
            annotations.insert("checksum/config".to_owned(), At::new("files", digest));
        }
        if reads_secret {
            let digest = self.include("secretChecksum", ".");
            annotations.insert("checksum/secret".to_owned(), At::new("secrets", digest));
        }
        annotations
    }

    fn resources_value(&self, name: &Name) -> String {
        bare(&format!("{{{{ (index .Values.workloads \"{name}\").resources | toJson }}}}"))
    }
}

fn container_ports(place: &Place<'_>, name: &Name, port: &Port) -> Vec<At<ContainerPort>> {
    let path = format!("{}.ports.{name}", place.path);
    let one = |(_, container_port)| ContainerPort { container_port, protocol: protocol(port) };
    numbers(port).map(one).map(|it| At::new(path.clone(), it)).collect()
}

fn aliases(path: &str, aliases: &BTreeMap<String, String>) -> Vec<At<HostAlias>> {
    let alias = |(name, ip): (&String, &String)| {
        let alias = HostAlias { ip: ip.clone(), hostnames: vec![name.clone()] };
        At::new(format!("{path}.host_aliases.{name}"), alias)
    };
    aliases.iter().map(alias).collect()
}

fn is_variable(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    name.starts_with(|c: char| inner(c) && !c.is_ascii_digit())
        && name.chars().all(inner)
        && !name.starts_with("CLP_GEN_")
}

/// An optional prefix, which is a domain, and a name.
fn is_annotation(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let ends = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    let name_fits = ends(name)
        && name.len() <= 63
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let domain = |part: &str| {
        ends(part) && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let prefix_fits = prefix.is_none_or(|prefix| {
        prefix != "checksum" && prefix.len() <= 253 && prefix.split('.').all(domain)
    });
    name_fits && prefix_fits
}
