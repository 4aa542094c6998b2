//! What has to hold between the parts of a topology, beyond the shape of each.
//!
//! Every failure is reported, not the first; the cost is linear in the size of the topology.

mod addresses;
mod dependencies;
mod references;

use std::collections::BTreeMap;

use crate::{Diagnostic, Name, Topology, Workload};

/// Everything that is wrong with `topology`; nothing when it can be lowered.
///
/// Reports references to what does not exist, dependencies that can never be met (cycles,
/// `Completed` on a service, `Healthy` without a health check, anything on an absent workload),
/// and clashes of published ports, host names and mount targets.
#[must_use]
pub fn check(topology: &Topology) -> Vec<Diagnostic> {
    let problems = check_form(&topology.outspoken());
    if problems.is_empty() { check_form(&topology.discreet()) } else { problems }
}

/// Everything that is wrong with one of the forms of a topology.
fn check_form(topology: &Topology) -> Vec<Diagnostic> {
    let mut problems = references::check(topology);
    problems.extend(dependencies::check(topology));
    problems.extend(addresses::check(topology));
    problems
}

/// Every workload with its path: `services.webui`, `jobs.db-table-creator`.
fn workloads(topology: &Topology) -> impl Iterator<Item = (String, &Name, &Workload)> {
    let services = topology.services.iter();
    let jobs = topology.jobs.iter();
    services
        .map(|(name, it)| (format!("services.{name}"), name, &it.workload))
        .chain(jobs.map(|(name, it)| (format!("jobs.{name}"), name, &it.workload)))
}

/// A key that is not there, with the one that may have been meant.
fn missing<T>(path: String, kind: &str, name: &Name, among: &BTreeMap<Name, T>) -> Diagnostic {
    let known: Vec<&str> = among.keys().map(Name::as_str).collect();
    let hint = match known.as_slice() {
        [] => format!("The topology has no {kind} at all"),
        known => format!("There are: {}", known.join(", ")),
    };
    Diagnostic::value(path, format!("there is no {kind} `{name}`")).hint(hint)
}
