//! The fields in which two topologies differ: what has a name is compared by it, a mount by where
//! it is seen, a port by its number, an item of a list by what surrounds it. What only has another
//! name is found to be renamed.

use std::collections::{BTreeMap, BTreeSet};

use model::{Name, Topology};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::rename;

/// One value in which two topologies differ.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Field {
    /// Its path, in the later topology unless it is gone.
    pub path: String,
    /// What became of it.
    pub change: Change,
    /// Its path before, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// The value now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
}

/// What became of something.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another one than before.
    Changed,
    /// It has another name.
    Renamed,
}

impl Change {
    /// The sign at the start of a line about it.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Changed => '~',
            Self::Renamed => '>',
        }
    }
}

/// What has another name than before: the part (`services`), then the names before, by those now.
pub type Renames = BTreeMap<&'static str, BTreeMap<Name, Name>>;

/// Every field in which two topologies differ, in the order of their paths, and what is renamed.
#[must_use]
pub fn topologies(before: &Topology, after: &Topology) -> (Vec<Field>, Renames) {
    let Topology {
        package,
        project,
        variant,
        services,
        jobs,
        externals,
        groups: _, // They are for drawings.
        absent: _, // What is not there is told of where it was.
        volumes,
        files,
        images,
        secrets,
        users,
        systemd,
    } = before;
    let mut draft = Draft::default();
    draft.whole("package", package, &after.package);
    draft.whole("project", project, &after.project);
    draft.whole("variant", variant, &after.variant);
    draft.part("services", services, &after.services);
    draft.part("jobs", jobs, &after.jobs);
    draft.part("externals", externals, &after.externals);
    draft.part("volumes", volumes, &after.volumes);
    draft.part("files", files, &after.files);
    draft.part("images", images, &after.images);
    draft.part("secrets", secrets, &after.secrets);
    draft.part("users", users, &after.users);
    draft.whole("systemd", systemd, &after.systemd);
    (draft.fields, draft.renames)
}

/// Every value in which two records of inputs differ.
#[must_use]
pub fn values(path: &str, before: &Json, after: &Json) -> Vec<Field> {
    let mut draft = Draft::default();
    draft.compare(path, path, before, after);
    draft.fields
}

#[derive(Default)]
struct Draft {
    fields: Vec<Field>,
    renames: Renames,
}

impl Draft {
    fn whole<T: PartialEq + Serialize>(&mut self, path: &str, before: &T, after: &T) {
        if before != after {
            self.compare(path, path, &json(before), &json(after));
        }
    }

    /// A part of the topology that is a map. What is equal is not looked into.
    fn part<T: PartialEq + Serialize>(
        &mut self,
        part: &'static str,
        before: &BTreeMap<Name, T>,
        after: &BTreeMap<Name, T>,
    ) {
        let gone = before.iter().filter(|(name, _)| !after.contains_key(*name));
        let gone: BTreeMap<&Name, Json> = gone.map(|(name, it)| (name, json(it))).collect();
        let new = after.iter().filter(|(name, _)| !before.contains_key(*name));
        let new: BTreeMap<&Name, Json> = new.map(|(name, it)| (name, json(it))).collect();
        let renamed = rename::find(part, &gone, &new);
        for (name, value) in &gone {
            if !renamed.values().any(|it| it == name) {
                self.note(format!("{part}.{name}"), Some(value.clone()), None);
            }
        }
        for (name, after) in after {
            let path = format!("{part}.{name}");
            match (before.get(name), renamed.get(name)) {
                (Some(before), _) if before == after => {}
                (Some(before), _) => self.compare(&path, &path, &json(before), &json(after)),
                (None, Some(old)) => {
                    let was = format!("{part}.{old}");
                    self.renamed(path.clone(), was.clone());
                    self.compare(&was, &path, &gone[old], &new[name]);
                }
                (None, None) => self.note(path, None, Some(json(after))),
            }
        }
        if !renamed.is_empty() {
            let names = renamed.into_iter().map(|(now, old)| (now.clone(), old.clone()));
            self.renames.insert(part, names.collect());
        }
    }

    fn compare(&mut self, was: &str, path: &str, before: &Json, after: &Json) {
        if before == after {
            return;
        }
        match (before, after) {
            (Json::Object(one), Json::Object(other)) if !is_leaf(one) && !is_leaf(other) => {
                match path.rsplit('.').next() {
                    Some("mounts") if path.split('.').count() == 3 => {
                        self.identified(was, path, (one, other), &["target"]);
                    }
                    Some("ports") if path.split('.').count() == 3 => {
                        self.identified(was, path, (one, other), &["container", "protocol"]);
                    }
                    _ => self.maps(was, path, one, other),
                }
            }
            (Json::Array(one), Json::Array(other)) => self.lists(was, path, one, other),
            _ => self.changed(was, path, before, after),
        }
    }

    fn maps(&mut self, was: &str, path: &str, one: &Map<String, Json>, other: &Map<String, Json>) {
        if is_other_variant(one, other) {
            return self.changed(
                was,
                path,
                &Json::Object(one.clone()),
                &Json::Object(other.clone()),
            );
        }
        let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        for key in keys {
            let (was, path) = (join(was, key), join(path, key));
            match (one.get(key), other.get(key)) {
                (Some(one), Some(other)) => self.compare(&was, &path, one, other),
                (Some(one), None) => self.note(was, Some(one.clone()), None),
                (None, other) => self.note(path, None, other.cloned()),
            }
        }
    }

    /// Maps whose entries are known by a field in them: the key may be another one.
    fn identified(
        &mut self,
        was: &str,
        path: &str,
        (one, other): (&Map<String, Json>, &Map<String, Json>),
        identity: &[&str],
    ) {
        let id = |value: &Json| -> Vec<Json> {
            identity.iter().map(|field| value.get(*field).cloned().unwrap_or_default()).collect()
        };
        let mut taken = BTreeSet::new();
        for (key, before) in one {
            // The same key first, so that two entries of one identity stay themselves.
            let same = other.get_key_value(key).filter(|(_, it)| id(it) == id(before));
            let found = same.or_else(|| {
                let mut new = other.iter().filter(|(key, _)| !one.contains_key(*key));
                new.find(|(key, it)| id(it) == id(before) && !taken.contains(*key))
            });
            let found = found.or_else(|| {
                // A field of its identity changed, and the name says that it is the same.
                let free = !one.iter().any(|(at, it)| {
                    at != key && other.get(key).is_some_and(|new| id(new) == id(it))
                });
                other.get_key_value(key).filter(|_| free)
            });
            match found {
                Some((now, after)) => {
                    taken.insert(now);
                    if now != key {
                        self.renamed(join(path, now), join(was, key));
                    }
                    self.compare(&join(was, key), &join(path, now), before, after);
                }
                None => self.note(join(was, key), Some(before.clone()), None),
            }
        }
        for (key, after) in other.iter().filter(|(key, _)| !taken.contains(*key)) {
            self.note(join(path, key), None, Some(after.clone()));
        }
    }

    fn lists(&mut self, was: &str, path: &str, one: &[Json], other: &[Json]) {
        let spelt = |items: &[Json]| items.iter().map(Json::to_string).collect::<Vec<_>>();
        let ops = capture_diff_slices(Algorithm::Myers, &spelt(one), &spelt(other));
        for op in ops {
            let (before, after) = (op.old_range(), op.new_range());
            if let DiffOp::Equal { .. } = op {
                continue;
            }
            // As many as before are the same ones, changed; else these are others.
            let both = if before.len() == after.len() { before.len() } else { 0 };
            for (old, new) in before.clone().zip(after.clone()).take(both) {
                let (was, path) = (format!("{was}[{old}]"), format!("{path}[{new}]"));
                self.compare(&was, &path, &one[old], &other[new]);
            }
            for old in before.skip(both) {
                self.note(format!("{was}[{old}]"), Some(one[old].clone()), None);
            }
            for new in after.skip(both) {
                self.note(format!("{path}[{new}]"), None, Some(other[new].clone()));
            }
        }
    }

    fn changed(&mut self, was: &str, path: &str, before: &Json, after: &Json) {
        if before.is_null() || after.is_null() {
            let value = |it: &Json| (!it.is_null()).then(|| it.clone());
            return self.note(path.to_owned(), value(before), value(after));
        }
        self.fields.push(Field {
            path: path.to_owned(),
            change: Change::Changed,
            was: (was != path).then(|| was.to_owned()),
            before: Some(before.clone()),
            after: Some(after.clone()),
        });
    }

    fn renamed(&mut self, path: String, was: String) {
        let change = Change::Renamed;
        self.fields.push(Field { path, change, was: Some(was), before: None, after: None });
    }

    fn note(&mut self, path: String, before: Option<Json>, after: Option<Json>) {
        let change = if before.is_some() { Change::Removed } else { Change::Added };
        self.fields.push(Field { path, change, was: None, before, after });
    }
}

/// Late-bound text is one value.
fn is_leaf(map: &Map<String, Json>) -> bool {
    map.contains_key("$text")
}

/// Whether both are variants with an argument, and not the same one.
fn is_other_variant(one: &Map<String, Json>, other: &Map<String, Json>) -> bool {
    let tag = |map: &Map<String, Json>| {
        let mut keys = map.keys();
        let key = keys.next().filter(|it| it.starts_with(|c: char| c.is_ascii_uppercase()));
        key.filter(|_| map.len() == 1).cloned()
    };
    tag(one).zip(tag(other)).is_some_and(|(one, other)| one != other)
}

fn join(path: &str, key: &str) -> String {
    format!("{path}.{key}")
}

fn json(value: &impl Serialize) -> Json {
    serde_json::to_value(value).expect("the topology is plain data")
}
