//! systemd: one Quadlet unit for each workload, and a target that stands for the deployment.
//!
//! For systemd 250 or later, and the release of Podman that the topology names (4.6 to 6.x). The units say where files and secrets are expected:
//! `installation.json` is the list of what has to be put there. Afterwards
//! `systemctl daemon-reload` makes services of the units, and the target starts them.
//!
//! **Invariant.** No secret stands in a unit, and none is an argument of Podman's.

mod command;
mod container;
mod deployment;
mod draft;
mod gate;
mod health;
mod mount;
mod names;
mod output;
mod service;
mod unit;
mod version;

use model::{Diagnostic, Job, Name, Service, Topology, Workload};

use crate::Lowered;
use draft::Draft;
use output::Output;

/// Spells `topology` as Quadlet units and what belongs to them.
pub(crate) fn lower(topology: &Topology) -> Result<Lowered, Vec<Diagnostic>> {
    let Topology {
        package: _,
        project: _, // `names` knows it.
        variant: _,
        services,
        jobs,
        externals: _, // Spelt where they are connected to.
        absent: _,
        volumes: _, // `deployment` makes their directories.
        files,
        images: _, // Spelt where they are used.
        secrets: _,
        users: _,
        groups: _,  // They are for drawings.
        systemd: _, // `version` and `names` know it.
    } = topology;
    let mut output = Output::new(topology.systemd.scope);
    output.refuse(reserved(topology));
    for (name, file) in files {
        output.file(topology, name, file);
    }
    for (name, it) in services {
        service(&mut output, topology, name, it);
    }
    for (name, it) in jobs {
        job(&mut output, topology, name, it);
    }
    output.unit(deployment::network(topology));
    output.unit(deployment::target(topology));
    output.unit(deployment::at_start(topology));
    deployment::directories(topology, output.places());
    output.finish(&topology.project)
}

fn service(output: &mut Output, topology: &Topology, name: &Name, it: &Service) {
    // `health` writes the health check, and `service::service` the rest.
    let Service { workload, ports: _, health: _, restart: _, replicas, scalable: _ } = it;
    let mut draft = Draft::new(topology, "services", name);
    if replicas.get() > 1 {
        let message = format!("systemd cannot run {replicas} of a service");
        draft.refuse("replicas", message, "Write 1, or several services");
    }
    common(output, &mut draft, workload);
    container::ports(&mut draft, it);
    health::write(&mut draft, it);
    service::service(&mut draft, it);
    output.workload(draft.finish());
}

fn job(output: &mut Output, topology: &Topology, name: &Name, it: &Job) {
    let mut draft = Draft::new(topology, "jobs", name);
    common(output, &mut draft, &it.workload);
    service::job(&mut draft, it);
    if it.retries > 0 {
        output.unit(gate::of(topology, name));
    }
    output.workload(draft.finish());
}

fn common(output: &Output, draft: &mut Draft, workload: &Workload) {
    if draft.name.as_str() == "network" {
        let message = "Quadlet gives the network's unit the name that `network` would have";
        draft.refuse("", message, "Call it otherwise");
    }
    service::dependencies(draft, workload);
    output.digests(draft, workload);
    container::write(draft, workload);
}

/// Refuses the character that stands for the package directory until a unit is printed.
fn reserved(topology: &Topology) -> Vec<Diagnostic> {
    let text = serde_json::to_string(topology).expect("a topology serialises");
    if !unit::has_reserved(&text) {
        return vec![];
    }
    let message = "systemd cannot carry the private-use characters U+F0000 and U+F0001";
    vec![Diagnostic::value("", message).hint("Write another character")]
}

#[cfg(test)]
mod tests;
