//! Persistent volume claims: one for each volume; of a volume that one node uses at a time, one for
//! each workload that mounts a part of it, and of a workload that may run side by side, one for
//! each pod.
//!
//! **Invariant.** A volume that one node uses at a time has one pod, so that no pod waits for a
//! disk that is attached elsewhere.

use std::collections::BTreeMap;

use model::{Access, Diagnostic, MountSource, Name, Service, Topology, Volume};

use super::chart::Chart;
use super::names::label;
use super::spec::{ClaimTemplate, Metadata, Object, TemplateMetadata, VolumeSource};
use super::workload::Place;

/// What is claimed.
pub(super) struct Claim {
    /// The volume that it is, or is a part of.
    pub(super) volume: Name,
}

/// What a mount means of a volume.
struct Use {
    /// The part, relative; the empty part is the whole.
    part: String,
    /// Whether only files directly in that part are meant, not what others have below it.
    beside: bool,
}

/// What each workload mounts of one volume.
type Uses<'a> = BTreeMap<&'a Name, Vec<Use>>;

/// Where the data of a mount come from.
pub(super) enum Claimed {
    /// A claim, by its suffix.
    Claim(String),
    /// A claim for each pod, which stays when the pod goes.
    Template(Box<ClaimTemplate>),
    /// A claim for each pod, which goes with it.
    Ephemeral(Box<VolumeSource>),
}

/// Whether more than one pod of a service may run.
pub(super) fn is_scalable(service: &Service) -> bool {
    service.scalable || service.replicas.get() > 1
}

impl Chart<'_> {
    /// Whether the pods of a service have data of their own.
    pub(super) fn is_stateful(&self, service: &Service) -> bool {
        let mut mounts = service.workload.mounts.values();
        is_scalable(service) && mounts.any(|it| self.is_of_one_node(&it.source))
    }

    fn is_of_one_node(&self, source: &MountSource) -> bool {
        match source {
            MountSource::Volume { name, subpath: _, own: _ } => self.access(name) == Access::Single,
            MountSource::HostPath { .. }
            | MountSource::File(_)
            | MountSource::Secret(_)
            | MountSource::Tmpfs { .. } => false,
        }
    }

    fn access(&self, volume: &Name) -> Access {
        self.topology.volumes.get(volume).expect("checked: the volume exists").access
    }

    /// Where `place` finds a volume, of which it mounts the whole or a part. A claim hangs on
    /// nothing but that mount, so that no other workload can make it lose its name, and so its
    /// data.
    pub(super) fn claim(&mut self, place: &Place<'_>, name: &Name, whole: bool) -> Claimed {
        let volume = self.topology.volumes.get(name).expect("checked: the volume exists");
        self.claimed.insert(name.clone());
        if place.stateful && volume.access == Access::Single {
            return self.claim_of_pod(name, volume);
        }
        let suffix = match (volume.access, whole) {
            (Access::Single, true) | (Access::Shared, _) => label(name.as_str()),
            (Access::Single, false) => format!("{}-{}", label(name.as_str()), place.name),
        };
        self.claims.insert(suffix.clone(), Claim { volume: name.clone() });
        Claimed::Claim(suffix)
    }

    fn claim_of_pod(&self, name: &Name, volume: &Volume) -> Claimed {
        let spec = self.claim_spec(name, volume);
        if volume.retained {
            let metadata = TemplateMetadata { name: format!("claim-{}", label(name.as_str())) };
            return Claimed::Template(Box::new(ClaimTemplate { metadata, spec }));
        }
        Claimed::Ephemeral(Box::new(VolumeSource::ephemeral(spec)))
    }

    /// The specification of a claim, a mapping: no storage class where the values have none, since
    /// the cluster fills its own in, which nothing may change afterwards.
    fn claim_spec(&self, name: &Name, volume: &Volume) -> String {
        // What else there is to a volume is for targets with a host.
        let Volume { directory: _, size_gibibytes: _, access, retained: _, owner: _, remembers: _ } =
            volume;
        let mode = match access {
            Access::Single => "ReadWriteOnce",
            Access::Shared => "ReadWriteMany",
        };
        self.value("claim", &format!("(list . \"{name}\" \"{mode}\")"))
    }

    /// The object of one claim.
    pub(super) fn claim_object(&self, suffix: &str, claim: &Claim) -> Object<String> {
        let Claim { volume: name } = claim;
        let volume = self.topology.volumes.get(name).expect("checked: the volume exists");
        let keep =
            volume.retained.then(|| ("helm.sh/resource-policy".to_owned(), "keep".to_owned()));
        Object {
            api_version: "v1",
            kind: "PersistentVolumeClaim",
            metadata: Metadata {
                name: self.object(suffix),
                labels: self.labels(""),
                annotations: keep.into_iter().collect(),
            },
            spec: self.claim_spec(name, volume),
        }
    }
}

/// Refuses volumes of one node that several pods would use.
pub(super) fn check(topology: &Topology) -> Vec<Diagnostic> {
    let mut problems = vec![];
    for (volume, uses) in uses(topology) {
        let single = topology.volumes.get(volume).expect("checked: the volume exists");
        if single.access == Access::Shared {
            continue;
        }
        if let Some((one, other)) = overlap(&uses) {
            problems.push(shared(volume, &format!("`{one}` and `{other}` use the same part")));
        }
    }
    problems
}

/// Two workloads of which one sees what the other mounts. A volume has few users.
fn overlap<'a>(uses: &Uses<'a>) -> Option<(&'a Name, &'a Name)> {
    let users: Vec<(&Name, &Vec<Use>)> = uses.iter().map(|(name, it)| (*name, it)).collect();
    for (index, (one, ones)) in users.iter().enumerate() {
        for (other, others) in &users[index + 1..] {
            if ones.iter().any(|a| others.iter().any(|b| a.sees(b) || b.sees(a))) {
                return Some((one, other));
            }
        }
    }
    None
}

impl Use {
    fn of(subpath: Option<&str>, own: Option<&str>) -> Self {
        let below = own.filter(|it| *it != ".");
        let parts: Vec<&str> = [subpath, below].into_iter().flatten().collect();
        Self { part: parts.join("/"), beside: own == Some(".") }
    }

    /// Whether it sees what `other` means.
    fn sees(&self, other: &Self) -> bool {
        !self.beside && within(&other.part, &self.part)
    }
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

fn uses(topology: &Topology) -> BTreeMap<&Name, Uses<'_>> {
    let mut uses: BTreeMap<&Name, Uses<'_>> = BTreeMap::new();
    let services = topology.services.iter().map(|(name, it)| (name, &it.workload));
    let jobs = topology.jobs.iter().map(|(name, it)| (name, &it.workload));
    for (workload, it) in services.chain(jobs) {
        for mount in it.mounts.values() {
            if let MountSource::Volume { name, subpath, own } = &mount.source {
                let part = Use::of(subpath.as_deref(), own.as_deref());
                uses.entry(name).or_default().entry(workload).or_default().push(part);
            }
        }
    }
    uses
}
