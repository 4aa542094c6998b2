use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Mount, Name, Probe, Service, Text, Topology, Workload};

/// What a workload is where its arguments could be seen: what is other than elsewhere, so that no
/// secret is an argument.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Discreet {
    /// The arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<Text>>,
    /// Further environment variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, Text>,
    /// Further mounts, or others of the same name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mounts: BTreeMap<Name, Mount>,
    /// The health probe of a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
}

impl Topology {
    /// The topology for a target that keeps secrets out of arguments.
    #[must_use]
    pub fn discreet(&self) -> Self {
        let mut topology = self.clone();
        topology.services.values_mut().for_each(Service::become_discreet);
        topology.jobs.values_mut().for_each(|it| drop(it.workload.become_discreet()));
        topology.files.values_mut().for_each(|it| it.discreet = false);
        topology
    }

    /// The topology for a target that does not: without the files that only the other one has.
    #[must_use]
    pub fn outspoken(&self) -> Self {
        let mut topology = self.clone();
        let services = topology.services.values_mut().map(|it| &mut it.workload);
        let workloads = services.chain(topology.jobs.values_mut().map(|it| &mut it.workload));
        workloads.for_each(|it| it.discreet = None);
        topology.files.retain(|_, it| !it.discreet);
        topology
    }
}

impl Service {
    fn become_discreet(&mut self) {
        let probe = self.workload.become_discreet();
        if let (Some(health), Some(probe)) = (&mut self.health, probe) {
            health.probe = probe;
        }
    }
}

impl Workload {
    /// Takes over what is other; gives the probe, which is a service's.
    fn become_discreet(&mut self) -> Option<Probe> {
        let Discreet { command, environment, mounts, probe } = self.discreet.take()?;
        self.command = command.or_else(|| self.command.take());
        self.environment.extend(environment);
        self.mounts.extend(mounts);
        probe
    }
}
