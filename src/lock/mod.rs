//! `clp-gen.lock`: which bytes each image tag stood for when it was looked up.
//!
//! [`wire`] is the file's form, `docs/lock-format.md` its specification; [`pin`] is what a build
//! does with it; [`make`] makes it ([`look_up`] asks registries), [`audit`] asks whether it is still
//! right, [`exchange`] reads and writes other tools' forms of it.
//!
//! **Invariant.** A build reads the lock and never writes it. A lock that cannot be read is never
//! written over.

pub mod audit;
pub mod exchange;
pub mod look_up;
pub mod make;
pub mod pin;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use model::{Name, Pin, Pinned};

use crate::digest::Digest;
use crate::failure::Failure;
use crate::files::Files;
use crate::step::step;

/// The name of the lock that is used where there is one.
pub const LOCK_FILE: &str = "clp-gen.lock";

/// What a lock says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lock {
    /// The package whose images these are.
    pub package: Package,
    /// The images by their names in the package.
    pub images: BTreeMap<Name, Locked>,
}

/// The package that a lock was made for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Package {
    /// Its name: a lock serves no other.
    pub name: Name,
    /// The version of what it deploys, for information.
    pub version: String,
    /// What its files hashed to, for information; only `--locked` compares it.
    pub digest: String,
}

/// One image of a lock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Locked {
    /// What was asked for: `repository:tag`.
    pub reference: String,
    /// What was found.
    pub found: Found,
}

/// What an image was found to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found {
    /// A manifest or an index of a registry's.
    Registry(Manifest),
    /// An image of an engine's, by its id.
    Local {
        /// `sha256:…`.
        id: ImageDigest,
    },
}

/// A manifest, or an index of one manifest for each platform.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Manifest {
    /// Over its bytes.
    pub digest: ImageDigest,
    /// Its media type, where it was seen.
    pub media_type: Option<String>,
    /// The manifests by platform: `linux/arm64/v8`.
    pub platforms: BTreeMap<String, ImageDigest>,
}

/// A digest of the OCI's: `sha256:` and 64 hexadecimal digits, or `sha512:` and 128.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ImageDigest(String);

impl ImageDigest {
    /// The digest, unless `text` is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (algorithm, digits) = text.split_once(':')?;
        let length = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return None,
        };
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let valid = digits.len() == length && digits.chars().all(is_digit);
        valid.then(|| Self(text.to_owned()))
    }

    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Lock {
    /// What [`model::resolve`] pins with.
    #[must_use]
    pub fn pins(&self) -> model::Lock {
        let pinned = self.images.iter().map(|(name, Locked { reference, found })| {
            let pin = match found {
                Found::Registry(manifest) => Pin::Registry(manifest.digest.0.clone()),
                Found::Local { id } => Pin::Local(id.0.clone()),
            };
            (name.clone(), Pinned { reference: reference.clone(), pin })
        });
        model::Lock(pinned.collect())
    }

    /// The names of the images that no registry has, of those in `among`.
    #[must_use]
    pub fn local<'a>(&'a self, among: &BTreeSet<Name>) -> Vec<(&'a Name, &'a str)> {
        let local = self
            .images
            .iter()
            .filter(|(name, it)| among.contains(*name) && matches!(it.found, Found::Local { .. }));
        local.map(|(name, it)| (name, it.reference.as_str())).collect()
    }
}

/// A lock that was read.
#[derive(Clone, Debug)]
pub struct ReadLock {
    /// What it says.
    pub lock: Lock,
    /// The digest of its bytes.
    pub digest: Digest,
    /// What the user calls it.
    pub shown: String,
}

/// Reads the lock at `path`.
///
/// # Errors
///
/// A file that is not there, and one that is no lock of this version.
pub fn read(files: &Files, path: &Path) -> Result<ReadLock, Failure> {
    let bytes = files.bytes(path)?;
    let shown = path.display().to_string();
    let lock = wire::parse(&bytes, &shown).map_err(|report| Failure::Input(vec![report]))?;
    Ok(ReadLock { lock, digest: Digest::of(&bytes), shown })
}

/// Writes a lock, whole or not at all; one that is there already and says the same stays as it is.
/// Gives whether anything was written.
///
/// # Errors
///
/// What the disk refuses.
pub fn write(lock: &Lock, path: &Path) -> Result<bool, Failure> {
    let text = wire::print(lock);
    if fs::read(path).is_ok_and(|it| it == text.as_bytes()) {
        return Ok(false);
    }
    // What a symbolic link leads to is replaced, not the link.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mode = fs::metadata(&place).map_or(0o644, |it| it.permissions().mode() & 0o777);
    let write = || {
        let mut file = tempfile::Builder::new().prefix(".clp-gen-").tempfile_in(&folder)?;
        step("lock made");
        file.write_all(text.as_bytes())?;
        step("lock written");
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        step("lock synced");
        file.persist(&place).map_err(|error| error.error)?;
        step("lock named");
        fs::File::open(&folder)?.sync_all()
    };
    let cannot = |error: std::io::Error| {
        Failure::Environment(format!("cannot write {}: {error}", path.display()))
    };
    write().map(|()| true).map_err(cannot)
}
