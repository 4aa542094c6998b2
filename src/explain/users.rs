//! Who uses what a topology knows by name: an image, a volume, a file, a user.

use model::{MountSource, Topology, Workload};

/// The paths of the values by which workloads use the thing at `path`; none for anything else.
pub(super) fn users(topology: &Topology, path: &str) -> Vec<String> {
    let mut parts = path.split('.');
    let (Some(part), Some(name)) = (parts.next(), parts.next()) else {
        return vec![];
    };
    let services =
        topology.services.iter().map(|(key, it)| (format!("services.{key}"), &it.workload));
    let jobs = topology.jobs.iter().map(|(key, it)| (format!("jobs.{key}"), &it.workload));
    let used = services.chain(jobs).flat_map(|(path, it)| uses(&path, it, part, name));
    used.collect()
}

fn uses(path: &str, workload: &Workload, part: &str, name: &str) -> Vec<String> {
    let field = |field: &str, used: bool| used.then(|| format!("{path}.{field}")).into_iter();
    let mounts = workload.mounts.iter().filter(|(_, mount)| match &mount.source {
        MountSource::Volume { name: volume, subpath: _, own: _ } => {
            part == "volumes" && volume.as_str() == name
        }
        MountSource::File(file) => part == "files" && file.as_str() == name,
        MountSource::Secret(secret) => part == "secrets" && secret.as_str() == name,
        MountSource::HostPath { .. } | MountSource::Tmpfs { .. } => false,
    });
    let mounts = mounts.map(|(mount, _)| format!("{path}.mounts.{mount}"));
    field("image", part == "images" && workload.image.as_str() == name)
        .chain(field("user", part == "users" && workload.user.as_str() == name))
        .chain(mounts)
        .collect()
}
