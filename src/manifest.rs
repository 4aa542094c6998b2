//! `manifest.json`: what an artifact is, where it came from, and the digest of each file.
//!
//! `docs/artifact.md` describes it for others who read it. No time, user, host name or path of a
//! machine stands in it.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use model::{ImageReference, Name, Topology};
use serde::{Deserialize, Serialize};
use targets::Artifact;

use crate::build::Built;
use crate::digest::Digest;
use crate::failure::Failure;

/// The name of the manifest's file.
pub const MANIFEST: &str = "manifest.json";

/// The version of the manifest's format. A reader refuses a higher one.
pub const FORMAT: u32 = 1;

/// The manifest of an artifact.
#[derive(Serialize)]
pub struct Manifest<'a> {
    format: u32,
    generator: String,
    target: &'static str,
    package: &'a model::Package,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
    artifact: Digest,
    inputs: &'a BTreeMap<String, Option<Digest>>,
    lock: Option<Digest>,
    images: BTreeMap<&'a Name, String>,
    files: BTreeMap<&'a str, FileRecord>,
    /// What stands beside the files, and has no part in the artifact's digest.
    beside: BTreeMap<&'a str, FileRecord>,
}

/// One file of an artifact.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FileRecord {
    /// Its permission bits, octal.
    pub mode: String,
    /// Its size in bytes.
    pub size: usize,
    /// `sha256:` and its digest.
    pub digest: String,
}

/// A manifest that was read.
#[derive(Clone, Debug, Deserialize)]
pub struct Written {
    /// The version of the format.
    pub format: u32,
    /// The program that wrote it, with its version.
    #[serde(default)]
    pub generator: String,
    /// The name of the target.
    #[serde(default)]
    pub target: String,
    /// `sha256:` and the digest of the artifact.
    #[serde(default)]
    pub artifact: String,
    /// The digests of the inputs by name.
    #[serde(default)]
    pub inputs: BTreeMap<String, Option<String>>,
    /// The digest of the lock.
    #[serde(default)]
    pub lock: Option<String>,
    /// The images, with their digests where these are known.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
    /// The files of the artifact.
    pub files: BTreeMap<String, FileRecord>,
    /// What stands beside them.
    #[serde(default)]
    pub beside: BTreeMap<String, FileRecord>,
}

impl Written {
    /// The manifest in a directory; `None` if there is none.
    ///
    /// # Errors
    ///
    /// One that cannot be read, or not by this version.
    pub fn read(directory: &Path) -> Result<Option<Self>, Failure> {
        let path = directory.join(MANIFEST);
        let shown = path.display();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error)
                if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) =>
            {
                return Ok(None);
            }
            Err(error) => {
                return Err(Failure::Environment(format!("cannot read {shown}: {error}")));
            }
        };
        let Ok(Head { format }) = serde_json::from_slice(&bytes) else {
            let help = "Build again, into another place";
            return Err(Failure::input(format!("{shown} is no manifest"), help));
        };
        if format > FORMAT {
            let message = format!("{shown} has format {format}, and this version reads {FORMAT}");
            return Err(Failure::input(message, "Use the version of clp-gen that wrote it"));
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Failure::input(format!("{shown} is no manifest: {error}"), "Build again")
        })
    }
}

/// What says which version can read the rest.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// The manifest of what was built, with `beside` standing beside it.
#[must_use]
pub fn manifest<'a>(built: &'a Built, beside: &'a Artifact) -> Manifest<'a> {
    let Topology { package, variant, images, .. } = &built.topology;
    Manifest {
        format: FORMAT,
        generator: concat!("clp-gen ", env!("CARGO_PKG_VERSION")).to_owned(),
        target: built.target.name(),
        package,
        variant: variant.as_deref(),
        artifact: built.digest,
        inputs: &built.inputs,
        lock: built.lock,
        images: images.iter().map(|(name, it)| (name, ImageReference(it).to_string())).collect(),
        files: records(&built.lowered.files),
        beside: records(beside),
    }
}

fn records(artifact: &Artifact) -> BTreeMap<&str, FileRecord> {
    let records = artifact.iter().map(|(path, entry)| {
        let record = FileRecord {
            mode: format!("{:o}", entry.mode),
            size: entry.bytes.len(),
            digest: Digest::of(&entry.bytes).to_string(),
        };
        (path.as_str(), record)
    });
    records.collect()
}
