//! Does what a plan says.
//!
//! **Invariant.** Everything is on the disk under temporary names before anything gets its own, so
//! what fails (a full disk, say) leaves the package directory as it was.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::plan::{Owner, Plan, Step};
use super::record::{Original, Record, Written};
use super::render::Rendered;
use super::tree::{OWN, Tree};
use crate::failure::Failure;

/// The permission bits of directories.
const DIRECTORY: u32 = 0o755;

/// Those of our own, which holds copies of files of others.
const OWN_DIRECTORY: u32 = 0o700;

/// Writes an installation.
///
/// # Errors
///
/// Whatever the disk refuses; then nothing is changed, unless it is the last step, giving files
/// their names, that fails.
pub fn execute(tree: &Tree, plan: Plan, files: &[Rendered], give: bool) -> Result<(), Failure> {
    let Plan { steps, record } = plan;
    let mut staging = Staging { tree, give, made: vec![], staged: vec![] };
    match staging.stage(&steps, files, record) {
        Ok(()) => {}
        Err(failure) => {
            staging.undo();
            return Err(failure);
        }
    }
    let Staging { staged, .. } = staging;
    for (temporary, place) in staged {
        temporary.persist(&place).map_err(|error| cannot("write", &place, &error.error))?;
        sync(&place).map_err(|error| cannot("write", &place, &error))?;
    }
    remove(tree, &steps)
}

/// Removes and restores, in the order of the steps.
///
/// # Errors
///
/// Whatever the disk refuses.
pub fn remove(tree: &Tree, steps: &[Step]) -> Result<(), Failure> {
    for step in steps {
        match step {
            Step::Remove(path) => {
                let place = tree.place(path);
                match fs::remove_file(&place) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(cannot("remove", &place, &error));
                    }
                    _ => {}
                }
            }
            Step::RemoveEmpty(path) => remove_empty(&tree.place(path)),
            Step::Restore(path, original) => {
                let (place, copy) = (tree.place(path), tree.place(&Record::copy_of(path)));
                restore(&copy, &place, original)
                    .map_err(|error| cannot("restore", &place, &error))?;
                remove_parents(&copy, &tree.place(OWN));
            }
            Step::Make(..) | Step::Give(..) | Step::Keep(..) | Step::Write { .. } => {}
        }
    }
    Ok(())
}

struct Staging<'a> {
    tree: &'a Tree,
    /// Whether owners are set.
    give: bool,
    made: Vec<PathBuf>,
    staged: Vec<(NamedTempFile, PathBuf)>,
}

impl Staging<'_> {
    fn stage(
        &mut self,
        steps: &[Step],
        files: &[Rendered],
        mut record: Record,
    ) -> Result<(), Failure> {
        if let Some(destdir) = self.tree.destdir() {
            fs::create_dir_all(destdir).map_err(|error| cannot("make", destdir, &error))?;
        }
        for step in steps {
            match step {
                Step::Make(path, owner) => self.make(path, *owner)?,
                Step::Give(path, owner) => {
                    let place = self.tree.place(path);
                    self.give(&place, *owner)
                        .map_err(|error| cannot("give away", &place, &error))?;
                }
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
        self.write(&Record::path(), record.text().as_bytes(), 0o644, None)?;
        Ok(())
    }

    fn make(&mut self, path: &str, owner: Option<Owner>) -> Result<(), Failure> {
        let place = self.tree.place(path);
        self.tree.stays_inside(&place)?;
        let mode = if path == OWN { OWN_DIRECTORY } else { DIRECTORY };
        fs::create_dir(&place).map_err(|error| cannot("make", &place, &error))?;
        self.made.push(place.clone());
        let finish = || {
            fs::set_permissions(&place, Permissions::from_mode(mode))?;
            owner.map_or(Ok(()), |owner| self.give(&place, owner))
        };
        finish().map_err(|error| cannot("make", &place, &error))
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
            let mut temporary = tempfile::Builder::new().prefix(".clp-gen-").tempfile_in(folder)?;
            temporary.write_all(bytes)?;
            if let Some(owner) = owner.filter(|_| self.give) {
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

    /// Lets go of everything.
    fn undo(self) {
        let Self { tree: _, give: _, made, staged } = self;
        drop(staged);
        made.iter().rev().for_each(|place| remove_empty(place));
    }
}

fn restore(copy: &Path, place: &Path, original: &Original) -> io::Result<()> {
    let Original { mode, uid, gid } = original;
    let folder = place.parent().unwrap_or(Path::new("/"));
    let mut temporary = tempfile::Builder::new().prefix(".clp-gen-").tempfile_in(folder)?;
    temporary.write_all(&fs::read(copy)?)?;
    let metadata = temporary.as_file().metadata()?;
    if (metadata.uid(), metadata.gid()) != (*uid, *gid) {
        fchown(temporary.as_file(), Some(*uid), Some(*gid))?;
    }
    temporary.as_file().set_permissions(Permissions::from_mode(*mode))?;
    temporary.as_file().sync_all()?;
    temporary.persist(place)?;
    fs::remove_file(copy)
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

/// Makes the name of a file last.
fn sync(place: &Path) -> io::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("/"));
    File::open(folder)?.sync_all()
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::Environment(format!("cannot {what} {}: {error}", path.display()))
}
