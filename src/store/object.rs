//! Objects: their names, and whether they are what their names say.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use targets::Entry;

use super::cannot;
use crate::digest::Digest;
use crate::failure::Failure;
use crate::output;

/// The name of an object: the digest of everything in it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ObjectId(Digest);

impl ObjectId {
    /// The name of an object with these files.
    #[must_use]
    pub fn of(contents: &BTreeMap<String, Entry>) -> Self {
        let lines = contents.iter().map(|(path, Entry { bytes, mode })| {
            line(output::Kind::Object.mode(*mode), &Digest::of(bytes), path)
        });
        Self(Digest::of(lines.collect::<String>().as_bytes()))
    }

    /// The name, from that of its folder.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Digest::from_digits(name).map(Self)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.digits())
    }
}

/// The name that what is in a folder should have; `None` if no object looks like this.
///
/// # Errors
///
/// A folder that cannot be read.
pub(super) fn digest(folder: &Path) -> Result<Option<ObjectId>, Failure> {
    let mut lines = String::new();
    for path in output::files(folder)? {
        let place = folder.join(&path);
        let metadata = fs::symlink_metadata(&place);
        let metadata = metadata.map_err(|error| cannot("read", &place, &error))?;
        if !metadata.is_file() {
            return Ok(None);
        }
        let bytes = fs::read(&place).map_err(|error| cannot("read", &place, &error))?;
        lines.push_str(&line(metadata.permissions().mode() & 0o7777, &Digest::of(&bytes), &path));
    }
    Ok(Some(ObjectId(Digest::of(lines.as_bytes()))))
}

fn line(mode: u32, digest: &Digest, path: &str) -> String {
    format!("{mode:o} {digest} {path}\n")
}
