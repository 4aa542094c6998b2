//! What a workload sees of outside, before and after.

use std::collections::BTreeSet;

use super::{Pair, Touch, texts};
use crate::{File, Mount, MountSource, Name, Topology, Volume, Workload};

/// Notes what is mounted otherwise.
pub(super) fn compare(
    pair: Pair<'_>,
    before: &Workload,
    after: &Workload,
    touched: &mut BTreeSet<Touch>,
) {
    for mount in before.mounts.values() {
        match after.mounts.values().find(|it| it.target == mount.target) {
            Some(other) => mounts(pair, mount, other, touched),
            None => {
                touched.insert(Touch::Container);
                gone(pair, mount, after, touched);
            }
        }
    }
    let is_new = |it: &&Mount| before.mounts.values().all(|known| known.target != it.target);
    if after.mounts.values().any(|it| is_new(&it)) {
        touched.insert(Touch::Container);
    }
}

/// Notes what differs at one place in the container.
fn mounts(pair: Pair<'_>, one: &Mount, other: &Mount, touched: &mut BTreeSet<Touch>) {
    let Mount { source, target: _, read_only } = one;
    if *read_only != other.read_only {
        touched.insert(Touch::Container);
    }
    let same = match source {
        MountSource::Volume { name, subpath, own } => {
            let MountSource::Volume { name: name2, subpath: subpath2, own: own2 } = &other.source
            else {
                touched.extend([Touch::Container, Touch::Detached]);
                return;
            };
            if subpath != subpath2 {
                touched.extend([Touch::Container, Touch::Detached]);
            }
            if name != name2 || own != own2 {
                touched.insert(Touch::Claim);
            }
            volumes(pair, (name, name2), touched);
            true
        }
        MountSource::HostPath { path } => {
            matches!(&other.source, MountSource::HostPath { path: other }
                if texts::same(pair, path, other))
        }
        MountSource::File(name) => match &other.source {
            MountSource::File(other) => files(pair, (name, other), touched),
            _ => false,
        },
        MountSource::Secret(name) => {
            let source = |topology: &'_ Topology, name| topology.secrets.get(name).cloned();
            matches!(&other.source, MountSource::Secret(other)
                if name == other && source(pair.before, name) == source(pair.after, other))
        }
        MountSource::Tmpfs { size_mebibytes: _ } => *source == other.source,
    };
    if !same {
        touched.insert(Touch::Container);
    }
}

fn volumes(pair: Pair<'_>, (name, other): (&Name, &Name), touched: &mut BTreeSet<Touch>) {
    let volumes = (pair.before.volumes.get(name), pair.after.volumes.get(other));
    let (Some(one), Some(other)) = volumes else {
        return;
    };
    let Volume {
        directory,
        size_gibibytes,
        access,
        retained: _,  // Whether it stays when all of this is gone.
        owner: _,     // Of new directories; those that are there keep theirs.
        remembers: _, // What has been taken over already.
    } = one;
    if directory.trim_end_matches('/') != other.directory.trim_end_matches('/') {
        touched.insert(Touch::Directory);
    }
    if *access != other.access {
        touched.insert(Touch::Claim);
    }
    if *size_gibibytes != other.size_gibibytes {
        touched.insert(Touch::Size);
    }
}

/// Notes whether other bytes stand in a file; gives whether the mount is the same.
fn files(
    pair: Pair<'_>,
    (name, other_name): (&Name, &Name),
    touched: &mut BTreeSet<Touch>,
) -> bool {
    let files = (pair.before.files.get(name), pair.after.files.get(other_name));
    let (Some(one), Some(other)) = files else {
        return false;
    };
    // Its owner is changed where it stands; the form that a target writes is of one kind.
    let File { path, content, owner: _, discreet: _ } = one;
    if !texts::same_contents(pair, content, &other.content) {
        touched.insert(Touch::File);
    }
    *path == other.path && name == other_name
}

/// A mount that is gone: of a volume, the data are, unless they are seen elsewhere.
fn gone(pair: Pair<'_>, mount: &Mount, after: &Workload, touched: &mut BTreeSet<Touch>) {
    let MountSource::Volume { name, .. } = &mount.source else {
        return;
    };
    let directory = pair.before.volumes.get(name).map(|it| &it.directory);
    let still = volumes_of(after)
        .into_iter()
        .any(|it| it == name || pair.after.volumes.get(it).map(|it| &it.directory) == directory);
    if !still {
        touched.insert(Touch::Detached);
    }
}

/// The volumes that a workload mounts.
pub(super) fn volumes_of(workload: &Workload) -> BTreeSet<&Name> {
    let names = workload.mounts.values().filter_map(|mount| match &mount.source {
        MountSource::Volume { name, subpath: _, own: _ } => Some(name),
        MountSource::HostPath { .. }
        | MountSource::File(_)
        | MountSource::Secret(_)
        | MountSource::Tmpfs { .. } => None,
    });
    names.collect()
}

/// Whether anything of the later topology mounts what was this volume.
pub(super) fn is_kept(pair: Pair<'_>, name: &Name) -> bool {
    let directory = pair.before.volumes.get(name).map(|it| &it.directory);
    let services = pair.after.services.values().map(|it| &it.workload);
    let mut workloads = services.chain(pair.after.jobs.values().map(|it| &it.workload));
    workloads.any(|it| {
        let mut used = volumes_of(it).into_iter();
        used.any(|it| it == name || pair.after.volumes.get(it).map(|it| &it.directory) == directory)
    })
}
