//! What a file says as bytes to hash: comments, layout and the order of keys have no part in it.

use nickel::{Node, Value};

use super::{Document, core};

/// The canonical bytes of a document: JSON with sorted keys, whole numbers of any size, and
/// `.inf` and `.nan`, which JSON lacks. A file without a value has no bytes.
#[must_use]
pub fn canonical(document: &Document) -> Vec<u8> {
    let mut json = String::new();
    if let Some(root) = &document.root {
        write(root, &mut json);
    }
    json.into_bytes()
}

fn write(node: &Node, json: &mut String) {
    match &node.value {
        Value::Null => json.push_str("null"),
        Value::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
        Value::Integer(value) => json.push_str(&value.to_string()),
        Value::Float(value) => json.push_str(&core::spell(*value)),
        Value::String(text) => json.push_str(&quote(text)),
        Value::List(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                json.push_str(if index == 0 { "" } else { "," });
                write(item, json);
            }
            json.push(']');
        }
        Value::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|entry| &entry.key);
            json.push('{');
            for (index, entry) in entries.into_iter().enumerate() {
                json.push_str(if index == 0 { "" } else { "," });
                json.push_str(&quote(&entry.key));
                json.push(':');
                write(&entry.value, json);
            }
            json.push('}');
        }
    }
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always JSON")
}
