use super::{missing, workloads};
use crate::{
    Diagnostic, Mount, MountSource, Name, Probe, Segment, Service, Text, Topology, Workload,
};

/// Names of images, users, volumes, files, secrets, services and ports that do not exist.
pub(super) fn check(topology: &Topology) -> Vec<Diagnostic> {
    let mut problems = vec![];
    for (path, _, workload) in workloads(topology) {
        problems.extend(workload_references(topology, &path, workload));
    }
    for (name, service) in &topology.services {
        problems.extend(probe(topology, &format!("services.{name}"), service));
    }
    for name in topology.groups.keys().filter(|name| !is_workload(topology, name)) {
        let message = format!("there is no service or job `{name}`");
        problems.push(Diagnostic::value(format!("groups.{name}"), message));
    }
    for (name, volume) in &topology.volumes {
        let path = format!("volumes.{name}.owner");
        problems.extend(user(topology, path, &volume.owner));
    }
    for (name, file) in &topology.files {
        problems.extend(user(topology, format!("files.{name}.owner"), &file.owner));
        for it in file.content.texts() {
            problems.extend(text(topology, &format!("files.{name}.content"), it));
        }
    }
    problems
}

/// Whether the package has a service or job of this name, deployed or not.
fn is_workload(topology: &Topology, name: &Name) -> bool {
    topology.services.contains_key(name)
        || topology.jobs.contains_key(name)
        || topology.externals.contains_key(name)
        || topology.absent.contains(name)
}

fn workload_references(topology: &Topology, path: &str, workload: &Workload) -> Vec<Diagnostic> {
    let mut problems = vec![];
    if !topology.images.contains_key(&workload.image) {
        let path = format!("{path}.image");
        problems.push(missing(path, "image", &workload.image, &topology.images));
    }
    problems.extend(user(topology, format!("{path}.user"), &workload.user));
    for (name, mount) in &workload.mounts {
        problems.extend(mounted(topology, &format!("{path}.mounts.{name}"), mount));
    }
    for (name, value) in &workload.environment {
        problems.extend(text(topology, &format!("{path}.environment.{name}"), value));
    }
    for (field, texts) in [("command", &workload.command), ("entrypoint", &workload.entrypoint)] {
        for it in texts.iter().flatten() {
            problems.extend(text(topology, &format!("{path}.{field}"), it));
        }
    }
    problems
}

fn mounted(topology: &Topology, path: &str, mount: &Mount) -> Vec<Diagnostic> {
    let source = format!("{path}.source");
    let mut problems = match &mount.source {
        MountSource::Volume { name, .. } if !topology.volumes.contains_key(name) => {
            vec![missing(source, "volume", name, &topology.volumes)]
        }
        MountSource::File(name) if !topology.files.contains_key(name) => {
            vec![missing(source, "file", name, &topology.files)]
        }
        MountSource::Secret(name) if !topology.secrets.contains_key(name) => {
            vec![missing(source, "secret", name, &topology.secrets)]
        }
        MountSource::HostPath { path } => text(topology, &source, path),
        MountSource::Volume { .. }
        | MountSource::File(_)
        | MountSource::Secret(_)
        | MountSource::Tmpfs { .. } => vec![],
    };
    if !mount.target.starts_with('/') {
        let message = format!("`{}` is no absolute path", mount.target);
        problems.push(
            Diagnostic::value(format!("{path}.target"), message)
                .hint("Write the path in the container from `/` on"),
        );
    }
    problems
}

fn probe(topology: &Topology, path: &str, service: &Service) -> Vec<Diagnostic> {
    let Some(health) = &service.health else {
        return vec![];
    };
    let path = format!("{path}.health.probe");
    match &health.probe {
        Probe::Exec(texts) => texts.iter().flat_map(|it| text(topology, &path, it)).collect(),
        Probe::Shell(line) => text(topology, &path, line),
        Probe::Http { port, path: _ } | Probe::Tcp { port } => {
            if service.ports.contains_key(port) {
                return vec![];
            }
            vec![missing(path, "port", port, &service.ports)]
        }
    }
}

fn user(topology: &Topology, path: String, name: &Name) -> Option<Diagnostic> {
    if topology.users.contains_key(name) {
        return None;
    }
    Some(missing(path, "user", name, &topology.users))
}

fn text(topology: &Topology, path: &str, text: &Text) -> Vec<Diagnostic> {
    let segments = text.segments().iter();
    segments.filter_map(|segment| segment_reference(topology, path, segment)).collect()
}

fn segment_reference(topology: &Topology, path: &str, segment: &Segment) -> Option<Diagnostic> {
    let path = path.to_owned();
    match segment {
        Segment::Literal(_) | Segment::Root | Segment::Bind => None,
        Segment::Secret { name, encoding: _ } => (!topology.secrets.contains_key(name))
            .then(|| missing(path, "secret", name, &topology.secrets)),
        Segment::Image(name) => (!topology.images.contains_key(name))
            .then(|| missing(path, "image", name, &topology.images)),
        Segment::Connect { service, port, part: _ } => connect(topology, path, service, port),
    }
}

fn connect(topology: &Topology, path: String, service: &Name, port: &Name) -> Option<Diagnostic> {
    if let Some(deployed) = topology.services.get(service) {
        return (!deployed.ports.contains_key(port))
            .then(|| missing(path, "port", port, &deployed.ports));
    }
    if let Some(external) = topology.externals.get(service) {
        return (!external.ports.contains_key(port))
            .then(|| missing(path, "port", port, &external.ports));
    }
    if topology.absent.contains(service) {
        let message = format!("`{service}` is not part of this deployment, so it has no address");
        return Some(Diagnostic::value(path, message));
    }
    Some(missing(path, "service", service, &topology.services))
}
