use std::collections::{BTreeMap, BTreeSet};

use model::Text;
use serde::{Deserialize, Serialize};

/// Where in an artifact the [`Installation`] stands.
pub const INSTALLATION: &str = "installation.json";

/// The folder, below the package directory, of the files that hold a secret of
/// [`Installation::secrets`] each, for a target that reads such files.
pub const SECRETS: &str = ".clp-gen/secrets";

/// What has to be done to put an artifact where it runs: data for whoever does it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// Directories that have to be there, parents first.
    pub directories: Vec<Directory>,
    /// Files of the artifact that have a place outside it.
    pub files: Vec<InstalledFile>,
    /// Derived secrets by the name that the target knows them by (a variable of `.env`, a Podman
    /// secret): text of literals and secrets only, composed and encoded at activation.
    pub secrets: BTreeMap<String, Text>,
    /// Variables of `.env` that hold another value whenever a rendered file holds other bytes, so
    /// that its readers are started again: name, and the file's path in the artifact.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub generations: BTreeMap<String, String>,
    /// Names of secrets without which the deployment starts too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub optional: BTreeSet<String>,
    /// By systemd unit, the files that have to be read again when they change: their paths, as
    /// `files` has them, or below [`SECRETS`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub readers: BTreeMap<String, BTreeSet<String>>,
}

/// A directory that has to be there.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Absolute, or relative to the package directory.
    pub path: String,
    /// The user id of its owner.
    pub uid: u32,
    /// The group id of its owner.
    pub gid: u32,
}

/// A file of the artifact that has a place outside it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct InstalledFile {
    /// Its path in the artifact.
    pub source: String,
    /// Where it goes: absolute, relative to the package directory, or, where it starts with `~/`,
    /// relative to the home of whoever installs.
    pub path: String,
    /// Whether it is a template with secrets, to be rendered at activation.
    pub template: bool,
    /// The user id of its owner.
    pub uid: u32,
    /// The group id of its owner.
    pub gid: u32,
    /// Its permission bits: `0o600` where secrets are in it.
    pub mode: u32,
}
