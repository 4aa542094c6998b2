//! A difference as people read it in a terminal, with or without colour.

use std::fmt::Write;

use serde_json::Value as Json;

use super::Difference;
use super::cause::Cause;
use super::fields::{Change, Field};
use super::files::FileChange;
use super::service::Line;

/// The most characters of a value that are shown.
const LONGEST: usize = 120;

/// The whole difference.
#[must_use]
pub fn text(difference: &Difference) -> String {
    let Difference {
        format: _,
        before,
        after,
        same,
        notes,
        causes,
        services,
        unchanged,
        fields,
        files,
    } = difference;
    let mut text = String::new();
    for (sign, side) in [("---", before), ("+++", after)] {
        let target = side.target.map_or(String::new(), |it| format!(" ({it})"));
        line(&mut text, &format!("{sign} {}{target}", side.name));
    }
    for note in notes {
        line(&mut text, &format!("note: {note}"));
    }
    if *same {
        line(&mut text, "nothing that is deployed differs");
        return text;
    }
    section(&mut text, "Causes", causes.iter().flatten().map(cause));
    let mut rows = table(services.iter().flatten());
    if let Some(unchanged) = unchanged.filter(|it| *it > 0) {
        rows.push(format!("  {}", stay(unchanged)));
    }
    section(&mut text, "Services", rows.into_iter());
    section(&mut text, "Fields", grouped(fields.as_deref().unwrap_or_default()).into_iter());
    section(&mut text, "Files", files.iter().map(file));
    text
}

/// The lines of all files that differ, as `diff -u` writes them.
#[must_use]
pub fn unified(difference: &Difference) -> String {
    let mut text = String::new();
    for file in &difference.files {
        let FileChange { path, change: _, added: _, removed: _, hidden, modes, edited: _, unified } =
            file;
        if let Some([before, after]) = modes {
            line(&mut text, &format!("mode of {path}: {before} -> {after}"));
        }
        match hidden {
            Some(why) => {
                line(&mut text, &format!("{path} differs; its lines are not shown: {why}"))
            }
            None if unified.is_empty() && file.added != Some(0) => {
                line(&mut text, &format!("{path} differs; its lines are not shown: 64 MiB are"));
            }
            None => text.push_str(unified),
        }
    }
    text
}

/// What stays, in words.
#[must_use]
pub fn stay(unchanged: usize) -> String {
    match unchanged {
        1 => "1 other stays as it is".to_owned(),
        count => format!("{count} others stay as they are"),
    }
}

fn section(text: &mut String, title: &str, rows: impl Iterator<Item = String>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    line(text, "");
    line(text, title);
    rows.for_each(|row| line(text, &format!("  {row}")));
}

fn line(text: &mut String, line: &str) {
    // Writing to memory does not fail.
    let _ = writeln!(text, "{}", line.trim_end());
}

/// A cause in a line: what changed, from what to what, and what hangs on it.
#[must_use]
pub fn cause(cause: &Cause) -> String {
    let Cause { kind: _, subject, before, after, at, workloads, parts } = cause;
    let change = match (before, after) {
        (None, None) => String::new(),
        (Some(before), None) => format!("  {} -> nothing", value(before)),
        (None, Some(after)) => format!("  nothing -> {}", value(after)),
        (Some(before), Some(after)) if before == after => String::new(),
        (Some(before), Some(after)) => format!("  {} -> {}", value(before), value(after)),
    };
    let at = at.as_ref().filter(|it| !["config", "host"].contains(&it.as_str()));
    let at = at.map_or(String::new(), |it| format!("  ({})", place(it)));
    format!("{subject}{change}{at}: {}", hanging(workloads.iter(), parts.iter()))
}

/// A place as people call it.
fn place(at: &str) -> &str {
    if at.starts_with("set/") { "--set" } else { at.strip_prefix("project/").unwrap_or(at) }
}

/// The workloads by name where they are few, by number where they are many.
fn hanging<W: ToString>(
    workloads: impl ExactSizeIterator<Item = W>,
    parts: impl Iterator<Item = impl ToString>,
) -> String {
    let count = workloads.len();
    if count > 4 {
        return format!("{count} services");
    }
    if count > 0 {
        return workloads.map(|it| it.to_string()).collect::<Vec<_>>().join(", ");
    }
    let parts: Vec<String> = parts.map(|it| it.to_string()).collect();
    parts.join(", ")
}

/// A line for each workload, its columns below each other.
fn table<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<String> {
    let rows: Vec<(String, String)> = lines.map(|line| (heading(line), effect(line))).collect();
    let width = rows.iter().map(|(heading, _)| heading.chars().count()).max().unwrap_or(0);
    let row = |(heading, effect): &(String, String)| format!("{heading:width$}  {effect}");
    rows.iter().map(row).collect()
}

fn heading(line: &Line) -> String {
    let sign = line.change.sign();
    match &line.was {
        Some(was) => format!("{sign} {was} -> {}", line.name),
        None => format!("{sign} {}", line.name),
    }
}

/// What becomes of a workload, in words.
#[must_use]
pub fn effect(line: &Line) -> String {
    let Line { kind, name: _, was: _, change, impacts, touched, note } = line;
    let mut words: Vec<String> = vec![];
    match change {
        Change::Added if *kind == "job" => words.push("new, runs once".to_owned()),
        Change::Added => words.push("new".to_owned()),
        Change::Removed => words.push("gone".to_owned()),
        Change::Changed => {}
        Change::Renamed => words.push("renamed".to_owned()),
    }
    words.extend(impacts.iter().map(|it| it.words().to_owned()));
    let mut effect = words.join(", ");
    if !touched.is_empty() {
        effect.push_str(&format!(" ({})", touched.join(", ")));
    }
    if let Some(note) = note {
        effect.push_str(&format!("; {note}"));
    }
    effect
}

/// Fields below the part of the topology that they are in.
fn grouped(fields: &[Field]) -> Vec<String> {
    let mut rows = vec![];
    let mut last = "";
    for field in fields {
        let (part, rest) = split(&field.path);
        if part != last && !rest.is_empty() {
            rows.push(part.to_owned());
        }
        last = part;
        let indent = if rest.is_empty() { "" } else { "  " };
        let name = if rest.is_empty() { part } else { rest };
        rows.push(format!("{indent}{} {name}{}", field.change.sign(), change(field)));
    }
    rows
}

/// A path as the part of the topology and the field in it: `services.webui`, `image`.
#[must_use]
pub fn split(path: &str) -> (&str, &str) {
    let second = path.match_indices('.').nth(1);
    second.map_or((path, ""), |(at, _)| (&path[..at], &path[at + 1..]))
}

/// From what to what, as it follows the name of a field.
#[must_use]
pub fn change(field: &Field) -> String {
    let Field { path: _, change, was, before, after } = field;
    match (change, before, after) {
        (Change::Renamed, _, _) => {
            let was = was.as_deref().unwrap_or_default();
            format!("  was {}", was.rsplit('.').next().unwrap_or_default())
        }
        (_, Some(before), Some(after)) => format!("  {} -> {}", value(before), value(after)),
        (_, Some(_), None) | (_, None, Some(_)) if split(&field.path).1.is_empty() => String::new(),
        (_, Some(one), None) | (_, None, Some(one)) => format!("  {}", value(one)),
        (_, None, None) => String::new(),
    }
}

/// A file in a line.
#[must_use]
pub fn file(file: &FileChange) -> String {
    let FileChange { path, change, added, removed, hidden, modes, edited, unified: _ } = file;
    let mut text = format!("{} {path}", change.sign());
    if let (Some(added), Some(removed)) = (added, removed) {
        text.push_str(&format!("  +{added} -{removed} lines"));
    }
    if let Some([before, after]) = modes {
        text.push_str(&format!("  mode {before} -> {after}"));
    }
    if let Some(why) = hidden {
        text.push_str(&format!("  (not compared by lines: {why})"));
    }
    for side in edited {
        text.push_str(&format!("  (edited since it was written, {side})"));
    }
    text
}

/// A value in one line, as JSON; in text, what is bound late stands in braces.
#[must_use]
pub fn value(value: &Json) -> String {
    let text = spelt(value).to_string();
    let shown: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &shown[..end]),
        None => shown,
    }
}

/// The value with a string for each late-bound text in it.
fn spelt(value: &Json) -> Json {
    match value {
        Json::Object(map) => match map.get("$text").and_then(Json::as_array) {
            Some(segments) => segments.iter().map(segment).collect::<String>().into(),
            None => map.iter().map(|(key, it)| (key.clone(), spelt(it))).collect(),
        },
        Json::Array(items) => items.iter().map(spelt).collect(),
        other => other.clone(),
    }
}

/// A part of a text: `{secret database_password}`.
fn segment(segment: &Json) -> String {
    if let Some(literal) = segment.as_str() {
        return literal.to_owned();
    }
    let Some((kind, argument)) = segment.as_object().and_then(|it| it.iter().next()) else {
        return segment.to_string();
    };
    let field = |name: &str| argument.get(name).and_then(Json::as_str).unwrap_or_default();
    match kind.as_str() {
        "Secret" => format!("{{secret {}}}", field("name")),
        "Connect" => {
            let part = match field("part") {
                "Host" => "host",
                "Port" => "port",
                _ => "host and port",
            };
            format!("{{{part} of {}.{}}}", field("service"), field("port"))
        }
        "Image" => format!("{{image {}}}", argument.as_str().unwrap_or_default()),
        "Root" => "{package directory}".to_owned(),
        "Bind" => "{own address}".to_owned(),
        _ => segment.to_string(),
    }
}
