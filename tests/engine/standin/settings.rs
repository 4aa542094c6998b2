//! As much of YAML and JSON as the generated files use: nested maps in blocks, and flat objects.

use std::collections::BTreeMap;

/// The scalars of a file, by path: `database.port`.
pub fn scalars(text: &str) -> BTreeMap<String, String> {
    match text.trim().strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
        Some(fields) => fields.split(",\"").filter_map(json).collect(),
        None => yaml(text),
    }
}

fn json(field: &str) -> Option<(String, String)> {
    let (key, value) = field.split_once("\":")?;
    let plain = |it: &str| it.trim().trim_matches('"').to_owned();
    Some((plain(key), plain(value)))
}

fn yaml(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<(usize, &str)> = vec![];
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let depth = key.len() - key.trim_start().len();
        open.retain(|(above, _)| *above < depth);
        open.push((depth, key.trim()));
        let path: Vec<&str> = open.iter().map(|(_, key)| *key).collect();
        found.insert(path.join("."), value.trim().trim_matches('"').to_owned());
    }
    found
}
