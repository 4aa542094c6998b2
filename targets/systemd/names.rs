//! What things are called on the machine.
//!
//! **Invariant.** Every name starts with the project's, so that deployments do not meet.

use model::{Diagnostic, External, Name, Scope, Topology};

use super::unit::ROOT;
use crate::spelling::Spelling;

/// The name of a workload's unit and container, without an extension.
pub(super) fn unit(topology: &Topology, workload: &Name) -> String {
    format!("{}-{workload}", topology.project)
}

/// The systemd unit that Quadlet makes of a workload's.
pub(super) fn service(topology: &Topology, workload: &Name) -> String {
    format!("{}.service", unit(topology, workload))
}

/// The unit that becomes active when a job has completed that is tried several times. Names have
/// no `.`, so no workload's unit is called that.
pub(super) fn completion(topology: &Topology, job: &Name) -> String {
    format!("{}.completed.service", unit(topology, job))
}

/// The unit that stands for the whole deployment.
pub(super) fn target(topology: &Topology) -> String {
    format!("{}.target", topology.project)
}

/// The unit of the network that all containers share.
pub(super) fn network(topology: &Topology) -> String {
    format!("{}.network", topology.project)
}

/// The name of the workload in that network.
pub(super) fn hostname<'a>(topology: &'a Topology, workload: &'a Name) -> &'a str {
    let service = topology.services.get(workload).map(|it| &it.workload);
    let it = service.or_else(|| topology.jobs.get(workload).map(|it| &it.workload));
    it.and_then(|it| it.hostname.as_deref()).unwrap_or(workload.as_str())
}

/// The Podman secret that a workload mounts. Each workload has its own, which it makes when it
/// starts, so that no other is in use meanwhile.
pub(super) fn mounted_secret(topology: &Topology, workload: &Name, secret: &Name) -> String {
    format!("{}.file.{secret}", unit(topology, workload))
}

/// The Podman secret that holds the value of a workload's environment variable.
pub(super) fn variable_secret(topology: &Topology, workload: &Name, variable: &str) -> String {
    format!("{}.env.{variable}", unit(topology, workload))
}

/// Where a unit or a file of systemd's goes.
pub(super) fn place(scope: Scope, file: &str) -> String {
    let quadlet = [".container", ".network"].iter().any(|it| file.ends_with(it));
    let folder = match (scope, quadlet, file.strip_prefix("tmpfiles.d/")) {
        (Scope::System, _, Some(name)) => return format!("/etc/tmpfiles.d/{name}"),
        (Scope::User, _, Some(name)) => return format!("~/.config/user-tmpfiles.d/{name}"),
        (Scope::System, true, None) => "/etc/containers/systemd",
        (Scope::System, false, None) => "/etc/systemd/system",
        (Scope::User, true, None) => "~/.config/containers/systemd",
        (Scope::User, false, None) => "~/.config/systemd/user",
    };
    format!("{folder}/{file}")
}

/// How addresses and paths are spelt in units, or, where `root` is not known, in files.
pub(super) struct Spelt<'a> {
    pub(super) topology: &'a Topology,
    pub(super) root: bool,
}

impl Spelling for Spelt<'_> {
    fn host(&self, service: &Name) -> String {
        hostname(self.topology, service).to_owned()
    }

    fn external(&self, _: &Name, external: &External, _: &str) -> Result<String, Diagnostic> {
        Ok(match external.is_this_machine() {
            // Podman puts this name into every container's /etc/hosts.
            true => "host.containers.internal".to_owned(),
            false => external.address.clone(),
        })
    }

    fn bind(&self, workload: &Name) -> String {
        hostname(self.topology, workload).to_owned()
    }

    fn root(&self, path: &str) -> Result<String, Diagnostic> {
        if self.root {
            return Ok(ROOT.to_string());
        }
        let message = "a generated file is read in a container, where the package directory is not";
        Err(Diagnostic::value(path, message).hint("Write the path at which it is mounted"))
    }
}
