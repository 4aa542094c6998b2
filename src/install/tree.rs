//! Where the files of an installation go.
//!
//! **Invariant.** A place has no `.` and no `..` in it. In `--root` and `--destdir`, `..` is what it
//! is to a shell: above a symbolic link is the folder that the link leads to. In paths of the
//! configuration it takes away the part before it, as Compose and the engine take it: what is made
//! has to be what they mount.

use std::path::{Component, Path, PathBuf};

use crate::failure::Failure;

/// The folder below the package directory that is clp-gen's own.
pub const OWN: &str = ".clp-gen";

/// The package directory, and the folder that stands in for `/` while an installation is staged.
pub struct Tree {
    root: PathBuf,
    destdir: Option<PathBuf>,
}

impl Tree {
    /// The tree of a package directory.
    ///
    /// # Errors
    ///
    /// A path that cannot be written into files and commands.
    pub fn new(root: &Path, destdir: Option<&Path>) -> Result<Self, Failure> {
        let root = absolute(root)?;
        if root.to_str().is_none_or(|it| it.contains(char::is_control)) {
            let message = format!("{root:?} cannot be a package directory");
            let help = "Choose a path of UTF-8 text without line breaks for `--root`";
            return Err(Failure::input(message, help));
        }
        Ok(Self { root, destdir: destdir.map(absolute).transpose()? })
    }

    /// The package directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The package directory as text.
    ///
    /// # Panics
    ///
    /// Never: it was checked.
    #[must_use]
    pub fn root_text(&self) -> &str {
        self.root.to_str().expect("checked: it is UTF-8")
    }

    /// The folder that stands in for `/`, where the installation is only staged.
    #[must_use]
    pub fn destdir(&self) -> Option<&Path> {
        self.destdir.as_deref()
    }

    /// Where `path` (absolute, or below the package directory) is when the deployment runs.
    #[must_use]
    pub fn final_place(&self, path: &str) -> PathBuf {
        let mut plain = PathBuf::new();
        for component in self.root.join(path).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => drop(plain.pop()),
                Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                    plain.push(component);
                }
            }
        }
        plain
    }

    /// The one way to write a path: below the package directory, or absolute if it is not there.
    #[must_use]
    pub fn plain(&self, path: &str) -> String {
        let place = self.final_place(path);
        let below = place.strip_prefix(&self.root).unwrap_or(&place);
        below.to_string_lossy().into_owned()
    }

    /// Whether two paths are one place, maybe by symbolic links.
    #[must_use]
    pub fn is_same(&self, one: &str, other: &str) -> bool {
        one == other || real(&self.place(one)) == real(&self.place(other))
    }

    /// Where `path` is written.
    #[must_use]
    pub fn place(&self, path: &str) -> PathBuf {
        let place = self.final_place(path);
        match &self.destdir {
            Some(destdir) => destdir.join(place.strip_prefix("/").unwrap_or(&place)),
            None => place,
        }
    }

    /// Refuses a place that a symbolic link moves out of the staging folder.
    ///
    /// # Errors
    ///
    /// Such a place.
    pub fn stays_inside(&self, place: &Path) -> Result<(), Failure> {
        let Some(destdir) = &self.destdir else {
            return Ok(());
        };
        let real = nearest(place).and_then(|it| it.canonicalize().ok());
        let inside = real
            .zip(destdir.canonicalize().ok())
            .is_none_or(|(real, destdir)| real.starts_with(&destdir) || destdir.starts_with(real));
        if inside {
            return Ok(());
        }
        let message = format!("{} leads out of {}", place.display(), destdir.display());
        Err(Failure::input(message, "Remove the symbolic link, or stage into an empty folder"))
    }
}

/// The nearest folder at or above a place that is there.
#[must_use]
pub fn nearest(place: &Path) -> Option<&Path> {
    place.ancestors().find(|it| it.symlink_metadata().is_ok())
}

/// A place of a file or directory, without symbolic links in what is there of the way to it.
fn real(place: &Path) -> PathBuf {
    let folder = place.parent().and_then(nearest);
    let Some((folder, rest)) = folder.and_then(|it| Some((it, place.strip_prefix(it).ok()?)))
    else {
        return place.to_owned();
    };
    folder.canonicalize().map_or_else(|_| place.to_owned(), |it| it.join(rest))
}

/// An absolute path without `.` and `..`.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let path = std::path::absolute(path).map_err(|error| {
        Failure::Environment(format!("cannot find {}: {error}", path.display()))
    })?;
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                // Above a symbolic link is the folder that it leads to.
                plain = plain.canonicalize().unwrap_or(plain);
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                plain.push(component)
            }
        }
    }
    Ok(plain)
}
