//! The record of an installation: what belongs to clp-gen in a package directory.
//!
//! **Invariant.** Not even the digest of a secret is in it: what holds secrets is known by the
//! time of its last change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::tree::{OWN, Tree};
use crate::digest::Digest;
use crate::failure::Failure;

/// The version of the record's format. A reader refuses a higher one.
const FORMAT: u32 = 1;

/// What was installed. Paths are absolute, or below the package directory.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    format: u32,
    /// `sha256:` and the digest of the artifact.
    pub artifact: String,
    /// The name of the target.
    pub target: String,
    /// The name of the deployment on its machine.
    pub project: String,
    /// Every file that was written.
    pub files: BTreeMap<String, Written>,
    /// Every directory that was made.
    pub directories: BTreeSet<String>,
    /// Files of others that were replaced, and of which a copy is kept.
    pub replaced: BTreeMap<String, Original>,
    /// What an installation that was cut off may have written besides.
    #[serde(skip)]
    pending: Option<BTreeMap<String, Written>>,
}

/// A file that was written, and how to tell that it was edited since.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Written {
    /// `sha256:` and its digest.
    Digest(String),
    /// It holds secrets: when it was written, in seconds and nanoseconds.
    Modified(i64, i64),
}

/// How a file was before it was replaced.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Original {
    /// Its permission bits.
    pub mode: u32,
    /// The user id of its owner.
    pub uid: u32,
    /// The group id of its owner.
    pub gid: u32,
}

impl Record {
    /// The record of an installation with nothing in it yet.
    #[must_use]
    pub fn new(artifact: String, target: &str, project: &str) -> Self {
        Self {
            format: FORMAT,
            artifact,
            target: target.to_owned(),
            project: project.to_owned(),
            files: BTreeMap::new(),
            directories: BTreeSet::new(),
            replaced: BTreeMap::new(),
            pending: None,
        }
    }

    /// Every path that we may have written.
    pub fn paths(&self) -> BTreeSet<&String> {
        self.files.keys().chain(self.pending.iter().flat_map(BTreeMap::keys)).collect()
    }

    /// Whether a file was edited since we wrote it; `None` if we did not.
    #[must_use]
    pub fn is_edited(&self, path: &str, found: Digest, modified: (i64, i64)) -> Option<bool> {
        let pending = self.pending.as_ref().and_then(|it| it.get(path));
        if pending.is_some_and(|it| !it.is_edited(found, modified)) {
            return Some(false);
        }
        // What was only about to be written is somebody else's still.
        self.files.get(path).map(|it| it.is_edited(found, modified))
    }

    /// The path of the record's own file.
    #[must_use]
    pub fn path() -> String {
        format!("{OWN}/record.json")
    }

    /// The path of the next record while an installation is under way.
    #[must_use]
    pub fn pending_path() -> String {
        format!("{OWN}/pending.json")
    }

    /// The path of the copy of a file that was replaced.
    #[must_use]
    pub fn copy_of(path: &str) -> String {
        match path.strip_prefix('/') {
            Some(absolute) => format!("{OWN}/replaced/absolute/{absolute}"),
            None => format!("{OWN}/replaced/below/{path}"),
        }
    }

    /// The record in a tree, where there is one.
    ///
    /// # Errors
    ///
    /// A record that cannot be read, or not by this version.
    pub fn read(tree: &Tree) -> Result<Option<Self>, Failure> {
        let record = read(&tree.place(&Self::path()))?;
        let Some(pending) = read(&tree.place(&Self::pending_path()))? else {
            return Ok(record);
        };
        let Self { artifact, target, project, files, directories, replaced, .. } = pending;
        let mut record = record.unwrap_or_else(|| Self::new(artifact, &target, &project));
        record.pending = Some(files);
        record.directories.extend(directories);
        // Of what has no copy yet, nothing was replaced.
        let kept =
            replaced.into_iter().filter(|(path, _)| tree.place(&Self::copy_of(path)).exists());
        record.replaced.extend(kept);
        Ok(Some(record))
    }

    /// The record as it is written.
    ///
    /// # Panics
    ///
    /// Never: it is plain data.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("it is plain data") + "\n"
    }
}

impl Written {
    /// Whether a file is no longer what was written.
    fn is_edited(&self, found: Digest, modified: (i64, i64)) -> bool {
        match self {
            Self::Digest(digest) => *digest != found.to_string(),
            // A staged installation was copied to its place, at a time that nobody wrote down.
            Self::Modified(0, 0) => false,
            Self::Modified(seconds, nanoseconds) => (*seconds, *nanoseconds) != modified,
        }
    }
}

fn read(place: &Path) -> Result<Option<Record>, Failure> {
    let shown = place.display();
    let bytes = match fs::read(place) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::Environment(format!("cannot read {shown}: {error}")));
        }
    };
    let record: Option<Record> = serde_json::from_slice(&bytes).ok();
    if let Some(record) = record.filter(|it| it.format <= FORMAT) {
        return Ok(Some(record));
    }
    let message = format!("{shown} is no record that this version can read");
    let help =
        "Use the version that installed it, or move the file away and install with `--adopt`";
    Err(Failure::input(message, help))
}
