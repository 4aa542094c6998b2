//! A configuration without its secrets, for places that anybody may read.

use nickel::{Node, Schema, Span, Value};

use crate::document::{self, Read};
use crate::failure::Failure;
use crate::report::Shown;
use crate::yaml::SecretText;

/// What stands for a secret. It builds like one, and is never installed.
pub const REDACTED: &str = "@redacted@";

/// The text with every secret replaced, and without comments, which may hold some; it builds to
/// the same artifact. `file` is what the user calls it.
///
/// # Errors
///
/// A text that is none of ours, and secrets that are written in a way that cannot be replaced.
pub fn redact(bytes: &[u8], schema: &Schema, file: &str) -> Result<String, Failure> {
    let secret = |path: &[&str]| schema.is_secret(path);
    let read = |bytes: &[u8]| document::read(bytes, schema, &secret);
    let Read { document, digest, secrets, .. } = read(bytes).map_err(|problems| {
        Failure::Input(problems.into_iter().map(|it| it.shown(file)).collect())
    })?;
    let mut places = vec![];
    for path in secrets.keys() {
        let Some((_, node)) = document.root.find(path) else {
            return Err(cannot(file, path));
        };
        places.push((node.span, replacement(node)));
    }
    places.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = document.text;
    for (Span { start, end }, replacement) in places {
        text.replace_range(start..end, replacement);
    }
    let plain = without_blots(&text);
    let same = |text: &str| read(text.as_bytes()).is_ok_and(|it| it.digest == digest);
    match [plain, text].into_iter().find(|it| same(it)) {
        Some(text) => Ok(text),
        None => Err(cannot(file, "")),
    }
}

/// What stands for a secret of this kind, as empty or not as it was.
fn replacement(node: &Node) -> &'static str {
    match &node.value {
        Value::String(text) if text.trim().is_empty() => "\"\"",
        Value::String(_) => "\"@redacted@\"",
        Value::Bool(_) => "false",
        Value::Integer(_) | Value::Float(_) => "0",
        Value::List(_) => "[]",
        Value::Map(_) => "{}",
        Value::Null => "null",
    }
}

/// The text without the blots that stand for comments, and without lines of nothing else.
fn without_blots(text: &str) -> String {
    let lines = text.lines().filter_map(|line| {
        let plain = line.trim_end_matches('*');
        match plain.strip_suffix('#').map(str::trim_end) {
            Some("") => None,
            Some(plain) => Some(plain),
            None => Some(line),
        }
    });
    lines.map(|line| format!("{line}\n")).collect()
}

fn cannot(file: &str, path: &str) -> Failure {
    let help = "Write each secret as one text in quotes, on one line";
    let message = "a secret in this file cannot be replaced";
    let shown = Shown::file(file, message, Some(help.to_owned()));
    Failure::Input(vec![shown.about(path.to_owned(), false)])
}

/// Whether this is the value of a secret, and not what stands for one.
#[must_use]
pub fn is_value(secret: &SecretText) -> bool {
    let text = secret.expose();
    !text.trim().is_empty() && text != REDACTED && text != "0" && text != "false"
}

/// A report for each secret that has its value.
#[must_use]
pub fn left(read: &Read, file: &str) -> Vec<Shown> {
    let left = read.secrets.iter().filter(|(_, secret)| is_value(secret));
    let reports = left.map(|(path, _)| {
        let span = read.document.root.find(path).map(|(_, node)| node.span).unwrap_or_default();
        let message = format!("`{path}` has its value in this file, which anybody may read");
        let help = "Write the file without secrets with `clp-gen inputs --redacted`".to_owned();
        let span = (span.start, span.end);
        Shown::at(file, &read.document.text, span, message, Some(help)).about(path.clone(), false)
    });
    reports.collect()
}
