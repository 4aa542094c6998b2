//! Persistent volume claims: one for each volume, or one for each workload with a part of its own.
//!
//! **Invariant.** A volume that one node uses at a time has one pod, so that no pod waits for a
//! disk that is attached elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use model::{Access, Diagnostic, MountSource, Name, Service, Topology, Volume};

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

/// Who mounts the whole of a volume, and who a part of its own.
#[derive(Default)]
struct Users<'a> {
    whole: BTreeSet<&'a Name>,
    own: BTreeSet<&'a Name>,
}

impl Chart<'_> {
    /// The suffix of the claim that `place` mounts.
    pub(super) fn claim(&mut self, place: &Place<'_>, volume: &Name, own: bool) -> String {
        let access = self.topology.volumes.get(volume).expect("checked: the volume exists").access;
        let suffix = match (access, own) {
            (Access::Single, true) => format!("{}-{}", label(volume.as_str()), place.name),
            (Access::Single, false) | (Access::Shared, _) => label(volume.as_str()),
        };
        self.claims.insert(suffix.clone(), Claim { volume: volume.clone() });
        suffix
    }

    /// The object of one claim.
    pub(super) fn claim_object(&self, suffix: &str, claim: &Claim) -> Object<ClaimSpec> {
        let Claim { volume: name } = claim;
        let volume = self.topology.volumes.get(name).expect("checked: the volume exists");
        let Volume { directory: _, size_gibibytes: _, access, retained, owner: _ } = volume;
        let keep = retained.then(|| ("helm.sh/resource-policy".to_owned(), "keep".to_owned()));
        let value = |key| bare(&format!("{{{{ (index .Values.volumes \"{name}\").{key} | toJson }}}}"));
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

/// Refuses volumes of one node that several pods would use.
pub(super) fn check(topology: &Topology) -> Vec<Diagnostic> {
    let mut problems = vec![];
    for (volume, users) in users(topology) {
        let single = topology.volumes.get(volume).expect("checked: the volume exists");
        if single.access == Access::Shared {
            continue;
        }
        let Users { whole, own } = users;
        if whole.len() > 1 || (!whole.is_empty() && !own.is_empty()) {
            problems.push(shared(volume, "several workloads use it"));
            continue;
        }
        let many = whole.union(&own).filter_map(|name| topology.services.get(*name));
        if many.map(|service: &Service| service.replicas.get()).any(|replicas| replicas > 1) {
            problems.push(shared(volume, "a service with several replicas uses it"));
        }
    }
    problems
}

fn shared(volume: &Name, why: &str) -> Diagnostic {
    let message = format!("one node at a time can use this volume, and {why}");
    Diagnostic::value(format!("volumes.{volume}.access"), message)
        .hint("Write 'Shared, which needs a storage class with ReadWriteMany")
}

fn users(topology: &Topology) -> BTreeMap<&Name, Users<'_>> {
    let mut users: BTreeMap<&Name, Users<'_>> = BTreeMap::new();
    let services = topology.services.iter().map(|(name, it)| (name, &it.workload));
    let jobs = topology.jobs.iter().map(|(name, it)| (name, &it.workload));
    for (workload, it) in services.chain(jobs) {
        for mount in it.mounts.values() {
            if let MountSource::Volume { name, subpath: _, own } = &mount.source {
                let users = users.entry(name).or_default();
                let side = if own.is_some() { &mut users.own } else { &mut users.whole };
                side.insert(workload);
            }
        }
    }
    users
}
