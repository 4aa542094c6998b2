//! Secrets that stand where keys do: `{password:hunter2}` is a key, and no password.
//!
//! **Invariant.** Beside secrets, a key that no contract knows is named only if it looks like a
//! key: in small letters, or like one that is known.

use nickel::{Node, STRAY, Schema, Span, Value, similar};

use crate::yaml;

/// Hides such keys below `node`, and gives their places.
pub(crate) fn hide(
    node: &mut Node,
    schema: &Schema,
    secret: &dyn Fn(&[&str]) -> bool,
) -> Vec<Span> {
    let mut hidden = vec![];
    visit(node, schema, secret, &mut vec![], &mut hidden);
    hidden
}

fn visit(
    node: &mut Node,
    schema: &Schema,
    secret: &dyn Fn(&[&str]) -> bool,
    path: &mut Vec<String>,
    hidden: &mut Vec<Span>,
) {
    let (Value::Map(entries), Some(fields)) = (&mut node.value, &schema.fields) else {
        return;
    };
    let beside = is_beside(schema, secret, path);
    for entry in entries {
        match fields.get(&entry.key) {
            Some(field) => {
                path.push(entry.key.clone());
                visit(&mut entry.value, &field.schema, secret, path, hidden);
                path.pop();
            }
            None if beside && !is_key(&entry.key, schema) => {
                // No key stands twice in a map.
                entry.key = format!("{STRAY}{}", "*".repeat(hidden.len()));
                hidden.push(entry.key_span);
            }
            None => {}
        }
    }
}

/// Whether what a map holds is secret, all of it or a part.
fn is_beside(schema: &Schema, secret: &dyn Fn(&[&str]) -> bool, path: &[String]) -> bool {
    let mut path: Vec<&str> = path.iter().map(String::as_str).collect();
    let fields = schema.fields.iter().flatten();
    secret(&path)
        || fields.map(|(key, _)| key).any(|key| {
            path.push(key);
            let found = secret(&path);
            path.pop();
            found
        })
}

fn is_key(key: &str, schema: &Schema) -> bool {
    let known: Vec<&str> = schema.fields.iter().flatten().map(|(key, _)| key.as_str()).collect();
    let word = |it: char| it.is_ascii_alphanumeric() || "_-".contains(it);
    let small = |it: char| it.is_ascii_lowercase() || "_-".contains(it);
    key.chars().all(small) || (key.chars().all(word) && similar(key, &known).is_some())
}

/// A problem of the reader's, without the keys that may be secrets.
pub(crate) fn without(
    problem: yaml::Problem,
    schema: &Schema,
    secret: &dyn Fn(&[&str]) -> bool,
) -> yaml::Problem {
    let mut schema = schema;
    let mut known: Vec<&str> = vec![];
    let mut shown: Vec<&str> = vec![];
    for key in problem.path.split('.') {
        let path: Vec<String> = known.iter().map(ToString::to_string).collect();
        let field = schema.fields.as_ref().and_then(|it| it.get(key));
        if field.is_none() && is_beside(schema, secret, &path) && !is_key(key, schema) {
            shown.push(STRAY);
            break;
        }
        shown.push(key);
        known.push(key);
        let Some(field) = field else { break };
        schema = &field.schema;
    }
    let shown = shown.join(".");
    if shown == problem.path || !shown.contains(STRAY) {
        return problem;
    }
    let message = problem.message.replace(&problem.path, &shown);
    yaml::Problem { message, path: shown, ..problem }
}
