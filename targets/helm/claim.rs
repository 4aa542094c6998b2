//! Persistent volume claims: one for each volume; of a volume that one node uses at a time, one for
//! each workload that mounts a part of it.
//!
//! **Invariant.** A volume that one node uses at a time has one pod, so that no pod waits for a
//! disk that is attached elsewhere.

use std::collections::BTreeMap;

use model::{Access, Diagnostic, MountSource, Name, Topology, Volume};

use super::chart::Chart;
use super::expression::bare;
use super::names::label;
use super::spec::{ClaimResources, ClaimSpec, Metadata, Object, Storage};
use super::workload::Place;

/// What is claimed.
pub(super) struct Claim {
    /// The volume that it is, or is a part of.
    pub(super) volume: Name,
}

/// The parts of one volume that each workload mounts; the empty part is the whole.
type Parts<'a> = BTreeMap<&'a Name, Vec<String>>;

impl Chart<'_> {
    /// The suffix of the claim that `place` mounts `part` of. It hangs on nothing but that mount,
    /// so that no other workload can make a claim lose its name, and so its data.
    pub(super) fn claim(&mut self, place: &Place<'_>, volume: &Name, part: &str) -> String {
        let access = self.topology.volumes.get(volume).expect("checked: the volume exists").access;
        let suffix = match (access, part) {
            (Access::Single, "") | (Access::Shared, _) => label(volume.as_str()),
            (Access::Single, _) => format!("{}-{}", label(volume.as_str()), place.name),
        };
        self.claims.insert(suffix.clone(), Claim { volume: volume.clone() });
        suffix
    }

    /// The object of one claim.
    pub(super) fn claim_object(&self, suffix: &str, claim: &Claim) -> Object<ClaimSpec> {
        let Claim { volume: name } = claim;
        let volume = self.topology.volumes.get(name).expect("checked: the volume exists");
        let Volume { directory: _, size_gibibytes: _, access, retained, owner: _, remembers: _ } =
            volume;
        let keep = retained.then(|| ("helm.sh/resource-policy".to_owned(), "keep".to_owned()));
        let value =
            |key| bare(&format!("{{{{ (index .Values.volumes \"{name}\").{key} | toJson }}}}"));
        Object {
            api_version: "v1",
            kind: "PersistentVolumeClaim",
            metadata: Metadata {
                name: self.object(suffix),
                labels: self.labels(""),
                annotations: keep.into_iter().collect(),
            },
            spec: ClaimSpec {
                access_modes: [match access {
                    Access::Single => "ReadWriteOnce",
                    Access::Shared => "ReadWriteMany",
                }],
                storage_class_name: value("storageClassName"),
                resources: ClaimResources { requests: Storage { storage: value("size") } },
            },
        }
    }
}

/// The part of a volume that a mount means, of what is `own` to it only that.
pub(super) fn part(subpath: Option<&str>, own: Option<&str>) -> String {
    let parts: Vec<&str> = [subpath, own].into_iter().flatten().collect();
    parts.join("/")
}

/// Refuses volumes of one node that several pods would use.
pub(super) fn check(topology: &Topology) -> Vec<Diagnostic> {
    let mut problems = vec![];
    for (volume, parts) in parts(topology) {
        let single = topology.volumes.get(volume).expect("checked: the volume exists");
        if single.access == Access::Shared {
            continue;
        }
        if let Some((one, other)) = overlap(&parts) {
            problems.push(shared(volume, &format!("`{one}` and `{other}` use the same part")));
            continue;
        }
        let mut services = parts.keys().filter_map(|name| topology.services.get(*name));
        if services.any(|service| service.replicas.get() > 1) {
            problems.push(shared(volume, "a service with several replicas uses it"));
        }
    }
    problems
}

/// Two workloads of which one sees what the other mounts. A volume has few users.
fn overlap<'a>(parts: &Parts<'a>) -> Option<(&'a Name, &'a Name)> {
    let users: Vec<(&Name, &Vec<String>)> = parts.iter().map(|(name, it)| (*name, it)).collect();
    for (index, (one, ones)) in users.iter().enumerate() {
        for (other, others) in &users[index + 1..] {
            if ones.iter().any(|a| others.iter().any(|b| within(a, b) || within(b, a))) {
                return Some((one, other));
            }
        }
    }
    None
}

/// Whether `part` is `whole`, or lies in it.
fn within(part: &str, whole: &str) -> bool {
    whole.is_empty()
        || part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn shared(volume: &Name, why: &str) -> Diagnostic {
    let message = format!("one node at a time can use this volume, and {why}");
    Diagnostic::value(format!("volumes.{volume}.access"), message)
        .hint("Write 'Shared, which needs a storage class with ReadWriteMany")
}

fn parts(topology: &Topology) -> BTreeMap<&Name, Parts<'_>> {
    let mut parts: BTreeMap<&Name, Parts<'_>> = BTreeMap::new();
    let services = topology.services.iter().map(|(name, it)| (name, &it.workload));
    let jobs = topology.jobs.iter().map(|(name, it)| (name, &it.workload));
    for (workload, it) in services.chain(jobs) {
        for mount in it.mounts.values() {
            if let MountSource::Volume { name, subpath, own } = &mount.source {
                let part = part(subpath.as_deref(), own.as_deref());
                parts.entry(name).or_default().entry(workload).or_default().push(part);
            }
        }
    }
    parts
}
