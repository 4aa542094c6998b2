//! What a build does with the lock: pins its images, and refuses what the lock does not know.

use std::path::{Path, PathBuf};

use model::Topology;
use nickel::{Layer, Origins, Report};
use serde_json::Value as Json;

use super::{LOCK_FILE, Lock, ReadLock};
use crate::build::explained;
use crate::failure::Failure;
use crate::read::Loaded;
use crate::report::Shown;
use crate::request::Request;

/// The lock that `request` names, or the one that lies beside the project or in the package
/// directory.
#[must_use]
pub fn path(request: &Request, choices: &Json, project: &str) -> (PathBuf, bool) {
    if let Some(path) = &request.lock {
        return (path.clone(), true);
    }
    if let Some(path) = choices.get("lock").and_then(Json::as_str) {
        return (Path::new(project).join(path), true);
    }
    let here = Path::new(project).join(LOCK_FILE);
    let below_root = request.root.as_ref().map(|root| root.join(LOCK_FILE));
    let found = match below_root {
        Some(below)
            if request.root_only
                || (!request.files.exists(&here) && request.files.exists(&below)) =>
        {
            below
        }
        _ => here,
    };
    (found, false)
}

/// Reads the lock that `request` means; one that was not named may be absent.
///
/// # Errors
///
/// A named file that is not there, and one that is no lock.
pub fn find(request: &Request, choices: &Json, project: &str) -> Result<Option<ReadLock>, Failure> {
    let (path, named) = path(request, choices, project);
    if (!named || request.makes_lock) && !request.files.exists(&path) {
        return Ok(None);
    }
    super::read(&request.files, &path).map(Some)
}

/// The topology with the images that it uses, each pinned where there is a lock.
///
/// # Errors
///
/// A lock of another package; images that the lock does not have as they are asked for; with
/// `--locked`, whatever else differs; with `--release`, images that are not pinned.
pub fn pinned(
    loaded: &mut Loaded<'_>,
    topology: Topology,
    origins: &Origins,
) -> Result<Topology, Failure> {
    let lock = of(loaded)?;
    match &lock {
        None => without_lock(loaded)?,
        Some(read) => {
            of_this_package(read, &topology)?;
            if loaded.strict.locked {
                nothing_differs(loaded, read, &topology)?;
            }
        }
    }
    unused(loaded, &topology, origins);
    let pins = lock.as_ref().map(|it| it.lock.pins());
    let topology = model::resolve(topology, pins.as_ref())
        .map_err(|problems| Failure::Differs(explained(loaded, problems, origins)))?;
    if let Some(read) = lock.filter(|_| loaded.strict.release) {
        no_local_image(&read, &topology)?;
    }
    Ok(topology)
}

/// The lock of what was loaded. Commands that need none do not mind what is wrong with it.
///
/// # Errors
///
/// A named file that is not there, and one that is no lock.
pub fn of(loaded: &mut Loaded<'_>) -> Result<Option<ReadLock>, Failure> {
    match loaded.lock_failure.take() {
        Some(failure) => Err(failure),
        None => Ok(loaded.lock.clone()),
    }
}

fn without_lock(loaded: &mut Loaded<'_>) -> Result<(), Failure> {
    let help = "Make it with `clp-gen lock`, and keep it with the configuration";
    if loaded.strict.release {
        let message = format!("there is no {LOCK_FILE}: a release needs every image pinned");
        return Err(Failure::input(message, help));
    }
    if loaded.strict.locked {
        let message = format!("there is no {LOCK_FILE}, and `--locked` compares with it");
        return Err(Failure::Differs(vec![Shown::plain(message, Some(help.to_owned()))]));
    }
    loaded.notes.push(format!(
        "warning: no {LOCK_FILE}: images are not pinned until `clp-gen lock` makes it"
    ));
    Ok(())
}

/// Refuses a lock of another package.
///
/// # Errors
///
/// Such a lock.
pub fn of_this_package(read: &ReadLock, topology: &Topology) -> Result<(), Failure> {
    let (locked, wanted) = (&read.lock.package.name, &topology.package.name);
    if locked == wanted {
        return Ok(());
    }
    let message = format!("this lock is for the package `{locked}`, not for `{wanted}`");
    let help = "Name another with `--lock`: each package has its own";
    Err(Failure::Input(vec![Shown::file(&read.shown, message, Some(help.to_owned()))]))
}

/// Whatever keeps a lock from being exactly the one that would be made now, the contents of
/// registries aside.
fn nothing_differs(
    loaded: &Loaded<'_>,
    read: &ReadLock,
    topology: &Topology,
) -> Result<(), Failure> {
    let differences = differences(loaded, &read.lock, topology);
    if differences.is_empty() {
        return Ok(());
    }
    let help = Some("Bring it up to date with `clp-gen lock`".to_owned());
    let shown = differences.into_iter().map(|it| Shown::file(&read.shown, it, help.clone()));
    Err(Failure::Differs(shown.collect()))
}

/// What of a lock differs from what is asked for now, as sentences.
#[must_use]
pub fn differences(loaded: &Loaded<'_>, lock: &Lock, topology: &Topology) -> Vec<String> {
    let Lock { package, images } = lock;
    let mut found = vec![];
    if package.version != topology.package.version {
        let (old, new) = (&package.version, &topology.package.version);
        found.push(format!("the package was {old} when it was locked, and is {new}"));
    }
    if Some(&package.digest) != package_digest(loaded).as_ref() {
        found.push("the files of the package are not those that it was locked with".to_owned());
    }
    for (name, image) in &topology.images {
        let asked = image.asked();
        match images.get(name) {
            None => found.push(format!("the image `{name}` ({asked}) is not in this lock")),
            Some(locked) if locked.reference != asked => {
                let old = &locked.reference;
                found.push(format!(
                    "the image `{name}` was {old} when it was locked, and is {asked}"
                ));
            }
            Some(_) => {}
        }
    }
    let gone = images.keys().filter(|name| !topology.images.contains_key(*name));
    found.extend(gone.map(|name| format!("the package has no image `{name}` any more")));
    found
}

/// What the files of the package hash to.
#[must_use]
pub fn package_digest(loaded: &Loaded<'_>) -> Option<String> {
    loaded.digests.get("package").copied().flatten().map(|it| it.to_string())
}

/// Images that the user set and that nothing of this deployment uses: they are left out.
fn unused(loaded: &mut Loaded<'_>, topology: &Topology, origins: &Origins) {
    let used = model::used_images(topology);
    let mut reports = vec![];
    for name in topology.images.keys().filter(|it| !used.contains(*it)) {
        let fields = ["repository", "tag"].map(|field| format!("images.{name}.{field}"));
        let mut set = fields.iter().filter_map(|path| origins.nearest(path));
        let Some(origin) = set.find(|it| it.layer >= Layer::Deployment) else {
            continue;
        };
        let report = Report::new(format!("nothing of this deployment uses the image `{name}`"));
        reports.push(report.at(origin.value.clone(), "this has no effect").warning());
    }
    let shown = loaded.shown(reports);
    loaded.warnings.extend(shown);
}

fn no_local_image(read: &ReadLock, topology: &Topology) -> Result<(), Failure> {
    let local = read.lock.local(&topology.images.keys().cloned().collect());
    if local.is_empty() {
        return Ok(());
    }
    let reports = local.into_iter().map(|(name, reference)| {
        let message = format!("the image `{name}` ({reference}) is in no registry");
        let help = "A release needs every image in a registry: push it, and look it up with \
                    `clp-gen lock update`";
        Shown::file(&read.shown, message, Some(help.to_owned()))
    });
    Err(Failure::Input(reports.collect()))
}
