//! Edges that a cluster needs besides those of the topology: everything is created at once, so a
//! workload waits for the services whose address it is given, if they have a health check.
//!
//! **Invariant.** No edge closes a circle; those of the topology come first.

use std::collections::{BTreeMap, BTreeSet};

use model::{Condition, Name, Segment, Text, Topology, Workload};

use super::chart::Chart;

/// Who waits for whom.
type Edges = BTreeMap<Name, BTreeSet<Name>>;

impl Chart<'_> {
    /// What a workload waits for.
    pub(super) fn edges(
        &mut self,
        name: &Name,
        depends_on: &BTreeMap<Name, Condition>,
    ) -> BTreeMap<Name, Condition> {
        let mut edges = depends_on.clone();
        for service in self.edges.get(name).into_iter().flatten() {
            edges.insert(service.clone(), Condition::Healthy);
        }
        edges
    }
}

/// The edges that the topology does not have.
pub(super) fn connected(topology: &Topology) -> Edges {
    let mut all: Edges = workloads(topology)
        .map(|(name, it)| (name.clone(), it.depends_on.keys().cloned().collect()))
        .collect();
    let mut added = Edges::new();
    for (name, workload) in workloads(topology) {
        for service in addressed(workload) {
            let healthy = topology.services.get(service).is_some_and(|it| it.health.is_some());
            if !healthy || workload.depends_on.contains_key(service) {
                continue;
            }
            if service == name || reaches(&all, service, name) {
                continue;
            }
            all.entry(name.clone()).or_default().insert(service.clone());
            added.entry(name.clone()).or_default().insert(service.clone());
        }
    }
    added
}

fn workloads(topology: &Topology) -> impl Iterator<Item = (&Name, &Workload)> {
    let services = topology.services.iter().map(|(name, it)| (name, &it.workload));
    services.chain(topology.jobs.iter().map(|(name, it)| (name, &it.workload)))
}

/// The services whose address stands in the command or the environment of a workload.
fn addressed(workload: &Workload) -> BTreeSet<&Name> {
    let entrypoint = workload.entrypoint.iter().flatten();
    let command = workload.command.iter().flatten();
    let texts = entrypoint.chain(command).chain(workload.environment.values());
    texts.flat_map(Text::segments).filter_map(service).collect()
}

fn service(segment: &Segment) -> Option<&Name> {
    match segment {
        Segment::Connect { service, port: _, part: _ } => Some(service),
        Segment::Literal(_)
        | Segment::Secret { .. }
        | Segment::Image(_)
        | Segment::Root
        | Segment::Bind => None,
    }
}

/// Whether `from` waits for `to`, maybe through others.
fn reaches(edges: &Edges, from: &Name, to: &Name) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            next.extend(edges.get(name).into_iter().flatten());
        }
    }
    false
}
