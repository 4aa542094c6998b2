//! The texts of users' files, from the contracts of a package.

use std::fmt::Write;

use nickel::{Field, Schema};
use serde_json::Value as Json;

use super::machine::quoted;
use crate::failure::Failure;

/// Writes every leaf of a schema with the value that `value` gives for its dotted path.
pub(super) fn credentials(
    text: &mut String,
    schema: &Schema,
    keys: &mut Vec<String>,
    value: &mut dyn FnMut(&str) -> Result<String, Failure>,
) -> Result<(), Failure> {
    for (key, field) in schema.fields.iter().flatten() {
        let indent = "  ".repeat(keys.len());
        keys.push(key.clone());
        if let Some(doc) = &field.doc {
            comment(text, &indent, doc);
        }
        // Writing to memory does not fail.
        if field.schema.fields.is_some() {
            let _ = writeln!(text, "{indent}{key}:");
            credentials(text, &field.schema, keys, value)?;
        } else {
            let _ = writeln!(text, "{indent}{key}: {}", quoted(&value(&keys.join("."))?));
        }
        keys.pop();
    }
    Ok(())
}

/// Every key of a schema, commented out, with its default. A `#` less before each key makes it
/// the file of the defaults.
pub(super) fn configuration(schema: &Schema, defaults: &Json) -> String {
    let mut text = String::from(
        "# Every key, with its default. To change one, take away the `#` before it and before the\n\
         # keys that it is in.\n",
    );
    for (key, field) in schema.fields.iter().flatten().filter(|(_, field)| !field.alias) {
        text.push('\n');
        key_of(&mut text, "", key, field, defaults.get(key));
    }
    text
}

fn key_of(text: &mut String, indent: &str, key: &str, field: &Field, default: Option<&Json>) {
    let mut doc = field.doc.clone().unwrap_or_default();
    if !field.choices.is_empty() {
        let _ = write!(doc, " One of: {}.", field.choices.join(", "));
    }
    let fields = field.schema.fields.as_ref();
    if let (Some(fields), Some(Json::Null)) = (fields, default) {
        let keys: Vec<&str> = fields.keys().map(String::as_str).collect();
        let _ = write!(doc, " Its keys: {}.", keys.join(", "));
    }
    let below = if indent.is_empty() { String::new() } else { format!("#{indent}") };
    comment(text, &below, doc.trim());
    match (fields, default) {
        (Some(fields), Some(Json::Object(values))) if !values.is_empty() => {
            let _ = writeln!(text, "#{indent}{key}:");
            for (inner, field) in fields.iter().filter(|(_, field)| !field.alias) {
                key_of(text, &format!("{indent}  "), inner, field, values.get(inner));
            }
        }
        (_, Some(value)) => {
            let _ = writeln!(text, "#{indent}{key}: {value}");
        }
        // It belongs to another variant, or has no default.
        (_, None) => {
            let _ = writeln!(text, "#{indent}#{key}:");
        }
    }
}

fn comment(text: &mut String, indent: &str, doc: &str) {
    for line in doc.lines() {
        let _ = writeln!(text, "{indent}# {line}");
    }
}
