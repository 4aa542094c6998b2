//! The store: everything that was built, under the name of its content.
//!
//! ```text
//! STORE/objects/<digest>/   an artifact with its manifest, topology and trace; read-only
//! STORE/index/<digest>      what a request looked at, and the object that came of it
//! STORE/roots/<digest>      a result link or an installation, which keeps an object
//! STORE/tmp/                what is being written; a process that was killed leaves it here
//! STORE/lock                held shared by who writes, alone by who removes
//! ```
//!
//! **Invariant.** An object is whole from the moment that it has its name: it is written under
//! `tmp/`, synced and renamed.

mod gc;
mod index;
mod link;
mod list;
mod object;
mod root;
mod serve;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use targets::Entry;
use tempfile::TempDir;

pub use gc::Collected;
pub use index::Summary;
pub use link::leads_to_object;
pub use list::{Listed, ListedRoot};
pub use object::ObjectId;
pub use root::Root;
pub use serve::{Origin, Remembered, Served, serve};

use crate::failure::Failure;
use crate::output;
use crate::step::step;

/// The environment variable that names the store.
pub const VARIABLE: &str = "CLP_GEN_STORE";

/// A store, which may not be there yet.
#[derive(Clone, Debug)]
pub struct Store {
    place: PathBuf,
    /// Whether somebody named it.
    named: bool,
}

/// A store that this process may use. Dropping it lets go of the lock.
#[derive(Debug)]
pub struct Held {
    place: PathBuf,
    _lock: File,
}

impl Store {
    /// The store that was asked for, or that the environment names, or the user's.
    ///
    /// # Errors
    ///
    /// A user without a home.
    pub fn find(asked: Option<&Path>) -> Result<Self, Failure> {
        let from = |variable: &str| std::env::var_os(variable).filter(|it| !it.is_empty());
        let data = || match from("XDG_DATA_HOME").map(PathBuf::from).filter(|it| it.is_absolute()) {
            Some(data) => Some(data),
            None => Some(PathBuf::from(from("HOME")?).join(".local/share")),
        };
        let asked = asked.map(Path::to_owned).or_else(|| from(VARIABLE).map(PathBuf::from));
        let named = asked.is_some();
        let Some(place) = asked.or_else(|| Some(data()?.join("clp-gen/store"))) else {
            let help = format!("Name one with `--store DIR` or {VARIABLE}");
            return Err(Failure::input("there is no home directory to keep a store in", help));
        };
        let place = std::path::absolute(&place).map_err(|error| cannot("find", &place, &error))?;
        // Links lead through the real place.
        Ok(Self { place: place.canonicalize().unwrap_or(place), named })
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Whether somebody named it: then it is wanted.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// Whether there is one.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.place.join("objects").is_dir()
    }

    /// The store beside others that use it; it is made where there is none.
    ///
    /// # Errors
    ///
    /// A place that cannot be written.
    pub fn share(&self) -> Result<Held, Failure> {
        self.hold(File::lock_shared)
    }

    /// The store without anybody else.
    ///
    /// # Errors
    ///
    /// A place that cannot be written.
    pub fn alone(&self) -> Result<Held, Failure> {
        self.hold(File::lock)
    }

    fn hold(&self, lock: impl Fn(&File) -> io::Result<()>) -> Result<Held, Failure> {
        let Self { place, named: _ } = self;
        for folder in ["objects", "index", "roots", "tmp"].map(|it| place.join(it)) {
            fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
        }
        let path = place.join("lock");
        let open = || {
            let file = File::options().create(true).append(true).open(&path)?;
            lock(&file)?;
            Ok(file)
        };
        let lock = open().map_err(|error| cannot("lock", &path, &error))?;
        let place = place.canonicalize().map_err(|error| cannot("find", place, &error))?;
        Ok(Held { place, _lock: lock })
    }
}

impl Held {
    /// Where an object is, or would be.
    #[must_use]
    pub fn object(&self, id: ObjectId) -> PathBuf {
        self.folder("objects").join(id.to_string())
    }

    /// Every object, sorted.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn objects(&self) -> Result<Vec<ObjectId>, Failure> {
        let names = self.entries("objects")?;
        Ok(names.iter().filter_map(|name| ObjectId::parse(name)).collect())
    }

    /// Writes an object, unless it is there already, whole.
    ///
    /// # Errors
    ///
    /// Whatever the disk refuses.
    pub fn put(&self, contents: &BTreeMap<String, Entry>) -> Result<ObjectId, Failure> {
        let id = ObjectId::of(contents);
        let place = self.object(id);
        if place.exists() && object::digest(&place)? == Some(id) {
            return Ok(id);
        }
        let temporary = self.temporary()?;
        let new = temporary.path().join("new");
        output::stage(&new, contents, output::Kind::Object)?;
        step("object staged");
        if place.exists() {
            // Somebody changed it.
            let damaged = temporary.path().join("damaged");
            fs::rename(&place, damaged).map_err(|error| cannot("replace", &place, &error))?;
            step("damaged object moved");
        }
        match fs::rename(&new, &place) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            done => done.map_err(|error| cannot("write", &place, &error))?,
        }
        step("object named");
        self.sync("objects")?;
        step("object synced");
        Ok(id)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    /// The names in a folder of the store, sorted. Those that are no UTF-8 are not ours.
    fn entries(&self, folder: &str) -> Result<Vec<String>, Failure> {
        let folder = self.folder(folder);
        let list = || -> io::Result<Vec<String>> {
            let names = fs::read_dir(&folder)?.map(|entry| Ok(entry?.file_name()));
            let names = names.collect::<io::Result<Vec<_>>>()?;
            Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
        };
        let mut names = list().map_err(|error| cannot("read", &folder, &error))?;
        names.sort();
        Ok(names)
    }

    fn temporary(&self) -> Result<TempDir, Failure> {
        let folder = self.folder("tmp");
        tempfile::tempdir_in(&folder).map_err(|error| cannot("write to", &folder, &error))
    }

    /// Writes a small file of the store's own, at once.
    fn write(&self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let place = self.folder(folder).join(name);
        let temporary = self.temporary()?;
        let new = temporary.path().join("new");
        let write = || {
            fs::write(&new, bytes)?;
            File::open(&new)?.sync_all()?;
            step("file of the store written");
            fs::rename(&new, &place)?;
            step("file of the store named");
            Ok(())
        };
        write().map_err(|error| cannot("write", &place, &error))
    }

    /// Makes the names in a folder last.
    fn sync(&self, folder: &str) -> Result<(), Failure> {
        let folder = self.folder(folder);
        let sync = || File::open(&folder)?.sync_all();
        sync().map_err(|error| cannot("write", &folder, &error))
    }
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::Environment(format!("cannot {what} {}: {error}", path.display()))
}
