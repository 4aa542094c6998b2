//! `explain`: a line of an output file comes from the value that is named for it. That the place of
//! a value is right is shown in `origins`; here, that a line changes with its value.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use clp_gen::explain::lookup;
use model::Topology;
use serde_json::{Value as Json, json};
use targets::{Lowered, Target};

use crate::schema::mistakes;
use crate::{clp_gen, root, run, stderr, stdout};

/// The toy package, and CLP with everything configured on each target that can say it. The other
/// configurations of CLP go through the same back ends.
const FIXTURES: [&str; 2] = ["notes-overlay", "clp-s3"];

/// How many paths of one kind are tried for each target and fixture.
const MOST_OF_A_KIND: usize = 1;

/// A file, and a path that lines of it come from.
type Key = (String, String);

/// Every such pair.
fn keys(lowered: &Lowered) -> Vec<Key> {
    let traced = lowered.trace.iter();
    let keys =
        traced.flat_map(|(file, traced)| traced.iter().map(|it| (file.clone(), it.path.clone())));
    keys.collect::<BTreeSet<Key>>().into_iter().collect()
}

/// The text of the lines that come from a path, and from nothing in it.
fn text(lowered: &Lowered, (file, path): &Key) -> String {
    let Some(traced) = lowered.trace.get(file) else { return String::new() };
    let own: Vec<_> = traced.iter().filter(|it| it.path == *path).collect();
    let text = String::from_utf8_lossy(&lowered.files[file].bytes);
    let is_own = |number: usize| {
        own.iter().any(|it| {
            let inner = |other: &targets::TracedLines| {
                it.first <= other.first
                    && other.last <= it.last
                    && other.last - other.first < it.last - it.first
                    && (other.first..=other.last).contains(&number)
            };
            (it.first..=it.last).contains(&number) && !traced.iter().any(inner)
        })
    };
    let lines = text.lines().enumerate().filter(|(at, _)| is_own(at + 1));
    lines.map(|(_, line)| format!("{line}\n")).collect()
}

/// The paths of the leaves at and below a path.
fn leaves(path: &str, value: &Json, found: &mut Vec<String>) {
    match value {
        Json::Object(map) if !map.contains_key("$text") => {
            map.iter().for_each(|(key, it)| leaves(&format!("{path}.{key}"), it, found));
        }
        Json::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(at, it)| leaves(&format!("{path}[{at}]"), it, found));
        }
        _ => found.push(path.to_owned()),
    }
}

/// What may stand instead of a leaf; nothing at all, last.
fn instead(topology: &Json, leaf: &Json) -> Vec<Option<Json>> {
    let found: Vec<Json> = match leaf {
        Json::Null => vec![json!(1)],
        Json::Bool(value) => vec![json!(!value)],
        Json::Number(number) => {
            let number = number.as_f64().unwrap();
            vec![json!(number as i64 + 1), json!(number as i64 - 1), json!(number + 0.5)]
        }
        Json::String(text) => strings(topology, text).into_iter().map(Json::from).collect(),
        Json::Object(map) if map.contains_key("$text") => vec![json!("changed")],
        Json::Object(_) | Json::Array(_) => vec![],
    };
    found.into_iter().map(Some).chain([None]).collect()
}

/// Other strings: variants for a variant, else made-up ones and names.
fn strings(topology: &Json, text: &str) -> Vec<String> {
    let made = [format!("{text}x"), format!("/x{text}"), "10.9.8.7".to_owned()];
    let mut found: Vec<String> = made.into();
    if text.starts_with(|it: char| it.is_ascii_uppercase()) {
        let tags = ["Started", "Healthy", "Completed", "Udp", "Tcp", "Always", "No", "Shared"];
        found.splice(0..0, tags.map(ToOwned::to_owned));
    } else {
        let names = ["images", "users", "files", "volumes", "secrets"].into_iter();
        found.extend(names.flat_map(|it| topology[it].as_object().unwrap().keys().cloned()));
    }
    found.retain(|it| it != text);
    found
}

/// The topology with another value at a path, or without it.
fn changed(topology: &Json, path: &str, value: Option<&Json>) -> Option<Topology> {
    let mut topology = topology.clone();
    let (around, key) = path.rsplit_once(['.', '['])?;
    let parent = lookup(&topology, around)?;
    // Found again to be written: the pointer of the same place.
    let pointer = pointer(&topology, parent)?;
    let parent = topology.pointer_mut(&pointer)?;
    match (parent, value) {
        (Json::Object(map), Some(value)) => {
            map.insert(key.to_owned(), value.clone());
        }
        (Json::Object(map), None) => {
            map.remove(key);
        }
        (Json::Array(items), Some(value)) => {
            items[key.trim_end_matches(']').parse::<usize>().ok()?] = value.clone();
        }
        (Json::Array(items), None) => {
            items.remove(key.trim_end_matches(']').parse::<usize>().ok()?);
        }
        _ => return None,
    }
    let topology: Topology = serde_json::from_value(topology).ok()?;
    model::check(&topology).is_empty().then_some(topology)
}

/// The JSON pointer of a value inside of another, by identity.
fn pointer(inside: &Json, wanted: &Json) -> Option<String> {
    if std::ptr::eq(inside, wanted) {
        return Some(String::new());
    }
    let below = |key: &str, it| pointer(it, wanted).map(|below| format!("/{key}{below}"));
    match inside {
        Json::Object(map) => {
            map.iter().find_map(|(key, it)| below(&key.replace('~', "~0").replace('/', "~1"), it))
        }
        Json::Array(items) => {
            items.iter().enumerate().find_map(|(at, it)| below(&at.to_string(), it))
        }
        _ => None,
    }
}

#[test]
fn a_line_changes_with_the_value_that_it_comes_from() {
    let mut count = 0;
    let mut unchanged = vec![];
    for name in FIXTURES {
        let file = root().join("fixtures/accepted").join(name).join("topology.json");
        let json: Json = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let topology: Topology = serde_json::from_value(json.clone()).unwrap();
        // The lines of units are not shown to hold yet.
        for target in [Target::Compose, Target::Helm] {
            let Ok(lowered) = targets::lower(target, &topology) else { continue };
            let mut by_path: BTreeMap<String, Vec<(Key, String)>> = BTreeMap::new();
            for key in keys(&lowered) {
                let text = text(&lowered, &key);
                if !text.is_empty() {
                    by_path.entry(key.1.clone()).or_default().push((key, text));
                }
            }
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            // A chart has Helm take the digest of the files when it renders: no value is in that line.
            by_path.retain(|path, _| (target, path.as_str()) != (Target::Helm, "files"));
            for (path, open) in by_path {
                let times = seen.entry(kind(&path)).or_default();
                *times += 1;
                if *times > MOST_OF_A_KIND {
                    continue;
                }
                count += open.len();
                let open = still(target, &json, &path, open);
                let open = open.iter().map(|((file, path), _)| format!("{name} {file}: {path}"));
                unchanged.extend(open);
            }
        }
    }
    assert!(unchanged.is_empty(), "{}:\n{}", unchanged.len(), unchanged.join("\n"));
    assert!(count > 100, "{count} texts");
}

/// The path without the names and numbers that a package gives: what one back end does with one
/// field of the model.
fn kind(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    let part = |(at, part): (usize, &&str)| match at {
        1 => "*".to_owned(),
        3 if !["health", "logging", "resources", "content"].contains(&parts[2]) => "*".to_owned(),
        _ => part.split('[').next().unwrap().to_owned(),
    };
    parts.iter().enumerate().take(5).map(part).collect::<Vec<_>>().join(".")
}

/// Which texts no other value at a path changes. Of a path that is not written out, what is around
/// it decides.
fn still(target: Target, json: &Json, path: &str, open: Vec<(Key, String)>) -> Vec<(Key, String)> {
    let mut open = open;
    let around = |it: &str| it.rfind(['.', '[']).map(|at| it[..at].to_owned());
    let mut around = std::iter::successors(Some(path.to_owned()), |it| around(it));
    let there = around.find(|it| lookup(json, it).is_some()).expect("something is there");
    let mut tried = vec![];
    leaves(&there, lookup(json, &there).unwrap(), &mut tried);
    // Without the whole, no line of it is left; where it cannot be without, parts of it decide.
    tried.insert(0, there);
    for leaf in tried {
        for value in instead(json, lookup(json, &leaf).unwrap()) {
            if open.is_empty() {
                return open;
            }
            let Some(topology) = changed(json, &leaf, value.as_ref()) else { continue };
            let Ok(lowered) = targets::lower(target, &topology) else { continue };
            open.retain(|(key, before)| text(&lowered, key) == *before);
        }
    }
    open
}

fn explain(arguments: &[&str]) -> (i32, String, String) {
    let folder = root().join("fixtures/accepted/clp-full/in");
    let output = run(clp_gen(&folder, &[&["explain"], arguments].concat()));
    (output.status.code().unwrap(), stdout(&output), stderr(&output))
}

/// Where a port of the host goes, and from each of these lines back to it.
#[test]
fn a_value_is_found_from_each_of_its_lines() {
    let path = "services.webui.ports.http.publish.port";
    let (code, text, error) = explain(&[path, "--format", "json"]);
    assert_eq!(code, 0, "{error}");
    let data: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(data["contract"]["wanted"], "whole number, 1 to 65535");
    let mut count = 0;
    for target in data["targets"].as_array().unwrap() {
        for place in target["places"].as_array().unwrap() {
            let line = format!("{}:{}", place["file"].as_str().unwrap(), place["last"]);
            let (code, text, error) =
                explain(&[&line, "--target", target["target"].as_str().unwrap()]);
            assert_eq!(code, 0, "{error}");
            assert!(
                text.starts_with(&format!("{line} comes from services.webui.ports.http")),
                "{text}"
            );
            count += 1;
        }
    }
    assert!(count > 2, "{text}");
}

#[test]
fn explanations_fit_their_schema() {
    let schema = fs::read_to_string(root().join("docs/schemas/explain.json")).unwrap();
    let paths =
        ["config.webui.port", "services.webui", "compose.yaml:5", "volumes.archives", "host.cpus"];
    let set = ["--set", "config.webui.port=8000", "--format", "json"];
    let found = paths.map(|path| explain(&[&[path], &set[..]].concat()).1);
    for (text, mistakes) in found.iter().zip(mistakes(&schema, &found)) {
        assert!(mistakes.is_empty(), "{mistakes:?} in {text}");
    }
}

#[test]
fn what_leads_nowhere_is_said() {
    for (asked, said) in [
        ("compose.yaml:100000", "compose.yaml has only"),
        ("compose.yaml:2", "line 2 of compose.yaml comes from no single value"),
        ("no-such-file:1", "no target writes a file no-such-file"),
        ("services.webuu", "there is nothing at `services.webuu`"),
    ] {
        let (code, _, error) = explain(&[asked]);
        assert_eq!(code, 1);
        assert!(error.contains(said), "{error}");
    }
}
