//! Where the user's files are read from: the disk, or a revision in git.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::failure::Failure;
use crate::report::Shown;
use crate::revision::Revision;

/// The largest file that is read.
const MOST_BYTES: u64 = 4 << 20;

/// Where the user's files are.
#[derive(Clone, Debug, Default)]
pub enum Files {
    /// As they are now.
    #[default]
    Disk,
    /// As they were. What is not in its repository is read as it is now.
    Revision(Arc<Revision>),
}

impl Files {
    /// The revision that a path belongs to, and its path there.
    fn tracked(&self, path: &Path) -> Option<(&Revision, String)> {
        match self {
            Self::Disk => None,
            Self::Revision(revision) => Some((revision, revision.below(path)?)),
        }
    }

    /// Whether there is a file at a path.
    #[must_use]
    pub fn is_file(&self, path: &Path) -> bool {
        match self.tracked(path) {
            Some((revision, path)) => revision.is_file(&path),
            None => path.is_file(),
        }
    }

    /// Whether there is a directory at a path.
    #[must_use]
    pub fn is_directory(&self, path: &Path) -> bool {
        match self.tracked(path) {
            Some((revision, path)) => revision.is_directory(&path),
            None => path.is_dir(),
        }
    }

    /// Whether there is anything at a path.
    #[must_use]
    pub fn exists(&self, path: &Path) -> bool {
        match self.tracked(path) {
            Some((revision, path)) => revision.is_file(&path) || revision.is_directory(&path),
            None => path.exists(),
        }
    }

    /// The place of a file below a folder, links followed; `None` where there is none.
    ///
    /// # Errors
    ///
    /// A link that leads out of the folder.
    pub fn inside(&self, folder: &Path, path: &str) -> Result<Option<PathBuf>, String> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let place = folder.join(path);
        let (real, inside) = match (self.tracked(&place), self.tracked(folder)) {
            (Some((revision, place)), Some((_, folder))) => {
                let Some(real) = revision.followed(&place) else { return Ok(None) };
                let inside = folder.is_empty() || Path::new(&real).starts_with(&folder);
                (revision.top().join(real), inside)
            }
            _ => {
                let Ok(real) = place.canonicalize() else { return Ok(None) };
                let inside = folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
                (real, inside)
            }
        };
        if inside {
            return Ok(Some(real));
        }
        Err(format!("`{path}` is a symbolic link that leads out of the folder"))
    }

    /// The bytes of a file of the user's.
    ///
    /// # Errors
    ///
    /// A file that is not there, is no file or is too large is a mistake; one that cannot be read
    /// is the machine's failure.
    pub fn bytes(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        let Some((revision, tracked)) = self.tracked(path) else {
            return on_disk(path);
        };
        let bytes = match revision.bytes(&tracked)? {
            Some(bytes) => bytes,
            None if revision.is_directory(&tracked) => {
                return Err(mistake(
                    path,
                    "this is a directory, not a file",
                    "Name the file in it",
                ));
            }
            None => {
                let message = format!("there is no such file in {}", revision.name());
                return Err(mistake(path, &message, "Check the path, and whether git knows it"));
            }
        };
        if bytes.len() as u64 > MOST_BYTES {
            return Err(too_large(path));
        }
        Ok(bytes)
    }
}

fn mistake(path: &Path, message: &str, help: &str) -> Failure {
    let shown = path.display().to_string();
    Failure::Input(vec![Shown::file(&shown, message, Some(help.to_owned()))])
}

fn too_large(path: &Path) -> Failure {
    mistake(path, "this file is larger than 4 MiB", "Check that it is the right file")
}

fn on_disk(path: &Path) -> Result<Vec<u8>, Failure> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => mistake(path, "there is no such file", "Check the path"),
        ErrorKind::NotADirectory => {
            mistake(path, "a part of this path is no directory", "Check the path")
        }
        _ => cannot(path, &error),
    })?;
    if metadata.is_dir() {
        return Err(mistake(path, "this is a directory, not a file", "Name the file in it"));
    }
    if metadata.len() > MOST_BYTES {
        return Err(too_large(path));
    }
    let mut bytes = vec![];
    let file = fs::File::open(path);
    // A device or pipe has no length, so the limit holds while reading too.
    file.and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| cannot(path, &error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(too_large(path));
    }
    Ok(bytes)
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Environment(format!("cannot read {}: {error}", path.display()))
}
