//! Mounts as volumes of a pod.
//!
//! **Invariant.** A claim is one volume of a pod however often it is mounted; of the `Secret` a pod
//! sees only the keys that it mounts.

use std::collections::{BTreeMap, BTreeSet};

use model::{Mount, MountSource, Name, Segment, Text};

use super::chart::Chart;
use super::claim::Claimed;
use super::names::{self, label};
use super::spec::{KeyToPath, Volume, VolumeMount, VolumeSource};
use super::workload::{ClaimTemplates, Place};
use crate::at::At;

/// What the mounts of one workload need.
#[derive(Default)]
pub(super) struct Mounted {
    pub(super) mounts: Vec<At<VolumeMount>>,
    sources: BTreeMap<String, VolumeSource>,
    secret_keys: BTreeSet<String>,
    /// Generated files without secrets that it reads.
    pub(super) files: BTreeSet<Name>,
    /// What each pod claims.
    pub(super) claims: ClaimTemplates,
}

/// What stands behind one mount: a volume of the pod, and the part of it that is meant.
struct Part {
    volume: String,
    sub_path: Option<String>,
    /// What is added to the path in the container.
    below: Option<String>,
    read_only: bool,
}

impl Mounted {
    /// Whether it reads the `Secret`.
    pub(super) fn reads_secret(&self) -> bool {
        !self.secret_keys.is_empty()
    }

    /// The volumes of the pod.
    pub(super) fn volumes(self, chart: &Chart<'_>) -> Vec<Volume> {
        let Self { mounts: _, mut sources, secret_keys, files: _, claims: _ } = self;
        if !secret_keys.is_empty() {
            let keys = secret_keys.into_iter();
            let source = VolumeSource::Secret {
                secret_name: chart.value("secretName", "."),
                default_mode: 0o440,
                items: keys.map(|key| KeyToPath { path: key.clone(), key }).collect(),
            };
            sources.insert("secret".to_owned(), source);
        }
        sources.into_iter().map(|(name, source)| Volume { name, source }).collect()
    }
}

impl Chart<'_> {
    /// The mounts of the workload at `place`.
    pub(super) fn mounts(&mut self, place: &Place<'_>, mounts: &BTreeMap<Name, Mount>) -> Mounted {
        self.problems.extend(names::check(&format!("{}.mounts", place.path), mounts.keys()));
        let mut mounted = Mounted::default();
        for (name, mount) in mounts {
            let path = format!("{}.mounts.{name}", place.path);
            let Mount { source, target, read_only } = mount;
            for part in self.parts(place, (&path, name), source, &mut mounted) {
                let Part { volume, sub_path, below, read_only: always } = part;
                let mount_path = match below {
                    Some(below) => format!("{}/{below}", target.trim_end_matches('/')),
                    None => target.clone(),
                };
                let read_only = *read_only || always;
                let mount = VolumeMount { name: volume, mount_path, sub_path, read_only };
                mounted.mounts.push(At::new(path.clone(), mount));
            }
        }
        mounted
    }

    fn parts(
        &mut self,
        place: &Place<'_>,
        (path, mount): (&str, &Name),
        source: &MountSource,
        mounted: &mut Mounted,
    ) -> Vec<Part> {
        let name = |kind: &str| clipped(&format!("{kind}-{}", label(mount.as_str())));
        let (volume, source) = match source {
            MountSource::Volume { name, subpath, own } => {
                return self.volume_parts(place, name, (subpath, own), mounted);
            }
            MountSource::File(file) => return vec![self.file_part(file, mounted)],
            MountSource::Secret(secret) => return vec![self.secret_part(path, secret, mounted)],
            MountSource::HostPath { path: host } => {
                (name("host"), self.host_path(place, path, host))
            }
            MountSource::Tmpfs { size_mebibytes } => {
                let size_limit = size_mebibytes.map(|size| format!("{size}Mi"));
                (name("memory"), VolumeSource::EmptyDir { medium: "Memory", size_limit })
            }
        };
        mounted.sources.insert(volume.clone(), source);
        vec![Part { volume, sub_path: None, below: None, read_only: false }]
    }

    /// What is mounted of a volume: with a directory of the workload's own, both, since the second
    /// mount makes that directory.
    fn volume_parts(
        &mut self,
        place: &Place<'_>,
        name: &Name,
        (subpath, own): (&Option<String>, &Option<String>),
        mounted: &mut Mounted,
    ) -> Vec<Part> {
        let claimed = self.claim(place, name, subpath.is_none() && own.is_none());
        let volume = self.claimed_volume(name, claimed, mounted);
        let part = |own: Option<&String>| {
            let parts: Vec<&str> =
                [subpath.as_ref(), own].into_iter().flatten().map(|it| &**it).collect();
            let sub_path = (!parts.is_empty()).then(|| parts.join("/"));
            Part { volume: volume.clone(), sub_path, below: own.cloned(), read_only: false }
        };
        let below = own.as_ref().filter(|it| *it != ".");
        [Some(part(None)), below.map(|it| part(Some(it)))].into_iter().flatten().collect()
    }

    /// The name of the pod's volume with what is claimed.
    fn claimed_volume(&self, name: &Name, claimed: Claimed, mounted: &mut Mounted) -> String {
        let (volume, source) = match claimed {
            Claimed::Claim(suffix) => {
                let claim_name = self.object(&suffix);
                let source = VolumeSource::PersistentVolumeClaim { claim_name };
                (clipped(&format!("claim-{suffix}")), source)
            }
            Claimed::Ephemeral(source) => {
                (clipped(&format!("claim-{}", label(name.as_str()))), *source)
            }
            Claimed::Template(template) => {
                let volume = template.metadata.name.clone();
                mounted.claims.insert(volume.clone(), *template);
                return volume;
            }
        };
        mounted.sources.insert(volume.clone(), source);
        volume
    }

    fn file_part(&mut self, file: &Name, mounted: &mut Mounted) -> Part {
        let content = &self.topology.files.get(file).expect("checked: the file exists").content;
        if content.is_secret() {
            let key = format!("file.{file}");
            mounted.secret_keys.insert(key.clone());
            return Part::of_key("secret", key);
        }
        mounted.files.insert(file.clone());
        let source = VolumeSource::ConfigMap { name: self.object("config") };
        mounted.sources.insert("config".to_owned(), source);
        Part::of_key("config", file.to_string())
    }

    fn secret_part(&mut self, path: &str, secret: &Name, mounted: &mut Mounted) -> Part {
        let encoding = model::Encoding::None;
        let text = Text::new([Segment::Secret { name: secret.clone(), encoding }]);
        self.require(path, &text);
        let key = self.derive(secret.to_string(), &text);
        mounted.secret_keys.insert(key.clone());
        Part::of_key("secret", key)
    }

    fn host_path(&mut self, place: &Place<'_>, path: &str, host: &Text) -> VolumeSource {
        let path = format!("{path}.source");
        if host.is_secret() {
            self.refuse(
                path.clone(),
                "a path with a secret in it would stand in plain text",
                "Write a path without one",
            );
        }
        let text = self.spell(Some(place.name), &path, host);
        self.emulate(path, "it has to be there on every node that may run the workload");
        let path = self.plain(&text).unwrap_or_default();
        VolumeSource::HostPath { path, r#type: "Directory" }
    }
}

impl Part {
    /// One key of a `ConfigMap` or a `Secret`, as a file.
    fn of_key(volume: &str, key: String) -> Self {
        Self { volume: volume.to_owned(), sub_path: Some(key), below: None, read_only: true }
    }
}

/// The name of a volume of a pod. Its end is where names of one kind differ.
fn clipped(name: &str) -> String {
    let start = name.len().saturating_sub(63);
    name[start..].trim_start_matches('-').to_owned()
}
