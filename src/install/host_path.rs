//! Paths of the machine's that workloads mount, and who may read them.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use model::{MountSource, Segment, Text, Topology};

use super::plan::Owner;
use super::tree::Tree;

/// A path of the host's that a workload mounts.
pub struct HostPath {
    /// Where the topology says so.
    pub at: String,
    /// As it is written.
    pub text: Text,
    /// Where it is.
    pub place: PathBuf,
    /// As whom the workload runs.
    pub owner: Owner,
    /// Its other groups.
    pub groups: Vec<u32>,
}

/// Every path of the host's that a workload mounts.
#[must_use]
pub fn all(topology: &Topology, tree: &Tree) -> Vec<HostPath> {
    let services = topology.services.iter().map(|(name, it)| ("services", name, &it.workload));
    let jobs = topology.jobs.iter().map(|(name, it)| ("jobs", name, &it.workload));
    let mut found = vec![];
    for (kind, name, workload) in services.chain(jobs) {
        let user = &topology.users[&workload.user];
        for (mount, it) in &workload.mounts {
            let MountSource::HostPath { path } = &it.source else {
                continue;
            };
            let Some(whole) = literal(path, tree) else { continue };
            found.push(HostPath {
                text: path.clone(),
                at: format!("{kind}.{name}.mounts.{mount}.source.HostPath.path"),
                place: tree.final_place(&whole),
                owner: Owner { uid: user.uid, gid: user.gid },
                groups: workload.supplementary_groups.clone(),
            });
        }
    }
    found
}

/// A path in which nothing is left open; a secret or an address is no path of a machine's.
fn literal(path: &Text, tree: &Tree) -> Option<String> {
    let segments = path.segments().iter().map(|segment| match segment {
        Segment::Literal(text) => Some(text.as_str()),
        Segment::Root => Some(tree.root_text()),
        Segment::Secret { .. } | Segment::Image(_) | Segment::Connect { .. } | Segment::Bind => {
            None
        }
    });
    segments.collect()
}

/// Whether the permission bits of a path allow `bits` to a user, and to enter what it is in.
pub fn permits(place: &Path, owner: Owner, groups: &[u32], bits: u32) -> bool {
    let allowed = |place: &Path, bits: u32| {
        let Ok(metadata) = std::fs::metadata(place) else {
            return false;
        };
        let class = if metadata.uid() == owner.uid {
            6
        } else if metadata.gid() == owner.gid || groups.contains(&metadata.gid()) {
            3
        } else {
            0
        };
        (metadata.mode() >> class) & bits == bits
    };
    owner.uid == 0
        || (allowed(place, bits) && place.ancestors().skip(1).all(|folder| allowed(folder, 0o1)))
}
