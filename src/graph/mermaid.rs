//! A drawing as Mermaid: <https://mermaid.js.org/syntax/flowchart.html>.

use std::collections::BTreeMap;
use std::fmt::Write;

use model::Name;

use super::{Edge, Graph, Group, Kind, Mark, Node};

/// What nodes look like, by kind and mark.
const STYLES: [&str; 4] = [
    "job stroke-dasharray: 4 2",
    "external fill:#fff,stroke:#888,color:#444,stroke-dasharray: 2 2",
    "added fill:#dafbe1,stroke:#1a7f37,color:#1a1a1a",
    "removed fill:#ffebe9,stroke:#cf222e,color:#1a1a1a,stroke-dasharray: 4 2",
];

/// The drawing as a flow chart.
#[must_use]
pub fn mermaid(graph: &Graph) -> String {
    let Graph { title, groups, edges } = graph;
    let ids = ids(graph);
    let mut text = format!("---\ntitle: {title}\n---\nflowchart LR\n");
    for (index, Group { title, nodes }) in groups.iter().enumerate() {
        // Writing to memory does not fail.
        let indent = match title {
            Some(title) => {
                let _ = writeln!(text, "  subgraph group{index}[\"{}\"]", escaped(title));
                "    "
            }
            None => "  ",
        };
        for node in nodes {
            let _ = writeln!(text, "{indent}{}", shape(&ids[&node.name], node));
        }
        if title.is_some() {
            text.push_str("  end\n");
        }
    }
    for Edge { from, to, label, mark } in edges {
        let arrow = if *mark == Mark::Removed || *label == "connects" { "-.->" } else { "-->" };
        let sign = mark.sign();
        let _ = writeln!(text, "  {} {arrow}|{sign}{label}| {}", ids[from], ids[to]);
    }
    for style in STYLES {
        let _ = writeln!(text, "  classDef {style}");
    }
    classes(&mut text, graph, &ids);
    text
}

/// An identifier for each node, which is none of Mermaid's own words.
fn ids(graph: &Graph) -> BTreeMap<Name, String> {
    let mut ids: BTreeMap<Name, String> = BTreeMap::new();
    for node in graph.groups.iter().flat_map(|it| &it.nodes) {
        let mut id = format!("{}_", node.name.as_str().replace('-', "_"));
        while ids.values().any(|it| *it == id) {
            id.push('_');
        }
        ids.insert(node.name.clone(), id);
    }
    ids
}

fn shape(id: &str, node: &Node) -> String {
    let label = format!("\"{}{}\"", node.mark.sign(), escaped(node.name.as_str()));
    match node.kind {
        Kind::Service => format!("{id}[{label}]"),
        Kind::Job => format!("{id}([{label}])"),
        Kind::External => format!("{id}[({label})]"),
    }
}

fn classes(text: &mut String, graph: &Graph, ids: &BTreeMap<Name, String>) {
    let nodes = || graph.groups.iter().flat_map(|it| &it.nodes);
    let mut class = |name: &str, wanted: &dyn Fn(&Node) -> bool| {
        let members: Vec<&str> =
            nodes().filter(|it| wanted(it)).map(|it| ids[&it.name].as_str()).collect();
        if !members.is_empty() {
            let _ = writeln!(text, "  class {} {name}", members.join(","));
        }
    };
    class("job", &|it| it.kind == Kind::Job);
    class("external", &|it| it.kind == Kind::External);
    class("added", &|it| it.mark == Mark::Added);
    class("removed", &|it| it.mark == Mark::Removed);
}

/// A text inside quotes, in Mermaid's entities.
fn escaped(text: &str) -> String {
    text.replace('#', "#35;").replace('"', "#quot;")
}
