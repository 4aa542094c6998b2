//! A drawing in Graphviz' language: <https://graphviz.org/doc/info/lang.html>.

use std::fmt::Write;

use super::{Edge, Graph, Group, Kind, Mark, Node};

/// The drawing as a directed graph.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let Graph { title, groups, edges } = graph;
    let mut text = format!(
        "digraph {} {{\n  rankdir=LR\n  node [shape=box, fontname=\"sans-serif\"]\n  \
         edge [fontname=\"sans-serif\", fontsize=10]\n",
        quoted(title)
    );
    for (index, Group { title, nodes }) in groups.iter().enumerate() {
        // Writing to memory does not fail.
        let indent = match title {
            Some(title) => {
                let label = quoted(title);
                let _ = writeln!(text, "  subgraph cluster_{index} {{\n    label={label}");
                "    "
            }
            None => "  ",
        };
        for node in nodes {
            let _ = writeln!(text, "{indent}{}", declared(node));
        }
        if title.is_some() {
            text.push_str("  }\n");
        }
    }
    for Edge { from, to, label, mark } in edges {
        let (from, to) = (quoted(from.as_str()), quoted(to.as_str()));
        let label = quoted(&format!("{}{label}", mark.sign()));
        let _ = writeln!(text, "  {from} -> {to} [label={label}{}]", coloured(*mark));
    }
    text.push_str("}\n");
    text
}

fn declared(node: &Node) -> String {
    let Node { name, kind, mark } = node;
    let label = quoted(&format!("{}{name}", mark.sign()));
    let style = match kind {
        Kind::Service => "",
        Kind::Job => ", style=\"rounded,dashed\"",
        Kind::External => ", shape=cylinder, style=dashed",
    };
    format!("{} [label={label}{style}{}]", quoted(name.as_str()), coloured(*mark))
}

fn coloured(mark: Mark) -> &'static str {
    match mark {
        Mark::Same => "",
        Mark::Added => ", color=\"#1a7f37\", fontcolor=\"#1a7f37\"",
        Mark::Removed => ", color=\"#cf222e\", fontcolor=\"#cf222e\"",
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
