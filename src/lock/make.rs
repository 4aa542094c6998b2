//! Making the lock: which images there are, what is known of them, and what has to be looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use model::{Diagnostic, Image, Name, Topology};
use nickel::{Evaluated, Layer, Origins};

use super::{Found, ImageDigest, Lock, Locked, Manifest, Package, ReadLock, look_up, pin};
use crate::build::explained;
use crate::failure::Failure;
use crate::install::engine;
use crate::read::{Loaded, with_loaded};
use crate::registry::place::mistake;
use crate::registry::{self, Client};
use crate::report::Shown;
use crate::request::Request;

/// What a lock is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which images are looked up although the lock has them.
    pub update: Which,
    /// Which images are those of the engine.
    pub from_engine: Which,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// How registries are reached.
    pub registry: registry::Options,
}

/// Some images.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Which {
    /// None of them.
    #[default]
    None,
    /// Those of these names.
    Named(BTreeSet<String>),
    /// Each.
    All,
}

impl Which {
    fn has(&self, name: &Name) -> bool {
        match self {
            Self::None => false,
            Self::Named(names) => names.contains(name.as_str()),
            Self::All => true,
        }
    }
}

/// What was made.
pub struct Made {
    /// Where the lock is.
    pub path: PathBuf,
    /// The lock.
    pub lock: Lock,
    /// The lock as it was.
    pub before: Option<Lock>,
    /// Whether it was written.
    pub written: bool,
    /// Words for the user.
    pub notes: Vec<String>,
}

/// Everything that a command about the lock knows before it asks anybody.
pub struct Situation<'l, 'a> {
    /// What was loaded.
    pub loaded: &'l mut Loaded<'a>,
    /// What would be deployed, with every image of the package.
    pub topology: Topology,
    /// Where its values come from.
    pub origins: Origins,
    /// The lock as it is, of this package.
    pub before: Option<ReadLock>,
    /// Where it is, or will be.
    pub path: PathBuf,
}

/// Evaluates what `request` names, with every image of the package, and hands it to `work`.
///
/// # Errors
///
/// Every mistake of the user's, a lock that cannot be read or is another package's, and whatever
/// `work` fails with.
pub fn with_situation<T>(
    request: &Request,
    json: bool,
    work: impl FnOnce(Situation<'_, '_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let request = Request { makes_lock: true, ..request.clone() };
    with_loaded(&request, json, |loaded| {
        let Evaluated { topology, record: _, origins, warnings: _ } =
            loaded.evaluate(Layer::Set)?;
        let problems = explained(loaded, model::check(&topology), &origins);
        if !problems.is_empty() {
            return Err(Failure::Input(problems));
        }
        loaded.unbound();
        let before = pin::of(loaded)?;
        if let Some(read) = &before {
            pin::of_this_package(read, &topology)?;
        }
        let path = loaded.lock_path.clone();
        work(Situation { loaded, topology, origins, before, path })
    })
}

/// Makes the lock of what `request` names, and writes it unless that is not wanted.
///
/// # Errors
///
/// Whatever keeps an image from being known; with `--locked`, a lock that would change.
pub fn make(request: &Request, options: &Options, json: bool) -> Result<Made, Failure> {
    with_situation(request, json, |situation| {
        known_names(&situation.topology, &options.update)?;
        known_names(&situation.topology, &options.from_engine)?;
        let mut images = BTreeMap::new();
        let mut wanted = BTreeMap::new();
        for (name, image) in &situation.topology.images {
            if let Some(found) = of_engine(name, image, &options.from_engine)? {
                images.insert(name.clone(), found);
            } else if let Some(kept) = kept(&situation, name, image, options) {
                images.insert(name.clone(), kept);
            } else {
                wanted.insert(name.clone(), image.clone());
            }
        }
        images.extend(looked_up(&situation, &wanted, request, options)?);
        finish(situation, images, options.dry_run, request)
    })
}

/// The lock of these images: written, compared or only shown.
///
/// # Errors
///
/// With `--locked`, a lock that would change; what the disk refuses.
pub fn finish(
    situation: Situation<'_, '_>,
    images: BTreeMap<Name, Locked>,
    dry_run: bool,
    request: &Request,
) -> Result<Made, Failure> {
    let Situation { loaded, topology, origins: _, before, path } = situation;
    let package = Package {
        name: topology.package.name.clone(),
        version: topology.package.version.clone(),
        digest: pin::package_digest(loaded).unwrap_or_default(),
    };
    let lock = Lock { package, images };
    let before = before.map(|it| it.lock);
    if request.strict().locked && before.as_ref() != Some(&lock) {
        let message = "this lock is not up to date, and `--locked` keeps it as it is";
        let help = Some("Bring it up to date with `clp-gen lock`".to_owned());
        let shown = Shown::file(&path.display().to_string(), message, help);
        return Err(Failure::Differs(vec![shown]));
    }
    let written = !dry_run && super::write(&lock, &path)?;
    Ok(Made { path, lock, before, written, notes: std::mem::take(&mut loaded.notes) })
}

/// Names that the package does not have.
fn known_names(topology: &Topology, which: &Which) -> Result<(), Failure> {
    let Which::Named(names) = which else {
        return Ok(());
    };
    let known: Vec<_> = topology.images.keys().map(Name::as_str).collect();
    let unknown = names.iter().filter(|it| !known.contains(&it.as_str()));
    let reports: Vec<_> = unknown
        .map(|name| {
            let help = format!("There are: {}", known.join(", "));
            Shown::plain(format!("the package has no image `{name}`"), Some(help))
        })
        .collect();
    if reports.is_empty() { Ok(()) } else { Err(Failure::Input(reports)) }
}

/// The image as the engine has it, where that is asked for. Where all of the engine's are, one that
/// it does not have is looked up.
fn of_engine(name: &Name, image: &Image, which: &Which) -> Result<Option<Locked>, Failure> {
    if !which.has(name) {
        return Ok(None);
    }
    let reference = image.asked();
    let id = engine::image_id(&reference).map_err(Failure::Environment)?;
    match id {
        Some(id) => Ok(Some(Locked { reference, found: Found::Local { id } })),
        None if *which == Which::All => Ok(None),
        None => {
            let message = format!("the engine has no image {reference} (`{name}`)");
            Err(Failure::input(message, "Build it or load it first, under this name"))
        }
    }
}

/// What the lock has already, if that is still what is asked for.
fn kept(
    situation: &Situation<'_, '_>,
    name: &Name,
    image: &Image,
    options: &Options,
) -> Option<Locked> {
    let locked = situation.before.as_ref()?.lock.images.get(name)?;
    let same = locked.reference == image.asked();
    (same && !options.update.has(name)).then(|| locked.clone())
}

fn looked_up(
    situation: &Situation<'_, '_>,
    wanted: &BTreeMap<Name, Image>,
    request: &Request,
    options: &Options,
) -> Result<BTreeMap<Name, Locked>, Failure> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    well_named(situation, wanted)?;
    must_be_online(request, wanted.values().map(Image::asked))?;
    let client = Client::new(&options.registry)?;
    let ask = |image: &Image| client.manifest(&client.place(&image.repository), &image.tag);
    let found: BTreeMap<Name, Manifest> =
        look_up::answered(situation.loaded, &situation.origins, look_up::all(wanted, &ask))?;
    let locked = found.into_iter().map(|(name, manifest)| {
        let reference = wanted[&name].asked();
        (name, Locked { reference, found: Found::Registry(manifest) })
    });
    Ok(locked.collect())
}

/// Refuses names that no registry could have.
fn well_named(
    situation: &Situation<'_, '_>,
    wanted: &BTreeMap<Name, Image>,
) -> Result<(), Failure> {
    let mistakes = wanted.iter().filter_map(|(name, Image { repository, tag, .. })| {
        let message = mistake(repository, tag)?;
        let field = if message.ends_with("tag") { "tag" } else { "repository" };
        let hint = "Write `registry/path` and a tag, without a digest: the lock pins it";
        Some(Diagnostic::value(format!("images.{name}.{field}"), message).hint(hint))
    });
    let reports = explained(situation.loaded, mistakes.collect(), &situation.origins);
    if reports.is_empty() { Ok(()) } else { Err(Failure::Input(reports)) }
}

/// Refuses to ask registries where no network may be used.
///
/// # Errors
///
/// `--offline` or `--frozen`.
pub fn must_be_online(
    request: &Request,
    wanted: impl IntoIterator<Item = String>,
) -> Result<(), Failure> {
    if !request.is_offline() {
        return Ok(());
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let message = format!("these would have to be looked up in registries: {}", wanted.join(", "));
    Err(Failure::input(message, "Leave out `--offline` or `--frozen`"))
}

/// The digest of an image or its id, as people see it.
#[must_use]
pub fn shown(found: &Found) -> String {
    match found {
        Found::Registry(Manifest { digest, .. }) => digest.as_str().to_owned(),
        Found::Local { id } => format!("local {}", ImageDigest::as_str(id)),
    }
}
