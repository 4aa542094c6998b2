//! Whether an artifact on the disk is what its manifest says.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde::Serialize;

use crate::digest::Digest;
use crate::failure::Failure;
use crate::manifest::{FileRecord, MANIFEST, Written};
use crate::output;

/// What was found; paths are below the directory. All empty: the artifact is whole.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Found {
    /// Files with other content, another size, or another right to be run.
    pub edited: Vec<String>,
    /// Files that are not there.
    pub missing: Vec<String>,
    /// Files that do not belong there.
    pub extra: Vec<String>,
}

impl Found {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let Self { edited, missing, extra } = self;
        edited.is_empty() && missing.is_empty() && extra.is_empty()
    }
}

/// Compares a directory to its manifest.
///
/// # Errors
///
/// A directory without a manifest that this version can read, and whatever the disk refuses.
pub fn verify(directory: &Path) -> Result<(Written, Found), Failure> {
    let shown = directory.display();
    if !directory.exists() {
        return Err(Failure::input(format!("there is no {shown}"), "Check the path"));
    }
    let Some(written) = Written::read(directory)? else {
        let message = format!("{shown} is no artifact: it has no {MANIFEST}");
        return Err(Failure::input(message, "Name a directory that `clp-gen build` wrote"));
    };
    // A link is followed once.
    let real = directory.canonicalize().map_err(|error| {
        Failure::Environment(format!("cannot read {}: {error}", directory.display()))
    })?;
    let directory = real.as_path();
    let mut found = Found::default();
    let mut known = BTreeSet::from([MANIFEST]);
    for (path, record) in written.files.iter().chain(&written.beside) {
        known.insert(path);
        match is_same(&directory.join(path), record)? {
            None => found.missing.push(path.clone()),
            Some(false) => found.edited.push(path.clone()),
            Some(true) => {}
        }
    }
    if digest(&written).to_string() != written.artifact {
        found.edited.push(MANIFEST.to_owned());
    }
    let all = output::files(directory)?;
    found.extra = all.into_iter().filter(|path| !known.contains(path.as_str())).collect();
    Ok((written, found))
}

/// Whether a file is as recorded; `None` if there is none.
fn is_same(place: &Path, record: &FileRecord) -> Result<Option<bool>, Failure> {
    let FileRecord { mode, size, digest } = record;
    let cannot = |error| Failure::Environment(format!("cannot read {}: {error}", place.display()));
    let metadata = match fs::symlink_metadata(place) {
        Ok(metadata) => metadata,
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            return Ok(None);
        }
        Err(error) => return Err(cannot(error)),
    };
    if !metadata.is_file() || metadata.len() != *size as u64 {
        return Ok(Some(false));
    }
    // Who may read or write it depends on where it lies; whether it is run does not.
    let runs = u32::from_str_radix(mode, 8).is_ok_and(|it| it & 0o100 != 0);
    let bytes = fs::read(place).map_err(cannot)?;
    let same_mode = (metadata.permissions().mode() & 0o100 != 0) == runs;
    Ok(Some(same_mode && Digest::of(&bytes).to_string() == *digest))
}

/// The digest of an artifact with these files.
fn digest(written: &Written) -> Digest {
    let lines = written.files.iter().map(|(path, record)| {
        let FileRecord { mode, size: _, digest } = record;
        format!("{mode} {digest} {path}\n")
    });
    Digest::of(lines.collect::<String>().as_bytes())
}
