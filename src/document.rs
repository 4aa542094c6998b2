//! A user's YAML file as the front end sees it: what it says without its secrets, its text as
//! reports may show it, and what it hashes to.

use std::collections::BTreeMap;

use nickel::{Document, Node, Schema, Value};

use crate::digest::Digest;
use crate::report::Shown;
use crate::{stray, yaml};

/// A file that was read.
pub struct Read {
    /// What it says, with placeholders for secrets.
    pub document: Document,
    /// Over what it says, not over how it is laid out: comments and secrets have no part in it.
    pub digest: Digest,
    /// What is read differently elsewhere.
    pub warnings: Vec<Problem>,
    /// The values of secrets by key path, for an activation. A build lets go of them.
    pub secrets: BTreeMap<String, yaml::SecretText>,
}

/// A problem of the reader's, with the text that it is in.
pub struct Problem {
    problem: yaml::Problem,
    text: String,
    open: bool,
}

impl Problem {
    /// The problem as it is printed; `file` is what the user calls the file.
    #[must_use]
    pub fn shown(self, file: &str) -> Shown {
        let Self { problem: yaml::Problem { message, span, path, help }, text, open } = self;
        Shown::at(file, &text, (span.start, span.end), message, help).about(path, open)
    }
}

/// Reads a file. `secret` says which key paths hold secrets; keys that the schema does not know
/// are treated alike, since a misspelt key may hold one.
///
/// # Errors
///
/// Everything that makes the text no YAML of ours. Then nothing of the text is shown if the file
/// can hold secrets.
pub fn read(
    bytes: &[u8],
    schema: &Schema,
    secret: &dyn Fn(&[&str]) -> bool,
) -> Result<Read, Vec<Problem>> {
    let text = readable(bytes);
    let open = !schema.holds_secrets();
    let wrap = |text: &str, open| {
        let text = text.to_owned();
        move |problem| {
            let problem = stray::without(problem, schema, secret);
            Problem { problem, text: text.clone(), open }
        }
    };
    let mut parsed = yaml::parse(bytes)
        .map_err(|problems| problems.into_iter().map(wrap(&text, open)).collect::<Vec<_>>())?;
    let strays = match &mut parsed.root {
        Some(root) => stray::hide(root, schema, secret),
        None => vec![],
    };
    let hidden = |path: &[&str]| secret(path) || !is_known(schema, path);
    let taken = yaml::take_secrets(&mut parsed, &text, &hidden)
        .map_err(|problems| problems.into_iter().map(wrap(&text, open)).collect::<Vec<_>>())?;
    let digest = Digest::of(&yaml::canonical(&parsed));
    let root =
        parsed.root.unwrap_or(Node { value: Value::Map(vec![]), span: nickel::Span::default() });
    let secrets = taken.values;
    let redacted = yaml::redact(&taken.redacted_text, &strays);
    let shown = if open { redacted } else { without_comments(redacted, &root) };
    let warnings = parsed.warnings.into_iter().map(wrap(&shown, true)).collect();
    Ok(Read { document: Document { text: shown, root }, digest, warnings, secrets })
}

/// The text up to the first byte that is none, which is where a report about it points.
fn readable(bytes: &[u8]) -> String {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text.len(),
        Err(error) => error.valid_up_to(),
    };
    String::from_utf8_lossy(&bytes[..valid]).into_owned()
}

/// Whether the schema knows every key of a path. A map without fixed keys knows all of them.
fn is_known(schema: &Schema, path: &[&str]) -> bool {
    let (Some(fields), Some((first, rest))) = (&schema.fields, path.split_first()) else {
        return true;
    };
    fields.get(*first).is_some_and(|field| is_known(&field.schema, rest))
}

/// The text with blots for comments: a value that was commented out may be a secret.
fn without_comments(text: String, root: &Node) -> String {
    let mut written = vec![];
    spans(root, &mut written);
    written.sort_unstable();
    let mut bytes = text.into_bytes();
    let mut at = 0;
    for (start, end) in written.into_iter().chain([(usize::MAX, usize::MAX)]) {
        let gap_end = start.min(bytes.len());
        if at < gap_end {
            blot(&mut bytes[at..gap_end]);
        }
        at = at.max(end);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Everything from a `#` to the end of its line.
fn blot(gap: &mut [u8]) {
    let mut comment = false;
    for byte in gap {
        comment = (comment || *byte == b'#') && *byte != b'\n';
        if comment {
            *byte = if *byte == b'#' { b'#' } else { b'*' };
        }
    }
}

fn spans(node: &Node, written: &mut Vec<(usize, usize)>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| spans(item, written)),
        Value::Map(entries) => {
            for entry in entries {
                written.push((entry.key_span.start, entry.key_span.end));
                spans(&entry.value, written);
            }
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::String(_) => {
            written.push((node.span.start, node.span.end));
        }
    }
}
