//! The one YAML printer: block style, two spaces, deterministic, readable as YAML 1.1 and 1.2.
//!
//! **Invariant.** What is printed reads back as the value it was, in either version of YAML;
//! nothing else in this crate knows how YAML quotes.

mod node;
mod scalar;
mod serializer;

use node::Node;
use serde::{Serialize, Serializer};

use crate::TracedLines;

/// The newtype struct by which the printer knows a [`Quoted`].
const QUOTED: &str = "$quoted";

/// A printed document, and where its lines come from.
pub(crate) struct Printed {
    /// The document, with a line feed at the end.
    pub(crate) text: String,
    /// The lines of every [`At`](crate::at::At) in it, outer before inner.
    pub(crate) lines: Vec<TracedLines>,
}

/// Text that is printed in double quotes even where it would be safe without.
///
/// Between the quotes stands what JSON would write, so whatever replaces part of it later only
/// has to be escaped as in a JSON string.
pub(crate) struct Quoted(pub(crate) String);

impl Serialize for Quoted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(QUOTED, &self.0)
    }
}

/// Prints `document`.
pub(crate) fn print<T: Serialize>(document: &T) -> Printed {
    let tree = document
        .serialize(serializer::TreeSerializer)
        .expect("output types have scalar keys and serialise without conditions");
    let mut printer = Printer { text: String::new(), line: 1, lines: vec![] };
    printer.node(&tree, 0, Before::Nothing);
    printer.text.push('\n');
    Printed { text: printer.text, lines: printer.lines }
}

/// `text` as it stands between the double quotes of a JSON or YAML string.
pub(crate) fn escaped(text: &str) -> String {
    let quoted = scalar::quoted(text);
    quoted[1..quoted.len() - 1].to_owned()
}

/// What stands on the line already when a node begins.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Before {
    /// Nothing: the start of the document.
    Nothing,
    /// `key:`, without a space.
    Key,
    /// `-`, without a space.
    Dash,
}

/// Writes nodes; the cursor stays at the end of the last line, so that its number is known.
struct Printer {
    text: String,
    line: usize,
    lines: Vec<TracedLines>,
}

impl Printer {
    /// Writes `node`, whose own lines are indented by `indent`.
    fn node(&mut self, node: &Node, indent: usize, before: Before) {
        match node {
            Node::At { from, value } => self.traced(from, value, indent, before),
            Node::Bare(text) => self.inline(text, before),
            Node::Quoted(text) => self.inline(&scalar::quoted(text), before),
            Node::Text(text) => self.string(text, indent, before),
            Node::Sequence(items) if items.is_empty() => self.inline("[]", before),
            Node::Sequence(items) => self.sequence(items, indent, before),
            Node::Mapping(entries) if entries.is_empty() => self.inline("{}", before),
            Node::Mapping(entries) => self.mapping(entries, indent, before),
        }
    }

    fn traced(&mut self, from: &str, value: &Node, indent: usize, before: Before) {
        let index = self.lines.len();
        let lines = TracedLines { first: self.line, last: self.line, path: from.to_owned() };
        self.lines.push(lines);
        self.node(value, indent, before);
        self.lines[index].last = self.line;
    }

    fn inline(&mut self, text: &str, before: Before) {
        if before != Before::Nothing {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    fn string(&mut self, text: &str, indent: usize, before: Before) {
        let Some(block) = scalar::block(text) else {
            return self.inline(&scalar::inline(text), before);
        };
        self.inline(block.header, before);
        // At the start of the document the content has to be indented all the same.
        let indent = indent.max(2);
        for line in block.lines {
            let indent = if line.is_empty() { 0 } else { indent };
            self.new_line(indent);
            self.text.push_str(line);
        }
    }

    fn sequence(&mut self, items: &[Node], indent: usize, before: Before) {
        for (index, item) in items.iter().enumerate() {
            self.start_item(index, indent, before);
            self.text.push('-');
            self.node(item, indent + 2, Before::Dash);
        }
    }

    fn mapping(&mut self, entries: &[(String, Node)], indent: usize, before: Before) {
        for (index, (key, value)) in entries.iter().enumerate() {
            self.start_item(index, indent, before);
            self.text.push_str(&scalar::inline(key));
            self.text.push(':');
            self.node(value, indent + 2, Before::Key);
        }
    }

    /// The first item of a collection stands on the line of a dash, every other on its own.
    fn start_item(&mut self, index: usize, indent: usize, before: Before) {
        match (index, before) {
            (0, Before::Nothing) => {}
            (0, Before::Dash) => self.text.push(' '),
            _ => self.new_line(indent),
        }
    }

    fn new_line(&mut self, indent: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.line += 1;
    }
}

#[cfg(test)]
mod tests;
