//! Schemas as a reference in Markdown: a table for each section of a file.

use std::fmt::Write;

use nickel::{Field, Form, Kind};
use serde_json::Value as Json;

use super::Described;

/// The reference of several files.
pub(super) fn options(described: &[Described]) -> String {
    let mut text = String::from(
        "# Options\n\n\
         Every key that users may write, from the contracts of the package.\n\
         `clp-gen schema options` prints this page.\n",
    );
    for file in described {
        section(&mut text, file);
    }
    text
}

fn section(text: &mut String, described: &Described) {
    let Described { path, schema, defaults } = described;
    // Writing to memory does not fail.
    let _ = write!(text, "\n## `{path}`\n");
    let fields = || schema.fields.iter().flatten();
    let is_map = |field: &Field| field.schema.fields.is_some();
    let mut rows = String::new();
    fields()
        .filter(|(_, field)| !is_map(field))
        .for_each(|(key, field)| row(&mut rows, key, field, defaults.get(key)));
    table(text, &rows);
    for (key, field) in fields().filter(|(_, field)| is_map(field)) {
        let default = defaults.get(key);
        let _ = write!(text, "\n### `{key}`\n\n{}", field.doc.as_deref().unwrap_or_default());
        if default == Some(&Json::Null) {
            let _ = write!(text, " Absent (null) by default.");
        }
        text.push('\n');
        let mut rows = String::new();
        below(&mut rows, "", field, default);
        table(text, &rows);
    }
}

/// A row for each key below a section, the keys of its own sections dotted.
fn below(rows: &mut String, prefix: &str, section: &Field, defaults: Option<&Json>) {
    for (key, field) in section.schema.fields.iter().flatten() {
        let path = format!("{prefix}{key}");
        let default = defaults.and_then(|it| it.get(key));
        if field.schema.fields.is_some() {
            below(rows, &format!("{path}."), field, default);
        } else {
            row(rows, &path, field, default);
        }
    }
}

fn table(text: &mut String, rows: &str) {
    if !rows.is_empty() {
        text.push_str("\n| key | value | default | |\n|---|---|---|---|\n");
        text.push_str(rows);
    }
}

fn row(rows: &mut String, key: &str, field: &Field, default: Option<&Json>) {
    let default = match default {
        Some(value) if !field.secret => format!("`{value}`"),
        _ if field.required => "required".to_owned(),
        _ => String::new(),
    };
    let doc = field.doc.as_deref().unwrap_or_default();
    let cells = [format!("`{key}`"), value(field), default, doc.to_owned()];
    let cells: Vec<String> = cells.iter().map(|it| cell(it)).collect();
    // Writing to memory does not fail.
    let _ = writeln!(rows, "| {} |", cells.join(" | "));
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// What a value may be, in words.
pub(super) fn value(field: &Field) -> String {
    let Form { kinds, nullable, minimum, above_minimum, maximum, wanted, .. } = &field.form;
    let mut words: Vec<String> = kinds.iter().map(|kind| word(*kind).to_owned()).collect();
    if !field.choices.is_empty() {
        let choices: Vec<String> = field.choices.iter().map(|it| format!("`{it}`")).collect();
        let some_of = if kinds.contains(&Kind::List) { "a list of some of " } else { "" };
        words = vec![format!("{some_of}{}", choices.join(", "))];
    }
    if words.is_empty() {
        words.extend(wanted.clone());
    }
    let mut text = words.join(" or ");
    let bounds = match (minimum, above_minimum, maximum) {
        (Some(low), _, Some(high)) => format!(", {low} to {high}"),
        (Some(low), true, None) => format!(", more than {low}"),
        (Some(low), false, None) => format!(", {low} or more"),
        (None, _, Some(high)) => format!(", at most {high}"),
        (None, _, None) => String::new(),
    };
    text.push_str(&bounds);
    if *nullable {
        text.push_str(if text.is_empty() { "may be null" } else { ", or null" });
    }
    text
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "true or false",
        Kind::Integer => "whole number",
        Kind::Number => "number",
        Kind::String => "string",
        Kind::List => "list",
        Kind::Map => "map",
    }
}
