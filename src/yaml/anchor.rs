//! Anchors and aliases: an alias becomes a copy of what it stands for.
//!
//! **Invariant.** Copies are paid for from a budget before they are made, so no file grows
//! without bound ("billion laughs"), and none of them nests too deep.

use std::collections::BTreeMap;

use nickel::{Node, Span, Value};

use super::DEEPEST;
use super::problem::Problem;

/// What all copies of a file may cost together, in bytes.
const BUDGET: usize = 16 << 20;

/// What a node costs besides its text.
const NODE: usize = 64;

/// What an anchor or an alias costs besides its node.
const MARK: usize = 1024;

/// An alias that was replaced by what it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alias {
    /// Where the alias stands.
    pub(super) span: Span,
    /// Where that stands which it stands for.
    pub(super) target: Span,
}

/// The nodes with an anchor that have been read so far.
#[derive(Default)]
pub(super) struct Anchors {
    nodes: BTreeMap<usize, Anchored>,
    spent: usize,
    pub(super) spans: Vec<Span>,
    pub(super) aliases: Vec<Alias>,
}

struct Anchored {
    node: Node,
    cost: usize,
    height: usize,
}

/// Why an alias is not replaced.
pub(super) enum Refused {
    /// Only this alias is wrong.
    Alias(Problem),
    /// Reading on makes no sense.
    File(Problem),
}

impl Anchors {
    /// Keeps a copy of a node with the anchor `number`; 0 is no anchor.
    pub(super) fn keep(&mut self, number: usize, node: &Node) -> Result<(), Problem> {
        if number == 0 {
            return Ok(());
        }
        let cost = MARK + cost(node);
        self.spent = pay(self.spent, cost, node.span)?;
        self.spans.push(node.span);
        let anchored = Anchored { node: node.clone(), cost, height: height(node) };
        self.nodes.insert(number, anchored);
        Ok(())
    }

    /// The node that an alias at `span` stands for, `depth` lists and maps deep.
    pub(super) fn expand(
        &mut self,
        number: usize,
        span: Span,
        depth: usize,
    ) -> Result<Node, Refused> {
        let Some(&Anchored { ref node, cost, height }) = self.nodes.get(&number) else {
            let problem = Problem::new(span, "this alias stands for a value that it is a part of");
            return Err(Refused::Alias(problem.help("Write the value out")));
        };
        if depth + height > DEEPEST {
            return Err(Refused::File(too_deep(span)));
        }
        self.spent = pay(self.spent, cost, span).map_err(Refused::File)?;
        self.aliases.push(Alias { span, target: node.span });
        Ok(Node { value: node.value.clone(), span })
    }
}

fn pay(spent: usize, cost: usize, span: Span) -> Result<usize, Problem> {
    let spent = spent.saturating_add(cost);
    if spent <= BUDGET {
        return Ok(spent);
    }
    let message = format!("aliases make this file larger than {} MiB", BUDGET >> 20);
    Err(Problem::new(span, message).help("Write the values out"))
}

/// The problem of a file that nests too deep.
pub(super) fn too_deep(span: Span) -> Problem {
    let message = format!("lists and maps are nested deeper than {DEEPEST}");
    Problem::new(span, message).help("Check that it is the right file")
}

fn cost(node: &Node) -> usize {
    NODE + match &node.value {
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => 0,
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(cost).sum(),
        Value::Map(entries) => entries.iter().map(|it| it.key.len() + cost(&it.value)).sum(),
    }
}

fn height(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::String(_) => 0,
        Value::List(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Value::Map(entries) => 1 + entries.iter().map(|it| height(&it.value)).max().unwrap_or(0),
    }
}
