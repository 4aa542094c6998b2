//! Files get their names, and lose them: all of them, or none.
//!
//! **Invariant.** Whatever is replaced or removed keeps a second name until everything went well,
//! and gets its own back otherwise. The record comes last: where the process ends in between, it
//! still is the old one, and the same installation once more mends it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::execute::{TEMPORARY, cannot};
use crate::failure::Failure;

/// One thing that happens to a name.
pub(super) enum Change {
    /// A staged file gets it.
    Put(NamedTempFile, PathBuf),
    /// It goes, if it is there.
    Remove(PathBuf),
}

impl Change {
    fn place(&self) -> &Path {
        match self {
            Self::Put(_, place) | Self::Remove(place) => place,
        }
    }

    fn apply(self) -> io::Result<()> {
        match self {
            Self::Put(temporary, place) => {
                temporary.persist(place)?;
                Ok(())
            }
            Self::Remove(place) => match fs::remove_file(place) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done,
            },
        }
    }

    fn verb(&self) -> &'static str {
        match self {
            Self::Put(..) => "write",
            Self::Remove(_) => "remove",
        }
    }
}

/// What was at a place.
enum Before {
    Nothing,
    /// A file, with its second name.
    Kept(NamedTempFile<()>),
    /// A file, on a disk that gives no second names.
    Lost,
}

/// Does all of it.
///
/// # Errors
///
/// Whatever the disk refuses; then everything is as it was.
pub(super) fn commit(changes: Vec<Change>) -> Result<(), Failure> {
    let before: Vec<Before> = changes.iter().map(|it| second_name(it.place())).collect();
    let mut done = vec![];
    let mut folders = BTreeSet::new();
    for (change, before) in changes.into_iter().zip(before) {
        let (verb, place) = (change.verb(), change.place().to_owned());
        folders.extend(place.parent().map(ToOwned::to_owned));
        let applied = change.apply();
        done.push((place.clone(), before));
        if let Err(error) = applied {
            undo(done);
            return Err(cannot(verb, &place, &error));
        }
    }
    // The names last only when their folders are on the disk. A folder may be gone by now.
    for folder in folders {
        match File::open(&folder).and_then(|it| it.sync_all()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                undo(done);
                return Err(cannot("write to", &folder, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn second_name(place: &Path) -> Before {
    let Some(folder) = place.parent().filter(|_| place.symlink_metadata().is_ok()) else {
        return Before::Nothing;
    };
    let mut names = tempfile::Builder::new();
    names.prefix(TEMPORARY);
    names.make_in(folder, |name| fs::hard_link(place, name)).map_or(Before::Lost, Before::Kept)
}

/// The last first. Nothing more can be done about what fails here.
fn undo(done: Vec<(PathBuf, Before)>) {
    for (place, before) in done.into_iter().rev() {
        match before {
            Before::Nothing => drop(fs::remove_file(place)),
            Before::Kept(name) => drop(name.persist(place)),
            Before::Lost => {}
        }
    }
}
