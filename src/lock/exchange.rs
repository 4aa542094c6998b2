//! Other tools' forms of a lock: the ImagesLock of imgpkg and kbld, and a Compose file that
//! overrides images.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Image, Name, Service, Topology};
use nickel::{Node, Value};
use serde::Serialize;

use super::make::{Made, Situation, finish, must_be_online, with_situation};
use super::{Found, ImageDigest, Locked, Manifest, look_up};
use crate::failure::Failure;
use crate::files::Files;
use crate::registry::place::{HUB, Place};
use crate::registry::{self, Client};
use crate::report::Shown;
use crate::request::Request;
use crate::yaml;

/// The annotation in which kbld keeps what was asked for.
const ASKED: &str = "kbld.carvel.dev/id";

/// Another tool's form of a lock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// The ImagesLock of imgpkg, with kbld's annotations.
    ImagesLock,
    /// A Compose file with nothing but the images of services.
    Compose,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImagesLock {
    api_version: &'static str,
    kind: &'static str,
    images: Vec<LockedImage>,
}

#[derive(Serialize)]
struct LockedImage {
    image: String,
    annotations: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct ComposeFile {
    services: BTreeMap<Name, ComposeService>,
}

#[derive(Serialize)]
struct ComposeService {
    image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_policy: Option<&'static str>,
}

/// The lock of what `request` names, in another tool's form.
///
/// # Errors
///
/// No lock, and what the form cannot hold.
pub fn export(request: &Request, form: Form, json: bool) -> Result<String, Failure> {
    with_situation(request, json, |situation| {
        let Some(read) = situation.before else {
            let message = format!("there is no {}", situation.path.display());
            return Err(Failure::input(message, "Make it with `clp-gen lock`"));
        };
        match form {
            Form::ImagesLock => images_lock(&read.lock.images, &read.shown),
            Form::Compose => compose(situation.topology, &read.lock.pins()),
        }
    })
}

fn images_lock(images: &BTreeMap<Name, Locked>, file: &str) -> Result<String, Failure> {
    let mut found = vec![];
    let mut local = vec![];
    for (name, Locked { reference, found: it }) in images {
        match it {
            Found::Registry(Manifest { digest, .. }) => found.push(LockedImage {
                image: format!("{}@{}", full(reference), digest.as_str()),
                annotations: BTreeMap::from([(ASKED, reference.clone())]),
            }),
            Found::Local { .. } => {
                let message = format!("the image `{name}` ({reference}) is in no registry");
                let help = "An ImagesLock holds images of registries only: push it, and look it up \
                            with `clp-gen lock update`";
                local.push(Shown::file(file, message, Some(help.to_owned())));
            }
        }
    }
    if !local.is_empty() {
        return Err(Failure::Input(local));
    }
    let api_version = "imgpkg.carvel.dev/v1alpha1";
    Ok(targets::yaml_text(&ImagesLock { api_version, kind: "ImagesLock", images: found }))
}

/// The whole name of a reference's repository, as kbld writes it.
fn full(reference: &str) -> String {
    let repository = reference.rsplit_once(':').map_or(reference, |(repository, _)| repository);
    let Place { registry, path } = Place::new(repository, &BTreeMap::new());
    let registry = if registry == HUB { "index.docker.io".to_owned() } else { registry };
    format!("{registry}/{path}")
}

fn compose(topology: Topology, pins: &model::Lock) -> Result<String, Failure> {
    let topology = model::resolve(topology, Some(pins)).map_err(|problems| {
        let shown = problems.into_iter().map(|it| Shown::plain(it.message, it.hint));
        Failure::Differs(shown.collect())
    })?;
    let service = |(name, image): (Name, &Name)| {
        let image = &topology.images[image];
        let pull_policy = image.local.is_some().then_some("never");
        (name, ComposeService { image: model::ImageReference(image).to_string(), pull_policy })
    };
    let services = workloads(&topology).map(service).collect();
    Ok(targets::yaml_text(&ComposeFile { services }))
}

/// Every service and job, and the name of its image.
fn workloads(topology: &Topology) -> impl Iterator<Item = (Name, &Name)> {
    let services =
        topology.services.iter().map(|(name, Service { workload, .. })| (name, workload));
    let jobs = topology.jobs.iter().map(|(name, it)| (name, &it.workload));
    services.chain(jobs).map(|(name, workload)| (name.clone(), &workload.image))
}

/// Takes over what another tool's lock says of the package's images; the others stay as they are.
///
/// # Errors
///
/// A file that is in neither form, and digests that registries do not have.
pub fn import(
    request: &Request,
    file: &Path,
    options: &registry::Options,
    dry_run: bool,
    json: bool,
) -> Result<Made, Failure> {
    with_situation(request, json, |situation| {
        let said = said(file, &situation.topology)?;
        let mut notes: Vec<String> =
            said.strangers.iter().map(|it| format!("{it}: no image of this package")).collect();
        let mut images = BTreeMap::new();
        let mut wanted = BTreeMap::new();
        for (name, image) in &situation.topology.images {
            let before = situation.before.as_ref().and_then(|it| it.lock.images.get(name));
            let before = before.filter(|it| it.reference == image.asked());
            match (said.digests.get(name), before) {
                (Some(digest), Some(before)) if is_known(before, digest) => {
                    images.insert(name.clone(), before.clone());
                }
                (Some(digest), _) => {
                    wanted.insert(name.clone(), (image.clone(), digest.clone()));
                }
                (None, Some(before)) => {
                    images.insert(name.clone(), before.clone());
                }
                (None, None) => notes.push(absent(name, image, file)),
            }
        }
        images.extend(completed(&situation, wanted, request, options)?);
        situation.loaded.notes.append(&mut notes);
        finish(situation, images, dry_run, request)
    })
}

/// Whether the lock has this digest already, with everything else about it.
fn is_known(locked: &Locked, wanted: &ImageDigest) -> bool {
    match &locked.found {
        Found::Registry(Manifest { digest, media_type, platforms: _ }) => {
            digest == wanted && media_type.is_some()
        }
        Found::Local { .. } => false,
    }
}

fn absent(name: &Name, image: &Image, file: &Path) -> String {
    let (asked, file) = (image.asked(), file.display());
    format!("`{name}` ({asked}) is not in {file}: `clp-gen lock` adds it")
}

/// Images of which only the digest is known, with the rest, where the network may be used.
fn completed(
    situation: &Situation<'_, '_>,
    wanted: BTreeMap<Name, (Image, ImageDigest)>,
    request: &Request,
    options: &registry::Options,
) -> Result<BTreeMap<Name, Locked>, Failure> {
    let asked: BTreeMap<_, _> =
        wanted.iter().map(|(name, (image, _))| (name.clone(), image.asked())).collect();
    let found = if wanted.is_empty() || must_be_online(request, []).is_err() {
        let bare = |digest| Manifest { digest, media_type: None, platforms: BTreeMap::new() };
        wanted.into_iter().map(|(name, (_, digest))| (name, bare(digest))).collect()
    } else {
        let client = Client::new(options)?;
        let ask = |(image, digest): &(Image, ImageDigest)| {
            client.manifest(&client.place(&image.repository), digest.as_str())
        };
        let answers = look_up::all(&wanted, &ask);
        look_up::answered(situation.loaded, &situation.origins, answers)?
    };
    let locked = found.into_iter().map(|(name, manifest)| {
        let reference = asked[&name].clone();
        (name, Locked { reference, found: Found::Registry(manifest) })
    });
    Ok(locked.collect())
}

/// What a file says of the package's images.
struct Said {
    digests: BTreeMap<Name, ImageDigest>,
    /// What it says of others.
    strangers: Vec<String>,
}

fn said(file: &Path, topology: &Topology) -> Result<Said, Failure> {
    let bytes = Files::Disk.bytes(file)?;
    let shown = file.display().to_string();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let document = yaml::parse(&bytes).map_err(|problems| {
        let report = |yaml::Problem { message, span, path: _, help }| {
            Shown::at(&shown, &text, (span.start, span.end), message, help)
        };
        Failure::Input(problems.into_iter().map(report).collect())
    })?;
    let unknown = || {
        let help =
            "Name an ImagesLock of imgpkg or kbld, or a Compose file with the images of services";
        Failure::Input(vec![Shown::file(
            &shown,
            "this is in neither form that can be imported",
            Some(help.to_owned()),
        )])
    };
    let root = document.root.ok_or_else(unknown)?;
    let mut reader = Reader {
        shown: &shown,
        text: &text,
        topology,
        said: Said { digests: BTreeMap::new(), strangers: vec![] },
        problems: vec![],
    };
    match (string(&root, "kind"), root.find("services")) {
        (Some("ImagesLock"), _) => reader.images_lock(&root),
        (None, Some((_, services))) => reader.compose(services),
        _ => return Err(unknown()),
    }
    if reader.problems.is_empty() { Ok(reader.said) } else { Err(Failure::Input(reader.problems)) }
}

/// Reads what a file says, with every mistake in it.
struct Reader<'a> {
    shown: &'a str,
    text: &'a str,
    topology: &'a Topology,
    said: Said,
    problems: Vec<Shown>,
}

impl Reader<'_> {
    fn images_lock(&mut self, root: &Node) {
        let Some((_, Node { value: Value::List(images), span: _ })) = root.find("images") else {
            return self.problem(root, "an ImagesLock has a list `images`");
        };
        for item in images {
            let Some(image) = string(item, "image") else {
                self.problem(item, "an image of an ImagesLock has a key `image`");
                continue;
            };
            let Value::Map(entries) = &item.value else { continue };
            let annotations = entries.iter().find(|it| it.key == "annotations");
            let asked = annotations.and_then(|it| match &it.value.value {
                Value::Map(entries) => entries.iter().find(|it| it.key == ASKED),
                _ => None,
            });
            let asked = asked.and_then(|it| text(&it.value));
            let Some((repository, digest)) = self.digest(item, image) else { continue };
            let names = self.names(asked, &repository);
            if names.is_empty() {
                self.said.strangers.push(asked.unwrap_or(image).to_owned());
            }
            for name in names {
                self.say(item, name, digest.clone());
            }
        }
    }

    fn compose(&mut self, services: &Node) {
        let Value::Map(entries) = &services.value else {
            return self.problem(services, "`services` is a map");
        };
        let used: BTreeMap<String, Name> =
            workloads(self.topology).map(|(name, it)| (name.to_string(), it.clone())).collect();
        for entry in entries {
            let Some(image) = string(&entry.value, "image") else { continue };
            let Some((_, digest)) = self.digest(&entry.value, image) else { continue };
            match used.get(&entry.key) {
                Some(name) => self.say(&entry.value, name.clone(), digest),
                None => self.said.strangers.push(entry.key.clone()),
            }
        }
    }

    /// The repository (with a tag, if any) and the digest of `repository@digest`.
    fn digest(&mut self, node: &Node, image: &str) -> Option<(String, ImageDigest)> {
        let parts = image.rsplit_once('@');
        let found = parts.and_then(|(repository, digest)| {
            Some((repository.to_owned(), ImageDigest::parse(digest)?))
        });
        if found.is_none() {
            self.problem(node, "this image has no digest: `repository@sha256:…`");
        }
        found
    }

    /// The package's images that are meant: by what was asked for, else by the repository, if only
    /// one is of it.
    fn names(&self, asked: Option<&str>, repository: &str) -> Vec<Name> {
        let images = self.topology.images.iter();
        if let Some(asked) = asked {
            let same = |image: &Image| {
                image.asked() == asked || format!("{}:{}", full(&image.asked()), image.tag) == asked
            };
            return images.filter(|(_, it)| same(it)).map(|(name, _)| name.clone()).collect();
        }
        let whole = full(&format!("{repository}:"));
        let named: Vec<_> = images.filter(|(_, it)| full(&it.asked()) == whole).collect();
        let one_tag = named.iter().all(|(_, it)| it.tag == named[0].1.tag);
        if one_tag { named.into_iter().map(|(name, _)| name.clone()).collect() } else { vec![] }
    }

    fn say(&mut self, node: &Node, name: Name, digest: ImageDigest) {
        if self.said.digests.get(&name).is_some_and(|it| *it != digest) {
            return self.problem(node, &format!("this is another digest for the image `{name}`"));
        }
        self.said.digests.insert(name, digest);
    }

    fn problem(&mut self, node: &Node, message: &str) {
        let span = (node.span.start, node.span.end);
        self.problems.push(Shown::at(self.shown, self.text, span, message, None));
    }
}

fn string<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.find(key).and_then(|(_, it)| text(it))
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
