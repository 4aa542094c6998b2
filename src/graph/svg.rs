//! A drawing as SVG: laid out in layers by Dagre's algorithm, the one that Mermaid uses.
//!
//! **Invariant.** No number has more than one digit after its point, so that the bytes do not hang
//! on the last bits of a computation.

use dugong::graphlib::{Graph as Layout, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, NodeLabel, Point, RankDir};
use svg::Document;
use svg::node::element::path::Data;
use svg::node::element::{Definitions, Group as Element, Marker, Path, Rectangle, Style, Text};

use super::{Edge, Graph, Group, Kind, Mark, Node};

/// How wide a letter of 13 pixels is, at most, on average.
const LETTER: f64 = 7.4;

/// How wide a letter of an edge's label is.
const SMALL_LETTER: f64 = 6.0;

/// How high a node is.
const HEIGHT: f64 = 34.0;

/// Room around everything, and for the title above it.
const MARGIN: f64 = 16.0;

/// How high a line of text is.
const LINE: f64 = 24.0;

const STYLE: &str = "\
text{font:13px sans-serif;fill:#1f2328}.title{font-weight:600}.group{fill:#f6f8fa;stroke:#d0d7de}\
.heading{font-size:12px;fill:#59636e}.node{fill:#ddf4ff;stroke:#0969da}\
.job{fill:#fff8c5;stroke:#9a6700;stroke-dasharray:4 2}\
.external{fill:#fff;stroke:#59636e;stroke-dasharray:2 2}\
.added{fill:#dafbe1;stroke:#1a7f37}.removed{fill:#ffebe9;stroke:#cf222e;stroke-dasharray:4 2}\
.edge{fill:none;stroke:#59636e}.connects{stroke-dasharray:3 3}.completed{stroke:#9a6700}\
.edge.added{fill:none;stroke:#1a7f37;stroke-width:2}.edge.removed{fill:none;stroke:#cf222e}\
.label{font-size:10px;text-anchor:middle}.behind{fill:#fff;fill-opacity:.85}\
.name{text-anchor:middle}";

type Drawing = Layout<NodeLabel, EdgeLabel, GraphLabel>;

/// The drawing as a picture.
#[must_use]
pub fn svg(graph: &Graph) -> String {
    let layout = laid_out(graph);
    let (width, height) = extent(&layout);
    let mut document = Document::new()
        .set("viewBox", format!("0 0 {} {}", round(width), round(height)))
        .set("width", round(width))
        .set("height", round(height))
        .set("role", "img")
        .add(svg::node::element::Title::new(graph.title.as_str()))
        .add(Style::new(STYLE))
        .add(arrow_head());
    document = document
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "#fff"));
    document = document.add(text("title", MARGIN, MARGIN + 4.0, &graph.title));
    for (index, group) in graph.groups.iter().enumerate() {
        if let Some(title) = &group.title {
            document = document.add(drawn_group(&layout, index, title));
        }
    }
    for (index, edge) in graph.edges.iter().enumerate() {
        document = document.add(drawn_edge(&layout, index, edge));
    }
    for node in graph.groups.iter().flat_map(|group| &group.nodes) {
        document = document.add(drawn_node(&layout, node));
    }
    format!("{document}\n")
}

/// Gives everything its place.
fn laid_out(graph: &Graph) -> Drawing {
    let mut layout =
        Drawing::new(GraphOptions { multigraph: true, compound: true, ..GraphOptions::default() });
    layout.set_graph(GraphLabel {
        rankdir: RankDir::LR,
        nodesep: 30.0,
        ranksep: 40.0,
        edgesep: 12.0,
        marginx: MARGIN,
        marginy: MARGIN + LINE,
        ..GraphLabel::default()
    });
    layout.set_default_edge_label(EdgeLabel::default);
    for (index, Group { title, nodes }) in graph.groups.iter().enumerate() {
        if title.is_some() {
            layout.set_node(group_id(index), NodeLabel::default());
        }
        for node in nodes {
            let label = label(node);
            let width = letters(&label) * LETTER + 24.0;
            let size = NodeLabel { width, height: HEIGHT, ..NodeLabel::default() };
            layout.set_node(node.name.as_str(), size);
            if title.is_some() {
                layout.set_parent(node.name.as_str(), group_id(index));
            }
        }
    }
    for (index, Edge { from, to, label, mark }) in graph.edges.iter().enumerate() {
        let width = letters(&format!("{}{label}", mark.sign())) * SMALL_LETTER + 8.0;
        let edge = EdgeLabel { width, height: 12.0, weight: 1.0, ..EdgeLabel::default() };
        layout.set_edge_named(from.as_str(), to.as_str(), Some(index.to_string()), Some(edge));
    }
    dugong::layout(&mut layout).expect("every node has a size, every edge its nodes");
    layout
}

/// No name has a space in it, so this is none.
fn group_id(index: usize) -> String {
    format!("group {index}")
}

/// The size of everything, margins included.
fn extent(layout: &Drawing) -> (f64, f64) {
    let ends = layout.nodes().filter_map(|id| layout.node(id)).map(|node| {
        let (x, y) = (node.x.unwrap_or_default(), node.y.unwrap_or_default());
        (x + node.width / 2.0, y + node.height / 2.0)
    });
    let (width, height) =
        ends.fold((0.0_f64, 0.0_f64), |most, end| (most.0.max(end.0), most.1.max(end.1)));
    (width + MARGIN, height + MARGIN)
}

fn drawn_group(layout: &Drawing, index: usize, title: &str) -> Element {
    let frame = rectangle(layout, &group_id(index), 6.0);
    let (left, top) = (frame.0, frame.1);
    Element::new().add(framed("group", frame, 6.0)).add(text(
        "heading",
        left + 8.0,
        top + 15.0,
        title,
    ))
}

fn drawn_node(layout: &Drawing, node: &Node) -> Element {
    let Node { name, kind, mark } = node;
    let frame = rectangle(layout, name.as_str(), 0.0);
    let (kind, rounding) = match kind {
        Kind::Service => ("node", 4.0),
        Kind::Job => ("node job", HEIGHT / 2.0),
        Kind::External => ("node external", 4.0),
    };
    let (left, top, width, height) = frame;
    Element::new().add(framed(&marked(kind, *mark), frame, rounding)).add(text(
        "name",
        left + width / 2.0,
        top + height / 2.0 + 4.5,
        &label(node),
    ))
}

fn drawn_edge(layout: &Drawing, index: usize, edge: &Edge) -> Element {
    let Edge { from, to, label, mark } = edge;
    let place = layout.edge(from.as_str(), to.as_str(), Some(&index.to_string()));
    let place = place.cloned().unwrap_or_default();
    let path = Path::new()
        .set("class", marked(&format!("edge {label}"), *mark))
        .set("marker-end", "url(#head)")
        .set("d", curve(&place.points));
    let shown = format!("{}{label}", mark.sign());
    let (x, y) = (place.x.unwrap_or_default(), place.y.unwrap_or_default());
    let (width, height) = (place.width - 2.0, place.height);
    let behind = (x - width / 2.0, y - height / 2.0, width, height);
    Element::new().add(path).add(framed("behind", behind, 2.0)).add(text(
        "label",
        x,
        y + 3.5,
        &shown,
    ))
}

/// A line through the middles between points, rounded at the points themselves.
fn curve(points: &[Point]) -> Data {
    let at = |point: &Point| (round(point.x), round(point.y));
    let Some((first, rest)) = points.split_first() else {
        return Data::new();
    };
    let mut data = Data::new().move_to(at(first));
    for pair in rest.windows(2) {
        let middle = (
            round(f64::midpoint(pair[0].x, pair[1].x)),
            round(f64::midpoint(pair[0].y, pair[1].y)),
        );
        data = data.quadratic_curve_to((at(&pair[0]), middle));
    }
    match rest.last() {
        Some(last) => data.line_to(at(last)),
        None => data,
    }
}

fn arrow_head() -> Definitions {
    let head = Path::new().set("d", "M0 0L8 4L0 8z").set("fill", "#59636e");
    let marker = Marker::new()
        .set("id", "head")
        .set("viewBox", "0 0 8 8")
        .set("refX", 7)
        .set("refY", 4)
        .set("markerWidth", 7)
        .set("markerHeight", 7)
        .set("orient", "auto")
        .add(head);
    Definitions::new().add(marker)
}

/// Left, top, width and height of a node, with some room at its sides.
fn rectangle(layout: &Drawing, id: &str, sides: f64) -> (f64, f64, f64, f64) {
    let node = layout.node(id).cloned().unwrap_or_default();
    let (x, y) = (node.x.unwrap_or_default(), node.y.unwrap_or_default());
    let (left, top) = (x - node.width / 2.0, y - node.height / 2.0);
    (left - sides, top, node.width + 2.0 * sides, node.height)
}

fn framed(
    class: &str,
    (left, top, width, height): (f64, f64, f64, f64),
    rounding: f64,
) -> Rectangle {
    Rectangle::new()
        .set("class", class)
        .set("x", round(left))
        .set("y", round(top))
        .set("width", round(width))
        .set("height", round(height))
        .set("rx", rounding)
}

fn text(class: &str, x: f64, y: f64, text: &str) -> Text {
    Text::new(text).set("class", class).set("x", round(x)).set("y", round(y))
}

fn marked(class: &str, mark: Mark) -> String {
    match mark {
        Mark::Same => class.to_owned(),
        Mark::Added => format!("{class} added"),
        Mark::Removed => format!("{class} removed"),
    }
}

fn label(node: &Node) -> String {
    format!("{}{}", node.mark.sign(), node.name)
}

fn letters(text: &str) -> f64 {
    // A name has at most 63 letters.
    text.chars().count() as f64
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
