//! Files get their names, and lose them: all of them, or none.
//!
//! **Invariant.** Whatever is replaced or removed keeps a second name until everything went well,
//! and gets its own back otherwise. Where the process itself ends in between, the record that is
//! pending says what is ours, and the next installation mends it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::execute::{TEMPORARY, cannot};
use crate::failure::Failure;
use crate::step::step;

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

/// How a disk says that it gives no second names, or not to us.
const NO_NAMES: [io::ErrorKind; 4] = [
    io::ErrorKind::PermissionDenied,
    io::ErrorKind::Unsupported,
    io::ErrorKind::TooManyLinks,
    // The file is a mount by itself.
    io::ErrorKind::CrossesDevices,
];

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
    let before = changes.iter().map(|it| second_name(it.place()));
    let before: Vec<Before> = before.collect::<Result<_, _>>()?;
    let mut done = vec![];
    let mut folders = BTreeSet::new();
    for (change, before) in changes.into_iter().zip(before) {
        let (verb, place) = (change.verb(), change.place().to_owned());
        folders.extend(place.parent().map(ToOwned::to_owned));
        step("name of the installation about to change");
        let applied = change.apply();
        step("name of the installation changed");
        if let Err(error) = applied {
            undo(done);
            return Err(cannot(verb, &place, &error));
        }
        done.push((place, before));
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

fn second_name(place: &Path) -> Result<Before, Failure> {
    let Some(folder) = place.parent().filter(|_| place.symlink_metadata().is_ok()) else {
        return Ok(Before::Nothing);
    };
    let mut names = tempfile::Builder::new();
    names.prefix(TEMPORARY);
    match names.make_in(folder, |name| fs::hard_link(place, name)) {
        Ok(name) => Ok(Before::Kept(name)),
        Err(error) if NO_NAMES.contains(&error.kind()) => Ok(Before::Lost),
        Err(error) => Err(cannot("write to", folder, &error)),
    }
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
