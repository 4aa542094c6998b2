use std::collections::BTreeMap;

use super::workloads;
use crate::{Condition, Diagnostic, Name, Topology};

/// Dependencies that do not exist or can never be met, and cycles of them.
pub(super) fn check(topology: &Topology) -> Vec<Diagnostic> {
    let mut problems = vec![];
    for (path, _, workload) in workloads(topology) {
        for (dependency, condition) in &workload.depends_on {
            let path = format!("{path}.depends_on.{dependency}");
            problems.extend(edge(topology, path, dependency, *condition));
        }
    }
    problems.extend(cycle(topology));
    problems
}

fn edge(
    topology: &Topology,
    path: String,
    dependency: &Name,
    condition: Condition,
) -> Option<Diagnostic> {
    if topology.absent.contains(dependency) {
        let message = format!("`{dependency}` is not part of this deployment");
        let hint = "Leave the dependency out under the condition that leaves the workload out";
        return Some(Diagnostic::key(path, message).hint(hint));
    }
    if let Some(service) = topology.services.get(dependency) {
        return match condition {
            Condition::Completed => Some(
                Diagnostic::value(path, format!("`{dependency}` is a service: it never completes"))
                    .hint("Wait for 'Healthy or 'Started, or make it a job"),
            ),
            Condition::Healthy if service.health.is_none() => Some(
                Diagnostic::value(path, format!("`{dependency}` has no health check"))
                    .hint("Give it a `health`, or wait for 'Started"),
            ),
            Condition::Healthy | Condition::Started => None,
        };
    }
    if topology.jobs.contains_key(dependency) {
        return match condition {
            Condition::Healthy => Some(
                Diagnostic::value(path, format!("`{dependency}` is a job: it has no health"))
                    .hint("Wait for 'Completed"),
            ),
            Condition::Completed | Condition::Started => None,
        };
    }
    let mut known = topology.services.keys().chain(topology.jobs.keys()).map(Name::as_str);
    let known = known.by_ref().collect::<Vec<_>>().join(", ");
    let message = format!("there is no service or job `{dependency}`");
    Some(Diagnostic::key(path, message).hint(format!("There are: {known}")))
}

/// The state of a workload in the search for cycles.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Colour {
    Open,
    Done,
}

/// The first edge of every cycle, found by depth-first search without recursion.
fn cycle(topology: &Topology) -> Vec<Diagnostic> {
    let edges: BTreeMap<&Name, (String, Vec<&Name>)> = workloads(topology)
        .map(|(path, name, it)| (name, (path, it.depends_on.keys().collect())))
        .collect();
    let mut colours: BTreeMap<&Name, Colour> = BTreeMap::new();
    let mut problems = vec![];
    for root in edges.keys().copied() {
        if !colours.contains_key(root) {
            problems.extend(search(root, &edges, &mut colours));
        }
    }
    problems
}

fn search<'a>(
    root: &'a Name,
    edges: &BTreeMap<&'a Name, (String, Vec<&'a Name>)>,
    colours: &mut BTreeMap<&'a Name, Colour>,
) -> Vec<Diagnostic> {
    let mut problems = vec![];
    let mut stack = vec![(root, 0)];
    colours.insert(root, Colour::Open);
    while let Some((name, next)) = stack.last_mut() {
        let (path, targets) = &edges[*name];
        let Some(target) = targets.get(*next).copied() else {
            colours.insert(name, Colour::Done);
            stack.pop();
            continue;
        };
        *next += 1;
        match colours.get(target) {
            Some(Colour::Done) => {}
            Some(Colour::Open) => {
                let path = format!("{path}.depends_on.{target}");
                problems.push(closes(path, target, &stack));
            }
            None if edges.contains_key(target) => {
                colours.insert(target, Colour::Open);
                stack.push((target, 0));
            }
            None => {}
        }
    }
    problems
}

fn closes(path: String, target: &Name, stack: &[(&Name, usize)]) -> Diagnostic {
    let cycle = stack.iter().map(|(name, _)| *name).skip_while(|name| *name != target);
    let names: Vec<String> = cycle.chain([target]).map(|name| format!("`{name}`")).collect();
    let message = format!("dependencies form a cycle: {}", names.join(" needs "));
    Diagnostic::key(path, message).hint("Take one of these dependencies away")
}
