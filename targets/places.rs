//! What has to be on the host before anything is started, for targets that run on one.

use std::collections::{BTreeMap, BTreeSet};

use model::{Diagnostic, User};

use crate::{Directory, InstalledFile};

/// The user and group ids of an owner.
pub(crate) type Owner = (u32, u32);

/// The numbers of `user`.
pub(crate) fn owner(user: &User) -> Owner {
    let User { uid, gid } = user;
    (*uid, *gid)
}

/// Directories and files by path.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Whole volumes.
    volumes: BTreeMap<String, Owner>,
    /// Parts of volumes: the owner of the volume, and those who mount or write the part.
    parts: BTreeMap<String, (Owner, BTreeSet<Owner>)>,
    files: BTreeMap<String, InstalledFile>,
}

impl Places {
    /// The directory of a whole volume.
    pub(crate) fn volume(&mut self, path: &str, owner: Owner) {
        self.volumes.insert(path.to_owned(), owner);
    }

    /// A directory in a volume of `volume_owner`'s, of use to `user`.
    pub(crate) fn part(&mut self, path: &str, volume_owner: Owner, user: Owner) {
        let part = self.parts.entry(path.to_owned());
        part.or_insert_with(|| (volume_owner, BTreeSet::new())).1.insert(user);
    }

    /// A file, which `path` of the topology asks for.
    pub(crate) fn file(&mut self, path: &str, file: InstalledFile) -> Result<(), Diagnostic> {
        let other = self.files.entry(file.path.clone()).or_insert_with(|| file.clone());
        if *other == file {
            return Ok(());
        }
        let message = format!("`{}` is installed at `{}` already", other.source, file.path);
        Err(Diagnostic::value(path, message).hint("Give one of the two another path"))
    }

    /// Directories, parents first, and files.
    pub(crate) fn finish(self) -> (Vec<Directory>, Vec<InstalledFile>) {
        let Self { volumes, parts, files } = self;
        let mut directories = volumes;
        for (path, (volume_owner, users)) in parts {
            // Whoever is alone with a part of a volume owns it; a shared part is the volume's.
            let mut users = users.into_iter();
            let owner = match (users.next(), users.next()) {
                (Some(user), None) => user,
                (Some(_), Some(_)) | (None, _) => volume_owner,
            };
            directories.entry(path).or_insert(owner);
        }
        for file in files.values() {
            if let Some(parent) = parent(&file.path) {
                directories.entry(parent.to_owned()).or_insert((file.uid, file.gid));
            }
        }
        // A path sorts after every directory above it.
        let directories = directories.into_iter();
        let directories = directories.map(|(path, (uid, gid))| Directory { path, uid, gid });
        (directories.collect(), files.into_values().collect())
    }
}

/// The directory of a file below the package directory. One elsewhere belongs to the machine: it
/// may have to be made, but its owner is nothing of ours.
fn parent(path: &str) -> Option<&str> {
    if path.starts_with('/') {
        return None;
    }
    Some(path.rsplit_once('/')?.0)
}

/// `path` as every place writes it.
pub(crate) fn trimmed(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    let trimmed = trimmed.strip_prefix("./").unwrap_or(trimmed);
    if trimmed.is_empty() && path.starts_with('/') { "/" } else { trimmed }
}

/// The path of a part of a directory.
pub(crate) fn below(directory: &str, part: &str) -> String {
    format!("{}/{}", directory.trim_end_matches('/'), trimmed(part))
}
