//! The record of an installation: what belongs to clp-gen in a package directory.
//!
//! **Invariant.** Not even the digest of a secret is in it: what holds secrets is known by the
//! time of its last change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;

use serde::{Deserialize, Serialize};

use super::tree::{OWN, Tree};
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
        }
    }

    /// The path of the record's own file.
    #[must_use]
    pub fn path() -> String {
        format!("{OWN}/record.json")
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
        let place = tree.place(&Self::path());
        let shown = place.display();
        let bytes = match fs::read(&place) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::Environment(format!("cannot read {shown}: {error}")));
            }
        };
        let record: Option<Self> = serde_json::from_slice(&bytes).ok();
        match record.filter(|it| it.format <= FORMAT) {
            Some(record) => Ok(Some(record)),
            None => {
                let message = format!("{shown} is no record that this version can read");
                let help = "Use the version that installed it, or move the file away and install with `--adopt`";
                Err(Failure::input(message, help))
            }
        }
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
