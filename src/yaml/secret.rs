//! Secrets leave a document: out of its tree, its text and its warnings.
//!
//! **Invariant.** What stays is of the same kind, and as empty or not as before, at the same
//! place, so that contracts check it at its line; but no secret value is in it.

use std::collections::BTreeMap;
use std::fmt;

use nickel::{Entry, Node, Span, Value};

use super::anchor::Alias;
use super::problem::{self, Problem};
use super::{Document, core};

/// What stands for text that is secret.
const PLACEHOLDER: &str = "secret";

/// The value of a secret. It cannot be printed, nor be serialized.
#[derive(Eq, PartialEq)]
pub struct SecretText(String);

impl SecretText {
    /// A value that comes from elsewhere than a document.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for whoever has to write it where it is used.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// What was taken out of a document.
#[derive(Debug)]
pub struct Taken {
    /// The secret values by key path: text as it is, numbers and truth values as YAML writes them.
    pub values: BTreeMap<String, SecretText>,
    /// The text with `*` for each byte of a secret value. Line breaks stay, so lines and spans
    /// stay what they are. Comments stay too.
    pub redacted_text: String,
}

/// Takes the values of secrets out of a document, and out of its text.
///
/// `is_secret` is asked for the whole, then for every key path; an item of a list is `[0]`, `[1]`
/// and so on. A secret string becomes "secret" unless it is blank, a number 0, a truth value
/// false. A secret list or map becomes empty, unless all that stands in it is secret by its own
/// path: then the keys stay.
///
/// # Errors
///
/// Secrets that are aliases, have an anchor or are used by an alias. Nothing of the document or
/// the text may be shown then.
pub fn take_secrets(
    document: &mut Document,
    text: &str,
    is_secret: &dyn Fn(&[&str]) -> bool,
) -> Result<Taken, Vec<Problem>> {
    let Document { root, warnings, anchors, aliases, unused } = document;
    let (values, hidden, problems) = (BTreeMap::new(), unused.clone(), vec![]);
    let mut taker = Taker { is_secret, anchors, aliases, values, hidden, problems };
    if let Some(root) = root {
        taker.visit(root, &mut vec![], "");
    }
    let Taker { values, hidden, problems, .. } = taker;
    if !problems.is_empty() {
        return Err(problems);
    }
    for warning in warnings {
        if hidden.iter().any(|span| overlap(*span, warning.span)) {
            "this secret is read otherwise by readers of another version of YAML"
                .clone_into(&mut warning.message);
            warning.help = Some("Write it in quotes".to_owned());
        }
    }
    Ok(Taken { values, redacted_text: redact(text, &hidden) })
}

struct Taker<'a> {
    is_secret: &'a dyn Fn(&[&str]) -> bool,
    anchors: &'a [Span],
    aliases: &'a [Alias],
    values: BTreeMap<String, SecretText>,
    hidden: Vec<Span>,
    problems: Vec<Problem>,
}

impl Taker<'_> {
    /// Looks for secrets in a node at the path `keys`, written `path`.
    fn visit(&mut self, node: &mut Node, keys: &mut Vec<String>, path: &str) {
        if self.ask(keys) {
            self.take(node, keys, path);
            return;
        }
        for (key, path, child) in children(node, path) {
            keys.push(key);
            self.visit(child, keys, &path);
            keys.pop();
        }
    }

    fn ask(&self, keys: &[String]) -> bool {
        (self.is_secret)(&keys.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Takes a node that is secret.
    fn take(&mut self, node: &mut Node, keys: &mut Vec<String>, path: &str) {
        if let Some(message) = self.shared(node.span) {
            let help = "Write the secret itself where it belongs, and nowhere else";
            self.problems.push(Problem::new(node.span, message).at(path).help(help));
            return;
        }
        if self.all_secret(node, keys, path) {
            for (key, path, child) in children(node, path) {
                keys.push(key);
                self.take(child, keys, &path);
                keys.pop();
            }
            return;
        }
        if keep(node, path, &mut self.values) {
            self.hidden.push(node.span);
        }
        node.value = placeholder(std::mem::replace(&mut node.value, Value::Null));
    }

    /// Whether a node is a list or map of which every part is secret by its own path.
    fn all_secret(&self, node: &mut Node, keys: &mut Vec<String>, path: &str) -> bool {
        let mut children = children(node, path).into_iter().peekable();
        children.peek().is_some()
            && children.all(|(key, _, _)| {
                keys.push(key);
                let secret = self.ask(keys);
                keys.pop();
                secret
            })
    }

    /// Why a secret at `span` is not the only place of its value.
    fn shared(&self, span: Span) -> Option<&'static str> {
        let aliases = || self.aliases.iter();
        if aliases().any(|alias| within(alias.span, span)) {
            return Some("a secret cannot be an alias");
        }
        if self.anchors.iter().any(|anchor| within(*anchor, span)) {
            return Some("a secret cannot have an anchor");
        }
        aliases()
            .any(|alias| within(span, alias.target))
            .then_some("a secret cannot stand in what an alias repeats")
    }
}

/// The nodes in a list or map, with what `is_secret` calls them and their key paths.
fn children<'a>(node: &'a mut Node, path: &str) -> Vec<(String, String, &'a mut Node)> {
    match &mut node.value {
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::String(_) => {
            vec![]
        }
        Value::List(items) => {
            let named =
                |(index, item)| (problem::item("", index), problem::item(path, index), item);
            items.iter_mut().enumerate().map(named).collect()
        }
        Value::Map(entries) => {
            let named = |Entry { key, key_span: _, value }: &'a mut Entry| {
                (key.clone(), problem::join(path, key), value)
            };
            entries.iter_mut().map(named).collect()
        }
    }
}

/// Keeps every value in a node; false if there is none.
fn keep(node: &mut Node, path: &str, values: &mut BTreeMap<String, SecretText>) -> bool {
    let text = match &node.value {
        Value::Null => return false,
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => core::spell(*value),
        Value::String(text) if text.trim().is_empty() => return false,
        Value::String(text) => text.clone(),
        Value::List(_) | Value::Map(_) => {
            for (_, path, child) in children(node, path) {
                keep(child, &path, values);
            }
            return true;
        }
    };
    values.insert(path.to_owned(), SecretText(text));
    true
}

fn placeholder(value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => Value::Bool(false),
        Value::Integer(_) => Value::Integer(0),
        Value::Float(_) => Value::Float(0.0),
        Value::String(text) if text.trim().is_empty() => Value::String(text),
        Value::String(_) => Value::String(PLACEHOLDER.to_owned()),
        Value::List(_) => Value::List(vec![]),
        Value::Map(_) => Value::Map(vec![]),
    }
}

/// The text with asterisks for the bytes of spans.
pub(crate) fn redact(text: &str, hidden: &[Span]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for Span { start, end } in hidden {
        let secret = bytes[*start..*end].iter_mut();
        secret.filter(|byte| !b"\r\n".contains(byte)).for_each(|byte| *byte = b'*');
    }
    String::from_utf8(bytes).expect("spans hold whole characters")
}

fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn overlap(left: Span, right: Span) -> bool {
    left.start < right.end && right.start < left.end
}
