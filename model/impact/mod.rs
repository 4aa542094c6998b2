//! What a change of a topology touches: of each service and job, which of its aspects are other
//! ones than before. What that means for what runs is the target's to say.
//!
//! **Invariant.** Every field is destructured, so that a new field of the model has to decide what
//! it touches. Names are followed: what is compared is what a workload is given, not how the
//! topology calls it.

mod mounts;
mod ports;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use crate::{Condition, Health, Image, Job, Name, Port, Probe, Service, Topology, User, Workload};

/// An aspect of a workload in which two topologies differ.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Touch {
    /// The key by which others know it, or the project that it belongs to.
    Name,
    /// What its container is: image, program, environment, identity, health check, limits, labels,
    /// and what is mounted where.
    Container,
    /// What stands in a file that it reads.
    File,
    /// What it waits for.
    Order,
    /// Whether something waits until it is healthy.
    Awaited,
    /// What happens when it ends by itself.
    Restart,
    /// How many of it run.
    Replicas,
    /// Where clients outside the deployment find it.
    Published,
    /// Where it listens, whether or not that is published.
    Listening,
    /// Where its output goes.
    Logging,
    /// Where on a host a volume of its is kept.
    Directory,
    /// Which claim of a cluster a volume of its is, or how that may be used.
    Claim,
    /// How much a cluster reserves for a volume of its.
    Size,
    /// What it keeps is no longer what it sees: on every target.
    Detached,
    /// More clients than before can reach it.
    Widened,
}

/// Two topologies, the later one last.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The earlier one.
    pub before: &'a Topology,
    /// The later one.
    pub after: &'a Topology,
}

/// What two services, one of each topology, differ in.
#[must_use]
pub fn services(pair: Pair<'_>, before: &Name, after: &Name) -> BTreeSet<Touch> {
    let mut touched = BTreeSet::new();
    let (Some(one), Some(other)) =
        (pair.before.services.get(before), pair.after.services.get(after))
    else {
        return touched;
    };
    // How many may run is not how many do.
    let Service { workload, ports, health, restart, replicas, scalable: _ } = one;
    let mut note = |differs: bool, touch| {
        if differs {
            touched.insert(touch);
        }
    };
    let healths = (health.as_ref(), other.health.as_ref());
    note(!same_health(pair, healths, (ports, &other.ports)), Touch::Container);
    let awaited = (is_awaited(pair.before, before), is_awaited(pair.after, after));
    note(awaited.0 != awaited.1, Touch::Awaited);
    note(*restart != other.restart, Touch::Restart);
    note(*replicas != other.replicas, Touch::Replicas);
    note(ports::published(ports) != ports::published(&other.ports), Touch::Published);
    note(ports::listening(ports) != ports::listening(&other.ports), Touch::Listening);
    note(ports::widened(ports, &other.ports), Touch::Widened);
    note(before != after, Touch::Name);
    workloads(pair, (before, workload), (after, &other.workload), &mut touched);
    touched
}

/// What two jobs, one of each topology, differ in.
#[must_use]
pub fn jobs(pair: Pair<'_>, before: &Name, after: &Name) -> BTreeSet<Touch> {
    let mut touched = BTreeSet::new();
    let (Some(one), Some(other)) = (pair.before.jobs.get(before), pair.after.jobs.get(after))
    else {
        return touched;
    };
    let Job { workload, retries } = one;
    if *retries != other.retries {
        touched.insert(Touch::Restart);
    }
    if before != after {
        touched.insert(Touch::Name);
    }
    workloads(pair, (before, workload), (after, &other.workload), &mut touched);
    touched
}

/// Whether somebody outside can reach a service that was not there before.
#[must_use]
pub fn new_service_is_reached(service: &Service) -> bool {
    ports::widened(&BTreeMap::new(), &service.ports)
}

/// The volumes of a workload that is gone which nothing mounts any more.
#[must_use]
pub fn abandoned<'a>(pair: Pair<'a>, workload: &'a Workload) -> Vec<&'a Name> {
    let used = mounts::volumes_of(workload);
    used.into_iter().filter(|name| !mounts::is_kept(pair, name)).collect()
}

fn workloads(
    pair: Pair<'_>,
    (before, one): (&Name, &Workload),
    (after, other): (&Name, &Workload),
    touched: &mut BTreeSet<Touch>,
) {
    let Workload {
        image,
        entrypoint,
        command,
        environment,
        user,
        supplementary_groups,
        hostname,
        host_aliases,
        mounts: _, // Below, each by what it is.
        depends_on,
        stop_grace_seconds,
        logging,
        resources,
        labels,
        discreet: _, // The form that a target writes has none.
    } = one;
    let own_name = |hostname: &Option<String>, key: &Name| {
        hostname.clone().unwrap_or_else(|| key.as_str().to_owned())
    };
    let list = |one: &Option<Vec<_>>, other: &Option<Vec<_>>| {
        texts::same_lists(pair, one.as_deref(), other.as_deref())
    };
    let same_container = image_of(pair.before, image) == image_of(pair.after, &other.image)
        && list(entrypoint, &other.entrypoint)
        && list(command, &other.command)
        && texts::same_maps(pair, environment, &other.environment)
        && user_of(pair.before, user) == user_of(pair.after, &other.user)
        && *supplementary_groups == other.supplementary_groups
        && own_name(hostname, before) == own_name(&other.hostname, after)
        && *host_aliases == other.host_aliases
        && *stop_grace_seconds == other.stop_grace_seconds
        && *resources == other.resources
        && *labels == other.labels;
    let mut note = |differs: bool, touch| {
        if differs {
            touched.insert(touch);
        }
    };
    note(!same_container, Touch::Container);
    note(*depends_on != other.depends_on, Touch::Order);
    note(*logging != other.logging, Touch::Logging);
    note(pair.before.project != pair.after.project, Touch::Name);
    mounts::compare(pair, one, other, touched);
}

fn image_of<'a>(topology: &'a Topology, name: &Name) -> Option<&'a Image> {
    topology.images.get(name)
}

fn user_of<'a>(topology: &'a Topology, name: &Name) -> Option<&'a User> {
    topology.users.get(name)
}

/// Whether something waits until this service is healthy.
fn is_awaited(topology: &Topology, name: &Name) -> bool {
    let services = topology.services.values().map(|it| &it.workload);
    let mut workloads = services.chain(topology.jobs.values().map(|it| &it.workload));
    workloads.any(|it| it.depends_on.get(name) == Some(&Condition::Healthy))
}

/// The ports of the same service before and after.
type Ports<'a> = (&'a BTreeMap<Name, Port>, &'a BTreeMap<Name, Port>);

fn same_health(
    pair: Pair<'_>,
    healths: (Option<&Health>, Option<&Health>),
    ports: Ports<'_>,
) -> bool {
    let (Some(one), Some(other)) = healths else {
        return healths.0.is_none() && healths.1.is_none();
    };
    let Health {
        probe,
        interval_seconds,
        timeout_seconds,
        retries,
        start_period_seconds,
        start_interval_seconds,
    } = one;
    same_probe(pair, (probe, &other.probe), ports)
        && *interval_seconds == other.interval_seconds
        && *timeout_seconds == other.timeout_seconds
        && *retries == other.retries
        && *start_period_seconds == other.start_period_seconds
        && *start_interval_seconds == other.start_interval_seconds
}

fn same_probe(pair: Pair<'_>, (one, other): (&Probe, &Probe), ports: Ports<'_>) -> bool {
    let number = |ports: &BTreeMap<Name, Port>, name: &Name| ports.get(name).map(|it| it.container);
    let same_port = |one: &Name, other: &Name| number(ports.0, one) == number(ports.1, other);
    match one {
        Probe::Exec(one) => matches!(other, Probe::Exec(other)
            if texts::same_lists(pair, Some(one), Some(other))),
        Probe::Shell(one) => matches!(other, Probe::Shell(other) if texts::same(pair, one, other)),
        Probe::Http { port, path } => matches!(other, Probe::Http { port: port2, path: path2 }
            if path == path2 && same_port(port, port2)),
        Probe::Tcp { port } => matches!(other, Probe::Tcp { port: other }
            if same_port(port, other)),
    }
}
