//! The pod of a workload.
//!
//! **Invariant.** A pod sees no account of the cluster's: only the container that waits does.

use std::collections::BTreeMap;

use model::{Name, Service, User, Workload};

use super::chart::Chart;
use super::container::Program;
use super::expression::bare;
use super::mount::Mounted;
use super::spec::{HostAlias, PodMetadata, PodSpec, PodTemplate, Scheduling, SecurityContext};
use super::workload::{ClaimTemplates, Place};
use crate::at::At;

impl Chart<'_> {
    /// The pod of `workload`; of a job where there is no `service`.
    pub(super) fn pod(
        &mut self,
        place: &Place<'_>,
        workload: &Workload,
        service: Option<&Service>,
    ) -> (PodTemplate, ClaimTemplates) {
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
            discreet: _, // The form was chosen before.
        } = workload;
        let path = &place.path;
        let depends_on = self.edges(place.name, depends_on);
        let wait = self.wait(place, image, &depends_on);
        let mut mounted = self.mounts(place, mounts);
        let program = Program { image, entrypoint, command, environment, service };
        let mut container = self.container(place, &program);
        container.volume_mounts = std::mem::take(&mut mounted.mounts);
        if let Some(logging) = logging {
            self.logging(place, logging);
        }
        let from_secret = container.env.iter().any(|it| it.value.value.is_none());
        let reads_secret = from_secret || mounted.reads_secret();
        let annotations = self.annotations(place, labels, &mounted, reads_secret);
        let claims = std::mem::take(&mut mounted.claims);
        let mut volumes = mounted.volumes(self);
        volumes.extend(wait.is_some().then(|| self.wait_volume()));
        let grace = format!("{path}.stop_grace_seconds");
        let template = PodTemplate {
            metadata: PodMetadata { labels: self.selector(place.name.as_str()), annotations },
            spec: PodSpec {
                service_account_name: wait.is_some().then(|| self.object("wait")),
                automount_service_account_token: false,
                // The variables that Docker once set for links would clash with the topology's.
                enable_service_links: false,
                hostname: self.hostname(place, hostname.as_deref()),
                host_aliases: aliases(path, host_aliases),
                image_pull_secrets: bare("{{ .Values.imagePullSecrets | toJson }}"),
                scheduling: self.scheduling(place),
                security_context: self.security_context(place, user, supplementary_groups),
                restart_policy: service.is_none().then_some("Never"),
                termination_grace_period_seconds: At::new(grace, *stop_grace_seconds),
                init_containers: wait.into_iter().collect(),
                containers: vec![container],
                volumes,
            },
        };
        (template, claims)
    }

    /// Where the values let a workload run.
    fn scheduling(&self, place: &Place<'_>) -> Scheduling {
        let value =
            |key| self.value("scheduling", &format!("(list . \"{}\" \"{key}\")", place.name));
        Scheduling {
            node_selector: value("nodeSelector"),
            tolerations: value("tolerations"),
            affinity: value("affinity"),
            topology_spread_constraints: value("topologySpreadConstraints"),
        }
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

    /// Labels, whose length Kubernetes would restrict, and what restarts the pod when changed.
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
        let files =
            mounted.files.iter().map(|it| format!("({})", self.call(&format!("file.{it}"), ".")));
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
}

fn aliases(path: &str, aliases: &BTreeMap<String, String>) -> Vec<At<HostAlias>> {
    let alias = |(name, ip): (&String, &String)| {
        let alias = HostAlias { ip: ip.clone(), hostnames: vec![name.clone()] };
        At::new(format!("{path}.host_aliases.{name}"), alias)
    };
    aliases.iter().map(alias).collect()
}

/// An optional prefix, which is a domain, and a name.
fn is_annotation(key: &str) -> bool {
    let (prefix, name) =
        key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
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
