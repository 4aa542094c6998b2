//! A list or map that is being read: what is known of it before its end.

use std::collections::{BTreeMap, BTreeSet};

use nickel::{Entry, Node, Span, Value};

use super::problem::{self, Problem};

/// A list or map whose end has not been read yet.
pub(super) struct Frame {
    /// Its first byte.
    pub(super) start: usize,
    /// The number of its anchor; 0 for none.
    pub(super) anchor: usize,
    /// Where the last node in it ends.
    pub(super) last_child: usize,
    /// What stands in it.
    pub(super) content: Content,
}

/// What stands in a list or map so far.
pub(super) enum Content {
    /// The items of a list.
    List(Vec<Node>),
    /// The entries of a map.
    Map(Map),
}

/// A map so far.
#[derive(Default)]
pub(super) struct Map {
    entries: Vec<Entry>,
    /// Where each key first stands.
    first: BTreeMap<String, Span>,
    /// What merge keys brought; what stands in the map itself is stronger.
    merged: Vec<Entry>,
    merged_keys: BTreeSet<String>,
    /// The values that merge keys brought for nothing.
    unused: Vec<Span>,
    /// The key whose value comes next.
    pub(super) key: Option<Key>,
}

/// A key that waits for its value.
pub(super) struct Key {
    /// Its text; empty for what is no key.
    pub(super) text: String,
    /// Its place.
    pub(super) span: Span,
    /// What happens to the value.
    pub(super) kind: KeyKind,
}

/// What happens to the value of a key.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum KeyKind {
    /// It becomes an entry.
    Entry,
    /// Its entries become weak entries of the map.
    Merge,
    /// Nothing: the key is a mistake, which has been told.
    Refused,
}

impl Frame {
    /// Whether the next node is a key.
    pub(super) fn wants_key(&self) -> bool {
        matches!(&self.content, Content::Map(Map { key: None, .. }))
    }

    /// The key path of the node that comes next, below `path`.
    pub(super) fn next_path(&self, path: &str) -> String {
        match &self.content {
            Content::List(items) => problem::item(path, items.len()),
            Content::Map(Map { key: Some(key), .. }) if key.kind != KeyKind::Refused => {
                problem::join(path, &key.text)
            }
            Content::Map(_) => path.to_owned(),
        }
    }

    /// Adds the next item, or the value of the key that waits.
    ///
    /// # Errors
    ///
    /// What a merge key cannot merge.
    pub(super) fn add(&mut self, node: Node) -> Result<(), Problem> {
        match &mut self.content {
            Content::List(items) => {
                items.push(node);
                Ok(())
            }
            Content::Map(map) => map.add(node),
        }
    }
}

impl Map {
    /// Where a key stands already; otherwise it is noted as standing here.
    pub(super) fn first(&mut self, text: &str, span: Span) -> Option<Span> {
        let first = *self.first.entry(text.to_owned()).or_insert(span);
        (first != span).then_some(first)
    }

    fn add(&mut self, node: Node) -> Result<(), Problem> {
        let Some(Key { text, span, kind }) = self.key.take() else {
            return Ok(());
        };
        match kind {
            KeyKind::Entry => self.entries.push(Entry { key: text, key_span: span, value: node }),
            KeyKind::Merge => return self.merge(node),
            KeyKind::Refused => {}
        }
        Ok(())
    }

    fn merge(&mut self, node: Node) -> Result<(), Problem> {
        let Node { value, span } = node;
        let maps = match value {
            Value::List(items) => items,
            value => vec![Node { value, span }],
        };
        for Node { value, span } in maps {
            let Value::Map(entries) = value else {
                let problem =
                    Problem::new(span, "a merge key (`<<`) takes a map or a list of maps");
                return Err(problem.help("Write \"<<\" in quotes if it is a key like any other"));
            };
            for entry in entries {
                if self.merged_keys.insert(entry.key.clone()) {
                    self.merged.push(entry);
                } else {
                    self.unused.push(entry.value.span);
                }
            }
        }
        Ok(())
    }

    /// The entries: its own, then what was merged and has no entry of its own; and the values
    /// that were not used.
    pub(super) fn finish(self) -> (Vec<Entry>, Vec<Span>) {
        let Self { mut entries, first, merged, merged_keys: _, mut unused, key: _ } = self;
        for entry in merged {
            if first.contains_key(&entry.key) {
                unused.push(entry.value.span);
            } else {
                entries.push(entry);
            }
        }
        (entries, unused)
    }
}
