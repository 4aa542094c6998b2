//! Result links: the names by which people find what they built.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{Held, ObjectId, Root, Served, cannot};
use crate::failure::Failure;
use crate::output;
use crate::step::step;

/// How often another process may be in the way of a link.
const TRIES: usize = 100;

/// Whether a link to this path is ours, whichever store it is in.
#[must_use]
pub fn leads_to_object(target: &Path) -> bool {
    let name = target.file_name().and_then(|it| it.to_str());
    let folder = target.parent().and_then(|it| it.file_name());
    name.and_then(ObjectId::parse).is_some() && folder.is_some_and(|it| it == "objects")
}

impl Held {
    /// Makes `link` lead to an object, and registers it.
    ///
    /// # Errors
    ///
    /// What is in the way, and whatever the disk refuses.
    pub fn link(&self, link: &Path, served: &Served, force: bool) -> Result<(), Failure> {
        let object = self.object(served.id);
        let place = absolute(link)?;
        self.register(&Root::Link(place.clone(), served.request.clone()))?;
        if fs::read_link(&place).is_ok_and(|target| target == object) {
            return Ok(());
        }
        output::may_replace(link, force)?;
        move_away(&place)?;
        replace(&place, &object).map_err(|error| cannot("write", link, &error))?;
        step("link named");
        Ok(())
    }
}

/// The absolute path of a link, its folder without links.
pub(super) fn absolute(link: &Path) -> Result<PathBuf, Failure> {
    let parent = match link.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let parent = parent.canonicalize().map_err(|error| cannot("find", parent, &error))?;
    Ok(parent.join(link.file_name().unwrap_or_default()))
}

/// Gives the link its name at once, over an older one.
fn replace(place: &Path, object: &Path) -> io::Result<()> {
    // Always the same name, so that what a killed process left is found.
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let new = place.with_file_name(format!(".{name}.clp-gen-new"));
    for _ in 0..TRIES {
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match symlink(object, &new) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            done => done?,
        }
        step("link staged");
        match fs::rename(&new, place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
    }
    Err(io::Error::other("other processes write it again and again"))
}

/// A directory that clp-gen wrote goes away as a whole.
fn move_away(place: &Path) -> Result<(), Failure> {
    if !fs::symlink_metadata(place).is_ok_and(|it| it.is_dir()) {
        return Ok(());
    }
    let parent = place.parent().unwrap_or(Path::new("/"));
    let away = || {
        let away = tempfile::Builder::new().prefix(".clp-gen-").tempdir_in(parent)?;
        fs::rename(place, away.path().join("old"))?;
        step("old directory moved");
        away.close()
    };
    away().map_err(|error| cannot("replace", place, &error))
}
