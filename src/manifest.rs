//! `manifest.json`: what an artifact is, where it came from, and the digest of each file.
//!
//! No time, user, host name or path of a machine stands in it.

use std::collections::BTreeMap;

use model::{ImageReference, Name, Topology};
use serde::{Deserialize, Serialize};
use targets::Artifact;

use crate::build::Built;
use crate::digest::Digest;

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
    images: BTreeMap<&'a Name, String>,
    files: BTreeMap<&'a str, FileRecord>,
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

/// The part of a manifest that says what belongs to clp-gen.
#[derive(Deserialize)]
pub struct Written {
    /// The version of the format.
    pub format: u32,
    /// The files of the artifact.
    pub files: BTreeMap<String, FileRecord>,
}

/// The manifest of what was built.
#[must_use]
pub fn manifest(built: &Built) -> Manifest<'_> {
    let Topology { package, variant, images, .. } = &built.topology;
    Manifest {
        format: FORMAT,
        generator: concat!("clp-gen ", env!("CARGO_PKG_VERSION")).to_owned(),
        target: built.target.name(),
        package,
        variant: variant.as_deref(),
        artifact: built.digest,
        inputs: &built.inputs,
        images: images.iter().map(|(name, it)| (name, ImageReference(it).to_string())).collect(),
        files: records(&built.lowered.files),
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
