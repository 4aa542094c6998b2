//! Why two topologies differ: the inputs, defaults, packages, overlays and lock entries that are
//! not what they were, each once, with everything that hangs on it.

use std::collections::{BTreeMap, BTreeSet};

use model::{ImageReference, MountSource, Name, Package, Workload};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::fields::{self, Field};
use super::side::{Around, Known, OriginRecord};

/// One reason why something is not what it was.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Cause {
    /// What kind of thing changed.
    pub kind: Kind,
    /// What changed: `config.webui.port`, `image clp`, `package clp`.
    pub subject: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
    /// Where that stands: a file of the inputs, of the package or of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The services and jobs that hang on it.
    pub workloads: BTreeSet<Name>,
    /// The parts of the topology that hang on it: `files.settings`.
    pub parts: BTreeSet<String>,
}

/// The kinds of causes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Something that the user wrote into the configuration or the facts of the machine.
    Input,
    /// Something that the user wrote into `deployment.ncl`.
    Overlay,
    /// An option `--set`.
    Set,
    /// The default of a contract.
    Default,
    /// The package.
    Package,
    /// An entry of the lock file.
    Lock,
    /// An image that several things change.
    Image,
    /// It cannot be told which of several.
    Unknown,
}

/// The causes of `fields`, those on which most hangs first.
#[must_use]
pub fn causes(
    before: &Known,
    after: &Known,
    fields: &[Field],
    packages_differ: bool,
) -> Vec<Cause> {
    let search = Search::new(before, after, fields, packages_differ);
    let names = [before, after].map(|it| it.topology.package.name.as_str());
    if names[0] != names[1] {
        return vec![other_package(before, after)];
    }
    let mut found: BTreeMap<(Kind, String), Cause> = BTreeMap::new();
    for field in fields {
        for cause in search.of(field) {
            let known =
                found.entry((cause.kind, cause.subject.clone())).or_insert_with(|| cause.clone());
            known.workloads.extend(cause.workloads);
            known.parts.extend(cause.parts);
        }
    }
    let mut found: Vec<Cause> = found.into_values().collect();
    found.sort_by_key(|it| (std::cmp::Reverse(it.workloads.len()), it.kind, it.subject.clone()));
    found
}

/// With another package, everything has this one cause.
fn other_package(before: &Known, after: &Known) -> Cause {
    let named = |known: &Known| {
        let Package { name, version } = &known.topology.package;
        Some(json!(format!("{name} {version}")))
    };
    let workloads = [before, after].into_iter().flat_map(|it| {
        it.topology.services.keys().chain(it.topology.jobs.keys()).cloned().collect::<Vec<_>>()
    });
    Cause {
        kind: Kind::Package,
        subject: "package".to_owned(),
        before: named(before),
        after: named(after),
        at: None,
        workloads: workloads.collect(),
        parts: BTreeSet::new(),
    }
}

/// The inputs that are not what they were.
#[must_use]
pub fn changed_inputs(before: &Known, after: &Known) -> Vec<Field> {
    let mut found = vec![];
    for input in ["config", "host"] {
        let (one, other) = (&before.values[input], &after.values[input]);
        if !one.is_null() && !other.is_null() {
            found.extend(fields::values(input, one, other));
        }
    }
    found
}

struct Search<'a> {
    before: &'a Known,
    after: &'a Known,
    packages_differ: bool,
    /// The inputs that are not what they were.
    inputs: Vec<Input>,
    old: BTreeMap<String, Around>,
    new: BTreeMap<String, Around>,
}

/// An input that is not what it was.
struct Input {
    field: Field,
    kind: Kind,
    at: Option<String>,
}

impl<'a> Search<'a> {
    fn new(before: &'a Known, after: &'a Known, fields: &[Field], packages_differ: bool) -> Self {
        let changed = changed_inputs(before, after);
        let both = || fields.iter().chain(&changed);
        let old = both().map(|it| it.was.clone().unwrap_or_else(|| it.path.clone()));
        let old = before.origins(&old.collect());
        let new = after.origins(&both().map(|it| it.path.clone()).collect());
        let inputs = changed.into_iter().map(|field| {
            let (kind, at) = written(&field.path, &old, &new);
            Input { field, kind, at }
        });
        let mut inputs: Vec<Input> = inputs.collect();
        let by_hand = inputs.iter().any(|it| it.kind != Kind::Default);
        // With the same package, a default that differs was computed from what was written.
        inputs.retain(|it| it.kind != Kind::Default || packages_differ || !by_hand);
        Self { before, after, packages_differ, inputs, old, new }
    }

    /// Every cause of one field.
    fn of(&self, field: &Field) -> Vec<Cause> {
        let (workloads, parts) = self.depend_on(&field.path);
        let cause = |(kind, subject, before, after, at)| Cause {
            kind,
            subject,
            before,
            after,
            at,
            workloads: workloads.clone(),
            parts: parts.clone(),
        };
        match field.path.strip_prefix("images.") {
            Some(image) => vec![cause(self.image(field, image))],
            None => self.reasons(field).into_iter().map(cause).collect(),
        }
    }

    /// An image is a cause of its own: many things hang on it.
    fn image(&self, field: &Field, image: &str) -> Reason {
        let (name, last) = image.split_once('.').unwrap_or((image, ""));
        let reference = |known: &Known| {
            let image = known.topology.images.iter().find(|(it, _)| it.as_str() == name);
            image.map(|(_, image)| json!(ImageReference(image).to_string()))
        };
        let (before, after) = (reference(self.before), reference(self.after));
        if last == "digest" {
            return (Kind::Lock, format!("image {name}"), before, after, Some("lock".to_owned()));
        }
        let why: BTreeSet<String> = self.reasons(field).into_iter().map(|it| it.1).collect();
        let why = why.into_iter().collect::<Vec<_>>().join(", ");
        (Kind::Image, format!("image {name}"), before, after, Some(why))
    }

    fn reasons(&self, field: &Field) -> Vec<Reason> {
        let was = field.was.as_ref().unwrap_or(&field.path);
        let none = Around::new();
        let new = self.new.get(&field.path).unwrap_or(&none);
        let old = self.old.get(was).unwrap_or(&none);
        let first = |around: &Around| around.first().map(|(_, it)| it.clone());
        if let Some(reason) = overlay(field, first(old), first(new)) {
            // A value that was copied from an input has the place of that.
            let (_, _, _, _, at) = &reason;
            let copied = self.inputs.iter().find(|it| it.at == *at);
            return vec![copied.map_or(reason, input)];
        }
        for level in 0..new.len().max(old.len()) {
            let origins = [new.get(level), old.get(level)].into_iter().flatten();
            let mentions: BTreeSet<&String> = origins.flat_map(|(_, it)| &it.inputs).collect();
            let told: Vec<&&String> = mentions.iter().filter(|it| it.contains('.')).collect();
            let is_told = |it: &&Input| told.iter().any(|path| related(path, &it.field.path));
            let found: Vec<Reason> = self.inputs.iter().filter(is_told).map(input).collect();
            if !found.is_empty() {
                return found;
            }
        }
        vec![self.untold(first(new).or(first(old)))]
    }

    /// What no expression says: the package, the only input that changed, or one of several.
    fn untold(&self, origin: Option<OriginRecord>) -> Reason {
        let version = |known: &Known| known.topology.package.version.clone();
        let (before, after) = (version(self.before), version(self.after));
        let name = &self.after.topology.package.name;
        if before != after {
            return (
                Kind::Package,
                format!("package {name}"),
                Some(json!(before)),
                Some(json!(after)),
                None,
            );
        }
        if self.packages_differ {
            let at = origin.map(|it| it.at);
            let file = at.and_then(|it| Some(it.split(':').next()?.to_owned()));
            return (Kind::Package, format!("package {name}"), None, None, file);
        }
        match self.inputs.as_slice() {
            [only] => input(only),
            [] => (Kind::Unknown, "not known".to_owned(), None, None, None),
            several => {
                let names: Vec<&str> = several.iter().map(|it| it.field.path.as_str()).collect();
                (Kind::Unknown, format!("one of {}", names.join(", ")), None, None, None)
            }
        }
    }

    /// The workloads, and the parts besides, that hang on a path of the topology.
    fn depend_on(&self, path: &str) -> (BTreeSet<Name>, BTreeSet<String>) {
        let mut parts = path.split(['.', '[']);
        let (part, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let mut workloads = BTreeSet::new();
        for topology in [&self.before.topology, &self.after.topology] {
            let services = topology.services.iter().map(|(name, it)| (name, &it.workload));
            let jobs = topology.jobs.iter().map(|(name, it)| (name, &it.workload));
            let using = services.chain(jobs).filter(|(key, it)| uses(it, key, part, name));
            workloads.extend(using.map(|(name, _)| name.clone()));
        }
        let is_workload = ["services", "jobs"].contains(&part);
        let own = (!is_workload).then(|| match name {
            "" => part.to_owned(),
            name => format!("{part}.{name}"),
        });
        (workloads, own.into_iter().collect())
    }
}

/// What kind of cause an input is, and where it is written.
fn written(
    path: &str,
    old: &BTreeMap<String, Around>,
    new: &BTreeMap<String, Around>,
) -> (Kind, Option<String>) {
    let exact = |origins: &BTreeMap<String, Around>| {
        let (found, origin) = origins.get(path)?.first()?.clone();
        (found == path).then_some(origin)
    };
    let (old, new) = (exact(old), exact(new));
    let kind = |origin: &OriginRecord| match origin.layer.as_str() {
        "configuration" => Kind::Input,
        "deployment.ncl" => Kind::Overlay,
        "--set" => Kind::Set,
        _ => Kind::Default,
    };
    let by_hand = new.iter().chain(&old).find(|it| kind(it) != Kind::Default);
    match by_hand.or(new.as_ref()).or(old.as_ref()) {
        Some(origin) => (kind(origin), Some(origin.at.clone())),
        None => (Kind::Input, None),
    }
}

/// Kind, subject, value before, value now, place.
type Reason = (Kind, String, Option<Json>, Option<Json>, Option<String>);

fn input(input: &Input) -> Reason {
    let Input { field: Field { path, change: _, was: _, before, after }, kind, at } = input;
    (*kind, path.clone(), before.clone(), after.clone(), at.clone())
}

/// A value that the user wrote over that of the package.
fn overlay(field: &Field, old: Option<OriginRecord>, new: Option<OriginRecord>) -> Option<Reason> {
    // An expression that stayed where it is, and mentions inputs, is computed from them.
    if old == new && new.as_ref().is_some_and(|it| !it.inputs.is_empty()) {
        return None;
    }
    [new, old].into_iter().flatten().find_map(|OriginRecord { at, layer, inputs: _ }| {
        let kind = match layer.as_str() {
            "deployment.ncl" => Kind::Overlay,
            "--set" => Kind::Set,
            _ => return None,
        };
        let Field { path, change: _, was: _, before, after } = field;
        Some((kind, path.clone(), before.clone(), after.clone(), Some(at)))
    })
}

/// Whether one path is the other, or around it.
fn related(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|it| it.is_empty() || it.starts_with(['.', '[']))
    };
    within(one, other) || within(other, one)
}

/// Whether a workload uses a part of the topology.
fn uses(workload: &Workload, key: &Name, part: &str, name: &str) -> bool {
    let mounts = || workload.mounts.values().map(|it| &it.source);
    match part {
        "services" | "jobs" => key.as_str() == name,
        "images" => workload.image.as_str() == name,
        "users" => workload.user.as_str() == name,
        "files" => {
            mounts().any(|it| matches!(it, MountSource::File(file) if file.as_str() == name))
        }
        "volumes" => mounts().any(
            |it| matches!(it, MountSource::Volume { name: volume, .. } if volume.as_str() == name),
        ),
        "project" => true,
        _ => false,
    }
}
