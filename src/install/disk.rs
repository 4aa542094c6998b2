//! What is at a place of this machine, and who is asking.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::plan::Owner;
use super::record::Original;
use super::tree::nearest;
use crate::digest::Digest;
use crate::failure::Failure;

/// What is at a place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A directory.
    Directory {
        /// Whose it is.
        owner: Owner,
        /// Whether nothing is in it.
        empty: bool,
    },
    /// A plain file.
    File {
        /// The digest of its bytes.
        digest: Digest,
        /// Its permission bits and owner.
        original: Original,
        /// When it was changed last: seconds and nanoseconds.
        modified: (i64, i64),
    },
    /// Something else, in words.
    Other(&'static str),
}

/// Lets other installations at the same place wait for as long as this lives. Where the directory
/// cannot be opened, nobody waits.
#[must_use]
pub fn alone(place: &Path) -> Option<fs::File> {
    let file = fs::File::open(nearest(place)?).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// Looks at a place.
///
/// # Errors
///
/// A place that cannot be read.
pub fn look(place: &Path) -> Result<Found, Failure> {
    let cannot = |error| Failure::Environment(format!("cannot read {}: {error}", place.display()));
    let metadata = match fs::symlink_metadata(place) {
        Ok(metadata) => metadata,
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            return Ok(Found::Nothing);
        }
        Err(error) => return Err(cannot(error)),
    };
    if metadata.is_symlink() {
        // A link to a directory is a way to keep data on another disk.
        return match fs::metadata(place) {
            Ok(metadata) if metadata.is_dir() => directory(place, &metadata).map_err(cannot),
            _ => Ok(Found::Other("a symbolic link")),
        };
    }
    if metadata.is_dir() {
        return directory(place, &metadata).map_err(cannot);
    }
    if !metadata.is_file() {
        return Ok(Found::Other("no plain file"));
    }
    let (uid, gid) = (metadata.uid(), metadata.gid());
    let mode = metadata.permissions().mode() & 0o7777;
    Ok(Found::File {
        digest: Digest::of(&fs::read(place).map_err(cannot)?),
        original: Original { mode, uid, gid },
        modified: (metadata.mtime(), metadata.mtime_nsec()),
    })
}

fn directory(place: &Path, metadata: &fs::Metadata) -> Result<Found, std::io::Error> {
    let owner = Owner { uid: metadata.uid(), gid: metadata.gid() };
    // What nobody lets us look into is not known to be empty.
    let empty = match fs::read_dir(place) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => false,
        Err(error) => return Err(error),
    };
    Ok(Found::Directory { owner, empty })
}

/// Whoever runs clp-gen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The effective user and group.
    pub owner: Owner,
    /// The other groups.
    pub groups: Vec<u32>,
}

impl Caller {
    /// Whoever runs this process.
    ///
    /// # Errors
    ///
    /// A machine that does not tell.
    pub fn of_this_process() -> Result<Self, Failure> {
        let status = fs::read_to_string("/proc/self/status").map_err(|error| {
            Failure::Environment(format!("cannot read /proc/self/status: {error}"))
        })?;
        let numbers = |key: &str| -> Vec<u32> {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
            line.split_whitespace().filter_map(|it| it.parse().ok()).collect()
        };
        // Real, effective, saved, file system.
        let effective = |key: &str| numbers(key).get(1).copied().unwrap_or_default();
        let owner = Owner { uid: effective("Uid:"), gid: effective("Gid:") };
        Ok(Self { owner, groups: numbers("Groups:") })
    }

    /// Whether everything is allowed to it.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.owner.uid == 0
    }

    /// Whether it may make files of `owner`'s.
    #[must_use]
    pub fn may_give_to(&self, owner: Owner) -> bool {
        let group = owner.gid == self.owner.gid || self.groups.contains(&owner.gid);
        self.is_root() || (owner.uid == self.owner.uid && group)
    }
}
