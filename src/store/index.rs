//! The index: what a request came to last time, and everything that it looked at then.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use targets::Target;

use super::{Held, ObjectId};
use crate::build::Built;
use crate::digest::Digest;
use crate::failure::Failure;
use crate::files::Files;
use crate::report;
use crate::request::{Request, Strict};
use crate::seen::Seen;

/// The version of the format of entries. One of another version is not looked at.
const FORMAT: u32 = 1;

/// One request, and what came of it.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct IndexEntry {
    format: u32,
    /// The program that built it.
    pub(super) build_id: String,
    pub(super) asked: Asked,
    pub(super) seen: Seen,
    pub(super) object: ObjectId,
    pub(super) summary: Summary,
}

/// What was asked for, and from where.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Asked {
    target: String,
    directory: PathBuf,
    package: Option<String>,
    config: Option<PathBuf>,
    host: Option<PathBuf>,
    deployment: Option<PathBuf>,
    sets: Vec<String>,
    lock: Option<PathBuf>,
    locked: bool,
    release: bool,
}

/// What people are told of a build.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Summary {
    /// The digest of the artifact.
    pub artifact: Digest,
    /// The package.
    pub package: model::Package,
    /// The printed name of the deployment type.
    pub variant: Option<String>,
    /// How many services there are.
    pub services: usize,
    /// How many jobs there are.
    pub jobs: usize,
    /// How many files there are.
    pub files: usize,
    /// Warnings as they are printed, without and with colour.
    pub warnings: [String; 2],
    /// Words for the user.
    pub notes: Vec<String>,
}

impl Summary {
    /// What people are told of this build.
    #[must_use]
    pub fn of(built: &Built) -> Self {
        let topology = &built.topology;
        Self {
            artifact: built.digest,
            package: topology.package.clone(),
            variant: topology.variant.clone(),
            services: topology.services.len(),
            jobs: topology.jobs.len(),
            files: built.lowered.files.len(),
            warnings: [false, true].map(|colour| report::render(&built.warnings, colour)),
            notes: built.notes.clone(),
        }
    }
}

impl Asked {
    /// `None` for what is not kept: a check of credentials, of which nothing may be written, and
    /// texts that stand in for the library.
    pub(super) fn of(request: &Request, target: Target) -> Option<Self> {
        let Request { package, config, host, credentials, deployment, sets, lock, .. } = request;
        let other = request.activation || request.elsewhere || request.package_only;
        // That a secret has a value is no part of what is kept.
        let other = other || request.no_secrets;
        if credentials.is_some() || !request.library.is_empty() || other {
            return None;
        }
        match request.files {
            Files::Disk => {}
            Files::Revision(_) => return None,
        }
        let Strict { locked, release } = request.strict();
        Some(Self {
            target: target.name().to_owned(),
            directory: std::env::current_dir().ok()?,
            package: package.clone(),
            config: config.clone(),
            host: host.clone(),
            deployment: deployment.clone(),
            sets: sets.clone(),
            lock: lock.clone(),
            locked,
            release,
        })
    }

    /// The request again, and where it was made.
    pub(super) fn request(self) -> (Request, PathBuf) {
        let Self { target: _, directory, package, config, host, deployment, sets, .. } = self;
        let Self { lock, locked, release, .. } = self;
        let request =
            Request { package, config, host, deployment, sets, lock, ..Request::default() };
        (Request { locked, release, ..request }, directory)
    }

    /// The name of its entry; `None` where a path is no text.
    pub(super) fn name(&self) -> Option<String> {
        Some(Digest::of(&serde_json::to_vec(self).ok()?).digits())
    }
}

impl Held {
    /// What came of a request last time.
    pub(super) fn entry(&self, asked: &Asked) -> Option<IndexEntry> {
        self.entry_of(&asked.name()?).filter(|entry| entry.asked == *asked)
    }

    /// The entry of this name.
    pub(super) fn entry_of(&self, name: &str) -> Option<IndexEntry> {
        let bytes = fs::read(self.folder("index").join(name)).ok()?;
        let entry: IndexEntry = serde_json::from_slice(&bytes).ok()?;
        (entry.format == FORMAT).then_some(entry)
    }

    /// Keeps what came of a request.
    pub(super) fn remember(
        &self,
        asked: Asked,
        build_id: String,
        seen: Seen,
        (object, summary): (ObjectId, Summary),
    ) -> Result<(), Failure> {
        let Some(name) = asked.name() else {
            return Ok(());
        };
        let entry = IndexEntry { format: FORMAT, build_id, asked, seen, object, summary };
        // A path that is no text cannot be written down, and is looked at again each time.
        match serde_json::to_vec(&entry) {
            Ok(bytes) => self.write("index", &name, &bytes),
            Err(_) => Ok(()),
        }
    }
}
