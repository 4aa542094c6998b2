//! What has another name than before, and is else the same or nearly so.

use std::collections::BTreeMap;

use model::Name;
use serde_json::Value as Json;

/// How much of two workloads has to be the same, in hundredths of their leaves.
const ENOUGH: usize = 60;

/// How many pairs are looked at: where everything has another name, nothing is a rename.
const MOST_PAIRS: usize = 10_000;

/// The values of something, by path.
type Leaves = BTreeMap<String, Json>;

/// The names before, by those now, of what is gone and what is new: the most alike first, each
/// once.
pub(super) fn find<'a>(
    part: &str,
    gone: &BTreeMap<&'a Name, Json>,
    new: &BTreeMap<&'a Name, Json>,
) -> BTreeMap<&'a Name, &'a Name> {
    let mut pairs = vec![];
    if gone.len() * new.len() > MOST_PAIRS {
        return BTreeMap::new();
    }
    let taken_apart = |all: &BTreeMap<&'a Name, Json>| -> Vec<_> {
        all.iter().map(|(name, it)| (*name, it.clone(), leaves(it))).collect()
    };
    let new = taken_apart(new);
    for (old, before, one) in taken_apart(gone) {
        for (now, after, other) in &new {
            let likeness = likeness(part, (&before, &one), (after, other));
            if likeness >= ENOUGH {
                pairs.push((std::cmp::Reverse(likeness), old, *now));
            }
        }
    }
    pairs.sort();
    let mut found: BTreeMap<&Name, &Name> = BTreeMap::new();
    for (_, old, now) in pairs {
        if !found.contains_key(now) && !found.values().any(|it| *it == old) {
            found.insert(now, old);
        }
    }
    found
}

/// How alike two things are, in hundredths. What says which thing it is decides alone.
fn likeness(
    part: &str,
    (before, one): (&Json, &Leaves),
    (after, other): (&Json, &Leaves),
) -> usize {
    let same = |field: &str| before[field] == after[field];
    let all = |same: bool| if same { 100 } else { 0 };
    match part {
        "volumes" => all(same("directory")),
        "files" => all(same("path") || same("content")),
        "images" => all(same("repository")),
        "secrets" => all(same("source")),
        "services" | "jobs" if !same("image") => 0,
        "services" | "jobs" => {
            let both = one.iter().filter(|(path, it)| other.get(*path) == Some(it)).count();
            both * 100 / one.len().max(other.len()).max(1)
        }
        _ => all(before == after),
    }
}

fn leaves(value: &Json) -> Leaves {
    let mut found = Leaves::new();
    collect(String::new(), value, &mut found);
    found
}

fn collect(path: String, value: &Json, found: &mut Leaves) {
    match value {
        Json::Object(map) => {
            map.iter().for_each(|(key, it)| collect(format!("{path}.{key}"), it, found));
        }
        Json::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(at, it)| collect(format!("{path}[{at}]"), it, found));
        }
        leaf => {
            found.insert(path, leaf.clone());
        }
    }
}
