use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::workloads;
use crate::{Diagnostic, Name, Port, Protocol, Publish, Topology, Workload};

/// Two things that claim one place: a port of the host, a host name, a path in a container.
pub(super) fn check(topology: &Topology) -> Vec<Diagnostic> {
    let mut problems = published(topology);
    problems.extend(hostnames(topology));
    for (path, name, workload) in workloads(topology) {
        problems.extend(workload_name(&path, name));
        problems.extend(targets(&path, workload));
    }
    problems
}

/// Host port and protocol, and who opened it on which address.
type Opened<'a> = BTreeMap<(u16, Protocol), Vec<(Ipv4Addr, String, &'a Name)>>;

fn published(topology: &Topology) -> Vec<Diagnostic> {
    let mut opened = Opened::new();
    let mut problems = vec![];
    for (service, it) in &topology.services {
        for (name, port) in &it.ports {
            let path = format!("services.{service}.ports.{name}.publish.port");
            problems.extend(open(&mut opened, path, service, port));
        }
    }
    problems
}

fn open<'a>(
    opened: &mut Opened<'a>,
    path: String,
    service: &'a Name,
    port: &Port,
) -> Option<Diagnostic> {
    let Port { container: _, protocol, count: _, application: _, publish } = port;
    let Publish { address, port } = publish.as_ref()?;
    let others = opened.entry((port.get(), *protocol)).or_default();
    let clash = others.iter().find(|(other, _, _)| {
        other == address || other.is_unspecified() || address.is_unspecified()
    });
    let problem = clash.map(|(_, other, by)| {
        let message = format!("`{service}` and `{by}` both publish port {port} of {address}");
        Diagnostic::value(path.clone(), message)
            .hint("Give one of the two another port")
            .related(other.clone(), format!("`{by}` publishes it here"))
    });
    others.push((*address, path, service));
    problem
}

fn hostnames(topology: &Topology) -> Vec<Diagnostic> {
    let mut owners: BTreeMap<&str, &Name> = BTreeMap::new();
    let mut problems = vec![];
    for (path, name, workload) in workloads(topology) {
        let hostname = workload.hostname.as_deref().unwrap_or(name.as_str());
        if let Some(owner) = owners.insert(hostname, name) {
            let message = format!("`{owner}` has the host name `{hostname}` already");
            problems.push(
                Diagnostic::value(format!("{path}.hostname"), message)
                    .hint("Give one of the two another host name"),
            );
        }
    }
    problems
}

/// Kubernetes and systemd-friendly: workload names are RFC 1123 labels, without `_`.
fn workload_name(path: &str, name: &Name) -> Option<Diagnostic> {
    if !name.as_str().contains('_') {
        return None;
    }
    let hint = format!("Call it `{}`", name.as_str().replace('_', "-"));
    Some(Diagnostic::key(path, "a service or job has no `_` in its name").hint(hint))
}

fn targets(path: &str, workload: &Workload) -> Vec<Diagnostic> {
    let mut owners: BTreeMap<&str, &Name> = BTreeMap::new();
    let mut problems = vec![];
    for (name, mount) in &workload.mounts {
        if let Some(owner) = owners.insert(mount.target.trim_end_matches('/'), name) {
            let message = format!("`{owner}` is mounted at `{}` already", mount.target);
            problems.push(
                Diagnostic::value(format!("{path}.mounts.{name}.target"), message)
                    .related(format!("{path}.mounts.{owner}.target"), "the other mount"),
            );
        }
    }
    problems
}
