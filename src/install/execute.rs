//! Does what a plan says.
//!
//! **Invariant.** Everything is on the disk under temporary names before anything gets its own
//! ([`commit`](super::commit)), so what fails (a full disk, say) leaves everything as it was.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::commit::{Change, commit};
use super::plan::{Owner, Plan, Step};
use super::record::{Original, Record, Written};
use super::render::Rendered;
use super::tree::{OWN, Tree};
use crate::failure::Failure;
use crate::step::step;

/// What temporary names begin with.
pub(super) const TEMPORARY: &str = ".clp-gen-";

/// The permission bits of directories.
const DIRECTORY: u32 = 0o755;

/// Those of our own, which holds copies of files of others.
const OWN_DIRECTORY: u32 = 0o700;

/// Writes an installation.
///
/// # Errors
///
/// Whatever the disk refuses; then nothing is changed.
pub fn execute(tree: &Tree, plan: Plan, files: &[Rendered], give: bool) -> Result<(), Failure> {
    let Plan { steps, mut record } = plan;
    let mut staging = Staging::new(tree, give);
    let staged = staging.destdir().and_then(|()| staging.stage(&steps, files, &mut record));
    let staged = staged.and_then(|()| {
        let removed = removed(tree, &steps);
        staging.record(&record)?;
        staging.commit(removed, Some(tree.place(&Record::pending_path())))
    });
    finish(staging, staged, &steps, record.files.keys())
}

/// Removes what an installation that was cut off has left in a folder.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(TEMPORARY);
        if ours && entry.file_type().is_ok_and(|it| it.is_file()) {
            // Nobody needs it: if it stays, it is tried again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Takes an installation away.
///
/// # Errors
///
/// Whatever the disk refuses; then nothing is changed.
pub fn remove(tree: &Tree, before: &Record, steps: &[Step]) -> Result<(), Failure> {
    let mut staging = Staging::new(tree, true);
    let restored = steps.iter().try_for_each(|step| match step {
        Step::Restore(path, original) => staging.restore(path, original),
        _ => Ok(()),
    });
    let done = restored.and_then(|()| staging.commit(removed(tree, steps), None));
    finish(staging, done, steps, before.paths().into_iter())
}

/// What steps remove. What is put back takes the place of what goes.
fn removed(tree: &Tree, steps: &[Step]) -> Vec<Change> {
    let back = |path: &str| steps.iter().any(|it| matches!(it, Step::Restore(it, _) if it == path));
    let paths = steps.iter().filter_map(|step| match step {
        Step::Remove(path) if !back(path) => Some(Change::Remove(tree.place(path))),
        _ => None,
    });
    paths.collect()
}

/// Leaves nothing beside the files of `paths` and of the steps, and no directory that is empty
/// now.
fn finish<'a>(
    staging: Staging<'_>,
    done: Result<(), Failure>,
    steps: &'a [Step],
    paths: impl Iterator<Item = &'a String>,
) -> Result<(), Failure> {
    let tree = staging.tree;
    if done.is_err() {
        staging.undo();
        return done;
    }
    let touched = steps.iter().filter_map(|step| match step {
        Step::Restore(path, _) | Step::Remove(path) => Some(path),
        _ => None,
    });
    // Also of what was there before: it was in the same folders, or above them.
    let folders = paths.chain(touched).flat_map(|it| {
        let above = Path::new(it).ancestors().skip(1);
        above.take(if it.starts_with('/') { 1 } else { usize::MAX })
    });
    let folders: BTreeSet<&Path> = folders.chain([Path::new(OWN)]).collect();
    let folders = folders.into_iter().filter_map(|it| Some(tree.place(it.to_str()?)));
    folders.for_each(|it| sweep(&it));
    for step in steps {
        match step {
            Step::Restore(path, _) => {
                remove_parents(&tree.place(&Record::copy_of(path)), &tree.place(OWN));
            }
            Step::RemoveEmpty(path) => remove_empty(&tree.place(path)),
            _ => {}
        }
    }
    Ok(())
}

struct Staging<'a> {
    tree: &'a Tree,
    /// Whether owners are set.
    give: bool,
    made: Vec<PathBuf>,
    /// Directories that were given away, and whose they were.
    given: Vec<(PathBuf, Owner)>,
    staged: Vec<(NamedTempFile, PathBuf)>,
}

impl<'a> Staging<'a> {
    fn new(tree: &'a Tree, give: bool) -> Self {
        Self { tree, give, made: vec![], given: vec![], staged: vec![] }
    }

    /// Makes the folder that stands in for `/`.
    fn destdir(&mut self) -> Result<(), Failure> {
        let Some(destdir) = self.tree.destdir() else {
            return Ok(());
        };
        let missing: Vec<&Path> = destdir.ancestors().take_while(|it| !it.exists()).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(|error| cannot("make", folder, &error))?;
            self.made.push(folder.to_owned());
        }
        Ok(())
    }

    fn stage(
        &mut self,
        steps: &[Step],
        files: &[Rendered],
        record: &mut Record,
    ) -> Result<(), Failure> {
        for step in steps {
            match step {
                Step::Make(path, owner) => self.make(path, *owner)?,
                Step::Give(path, owner) => self.give_away(path, *owner)?,
                Step::Keep(path, _) => self.keep(path)?,
                Step::Write { path, mode, owner, replaces: _ } => {
                    let file = files.iter().find(|it| it.path == *path);
                    let file = file.expect("a plan writes what was rendered");
                    let modified = self.write(path, &file.bytes, *mode, *owner)?;
                    // A staged file is copied to its place later, at another time.
                    if file.secret && self.tree.destdir().is_none() {
                        record
                            .files
                            .insert(path.clone(), Written::Modified(modified.0, modified.1));
                    }
                }
                Step::Restore(..) | Step::Remove(_) | Step::RemoveEmpty(_) => {}
            }
        }
        Ok(())
    }

    /// Stages the record, first as what is under way, last as what is done.
    fn record(&mut self, record: &Record) -> Result<(), Failure> {
        for path in [Record::path(), Record::pending_path()] {
            self.write(&path, record.text().as_bytes(), 0o644, None)?;
        }
        self.staged.rotate_right(1);
        Ok(())
    }

    /// Gives everything its name, and takes these away before the last is put: the record, after
    /// which nothing is `pending`.
    fn commit(&mut self, removed: Vec<Change>, pending: Option<PathBuf>) -> Result<(), Failure> {
        let staged = std::mem::take(&mut self.staged).into_iter();
        let mut changes: Vec<_> = staged.map(|(file, place)| Change::Put(file, place)).collect();
        let last = pending.as_ref().and_then(|_| changes.pop());
        let done = pending.map(Change::Remove);
        commit(changes.into_iter().chain(removed).chain(last).chain(done).collect())
    }

    fn make(&mut self, path: &str, owner: Option<Owner>) -> Result<(), Failure> {
        let place = self.tree.place(path);
        self.tree.stays_inside(&place)?;
        let mode = if path == OWN { OWN_DIRECTORY } else { DIRECTORY };
        fs::create_dir(&place).map_err(|error| cannot("make", &place, &error))?;
        self.made.push(place.clone());
        step("directory of the installation made");
        let finish = || {
            fs::set_permissions(&place, Permissions::from_mode(mode))?;
            owner.map_or(Ok(()), |owner| self.give(&place, owner))
        };
        finish().map_err(|error| cannot("make", &place, &error))
    }

    fn give_away(&mut self, path: &str, owner: Owner) -> Result<(), Failure> {
        let place = self.tree.place(path);
        let give = || {
            let metadata = fs::metadata(&place)?;
            self.give(&place, owner)?;
            Ok(Owner { uid: metadata.uid(), gid: metadata.gid() })
        };
        let before = give().map_err(|error| cannot("give away", &place, &error))?;
        self.given.push((place, before));
        Ok(())
    }

    fn give(&self, place: &Path, owner: Owner) -> io::Result<()> {
        if self.give { chown(place, Some(owner.uid), Some(owner.gid)) } else { Ok(()) }
    }

    fn keep(&mut self, path: &str) -> Result<(), Failure> {
        let place = self.tree.place(path);
        let bytes = fs::read(&place).map_err(|error| cannot("read", &place, &error))?;
        self.write(&Record::copy_of(path), &bytes, 0o600, None)?;
        Ok(())
    }

    /// Writes a file under a temporary name beside its own; gives the time of its last change.
    fn write(
        &mut self,
        path: &str,
        bytes: &[u8],
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<(i64, i64), Failure> {
        let place = self.tree.place(path);
        self.tree.stays_inside(&place)?;
        let folder = place.parent().unwrap_or(Path::new("/"));
        let write = || {
            let mut temporary = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
            temporary.write_all(bytes)?;
            step("file of the installation written");
            let metadata = temporary.as_file().metadata()?;
            let is = Owner { uid: metadata.uid(), gid: metadata.gid() };
            if let Some(owner) = owner.filter(|it| self.give && *it != is) {
                fchown(temporary.as_file(), Some(owner.uid), Some(owner.gid))?;
            }
            temporary.as_file().set_permissions(Permissions::from_mode(mode))?;
            temporary.as_file().sync_all()?;
            let metadata = temporary.as_file().metadata()?;
            Ok((temporary, (metadata.mtime(), metadata.mtime_nsec())))
        };
        let (temporary, modified) = write().map_err(|error| cannot("write", &place, &error))?;
        self.staged.push((temporary, place));
        Ok(modified)
    }

    /// Stages a file of which a copy was kept, as it was.
    fn restore(&mut self, path: &str, original: &Original) -> Result<(), Failure> {
        let Original { mode, uid, gid } = original;
        let copy = self.tree.place(&Record::copy_of(path));
        let bytes = fs::read(&copy).map_err(|error| cannot("read", &copy, &error))?;
        let owner = Owner { uid: *uid, gid: *gid };
        self.write(path, &bytes, *mode, Some(owner)).map(drop)
    }

    /// Lets go of everything.
    fn undo(self) {
        let Self { tree: _, give: _, made, given, staged } = self;
        drop(staged);
        made.iter().rev().for_each(|place| remove_empty(place));
        for (place, Owner { uid, gid }) in given {
            // It was theirs a moment ago.
            let _ = chown(place, Some(uid), Some(gid));
        }
    }
}

/// Removes the folders of a file up to `top`, as far as they are empty.
fn remove_parents(place: &Path, top: &Path) {
    for folder in place.ancestors().skip(1).take_while(|it| it.starts_with(top)) {
        remove_empty(folder);
    }
}

/// Removes a directory unless something is in it, which is no failure.
fn remove_empty(place: &Path) {
    let _: io::Result<()> = fs::remove_dir(place);
}

/// What the disk refused.
pub(super) fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::Environment(format!("cannot {what} {}: {error}", path.display()))
}
