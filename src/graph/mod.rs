//! What runs, and what waits for what, as a drawing.

mod dot;
mod mermaid;
mod svg;

use std::collections::{BTreeMap, BTreeSet};

use model::{Condition, Name, Segment, Text, Topology, Workload};
use serde::Serialize;

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;

/// A drawing, before anything has a place.
#[derive(Clone, Debug, Serialize)]
pub struct Graph {
    /// What is drawn: `clp 0.9.0 full`.
    pub title: String,
    /// Everything that runs, by group; what is in none comes last.
    pub groups: Vec<Group>,
    /// What waits for what, or connects to it.
    pub edges: Vec<Edge>,
}

/// What is drawn together.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Its printed name; absent for what is in no group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What is in it, by name.
    pub nodes: Vec<Node>,
}

/// A service or job.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: Kind,
    /// Whether only one of two sides has it.
    pub mark: Mark,
}

/// What a node stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It runs until it is stopped.
    Service,
    /// It runs once.
    Job,
    /// It runs elsewhere.
    External,
}

/// An arrow from what comes first to what comes after.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Edge {
    /// What is waited for, or connected to.
    pub from: Name,
    /// Who waits, or connects.
    pub to: Name,
    /// `started`, `healthy`, `completed`, or `connects` to what runs elsewhere.
    pub label: &'static str,
    /// Whether only one of two sides has it.
    pub mark: Mark,
}

/// Which of two compared sides something is on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// On both; or nothing is compared.
    Same,
    /// Only on the later one.
    Added,
    /// Only on the earlier one.
    Removed,
}

impl Mark {
    /// What it looks like without colours.
    fn sign(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Added => "+ ",
            Self::Removed => "− ",
        }
    }
}

/// An edge without its mark.
type Arrow = (Name, Name, &'static str);

impl Graph {
    /// The drawing of one topology.
    #[must_use]
    pub fn of(topology: &Topology) -> Self {
        Self::compared(topology, topology)
    }

    /// The drawing of a topology with what an earlier one had besides, each part marked.
    #[must_use]
    pub fn compared(before: &Topology, after: &Topology) -> Self {
        let (old, new) = (kinds(before), kinds(after));
        let mut groups: BTreeMap<(bool, Option<String>), Vec<Node>> = BTreeMap::new();
        let names: BTreeSet<&Name> = old.keys().chain(new.keys()).copied().collect();
        for name in names {
            let mark = mark(old.contains_key(name), new.contains_key(name));
            let kind = new.get(name).or(old.get(name)).copied().expect("one side has it");
            let title = after.groups.get(name).or(before.groups.get(name)).cloned();
            let node = Node { name: name.clone(), kind, mark };
            groups.entry((title.is_none(), title)).or_default().push(node);
        }
        let groups = groups.into_iter().map(|((_, title), nodes)| Group { title, nodes });
        Self { title: title(before, after), groups: groups.collect(), edges: edges(before, after) }
    }
}

fn title(before: &Topology, after: &Topology) -> String {
    let of = |topology: &Topology| {
        let variant = topology.variant.as_deref().map(|it| format!(" {it}")).unwrap_or_default();
        format!("{} {}{variant}", topology.package.name, topology.package.version)
    };
    let (old, new) = (of(before), of(after));
    if old == new { new } else { format!("{old} → {new}") }
}

fn mark(before: bool, after: bool) -> Mark {
    match (before, after) {
        (false, _) => Mark::Added,
        (_, false) => Mark::Removed,
        (true, true) => Mark::Same,
    }
}

fn kinds(topology: &Topology) -> BTreeMap<&Name, Kind> {
    let services = topology.services.keys().map(|name| (name, Kind::Service));
    let jobs = topology.jobs.keys().map(|name| (name, Kind::Job));
    let externals = topology.externals.keys().map(|name| (name, Kind::External));
    services.chain(jobs).chain(externals).collect()
}

fn edges(before: &Topology, after: &Topology) -> Vec<Edge> {
    let (old, new) = (arrows(before), arrows(after));
    let edges = old.union(&new).map(|arrow| {
        let (from, to, label) = arrow.clone();
        Edge { from, to, label, mark: mark(old.contains(arrow), new.contains(arrow)) }
    });
    edges.collect()
}

fn arrows(topology: &Topology) -> BTreeSet<Arrow> {
    let services = topology.services.iter().map(|(name, it)| (name, &it.workload));
    let workloads = services.chain(topology.jobs.iter().map(|(name, it)| (name, &it.workload)));
    let arrows = workloads.flat_map(|(name, workload)| {
        let waits = workload.depends_on.iter().map(|(other, condition)| {
            let label = match condition {
                Condition::Started => "started",
                Condition::Healthy => "healthy",
                Condition::Completed => "completed",
            };
            (other.clone(), name.clone(), label)
        });
        let connects = externals_of(topology, workload);
        let connects = connects.into_iter().map(|other| (other.clone(), name.clone(), "connects"));
        waits.chain(connects).collect::<Vec<_>>()
    });
    arrows.collect()
}

/// What runs elsewhere and this workload is told the address of in its arguments or environment.
/// Files are no sign: the configuration that all read names everything.
fn externals_of<'a>(topology: &'a Topology, workload: &'a Workload) -> BTreeSet<&'a Name> {
    let lists = workload.entrypoint.iter().chain(&workload.command).flatten();
    let texts = lists.chain(workload.environment.values());
    texts.flat_map(Text::segments).filter_map(|it| connected(topology, it)).collect()
}

fn connected<'a>(topology: &'a Topology, segment: &'a Segment) -> Option<&'a Name> {
    let Segment::Connect { service, .. } = segment else {
        return None;
    };
    topology.externals.contains_key(service).then_some(service)
}
